"""Times as senders write them."""

import re
from datetime import datetime, timedelta

from reference import OFFICE_TIME

_VIETNAMESE_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_DATE_ALONE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)
_PORTAL_DATE = re.compile(r"\d{14}", re.ASCII)
# The part of ISO 8601 that means one thing: no weeks, no days of the year, an hour at least.
_ISO = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}|\d{8})[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
_FORMS = "2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40"
_LARGEST_OFFSET = timedelta(hours=14)  # of any place on earth


def office_time(text: str) -> datetime:
    """ISO 8601, dd/mm/yyyy hh:mm or the portal's yyyyMMddHHmmss; without offset it is Vietnamese time. Raises ValueError."""
    text = text.strip()
    try:
        moment = _read(text)
    except ValueError:
        moment = None
    if moment is None:
        what = "thiếu giờ" if _DATE_ALONE.fullmatch(text) else "không phải ngày giờ"
        raise ValueError(f"{what}: cần dạng {_FORMS}")
    offset = moment.utcoffset()
    if offset is None:
        return moment.replace(tzinfo=OFFICE_TIME)
    if abs(offset) > _LARGEST_OFFSET:
        raise ValueError("không nơi nào có múi giờ này")
    return moment


def _read(text: str) -> datetime | None:
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    if _PORTAL_DATE.fullmatch(text):
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        return datetime(year, month, day, int(text[8:10]), int(text[10:12]), int(text[12:]), tzinfo=OFFICE_TIME)
    match = _VIETNAMESE_DATE.fullmatch(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = map(int, match.groups("0"))
    return datetime(year, month, day, hour, minute, second, tzinfo=OFFICE_TIME)

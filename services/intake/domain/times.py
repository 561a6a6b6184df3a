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
    if _DATE_ALONE.fullmatch(text):
        raise ValueError(f"thiếu giờ: cần dạng {_FORMS}")
    try:
        match = _VIETNAMESE_DATE.fullmatch(text)
        if match is not None:
            day, month, year, hour, minute, second = (int(group or 0) for group in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=OFFICE_TIME)
        if _PORTAL_DATE.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=OFFICE_TIME)
        moment = datetime.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError(f"không phải ngày giờ: cần dạng {_FORMS}")
    offset = moment.utcoffset()
    if offset is None:
        return moment.replace(tzinfo=OFFICE_TIME)
    if abs(offset) > _LARGEST_OFFSET:
        raise ValueError("không nơi nào có múi giờ này")
    return moment

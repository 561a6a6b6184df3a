"""Times as senders write them."""

import re
from datetime import datetime

from reference import OFFICE_TIME

_VIETNAMESE_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_DATE_ALONE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}", re.ASCII)
_PORTAL_DATE = re.compile(r"\d{14}", re.ASCII)


def office_time(text: str) -> datetime:
    """ISO 8601, dd/mm/yyyy hh:mm or the portal's yyyyMMddHHmmss; without offset it is Vietnamese time. Raises ValueError."""
    text = text.strip()
    try:
        match = _VIETNAMESE_DATE.fullmatch(text)
        if match is not None:
            day, month, year, hour, minute, second = (int(group or 0) for group in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=OFFICE_TIME)
        if _PORTAL_DATE.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=OFFICE_TIME)
        moment = datetime.strptime(text, "%d/%m/%Y") if _DATE_ALONE.fullmatch(text) else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        raise ValueError("không phải ngày giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40") from None
    if len(text) <= 10:
        raise ValueError("thiếu giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40")
    return moment if moment.tzinfo else moment.replace(tzinfo=OFFICE_TIME)

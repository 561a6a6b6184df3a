"""Times as senders write them."""

import re
from datetime import datetime, timedelta

from reference import OFFICE_TIME

# Day, month and year as offices write them; the order is plain where the year has four digits.
_DAY_FIRST = r"(?P<day>\d{1,2})(?P<by>[/.-])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4})"
_YEAR_FIRST = r"(?P<year>\d{4})(?P<by>[/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})"
# `15:40:05`, `3:40 CH` (of Excel in Vietnamese), `15h40`, `15 giờ 40 phút`, `9 giờ`.
_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: ?(?P<half>SA|CH|AM|PM))?"
    r"|(?: ?giờ|[hg]) ?(?:(?P<minute_>\d{1,2})(?: ?phút|p)?)?)"
)
_VIETNAMESE = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for day in (_DAY_FIRST, _YEAR_FIRST)
    for form in (rf"{day},? +{_CLOCK}", rf"{_CLOCK},? +(?:ngày +)?{day}")
)
_DATE_ALONE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{8}", re.ASCII)
_HALF = {"SA": 0, "AM": 0, "CH": 12, "PM": 12}
_PORTAL_DATE = re.compile(r"\d{14}", re.ASCII)
# The part of ISO 8601 that means one thing: no weeks, no days of the year, an hour at least.
_ISO = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}|\d{8})[T ]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
FORMS = "2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40"
_LARGEST_OFFSET = timedelta(hours=14)  # of any place on earth


def office_time(text: str) -> datetime:
    """ISO 8601, dd/mm/yyyy hh:mm as offices write it, or the portal's yyyyMMddHHmmss; without offset it is Vietnamese time.

    Raises ValueError for anything else, e.g. what could mean two times.
    """
    text = text.strip()
    try:
        moment = _read(text)
    except ValueError:
        moment = None
    if moment is None:
        what = "thiếu giờ" if _DATE_ALONE.fullmatch(text) else "không phải ngày giờ"
        raise ValueError(f"{what}: cần dạng {FORMS}")
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
    found = next((match for form in _VIETNAMESE if (match := form.fullmatch(text))), None)
    return None if found is None else _in_words(found)


def _in_words(found: re.Match[str]) -> datetime:
    hour, half = int(found["hour"]), found["half"]
    if half is not None:
        if not 1 <= hour <= 12:
            raise ValueError("half a day has twelve hours")
        hour = hour % 12 + _HALF[half.upper()]
    minute, second = int(found["minute"] or found["minute_"] or 0), int(found["second"] or 0)
    return datetime(int(found["year"]), int(found["month"]), int(found["day"]), hour, minute, second, tzinfo=OFFICE_TIME)

"""Times as senders write them."""

import re
import unicodedata
from datetime import datetime, timedelta

from reference import OFFICE_TIME

# Day, month and year as offices write them; the order is plain where the year has four digits.
_DAY_FIRST = r"(?P<day>\d{1,2})(?P<by>[/.-])(?P<month>\d{1,2})(?P=by)(?P<year>\d{4})"
_YEAR_FIRST = r"(?P<year>\d{4})(?P<by>[/.])(?P<month>\d{1,2})(?P=by)(?P<day>\d{1,2})"
_IN_FULL = r"(?P<day>\d{1,2}) +tháng +(?P<month>\d{1,2}) +năm +(?P<year>\d{4})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = rf"(?P<day>\d{{1,2}})(?P<by>[ -])(?P<month>{'|'.join(_MONTHS)})(?P=by)(?P<year>\d{{4}})"
# `15:40:05`, `15.40`, `3:40 CH` (of Excel in Vietnamese), `15h40`, `15 giờ 40 phút`, `9 giờ`, `3 giờ chiều`.
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]0{1,9})?)?(?: ?(?P<half>sa|ch|am|pm))?"
    r"|(?: ?giờ|[hg]) ?(?:(?P<minute_>\d{1,2})(?: ?phút|p|['’′])?)?)(?: +(?P<part>sáng|chiều|tối))?"
)
_VIETNAMESE = tuple(
    re.compile(form, re.ASCII)
    for day in (_DAY_FIRST, _YEAR_FIRST, _IN_FULL, _ENGLISH)
    for form in (rf"(?:ngày +)?{day}(?:,| -)? +(?:(?:vào +)?lúc +)?{_CLOCK}", rf"(?:lúc +)?{_CLOCK}(?:,| -)? +(?:ngày +)?{day}")
)
_WEEKDAYS = {
    **{
        name: number for number, name in enumerate(("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật"))
    },
    **{f"thứ {number + 2}": number for number in range(6)},
}
_WEEKDAY = re.compile(rf"({'|'.join(_WEEKDAYS)}),? +(?=ngày|\d)")
_DATE_ALONE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{8}", re.ASCII)
_HALF = {"sa": 0, "am": 0, "ch": 12, "pm": 12}
_PARTS = {"sáng": range(12), "chiều": range(12, 19), "tối": range(18, 24)}  # the hours of a part of the day
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
    text = " ".join(unicodedata.normalize("NFC", text).split())  # any space is one, that which breaks no line too
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
    text = text.lower()  # as the forms above are written
    named = _WEEKDAY.match(text)
    text = text if named is None else text[named.end() :]
    found = next((match for form in _VIETNAMESE if (match := form.fullmatch(text))), None)
    moment = None if found is None else _in_words(found)
    if named is not None and moment is not None and _WEEKDAYS[named[1]] != moment.weekday():
        raise ValueError("the day of the week is another one")
    return moment


def _in_words(found: re.Match[str]) -> datetime:
    hour, half, part = int(found["hour"]), found["half"], found["part"]
    if half is not None:
        if not 1 <= hour <= 12 or part is not None:
            raise ValueError("half a day has twelve hours, and is said once")
        hour = hour % 12 + _HALF[half]
    if part is not None:
        hour = _hour_of(hour, _PARTS[part])
    minute, second = int(found["minute"] or found["minute_"] or 0), int(found["second"] or 0)
    month = found["month"]
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    return datetime(int(found["year"]), number, int(found["day"]), hour, minute, second, tzinfo=OFFICE_TIME)


def _hour_of(hour: int, part: range) -> int:
    """The hour of a part of the day; of twelve or of twenty-four hours. Raises ValueError if it has none, or could be two."""
    found = {each for each in (hour, hour + 12) if each in part and hour != 12}
    if len(found) != 1:
        raise ValueError("no hour, or two, of this part of the day")
    return found.pop()

"""A second way to count due dates: day by day and minute by minute, with the holidays typed in. Slow, and shares no code."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor

_OFF = """
2024-01-01 2024-02-08 2024-02-09 2024-02-12 2024-02-13 2024-02-14 2024-04-18 2024-04-29 2024-04-30 2024-05-01 2024-09-02
2024-09-03
2025-01-01 2025-01-27 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-04-07 2025-04-30 2025-05-01 2025-05-02 2025-09-01
2025-09-02
2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-04-27 2026-04-30 2026-05-01 2026-08-31
2026-09-01 2026-09-02 2026-11-24
2027-01-01 2027-02-04 2027-02-05 2027-02-08 2027-02-09 2027-02-10 2027-04-16 2027-04-30 2027-05-03 2027-09-02 2027-09-03
2027-11-24
2028-01-03 2028-01-24 2028-01-25 2028-01-26 2028-01-27 2028-01-28 2028-04-04 2028-05-01 2028-05-02 2028-09-01 2028-09-04
2028-11-24
"""
OFF = {date.fromisoformat(text) for text in _OFF.split()}
MAKEUP = {date(2024, 5, 4), date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)}
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
SESSIONS = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))


def working(day: date) -> bool:
    """Whether a date counts."""
    return day in MAKEUP or (day.weekday() < 5 and day not in OFF)


def is_open(moment: datetime) -> bool:
    """Whether the minute that begins here is an open one."""
    return working(moment.date()) and any(start <= moment.time() < end for start, end in SESSIONS)


def date_time(day: date, clock: time) -> datetime:
    """A local moment."""
    return datetime.combine(day, clock)


def start_of(received: datetime) -> datetime:
    """D3: where the clock starts; exactly at closing or at lunch start is still that session."""
    moment = received.replace(second=0, microsecond=0)
    while not (working(moment.date()) and any(start <= moment.time() <= end for start, end in SESSIONS)):
        moment += ONE_MINUTE
    return moment


def clipped(moment: datetime) -> datetime:
    """D2: the time of day moved into the hours of its day."""
    clock = moment.time()
    if clock < time(7, 30):
        clock = time(7, 30)
    elif time(11, 30) < clock < time(13, 30):
        clock = time(11, 30)
    elif clock > time(17, 0):
        clock = time(17, 0)
    return datetime.combine(moment.date(), clock)


def plus_open(moment: datetime, minutes: int) -> datetime:
    """The earliest moment at which so many open minutes have passed."""
    while minutes:
        if is_open(moment):
            minutes -= 1
        moment += ONE_MINUTE
    return moment


def open_between(start: datetime, end: datetime) -> int:
    """Open minutes between two moments, one by one."""
    minutes = 0
    while start < end:
        minutes += is_open(start)
        start += ONE_MINUTE
    return minutes


def next_working(day: date) -> date:
    """The first working day at or after a date."""
    while not working(day):
        day += ONE_DAY
    return day


def raw_due(start: datetime, received: datetime, value: Fraction, unit: str) -> datetime:
    """The due moment before days off are pushed away and hours applied (D2 to D5, D8)."""
    if unit in ("h", "min"):
        return plus_open(start, ceil(value * 60 if unit == "h" else value))
    if unit == "same-day":
        day = start.date()
        if received.date() == day and received.time() > time(15, 0):
            day = next_working(day + ONE_DAY)
        return datetime.combine(day, time(17, 0))
    day = start.date()
    if unit == "wd":
        for _ in range(floor(value)):
            day = next_working(day + ONE_DAY)
        reached = datetime.combine(day, start.time())
        whole_day = sum((date_time(day, end) - date_time(day, begin)) // ONE_MINUTE for begin, end in SESSIONS)
        return plus_open(reached, ceil((value - floor(value)) * whole_day))
    if unit == "d":
        return start + int(value) * ONE_DAY
    month = day.month - 1 + int(value)
    year, month = day.year + month // 12, month % 12 + 1
    number = day.day
    while True:
        try:
            return datetime.combine(date(year, month, number), start.time())
        except ValueError:
            number -= 1  # the last day of the month


def paused_dates(moment: datetime, begin: datetime, end: datetime) -> datetime:
    """D6 for limits of days: while the pause reaches the same time of day on a next working day, the due date walks one on;
    then it walks the open minutes that are left."""
    if not working(begin.date()):
        begin = datetime.combine(next_working(begin.date()), time())
    while (later := datetime.combine(next_working(begin.date() + ONE_DAY), begin.time())) <= end:
        begin, moment = later, datetime.combine(next_working(moment.date() + ONE_DAY), moment.time())
    return plus_open(moment, open_between(begin, end))


def finished(moment: datetime, unit: str) -> datetime:
    """From the raw due moment to the due moment (D2, D4)."""
    if unit in ("h", "min"):
        return moment
    return clipped(datetime.combine(next_working(moment.date()) if unit in ("d", "mo") else moment.date(), moment.time()))


def after_pause(raw: datetime, begin: datetime, end: datetime, unit: str) -> datetime:
    """A raw due moment after one pause (D6)."""
    if unit in ("d", "mo"):
        return raw + (end - begin)
    return plus_open(raw, open_between(begin, end)) if unit in ("h", "min") else paused_dates(raw, begin, end)


Pauses = list[tuple[datetime, datetime]]


def due(received: datetime, value: int | Fraction, unit: str, pauses: Pauses | None = None) -> datetime:
    """The due moment (local time without offset). Pauses do not overlap and are in order."""
    raw = raw_due(start_of(received), received, Fraction(value), unit)
    for begin, end in pauses or []:
        if begin < finished(raw, unit):
            raw = after_pause(raw, begin, end, unit)
    return finished(raw, unit)


def printed(date: datetime, given: datetime | None, unit: str, pauses: Pauses) -> datetime:
    """A date that a sender gave, after the pauses that began after it was given (None: at reception) and before it (D6)."""
    raw = stands = date
    for begin, end in pauses:
        if (given is None or begin > given) and begin < stands:
            later = after_pause(raw, begin, end, unit)
            raw, stands = later, stands if later == raw else finished(later, unit)
    return stands

"""A plain second count of working time: every open minute of the year in one list. Shares no code with the product.

Moments are local times without offset. Written from docs/rules.md (D1 to D9) and docs/decisions/0022-dates-that-hold.md.
"""

import csv
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from math import ceil
from pathlib import Path
from typing import NamedTuple

CALENDAR = Path(__file__).parents[3] / "reference" / "data" / "calendar.csv"
FIRST, LAST = date(2026, 2, 1), date(2026, 12, 31)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
Hours = tuple[tuple[str, str], ...]
USUAL: Hours = (("07:30", "11:30"), ("13:30", "17:00"))
HOURS: dict[str, Hours] = {
    "H37.07": (("08:00", "12:00"), ("13:00", "17:00")),
    "H37.13": (("07:00", "11:30"), ("13:30", "17:00")),
}
FRIDAYS: dict[str, Hours] = {"H37.14": (("07:30", "11:30"), ("13:30", "16:30"))}


class Limit(NamedTuple):
    """How long a procedure may take; `unit`: minute, hour, working_day, calendar_day, month, same_day."""

    value: Decimal
    unit: str


class Wait(NamedTuple):
    """A stretch that is outside of the limit; `end` is None while it lasts."""

    begin: datetime
    end: datetime | None


class Unit:
    """The working time of one unit."""

    def __init__(self, code: str) -> None:
        self.days: list[date] = []
        self.sessions: dict[date, list[tuple[datetime, datetime]]] = {}
        self.minutes: list[datetime] = []  # each begins an open minute
        off, makeup = _days("off"), _days("makeup")
        day = FIRST
        while day <= LAST:
            if day in makeup or (day.weekday() < 5 and day not in off):
                hours = FRIDAYS[code] if day.weekday() == 4 and code in FRIDAYS else HOURS.get(code, USUAL)
                self.days.append(day)
                self.sessions[day] = [(_at(day, begin), _at(day, end)) for begin, end in hours]
                for begin, end in self.sessions[day]:
                    self.minutes += (begin + n * MINUTE for n in range((end - begin) // MINUTE))
            day += DAY

    def due(self, received: datetime, limit: Limit, waits: list[Wait]) -> datetime | None:
        """When a dossier is due by our own count; None while it waits."""
        raw = self._counted(received, limit)
        for wait in waits:
            if wait.begin < self._finished(raw, limit):
                if wait.end is None:
                    return None
                raw = self._waited(raw, wait.begin, wait.end, limit)
        return self._finished(raw, limit)

    def printed(self, given: datetime, since: datetime | None, limit: Limit, waits: list[Wait]) -> datetime | None:
        """What became of a date that a sender gave (`since`: when; None: at reception): what began later moves it."""
        raw = stands = given
        for wait in waits:
            if wait.begin >= stands:
                continue
            if wait.end is None:
                return None
            if since is None or wait.begin > since:
                later = self._waited(raw, wait.begin, wait.end, limit)
                raw, stands = later, stands if later == raw else self._finished(later, limit)
        return stands

    # --- parts ---------------------------------------------------------------------

    def _counted(self, received: datetime, limit: Limit) -> datetime:
        start = self._start(received)
        if limit.unit in ("minute", "hour"):
            return self._later(start, ceil(limit.value * (60 if limit.unit == "hour" else 1)))
        if limit.unit == "same_day":
            late = received.date() == start.date() and received.time() > time(15)
            return self._closing(self._day_after(start.date(), 1) if late else start.date())
        if limit.unit == "working_day":
            whole = int(limit.value)
            reached = datetime.combine(self._day_after(start.date(), whole) if whole else start.date(), start.time())
            open_minutes = sum((end - begin) // MINUTE for begin, end in self.sessions[reached.date()])
            return self._later(reached, ceil((limit.value - whole) * open_minutes))
        if limit.unit == "calendar_day":
            return start + int(limit.value) * DAY
        month = start.month + int(limit.value)  # within one year here
        first_of_next = date(start.year + (month // 12), month % 12 + 1, 1)
        return datetime.combine(min(date(start.year, month, 1) + (start.day - 1) * DAY, first_of_next - DAY), start.time())

    def _waited(self, raw: datetime, begin: datetime, end: datetime, limit: Limit) -> datetime:
        """A raw due moment after a wait (D6)."""
        begin, end = begin.replace(second=0), end.replace(second=0)
        if limit.unit in ("calendar_day", "month"):
            return raw + (end - begin)
        if limit.unit in ("working_day", "same_day"):
            if begin.date() not in self.sessions:
                begin = datetime.combine(self._day_after(begin.date(), 1), time())
            last = end.date() if end.time() >= begin.time() else end.date() - DAY
            dates = max(0, bisect_right(self.days, last) - bisect_right(self.days, begin.date()))
            if dates:
                begin = datetime.combine(self._day_after(begin.date(), dates), begin.time())
                raw = datetime.combine(self._day_after(raw.date(), dates), raw.time())
        return self._later(raw, max(0, bisect_left(self.minutes, end) - bisect_left(self.minutes, begin)))

    def _finished(self, raw: datetime, limit: Limit) -> datetime:
        """Days off are pushed away, and the time of day lies within the hours (D2, D4)."""
        if limit.unit in ("minute", "hour"):
            return raw
        if limit.unit in ("calendar_day", "month") and raw.date() not in self.sessions:
            raw = datetime.combine(self._day_after(raw.date(), 1), raw.time())
        if raw.date() not in self.sessions:
            return raw
        return self._within(raw)

    def _within(self, raw: datetime) -> datetime:
        sessions = self.sessions[raw.date()]
        before = [end if raw > end else raw for begin, end in sessions if begin <= raw]
        return max(before) if before else sessions[0][0]

    def _start(self, received: datetime) -> datetime:
        received = received.replace(second=0)
        if any(begin <= received <= end for begin, end in self.sessions.get(received.date(), ())):
            return received
        return self.minutes[bisect_left(self.minutes, received)]

    def _later(self, moment: datetime, minutes: int) -> datetime:
        """The earliest moment at which so many open minutes have passed."""
        return self.minutes[bisect_left(self.minutes, moment) + minutes - 1] + MINUTE if minutes else moment

    def _day_after(self, day: date, number: int) -> date:
        return self.days[bisect_right(self.days, day) + number - 1]

    def _closing(self, day: date) -> datetime:
        return self.sessions[day][-1][1]


@cache
def unit(code: str) -> Unit:
    """The working time of a unit."""
    return Unit(code)


@cache
def _days(kind: str) -> frozenset[date]:
    with CALENDAR.open(encoding="utf-8") as rows:
        return frozenset(date.fromisoformat(row["date"]) for row in csv.DictReader(rows) if row["kind"] == kind)


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))

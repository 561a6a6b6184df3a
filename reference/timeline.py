"""The open minutes of one unit as a sorted line: positions and instants are found by bisection, never by walking days.

Instants are whole local minutes: date.toordinal() * 1440 + minute of the day, in Asia/Ho_Chi_Minh.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from reference.calendar import CalendarTable
from reference.hours import OFFICE_TIME, OpeningHours, Session

DAY = 24 * 60
_EPOCH = datetime(1, 1, 1, tzinfo=OFFICE_TIME)
_1970 = date(1970, 1, 1).toordinal() * DAY + 7 * 60  # local minute of 1970 in UTC


class BeyondCalendarError(ValueError):
    """The count leaves the years of the calendar table."""


def to_minute(instant: datetime) -> int:
    """Local minute of an aware datetime; seconds are dropped (D8). Raises BeyondCalendarError before year 1 of another zone."""
    try:
        local = instant if instant.tzinfo is OFFICE_TIME else instant.astimezone(OFFICE_TIME)
    except OverflowError:
        raise BeyondCalendarError(f"{instant.isoformat()} is outside of any calendar") from None
    return local.toordinal() * DAY + local.hour * 60 + local.minute


def to_instant(minute: int) -> datetime:
    """The aware datetime (+07:00) of a local minute."""
    return _EPOCH + timedelta(days=minute // DAY - 1, minutes=minute % DAY)


def minute_of(ms: int) -> int:
    """The local minute of whole milliseconds since 1970; seconds are dropped (D8)."""
    return ms // 60_000 + _1970


def ms_of_minute(minute: int) -> int:
    """Milliseconds since 1970 of a local minute."""
    return (minute - _1970) * 60_000


class Timeline:
    """Counted days of a calendar with the hours of a unit. `later`: other hours from a day on, in the order of the days."""

    def __init__(self, calendar: CalendarTable, hours: OpeningHours, later: Sequence[tuple[date, OpeningHours]] = ()) -> None:
        self.calendar = calendar
        self._hours, self._later = hours, later
        self._days: list[int] = []  # ordinals of counted days
        self._sessions: list[tuple[Session, ...]] = []  # of each counted day
        self._before: list[int] = [0]  # open minutes before each counted day, and after the last
        for ordinal in range(date(calendar.first_year, 1, 1).toordinal(), date(calendar.last_year + 1, 1, 1).toordinal()):
            sessions = self._sessions_of(date.fromordinal(ordinal))
            if sessions:
                self._days.append(ordinal)
                self._sessions.append(sessions)
                self._before.append(self._before[-1] + sum(s.end - s.start for s in sessions))

    def _sessions_of(self, day: date) -> tuple[Session, ...]:
        hours = next((hours for first, hours in reversed(self._later) if first <= day), self._hours)
        row = self.calendar.by_date.get(day)
        if row is None:
            return hours.of_weekday(day.weekday())
        return hours.of_makeup_day if row.kind == "makeup" else ()

    def _index(self, ordinal: int) -> int:
        """Index of the first counted day at or after `ordinal`."""
        days = self._days
        index = bisect_left(days, ordinal)
        if index == len(days) or ordinal < days[0] - 7:
            first, last = self.calendar.first_year, self.calendar.last_year
            raise BeyondCalendarError(f"the calendar table covers {first} to {last} only")
        return index

    def is_counted(self, ordinal: int) -> bool:
        """Whether this date is a working day of the unit."""
        return self._days[self._index(ordinal)] == ordinal

    def next_counted(self, ordinal: int) -> int:
        """The first working day at or after a date."""
        return self._days[self._index(ordinal)]

    def counted_after(self, ordinal: int, number: int) -> int:
        """The `number`-th working day after a date, which itself is not counted; negative numbers count back."""
        index = bisect_right(self._days, ordinal) - 1 + number if number > 0 else bisect_left(self._days, ordinal) + number
        if not 0 <= index < len(self._days):
            raise BeyondCalendarError(f"the calendar table covers {self.calendar.first_year} to {self.calendar.last_year} only")
        return self._days[index]

    def counted_between(self, first: int, last: int) -> int:
        """How many working days lie after `first`, up to and with `last`."""
        return max(0, bisect_right(self._days, last) - bisect_right(self._days, first))

    def open_minutes(self, ordinal: int) -> int:
        """Open minutes of a working day."""
        index = self._index(ordinal)
        return self._before[index + 1] - self._before[index]

    def closing(self, ordinal: int) -> int:
        """Minute at which a working day closes."""
        return ordinal * DAY + self._sessions[self._index(ordinal)][-1].end

    def session_at(self, minute: int) -> Session | None:
        """The opening and the closing (instants) of the session that an instant lies in, both included; None while the unit is
        closed."""
        ordinal, clock = divmod(minute, DAY)
        index = self._index(ordinal)
        if self._days[index] != ordinal:
            return None
        found = next((session for session in self._sessions[index] if session.start <= clock <= session.end), None)
        return None if found is None else Session(ordinal * DAY + found.start, ordinal * DAY + found.end)

    def clip(self, minute: int) -> int:
        """Move a time of day into the hours of its working day: lunch -> its start, after closing -> closing,
        before opening -> opening (D2)."""
        ordinal, clock = divmod(minute, DAY)
        sessions = self._sessions[self._index(ordinal)]
        if clock <= sessions[0].start:
            return ordinal * DAY + sessions[0].start
        closed = sessions[0].end
        for start, end in sessions:
            if start > clock:
                break
            closed = end
        return ordinal * DAY + min(clock, closed)

    def next_open(self, minute: int) -> int:
        """`minute` if the unit is open then (closing and lunch start still are, D3), else the next opening."""
        ordinal, clock = divmod(minute, DAY)
        index = self._index(ordinal)
        if self._days[index] == ordinal:
            for session in self._sessions[index]:
                if clock <= session.end:
                    return ordinal * DAY + max(clock, session.start)
            index = self._index(ordinal + 1)
        return self._days[index] * DAY + self._sessions[index][0].start

    def position(self, minute: int) -> int:
        """Open minutes from the start of the calendar to an instant."""
        ordinal, clock = divmod(minute, DAY)
        index = self._index(ordinal)
        open_minutes = self._before[index]
        if self._days[index] == ordinal:
            for start, end in self._sessions[index]:
                if clock <= start:
                    break
                open_minutes += (clock if clock < end else end) - start
        return open_minutes

    def at_position(self, position: int) -> int:
        """The earliest instant at which so many open minutes have passed: the exact inverse of `position`."""
        index = bisect_left(self._before, position) - 1
        if position <= 0 or index >= len(self._days):
            raise BeyondCalendarError(f"the calendar table covers {self.calendar.first_year} to {self.calendar.last_year} only")
        rest = position - self._before[index]
        for start, end in self._sessions[index]:
            if rest <= end - start:
                return self._days[index] * DAY + start + rest
            rest -= end - start
        raise AssertionError("a position lies within its day")

    def add(self, minute: int, open_minutes: int) -> int:
        """Move an instant by open minutes, forwards or back; by none leaves it as it is."""
        return self.at_position(self.position(minute) + open_minutes) if open_minutes else minute

    def between(self, start: int, end: int) -> int:
        """Open minutes between two instants."""
        return self.position(end) - self.position(start)

    def gaps(self, first: int, last: int) -> list[tuple[int, int]]:
        """Stretches of days off (ordinals, inclusive) after `first` and before `last`."""
        start, stop = bisect_right(self._days, first), bisect_left(self._days, last)
        edges = [first, *self._days[start:stop], last]
        return [(a + 1, b - 1) for a, b in pairwise(edges) if b - a > 1]

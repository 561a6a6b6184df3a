"""What a unit's digest is made of: whether the unit works today, which dates come near, how late something is (D19)."""

from dataclasses import dataclass
from datetime import datetime

from reference import Timeline
from reference.timeline import DAY, minute_of, ms_of_minute, to_instant, to_minute


@dataclass(frozen=True, slots=True)
class Nearing:
    """The dates (ms, both ends included) whose last warning comes in the session that is open now, and up to which of them it
    has come by now. `begins`, `ends`: of the session."""

    begins: datetime
    ends: datetime
    first: int
    reached: int
    last: int


def works_on(now: datetime, line: Timeline) -> bool:
    """Whether this is a working day of the unit. Raises BeyondCalendarError."""
    return line.is_counted(to_minute(now) // DAY)


def nearing(now: datetime, line: Timeline, open_hours: int) -> Nearing | None:
    """Which dates come so near, that many open hours, in this session; None while the unit is closed. Raises
    BeyondCalendarError."""
    minute, length = to_minute(now), open_hours * 60
    session = line.session_at(minute)
    if session is None:
        return None
    begin, here, end = (line.position(each) + length for each in (session.start, minute, session.end))
    return Nearing(
        to_instant(session.start),
        to_instant(session.end),
        ms_of_minute(_behind(line, begin)),
        ms_of_minute(_behind(line, here)) - 1,
        ms_of_minute(_behind(line, end)) - 1,
    )


def _behind(line: Timeline, position: int) -> int:
    """The first minute before which more than so many open minutes lie."""
    return line.at_position(position + 1)


def days_late(due: int, now: datetime, line: Timeline) -> int:
    """On how many working days after its own a date (ms) has not been kept; 0: it passed today, or since the last one. Raises
    BeyondCalendarError."""
    return line.counted_between(minute_of(due) // DAY, to_minute(now) // DAY)

"""Due moments and pauses: readings D1 to D9 of docs/decisions/0004-counting-time.md, in whole minutes on a Timeline."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime
from typing import Literal, NamedTuple

from reference.limits import ELAPSED, OPEN_MINUTES, Amount, Limit, LimitError, LimitUnit, check, whole_minutes
from reference.timeline import DAY, BeyondCalendarError, Timeline, to_instant, to_minute

PauseKind = Literal["supplement", "fee", "agency", "force_majeure"]

__all__ = [
    "BeyondCalendarError",
    "LimitError",
    "LimitUnit",
    "Pause",
    "Readings",
    "StartedClock",
    "Waited",
    "apply_pauses",
    "finish",
    "merge",
    "start_clock",
    "stops_the_clock",
    "waited",
]


@dataclass(frozen=True, slots=True)
class Readings:
    """Lawful readings that differ from place to place; the defaults are D2, D3 and D5."""

    after_hours: Literal["next_opening", "civil_code"] = "next_opening"
    due_time: Literal["time_of_day", "closing"] = "time_of_day"
    same_day_cutoff: int = 15 * 60  # minute of the day


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stands still; `end` is None while it lasts."""

    kind: PauseKind
    start: datetime
    end: datetime | None


def stops_the_clock(kind: PauseKind, *, pause_on_fee: bool, pause_on_agency: bool) -> bool:
    """Whether a pause of this kind is outside the limit: papers and force majeure always, a fee and another body where the
    procedure says so (D7)."""
    return {"fee": pause_on_fee, "agency": pause_on_agency}.get(kind, True)


@dataclass(frozen=True, slots=True)
class StartedClock:
    """A started clock: when it started and its raw due minute, before days off and hours are applied (D4)."""

    start: int
    raw: int


def start_clock(line: Timeline, received: datetime, limit: Limit, rules: Readings) -> StartedClock:
    """Start the clock of a limit at a reception. Raises LimitError, BeyondCalendarError."""
    check(limit)
    value, unit = limit
    start = line.next_open(to_minute(received))
    if unit in OPEN_MINUTES:
        return StartedClock(start, line.add(start, whole_minutes(value * 60 if unit == "hour" else value)))
    if unit == "same_day":
        return StartedClock(start, _same_day(line, received, start, rules))
    uncounted = to_minute(received) // DAY if rules.after_hours == "civil_code" else start // DAY
    clock, whole = start % DAY, int(value)
    if unit == "working_day":
        raw = line.counted_after(uncounted, whole) * DAY + clock if whole else start
        return StartedClock(start, raw if whole == value else part_of_day(line, raw, value - whole))
    if unit == "calendar_day":
        return StartedClock(start, (uncounted + whole) * DAY + clock)
    return StartedClock(start, _months_later(uncounted, whole) * DAY + clock)


def part_of_day(line: Timeline, reached: int, part: Amount) -> int:
    """After the whole days of a limit: its last part, as that part of the open minutes of the date that was reached, counted on
    from there (D8)."""
    return line.add(reached, whole_minutes(part * line.open_minutes(reached // DAY)))


def _same_day(line: Timeline, received: datetime, start: int, rules: Readings) -> int:
    """Closing of the start day; received strictly after 15:00 on an open day: of the next working day (D5)."""
    minute, day = to_minute(received), start // DAY
    past = minute % DAY > rules.same_day_cutoff or (minute % DAY == rules.same_day_cutoff and _has_seconds(received))
    if minute // DAY == day and past:
        day = line.counted_after(day, 1)
    return line.closing(day)


def _has_seconds(instant: datetime) -> bool:
    return bool(instant.second or instant.microsecond)


def _months_later(ordinal: int, months: int) -> int:
    """The same day number so many months on, or the last day of that month."""
    day = date.fromordinal(ordinal)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        raise BeyondCalendarError(f"no calendar reaches the year {year}")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()


def finish(line: Timeline, raw: int, limit: Limit, rules: Readings) -> int:
    """From the raw due minute to the due moment: off days pushed once, hours clipped, closing if the rules say so. Limits in
    open minutes, and those that end with a part of a day, are due at their minute."""
    value, unit = limit
    if unit in OPEN_MINUTES:
        return raw
    day = line.next_counted(raw // DAY) if unit in ELAPSED else raw // DAY
    if rules.due_time == "closing" and type(value) is int:
        return line.closing(day)
    return line.clip(day * DAY + raw % DAY)


def merge(pauses: Iterable[Pause]) -> list[list[Pause]]:
    """Group pauses that touch or overlap, in order of their start: overlaps count once (D6)."""
    groups: list[list[Pause]] = []
    reach: datetime | None = None
    for pause in sorted(pauses, key=lambda p: p.start):
        if groups and (reach is None or pause.start <= reach):
            groups[-1].append(pause)
            reach = None if reach is None or pause.end is None else max(reach, pause.end)
        else:
            groups.append([pause])
            reach = pause.end
    return groups


class Waited(NamedTuple):
    """How long a pause is for a limit: so many counted dates, and so many minutes more (open ones, or elapsed ones where the
    limit runs through days off)."""

    dates: int
    minutes: int

    def after(self, line: Timeline, raw: int, unit: LimitUnit) -> int:
        """A raw due minute moved by it. Dates keep the time of day, which is clipped when the count is finished."""
        if unit in ELAPSED:
            return raw + self.minutes
        if self.dates:
            raw = line.counted_after(raw // DAY, self.dates) * DAY + raw % DAY
        return line.add(raw, self.minutes)


def waited(line: Timeline, begin: int, end: int, unit: LimitUnit) -> Waited:
    """How long a pause is (D6). In limits of days: the counted dates after it began whose same time of day it reached, then the
    open minutes that are left; one that begins on a day off begins with the next working day."""
    if unit in ELAPSED:
        return Waited(0, end - begin)
    if unit in OPEN_MINUTES:
        return Waited(0, max(0, line.between(begin, end)))
    day, clock = divmod(begin, DAY)
    first = line.next_counted(day)
    if first != day:
        day, clock = first, 0
    dates = line.counted_between(day, (end - clock) // DAY)
    last = line.counted_after(day, dates) if dates else day
    return Waited(dates, max(0, line.between(last * DAY + clock, end)))


@dataclass(frozen=True, slots=True)
class Paused:
    """One group of pauses that counted: from, to (None: still open), how long it was, the raw due minute after it."""

    pauses: tuple[Pause, ...]
    start: datetime
    end: datetime | None
    waited: Waited
    raw: int
    restarted: bool


def apply_pauses(
    line: Timeline,
    raw: int,
    limit: Limit,
    pauses: Iterable[Pause],
    rules: Readings,
    *,
    restart: bool = False,
) -> list[Paused]:
    """Move a raw due minute by each group of pauses that began before the due moment as it then stood (D6, D7).

    The last element's `raw` is the raw due minute after all pauses; while a pause is open there is no due moment.
    """
    applied: list[Paused] = []
    for group in merge(pauses):
        start = group[0].start
        if start >= to_instant(finish(line, raw, limit, rules)):
            continue
        ends = [p.end for p in group]
        if None in ends:
            applied.append(Paused(tuple(group), start, None, Waited(0, 0), raw, restarted=False))
            break
        end = max(e for e in ends if e is not None)
        supplements = [p.end for p in group if p.kind == "supplement" and p.end is not None]
        again = restart and bool(supplements)
        begin = max(supplements) if again else start
        if again:
            raw = start_clock(line, begin, limit, rules).raw
        length = waited(line, to_minute(begin), to_minute(end), limit[1])
        raw = length.after(line, raw, limit[1])
        applied.append(Paused(tuple(group), start, end, length, raw, restarted=again))
    return applied

"""Recompute the published figures from the topics, and say where they are others.

This shares no code with reporting on purpose: it is the second opinion. It knows the contracts, dates and sums, nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode
from contracts.dossiers import Reception
from contracts.metrics import MetricsCell, PetitionCell
from contracts.reports import ReportPublished, ReportRestated
from dunghen.counting import RECEIVED_BY, Add, Known, known_of, to_ms

CELLS = "metrics.v1"
TOPICS = ("dossiers.v1", "deadlines.v1", "notices.v1", "feedback.v1", CELLS, "reports.v1")
RESOLVED = ("resolved_early", "resolved_on_time", "resolved_late")
# What a counter adds to, by column of II.06a: in its own period (4 to 10), and for good (11, 13).
FLOWS = {RECEIVED_BY[2]: 4, RECEIVED_BY[1]: 5, RECEIVED_BY[3]: 5, **dict(zip(RESOLVED, (8, 9, 10), strict=True))}
OPEN = dict.fromkeys(RECEIVED_BY.values(), 1) | dict.fromkeys(RESOLVED, -1)
OVERDUE = {"overdue_opened": 1, "overdue_closed": -1}
COLUMNS = range(3, 14)
FEWEST = 5  # ratings that a cell speaks of

Counts = dict[str, int]  # counter -> number
Place = tuple[str, str]  # unit, procedure


@dataclass
class Published:
    """The newest revision of a cell: its counters without zeros, and as of when."""

    revision: int
    counters: Counts
    as_of: datetime


@dataclass
class Period:
    """A frozen period: the sheet as it was published, and all restatements, in any order."""

    published: ReportPublished | None = None
    restated: dict[int, ReportRestated] = field(default_factory=dict)

    def stated(self, published: ReportPublished) -> dict[str, Counts]:
        """By the period's own days, `unit|field` -> column -> figure: as published, less what it booked of the period before,
        with all restatements on it."""
        stated = {f"{line.unit}|{line.field}": dict(line.columns) for line in published.lines}
        for change in published.adjustments:
            stated.setdefault(f"{change.unit}|{change.field}", {})[change.column] = change.before
        for _, later in sorted(self.restated.items()):
            for change in later.changes:
                stated.setdefault(f"{change.unit}|{change.field}", {})[change.column] = change.after
        return stated


@dataclass
class Audited:
    """What the log says: counts and newest record time per cell key, what was published, and what differs."""

    counted: dict[str, Counts] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)
    published: dict[str, Published] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)
    dossiers: int = 0

    def differences(self, first: str = "", last: str = "9999") -> list[str]:
        """One line per figure that disagrees, of the cells of some days (ISO, both included)."""
        found = []
        for key in sorted({*self.counted, *self.published}):
            if not first <= key.rpartition("/")[2] <= last:
                continue
            ours, published = _shown(self.counted.get(key, {})), self.published.get(key)
            theirs = {} if published is None else published.counters
            found += [
                f"{key} {name}: topics {ours.get(name, 0)}, published {theirs.get(name, 0)}"
                for name in sorted({*ours, *theirs})
                if ours.get(name, 0) != theirs.get(name, 0)
            ]
            if ours and published and theirs and to_ms(self.as_of[key]) != to_ms(published.as_of):
                found.append(f"{key} as_of: topics {self.as_of[key].isoformat()}, published {published.as_of.isoformat()}")
        return found

    def period_differences(self, fields: Mapping[str, str], first: str = "", last: str = "9999") -> list[str]:
        """One line per figure of a frozen period that is another than what was stated of it last, in periods with such days.

        `fields`: the field of each procedure.
        """
        lines: dict[str, list[Place]] = {}
        for unit, procedure in {(cell.split("/")[1], cell.split("/")[2]) for cell in self.counted}:
            lines.setdefault(f"{unit}|{fields.get(procedure, procedure)}", []).append((unit, procedure))
        found = []
        for key, period in sorted(self.periods.items()):
            published = period.published
            if published is None or published.last.isoformat() < first or published.first.isoformat() > last:
                continue
            stated = period.stated(published)
            for line in sorted({*lines, *stated}):
                ours = self.ii06a(published.first, published.last, places=lines.get(line, []))
                theirs = stated.get(line, {})
                found += [
                    f"{key} {line} ({column}): topics {number}, stated {theirs.get(str(column), 0)}"
                    for column, number in ours.items()
                    if number != theirs.get(str(column), 0)
                ]
        return found

    def ii06a(self, first: date, last: date, unit: str | None = None, places: Sequence[Place] | None = None) -> dict[int, int]:
        """Columns 3 to 13 of II.06a for a competent unit, some (unit, procedure), or the whole province. Both days are
        included."""
        c = dict.fromkeys(COLUMNS, 0)
        for place, day, counts in self._competent():
            if (
                day > last.isoformat()
                or (unit is not None and place[0] != unit)
                or (places is not None and place not in places)
            ):
                continue
            c[11] += _sum(counts, OPEN)
            c[13] += _sum(counts, OVERDUE)
            if day < first.isoformat():
                c[6] += _sum(counts, OPEN)
                continue
            for counter, column in FLOWS.items():
                c[column] += counts.get(counter, 0)
        c[3] = c[4] + c[5] + c[6]
        c[7] = c[8] + c[9] + c[10]
        c[12] = c[11] - c[13]
        return c

    def _competent(self) -> Iterator[tuple[Place, str, Counts]]:
        for key, counts in self.counted.items():
            role, unit, procedure, day = key.split("/")
            if role == "competent":
                yield (unit, procedure), day, counts


def _shown(counts: Counts) -> Counts:
    """What a cell may say: not how fewer than five people rated (R40)."""
    if 0 < counts.get("ratings", 0) < FEWEST:
        return {name: number for name, number in counts.items() if not name.startswith("rating")}
    return counts


def _sum(counts: Counts, factors: Mapping[str, int]) -> int:
    return sum(factor * counts.get(counter, 0) for counter, factor in factors.items())


def audit(records: Iterable[tuple[str, bytes] | tuple[str, bytes, bytes]], now: datetime) -> Audited:
    """Count everything anew from (topic, value) or (topic, value, key) as of `now`.

    Records that are no valid events are passed over; a null on metrics.v1 takes the cell of its key away.
    """
    result, dossiers = Audited(), list[Event]()
    for topic, value, *key in records:
        if topic == CELLS and not value and key:
            result.published.pop(key[0].decode("utf-8", "replace"), None)
        elif topic in TOPICS:
            try:
                event = decode(value, EVENT_TYPES)
            except ValidationError:
                continue
            if not _published(event, result):
                dossiers.append(event)
    for known in known_of(dossiers).values():
        _count(known, now, result)
    return result


def _published(event: Event, result: Audited) -> bool:
    """Take in what reporting published; False for what dossiers are counted from."""
    match event.data:
        case MetricsCell() as cell:
            known = result.published.get(event.subject)
            if known is None or cell.revision > known.revision:
                counters = {name: number for name, number in cell.counters.model_dump().items() if number}
                result.published[event.subject] = Published(cell.revision, counters, event.time)
        case PetitionCell():
            pass  # counted a second time by the demo's check of shares
        case ReportPublished() as published:
            result.periods.setdefault(event.subject, Period()).published = published
        case ReportRestated() as restated:
            result.periods.setdefault(event.subject, Period()).restated[restated.version] = restated
        case _:
            return False
    return True


def _count(known: Known, now: datetime, result: Audited) -> None:
    if known.response is not None:
        rated = known.response
        for role in ("received", "competent"):
            for add in known.of_response():
                _add(f"{role}/{rated.unit}/{rated.procedure}/{add.day}", add, add.recorded, result)
    received = known.first(Reception)
    if received is None:
        return
    result.dossiers += known.counts_as_received
    fact = received.data
    for role, unit in (("received", fact.receiving_unit), ("competent", fact.competent_unit)):
        for add in known.adds(now):
            _add(f"{role}/{unit}/{fact.procedure}/{add.day}", add, received.recorded, result)


def _add(key: str, add: Add, not_before: datetime, result: Audited) -> None:
    cell = result.counted.setdefault(key, {})
    cell[add.counter] = cell.get(add.counter, 0) + add.number
    result.as_of[key] = max((add.recorded, not_before, result.as_of.get(key, not_before)), key=to_ms)

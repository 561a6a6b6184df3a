"""What simpler counting would have promised: due dates of the demo's own receptions, counted by other calendars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from contracts.dossiers import Reception
from dunghen.counting import known_of
from dunghen.demo.evidence import Evidence
from dunghen.log import events_of
from reference import CalendarTable, ReferenceData, Timeline, count_due
from reference.calendar import load_seed
from reference.limits import Limit, amount


@dataclass(frozen=True, slots=True)
class Contrast:
    """How many due dates differ from ours, of how many."""

    dates: int
    weekends_only: int
    unpatched: int


def contrast(evidence: Evidence, reference: ReferenceData) -> Contrast:
    """Count each reception's limit by the table in force, by weekends alone, and by the unpatched library calendar."""
    seed = load_seed()
    tables = (CalendarTable((), seed.first_year, seed.last_year, seed.confirmed_through), seed)
    others: Mapping[str, tuple[Timeline, ...]] = {
        code: tuple(Timeline(table, unit.hours) for table in tables) for code, unit in reference.units.items()
    }
    wrong, dates = [0, 0], 0
    for start, unit, limit in _receptions(evidence):
        ours = _due(reference.timeline(unit), start, limit)
        dates += 1
        for place, line in enumerate(others[unit]):
            wrong[place] += _due(line, start, limit) != ours
    return Contrast(dates, wrong[0], wrong[1])


def _receptions(evidence: Evidence) -> list[tuple[datetime, str, Limit]]:
    dossiers = known_of(events_of(record for record in evidence.records if record.topic == "dossiers.v1"))
    receptions = [said.data for known in dossiers.values() if (said := known.first(Reception)) is not None]
    return [(fact.at, fact.competent_unit, (amount(fact.terms.limit.value), fact.terms.limit.unit)) for fact in receptions]


def _due(line: Timeline, start: datetime, limit: Limit) -> date | None:
    due = count_due(line, start, limit).due_at
    return due.date() if due is not None else None

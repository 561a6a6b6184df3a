"""What simpler counting would have promised: due dates of the demo's own receptions, counted by other calendars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from contracts import EVENT_TYPES, decode
from contracts.facts import Facts, first_standing, merge_fact
from dunghen.demo.evidence import Evidence
from reference import CalendarTable, ReferenceData, Timeline, count_due, moment
from reference.calendar import load_seed
from reference.limits import Amount, LimitUnit, amount

FIELDS = {"received": ("competent_unit", "terms")}


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


def _receptions(evidence: Evidence) -> list[tuple[datetime, str, tuple[Amount, LimitUnit]]]:
    facts: dict[str, Facts] = {}
    for record in evidence.records:
        if record.topic == "dossiers.v1":
            event = decode(record.value, EVENT_TYPES)
            facts[event.subject] = merge_fact(facts.get(event.subject, {}), event, FIELDS) or facts.get(event.subject, {})
    found = []
    for own in facts.values():
        fact = first_standing(own, "received")
        if fact is not None:
            limit = fact["terms"]["limit"]
            start = moment(fact["at"])
            found.append((start, fact["competent_unit"], (amount(limit["value"]), limit["unit"])))
    return found


def _due(line: Timeline, start: datetime, limit: tuple[Amount, LimitUnit]) -> date | None:
    due = count_due(line, start, limit).due_at
    return due.date() if due is not None else None

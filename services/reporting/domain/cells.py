"""Which cells a dossier counts in, and what it adds there. Definitions: docs/counters.md."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.facts import first_standing
from reference import OFFICE_TIME

DEFINITION = "2026-11"  # version of the counter definitions

_CHANNELS = {1: "received_direct", 2: "received_online", 3: "received_post"}


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Role, unit, procedure, business day; written role/unit/procedure/YYYY-MM-DD."""

    role: str
    unit: str
    procedure: str
    day: date

    def __str__(self) -> str:
        return f"{self.role}/{self.unit}/{self.procedure}/{self.day}"

    @classmethod
    def parse(cls, text: str) -> "CellKey":
        """The inverse of str()."""
        role, unit, procedure, day = text.split("/")
        return cls(role, unit, procedure, date.fromisoformat(day))


def day_of(ms: int) -> date:
    """Business day in Asia/Ho_Chi_Minh."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(OFFICE_TIME).date()


def flip_at(row: Mapping[str, Any], now: int) -> int | None:
    """When the passing of time alone changes this row's contributions: the due moment of an open dossier (ms)."""
    due = _open_due(row)
    return due if due is not None and due > now else None


def _open_due(row: Mapping[str, Any]) -> int | None:
    """The due moment of an accepted, unsettled dossier that is not paused."""
    if _received(row) is None or row.get("settled", {}).get("outcome", "open") != "open":
        return None
    due: int | None = row.get("deadline", {}).get("due")
    return due


def _received(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The acceptance, unless the dossier was refused (state 3: in no column, D10)."""
    facts = row.get("facts", {})
    return None if first_standing(facts, "refused") is not None else first_standing(facts, "received")


def contributions(row: Mapping[str, Any], now: int) -> dict[str, Counter[str]]:
    """What one dossier adds, by cell key. Equal rows at equal times give equal contributions.

    An end or a due moment before the reception counts on the day of reception, so that no stock is ever negative.
    """
    received = _received(row)
    if received is None:
        return {}
    first_day = day_of(received["at"])
    found: dict[date, Counter[str]] = {first_day: Counter({_CHANNELS[received["channel"]]: 1})}

    def add(ms: int, counter: str) -> None:
        found.setdefault(max(first_day, day_of(ms)), Counter())[counter] += 1

    settled = row.get("settled", {})
    if settled.get("outcome", "open") != "open":
        add(settled["end"], f"resolved_{settled['outcome']}")
        if settled["outcome"] == "late":
            add(settled["due"], "overdue_opened")
            add(settled["end"], "overdue_closed")
    else:
        due = _open_due(row)
        if due is not None and due <= now:
            add(due, "overdue_opened")
    roles = (("received", received["receiving_unit"]), ("competent", received["competent_unit"]))
    return {
        str(CellKey(role, unit, received["procedure"], day)): counters
        for role, unit in roles
        for day, counters in found.items()
    }

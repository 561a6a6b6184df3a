"""Which cells a dossier counts in, and what it adds there. Definitions: docs/counters.md."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.facts import first_standing
from reference import OFFICE_TIME

DEFINITION = "2026-11-26"  # version of the counter definitions

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
    """When the passing of time alone changes this row's contributions: the next due moment of an open dossier (ms)."""
    if _received(row) is None or not _is_open(row):
        return None
    ahead = [due for due in _open_dues(row) if due > now]
    return min(ahead) if ahead else None


def _is_open(row: Mapping[str, Any]) -> bool:
    return bool(row.get("settled", {}).get("outcome", "open") == "open")


def _open_dues(row: Mapping[str, Any]) -> list[int]:
    """The promise in force and the first one; none while the clock is paused."""
    deadline = row.get("deadline", {})
    return [deadline[name] for name in ("due", "first") if name in deadline]


def _first_late(row: Mapping[str, Any], now: int) -> int | None:
    """The first promise, if it passed unfulfilled (ms): what an apology is owed for."""
    deadline, settled = row.get("deadline", {}), row.get("settled", {})
    if _is_open(row):
        first = deadline.get("first")
        return first if first is not None and first <= now else None
    return deadline.get("first", settled["due"]) if settled.get("first") == "late" else None


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

    def add(ms: int, counter: str, number: int = 1) -> None:
        found.setdefault(max(first_day, day_of(ms)), Counter())[counter] += number

    settled = row.get("settled", {})
    if settled.get("outcome", "open") != "open":
        add(settled["end"], f"resolved_{settled['outcome']}")
        if settled["outcome"] == "late":
            add(settled["due"], "overdue_opened")
            add(settled["end"], "overdue_closed")
    elif row.get("deadline", {}).get("due", now + 1) <= now:
        add(row["deadline"]["due"], "overdue_opened")
    late, letter, rating = _first_late(row, now), row.get("letter"), row.get("rating")
    if late is not None:
        add(late, "late_without_letter" if letter is None else "late_with_letter")
    if letter is not None:
        add(letter, "letters_sent")
    if rating is not None:
        add(rating["at"], "ratings")
        add(rating["at"], "rating_answers", rating["answers"])
        add(rating["at"], "rating_points", rating["points"])
    roles = (("received", received["receiving_unit"]), ("competent", received["competent_unit"]))
    return {
        str(CellKey(role, unit, received["procedure"], day)): counters
        for role, unit in roles
        for day, counters in found.items()
    }

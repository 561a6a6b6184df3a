"""A row: what reporting keeps of one dossier. Facts by occasion, and sla's statements by version."""

from collections.abc import Mapping
from typing import Any

from contracts import Event
from contracts.deadlines import DeadlineSettled, DeadlineStated
from contracts.facts import milliseconds

# What reporting folds of each fact; outcomes come from sla's statements, so the ends themselves are not kept.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "receiving_unit", "competent_unit", "channel"),
    "refused": (),
}
DEADLINE_FIELDS = ("due_at",)


def merge_statement(row: Mapping[str, Any], event: Event) -> dict[str, Any] | None:
    """The row with one statement of sla merged in, or None if it says nothing newer."""
    data = event.data
    if isinstance(data, DeadlineStated):
        if row.get("deadline", {}).get("v", 0) >= data.version:
            return None
        deadline: dict[str, Any] = {"v": data.version}
        if data.due_at is not None:
            deadline["due"] = milliseconds(data.due_at)
        return {**row, "deadline": deadline}
    if isinstance(data, DeadlineSettled):
        if row.get("settled", {}).get("v", 0) >= data.version:
            return None
        settled: dict[str, Any] = {"v": data.version, "outcome": data.outcome}
        if data.ended_at is not None and data.due_at is not None:
            settled |= {"end": milliseconds(data.ended_at), "due": milliseconds(data.due_at)}
        return {**row, "settled": settled}
    return None

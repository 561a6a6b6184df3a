"""A row: what reporting keeps of one dossier. Facts by occasion, and sla's statements by version."""

from collections.abc import Mapping
from typing import Any

from contracts import Event
from contracts.deadlines import DeadlineSettled, DeadlineStated
from contracts.facts import milliseconds
from contracts.feedback import FeedbackRated
from contracts.notices import LetterSent

# What reporting folds of each fact; outcomes come from sla's statements, so the ends themselves are not kept.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "receiving_unit", "competent_unit", "channel"),
    "refused": (),
}


def merge_statement(row: Mapping[str, Any], event: Event) -> dict[str, Any] | None:
    """The row with one statement of sla merged in, or None if it says nothing newer."""
    data = event.data
    if isinstance(data, DeadlineStated):
        if row.get("deadline", {}).get("v", 0) >= data.version:
            return None
        deadline: dict[str, Any] = {"v": data.version}
        if data.due_at is not None:
            deadline["due"] = milliseconds(data.due_at)
            deadline["first"] = milliseconds(data.first_due_at or data.due_at)
        return {**row, "deadline": deadline}
    if isinstance(data, DeadlineSettled):
        if row.get("settled", {}).get("v", 0) >= data.version:
            return None
        settled: dict[str, Any] = {"v": data.version, "outcome": data.outcome}
        if data.ended_at is not None and data.due_at is not None:
            settled |= {"end": milliseconds(data.ended_at), "due": milliseconds(data.due_at), "first": data.against_first}
        return {**row, "settled": settled}
    return None


def merge_effect(row: Mapping[str, Any], event: Event) -> dict[str, Any] | None:
    """The row with a letter issued or a rating given, each once; None for everything else."""
    data = event.data
    if isinstance(data, LetterSent) and "letter" not in row:
        return {**row, "letter": milliseconds(data.at)}
    if isinstance(data, FeedbackRated) and "rating" not in row:
        scores = [score for score in data.scores.values() if score is not None]
        return {**row, "rating": {"at": milliseconds(data.at), "answers": len(scores), "points": sum(scores)}}
    return None

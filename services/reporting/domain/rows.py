"""A row: what reporting keeps of one dossier. Facts by occasion, sla's statements by version, effects once; each with the time
it was recorded (`t`), so that a figure can say as of when it is."""

from collections.abc import Mapping
from typing import Any

from contracts import Event
from contracts.deadlines import DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackRated
from contracts.notices import LetterRejected, LetterSent

# What reporting folds of each fact; outcomes come from sla's statements, so the ends themselves are not kept.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "receiving_unit", "competent_unit", "channel", "out_of_area"),
    "refused": (),
}
Row = Mapping[str, Any]


def merge_statement(row: Row, event: Event) -> dict[str, Any] | None:
    """The row with one statement of sla merged in, or None if it says nothing newer."""
    data = event.data
    if isinstance(data, DeadlineStated):
        if row.get("deadline", {}).get("v", 0) >= data.version:
            return None
        deadline: dict[str, Any] = {"v": data.version, "t": epoch_ms(event.time)}
        if data.due_at is not None:
            deadline["due"] = epoch_ms(data.due_at)
            deadline["first"] = epoch_ms(data.first_due_at or data.due_at)
        return {**row, "deadline": deadline}
    if isinstance(data, DeadlineSettled):
        return None if row.get("settled", {}).get("v", 0) >= data.version else {**row, "settled": _settled(data, event)}
    return None


def _settled(data: DeadlineSettled, event: Event) -> dict[str, Any]:
    settled: dict[str, Any] = {"v": data.version, "t": epoch_ms(event.time), "outcome": data.outcome}
    if data.ended_at is not None and data.due_at is not None:
        settled |= {"end": epoch_ms(data.ended_at), "due": epoch_ms(data.due_at), "first": data.against_first}
    more = {
        "state": data.state,
        "supplements": data.supplements,
        "limit": data.limit_minutes,
        "used": data.used_minutes,
        "also": list(data.also) or None,
    }
    return settled | {name: value for name, value in more.items() if value is not None}


def merge_effect(row: Row, event: Event) -> dict[str, Any] | None:
    """The row with a letter issued, a letter not owed or a rating given; None for everything else.

    Of two letters or ratings the earlier counts, whichever arrives first; of two refusals of a draft the later draft's.
    """
    data, recorded = event.data, epoch_ms(event.time)
    if isinstance(data, LetterSent):
        return _earlier(row, "letter", {"at": epoch_ms(data.at), "t": recorded})
    if isinstance(data, FeedbackRated):
        scores = [score for score in data.scores.values() if score is not None]
        return _earlier(row, "rating", {"at": epoch_ms(data.at), "t": recorded, "answers": len(scores), "points": sum(scores)})
    if isinstance(data, LetterRejected) and row.get("rejected", {}).get("draft", 0) < data.draft:
        return {**row, "rejected": {"draft": data.draft, "t": recorded, "reason": data.reason}}
    return None


def _earlier(row: Row, name: str, said: dict[str, Any]) -> dict[str, Any] | None:
    known = row.get(name)
    return {**row, name: said} if known is None or (said["at"], said["t"]) < (known["at"], known["t"]) else None

"""What a sender says in an item, beside when and which: the words that tell what is new from what is said again."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

import orjson

from contracts.dossiers import Linked
from services.intake.domain.dossier import Json, KnownContact, Reception, Submission
from services.intake.domain.items import (
    OtherItem,
    PlainItem,
    ProgressedItem,
    ReappointedItem,
    ReceivedItem,
    RetractedItem,
    SubmittedItem,
    SuspendedItem,
)

Words = Mapping[str, Json]
Value = TypeVar("Value")
NO_WORDS: Words = {}


def digest_of(words: Words, at: int, kind: str) -> str:
    """Digest of what a sender said: equal for equal words, time (ms) and type of event."""
    said = {**words, "at": at, "type": kind}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def words_of(item: OtherItem) -> Words:
    """What an event other than a reception says, as its fact says it."""
    match item:
        case PlainItem():
            return NO_WORDS
        case RetractedItem():
            return {"fact": item.fact}
        case ReappointedItem():
            return {"new_due_at": item.new_due_at.isoformat()}
        case SuspendedItem():
            return item.model_dump(include={"reason", "decision"}, exclude_none=True)
        case ProgressedItem():
            words: dict[str, Json] = {"step": item.step}
            if item.department is not None:
                words["department"] = item.department
            if item.started_at is not None:
                words["started_at"] = item.started_at.isoformat()
            if item.step_due_at is not None:
                words["step_due_at"] = item.step_due_at.isoformat()
            return words


def submission_of(item: SubmittedItem, known: Submission | None) -> Submission:
    """The submission with what was said before and is left out now."""
    competent, channel = (None, None) if known is None else (known.competent_unit, known.channel)
    body = item.competent_unit or competent or item.receiving_unit
    return Submission(item.procedure, item.receiving_unit, body, item.channel or channel)


def reception_of(item: ReceivedItem, contact: KnownContact | None, known: Reception | None, *, fill: bool) -> Reception:
    """The reception with what was said before and is left out now; with `fill`, what was said before wins."""
    promised = None if item.promised_at is None else item.promised_at.isoformat()
    linked = tuple(Linked(part=part.part, unit=part.unit, dossier=part.dossier) for part in item.linked)
    if known is None:
        return Reception(
            item.procedure,
            item.receiving_unit,
            item.competent_unit or item.receiving_unit,
            item.channel or 1,
            item.return_method,
            item.out_of_area,
            linked,
            promised,
            None if contact is None else contact.sequence,
        )

    def of(now: Value | None, before: Value) -> Value:
        return before if now is None or (fill and before is not None) else now

    return Reception(
        of(item.procedure, known.procedure),
        of(item.receiving_unit, known.receiving_unit),
        of(item.competent_unit, known.competent_unit),
        of(item.channel, known.channel),
        of(item.return_method, known.return_method),
        of(item.out_of_area, known.out_of_area),
        known.linked if not linked or (fill and known.linked) else linked,
        of(promised, known.promised_at),
        known.contact_sequence if contact is None else contact.sequence,
    )

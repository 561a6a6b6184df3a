"""feedback brought back from the log: nobody is asked twice, links go on working, answers stay."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackRated
from runtime.outputs import Decision
from runtime.store import Document
from services.feedback.domain import CannotAnswerError, digest, open_form, token_of
from services.feedback.handlers import handle
from services.feedback.recovery import recovery
from services.feedback.store import CODEC
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.feedback import DONE, PROMISED, context

RATED = Event(
    "b8f11a6a-b1a8-5904-ba81-6b26ff09e8dc",
    "/feedback",
    FeedbackRated.TYPE,
    DOSSIER,
    at(7),
    FeedbackRated(at=at(7), unit="H37.12", form="tthc-2026.2", scores={"attitude": 100}),
)
LIVES: dict[str, tuple[list[Event], bool]] = {
    "received": ([PROMISED], False),
    "invited": ([PROMISED, DONE], False),
    "invited, completion corrected": ([PROMISED, DONE, fact("completed", at(6, "08:00"), version=2)], False),
    "rated before answers belonged to no dossier": ([PROMISED, DONE], True),
    "nobody to invite": ([received(), DONE], False),
}


def lived(name: str) -> tuple[Document, list[Event]]:
    """The document of a life, and what was said."""
    facts, rated = LIVES[name]
    document: Document = {"_id": DOSSIER, "rev": 0}
    own: list[Event] = []

    def take(decision: Decision) -> Document:
        own.extend(decode(encode(output), EVENT_TYPES) for output in decision.outputs)
        return decision.document

    for event in facts:
        document = take(CODEC.handling(partial(handle, context=context()), context().clock)(document, event))
    if rated:
        own.append(RATED)
        document = {**document, "rating": {"at": epoch_ms(at(7)), "form": "tthc-2026.2", "scores": {"attitude": 100}}}
    return document, own


def rebuilt(own: Sequence[Event], facts: Sequence[Event]) -> Decision:
    document: Document = {"_id": DOSSIER, "rev": 0}
    service = recovery(context(at(20)))
    assert service.absorb is not None
    assert service.settle is not None
    for event in own:
        document = service.recalls[0].fold(document, event)
    for event in facts:
        document = service.absorb(document, event)
    return service.settle(document)


@pytest.mark.parametrize("name", LIVES)
def test_a_rebuilt_document_equals_the_old_one_and_says_nothing_new(name: str) -> None:
    document, own = lived(name)
    for facts in permutations(LIVES[name][0]):
        decision = rebuilt(own, facts)

        assert decision.document == document
        assert not decision.outputs


@pytest.mark.parametrize("name", LIVES)
def test_what_was_said_is_known_to_a_store_that_lost_nothing(name: str) -> None:
    document, own = lived(name)

    assert all(recovery(context()).recalls[0].fold(document, event) is document for event in own)


def test_a_link_that_somebody_holds_works_after_a_rebuild_and_once_only() -> None:
    _, own = lived("rated before answers belonged to no dossier")
    document = rebuilt(own, [PROMISED, DONE]).document

    assert document["token"] == digest(token_of(b"k" * 32, DOSSIER))
    with pytest.raises(CannotAnswerError):
        open_form(CODEC.read(document), context(at(7)).ground())


def test_an_answer_that_belongs_to_no_dossier_is_recalled_for_none() -> None:
    name = "PH-" + "0" * 32

    assert [recall.id_of(replace(RATED, subject=name)) for recall in recovery(context()).recalls] == ["", ""]


def test_an_invitation_that_was_never_said_is_made_after_recovery() -> None:
    decision = rebuilt([], [PROMISED, DONE])

    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.feedback.invited.v1"]

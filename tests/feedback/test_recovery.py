"""feedback brought back from the log: nobody is asked twice, links go on working, answers stay."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby, permutations

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackRated
from runtime.outputs import Decision
from runtime.recovery import Recall
from runtime.store import Document
from services.feedback import petitions
from services.feedback.domain import CannotAnswerError, digest, open_form, token_of
from services.feedback.domain.handling import Ground, fire
from services.feedback.domain.petition import Petition
from services.feedback.handlers import handle
from services.feedback.recovery import recovery
from services.feedback.store import CODEC
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.feedback import DONE, PROMISED, context
from tests.support.petition_lives import CLOCKS, lives

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


def _of_log(petition: Petition) -> Petition:
    """What of a petition stands on the log: no words, no journal, nothing that words are found by."""
    answers = [None if one is None else replace(one.without_words(), at=0) for one in (petition.answer, *petition.earlier)]
    clock = None if petition.clock is None else replace(petition.clock, since=0)
    return petition._replace(
        texts=(), questions=(), codes=(), journal=(), who=None, summary="", published=None, begun=0, received=0,
        answer=answers[0], earlier=tuple(one for one in answers[1:] if one is not None), clock=clock,
    )  # fmt: skip


def _folded(recalling: Recall[Event], document: Document, said: Sequence[Event]) -> Document:
    for event in said:
        document = recalling.fold(document, event)
    return document


def _unrung(petition: Petition) -> Petition:
    """Whatever its clock has said."""
    clock = petition.clock
    return petition if clock is None else petition._replace(clock=replace(clock, warned=False, overdue=False))


def _overtaken(said: Sequence[Event], rng: random.Random) -> list[Event]:
    """In the order of a log in which some decisions came before one that was decided just before: each as a whole."""
    decided = [list(own) for _, own in groupby(said, key=lambda event: (event.time, event.data.at))]  # type: ignore[union-attr]
    place = 1
    while place < len(decided):
        if rng.random() < 0.3:
            decided[place - 1 : place + 1] = decided[place], decided[place - 1]
            place += 1  # what was overtaken once is not again
        place += 1
    return [event for own in decided for event in own]


@pytest.mark.parametrize("seed", range(40))
def test_a_petition_of_an_older_copy_or_of_none_stands_as_was_said_of_it(seed: int) -> None:
    """Also what its clock has said already, and what it will say next; officers find nothing open that was answered."""
    recalling, rng = recovery(context()).recalls[1], random.Random(seed)
    for life in lives(rng, 5):
        whole = petitions.CODEC.written(life.petition, {"_id": life.petition.id, "rev": 1})
        assert all(recalling.fold(whole, event) is whole for event in life.said)
        copy = petitions.CODEC.written(rng.choice(life.stood), {"_id": life.petition.id, "rev": 1})
        for document in (copy, {"_id": life.petition.id, "rev": 0}):
            back = petitions.CODEC.read(_folded(recalling, document, life.said))
            assert _of_log(back) == _of_log(life.petition), life.said

            overtaken = petitions.CODEC.read(_folded(recalling, document, _overtaken(life.said, rng)))
            assert _unrung(_of_log(overtaken)) == _unrung(_of_log(life.petition)), life.said

            now = Ground(life.now + timedelta(days=400), CLOCKS)
            spoken = [fire(one, now.now, now) for one in (back, life.petition)]
            assert _of_log(spoken[0].after) == _of_log(spoken[1].after)

"""feedback: who is asked, once; what an answer is worth; and what the log learns of it."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from nacl.public import PrivateKey

from contracts import Event
from dunghen import PROVINCE
from reference import load_reference
from runtime.clock import SteppedClock
from runtime.outputs import Decision, Output
from runtime.sealing import Opener, Sealer
from runtime.store import Document
from services.feedback.domain import CannotAnswerError, FormError, digest, load_forms, rate, token_of
from services.feedback.handlers import Context, handle
from services.feedback.settings import FeedbackSettings
from services.feedback.store import CODEC
from tests.support.dossiers import DOSSIER, at, fact, received

KEY = PrivateKey.generate()
REFERENCE = load_reference(PROVINCE)
SETTINGS = FeedbackSettings.model_validate(
    {
        "reference_dir": PROVINCE,
        "contacts_public_key": base64.b64encode(bytes(KEY.public_key)).decode(),
        "contacts_key_epoch": 1,
        "token_key": "k" * 32,
        "public_url": "https://example.org/y-kien",
    },
    by_name=True,
)
FORM = load_forms()["tthc-2026.1"]
PROMISED, DONE = received(contact_sequence=1), fact("completed", at(6))
ANSWERS = {"attitude": "0", "waiting": "1", "appointment": "4", "apology": "5", "facilities": "2"}


def context(now: datetime = at(6)) -> Context:  # noqa: B008 - a constant
    sealer = Sealer.from_base64(SETTINGS.contacts_public_key, 1)
    return Context(REFERENCE, SteppedClock(now), SETTINGS, sealer, load_forms())


def play(events: Sequence[Event], now: datetime = at(6)) -> tuple[Document, list[Output]]:  # noqa: B008 - a constant
    document: Document = {"_id": DOSSIER, "rev": 0}
    outputs: list[Output] = []
    for event in events:
        decision = CODEC.handling(partial(handle, context=context(now)), SteppedClock(now))(document, event)
        document = decision.document
        outputs += decision.outputs
    return document, outputs


def test_a_completed_dossier_invites_its_person_once_whatever_the_order() -> None:
    again = fact("completed", at(6, "08:00"), version=2)
    for order in permutations([PROMISED, DONE, again, DONE]):
        assert [output.body["type"].split(".")[-2] for output in play(order)[1]] == ["invited"]


def test_the_link_travels_sealed_and_its_token_is_nowhere_in_clear() -> None:
    document, outputs = play([PROMISED, DONE])
    token = token_of(b"k" * 32, DOSSIER)
    link = Opener(KEY, 1).open(1, outputs[0].body["data"]["sealed"])["link"]

    assert link == f"https://example.org/y-kien/{token}"
    assert len(base64.urlsafe_b64decode(token + "==")) == 16
    assert token not in str(document) + str(outputs[0].body)
    assert document["token"] == digest(token)
    assert token_of(b"x" * 32, DOSSIER) != token


def test_nobody_is_asked_about_history_or_without_a_way_to_ask() -> None:
    late = Event(DONE.id, DONE.source, DONE.type, DONE.subject, at(8, "09:01"), DONE.data)
    for events, why in (([received(), DONE], "no-contact"), ([PROMISED, late], "too-old")):
        document, outputs = play(events)

        assert outputs == []
        assert document["invited"]["not"] == why
        assert "token" not in document


def answer(document: Document, given: dict[str, str], now: datetime = at(6)) -> Decision:  # noqa: B008 - a constant
    return CODEC.decide(document, lambda dossier: rate(dossier, given, context(now).ground()), now)


def test_answers_are_scored_and_what_does_not_apply_is_in_no_mean() -> None:
    """R33."""
    decision = answer(play([PROMISED, DONE])[0], ANSWERS)

    scores = {"attitude": 100, "waiting": 75, "appointment": 0, "apology": None, "facilities": 50}
    assert decision.outputs[0].body["data"]["scores"] == scores
    assert decision.outputs[0].body["data"]["unit"] == "H37.12"


@pytest.mark.parametrize("place", ["9" * 5_000, "٣", "-1", "5", "", "0\x00", "1.0", "x"])
def test_what_is_no_place_of_an_answer_is_missing(place: str) -> None:
    with pytest.raises(FormError) as error:
        FORM.scores({**ANSWERS, "waiting": place})
    assert error.value.missing == ("waiting",)


def test_a_dossier_is_rated_once() -> None:
    """R33."""
    document = answer(play([PROMISED, DONE])[0], ANSWERS).document

    with pytest.raises(CannotAnswerError) as error:
        answer(document, ANSWERS)
    assert error.value.used


def test_an_old_invitation_has_expired() -> None:
    with pytest.raises(CannotAnswerError) as error:
        answer(play([PROMISED, DONE])[0], ANSWERS, at(6) + timedelta(days=61))
    assert not error.value.used


@pytest.mark.parametrize("bad", ["", "6", "-1", "x", "٣", "1.0"])
def test_an_answer_that_is_none_of_the_form_is_named(bad: str) -> None:
    given = {**ANSWERS, "waiting": bad}

    with pytest.raises(FormError) as error:
        FORM.scores(given)
    assert error.value.missing == ("waiting",)


def test_the_form_has_five_questions_and_five_scores_each() -> None:
    """R33."""
    assert len(FORM.questions) == 5
    for question in FORM.questions:
        assert [score for _, score in question.answers if score is not None] == [100, 75, 50, 25, 0]

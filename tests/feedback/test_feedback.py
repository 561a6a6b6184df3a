"""feedback: who is asked, once; what an answer is worth; and what the log learns of it."""

import base64
from datetime import timedelta
from itertools import permutations

import pytest
from pydantic import ValidationError

from contracts import Event
from contracts.facts import epoch_ms
from runtime.sealing import Opener
from services.feedback.domain import CannotAnswerError, FormError, digest, load_forms, open_form, token_of
from services.feedback.domain.forms import SurveyForm
from services.feedback.store import CODEC
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.feedback import ANSWERS, DONE, KEY, PROMISED, SETTINGS, context, play

FORM = load_forms()["tthc-2026.2"]


def test_a_completed_dossier_invites_its_person_once_whatever_the_order() -> None:
    again = fact("completed", at(6, "08:00"), version=2)
    for order in permutations([PROMISED, DONE, again, DONE]):
        assert [output.body["type"].split(".")[-2] for output in play(order)[1]] == ["invited"]


def test_the_link_travels_sealed_and_its_token_is_nowhere_in_clear() -> None:
    document, outputs = play([PROMISED, DONE])
    token = token_of(b"k" * 32, DOSSIER)
    opened = Opener({1: KEY}).open(1, outputs[0].body["data"]["sealed"])
    assert isinstance(opened, dict)
    link = opened["link"]

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
        assert document["invited"] == {"at": epoch_ms(events[-1].time), "form": SETTINGS.form, "not": why}
        assert "token" not in document


@pytest.mark.parametrize("place", ["9" * 5_000, "٣", "-1", "5", "", "0\x00", "1.0", "x"])
def test_what_is_no_place_of_an_answer_is_missing(place: str) -> None:
    with pytest.raises(FormError) as error:
        FORM.scores({**ANSWERS, "waiting": place})
    assert error.value.missing == ("waiting",)


def test_an_invitation_is_good_up_to_its_last_moment() -> None:
    invited, last = CODEC.read(play([PROMISED, DONE])[0]), at(6) + timedelta(days=30)

    assert open_form(invited, context(last).ground()) == FORM
    with pytest.raises(CannotAnswerError):
        open_form(invited, context(last + timedelta(milliseconds=1)).ground())


@pytest.mark.parametrize("bad", ["", "5", "6", "-1", "x", "٣", "1.0"])
def test_an_answer_that_is_none_of_the_form_is_named(bad: str) -> None:
    given = {**ANSWERS, "waiting": bad}

    with pytest.raises(FormError) as error:
        FORM.scores(given)
    assert error.value.missing == ("waiting",)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"questions": []}, "questions"),
        ({"questions": [{"id": "a", "text": "x", "answers": [["Có", 100]]}]}, "answers"),
        ({"questions": [{"id": "a", "text": "x", "answers": [["Có", 100], ["Không", 0]], "hint": "x"}]}, "hint"),
        ({"questions": [{"id": "a", "text": "x", "answers": [["Có", 100], ["Không", 0]]}], "subtitle": "x"}, "subtitle"),
    ],
)
def test_a_form_without_questions_without_a_choice_or_with_words_that_nobody_reads_is_refused(
    wrong: dict[str, object], field: str
) -> None:
    """R33."""
    with pytest.raises(ValidationError, match=field):
        SurveyForm.model_validate({"id": "x", "title": "x", **wrong})


def test_a_question_that_was_not_answered_is_named() -> None:
    with pytest.raises(FormError) as error:
        FORM.scores({name: place for name, place in ANSWERS.items() if name not in ("waiting", "facilities")})
    assert error.value.missing == ("waiting", "facilities")


def test_the_form_has_five_questions_and_five_scores_each() -> None:
    """R33."""
    assert len(FORM.questions) == 5
    for question in FORM.questions:
        assert [score for _, score in question.answers if score is not None] == [100, 75, 50, 25, 0]

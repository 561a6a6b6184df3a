"""Who is asked and what is kept of it, on objects; and what tokens and scores are, to the letter."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited
from contracts.notices import SkipReason
from services.changes import Once
from services.facts import NO_FACTS
from services.feedback.domain import (
    CannotAnswerError,
    Dossier,
    FormError,
    Ground,
    Invited,
    NotInvited,
    Rating,
    Received,
    SurveyForm,
    digest,
    invite,
    load_forms,
    open_form,
    token_of,
)
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.feedback import DONE, PROMISED, REFERENCE

FORMS = load_forms()
FORM, NOW = "tthc-2026.2", at(9)
GROUND = Ground(NOW, REFERENCE, FORMS, FORM, timedelta(days=60), 3, lambda code: f"token of {code}", lambda token: f"<{token}>")
DONE_AT = epoch_ms(at(6))


def dossier(*events: Any, **more: Any) -> Dossier:
    known = Dossier(DOSSIER)
    for event in events:
        known = known.told(event)
    return known._replace(**more)


def test_a_dossier_of_which_nothing_is_known_has_nothing() -> None:
    assert Dossier(DOSSIER) == Dossier(DOSSIER, NO_FACTS, None, None, None, None)
    assert Received(1) == Received(1, "unknown", "", None)


def test_a_completion_keeps_when_it_was_first_recorded() -> None:
    later, earlier = (replace(fact("completed", at(6), version=number), time=at(day)) for number, day in ((2, 7), (3, 5)))

    assert [dossier(*events).reported_at for events in ((PROMISED,), (DONE,), (DONE, later), (DONE, later, earlier))] == [
        None,
        DONE_AT,
        DONE_AT,
        epoch_ms(at(5)),
    ]
    done = dossier(DONE)
    assert done.told(DONE) is done


def test_the_person_of_a_completed_dossier_is_invited_by_a_sealed_link() -> None:
    changed = invite(dossier(PROMISED, DONE), GROUND)
    said = FeedbackInvited(at=at(6), form=FORM, key_epoch=3, sealed=f"<token of {DOSSIER}>")

    assert changed.said == [Once(said)]
    kept = Invited(epoch_ms(NOW), FORM)
    assert changed.after == dossier(PROMISED, DONE)._replace(invitation=kept, token=digest(f"token of {DOSSIER}"))


@pytest.mark.parametrize("events", [(), (PROMISED,), (DONE,)])
def test_nobody_is_invited_before_a_reception_and_a_completion_are_known(events: Any) -> None:
    known = dossier(*events)

    assert invite(known, GROUND).after is known
    for other in (
        dossier(PROMISED, DONE, reported_at=None),
        dossier(PROMISED, DONE, invitation=NotInvited(1, FORM, "too-old")),
    ):
        assert invite(other, GROUND).after is other


def test_why_nobody_is_invited_is_kept_with_the_form_and_the_recording() -> None:
    nobody = dossier(replace(PROMISED, data=PROMISED.data.model_copy(update={"contact_sequence": None})), DONE)
    late = dossier(PROMISED, replace(DONE, time=at(20)))
    both = dossier(replace(DONE, time=at(20)), facts=nobody.facts)

    cases: list[tuple[Dossier, int, SkipReason]] = [
        (nobody, DONE_AT, "no-contact"),
        (late, epoch_ms(at(20)), "too-old"),
        (both, epoch_ms(at(20)), "too-old"),
    ]
    for known, reported_at, why in cases:
        changed = invite(known, GROUND)
        assert (changed.after.invitation, changed.after.token, [*changed.said]) == (
            NotInvited(reported_at, FORM, why),
            None,
            [],
        )


def test_a_form_opens_once_and_only_for_who_was_invited() -> None:
    invited = invite(dossier(PROMISED, DONE), GROUND).after
    rated = invited._replace(rating=Rating(epoch_ms(NOW), FORM, {"attitude": 100}))  # by an earlier release

    assert open_form(invited, GROUND) is FORMS[FORM]
    nobody, retired = NotInvited(1, FORM, "too-old"), Invited(epoch_ms(NOW), "retired-2020.1")
    for known in (rated, dossier(), invited._replace(invitation=nobody), invited._replace(invitation=retired)):
        with pytest.raises(CannotAnswerError):
            open_form(known, GROUND)


def test_questions_without_an_answer_are_named_in_their_order() -> None:
    with pytest.raises(FormError) as error:
        FORMS[FORM].scores({"attitude": "0"})

    assert error.value.missing == ("waiting", "appointment", "facilities")
    assert str(error.value) == "waiting, appointment, facilities"


def test_a_token_and_its_digest_are_the_same_in_every_release() -> None:
    assert token_of(b"k" * 32, DOSSIER) == "wxSYhEtbvxEyUC3g43zb-Q"
    assert digest("token") == "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"


def test_a_question_may_have_two_answers() -> None:
    form = SurveyForm.model_validate(
        {"id": "x", "title": "x", "questions": [{"id": "a", "text": "x", "answers": [["Có", 100], ["Không", 0]]}]}
    )

    assert form.scores({"a": "1"}) == {"a": 0}


def test_a_form_is_called_by_its_file() -> None:
    assert {name: form.id for name, form in FORMS.items()} == {name: name for name in ("tthc-2026.1", FORM)}

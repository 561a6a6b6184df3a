"""Petitions travel on topics that dossiers travel on, under keys of their own: every reader takes them without harm."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.catalogue import short_type
from contracts.codes import is_dossier_code, is_petition_id
from contracts.petitions import (
    PETITION_TYPES,
    ContributionRecorded,
    PetitionAnswered,
    PetitionerSealed,
    PetitionReraised,
    PetitionUpheld,
    SuggestionAccepted,
)
from dunghen.counting import known_of
from dunghen.sentences import sentence_of
from reference import load_reference
from runtime.clock import SteppedClock
from services.intake import recovery as intake
from services.intake.store import CODEC
from services.notifier import handlers as notifier
from services.notifier.domain import Dossier
from services.reporting import handlers as reporting
from services.speaking import encode, say

ROOT = Path(__file__).parents[2]
REFERENCE = load_reference(ROOT / "dunghen/province")
NOW = datetime(2026, 3, 13, 10, tzinfo=UTC)
PETITION = "PA-260212-7QK2M4XA"
LETTERS = {PetitionUpheld, PetitionReraised, SuggestionAccepted, ContributionRecorded}  # call for one, or take it back
EXAMPLES = [
    decode((ROOT / f"contracts/examples/{short_type(model.TYPE)}.json").read_bytes(), EVENT_TYPES) for model in PETITION_TYPES
]


def short(event: Event) -> str:
    return short_type(event.type)


def sealed() -> bytes:
    return encode(say(PetitionerSealed(at=NOW, contact_sequence=1, key_epoch=1, sealed="AAAA"), PETITION, NOW))


@pytest.mark.parametrize("event", EXAMPLES, ids=short)
def test_a_petition_is_no_dossier_and_changes_nothing_where_dossiers_are_kept(event: Event) -> None:
    """R30."""
    assert is_petition_id(event.subject)
    assert not is_dossier_code(event.subject)
    assert notifier.heeds(event) is (type(event.data) in LETTERS)
    assert not reporting.heeds(event)
    assert known_of([event])[event.subject].first(type(event.data)) is None  # type: ignore[type-var]
    assert list(known_of([event])[event.subject].adds(NOW)) == []


@pytest.mark.parametrize("event", EXAMPLES, ids=short)
def test_what_is_said_of_a_petition_is_a_sentence_that_names_its_unit_or_what_is_due(event: Event) -> None:
    """R31."""
    sentence = sentence_of(event.data, event.type, REFERENCE)

    assert "chưa biết" not in sentence
    assert sentence.endswith(".")


def test_a_contact_of_a_petition_is_said_by_feedback_on_the_topic_of_contacts() -> None:
    raw = json.loads(sealed())

    assert (raw["source"], raw["subject"], raw["type"]) == ("/feedback", PETITION, "vn.dunghen.contact.sealed.v1")
    assert "writer" not in raw


def test_a_contact_of_a_petition_is_kept_by_notifier_and_is_none_of_intakes() -> None:
    event = decode(sealed(), EVENT_TYPES)

    changed = notifier.handle(Dossier(PETITION), event, notifier.Context(REFERENCE, SteppedClock(NOW)))
    assert changed.said == ()
    assert changed.after.contact is not None
    told = intake.decode(sealed())
    known = CODEC.read({"_id": PETITION, "rev": 0})
    assert intake.recall(known, told) is known
    own = intake.Told(replace(event, source="/intake"), told.raw)
    assert intake.recall(known, own) is not known


def test_an_answer_says_whether_it_was_in_time_for_the_day_that_it_is_measured_by() -> None:
    """R32."""
    answered = next(event.data for event in EXAMPLES if isinstance(event.data, PetitionAnswered))

    assert answered.answer_due_at is not None
    assert answered.in_time is (answered.at <= answered.answer_due_at)


@pytest.mark.parametrize(
    ("text", "right"),
    [(PETITION, True), ("PA-260212-7QK2M4X", False), ("pa-260212-7QK2M4XA", False), ("H37.12-260212-0007", False), ("", False)],
)
def test_an_id_of_a_petition_is_told_from_a_code_of_a_dossier(text: str, right: bool) -> None:
    assert is_petition_id(text) is right

"""How an event is said: its class and the catalogue give topic, writer and id; the record says what the object says."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts import EVENT_TYPES, Effect, Event, Named, decode, load_catalogue
from contracts.dossiers import DOSSIER_TYPES
from contracts.feedback import FeedbackRated
from contracts.metrics import CountedCell, Counters, MetricsCell
from contracts.notices import NoticeFailed
from services.speaking import encode, say, say_once

ROOT = Path(__file__).parents[2]
EXAMPLES = [decode(path.read_bytes(), EVENT_TYPES) for path in sorted((ROOT / "contracts/examples").glob("*.json"))]
NAMED, EFFECTS = ([event for event in EXAMPLES if isinstance(event.data, kind)] for kind in (Named, Effect))
# What the effects of the examples are named by.
OCCASIONS: dict[str, Callable[[Any], str]] = {
    "notice": lambda data: data.name if data.channel == "sms" else f"{data.channel}/{data.name}",
    "letter": lambda data: str(data.draft),
    "feedback": lambda _: "1",
    "calendar": lambda data: str(data.number),
    "deadline.warned": lambda data: data.rung,
    "deadline.apology-due": lambda _: "apology-due",
    "deadline.overdue": lambda _: "overdue",
    "deadline.refused": lambda _: "2",  # the second date that a sender reports
}


def short(event: Event) -> str:
    return event.type.removeprefix("vn.dunghen.").removesuffix(".v1")


def test_every_type_is_named_by_what_it_says_or_by_its_occasion() -> None:
    assert not [name for name, model in EVENT_TYPES.items() if not issubclass(model, Named | Effect)]
    assert {short(event) for event in NAMED + EFFECTS} == {
        name.removeprefix("vn.dunghen.").removesuffix(".v1") for name in EVENT_TYPES
    }
    assert all(model.TYPE.split(".")[-2] == model.SERIES for model in DOSSIER_TYPES)


@pytest.mark.parametrize("event", NAMED, ids=short)
def test_a_fact_and_a_statement_are_named_by_what_they_say(event: Event) -> None:
    assert isinstance(event.data, Named)
    output = say(event.data, event.subject, event.time, cause=event.correlation or "", sequence=event.sequence)

    assert event.type in load_catalogue().topics[output.topic].full_types
    assert decode(encode(output), EVENT_TYPES) == event


@pytest.mark.parametrize("event", EFFECTS, ids=short)
def test_an_effect_is_named_by_its_occasion(event: Event) -> None:
    assert isinstance(event.data, Effect)
    occasion = next(of for name, of in OCCASIONS.items() if short(event).startswith(name))(event.data)
    output = say_once(event.data, occasion, event.subject, event.time, cause=event.correlation or "")

    assert event.type in load_catalogue().topics[output.topic].full_types
    assert decode(encode(output), EVENT_TYPES) == event


def test_what_was_not_given_is_not_written_and_what_is_null_within_stays() -> None:
    at = datetime.fromisoformat("2026-03-02T08:00:00+07:00")
    failed = NoticeFailed(at=at, notice="survey", reason="x")
    rated = FeedbackRated(at=at, unit="H37.12", form="f", scores={"attitude": 100, "apology": None})

    assert say_once(failed, "survey", "D", at).body == {
        "type": NoticeFailed.TYPE,
        "time": "2026-03-02T08:00:00+07:00",
        "data": {"at": "2026-03-02T08:00:00+07:00", "notice": "survey", "reason": "x"},
    }
    assert say_once(rated, "1", "D", at).body["data"]["scores"] == {"attitude": 100, "apology": None}


def test_a_cell_is_said_with_the_counters_it_has_and_read_with_all() -> None:
    at = datetime.fromisoformat("2026-03-02T08:00:00+07:00")
    cell = CountedCell(
        at=at,
        role="competent",
        unit="H37.12",
        procedure="1.000894",
        day=at.date(),
        counters={"received": 3, "of_a_later_version": 1},
        revision=7,
        definition="1",
    )
    output = say(cell, "K", at)
    read = decode(encode(output), EVENT_TYPES).data

    assert output.body["data"]["counters"] == {"received": 3, "of_a_later_version": 1}
    assert type(read) is MetricsCell
    assert read.counters == Counters.model_validate({"received": 3, "of_a_later_version": 1})
    assert read.event_id("reporting", "K") == output.id
    with pytest.raises(ValidationError, match=r"counters\.received"):
        CountedCell.model_validate({**output.body["data"], "counters": {"received": -1}})

"""A reception whose limit is exact (dossier.received.v2): read beside version 1, counted, stored and said."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode, encode, fact_id
from contracts.dossiers import DOSSIER_TYPES, ExactLimit, Received, ReceivedV2
from contracts.facts import merge_fact
from services.feedback.domain import KINDS as FEEDBACK
from services.notifier.domain.dossier import KINDS as NOTIFIER
from services.notifier.handlers import RULES
from services.sla.domain import standing_of
from services.sla.domain.facts import KINDS as SLA
from services.sla.store import load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.sla import last, play, said


def exactly(value: str, unit: str, *, version: int = 1, **more: Any) -> Event:
    """A reception on Monday at 8 with an exact limit."""
    other = received(at(2, "08:00"), version=version, **more)
    terms = {"procedure_version": "1", "limit": {"value": value, "unit": unit}}
    raw = {**other.data.model_dump(exclude_none=True), "terms": terms}
    return Event(other.id, other.source, ReceivedV2.TYPE, DOSSIER, other.time, ReceivedV2.model_validate(raw))


@pytest.mark.parametrize(
    ("value", "unit", "due", "words"),
    [
        ("0.5", "working_day", at(2, "13:45"), "nửa ngày làm việc"),
        ("1.5", "working_day", at(3, "13:45"), "1,5 ngày làm việc"),
        ("1.5", "hour", at(2, "09:30"), "1 giờ 30 phút làm việc"),
        ("30", "minute", at(2, "08:30"), "30 phút làm việc"),
        ("0", "same_day", at(2, "17:00"), "trong ngày"),
        ("2", "working_day", at(4, "08:00"), "2 ngày làm việc"),
    ],
)
def test_an_exact_limit_is_counted_said_and_stored(value: str, unit: str, due: Any, words: str) -> None:
    """D8."""
    document, outputs = play([decode(encode(exactly(value, unit)), EVENT_TYPES)])

    data = last(outputs, "set")
    assert data["due_at"] == due.isoformat()
    assert f"Thời hạn giải quyết: {words}." in [step["text"] for step in data["derivation"]]
    stored = load(json.loads(json.dumps(document)))
    assert stored.deadline is not None
    assert stored.deadline.of == standing_of(stored.facts)
    assert stored.deadline.of is not None
    assert stored.deadline.of.digest() == data["counted_from"]


def test_half_a_day_is_paused_watched_and_ended_as_any_limit() -> None:
    """D6, D8."""
    papers = [fact("supplement-requested", at(2, "09:00")), fact("supplemented", at(3))]
    document, outputs = play([exactly("0.5", "working_day"), *papers])

    assert last(outputs, "resumed")["due_at"] == at(3, "13:45").isoformat()
    assert "next_rung_at" in document
    settled = last(play([fact("completed", at(3, "13:46"))], document)[1], "settled")
    assert (settled["outcome"], settled["limit_minutes"], settled["used_minutes"]) == ("late", 225, 226)


def test_a_correction_may_be_of_the_other_version_of_the_type() -> None:
    first, second = received(at(2, "08:00")), exactly("0.5", "working_day", version=2)

    assert first.id == fact_id(DOSSIER, "received", "1", 1)
    assert said(play([first, second])[1]) == ["set", "moved"]
    assert last(play([first, second])[1], "moved")["due_at"] == at(2, "13:45").isoformat()
    assert said(play([second, first])[1]) == ["set"]


@pytest.mark.parametrize("kinds", [FEEDBACK.fields, NOTIFIER.fields, SLA.fields], ids=["feedback", "notifier", "sla"])
def test_readers_fold_both_versions_alike(kinds: dict[str, tuple[str, ...]]) -> None:
    one, two = (merge_fact({}, event, kinds) for event in (received(at(2, "08:00")), exactly("5", "working_day")))

    assert one is not None
    assert two is not None
    exact = {"value": "5", "unit": "working_day"}
    if "terms" in two["received"]["1"]:
        assert two["received"]["1"]["terms"].pop("limit") == exact
        assert one["received"]["1"]["terms"].pop("limit") == {**exact, "value": 5}
    assert one == two


def test_readers_hand_both_versions_to_the_same_rule() -> None:
    assert ReceivedV2 in DOSSIER_TYPES
    assert RULES[ReceivedV2] is RULES[Received]


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("0", "hour"),
        ("0.5", "month"),
        ("0.5", "minute"),
        ("-1", "hour"),
        ("0,5", "working_day"),
        ("0.12345", "hour"),
        ("1e3", "hour"),
    ],
)
def test_an_exact_limit_that_means_nothing_is_no_valid_event(value: str, unit: Any) -> None:
    """D8."""
    with pytest.raises(ValidationError):
        ExactLimit(value=value, unit=unit)

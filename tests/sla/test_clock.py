"""A dossier's clock: steps, second tiers, force majeure, who used the time, what contradicts itself, any order of facts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import EVENT_TYPES, Event, decode
from contracts.dossiers import Limit
from dunghen import PROVINCE
from reference import OpeningHours, count_due, load_reference
from reference.catalogue import HoursChange
from runtime.store import Document
from services.sla.domain import time_spent
from services.sla.handlers import Context
from services.sla.settings import SlaSettings
from services.sla.store import load
from services.speaking import encode
from tests.support.dossiers import at, fact, received
from tests.support.sla import CLOCK, CONTEXT, last, on_timer, play, said


def fire(document: Document, moment: Any, context: Context = CONTEXT) -> tuple[Document, list[Any]]:
    decision = on_timer(document, moment, moment, context)
    return decision.document, list(decision.outputs)


def test_a_step_past_its_own_limit_warns_who_holds_it_once() -> None:
    step: dict[str, Any] = {"step": "Thẩm định", "department": "Phòng Kinh tế", "step_due_at": at(4)}
    document, _ = play([received(limit=(15, "working_day")), fact("progressed", at(3), **step)])

    document, outputs = fire(document, at(4, "09:01"))
    again, nothing = fire(document, at(4, "09:02"))

    assert said(outputs) == ["warned"]
    assert outputs[0].body["data"]["rung"] == "step/1"
    assert outputs[0].body["data"]["department"] == "Phòng Kinh tế"
    assert nothing == []
    assert "next_rung_at" in again


def test_a_step_that_was_left_in_time_and_a_step_in_a_pause_warn_nobody() -> None:
    step: dict[str, Any] = {"step": "Thẩm định", "step_due_at": at(4)}
    long = received(limit=(15, "working_day"))
    left, _ = play([long, fact("progressed", at(3), **step), fact("progressed", at(3, "16:00"), occasion="2", step="Trình ký")])
    waiting, _ = play([long, fact("progressed", at(3), **step), fact("supplement-requested", at(3, "10:00"))])

    assert fire(left, at(4, "10:00"))[1] == []
    assert fire(waiting, at(4, "10:00"))[1] == []


def test_after_the_re_promise_the_rungs_come_once_more_without_a_second_letter() -> None:
    document, _ = play([received()])
    for moment in (at(6), at(9, "09:01")):
        document, _ = fire(document, moment)
    document, _ = play([fact("reappointed", at(9, "10:00"), new_due_at=at(16))], document)

    heard = []
    for day in range(10, 18):
        document, outputs = fire(document, at(day, "12:00"))
        heard += [
            (output.body["type"].split(".")[-2], output.body["data"].get("rung"), output.body["data"].get("tier"))
            for output in outputs
        ]

    assert heard == [("warned", "24h/2", None), ("warned", "4h/2", None), ("overdue", None, 2)]
    assert document["rungs"]["overdue"] == "fired"


def test_a_procedure_may_have_its_own_rungs() -> None:
    """R13."""
    reference = load_reference(PROVINCE)
    procedure = reference.procedures["1.000894"]
    version = procedure.versions[0].model_copy(update={"warn_open_hours": (2,), "apology_lead_days": 1})
    reference.procedures = {"1.000894": procedure.model_copy(update={"versions": (version,)})}
    context = Context.of(reference, SlaSettings(reference_dir=PROVINCE), CLOCK)
    terms = {"procedure_version": version.name}
    document, _ = play([received(terms=terms)])

    heard = []
    for moment in (at(5), at(6, "08:59"), at(6, "09:00"), at(6, "16:00"), at(9, "07:45"), at(9, "09:01")):
        document, outputs = fire(document, moment, context)
        heard += said(outputs)

    assert heard == ["apology-due", "warned", "overdue"]


def test_force_majeure_stops_the_clock_of_every_procedure() -> None:
    stop = fact("suspended", at(3), reason="force_majeure", decision="QĐ 12/QĐ-UBND")
    _, outputs = play([received(), stop, fact("resumed", at(5))])
    _, ordinary = play([received(), fact("suspended", at(3)), fact("resumed", at(5))])

    assert said(outputs) == ["set", "paused", "resumed"]
    assert last(outputs, "resumed")["due_at"] == at(11).isoformat()
    text = str(decode(encode(outputs[-1]), EVENT_TYPES).data)
    assert "bất khả kháng" in text
    assert said(ordinary) == ["set"]


def test_a_late_dossier_says_who_used_its_time_to_the_minute() -> None:
    events = [
        received(at(2, "08:00"), limit=(3, "working_day")),
        fact("supplement-requested", at(3, "08:00")),
        fact("suspended", at(3, "10:00")),
        fact("supplemented", at(3, "14:00")),
        fact("resumed", at(3, "16:00")),
        fact("fee-requested", at(4, "09:00")),
        fact("fee-paid", at(4, "09:30")),
        fact("completed", at(10, "08:00")),
    ]
    _, outputs = play(events)

    settled = last(outputs, "settled")
    assert (settled["outcome"], settled["supplements"]) == ("late", 1)
    # Tuesday 08:00-14:00 and Wednesday 09:00-09:30 with the citizen, Tuesday 14:00-16:00 with the other body.
    assert settled["spent"] == {
        "unit": 6 * 450 - 240 - 30 - 120, "force_majeure": 0, "citizen": 240 + 30, "body": 120, "elapsed": 6 * 450,
    }  # fmt: skip


waits = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3000), st.integers(0, 3000)), max_size=6)


@given(waits, st.integers(1, 6000))
def test_the_parts_of_the_time_add_up_whatever_overlaps(parts: list[tuple[int, int, int]], length: int) -> None:
    kinds = (("supplement-requested", "supplemented"), ("fee-requested", "fee-paid"), ("suspended", "resumed"))
    events: list[Event] = [received(at(2))]
    for number, (kind, begin, wait) in enumerate(parts):
        first, second = kinds[kind % 3]
        more: dict[str, Any] = {"reason": "force_majeure"} if kind == 4 and first == "suspended" else {}
        start = at(2) + timedelta(minutes=begin)
        events += [
            fact(first, start, occasion=f"{number}", **more),
            fact(second, start + timedelta(minutes=wait), occasion=f"{number}"),
        ]
    document, _ = play(events)
    end = at(2) + timedelta(minutes=length)
    start_ms, end_ms = (round(moment.timestamp() * 1000) for moment in (at(2), end))

    spent = time_spent(load(document).facts, CONTEXT.reference.timeline("H37.12"), start_ms, end_ms)

    parts_ = (spent.unit, spent.citizen, spent.body, spent.force_majeure)
    assert min(parts_) >= 0
    assert sum(parts_) == spent.elapsed


LIFE = (
    received(),
    received(at(2, "08:00"), version=2),
    fact("supplement-requested", at(3)),
    fact("supplemented", at(4)),
    fact("supplemented", at(4, "15:00"), version=2),
    fact("suspended", at(4), reason="force_majeure", decision="QĐ 1"),
    fact("resumed", at(5)),
    fact("reappointed", at(9), new_due_at=at(20)),
    fact("completed", at(12)),
    fact("retracted", at(12), version=2, fact="completed"),
    fact("completed", at(13), version=3),
    fact("returned", at(16)),
)


@given(st.lists(st.sampled_from(LIFE), max_size=12), st.permutations(LIFE))
def test_order_and_repetition_of_facts_do_not_matter(repeated: list[Event], order: list[Event]) -> None:
    expected, _ = play(LIFE)
    document, _ = play([*repeated, *order, *repeated])

    for field in ("deadline", "settled"):
        assert _but_version(document[field]) == _but_version(expected[field])
    assert "next_rung_at" not in document
    assert "open_due" not in document


def _but_version(stated: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stated.items() if key != "v"}


# --- what contradicts itself (the table in services/sla/README.md) ---------------


def test_an_end_before_its_reception_in_arrival_waits_for_it() -> None:
    _, outputs = play([fact("completed", at(6)), received()])

    assert said(outputs) == ["set", "settled"]


def test_an_end_before_its_reception_in_time_ends_it_at_once() -> None:
    document, outputs = play([received(), fact("completed", at(1))])

    assert last(outputs, "settled")["outcome"] == "early"
    assert "next_rung_at" not in document


def test_a_resumption_without_a_pause_moves_nothing_until_the_pause_is_told() -> None:
    document, outputs = play([received(), fact("supplemented", at(4))])
    assert said(outputs) == ["set"]

    _, outputs = play([fact("supplement-requested", at(3))], document)
    assert said(outputs) == ["moved"]
    assert last(outputs, "moved")["due_at"] == at(10).isoformat()


def test_of_two_receptions_with_different_limits_the_later_version_holds() -> None:
    _, outputs = play([received(), received(limit=(10, "working_day"), version=2)])

    assert said(outputs) == ["set", "moved"]
    assert last(outputs, "moved")["due_at"] == at(16).isoformat()


def test_a_corrected_competent_unit_is_counted_by_its_own_hours_and_said() -> None:
    """Kỳ Lâm opens at 07:00, Hoàng Vân at 07:30."""
    early = received(at(2, "06:30"), competent_unit="H37.13", version=2)
    _, outputs = play([received(at(2, "06:30")), early])

    assert said(outputs) == ["set", "moved"]
    assert (last(outputs, "set")["due_at"], last(outputs, "set")["unit"]) == (at(9, "07:30").isoformat(), "H37.12")
    assert (last(outputs, "moved")["due_at"], last(outputs, "moved")["unit"]) == (at(9, "07:00").isoformat(), "H37.13")


def test_a_limit_below_one_and_a_unit_without_hours_cannot_be_written_down() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Limit(value=0, unit="working_day")
    with pytest.raises(ValueError, match="opening hours on at least one weekday"):
        OpeningHours.model_validate({"service": ["07:30-11:00"]})


def test_a_unit_may_have_other_hours_from_a_day_on() -> None:
    reference = load_reference(PROVINCE)
    later = HoursChange.model_validate({"valid_from": "2026-03-05", "hours": {"weekdays": ["08:00-12:00", "13:00-16:30"]}})
    unit = reference.units["H37.12"].model_copy(update={"hours_changes": (later,)})
    line = replace(reference, units={"H37.12": unit}).timeline("H37.12")

    assert count_due(line, at(3, "17:00"), (1, "working_day")).due_at == at(4, "17:00")
    assert count_due(line, at(4, "17:00"), (1, "working_day")).due_at == at(5, "16:30")

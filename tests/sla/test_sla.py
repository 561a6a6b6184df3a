"""sla: outcomes, promises, rungs, and what its handlers state."""

import json
import random
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from contracts import EVENT_TYPES, Event, decode
from runtime.outputs import Output
from runtime.store import Document
from services.sla.domain import outcome_of, standing_of
from services.sla.older import reads_older
from services.sla.store import key_of, load
from services.speaking import encode
from tests.support.dossiers import at, fact, received
from tests.support.sla import CONTEXT, last, on_timer, play, said


@pytest.mark.parametrize(
    ("end", "due", "outcome"),
    [
        (at(5, "09:01"), at(5, "09:00"), "late"),
        (at(5, "09:00"), at(5, "09:00"), "on_time"),
        (at(5, "07:30"), at(5, "09:00"), "on_time"),
        (at(4, "16:59"), at(5, "09:00"), "early"),
        (at(5, "09:00") + timedelta(seconds=1), at(5, "09:00"), "late"),
    ],
)
def test_early_is_an_earlier_date_and_late_a_later_instant(end: datetime, due: datetime, outcome: str) -> None:
    """D11."""
    assert outcome_of(end, due, "date") == outcome


def test_early_by_time_is_a_setting() -> None:
    assert outcome_of(at(5, "08:59"), at(5, "09:00"), "time") == "early"


def test_a_reception_is_promised_a_date() -> None:
    _, outputs = play([received()])

    assert said(outputs) == ["set"]
    assert last(outputs, "set")["due_at"] == at(9).isoformat()
    assert last(outputs, "set")["basis"] == "computed"


def test_a_date_printed_by_the_sender_is_the_promise_and_ours_stands_beside_it() -> None:
    _, outputs = play([received(promised_at=at(10))])

    data = last(outputs, "set")
    assert (data["due_at"], data["computed_due_at"], data["basis"]) == (at(10).isoformat(), at(9).isoformat(), "promised")


def test_a_supplement_pauses_and_resumes_the_promise() -> None:
    """R10."""
    events = [received(), fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))]
    _, outputs = play(events)

    assert said(outputs) == ["set", "paused", "resumed"]
    assert "due_at" not in last(outputs, "paused")
    assert last(outputs, "resumed")["due_at"] == at(9, "11:00").isoformat()
    assert [o.body["data"]["version"] for o in outputs] == [1, 2, 3]


def test_a_printed_date_moves_by_the_pause_too() -> None:
    events = [received(promised_at=at(10)), fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))]

    assert last(play(events)[1], "resumed")["due_at"] == at(10, "11:00").isoformat()


def test_a_pause_that_begins_exactly_at_the_printed_date_does_not_move_it() -> None:
    """D6."""
    pause = [fact("supplement-requested", at(4)), fact("supplemented", at(4, "11:00"))]

    outputs = play([received(promised_at=at(4)), *pause])[1]

    assert said(outputs) == ["set"]
    assert last(outputs, "set")["due_at"] == at(4).isoformat()
    assert last(play([received(promised_at=at(4, "09:01")), *pause])[1], "resumed")["due_at"] == at(4, "11:01").isoformat()


def test_papers_that_come_in_the_minute_in_which_they_were_asked_for_end_the_pause() -> None:
    """R10."""
    _, outputs = play([received(), fact("supplement-requested", at(3)), fact("supplemented", at(3))])

    assert said(outputs)[-1] == "resumed"
    assert last(outputs, "resumed")["due_at"] == at(9).isoformat()


def test_fees_and_other_bodies_pause_only_where_the_procedure_says_so() -> None:
    """D7."""
    fee = [fact("fee-requested", at(3)), fact("fee-paid", at(3, "11:00"))]

    assert said(play([received(), *fee])[1]) == ["set"]
    assert said(play([received(terms={"pause_on_fee": True}), *fee])[1]) == ["set", "paused", "resumed"]
    away = [fact("suspended", at(3)), fact("resumed", at(3, "11:00"))]
    assert said(play([received(), *away])[1]) == ["set"]
    assert said(play([received(terms={"pause_on_agency": True}), *away])[1]) == ["set", "paused", "resumed"]


@pytest.mark.parametrize(
    ("events", "outcome", "state"),
    [
        ([fact("completed", at(9))], "on_time", 9),
        ([fact("completed", at(6))], "early", 9),
        ([fact("completed", at(9, "09:01"))], "late", 9),
        ([fact("completed", at(6)), fact("returned", at(20))], "early", 9),  # waiting for pick-up is never late
        ([fact("returned", at(20))], "late", 10),
        ([fact("withdrawn", at(4))], "early", 7),
        ([fact("stopped", at(10))], "late", 8),
        ([fact("stopped", at(10)), fact("withdrawn", at(4))], "early", 7),
    ],
)
def test_the_end_decides_the_outcome(events: list[Event], outcome: str, state: int) -> None:
    """D10."""
    data = last(play([received(), *events])[1], "settled")

    assert (data["outcome"], data["state"]) == (outcome, state)


def test_papers_asked_for_twice_are_counted_and_leave_the_outcome_as_it_is() -> None:
    """R10, D13."""
    rounds = [
        fact(kind, at(day), occasion=number)
        for number, day in (("1", 3), ("2", 5))
        for kind in ("supplement-requested", "supplemented")
    ]
    data = last(play([received(), *rounds, fact("completed", at(6))])[1], "settled")

    assert (data["supplements"], data["outcome"]) == (2, "early")


def test_what_was_never_accepted_has_no_outcome() -> None:
    """D10."""
    assert said(play([fact("refused", at(3))])[1]) == []
    assert said(play([fact("withdrawn", at(3))])[1]) == []
    assert said(play([received(), fact("refused", at(3)), fact("completed", at(4))])[1]) == ["set"]


def test_an_end_within_a_pause_ends_the_pause() -> None:
    _, outputs = play([received(), fact("supplement-requested", at(3)), fact("stopped", at(20))])

    assert last(outputs, "settled")["outcome"] in ("on_time", "early")


def test_a_corrected_end_states_a_new_outcome_under_the_next_version() -> None:
    _, outputs = play([received(), fact("completed", at(10)), fact("completed", at(6), version=2)])

    settled = [o.body["data"] for o in outputs if o.body["type"].endswith("settled.v1")]
    assert [(d["version"], d["outcome"]) for d in settled] == [(1, "late"), (2, "early")]


def test_a_retracted_end_opens_the_dossier_again_and_brings_its_timers_back() -> None:
    document, outputs = play([received(), fact("completed", at(6))])
    assert "next_rung_at" not in document

    document, more = play([fact("retracted", at(6), version=2, fact="completed")], document)

    assert last(outputs + more, "settled")["outcome"] == "open"
    assert "next_rung_at" in document


def test_the_same_message_twice_says_nothing_the_second_time() -> None:
    events = [received(), fact("supplement-requested", at(3)), fact("supplemented", at(4)), fact("completed", at(6))]
    document, outputs = play(events)

    again, repeated = play(events, document)

    assert outputs
    assert repeated == []
    assert again is document


def test_any_order_of_facts_ends_in_the_same_promise_and_outcome() -> None:
    events = [
        received(),
        fact("supplement-requested", at(3)),
        fact("supplemented", at(4)),
        fact("completed", at(10)),
        fact("completed", at(9), version=2),
    ]
    expected = _end(play(events)[0])

    for order in permutations(events):
        assert _end(play(order)[0]) == expected
    for _ in range(20):
        repeated = random.choices(events, k=8)
        assert _end(play([*repeated, *events])[0]) == expected


def _end(document: Document) -> tuple[Any, Any]:
    return document["deadline"]["due"], {k: v for k, v in document["settled"].items() if k != "v"}


def test_one_re_promise_is_kept_and_the_next_is_refused_by_its_rule() -> None:
    first = fact("reappointed", at(6), new_due_at=at(16))
    second = fact("reappointed", at(10), occasion="2", new_due_at=at(20))
    _, outputs = play([received(), first, second, fact("completed", at(13))])

    assert said(outputs) == ["set", "moved", "refused", "settled"]
    assert last(outputs, "moved")["due_at"] == at(16).isoformat()
    assert last(outputs, "refused")["code"] == "R16"
    settled = last(outputs, "settled")
    assert (settled["outcome"], settled["against_first"]) == ("early", "late")


def test_a_limit_that_cannot_be_counted_is_answered_not_dropped() -> None:
    """D8."""
    _, outputs = play([received(limit=(9000, "working_day"))])

    assert said(outputs) == ["refused"]
    assert "Không tính được" in last(outputs, "refused")["text"]


def test_a_printed_date_that_can_no_longer_be_counted_differs_from_nothing() -> None:
    document, _ = play([received(promised_at=at(10)), received(promised_at=at(10), limit=(9000, "working_day"), version=2)])

    assert document["deadline"]["due"] is None
    assert not {"differs", "open_due", "next_rung_at"} & document.keys()


def test_rungs_fire_once_each_in_order() -> None:
    """R13, D19."""
    document, _ = play([received(limit=(10, "working_day"))])  # due Mon 16 March 09:00
    fired = []
    moment = at(2)
    while moment < at(18):
        moment += timedelta(minutes=30)
        decision = on_timer(document, moment, moment, CONTEXT)
        document = decision.document
        fired += [(name, o.body["data"]["at"]) for name, o in zip(said(decision.outputs), decision.outputs, strict=True)]

    assert fired == [
        ("warned", at(10, "17:00").isoformat()),  # 24 open hours before, the earliest such instant
        ("apology-due", at(12).isoformat()),  # two working days before
        ("warned", at(13, "14:30").isoformat()),  # 4 open hours before
        ("overdue", at(16).isoformat()),
    ]
    assert "next_rung_at" not in document


def test_after_downtime_overtaken_warnings_are_marked_and_not_sent_late() -> None:
    document, _ = play([received(limit=(10, "working_day"))])

    decision = on_timer(document, at(20), at(20), CONTEXT)

    assert said(decision.outputs) == ["overdue"]
    assert set(decision.document["rungs"].values()) == {"superseded", "fired"}
    assert not on_timer(decision.document, at(25), at(25), CONTEXT).outputs


def test_a_late_warning_does_not_take_the_place_of_the_apology() -> None:
    document, _ = play([received(limit=(10, "working_day"))])

    decision = on_timer(document, at(16, "08:59"), at(16, "08:59"), CONTEXT)

    assert said(decision.outputs) == ["apology-due", "warned"]
    assert decision.outputs[0].body["data"]["sign_by"] == at(13).isoformat()


def test_a_same_day_dossier_has_only_overdue() -> None:
    """D19."""
    document, _ = play([received(limit=(1, "same_day"))])

    assert said(on_timer(document, at(2, "16:59"), at(2, "16:59"), CONTEXT).outputs) == []
    assert said(on_timer(document, at(2, "17:00"), at(2, "17:00"), CONTEXT).outputs) == ["overdue"]


def test_rungs_in_the_first_quarter_are_left_out() -> None:
    """D19."""
    document, _ = play([received(limit=(2, "working_day"))])  # due Wed 4 March: the apology would be at the start

    assert said(on_timer(document, at(4, "08:59"), at(4, "08:59"), CONTEXT).outputs) == ["warned"]


def test_a_settled_dossier_fires_nothing_even_if_a_timer_is_late() -> None:
    document, _ = play([received(), fact("completed", at(6))])

    assert not on_timer(document, at(30), at(30), CONTEXT).outputs


def test_a_paused_dossier_is_not_overdue() -> None:
    document, _ = play([received(), fact("supplement-requested", at(3))])

    assert not on_timer(document, at(30), at(30), CONTEXT).outputs


def test_a_corrected_completion_fires_no_second_effect() -> None:
    document, _ = play([received()])
    document = on_timer(document, at(20), at(20), CONTEXT).document
    document, _ = play([fact("completed", at(20)), fact("retracted", at(20), version=2, fact="completed")], document)

    assert not on_timer(document, at(30), at(30), CONTEXT).outputs


def test_a_statement_says_how_its_date_came_about_and_the_document_does_not_keep_it() -> None:
    document, outputs = play([received(), fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))])

    texts = [encode(output).decode() for output in outputs]
    assert "Hẹn trả kết quả: 09:00 thứ Hai 09/03/2026." in texts[0]
    assert "cộng thêm 2 giờ làm việc" in texts[2]
    assert "derivation" not in str(document)
    assert encode(outputs[0]) == encode(outputs[0])


def test_what_the_clock_has_overtaken_is_not_sent_late_even_if_the_log_is_known_only_to_an_earlier_moment() -> None:
    document, _ = play([received(limit=(10, "working_day"))])  # due Mon 16 March 09:00
    behind = on_timer(document, at(11, "16:00"), at(12, "10:00"), CONTEXT)  # 24h is reached, by the clock apology-due is too
    caught_up = on_timer(behind.document, at(12, "10:00"), at(12, "10:00"), CONTEXT)

    assert said(behind.outputs) == []
    assert behind.document["rungs"] == {"24h": "superseded"}
    assert said(caught_up.outputs) == ["apology-due"]


WEEK = 5 * 450  # open minutes of five working days, 07:30-11:30 and 13:30-17:00
ASKED, GIVEN = fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))


@pytest.mark.parametrize(
    ("events", "limit", "used"),
    [
        ([received(), fact("completed", at(5))], WEEK, 3 * 450),
        ([received(), fact("completed", at(9))], WEEK, WEEK),
        ([received(), fact("completed", at(10))], WEEK, WEEK + 450),
        ([received(promised_at=at(20)), fact("completed", at(5))], WEEK, 3 * 450),  # whatever date was printed
        ([received(), ASKED, GIVEN, fact("completed", at(5))], WEEK, 3 * 450 - 120),  # the citizen's time is not the office's
        ([received(), ASKED, fact("stopped", at(4))], WEEK, 450),  # still waiting when it ended
        ([received(), fact("reappointed", at(9), new_due_at=at(13)), fact("completed", at(12))], WEEK, 8 * 450),
        ([received(at(7, "10:00")), fact("completed", at(9, "07:30"))], WEEK, 0),  # a Saturday: the clock starts on Monday
    ],
)
def test_an_end_says_how_much_of_the_procedures_limit_was_used(events: list[Event], limit: int, used: int) -> None:
    data = last(play(events)[1], "settled")

    assert (data["limit_minutes"], data["used_minutes"]) == (limit, used)


@pytest.mark.parametrize(
    ("kinds", "state", "also"),
    [
        (("completed", "returned"), 9, []),
        (("completed", "withdrawn"), 9, [7]),
        (("returned", "stopped"), 10, [8]),
        (("withdrawn", "stopped"), 7, [8]),
        (("stopped",), 8, []),
    ],
)
def test_an_end_names_the_ends_that_contradict_it(kinds: tuple[str, ...], state: int, also: list[int]) -> None:
    events = [fact(kind, at(4 + number)) for number, kind in enumerate(kinds)]
    data = last(play([received(), *events])[1], "settled")

    assert (data["state"], data["also"]) == (state, also)


WAYS_TO_A_DATE = {
    "counted": [received()],
    "printed": [received(promised_at=at(10))],
    "paused": [received(), fact("supplement-requested", at(3))],
    "moved": [received(), fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))],
    "promised anew": [received(), fact("reappointed", at(5), new_due_at=at(16))],
}


@pytest.mark.parametrize("life", WAYS_TO_A_DATE)
def test_a_due_date_that_an_earlier_release_left_without_its_derivation_is_completed_when_it_goes_out(life: str) -> None:
    document, outputs = play(WAYS_TO_A_DATE[life])
    now = outputs[-1]
    standing = standing_of(load(document).facts)
    assert standing is not None
    data = {name: value for name, value in now.body["data"].items() if name not in ("derivation", "counted_from")}
    body = json.loads(json.dumps({**now.body, "data": {**data, "of": key_of(standing)}}))  # as it comes out of a store

    sent = reads_older(CONTEXT)(Output(now.topic, now.key, now.id, body))

    assert decode(sent, EVENT_TYPES) == decode(encode(now), EVENT_TYPES)
    assert json.loads(sent)["data"].keys() == now.body["data"].keys()


def test_what_this_release_says_goes_out_as_it_is() -> None:
    _, outputs = play([received(), fact("completed", at(4))])

    assert [reads_older(CONTEXT)(output) for output in outputs] == [encode(output) for output in outputs]

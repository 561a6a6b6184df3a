"""Messages of every kind and occasion through gateways, receipts, age and the decisions of people: what each round says."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.notices import Notice
from runtime.clock import epoch_ms
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.changes import By
from services.notifier.domain import RESULT, SURVEY, client_id
from services.notifier.domain.notice import RECEIVED, Accepted, Delivered, Failed, Queued, Skipped, Way, round_of
from services.notifier.domain.outcome import Answer, has_expired
from services.notifier.domain.receipts import on_receipts
from services.notifier.domain.worklist import known_after_all, send_again
from services.notifier.store import CODEC, lane_of, load
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import claim, claimed, context, desk, handle, recall, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play

BY, NOW = By("Nông Văn Thử", "u-1"), at(9, "10:00")
SECOND = "supplement-wanted/88121"
ASKED = fact("supplement-requested", at(6), occasion="88121")

EACH: dict[Notice, Sequence[Event]] = {
    "supplement-wanted": [PROMISED, contact(), fact("supplement-requested", at(6))],
    SECOND: [PROMISED, contact(), ASKED],
    "fee-due/7": [PROMISED, contact(), fact("fee-requested", at(6), occasion="7")],
    "refused": [PROMISED, contact(), fact("refused", at(6))],
    "stopped": [PROMISED, contact(), fact("stopped", at(6))],
    RESULT: [PROMISED, contact(), DONE],
}


def events(outputs: Sequence[Output]) -> list[Event]:
    return [decode(encode(output), EVENT_TYPES) for output in outputs]


def heard(document: Document, event: Event) -> Document:
    return handle(document, event, context(NOW)).document


def again(document: Document, name: Notice) -> Decision:
    ground = desk(NOW).ground()
    return CODEC.decide(document, lambda one: send_again(one, name, BY, ground), NOW)


# --- ids --------------------------------------------------------------------------------


def test_no_round_and_no_client_id_of_one_request_is_that_of_another() -> None:
    names = ("supplement-wanted", "supplement-wanted/2", "supplement-wanted/3", "supplement-wanted/2/2")
    rounds = [round_of(name, Way(round=count)) for name in names for count in (1, 2, 3)]
    ids = [client_id(DOSSIER, name, count) for name in names for count in (1, 2, 3)]

    assert len({*rounds}) == len(rounds)
    assert len({*ids}) == len(ids)


# --- each kind --------------------------------------------------------------------------


@pytest.mark.parametrize("name", EACH)
def test_a_message_of_any_kind_goes_out_again_is_read_back_from_the_log_and_reaches_its_reader(name: Notice) -> None:
    by = desk(NOW)
    document, outputs = play(EACH[name])
    life = events(outputs)
    document, first = claimed(document, by, name)
    for decision in (
        refused := settle_answer(document, name, Answer("refused", "400"), first, by),
        more := again(refused.document, name),
    ):
        life += events(decision.outputs)
    document, second = claimed(more.document, by, name)
    taken = settle_answer(document, name, Answer("taken"), second, by)
    life += events(taken.outputs)
    arrived = CODEC.decide(
        taken.document, lambda one: on_receipts(one, {second.client_id: "delivered"}, by.ground()), by.context.clock.now()
    )
    life += events(arrived.outputs)

    assert (first.client_id, second.client_id) == (client_id(DOSSIER, name), client_id(DOSSIER, name, 2))
    assert len({event.id for event in life}) == len(life) == 5
    rebuilt: Document = {"_id": DOSSIER, "rev": 0}
    for event in life:
        rebuilt = recall(rebuilt, event)
    assert load(rebuilt).messages == {name: Delivered(epoch_ms(NOW), Way(round=2, serial=2))}
    assert set(load(rebuilt).client_ids) == {first.client_id, second.client_id}
    assert all(recall(arrived.document, event) is arrived.document for event in life)


@pytest.mark.parametrize("name", EACH)
def test_what_is_no_news_any_more_or_known_after_all_is_said_of_any_kind(name: Notice) -> None:
    old = desk(at(6) + timedelta(days=13, hours=2))
    failed = claim(play(EACH[name])[0], name, old)
    assert failed.answer is None
    assert load(failed.document).messages == {name: Failed(epoch_ms(at(6)), kind="technical", reason="expired")}

    known = CODEC.decide(failed.document, lambda one: known_after_all(one, name, BY, 1, old.ground()), NOW)
    assert load(known.document).messages == {name: Accepted(epoch_ms(at(6)), Way(round=2, by=BY))}
    bodies = [output.body["data"] for output in (*failed.outputs, *known.outputs)]
    kind, _, occasion = name.partition("/")
    assert [(body["notice"], body.get("occasion", "1")) for body in bodies] == [(kind, occasion or "1")] * 2
    assert (bodies[0]["reason"], bodies[0]["kind"]) == ("expired", "technical")
    assert (bodies[1]["confirmed"], bodies[1]["round"]) == (True, 2)


def test_receptions_grow_old_sooner_and_with_invitations_wait_for_what_somebody_waits_for() -> None:
    message, names = Queued(epoch_ms(at(6)), epoch_ms(at(6))), {*EACH, SURVEY, RECEIVED}

    # An invitation outlives a new year's week, behind the two days for which it is not due.
    for days, old in ((9, set()), (10, {RECEIVED}), (12, {RECEIVED}), (13, names)):
        ground = desk(at(6) + timedelta(days=days)).ground()
        assert {name for name in names if has_expired(message, name, ground)} == old
    dossier = load(play(EACH[SECOND])[0])
    lanes = {name: lane_of(dossier._replace(messages={name: message}))[0] for name in (*EACH, SURVEY, RECEIVED)}
    assert {name for name, urgency in lanes.items() if urgency == "1"} == {SURVEY, RECEIVED}


# --- what a text says -------------------------------------------------------------------


def test_a_new_round_says_what_the_facts_say_then_and_a_second_try_what_the_first_said() -> None:
    by = desk(NOW)
    document, _ = play([received(contact_sequence=1, return_method="counter"), contact(), DONE])
    document, first = claimed(document, by)
    busy = settle_answer(document, RESULT, Answer("busy"), first, by).document
    fetched = heard(busy, fact("returned", at(6, "10:00")))
    later = desk(NOW + timedelta(minutes=5))
    document, second = claimed(fetched, later)
    refused = settle_answer(document, RESULT, Answer("refused", "400"), second, later).document
    _, third = claimed(again(refused, RESULT).document, later)

    assert second == first
    assert "da co ket qua" in first.text
    assert "da duoc tra ket qua" in third.text


def test_a_copy_of_before_a_round_does_not_say_what_the_round_before_said() -> None:
    by = desk(NOW)
    document, first = claimed(play([PROMISED, contact(), DONE])[0], by)
    refused = settle_answer(document, RESULT, Answer("refused", "400"), first, by)
    [queued] = events(again(refused.document, RESULT).outputs)

    assert load(refused.document).texts == {RESULT: first.text}
    assert load(recall(refused.document, queued)).texts == {}


# --- what is no longer so ---------------------------------------------------------------


def test_a_completion_taken_back_after_a_try_in_vain_leaves_nothing_of_its_message() -> None:
    by, back = desk(NOW), fact("retracted", at(7), version=2, fact="completed")
    document, sms = claimed(play([PROMISED, contact(), DONE])[0], by)
    busy = settle_answer(document, RESULT, Answer("busy"), sms, by).document
    dropped = claim(heard(busy, back), RESULT, desk(at(9, "11:00"))).document

    assert (load(dropped).messages, load(dropped).texts) == ({}, {})


def test_a_completion_taken_back_in_a_later_round_is_over_and_keeps_its_client_ids() -> None:
    by, back = desk(NOW), fact("retracted", at(7), version=2, fact="completed")
    document, sms = claimed(play([PROMISED, contact(), DONE])[0], by)
    refused = settle_answer(document, RESULT, Answer("refused", "400"), sms, by).document
    skipped = claim(heard(again(refused, RESULT).document, back), RESULT, by)

    assert load(skipped.document).messages == {RESULT: Skipped(epoch_ms(NOW), Way(round=2, serial=2, by=BY), "overtaken")}
    assert [output.body["data"]["reason"] for output in skipped.outputs] == ["overtaken"]


def test_what_is_both_old_and_no_longer_so_is_on_nobodys_list() -> None:
    document = play([*EACH[SECOND], fact("supplemented", at(7), occasion="88121")])[0]
    late = at(6) + timedelta(days=13, hours=2)

    assert isinstance(load(claim(document, SECOND, desk(late)).document).messages[SECOND], Skipped)
    parked = claim({**document, "incomplete": True}, SECOND, desk(at(7))).document
    assert isinstance(load(parked).messages[SECOND], Queued)  # what is held back may say that they did not come

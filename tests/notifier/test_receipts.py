"""Receipts out of order, twice, late, of earlier tries and of nobody's messages."""

from datetime import timedelta

import pytest

from contracts.facts import epoch_ms
from contracts.notices import FailKind, NoticeAccepted, NoticeDelivered, NoticeFailed
from services.changes import Once
from services.notifier.domain import APOLOGY, RESULT, Dossier, Ground, client_id
from services.notifier.domain.ground import Sending
from services.notifier.domain.notice import Accepted, Claimed, Delivered, Failed, Message, Queued, Skipped, Uncertain, Way
from services.notifier.domain.outcome import Answer, Outcome, Sms, Tried, settle_answer
from services.notifier.domain.receipts import Receipt, on_receipt, on_receipts
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE

GROUND = Ground(at(9), REFERENCE)
AT = epoch_ms(at(8))
SENDING = Sending(
    at(9),
    REFERENCE,
    lambda _: None,
    lambda _: None,
    timedelta(minutes=2),
    timedelta(days=1),
    "https://example.org",
    {"a": False},
)
FAILED = Failed(AT, kind="permanent", reason="undelivered")
STATES: tuple[Message, ...] = (
    Queued(AT, AT),
    Claimed(AT, AT),
    Accepted(AT),
    Delivered(AT),
    FAILED,
    Uncertain(AT),
    Skipped(AT),
)
# state -> what becomes of it by "delivered", and by "undelivered"; as the table of docs/gateways.md
BECOMES: dict[type[Message], tuple[type[Message], type[Message]]] = {
    Queued: (Delivered, Queued),
    Claimed: (Delivered, Failed),
    Accepted: (Delivered, Failed),
    Delivered: (Delivered, Delivered),
    Failed: (Delivered, Failed),
    Uncertain: (Delivered, Failed),
    Skipped: (Skipped, Skipped),
}


def dossier(message: Message) -> Dossier:
    return Dossier(DOSSIER)._replace(messages={RESULT: message})


@pytest.mark.parametrize("known", STATES, ids=lambda known: type(known).__name__)
def test_a_receipt_changes_what_it_can_still_change_and_twice_the_same_is_nothing_new(known: Message) -> None:
    receipts: tuple[Receipt, Receipt] = ("delivered", "undelivered")
    for receipt, kind in zip(receipts, BECOMES[type(known)], strict=True):
        once = on_receipt(dossier(known), RESULT, receipt, GROUND)
        twice = on_receipt(once.after, RESULT, receipt, GROUND)

        assert type(once.after.messages[RESULT]) is kind
        assert bool(once.said) is (kind is not type(known))
        assert twice.after is once.after
    assert on_receipt(dossier(known), APOLOGY, "delivered", GROUND).said == ()


@pytest.mark.parametrize("outcome", ["taken", "uncertain"])
def test_a_receipt_that_is_faster_than_the_answer_hides_nothing_of_what_was_taken(outcome: Outcome) -> None:
    claimed = dossier(Claimed(AT, AT, claim="one"))
    delivered = on_receipt(claimed, RESULT, "delivered", GROUND).after
    tried = {name: Tried(Sms("id", "+84912000007", "BRAND", "Moi"), Answer(outcome), name) for name in ("one", "two")}

    other = settle_answer(delivered, RESULT, tried["two"], SENDING)
    own = settle_answer(delivered, RESULT, tried["one"], SENDING)
    again = settle_answer(own.after, RESULT, tried["one"], SENDING)

    assert other.said == again.said == ()
    assert own.after.messages[RESULT] == Delivered(AT)
    said = NoticeAccepted(at=SENDING.now, notice=RESULT, channel="sms", parts=1)
    assert list(own.said) == ([Once(said, RESULT)] if outcome == "taken" else [])


@pytest.mark.parametrize("order", [("delivered", "undelivered"), ("undelivered", "delivered")])
def test_delivered_wins_in_whatever_order_receipts_come(order: tuple[Receipt, Receipt]) -> None:
    after = dossier(Accepted(AT))
    for receipt in order:
        after = on_receipt(after, RESULT, receipt, GROUND).after

    assert after.messages[RESULT] == Delivered(AT)


@pytest.mark.parametrize(
    ("receipt", "kind"), [("undelivered", "permanent"), ("expired", "temporary"), ("rejected", "technical")]
)
def test_a_message_that_did_not_arrive_says_of_which_kind_that_is(receipt: Receipt, kind: FailKind) -> None:
    changed = on_receipt(dossier(Accepted(AT)), RESULT, receipt, GROUND)

    assert changed.after.messages[RESULT] == Failed(AT, kind=kind, reason=receipt, next_at=GROUND.now_ms)
    said = NoticeFailed(at=GROUND.now, notice=RESULT, channel="sms", reason=receipt, kind=kind)
    assert changed.said == [Once(said, RESULT)]


def test_receipts_of_an_earlier_client_id_count_if_they_say_delivered() -> None:
    again = dossier(Queued(AT, AT, way=Way(round=2, serial=2)))
    late: dict[str, Receipt] = {client_id(DOSSIER, RESULT): "undelivered"}

    assert on_receipts(again, late, GROUND).after is again
    came = on_receipts(again, {client_id(DOSSIER, RESULT): "delivered"}, GROUND)
    assert came.after.messages[RESULT] == Delivered(AT, Way(round=2, serial=2))
    said = NoticeDelivered(at=GROUND.now, notice=RESULT, channel="sms", round=2)
    assert came.said == (Once(said, "2/result-ready"),)
    own = on_receipts(dossier(Claimed(AT, AT, way=Way(round=2, serial=2))), {client_id(DOSSIER, RESULT, 2): "expired"}, GROUND)
    assert isinstance(own.after.messages[RESULT], Failed)

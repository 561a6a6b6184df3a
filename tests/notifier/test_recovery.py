"""notifier brought back from the log: nobody is told twice, letters keep their numbers, nothing that is unknown is guessed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import EVENT_TYPES, Event, decode, effect_id
from contracts.deadlines import DeadlineOverdue, DeadlineRefused, DeadlineWarned
from contracts.feedback import FeedbackRated
from contracts.notices import Notice
from runtime.clock import SteppedClock, epoch_ms
from runtime.outputs import Decision
from runtime.store import Document
from services.notifier.domain import RESULT, SURVEY, next_window
from services.notifier.domain.outcome import Answer
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.signing import Approval
from services.notifier.handlers import Context
from services.notifier.recovery import FORGOTTEN, number_of
from services.notifier.store import recall_number
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.notifier import (
    REFERENCE,
    absorb,
    approve,
    claim,
    context,
    desk,
    forget,
    handle,
    issue,
    on_receipt,
    recall,
    reject,
    settle,
    settle_answer,
    view,
)
from tests.support.notifier_hears import DONE, DUE, NEAR, OVER, PROMISED, REFUSED, contact, promise, said, settled, sla

# What the log does not hold: who signed, what was shown, the note; texts; and when a claimed message was to be looked at again.
LOST, UNKNOWN = ("rev", "outbox", "texts"), ("by", "note", "previewed")
LATER = at(27, "09:00")
SIGNED = Approval("workload", "Hoàng Đức Giả Định", "ghi chú", new_due_at=at(11))


@dataclass
class Life:
    """One notifier on one dossier: what it was given per topic, what it said, what it knows."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(at(2, "08:00")))
    document: Document = field(default_factory=lambda: {"_id": DOSSIER, "rev": 0})
    inputs: dict[str, list[Event]] = field(default_factory=dict)
    own: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = Context(REFERENCE, self.clock)

    def take(self, decision: Decision) -> "Life":
        self.document = decision.document
        self.own += [decode(encode(output), EVENT_TYPES) for output in decision.outputs]
        return self

    def now(self, moment: datetime) -> "Life":
        if moment > self.clock.now():
            self.clock.set(moment)
        return self

    def hear(self, *events: Event) -> "Life":
        for event in events:
            topic = "contacts" if "contact" in event.type else event.source
            self.inputs.setdefault(topic, []).append(event)
            self.now(event.time).take(handle(self.document, event, self.context))
        return self

    def send(self, name: Notice = RESULT, outcome: Any = "taken", *, delivered: bool | None = None) -> "Life":
        self.now(datetime.fromtimestamp(self.document["notices"][name]["next"] / 1000, at(2).tzinfo))
        own = desk(self.clock.now())
        claimed = claim(self.document, name, own)
        self.take(claimed)
        if claimed.answer is not None and outcome:
            self.take(settle_answer(self.document, name, Answer(outcome, "x"), claimed.answer, own))
        if delivered is not None:
            self.take(on_receipt(self.document, name, "delivered" if delivered else "undelivered", self.context))
        return self

    def sign(self, when: datetime = at(6), approval: Approval = SIGNED) -> "Life":  # noqa: B008 - constants
        return self.now(when).take(approve(self.document, approval, self.context))

    def issue(self, number: int = 1) -> "Life":
        return self.take(issue(self.document, number, 2026, self.context))

    def refused(self) -> Event:
        ask = self.document["letter"]["ask"]
        return sla(DeadlineRefused, at(6, "10:00"), correlation=ask, **REFUSED)

    def rebuilt(
        self, inputs: Sequence[Event], start: Document | None = None, now: datetime = LATER, *, deduplicates: bool = False
    ) -> Decision:
        document: Document = dict(start or {"_id": DOSSIER, "rev": 0})
        for event in self.own:
            document = recall(document, event)
        for event in inputs:
            document = absorb(document, event)
        decision = settle(document, Context(REFERENCE, SteppedClock(now)), deduplicates=deduplicates)
        ids = {event.id for event in self.own}
        return Decision(decision.document, [output for output in decision.outputs if output.id not in ids])


def interleavings(topics: Sequence[Sequence[Event]]) -> Iterator[list[Event]]:
    """Orders in which the topics can be read: each keeps its own."""
    topics = [topic for topic in topics if topic]
    if not topics:
        yield []
    for number, topic in enumerate(topics):
        others = [*topics[:number], topic[1:], *topics[number + 1 :]]
        yield from ([topic[0], *rest] for rest in interleavings(others))


def bare(document: Document) -> Document:
    """A document without what the log does not hold."""
    letter = {name: value for name, value in document.get("letter", {}).items() if name not in UNKNOWN}
    history = [{name: value for name, value in step.items() if name != "by"} for step in document.get("history", ())]
    kept = {name: value for name, value in document.items() if name not in LOST}
    return {**kept, **({"letter": letter} if letter else {}), **({"history": history} if history else {})}


CONTACT = contact()
WANTED = fact("supplement-requested", at(4))


def told() -> Life:
    return Life().hear(PROMISED, CONTACT, promise(1, DUE), DONE).send()


def drafted() -> Life:
    return Life().hear(PROMISED, CONTACT, promise(1, DUE), NEAR)


def granted() -> Life:
    return drafted().sign().hear(promise(2, at(11), "reappointed"))


def overdue_again() -> Life:
    again = sla(DeadlineOverdue, at(11), unit="H37.12", due_at=at(11), tier=2)
    done, ended = fact("completed", at(12, "09:30")), settled(1, "late", at(12, "09:30"))
    return granted().issue().send("apology").hear(again, done, ended).send()


INVITED = sla(EVENT_TYPES["vn.dunghen.feedback.invited.v1"], at(6), form="x", key_epoch=1, sealed="AAAA")

LIVES: dict[str, Callable[[], Life]] = {
    "received": lambda: Life().hear(PROMISED, CONTACT),
    "told": told,
    "delivered": lambda: Life().hear(PROMISED, CONTACT, DONE).send(delivered=True),
    "not delivered": lambda: Life().hear(PROMISED, CONTACT, DONE).send(delivered=False),
    "refused by the gateway": lambda: Life().hear(PROMISED, CONTACT, DONE).send(outcome="refused"),
    "uncertain": lambda: Life().hear(PROMISED, CONTACT, DONE).send(outcome="uncertain"),
    "told, completion corrected": lambda: told().hear(fact("completed", at(6, "08:00"), version=2)),
    "told of a request for papers": lambda: (
        Life().hear(PROMISED, CONTACT, WANTED).send("supplement-wanted", delivered=True).hear(fact("supplemented", at(5)))
    ),
    "told of each request": lambda: (
        Life()
        .hear(PROMISED, CONTACT, WANTED)
        .send("supplement-wanted")
        .hear(fact("supplemented", at(5)), fact("supplement-requested", at(5, "10:00"), occasion="88121"))
        .send("supplement-wanted/88121")
    ),
    "papers that came before their message": lambda: (
        Life().hear(PROMISED, CONTACT, WANTED, fact("supplemented", at(4))).send("supplement-wanted", outcome=None)
    ),
    "told of its refusal": lambda: Life().hear(PROMISED, CONTACT, fact("refused", at(4))).send("refused"),
    "drafted": drafted,
    "withdrawn": lambda: drafted().hear(settled(1, "on_time", at(6))),
    "withdrawn, then open again": lambda: drafted().hear(settled(1, "on_time", at(6)), settled(2, "open", at(6, "11:00"))),
    "late without a warning": lambda: Life().hear(PROMISED, CONTACT, promise(1, DUE), settled(1, "late", at(10))),
    "rejected": lambda: drafted().take_rejection("force-majeure"),  # type: ignore[attr-defined]
    "rejected as in time, then overdue": lambda: drafted().take_rejection("in-time").hear(OVER),  # type: ignore[attr-defined]
    "overdue and rejected as in time": lambda: Life().hear(PROMISED, CONTACT, promise(1, DUE), OVER).take_rejection("in-time"),  # type: ignore[attr-defined]
    "sent with a new date": lambda: granted().issue().send("apology"),
    "sent, overdue again, completed late": overdue_again,
    "sent after the end": lambda: (
        Life()
        .hear(PROMISED, CONTACT, promise(1, DUE), settled(1, "late", at(10)))
        .sign(at(11), Approval("workload", "Hoàng Đức Giả Định"))
        .issue()
        .send("apology")
    ),
    "asked and refused": lambda: refused(drafted().sign()),
    "asked, refused, signed without a date, sent": lambda: (
        refused(drafted().sign()).sign(at(7), Approval("workload", "Hoàng Đức Giả Định")).issue().send("apology")
    ),
}


def refused(life: Life) -> Life:
    return life.hear(life.refused())


def _reject(self: Life, reason: Any) -> Life:
    return self.now(at(6)).take(reject(self.document, reason, "Hoàng Đức Giả Định", self.context))


Life.take_rejection = _reject  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", LIVES)
def test_a_rebuilt_document_equals_the_old_one_whatever_order_the_topics_are_read_in(name: str) -> None:
    life = LIVES[name]()
    for inputs in interleavings(list(life.inputs.values())):
        decision = life.rebuilt(inputs)

        assert bare(decision.document) == bare(life.document)
        assert not decision.outputs


@pytest.mark.parametrize("name", LIVES)
def test_what_was_said_is_known_to_a_store_that_lost_nothing(name: str) -> None:
    life = LIVES[name]()

    assert all(recall(life.document, event) is life.document for event in life.own)


@pytest.mark.parametrize("name", LIVES)
def test_a_copy_from_any_moment_comes_up_to_what_was_said_since(name: str) -> None:
    life = LIVES[name]()
    for document in copies(name):
        decision = life.rebuilt([event for topic in life.inputs.values() for event in topic], start=document)

        assert bare(decision.document) == bare(life.document)
        assert not decision.outputs


def copies(name: str) -> list[Document]:
    """The document after each of its saves."""
    found: list[Document] = []
    original = Life.take

    def take(self: Life, decision: Decision) -> Life:
        found.append(decision.document)
        return original(self, decision)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Life, "take", take)
        LIVES[name]()
    return found


def test_a_message_that_was_queued_when_its_time_had_come_is_uncertain_and_never_sent_by_itself() -> None:
    life = Life().hear(PROMISED, contact(), DONE)

    decision = life.rebuilt([PROMISED, contact(), DONE])

    assert decision.document["notices"][RESULT]["s"] == "uncertain"
    assert decision.document["held"] == 1
    assert "next_send_at" not in decision.document
    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.notice.uncertain.v1"]
    receipt = on_receipt(decision.document, RESULT, "delivered", life.context)
    assert receipt.document["notices"][RESULT]["s"] == "delivered"


def test_a_message_whose_time_is_still_to_come_waits_for_it() -> None:
    done = fact("completed", at(6, "22:30"))
    life = Life().hear(PROMISED, contact(), done)
    night = at(6, "23:00")

    decision = life.rebuilt([PROMISED, contact(), done], now=night)

    assert decision.document["notices"][RESULT]["next"] == epoch_ms(next_window(night))
    assert not decision.outputs


def test_a_message_whose_time_has_come_by_the_clock_of_the_instance_that_sent_it_is_uncertain() -> None:
    """An instance that was minutes ahead queued and sent it; who reads the log back thinks that its time is to come."""
    life = Life().hear(PROMISED, contact(), DONE)

    decision = life.rebuilt([PROMISED, contact(), DONE], now=DONE.time - timedelta(minutes=7))

    assert decision.document["notices"][RESULT]["s"] == "uncertain"


def test_a_gateway_that_drops_repetitions_gets_the_message_again_under_its_client_id() -> None:
    life = Life().hear(PROMISED, contact(), DONE)

    decision = life.rebuilt([PROMISED, contact(), DONE], deduplicates=True)

    assert decision.document["notices"][RESULT]["s"] == "queued"
    assert decision.document["next_send_at"] == epoch_ms(LATER)
    assert not decision.outputs


def test_a_message_whose_contact_never_came_cannot_have_been_sent_and_goes_on_waiting() -> None:
    life = Life().hear(PROMISED, DONE)

    decision = life.rebuilt([PROMISED, DONE])

    assert decision.document["notices"][RESULT]["s"] == "queued"
    assert not decision.outputs


def test_a_message_claimed_in_a_restored_copy_is_uncertain() -> None:
    life = Life().hear(PROMISED, contact(), DONE).send(outcome="")

    decision = life.rebuilt([], start=life.document)

    assert decision.document["notices"][RESULT]["s"] == "uncertain"


def test_a_result_that_nobody_was_told_of_is_told_after_recovery() -> None:
    decision = Life().rebuilt([PROMISED, contact(), DONE], now=at(6, "10:00"))

    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.notice.queued.v1"]


def test_a_request_of_long_ago_that_nobody_was_told_of_is_no_news_after_recovery() -> None:
    inputs = [PROMISED, CONTACT, WANTED]
    decision = Life().rebuilt(inputs)

    assert said(decision.outputs) == ["skipped too-old"]
    assert said(Life().rebuilt(inputs, now=at(5)).outputs) == ["queued"]


def test_a_result_taken_back_in_the_queue_is_uncertain_after_recovery() -> None:
    back = fact("retracted", at(6), version=2, fact="completed")
    life = Life().hear(PROMISED, CONTACT, DONE, back).send(outcome=None)

    assert "notices" not in life.document
    assert said(life.rebuilt([PROMISED, CONTACT, DONE, back]).outputs) == ["uncertain"]


def test_an_invitation_of_which_nothing_was_said_waits_its_two_days() -> None:
    decision = told().rebuilt([PROMISED, contact(), DONE, INVITED], now=at(6, "10:00"))

    assert decision.document["notices"][SURVEY]["next"] == epoch_ms(next_window(at(8, "09:00")))


def test_a_signed_letter_that_was_not_sent_goes_back_to_the_desk_with_a_remark() -> None:
    life = drafted().sign()
    decision = life.rebuilt([PROMISED, contact(), promise(1, DUE), NEAR], now=at(6, "10:00"))

    letter = decision.document["letter"]
    assert (letter["s"], letter["n"]) == ("drafted", 2)
    assert "duyệt và ký lại" in view(decision.document, life.context).remark
    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.letter.drafted.v1"]


def test_a_date_that_was_granted_already_is_signed_again_without_asking_again() -> None:
    life = granted()
    document = life.rebuilt([PROMISED, contact(), promise(1, DUE), promise(2, at(11), "reappointed"), NEAR]).document
    context = Context(REFERENCE, SteppedClock(at(6, "11:00")))

    assert view(document, context).new_due_at == at(11)
    assert view(document, context).needs_date is False
    with pytest.raises(NotAllowedError, match="new_due_at"):
        approve(document, Approval("workload", "Hoàng Đức Giả Định", new_due_at=at(12)), context)
    for date in (None, at(11)):
        decision = approve(document, Approval("workload", "Hoàng Đức Giả Định", new_due_at=date), context)
        assert decision.document["letter"]["s"] == "issuing"
        assert "new_due_at" not in decision.outputs[0].body["data"]
        sent = issue(decision.document, 1, 2026, context)
        assert sent.outputs[0].body["data"]["new_due_at"] == at(11).isoformat()


def test_a_signed_letter_whose_refusal_was_not_taken_in_comes_back_with_the_rule() -> None:
    life = drafted().sign()
    inputs = [PROMISED, contact(), promise(1, DUE), NEAR, life.refused()]

    for start in (None, life.document):
        decision = life.rebuilt(inputs, start=start)

        assert decision.document["letter"]["refusal"] == [REFUSED["rule"], REFUSED["text"], REFUSED["code"]]
        assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.letter.drafted.v1"]


def test_a_signed_letter_of_a_restored_copy_whose_date_was_granted_is_issued() -> None:
    life = drafted().sign()

    decision = life.rebuilt([promise(2, at(11), "reappointed")], start=life.document)

    assert decision.document["letter"]["s"] == "issuing"
    assert decision.document["letter"]["by"] == SIGNED.by


def test_a_rung_that_nobody_took_in_drafts_its_letter_after_recovery_and_once() -> None:
    life = Life().hear(PROMISED, contact(), promise(1, DUE))

    decision = life.rebuilt([PROMISED, contact(), promise(1, DUE), NEAR, OVER], now=at(10))

    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.letter.drafted.v1"]


def test_a_rung_that_is_heard_again_makes_no_second_draft() -> None:
    for name in ("rejected as in time, then overdue", "overdue and rejected as in time"):
        life = LIVES[name]()
        document = life.document

        assert handle(document, OVER, life.context).document is document


def test_numbers_come_back_into_the_register() -> None:
    life = granted().issue(7)
    (sent,) = [event for event in life.own if event.type == "vn.dunghen.letter.sent.v1"]
    others = [event for event in life.own if event is not sent]

    entry = recall_number({"_id": number_of(sent), "rev": 0}, sent)

    assert entry == {"_id": "H37.12/2026/7", "rev": 0, "series": "H37.12/2026", "number": 7, "year": 2026, "dossier": DOSSIER}
    assert recall_number(entry, sent) is entry
    assert {number_of(event) for event in others} == {""}


def test_a_rejection_is_read_back_without_its_signer() -> None:
    life = LIVES["rejected"]()
    document = life.rebuilt([PROMISED, contact(), promise(1, DUE), NEAR]).document

    assert document["letter"]["by"] == FORGOTTEN


def test_a_forgotten_contact_is_gone_from_the_letter_too_and_an_older_one_does_not_come_back() -> None:
    life = granted().issue().hear(DONE)
    document = forget(life.document, life.context).document

    assert "sealed" not in str(document)
    assert handle(document, contact(), life.context).document is document
    assert forget(document, life.context).document is document
    again = handle(document, contact(2), life.context).document
    assert again["contact"]["seq"] == 2


def test_messages_that_waited_for_a_forgotten_contact_are_skipped_at_their_turn() -> None:
    life = Life().hear(PROMISED, contact(), DONE)
    document = forget(life.document, life.context).document

    decision = claim(document, RESULT, desk(at(6, "09:30")))

    assert decision.document["notices"][RESULT]["s"] == "skipped"
    assert decision.outputs[0].body["data"]["reason"] == "contact-missing"
    assert decision.outputs[0].id == effect_id("notifier", DOSSIER, "notice.skipped", RESULT)


@pytest.mark.parametrize("take", [lambda document, event: handle(document, event, context(at(6))).document, absorb])
def test_what_is_none_of_a_citizens_business_leaves_a_dossier_as_it_is(take: Callable[[Document, Event], Document]) -> None:
    """A warning to staff and a rating are no facts of a dossier: neither heard nor read back are they kept."""
    document = handle({"_id": DOSSIER, "rev": 0}, PROMISED, context(at(2))).document
    rated = FeedbackRated(at=at(6), unit="H37.12", form="x", scores={})
    for event in (
        sla(DeadlineWarned, at(5), rung="24h", due_at=DUE),
        Event("a", "/feedback", FeedbackRated.TYPE, DOSSIER, at(6), rated),
    ):
        assert take(document, event) is document

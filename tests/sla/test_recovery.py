"""sla brought back from the log: whatever order the topics are read in, nothing is decided anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.notices import LetterApproved
from dunghen import PROVINCE
from reference import OFFICE_TIME, CalendarChange, load_reference
from runtime.clock import SteppedClock
from runtime.outputs import Decision
from runtime.store import Document
from services.sla.handlers import Context
from services.sla.recovery import FORGOTTEN_SIGNER, recovery
from services.sla.settings import SlaSettings
from services.sla.store import JOURNAL
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.sla import absorb, handle, on_calendar, on_timer, recall, recall_change, settle

BARE = ("rev", "outbox")  # what a rebuilt document need not share with the old one


def ask(new_due: datetime, when: datetime, draft: int = 1) -> Event:
    data = LetterApproved(at=when, unit="H37.12", draft=draft, reason="workload", new_due_at=new_due)
    return Event(f"00000000-0000-5000-8000-00000000000{draft}", "/notifier", LetterApproved.TYPE, DOSSIER, when, data)


@dataclass
class Life:
    """One sla on one dossier: what it was given per topic, what it said, what it knows."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(datetime(2026, 3, 2, 7, tzinfo=OFFICE_TIME)))
    document: Document = field(default_factory=lambda: {"_id": DOSSIER, "rev": 0})
    dossiers: list[Event] = field(default_factory=list)
    notices: list[Event] = field(default_factory=list)
    own: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = Context.of(load_reference(PROVINCE), SlaSettings(reference_dir=PROVINCE), self.clock)

    def take(self, decision: Decision) -> None:
        self.document = {**decision.document, "rev": self.document["rev"] + 1}
        self.own += [decode(encode(output), EVENT_TYPES) for output in decision.outputs]

    def hear(self, *events: Event) -> "Life":
        for event in events:
            (self.notices if event.source == "/notifier" else self.dossiers).append(event)
            if event.time > self.clock.now():
                self.clock.set(event.time)
            self.take(handle(self.document, event, self.context))
        return self

    def until(self, *moments: datetime) -> "Life":
        for moment in moments:
            self.clock.set(moment)
            self.take(on_timer(self.document, moment, moment, self.context))
        return self

    def change(self, day: datetime, *, number: int = 1, kind: Any = "off") -> "Life":
        change = CalendarChange(number, self.clock.now(), ((day.date(), kind),), "Nghỉ bù", "TB 1/2026", None, None)
        self.context.reference.change_calendar(change)
        if "counted_with" in self.document:
            self.take(on_calendar(self.document, self.context))
        return self

    def rebuilt(self, inputs: Sequence[Event], start: Document | None = None, own: Sequence[Event] | None = None) -> Decision:
        """The document made anew: what was said, then the inputs in an order, then settled as the runtime does it."""
        document: Document = dict(start or {"_id": DOSSIER, "rev": 0})
        said = self.own if own is None else own
        for event in said:
            document = recall(document, event)
        for event in inputs:
            document = absorb(document, event)
        decision = settle(document, self.context)
        ids = {event.id for event in said}
        return Decision(decision.document, [output for output in decision.outputs if output.id not in ids])

    def compare(self) -> None:
        for inputs in interleavings(self.dossiers, self.notices):
            decision = self.rebuilt(inputs)
            assert bare(decision.document) == bare(self.document)
            assert not decision.outputs


def bare(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in BARE}


def interleavings(one: Sequence[Event], other: Sequence[Event]) -> Iterator[list[Event]]:
    """All orders in which two topics can be read: each keeps its own."""
    if not one or not other:
        yield [*one, *other]
        return
    yield from ([one[0], *rest] for rest in interleavings(one[1:], other))
    yield from ([other[0], *rest] for rest in interleavings(one, other[1:]))


def overdue() -> Life:
    return Life().hear(received()).until(at(5), at(6), at(9, "10:00"))


LIVES: dict[str, Callable[[], Life]] = {
    "received": lambda: Life().hear(received()),
    "printed date": lambda: Life().hear(received(promised_at=at(10))),
    "warned": lambda: Life().hear(received()).until(at(5), at(6)),
    "overdue": overdue,
    "overtaken warnings": lambda: Life().hear(received()).until(at(9, "10:00")),
    "granted": lambda: overdue().hear(ask(at(11), at(9, "11:00"))).until(at(10, "16:00"), at(11, "10:00")),
    "granted, completed before the new date": lambda: overdue().hear(ask(at(11), at(9, "11:00")), fact("completed", at(10))),
    "granted, completed after the new date": lambda: (
        overdue().hear(ask(at(11), at(9, "11:00"))).until(at(11, "10:00")).hear(fact("completed", at(12)))
    ),
    "refused because it had ended": lambda: overdue().hear(fact("completed", at(9, "10:30")), ask(at(11), at(9, "11:00"))),
    "granted and refused": lambda: overdue().hear(ask(at(11), at(9, "11:00")), ask(at(12), at(10), 2)),
    "granted, completed, another ask": lambda: overdue().hear(
        ask(at(11), at(9, "11:00")), fact("completed", at(10)), ask(at(12), at(10, "11:00"), 2)
    ),
    "paused": lambda: Life().hear(received(), fact("supplement-requested", at(3))),
    "paused and resumed": lambda: Life().hear(received(), fact("supplement-requested", at(3)), fact("supplemented", at(4))),
    "asked while paused": lambda: Life().hear(
        received(), fact("supplement-requested", at(3)), ask(at(11), at(3, "10:00")), fact("supplemented", at(4))
    ),
    "corrected completion": lambda: Life().hear(
        received(), fact("completed", at(10)), fact("completed", at(6), version=2), fact("returned", at(11))
    ),
    "completion taken back": lambda: Life().hear(
        received(), fact("completed", at(5)), fact("retracted", at(5), version=2, fact="completed")
    ),
    "corrected reception": lambda: (
        overdue().hear(replace(received(at(3), version=2), time=at(9, "11:00"))).until(at(10, "10:00"))
    ),
    "refused after all": lambda: Life().hear(received(), fact("refused", at(3))),
    "withdrawn": lambda: Life().hear(received(), fact("withdrawn", at(4))),
    "the sender's own new date": lambda: Life().hear(received(), fact("reappointed", at(4), new_due_at=at(10))),
    "two new dates of the sender": lambda: Life().hear(
        received(),
        fact("reappointed", at(4), new_due_at=at(10)),
        fact("reappointed", at(5), occasion="2", new_due_at=at(11)),
    ),
    "nothing to count from": lambda: Life().hear(received(limit=(4000, "working_day"))),
    "a day off moves the date": lambda: Life().hear(received()).change(at(6)),
    "a day off beside a printed date": lambda: Life().hear(received(promised_at=at(10))).change(at(6)),
    "two days off": lambda: Life().hear(received()).change(at(6)).change(at(9), number=2).until(at(13)),
    "a day off before the completion": lambda: Life().hear(received()).change(at(6)).hear(fact("completed", at(10))),
    "a day off after the completion": lambda: Life().hear(received(), fact("completed", at(10))).change(at(6)),
    "a day off, then a new date": lambda: overdue().change(at(10)).hear(ask(at(11), at(9, "11:00"))),
    "steps": lambda: Life().hear(received(), fact("progressed", at(3), step="Thẩm định", step_due_at=at(4))).until(at(5)),
    "an ask of an unknown dossier": lambda: Life().hear(ask(at(11), at(9))),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_rebuilt_document_equals_the_old_one_whatever_order_the_topics_are_read_in(name: str) -> None:
    LIVES[name]().compare()


@pytest.mark.parametrize("name", LIVES)
def test_what_was_said_is_known_to_a_store_that_lost_nothing(name: str) -> None:
    life = LIVES[name]()

    for event in life.own:
        assert recall(life.document, event) is life.document


@pytest.mark.parametrize("name", LIVES)
def test_a_copy_from_any_moment_comes_up_to_what_was_said_since(name: str) -> None:
    life = LIVES[name]()

    for document, dossiers, notices in copies(name):
        rest = [*life.dossiers[dossiers:], *life.notices[notices:]]
        decision = life.rebuilt(rest, start=document, own=life.own)
        assert bare(on_calendar(decision.document, life.context).document) == bare(life.document)
        assert not decision.outputs


def copies(name: str) -> list[tuple[Document, int, int]]:
    """The document after each of its saves, with how much of each topic was in it then."""
    found: list[tuple[Document, int, int]] = []
    original = Life.take

    def take(self: Life, decision: Decision) -> None:
        original(self, decision)
        found.append((self.document, len(self.dossiers), len(self.notices)))

    patch = pytest.MonkeyPatch()
    patch.setattr(Life, "take", take)
    try:
        LIVES[name]()
    finally:
        patch.undo()
    return found


def test_an_ask_that_was_never_answered_is_answered_once_all_facts_are_known() -> None:
    life = overdue()
    asked = ask(at(11), at(9, "11:00"))

    decision = life.rebuilt([asked, *life.dossiers])

    assert decision.document["asks"] == {asked.id: "granted"}
    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.deadline.moved.v1"]


def test_a_fact_that_nobody_had_handled_is_stated_after_recovery() -> None:
    life = overdue()

    decision = life.rebuilt([*life.dossiers, fact("completed", at(9, "11:00"))])

    assert [output.body["type"] for output in decision.outputs] == ["vn.dunghen.deadline.settled.v1"]
    assert "open_due" not in decision.document


def test_a_promise_stands_as_it_was_said_although_the_settings_read_otherwise_by_now() -> None:
    life = overdue().hear(fact("completed", at(10)))
    other = SlaSettings(reference_dir=PROVINCE, due_time="closing", early_by="time")
    life.context = Context.of(life.context.reference, other, life.clock)

    decision = life.rebuilt(life.dossiers)

    assert not decision.outputs
    assert decision.document["deadline"]["due"] == life.document["deadline"]["due"]


def test_statements_of_an_older_release_are_taken_by_the_end_they_name() -> None:
    life = overdue().hear(ask(at(11), at(9, "11:00")), fact("completed", at(10)))
    for number, event in enumerate(life.own):
        data = event.data.model_copy(update=dict.fromkeys({"counted_from", "calendar"} & type(event.data).model_fields.keys()))
        life.own[number] = Event(
            event.id, event.source, event.type, event.subject, event.time, data, event.sequence, event.correlation
        )

    decision = life.rebuilt([*life.notices, *life.dossiers])

    assert bare(decision.document) == bare(life.document)
    assert not decision.outputs


def test_while_it_recovers_a_document_is_in_no_list_and_has_no_timer() -> None:
    life = overdue()
    document = recall(life.document, life.own[0])
    for event in [*life.own, *life.dossiers]:
        document = recall(absorb({"_id": DOSSIER, "rev": 0}, life.dossiers[0]), event)

    assert not {"next_rung_at", "open_due"} & document.keys()


def test_changes_of_the_calendar_come_back_into_the_journal_without_their_signer() -> None:
    body = {"at": at(3), "number": 7, "days": [{"day": "2026-03-06", "kind": "off"}], "name": "Nghỉ bù", "source": "TB 1/2026"}
    data = EVENT_TYPES["vn.dunghen.calendar.changed.v1"].model_validate(body)
    event = Event("x", "/sla", "vn.dunghen.calendar.changed.v1", "calendar", at(3), data)
    (own,) = [r for r in recovery(Life().context).recalls if r.collection == JOURNAL]

    entry = recall_change({"_id": own.id_of(event), "rev": 0}, event)

    assert (entry["_id"], entry["number"], entry["signer"]) == ("000007", 7, FORGOTTEN_SIGNER)
    assert recall_change(entry, event) is entry

"""sla on one dossier: what it was given, said and knows; and the lives that tests play, store and bring back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from contracts import EVENT_TYPES, Event, decode
from contracts.notices import LetterApproved
from dunghen import PROVINCE
from reference import OFFICE_TIME, CalendarChange
from runtime.clock import SteppedClock
from runtime.outputs import Decision
from runtime.store import Document
from services.sla.handlers import Context
from services.sla.settings import SlaSettings
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at, fact, received, submitted
from tests.support.sla import REFERENCE, absorb, handle, on_calendar, on_timer, recall, settle

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
    last_year: int = REFERENCE.calendar.last_year  # of the calendar

    def __post_init__(self) -> None:
        # of its own: a life changes its calendar
        reference = replace(REFERENCE, calendar=replace(REFERENCE.calendar, last_year=self.last_year))
        self.context = Context.of(reference, SlaSettings(reference_dir=PROVINCE), self.clock)

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
        if {"counted_with", "accept_by"} & self.document.keys():
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


PAPERS = [
    fact(kind, at(day), occasion=occasion)
    for occasion, days in (("1", (3, 4)), ("2", (4, 5)))
    for kind, day in zip(("supplement-requested", "supplemented"), days, strict=True)
]


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
    "submitted": lambda: Life().hear(submitted()),
    "submitted, nobody answers": lambda: Life().hear(submitted()).until(at(3, "09:29"), at(3, "09:30"), at(4)),
    "submitted, accepted in time, completed": lambda: Life().hear(submitted(), received(at(3)), fact("completed", at(6))),
    "submitted, accepted late": lambda: Life().hear(submitted()).until(at(3, "11:00")).hear(received(at(4))),
    "accepted, its submission told late": lambda: Life().hear(received(at(4)), replace(submitted(), time=at(4, "10:00"))),
    "submitted and refused": lambda: Life().hear(submitted(), fact("refused", at(2, "10:00"))),
    "submitted, refused, submitted again, accepted": lambda: Life().hear(
        submitted(),
        fact("refused", at(2, "10:00")),
        fact("retracted", at(2, "10:00"), version=2, fact="refused"),
        submitted(at(3), version=2),
        received(at(3, "10:00")),
    ),
    "submitted, sent back for papers twice, accepted": lambda: Life().hear(submitted(), *PAPERS, received(at(6))),
    "submitted and withdrawn late": lambda: Life().hear(submitted()).until(at(4)).hear(fact("withdrawn", at(4))),
    "a submission taken back": lambda: Life().hear(submitted(), fact("retracted", at(2), version=2, fact="submitted")),
    "submitted before a day off that is entered later": lambda: (
        Life().hear(submitted(at(2, "15:00"))).change(at(3)).until(at(4))
    ),
    "submitted where no calendar reaches": lambda: Life(last_year=2026).hear(
        submitted(datetime(2026, 12, 31, 15, tzinfo=OFFICE_TIME))
    ),
    "an ask of an unknown dossier": lambda: Life().hear(ask(at(11), at(9))),
}


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

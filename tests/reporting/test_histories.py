"""Random histories of fifty dossiers: whatever the order, the repetition, the batches, the crashes, the cells are the audit's.

`DUNGHEN_HISTORIES=1000 ./dev test tests/reporting` runs a thousand of them, and two hundred through the real flush.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import EVENT_TYPES, Event, decode, encode, fact_id
from contracts.dossiers import Retracted
from contracts.envelope import EventData
from contracts.feedback import FeedbackRated
from contracts.notices import LetterRejected, LetterSent
from dunghen.audit import audit
from runtime.clock import epoch_ms
from runtime.store import Document
from services.speaking import encode as on_the_wire
from tests.support.dossiers import MODELS, at
from tests.support.reporting import counts_of, handle
from tests.support.sla import handle as handle_in_sla

HISTORIES = int(os.environ.get("DUNGHEN_HISTORIES", "60"))
DOSSIERS = 50
UNITS = ("H37.12", "H37.13", "H37.07")
PROCEDURES = (
    ("1.000894", 5, "working_day"),
    ("2.000815", 1, "same_day"),
    ("2.000488", 10, "calendar_day"),
    ("1.012788", 10, "working_day"),
)
NOW = at(28)


class Life:
    """The facts of one dossier, corrections, retractions, a letter and a rating among them."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.code = f"{rng.choice(UNITS)}-260302-{number:04}"
        self.start = at(2) + timedelta(minutes=rng.randrange(20 * 1440))
        self.versions: Counter[tuple[str, str]] = Counter()

    def events(self) -> Iterator[Event]:
        """All of them; the order does not matter."""
        yield from self.receptions()
        yield from self.pauses()
        for kind, share in (("completed", 0.7), ("returned", 0.5), ("withdrawn", 0.05), ("stopped", 0.05), ("refused", 0.03)):
            if self.rng.random() < share:
                yield from self.end(kind)
        if self.rng.random() < 0.1:
            yield self.fact("reappointed", self.later(), new_due_at=self.later() + timedelta(days=5))
        yield from self.people()

    def receptions(self) -> Iterator[Event]:
        """Mostly one; sometimes corrected, sometimes none."""
        if self.rng.random() < 0.97:
            yield self.reception(self.start)
        if self.rng.random() < 0.15:
            yield self.reception(self.start + timedelta(minutes=self.rng.randrange(-3000, 3000)))

    def reception(self, when: datetime) -> Event:
        """One report of the reception."""
        procedure, value, unit = self.rng.choice(PROCEDURES)
        terms = {"procedure_version": "1", "limit": {"value": value, "unit": unit}, "pause_on_fee": self.rng.random() < 0.5}
        more: dict[str, Any] = {"receiving_unit": self.rng.choice(UNITS), "competent_unit": self.rng.choice(UNITS)}
        if self.rng.random() < 0.3:
            more["promised_at"] = when + timedelta(days=self.rng.randrange(1, 12))
        return self.fact("received", when, procedure=procedure, channel=self.rng.choice((1, 2, 3)), terms=terms, **more)

    def pauses(self) -> Iterator[Event]:
        """Supplements, some never answered, and fees."""
        for occasion in map(str, range(self.rng.choice((0, 0, 0, 1, 2)))):
            yield self.fact("supplement-requested", self.later(), occasion)
            if self.rng.random() < 0.8:
                yield self.fact("supplemented", self.later(), occasion)
        if self.rng.random() < 0.2:
            yield self.fact("fee-requested", self.later())
            yield self.fact("fee-paid", self.later())

    def end(self, kind: str) -> Iterator[Event]:
        """An end; sometimes corrected, taken back, said again."""
        yield self.fact(kind, self.later())
        if self.rng.random() < 0.15:
            yield self.fact(kind, self.later())
        if self.rng.random() < 0.1:
            yield self.fact("retracted", self.later(), of=kind)
            if self.rng.random() < 0.5:
                yield self.fact(kind, self.later())

    def people(self) -> Iterator[Event]:
        """A letter, a rating."""
        if self.rng.random() < 0.2:
            when = self.later()
            sent = {"at": when, "unit": "H37.12", "draft": 1, "number": self.number + 1, "year": 2026}
            yield self.event("letter", "/notifier", when, LetterSent.model_validate(sent))
        for draft in range(1, self.rng.choice((1, 1, 1, 2, 3))):
            when, why = self.later(), self.rng.choice(("in-time", "force-majeure", "secrecy"))
            rejected = {"at": when, "unit": "H37.12", "draft": draft, "reason": why}
            yield self.event(f"rejected/{draft}", "/notifier", when, LetterRejected.model_validate(rejected))
        if self.rng.random() < 0.2:
            when, scores = self.later(), {f"q{n}": self.rng.choice((100, 75, 50, 25, 0, None)) for n in range(4)}
            rated = {"at": when, "unit": "H37.12", "form": "tthc", "scores": scores}
            yield self.event("rated", "/feedback", when, FeedbackRated.model_validate(rated))

    def later(self) -> datetime:
        """Some time after the reception, or a little before it."""
        return self.start + timedelta(minutes=self.rng.randrange(-600, 14 * 1440))

    def fact(self, kind: str, when: datetime, occasion: str = "1", of: str = "", **more: Any) -> Event:
        """The next version of a fact."""
        self.versions[of or kind, occasion] += 1
        version = self.versions[of or kind, occasion]
        model = Retracted if of else MODELS[kind]
        raw = {"at": when, "occasion": occasion, "version": version, **more, **({"fact": of} if of else {})}
        return self.event(f"{of or kind}/{occasion}", "/intake", when, model.model_validate(raw), version)

    def event(self, what: str, source: str, when: datetime, data: EventData, version: int = 1) -> Event:
        """An event of this dossier."""
        return Event(fact_id(self.code, what, "1", version), source, data.TYPE, self.code, when, data)


def stated(events: list[Event]) -> list[tuple[str, bytes]]:
    """What sla says to the facts in this order, as records."""
    documents: dict[str, Document] = {}
    said = []
    for event in events:
        if event.source == "/intake":
            decision = handle_in_sla(documents.get(event.subject, {"_id": event.subject, "rev": 0}), event)
            documents[event.subject] = decision.document
            said += [("deadlines.v1", on_the_wire(output)) for output in decision.outputs]
    return said


TOPICS = {"/intake": "dossiers.v1", "/notifier": "notices.v1", "/feedback": "feedback.v1"}


@given(st.integers(0, 2**32))
@settings(max_examples=HISTORIES, deadline=None, database=None)
def test_a_random_history_counts_as_the_audit_counts_it(seed: int) -> None:
    rng = random.Random(seed)
    events = [event for number in range(DOSSIERS) for event in Life(rng, number).events()]
    rng.shuffle(events)
    log = [(TOPICS[event.source], encode(event)) for event in events] + stated(events)

    rows: dict[str, Document] = {}
    for batch in batches(rng, log):
        before = dict(rows)
        for attempt in range(rng.choice((1, 1, 1, 2))):  # a crash before the commit: the batch comes again, saved or not
            if attempt and rng.random() < 0.5:
                rows = dict(before)
            for _, value in batch:
                event = decode(value, EVENT_TYPES)
                row = rows.get(event.subject, {"_id": event.subject, "rev": 0})
                rows[event.subject] = handle(row, event)

    audited = audit(log, NOW)
    assert cells(rows) == {key: (epoch_ms(audited.as_of[key]), own) for key, own in nonzero(audited.counted).items()}


def batches(rng: random.Random, log: list[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """The log in any order of its topics, in pieces, some of them twice."""
    log = rng.sample(log, len(log))
    while log:
        size = rng.randrange(1, 120)
        piece, log = log[:size], log[size:]
        yield piece
        if rng.random() < 0.2:
            yield rng.sample(piece, len(piece))


def nonzero(counted: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {key: {name: number for name, number in own.items() if number} for key, own in counted.items()}


def cells(rows: dict[str, Document]) -> dict[str, tuple[int, dict[str, int]]]:
    """The cells of all rows as of the end: newest record time (ms), and counters without what is 0."""
    as_of: dict[str, int] = {}
    sums: dict[str, Counter[str]] = {}
    for row in rows.values():
        found = counts_of(row, epoch_ms(NOW))
        for key, add in found.by_key().items() if found is not None else ():
            as_of[key] = max(as_of.get(key, 0), add.as_of)
            sums.setdefault(key, Counter()).update(add.counters)
    return {key: (as_of[key], own) for key, counters in sums.items() if (own := dict(+counters))}

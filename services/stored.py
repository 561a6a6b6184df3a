"""Between documents and objects: a service's codec loads one from the other, and decisions about objects become decisions
about documents, which the runtime saves and says.

A codec is the only part of a service that knows how a document is written. What it does not know of a document (what the
runtime keeps there, what a newer release wrote beside) stays as it is.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from contracts import Event
from runtime.clock import Clock
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.changes import Answering, Because, Changed, Once, Said
from services.speaking import say, say_once

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")
Heard = TypeVar("Heard")


@dataclass(frozen=True, slots=True)
class Codec(Generic[Thing]):
    """How one kind of object is kept. `fields`: what belongs to it in a document; what `dump` leaves out is removed.
    `subject`: what is said is about this; "": about what the document is called."""

    load: Callable[[Document], Thing]
    dump: Callable[[Thing], Mapping[str, Any]]
    fields: Collection[str]
    subject: str = ""

    def written(self, thing: Thing, document: Document) -> Document:
        """The document with the object in place of the one it held."""
        kept = {name: value for name, value in document.items() if name not in self.fields}
        return {**kept, **self.dump(thing)}

    def decision(
        self,
        document: Document,
        before: Thing,
        changed: Changed[Thing] | Answering[Thing, Answer],
        now: datetime,
        cause: str = "",
    ) -> Decision:
        """What a decision about the object `before`, which the document holds, means for the document.

        `cause`: the id of the fact at the beginning of the chain that ends in what is said.
        """
        after = document if changed.after is before else self.written(changed.after, document)
        answer = changed.answer if isinstance(changed, Answering) else None
        return Decision(after, outputs_of(changed.said, self.subject or str(document["_id"]), now, cause), answer)

    def handling(
        self, rule: Callable[[Thing, Event], Changed[Thing]], clock: Clock, cause: Callable[[Event], str] = lambda _: ""
    ) -> Callable[[Document, Event], Decision]:
        """A rule for events, as the loop wants it. `cause`: of what is said because of an event."""

        def handle(document: Document, event: Event) -> Decision:
            before = self.load(document)
            return self.decision(document, before, rule(before, event), clock.now(), cause(event))

        return handle

    def firing(
        self, rule: Callable[[Thing, datetime, datetime], Changed[Thing]], clock: Clock
    ) -> Callable[[Document, datetime, datetime], Decision]:
        """A rule for timers: with the moment up to which the log is known, and the moment it is now."""

        def fire(document: Document, until: datetime, now: datetime) -> Decision:
            before = self.load(document)
            return self.decision(document, before, rule(before, until, now), clock.now())

        return fire

    def settling(self, rule: Callable[[Thing], Changed[Thing]], clock: Clock) -> Callable[[Document], Decision]:
        """A rule that no event starts, as recovery and jobs want it."""

        def settle(document: Document) -> Decision:
            before = self.load(document)
            return self.decision(document, before, rule(before), clock.now())

        return settle

    def folding(self, fold: Callable[[Thing, Heard], Thing]) -> Callable[[Document, Heard], Document]:
        """What takes an event in and decides nothing."""

        def folded(document: Document, event: Heard) -> Document:
            before = self.load(document)
            after = fold(before, event)
            return document if after is before else self.written(after, document)

        return folded

    def asking(self, rule: Callable[[Thing], Answering[Thing, Answer]], clock: Clock) -> Callable[[Document], Decision]:
        """A rule with an answer for whoever asked."""

        def decide(document: Document) -> Decision:
            before = self.load(document)
            return self.decision(document, before, rule(before), clock.now())

        return decide

    async def ask(
        self, intents: Intents, ids: Iterable[str], rule: Callable[[Thing], Answering[Thing, Answer]], clock: Clock
    ) -> Mapping[str, Answer]:
        """Change objects on our own account; returns what the rule answered for each.

        Raises Unavailable, Invalid, and what the rule raises.
        """
        return cast("Mapping[str, Answer]", await intents.apply(ids, self.asking(rule, clock)))


def newer(what: str, state: str) -> Unavailable:
    """A document in a state that this release does not know was written by a newer one beside it: whoever meets it waits until
    this process is replaced too, and nothing of it is called a fault."""
    return Unavailable(f"this release knows no {what} in the state {state}: a newer one runs beside and wrote the document")


def outputs_of(said: Sequence[Said], subject: str, now: datetime, cause: str = "") -> list[Output]:
    """What a decision says about a subject, as it goes out."""
    return [_output(one, subject, now, cause) for one in said]


def _output(said: Said, subject: str, now: datetime, cause: str) -> Output:
    one, of, sequence = (said.said, said.cause, said.sequence) if isinstance(said, Because) else (said, cause, None)
    if isinstance(one, Once):
        return say_once(one.event, one.occasion, subject, now, cause=of)
    return say(one, subject, now, cause=of, sequence=sequence)

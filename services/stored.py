"""Between documents and objects: a service's codec loads one from the other, and decisions about objects become decisions
about documents, which the runtime saves and says.

A codec is the only part of a service that knows how a document is written. What it does not know of a document (what the
runtime keeps there, what a newer release wrote beside) stays as it is, and so does what a decision leaves as it was.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from operator import is_
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


LAYOUT = "layout"  # of a document: the version of how it is written
OF_STORES = frozenset({"_id", "rev", "by", "outbox"})  # `by`: which save of MongoDB's adapter wrote a document


@dataclass(frozen=True, slots=True)
class Kept(Generic[Thing]):
    """One field of a document: what of the object is kept there, and how. None is left out, and so is what `dump`
    makes None of.

    `of` gives back what the object has, not a copy: what is the same as before is left as it lies. `inside`, `inside_each`:
    the names that this release knows within, or within each entry; what a newer one wrote there beside them stays.
    """

    name: str
    of: Callable[[Thing], Any]
    dump: Callable[[Any], Any] = lambda value: value
    inside: Collection[str] = ()
    inside_each: Collection[str] = ()

    def put(self, value: object, document: Document) -> None:
        """Write it anew."""
        written, old = None if value is None else self.dump(value), document.get(self.name)
        if written is None:
            document.pop(self.name, None)
        elif self.inside and old:
            document[self.name] = _over(old, written, self.inside)
        elif self.inside_each and old:
            document[self.name] = {name: _over(old.get(name, {}), entry, self.inside_each) for name, entry in written.items()}
        else:
            document[self.name] = written


def _over(old: Mapping[str, Any], written: Mapping[str, Any], known: Collection[str]) -> Mapping[str, Any]:
    return {**{name: kept for name, kept in old.items() if name not in known}, **written}


@dataclass(frozen=True, slots=True)
class Derived(Generic[Thing]):
    """Fields that follow from several parts of an object. None is left out. `of`: the parts; where they are the same as before,
    so are the fields."""

    names: Sequence[str]
    dump: Callable[[Thing], Mapping[str, Any]]
    of: Callable[[Thing], tuple[object, ...]] = lambda thing: (thing,)

    def changed(self, after: Thing, before: Thing) -> bool:
        """Whether what they follow from is another."""
        return not all(map(is_, self.of(after), self.of(before)))

    def put(self, thing: Thing, document: Document) -> None:
        """Write them anew."""
        found = self.dump(thing)
        for name in self.names:
            value = found.get(name)
            if value is not None:
                document[name] = value
            elif name in document:
                del document[name]


@dataclass(frozen=True, slots=True)
class Codec(Generic[Thing]):
    """How one kind of object is kept. `layout`: the version of its documents, raised when an older release would misread
    them; of an absent one it is 1. `subject`: what is said is about this; "": about what the document is called."""

    load: Callable[[Document], Thing]
    kept: Sequence[Kept[Thing]]
    derived: Derived[Thing] | None = None
    layout: int = 1
    subject: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a field that stores keep for themselves: MongoDB's adapter would write over it."""
        names = {part.name for part in self.kept} | set(() if self.derived is None else self.derived.names)
        if taken := names & OF_STORES:
            raise ValueError(f"fields of the store itself: {', '.join(sorted(taken))}")

    @classmethod
    def whole(
        cls,
        load: Callable[[Document], Thing],
        dump: Callable[[Thing], Mapping[str, Any]],
        names: Sequence[str],
        *,
        subject: str = "",
    ) -> "Codec[Thing]":
        """Of a small object: all of its fields are written at each change."""
        return cls(load, (), Derived(names, dump), subject=subject)

    def read(self, document: Document) -> Thing:
        """The object of a document. Raises Unavailable for a document of a newer release."""
        if document.get(LAYOUT, 1) > self.layout:
            raise newer("document", f"{LAYOUT} {document[LAYOUT]}")
        return self.load(document)

    def readable(self, documents: Iterable[Document]) -> Iterator[tuple[Document, Thing]]:
        """Those of a page that this release can read, with their objects; the others are for the newer one beside it."""
        for document in documents:
            with suppress(Unavailable):
                yield document, self.read(document)

    def read_all(self, documents: Iterable[Document]) -> list[Thing]:
        """The objects of a page that this release can read."""
        return [thing for _, thing in self.readable(documents)]

    def written(self, after: Thing, document: Document, before: Thing | None = None) -> Document:
        """The document with an object in place of the one it held: what differs from `before`, everything without it."""
        written = dict(document)
        for kept in self.kept:
            value = kept.of(after)
            if before is None or value is not kept.of(before):
                kept.put(value, written)
        derived = self.derived
        if derived is not None and (before is None or derived.changed(after, before)):
            derived.put(after, written)
        if self.layout > 1:
            written[LAYOUT] = self.layout
        return written

    def decide(
        self,
        document: Document,
        rule: Callable[[Thing], Changed[Thing] | Answering[Thing, Answer]],
        now: datetime,
        cause: str = "",
    ) -> Decision:
        """What a rule decides about the object of a document, as a decision about the document.

        `cause`: the id of the fact at the beginning of the chain that ends in what is said. Raises what the rule raises.
        """
        before = self.read(document)
        changed = rule(before)
        after = document if changed.after is before else self.written(changed.after, document, before)
        answer = changed.answer if isinstance(changed, Answering) else None
        said = outputs_of(changed.said, self.subject or str(document["_id"]), now, cause) if changed.said else ()
        return Decision(after, said, answer)

    # --- a rule as the runtime calls it ------------------------------------------------------------------------------------

    def handling(
        self,
        rule: Callable[[Thing, Event], Changed[Thing]],
        clock: Clock,
        cause: Callable[[Event], str] = lambda _: "",
        heeds: Callable[[Event], bool] = lambda _: True,
    ) -> Callable[[Document, Event], Decision]:
        """A rule for events, for the loop. `cause`: of what is said because of an event. `heeds`: whether an event can tell it
        anything; if not, no document is read."""

        def handle(document: Document, event: Event) -> Decision:
            if not heeds(event):
                return Decision(document)
            return self.decide(document, lambda thing: rule(thing, event), clock.now(), cause(event))

        return handle

    def firing(
        self, rule: Callable[[Thing, datetime, datetime], Changed[Thing]], clock: Clock
    ) -> Callable[[Document, datetime, datetime], Decision]:
        """A rule for timers: with the moment up to which the log is known, and the moment it is now."""

        def fire(document: Document, until: datetime, now: datetime) -> Decision:
            return self.decide(document, lambda thing: rule(thing, until, now), clock.now())

        return fire

    def settling(
        self, rule: Callable[[Thing], Changed[Thing] | Answering[Thing, Answer]], clock: Clock
    ) -> Callable[[Document], Decision]:
        """A rule that no event starts, for recovery and jobs."""

        def settle(document: Document) -> Decision:
            return self.decide(document, rule, clock.now())

        return settle

    def folding(self, fold: Callable[[Thing, Heard], Thing]) -> Callable[[Document, Heard], Document]:
        """What takes an event in and decides nothing."""

        def folded(document: Document, event: Heard) -> Document:
            before = self.read(document)
            after = fold(before, event)
            return document if after is before else self.written(after, document, before)

        return folded

    async def change(self, intents: Intents, ids: Iterable[str], rule: Callable[[Thing], Changed[Thing]], clock: Clock) -> None:
        """Change objects on our own account. Raises Unavailable, Invalid, and what the rule raises."""
        await intents.apply(ids, self.settling(rule, clock))

    async def ask(
        self,
        intents: Intents,
        ids: Iterable[str],
        rule: Callable[[Thing], Answering[Thing, Answer]],
        clock: Clock,
        *,
        sure_only: bool = False,
    ) -> Mapping[str, Answer]:
        """The same; returns what the rule answered for each. `sure_only`: none for an object that may know more than
        the log, or less; it is left as it is."""
        answers = await intents.apply(ids, self.settling(rule, clock), sure_only=sure_only)
        return cast("Mapping[str, Answer]", answers)


class NewerDocumentError(Unavailable):
    """A newer release wrote this one document; the store is there, and so are its others."""


def newer(what: str, state: str) -> NewerDocumentError:
    """A document in a state that this release does not know was written by a newer one beside it: whoever meets it waits until
    this process is replaced too, and nothing of it is called a fault."""
    return NewerDocumentError(
        f"this release knows no {what} in the state {state}: a newer one runs beside and wrote the document"
    )


def outputs_of(said: Sequence[Said], subject: str, now: datetime, cause: str = "") -> list[Output]:
    """What a decision says about a subject, as it goes out."""
    return [_output(one, subject, now, cause) for one in said]


def _output(said: Said, subject: str, now: datetime, cause: str) -> Output:
    one, of, sequence = (said.said, said.cause, said.sequence) if isinstance(said, Because) else (said, cause, None)
    if isinstance(one, Once):
        return say_once(one.event, one.occasion, subject, now, cause=of)
    return say(one, subject, now, cause=of, sequence=sequence)

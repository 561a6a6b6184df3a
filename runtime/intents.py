"""What no record starts (timers, HTTP): one intent, save, publish, delete the intent; a sweeper repeats.

An intent names the documents of ONE save and stands in the store before that save is sent. A client's time-out says nothing
about its write: a save may land long after everybody gave it up. So an intent is forgotten only when each of its documents
either shows what it decided, or was *fenced*: saved unchanged, so that its revision moved and a save that is still on its way
can never land. (docs/decisions/0018-late-writes.md)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runtime.batch import open_intents_of, unsure_of
from runtime.clock import epoch_ms
from runtime.log import Wire
from runtime.outputs import (
    NOTHING_COMMITTED,
    Cause,
    Decision,
    Encoder,
    drop_published,
    encoded,
    new_document,
    record_outputs,
    recorded_outputs,
)
from runtime.parts import INTENTS, Parts
from runtime.store import Document, Index, Range, Where
from runtime.store.port import Scalar

Decide = Callable[[Document], Decision]


@dataclass(frozen=True, slots=True)
class Intent:
    """Documents that were saved together and say something that has to be published: `wires`, in their order."""

    id: str
    ids: tuple[str, ...]
    wires: tuple[Wire, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a change has saved: the intents to deliver, and what the decisions answered, by document."""

    intents: tuple[Intent, ...]
    answers: Mapping[str, Any]


class Intents:
    """Changes documents on our own account, and publishes what they say."""

    def __init__(self, parts: Parts, collection: str, encode: Encoder) -> None:
        self.parts, self._collection, self._encode = parts, collection, encode
        self._in_hand: set[str] = set()  # intents that this process is saving or delivering itself

    async def declare(self) -> None:
        """Make the collections this needs."""
        await self.parts.store.declare(INTENTS, [Index("at")])

    async def change(
        self, ids: Iterable[str], decide: Decide, found: Mapping[str, Document] | None = None, *, sure_only: bool = False
    ) -> Saved:
        """Decide and save documents.

        After this returns, what was decided cannot be lost any more. `decide` runs again for a document whose revision moved.
        `found`: the documents, if the caller has just read them. `sure_only`: a document that may know more than the log, or
        less, is left alone and has no answer (see `unsure_of`). Raises Unavailable, and Invalid for what cannot be saved.
        """
        waiting, intents, answers = list(dict.fromkeys(ids)), list[Intent](), dict[str, Any]()
        while waiting:
            documents = found or await self.parts.store.get_many(self._collection, waiting)
            found = None
            open_intents = await open_intents_of(self.parts, documents.values())
            if sure_only:
                unsure = await unsure_of(self.parts, documents.values(), open_intents)
                waiting = [document_id for document_id in waiting if document_id not in unsure]
                for document_id in unsure:  # what was decided before its revision moved was never saved
                    answers.pop(document_id, None)
            identity, changed, speaking = self.parts.machine.new_id(), list[Document](), dict[str, list[Wire]]()
            for document_id in waiting:
                before = documents.get(document_id) or new_document(document_id)
                decision = decide(before)
                answers[document_id] = decision.answer
                if decision.document is before:
                    continue
                wires = encoded(decision.outputs, self._encode)  # what the log never takes is refused before it is promised
                drop_published(decision.document, NOTHING_COMMITTED, open_intents)
                record_outputs(decision.document, Cause(identity, intent=identity), decision.outputs)
                if wires:
                    speaking[document_id] = wires
                changed.append(decision.document)
            lost = await self._save(identity, tuple(speaking), changed)
            kept = tuple(document_id for document_id in speaking if document_id not in lost)
            if speaking:
                intents.append(Intent(identity, kept, tuple(wire for document_id in kept for wire in speaking[document_id])))
            waiting = [document_id for document_id in waiting if document_id in lost]
        if intents:
            self.parts.crash.passed("after-save")
        return Saved(tuple(intents), answers)

    async def _save(self, identity: str, ids: tuple[str, ...], changed: Sequence[Document]) -> set[str]:
        """Save under a new intent, if any of these say anything; returns the documents whose revision had moved."""
        if not ids:
            return await self._save_changed(changed)
        at = epoch_ms(self.parts.machine.wall())
        with self._keeping(identity):
            entry = {"_id": identity, "at": at, "of": self._collection, "ids": list(ids)}
            await self.parts.store.insert_unique(INTENTS, entry)
            self.parts.crash.passed("after-intent")
            return await self._save_changed(changed)

    @contextmanager
    def _keeping(self, identity: str) -> Iterator[None]:
        """While this process itself works on an intent, its sweeper leaves it alone."""
        self._in_hand.add(identity)
        try:
            yield
        finally:
            self._in_hand.discard(identity)

    async def _save_changed(self, changed: Sequence[Document]) -> set[str]:
        lost = await self.parts.store.save_many(self._collection, changed) if changed else set()
        if lost:
            self.parts.telemetry.count("save_conflicts", len(lost))
        return lost

    async def apply(
        self, ids: Iterable[str], decide: Decide, found: Mapping[str, Document] | None = None, *, sure_only: bool = False
    ) -> Mapping[str, Any]:
        """Change documents and publish what they say; returns the answers of the decisions, by document.

        Arguments as of `change`. Raises Unavailable; what was saved by then the sweeper publishes.
        """
        saved = await self.change(ids, decide, found, sure_only=sure_only)
        for intent in saved.intents:
            await self.deliver(intent)
        return saved.answers

    async def deliver(self, intent: Intent) -> None:
        """Publish what an intent says whose save was acknowledged, then forget it. Raises Unavailable and keeps it."""
        with self._keeping(intent.id):
            await self._publish(intent.id, intent.wires)

    async def _publish(self, identity: str, wires: Sequence[Wire]) -> None:
        await self.parts.topics.publish(wires)
        self.parts.crash.passed("after-publish")
        await self.parts.store.delete_many(INTENTS, [identity])

    async def sweep(self) -> None:
        """Publish again for intents older than the setting: their process died, or a part did not answer."""
        until = epoch_ms(self.parts.machine.wall()) - round(self.parts.settings.intent_age_seconds * 1000)
        where: Where = {"at": Range(high=until), "of": self._collection}
        after: tuple[Scalar, str] | None = None
        while old := await self.parts.store.find(INTENTS, where, order="at", limit=50, after=after):
            after = (old[-1]["at"], old[-1]["_id"])
            for entry in old:
                if entry["_id"] not in self._in_hand:
                    showing = await self._fenced(entry["_id"], entry["ids"])
                    outputs = [output for document in showing for output in recorded_outputs(document, intent=entry["_id"])]
                    await self._publish(entry["_id"], encoded(outputs, self._encode))

    async def _fenced(self, identity: str, ids: Iterable[str]) -> list[Document]:
        """The documents that show the intent; all others can never show it any more."""
        showing, waiting = list[Document](), set(ids)
        while waiting:
            documents = await self.parts.store.get_many(self._collection, waiting)
            shown = {key: document for key, document in documents.items() if _shows(document, identity)}
            showing += shown.values()
            fences = [documents.get(key) or new_document(key) for key in sorted(waiting - shown.keys())]
            waiting = await self._save_changed(fences)
        return showing


def _shows(document: Document, identity: str) -> bool:
    return any(entry.get("i") == identity for entry in document.get("outbox", ()))

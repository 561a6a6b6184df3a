"""What no record starts (timers, HTTP): one intent for the batch, save, publish, delete the intent; a sweeper repeats.

There are no per-document marks: the outputs stay with their documents, the intent only names them and their collection.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping

from runtime.batch import open_intents_of
from runtime.clock import machine_ms
from runtime.store import Document, Index, Range
from runtime.kafka import Wire
from runtime.outputs import (
    Cause,
    Decision,
    Encoder,
    Output,
    Progress,
    drop_published,
    new_document,
    record_outputs,
    recorded_outputs,
)
from runtime.parts import INTENTS, Parts

Decide = Callable[[Document], Decision]
NOTHING_COMMITTED = Progress()


class Intents:
    """Changes documents on our own account, and publishes what they say."""

    def __init__(self, parts: Parts, collection: str, encode: Encoder) -> None:
        self.parts, self._collection, self._encode = parts, collection, encode

    async def declare(self) -> None:
        """Make the collections this needs."""
        await self.parts.store.declare(INTENTS, [Index("at")])

    async def change(self, ids: Iterable[str], decide: Decide, found: Mapping[str, Document] | None = None) -> str | None:
        """Decide and save documents under one new intent; returns its id, or None if nothing changed.

        After this returns, what was decided cannot be lost any more. `decide` runs again for a document whose revision moved.
        `found`: the documents, if the caller has just read them.
        """
        waiting = list(dict.fromkeys(ids))
        intent: str | None = None
        while waiting:
            documents = found or await self.parts.store.get_many(self._collection, waiting)
            found = None
            open_intents = await open_intents_of(self.parts, documents.values())
            changed, speaks = [], False
            new = intent or str(uuid.uuid4())
            for document_id in waiting:
                before = documents.get(document_id) or new_document(document_id)
                decision = decide(before)
                if decision.document is before:
                    continue
                drop_published(decision.document, NOTHING_COMMITTED, open_intents)
                record_outputs(decision.document, Cause(new, intent=new), decision.outputs)
                speaks = speaks or bool(decision.outputs)
                changed.append(decision.document)
            if speaks and intent is None:
                intent = new
                entry = {"_id": intent, "at": machine_ms(), "of": self._collection, "ids": waiting}
                await self.parts.store.insert_unique(INTENTS, entry)
                self.parts.crash.passed("after-intent")
            lost = await self.parts.store.save_many(self._collection, changed) if changed else set()
            if lost:
                self.parts.telemetry.count("save_conflicts", len(lost))
            waiting = [document_id for document_id in waiting if document_id in lost]
        if intent is not None:
            self.parts.crash.passed("after-save")
        return intent

    async def apply(self, ids: Iterable[str], decide: Decide, found: Mapping[str, Document] | None = None) -> None:
        """Change documents and publish what they say. Raises Unavailable; what was saved by then the sweeper publishes."""
        wanted = list(ids)
        intent = await self.change(wanted, decide, found)
        if intent is not None:
            await self.deliver(intent, wanted)

    async def deliver(self, intent: str, ids: Iterable[str]) -> None:
        """Publish what the documents hold for an intent, then forget the intent. Raises Unavailable and keeps it."""
        documents = await self.parts.store.get_many(self._collection, ids)
        outputs = [output for document in documents.values() for output in recorded_outputs(document, intent=intent)]
        await self.parts.publisher.publish(self._wire(output) for output in outputs)
        self.parts.crash.passed("after-publish")
        await self.parts.store.delete_many(INTENTS, [intent])

    def _wire(self, output: Output) -> Wire:
        return Wire(output.topic, output.key, self._encode(output))

    async def sweep(self) -> None:
        """Publish again for intents older than the setting: their process died, or Kafka did not answer."""
        until = machine_ms() - round(self.parts.settings.intent_age_seconds * 1000)
        while True:
            old = await self.parts.store.find(INTENTS, {"at": Range(high=until), "of": self._collection}, order="at", limit=50)
            for intent in old:
                await self.deliver(intent["_id"], intent["ids"])
            if len(old) < 50:
                return

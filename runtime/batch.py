"""One batch of records up to its save: decode each alone, load their documents, decide, save with revision check."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic

from runtime.deadletters import document_of, is_lifted, kind_of, mark_incomplete
from runtime.errors import Invalid, Unavailable
from runtime.log import Lease, Partition, Record, Wire
from runtime.outputs import (
    UNSETTLED,
    Cause,
    Committed,
    Decision,
    EventT,
    Rules,
    drop_published,
    encoded,
    is_published,
    new_document,
    record_outputs,
    recorded_outputs,
)
from runtime.parts import INTENTS, Parts
from runtime.settings import version_of
from runtime.store import Document

LARGEST_LETTER = 900_000  # bytes; the headers of a dead letter come on top of what the log took
LONGEST_REASON = 2000  # characters: a record with ten thousand faults must not make a letter that nothing takes


@dataclass(slots=True)
class Item(Generic[EventT]):
    """A record on its way: decoded, or refused with a reason. Without either it is a tombstone."""

    record: Record
    event: EventT | None = None
    reason: str = ""

    @property
    def partition(self) -> Partition:
        """Where it stands."""
        return Partition(self.record.topic, self.record.partition)

    @property
    def time(self) -> datetime:
        """Append time, or the time its writer recorded, if that is earlier: a stepped clock runs behind Kafka's."""
        appended = datetime.fromtimestamp(self.record.timestamp / 1000, UTC)
        return min(appended, self.event.time) if self.event is not None else appended


@dataclass(slots=True)
class Saved(Generic[EventT]):
    """A batch that is in the store: its items, and what has to be published before they may be committed."""

    items: list[Item[EventT]]
    wires: list[Wire] = field(default_factory=list)

    @property
    def failed(self) -> list[Item[EventT]]:
        """The items that go to the dead letters."""
        return [item for item in self.items if item.reason]


class Batches(Generic[EventT]):
    """Decides and saves batches of one service."""

    def __init__(self, parts: Parts, rules: Rules[EventT]) -> None:
        self._parts, self._rules = parts, rules

    async def save(self, lease: Lease, records: Sequence[Record]) -> Saved[EventT]:
        """Decode, decide and save; returns the items, and everything to publish in order. Raises Unavailable."""
        committed = {str(partition): offset for partition, offset in lease.committed.items()}
        saved = Saved([self._decode(record) for record in records])
        try:
            saved.wires = await self._save(saved.items, committed)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - found out record by record which one it is
            self._parts.log.error("batch failed, going record by record", error=type(error).__name__)
            saved.wires = await self._save_one_by_one(saved.items, committed)
        return saved

    def _decode(self, record: Record) -> Item[EventT]:
        if record.value is None:
            return Item(record)
        try:
            return Item(record, self._rules.decode(record.value))
        except Invalid as error:
            return Item(record, reason=str(error)[:LONGEST_REASON])

    async def _save(self, items: Sequence[Item[EventT]], committed: Committed) -> list[Wire]:
        """Decide and save per document until no revision moves under us."""
        waiting: dict[str, list[Item[EventT]]] = {}
        for item in items:
            subject = item.event.subject if item.event is not None else document_of(item.record.key)
            if subject:
                waiting.setdefault(subject, []).append(item)
        wires: dict[str, list[Wire]] = {subject: [] for subject in waiting}
        while waiting:
            documents = await self._parts.store.get_many(self._rules.collection, waiting)
            open_intents = await open_intents_of(self._parts, documents.values())
            changed = []
            for subject, own in waiting.items():
                before = documents.get(subject) or new_document(subject)
                after, wires[subject] = self._decide(before, own)
                if after is not before:
                    drop_published(after, committed, open_intents)
                    changed.append(after)
            lost = await self._parts.store.save_many(self._rules.collection, changed) if changed else set()
            if lost:
                self._parts.telemetry.count("save_conflicts", len(lost))
            waiting = {subject: own for subject, own in waiting.items() if subject in lost}
        return [wire for group in wires.values() for wire in group]

    def _decide(self, document: Document, items: Sequence[Item[EventT]]) -> tuple[Document, list[Wire]]:
        """Run the handler over the records of one document. A record whose handler fails is set aside, its neighbours go on."""
        current, wires = document, list[Wire]()
        for item in items:
            if is_lifted(current, item.record.place):
                item.reason = ""  # a person dealt with it
                continue
            if item.event is None and item.reason:
                current = mark_incomplete(current, item.record.place)
                continue
            cause = item.event.id if item.event is not None else item.record.place
            try:
                decision = self._decision(current, item)
                new = decision.document is not current
                outputs = decision.outputs if new else recorded_outputs(current, cause=cause)
                wires += encoded(outputs, self._rules.encode)
            except Unavailable:
                raise  # a document that a newer release wrote, for one: not the record's fault, and it passes
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this record alone
                told = str(error) if isinstance(error, Invalid) else f"handler failed: {type(error).__name__}"
                item.reason = told[:LONGEST_REASON]
                current = mark_incomplete(current, item.record.place)
                continue
            item.reason = ""
            if new:
                current = decision.document
                record_outputs(current, Cause(cause, str(item.partition), item.record.offset), outputs)
        return current, wires

    def _decision(self, document: Document, item: Item[EventT]) -> Decision:
        if item.event is None:
            forget = self._rules.forget.get(item.record.topic)
            if forget is None or document["rev"] == 0:
                self._parts.telemetry.count("tombstones_ignored", topic=item.record.topic)
                return Decision(document)
            return forget(document)
        return self._rules.handle(document, item.event)

    async def _save_one_by_one(self, items: Sequence[Item[EventT]], committed: Committed) -> list[Wire]:
        """The record that fails alone is set aside, and its document is marked: it is incomplete without it."""
        wires: list[Wire] = []
        for item in items:
            try:
                wires += await self._save([item], committed)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - alone now, so it is this record
                item.reason = f"could not be saved: {type(error).__name__}"
                item.event = None
                await self._mark(item, committed)
        return wires

    async def _mark(self, item: Item[EventT], committed: Committed) -> None:
        try:
            await self._save([item], committed)
        except Unavailable:
            raise
        except Exception:
            self._parts.log.exception("a document cannot be marked incomplete", place=item.record.place)

    def dead_letter(self, item: Item[EventT], first_seen: datetime, attempts: int) -> Wire:
        """The untouched record of a refused item, with the reason in its headers; of one too large, its place and digest."""
        record = item.record
        self._parts.telemetry.count("records_dead_lettered", topic=record.topic, reason=kind_of(item.reason))
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._parts.log.error("record dead-lettered", **place, reason=item.reason)
        headers = {
            "reason": item.reason,
            "source-topic": record.topic,
            "source-partition": str(record.partition),
            "source-offset": str(record.offset),
            "first-at": first_seen.isoformat(),
            "last-at": self._parts.machine.wall().isoformat(),
            "attempts": str(attempts),
            "service-version": version_of(),
        }
        letter = Wire(f"{self._parts.name}.dlq", "", record.value or b"", tuple(headers.items()), raw_key=record.key or b"")
        return letter if len(letter.value) <= LARGEST_LETTER else left_out(letter, letter.topic)


def left_out(wire: Wire, topic: str) -> Wire:
    """A record that the log will never take, as a note on `topic`: how large it was and its digest, without its value."""
    headers = dict(wire.headers) or {"reason": f"too large for {wire.topic}"}
    headers |= {"left-out": "too-large", "size": str(len(wire.value)), "digest": hashlib.sha256(wire.value).hexdigest()}
    key = wire.raw_key if wire.raw_key is not None else wire.key.encode()
    return Wire(topic, "", b"", tuple(headers.items()), raw_key=key[:1000])


async def open_intents_of(parts: Parts, documents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Which of the intents that these documents mention are still open."""
    named = {entry["i"] for document in documents for entry in document.get("outbox", ()) if "i" in entry}
    return frozenset(await parts.store.get_many(INTENTS, named)) if named else frozenset()


async def unsure_of(parts: Parts, documents: Collection[Mapping[str, Any]], open_intents: frozenset[str]) -> frozenset[str]:
    """Ids of the documents that may know more than the log, or less: something they say may not be published yet (its record is
    not committed, its intent is open), or they were brought back and are not compared with the log yet. Raises Unavailable."""
    speaking = [document for document in documents if document.get("outbox")]
    places = {entry["p"]: Partition.of(entry["p"]) for one in speaking for entry in one["outbox"] if "p" in entry}
    lease = parts.topics.lease
    committed = {} if lease is None else {str(place): offset for place, offset in lease.committed.items()}
    elsewhere = [place for name, place in places.items() if name not in committed]
    if elsewhere:  # another instance had the document when it was decided, or this one has not asked yet
        committed |= {str(place): offset for place, offset in (await parts.topics.committed(elsewhere)).items()}
    unheard = [one for one in speaking if not all(is_published(entry, committed, open_intents) for entry in one["outbox"])]
    return frozenset(one["_id"] for one in (*unheard, *(one for one in documents if UNSETTLED in one)))

"""One batch of records up to its save: decode each alone, load their documents, decide, save with revision check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias

from aiokafka import ConsumerRecord

from runtime.store import Document
from runtime.errors import Invalid, Unavailable
from runtime.kafka import Wire
from runtime.outputs import (
    Cause,
    EventT,
    Output,
    Progress,
    Rules,
    drop_published,
    new_document,
    record_outputs,
    recorded_outputs,
)
from runtime.parts import INTENTS, Parts
from runtime.settings import version_of

Record: TypeAlias = ConsumerRecord[bytes, bytes]


@dataclass(slots=True)
class Item(Generic[EventT]):
    """A record on its way: decoded, or refused with a reason."""

    record: Record
    event: EventT | None = None
    reason: str = ""

    @property
    def partition(self) -> str:
        """topic/partition, as Kafka names them."""
        return f"{self.record.topic}/{self.record.partition}"

    @property
    def time(self) -> datetime:
        """Append time, or the time its writer recorded, if that is earlier: a stepped clock runs behind Kafka's."""
        appended = datetime.fromtimestamp(self.record.timestamp / 1000, UTC)
        return min(appended, self.event.time) if self.event is not None else appended


class Batches(Generic[EventT]):
    """Decides and saves batches of one service."""

    def __init__(self, parts: Parts, rules: Rules[EventT], progress: Progress) -> None:
        self._parts, self._rules, self._progress = parts, rules, progress

    async def save(self, records: Sequence[Record]) -> tuple[list[Item[EventT]], list[Output]]:
        """Decode, decide and save; returns the items, and everything to publish in order. Raises Unavailable."""
        items = [self._decode(record) for record in records]
        for item in items:
            self._progress.committed.setdefault(item.partition, item.record.offset)
        try:
            return items, await self._save(items)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - found out record by record which one it is
            self._parts.log.error("batch failed, going record by record", error=type(error).__name__)
            return items, await self._save_one_by_one(items)

    def _decode(self, record: Record) -> Item[EventT]:
        try:
            return Item(record, self._rules.decode(record.value))
        except Invalid as error:
            return Item(record, reason=str(error))

    async def _save(self, items: Sequence[Item[EventT]]) -> list[Output]:
        """Decide and save per document until no revision moves under us."""
        waiting: dict[str, list[Item[EventT]]] = {}
        for item in items:
            subject = item.event.subject if item.event is not None else _subject_of(item.record)
            if subject:
                waiting.setdefault(subject, []).append(item)
        outputs: dict[str, list[Output]] = {subject: [] for subject in waiting}
        while waiting:
            documents = await self._parts.store.get_many(self._rules.collection, waiting)
            open_intents = await open_intents_of(self._parts, documents.values())
            changed = []
            for subject, own in waiting.items():
                before = documents.get(subject) or new_document(subject)
                after, outputs[subject] = self._decide(before, own)
                if after is not before:
                    drop_published(after, self._progress, open_intents)
                    changed.append(after)
            lost = await self._parts.store.save_many(self._rules.collection, changed) if changed else set()
            if lost:
                self._parts.telemetry.count("save_conflicts", len(lost))
            waiting = {subject: own for subject, own in waiting.items() if subject in lost}
        return [output for group in outputs.values() for output in group]

    def _decide(self, document: Document, items: Sequence[Item[EventT]]) -> tuple[Document, list[Output]]:
        """Run the handler over the records of one document. A record whose handler fails is set aside, its neighbours go on."""
        current, outputs = document, []
        for item in items:
            if item.event is None:
                current = mark_incomplete(current, self._place(item))
                continue
            try:
                decision = self._rules.handle(current, item.event)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this record alone
                item.reason = str(error) if isinstance(error, Invalid) else f"handler failed: {type(error).__name__}"
                current = mark_incomplete(current, self._place(item))
                continue
            item.reason = ""
            if decision.document is current:
                outputs += recorded_outputs(current, cause=item.event.id)
                continue
            current = decision.document
            record_outputs(current, Cause(item.event.id, item.partition, item.record.offset), decision.outputs)
            outputs += decision.outputs
        return current, outputs

    async def _save_one_by_one(self, items: Sequence[Item[EventT]]) -> list[Output]:
        outputs: list[Output] = []
        for item in items:
            try:
                outputs += await self._save([item])
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - alone now, so it is this record
                item.reason = f"could not be saved: {type(error).__name__}"
                item.event = None
        return outputs

    def _place(self, item: Item[EventT]) -> str:
        return (
            f"{item.record.topic.removeprefix(self._parts.settings.topic_prefix)}/{item.record.partition}/{item.record.offset}"
        )

    def dead_letter(self, item: Item[EventT], first_seen: datetime, attempts: int) -> Wire:
        """The untouched record of a refused item, with the reason in its headers."""
        record = item.record
        topic = record.topic.removeprefix(self._parts.settings.topic_prefix)
        self._parts.telemetry.count("records_dead_lettered", topic=topic, reason=item.reason.partition(":")[0][:40])
        place = {"topic": topic, "partition": record.partition, "offset": record.offset}
        self._parts.log.error("record dead-lettered", **place, reason=item.reason)
        headers = {
            "reason": item.reason,
            "source-topic": topic,
            "source-partition": str(record.partition),
            "source-offset": str(record.offset),
            "first-at": first_seen.isoformat(),
            "last-at": datetime.now(UTC).isoformat(),
            "attempts": str(attempts),
            "service-version": version_of(),
        }
        return Wire(f"{self._parts.name}.dlq", "", record.value or b"", tuple(headers.items()), raw_key=record.key or b"")


async def open_intents_of(parts: Parts, documents: Iterable[Document]) -> frozenset[str]:
    """Which of the intents that these documents mention are still open."""
    named = {entry["i"] for document in documents for entry in document.get("outbox", ()) if "i" in entry}
    return frozenset(await parts.store.get_many(INTENTS, named)) if named else frozenset()


def _subject_of(record: Record) -> str:
    """The document that a record's key names, if it can be one."""
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError:
        return ""
    return key if len(key) <= 128 else ""


def mark_incomplete(document: Document, place: str) -> Document:
    """Note on the document which record (topic/partition/offset) is missing from it, until it is replayed or discarded."""
    missing = document.get("incomplete", [])
    return document if place in missing else {**document, "incomplete": [*missing, place]}


def mark_complete(document: Document, place: str) -> Document:
    """Take the note back."""
    missing = [other for other in document.get("incomplete", []) if other != place]
    after: dict[str, Any] = {key: value for key, value in document.items() if key != "incomplete"}
    return {**after, "incomplete": missing} if missing else after

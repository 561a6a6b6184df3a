"""The consumer loop: decode each record, load, decide, save, publish, wait for acks, commit. Nothing lost, nothing twice.

For records the uncommitted offset is the outbox. A crash anywhere repeats the batch; a repeated record finds its fact
known and publishes the outputs recorded beside it again, under the same ids.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, Topic

from runtime import brake
from runtime.clock import Clock
from runtime.crash import CrashPoints
from runtime.documents import Document, Documents
from runtime.errors import BrakeEngagedError, Invalid, Unavailable
from runtime.kafka import Publisher, Wire
from runtime.logs import Log
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
from runtime.settings import RuntimeSettings, version_of
from runtime.telemetry import Telemetry

INTENTS = "intents"
MOVED = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service runs on. Arguments, never globals: several services may live in one process."""

    name: str
    settings: RuntimeSettings
    store: Documents
    clock: Clock
    log: Log
    telemetry: Telemetry
    crash: CrashPoints
    publisher: Publisher


@dataclass(slots=True)
class _Item(Generic[EventT]):
    """A record on its way: decoded, or refused with a reason."""

    record: ConsumerRecord[bytes, bytes]
    event: EventT | None = None
    reason: str = ""

    @property
    def partition(self) -> str:
        return f"{self.record.topic}/{self.record.partition}"


@dataclass(slots=True)
class Place:
    """How far a partition was handled: the next offset, and the time up to which its log is known."""

    next_offset: int
    time: datetime | None = None


@dataclass(slots=True)
class LoopState:
    """What the loop knows about its partitions; read by health, metrics and timers."""

    handled: dict[TopicPartition, Place] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    outcomes: brake.BrakeState = field(default_factory=brake.BrakeState)
    stopped: str = ""
    moved_at: datetime | None = None
    busy: bool = False


class Loop(Generic[EventT]):
    """One consumer group and one loop per service, over all its dossier-keyed topics."""

    def __init__(self, parts: Parts, rules: Rules[EventT], topics: Sequence[str]) -> None:
        self.parts, self.rules, self.topics = parts, rules, tuple(topics)
        self.state = LoopState()
        self._policy = brake.BrakePolicy(parts.settings.brake_share, parts.settings.brake_window)
        self._consumer_of: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._stop: Callable[[], Any] = lambda: None

    # --- wiring -------------------------------------------------------------

    def subscribe(self, broker: KafkaBroker) -> None:
        """Declare this loop as the broker's subscriber, so that AsyncAPI knows it too."""
        settings = self.parts.settings
        subscriber = broker.subscriber(
            *(Topic(settings.topic_prefix + topic, declare=False) for topic in self.topics),
            batch=True,
            group_id=settings.topic_prefix + self.parts.name,
            group_instance_id=settings.instance_id,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=settings.batch_max_records,
            batch_timeout_ms=200,
            fetch_min_bytes=settings.fetch_min_bytes,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=max(300, settings.session_timeout_ms // 4),
            max_poll_interval_ms=settings.max_poll_interval_ms,
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=_Forget(self.state),
            decoder=_keep_raw,
            title=f"{self.parts.name}:loop",
            description=f"All records {self.parts.name} handles, in batches.",
        )
        subscriber(self.handle)
        self._consumer_of = lambda: subscriber.consumer
        self._stop = subscriber.stop

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The running consumer, if it runs."""
        return self._consumer_of()

    # --- one batch ----------------------------------------------------------

    async def handle(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """Handle a batch until it is committed; back off while a part is unavailable, stop when the brake engages."""
        self.state.busy = True
        try:
            await self._persist(records)
        except BrakeEngagedError as error:
            await self._engage_brake(records, str(error))
        finally:
            self.state.busy = False

    async def _persist(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        self._check_gaps(records)
        first_seen, attempts = datetime.now(UTC), 0
        give_up = asyncio.get_running_loop().time() + self.parts.settings.max_poll_interval_ms / 1000 * 0.6
        while True:
            attempts += 1
            try:
                items = await self._once(records, first_seen, attempts)
            except Unavailable as error:
                self.parts.telemetry.count("backoffs")
                self.parts.log.warning("waiting for a part", reason=str(error), attempts=attempts)
                self._moved()
                if asyncio.get_running_loop().time() > give_up:
                    self._rewind(records)
                    return
                await asyncio.sleep(min(10.0, 0.1 * 2 ** min(attempts, 7)) * random.uniform(0.5, 1.0))  # noqa: S311
            else:
                break
        await self._commit(items)

    async def _once(
        self, records: Sequence[ConsumerRecord[bytes, bytes]], first_seen: datetime, attempts: int
    ) -> list[_Item[EventT]]:
        """Decode, decide, save and publish a batch."""
        items = [self._decode(record) for record in records]
        for item in items:
            self.state.progress.committed.setdefault(item.partition, item.record.offset)
        try:
            outputs = await self._save(items)
        except (Unavailable, BrakeEngagedError):
            raise
        except Exception as error:  # noqa: BLE001 - found out record by record which one it is
            self.parts.log.error("batch failed, going record by record", error=type(error).__name__)
            outputs = await self._save_one_by_one(items)
        failed = [item for item in items if item.reason]
        if brake.engaged(self._policy, self.state.outcomes, len(failed), len(items)):
            raise BrakeEngagedError(f"{len(failed)} of {len(items)} records failed: {failed[-1].reason}")
        brake.remember(self._policy, self.state.outcomes, len(failed), len(items))
        self.parts.crash.passed("after-save")
        letters = [self._dead_letter(item, first_seen, attempts) for item in failed]
        await self.parts.publisher.publish([*(self._wire(output) for output in outputs), *letters])
        self.parts.crash.passed("after-publish")
        return items

    def _decode(self, record: ConsumerRecord[bytes, bytes]) -> _Item[EventT]:
        try:
            return _Item(record, self.rules.decode(record.value))
        except Invalid as error:
            return _Item(record, reason=str(error))

    async def _save(self, items: Sequence[_Item[EventT]]) -> list[Output]:
        """Decide and save per document until no revision moves under us; returns everything to publish, in order."""
        waiting: dict[str, list[_Item[EventT]]] = {}
        for item in items:
            subject = item.event.subject if item.event is not None else _subject_of(item.record)
            if subject:
                waiting.setdefault(subject, []).append(item)
        outputs: dict[str, list[Output]] = {subject: [] for subject in waiting}
        while waiting:
            documents = await self.parts.store.get_many(self.rules.collection, waiting)
            open_intents = await self.open_intents(documents.values())
            changed = []
            for subject, own in waiting.items():
                before = documents.get(subject) or new_document(subject)
                after, outputs[subject] = self._decide(before, own)
                if after is not before:
                    drop_published(after, self.state.progress, open_intents)
                    changed.append(after)
            lost = await self.parts.store.save_many(self.rules.collection, changed) if changed else set()
            if lost:
                self.parts.telemetry.count("save_conflicts", len(lost))
            waiting = {subject: own for subject, own in waiting.items() if subject in lost}
        return [output for group in outputs.values() for output in group]

    def _decide(self, document: Document, items: Sequence[_Item[EventT]]) -> tuple[Document, list[Output]]:
        """Run the handler over the records of one document. A record whose handler fails is set aside, its neighbours go on."""
        current, outputs = document, []
        for item in items:
            if item.event is None:
                current = mark_incomplete(current, self._place(item))
                continue
            try:
                decision = self.rules.handle(current, item.event)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this record alone
                item.reason = str(error) if isinstance(error, Invalid) else f"handler failed: {type(error).__name__}"
                current = mark_incomplete(current, self._place(item))
                continue
            item.reason = ""
            if decision.document is current:
                outputs += recorded_outputs(current, cause=item.event.id)
                continue
            current = decision.document
            cause = Cause(item.event.id, item.partition, item.record.offset)
            record_outputs(current, cause, decision.outputs)
            outputs += decision.outputs
        return current, outputs

    async def _save_one_by_one(self, items: Sequence[_Item[EventT]]) -> list[Output]:
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

    async def open_intents(self, documents: Any) -> frozenset[str]:  # noqa: ANN401 - any iterable of documents
        """Which of the intents that these documents mention are still open."""
        named = {entry["i"] for document in documents for entry in document.get("outbox", ()) if "i" in entry}
        return frozenset(await self.parts.store.get_many(INTENTS, named)) if named else frozenset()

    def _place(self, item: _Item[EventT]) -> str:
        return (
            f"{item.record.topic.removeprefix(self.parts.settings.topic_prefix)}/{item.record.partition}/{item.record.offset}"
        )

    def _wire(self, output: Output) -> Wire:
        return Wire(output.topic, output.key, self.rules.encode(output))

    def _dead_letter(self, item: _Item[EventT], first_seen: datetime, attempts: int) -> Wire:
        record, prefix = item.record, self.parts.settings.topic_prefix
        topic = record.topic.removeprefix(prefix)
        self.parts.telemetry.count("records_dead_lettered", topic=topic, reason=item.reason.partition(":")[0][:40])
        self.parts.log.error(
            "record dead-lettered", topic=topic, partition=record.partition, offset=record.offset, reason=item.reason
        )
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
        return Wire(f"{self.parts.name}.dlq", "", record.value or b"", tuple(headers.items()), raw_key=record.key or b"")

    async def _commit(self, items: Sequence[_Item[EventT]]) -> None:
        ends = {TopicPartition(item.record.topic, item.record.partition): item for item in items}
        consumer = self.consumer
        if consumer is None:
            return
        try:
            await consumer.commit({place: item.record.offset + 1 for place, item in ends.items()})
        except MOVED as error:
            self.parts.log.warning("partitions moved before the commit; the batch comes again", reason=type(error).__name__)
            return
        except KafkaError as error:
            self._moved()
            self.parts.log.warning("commit failed; it is made up for by the next one", reason=type(error).__name__)
        else:
            for item in ends.values():
                self.state.progress.committed[item.partition] = item.record.offset + 1
        for place, item in ends.items():
            self.state.handled[place] = Place(item.record.offset + 1, _known_time(item))
        for topic, count in Counter(item.record.topic for item in items).items():
            self.parts.telemetry.count("records_handled", count, topic=topic.removeprefix(self.parts.settings.topic_prefix))
        self._moved()
        self.parts.crash.passed("after-commit")

    # --- trouble ------------------------------------------------------------

    def _moved(self) -> None:
        self.state.moved_at = datetime.now(UTC)

    def _rewind(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """Give a batch back to the log before the group thinks this instance is stuck."""
        consumer = self.consumer
        firsts: dict[TopicPartition, int] = {}
        for record in records:
            firsts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for place, offset in firsts.items():
            if consumer is not None and place in consumer.assignment():
                consumer.seek(place, offset)

    async def _engage_brake(self, records: Sequence[ConsumerRecord[bytes, bytes]], reason: str) -> None:
        self.state.stopped = reason
        self.parts.telemetry.set("braked", 1)
        self.parts.log.critical("brake engaged: the service stops handling", reason=reason)
        self._rewind(records)
        self._stopping = asyncio.create_task(self._stop())

    def _check_gaps(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """The embedded broker drops its oldest records silently: refuse to go on over a hole (setting refuse_gaps)."""
        if not self.parts.settings.refuse_gaps:
            return
        expected = {place: at.next_offset for place, at in self.state.handled.items()}
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            if record.offset != expected.get(place, 0):
                raise BrakeEngagedError(f"{record.topic}/{record.partition}: offset {expected.get(place, 0)} is gone")
            expected[place] = record.offset + 1

    # --- where we are -------------------------------------------------------

    async def places(self) -> tuple[dict[TopicPartition, Place], dict[TopicPartition, int]]:
        """How far each assigned partition was handled, and where its log ends. Raises Unavailable."""
        consumer = self.consumer
        if consumer is None:
            return {}, {}
        assigned = consumer.assignment()
        try:
            ends: dict[TopicPartition, int] = await consumer.end_offsets(assigned) if assigned else {}
            for place in assigned - self.state.handled.keys():
                offset = await consumer.committed(place)
                self.state.handled.setdefault(place, Place(offset or 0))
        except KafkaError as error:
            raise Unavailable(f"kafka: {type(error).__name__}") from error
        return {place: replace(self.state.handled[place]) for place in assigned if place in self.state.handled}, ends


def watermarks(
    now: datetime, places: dict[TopicPartition, Place], ends: dict[TopicPartition, int]
) -> dict[int, datetime | None]:
    """Per partition number, the time up to which nothing unhandled can be in the log.

    Now, if every topic of that partition is handled to its end; else the time of the last handled record; None: nothing known.
    """
    marks: dict[int, datetime | None] = {}
    for place, at in places.items():
        known = now if at.next_offset >= ends.get(place, 0) else at.time
        known = min(known, now) if known is not None else None
        if place.partition in marks:
            other = marks[place.partition]
            known = min(known, other) if known is not None and other is not None else None
        marks[place.partition] = known
    return marks


def _known_time(item: _Item[Any]) -> datetime:
    """Append time of a record, or the time its writer recorded, if that is earlier: a stepped clock runs behind Kafka's."""
    appended = datetime.fromtimestamp(item.record.timestamp / 1000, UTC)
    return min(appended, item.event.time) if item.event is not None else appended


def _subject_of(record: ConsumerRecord[bytes, bytes]) -> str:
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
    after = {key: value for key, value in document.items() if key != "incomplete"}
    return {**after, "incomplete": missing} if missing else after


async def _keep_raw(message: Any) -> Any:  # noqa: ANN401 - FastStream's message
    """FastStream decoder: hand over the aiokafka records; each is decoded alone, so that one bad record harms no other."""
    return message.raw_message


class _Forget(ConsumerRebalanceListener):  # type: ignore[misc]
    """What was known about a partition ends when it may go to another instance."""

    def __init__(self, state: LoopState) -> None:
        self._state = state

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ANN401 - a set of TopicPartition
        for place in revoked:
            self._state.handled.pop(place, None)
            self._state.progress.committed.pop(f"{place.topic}/{place.partition}", None)

    async def on_partitions_assigned(self, assigned: Any) -> None:  # noqa: ANN401 - a set of TopicPartition
        return None

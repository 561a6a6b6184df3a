"""The consumer loop: decode, load, decide, save, publish, wait for acks, commit. Nothing lost, nothing twice.

For records the uncommitted offset is the outbox. A crash anywhere repeats the batch; a repeated record finds its fact
known and publishes the outputs recorded beside it again, under the same ids.

While one batch is published, the next is decoded, decided and saved: never more than one ahead, and published in order.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
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
from runtime.batch import Batches, Item, Record
from runtime.errors import BrakeEngagedError, Unavailable
from runtime.kafka import Wire
from runtime.outputs import EventT, Progress, Rules
from runtime.parts import Parts
from runtime.places import Place, partition_of

MOVED = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)
Result = TypeVar("Result")


class _GivenUpError(Exception):
    """A part stayed away for too long: the batch goes back to the log."""


@dataclass(slots=True)
class LoopState:
    """What the loop knows about its partitions; read by health, metrics and timers."""

    handled: dict[TopicPartition, Place] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    outcomes: brake.BrakeState = field(default_factory=brake.BrakeState)
    stopped: str = ""
    moved_at: datetime | None = None


class Loop(Generic[EventT]):
    """One consumer group and one loop per service, over all its dossier-keyed topics."""

    def __init__(self, parts: Parts, rules: Rules[EventT], topics: Sequence[str]) -> None:
        self.parts, self.rules, self.topics = parts, rules, tuple(topics)
        self.state = LoopState()
        self._batches = Batches(parts, rules, self.state.progress)
        self._policy = brake.BrakePolicy(parts.settings.brake_share, parts.settings.brake_window)
        self._consumer_of: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._stop: Callable[[], Any] = lambda: None
        self._publishing: asyncio.Task[bool] | None = None
        self._leaving = False
        self._seen: dict[TopicPartition, int] = {}  # next offset per partition, for refuse_gaps

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

    def owns(self, key: str) -> bool:
        """Whether this instance's partitions hold the documents of a key. Only avoids work: the revision decides."""
        consumer = self.consumer
        topic = self.parts.settings.topic_prefix + self.topics[0]
        known = consumer.partitions_for_topic(topic) if consumer is not None else None
        if consumer is None or not known:
            return False
        return TopicPartition(topic, partition_of(key, len(known))) in consumer.assignment()

    async def drain(self) -> None:
        """Take no further batch, and finish the one being published."""
        self._leaving = True
        if self._publishing is not None:
            await self._publishing

    # --- one batch ----------------------------------------------------------

    async def handle(self, records: Sequence[Record]) -> None:
        """Save a batch while the one before is being published; then publish and commit it in the background."""
        if self._leaving:
            return
        try:
            started = await self._save_and_start(records)
        except BrakeEngagedError as error:
            started = False
            await self._engage_brake(str(error))
        except _GivenUpError:
            started = False
        if not started:
            await self._rewind(records)

    async def _save_and_start(self, records: Sequence[Record]) -> bool:
        """False if the batch before could not be published: this one has to come again after it."""
        self._check_gaps(records)
        first_seen = datetime.now(UTC)
        (items, outputs), attempts = await self._patiently(lambda: self._batches.save(records))
        failed = [item for item in items if item.reason]
        if brake.engaged(self._policy, self.state.outcomes, len(failed), len(items)):
            raise BrakeEngagedError(f"{len(failed)} of {len(items)} records failed: {failed[-1].reason}")
        brake.remember(self._policy, self.state.outcomes, len(failed), len(items))
        self.parts.crash.passed("after-save")
        letters = [self._batches.dead_letter(item, first_seen, attempts) for item in failed]
        if self._publishing is not None and not await self._publishing:
            self._publishing = None
            return False
        wires = [*(Wire(o.topic, o.key, self.rules.encode(o)) for o in outputs), *letters]
        self._publishing = asyncio.create_task(self._publish(items, wires))
        return True

    async def _publish(self, items: Sequence[Item[EventT]], wires: Sequence[Wire]) -> bool:
        """Publish and commit a saved batch; False if it went back to the log."""
        try:
            await self._patiently(lambda: self.parts.publisher.publish(wires))
        except _GivenUpError:
            await self._rewind([item.record for item in items])
            return False
        except Exception:
            self.parts.log.exception("publishing failed")
            await self._rewind([item.record for item in items])
            return False
        self.parts.crash.passed("after-publish")
        await self._commit(items)
        return True

    async def _patiently(self, work: Callable[[], Awaitable[Result]]) -> tuple[Result, int]:
        """Do it until no part is unavailable; returns the result and the number of tries.

        Raises _GivenUpError before the group would take this instance for stuck.
        """
        clock = asyncio.get_running_loop().time
        give_up, attempts = clock() + self.parts.settings.patience_seconds, 0
        while True:
            attempts += 1
            try:
                return await work(), attempts
            except Unavailable as error:
                self.parts.telemetry.count("backoffs")
                self.parts.log.warning("waiting for a part", reason=str(error), attempts=attempts)
                self._moved()
                if clock() > give_up or self._leaving:
                    raise _GivenUpError from error
                await asyncio.sleep(min(10.0, 0.1 * 2 ** min(attempts, 7)) * random.uniform(0.5, 1.0))  # noqa: S311

    async def _commit(self, items: Sequence[Item[EventT]]) -> None:
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
            if not error.retriable:
                self._cannot_commit(error)
                return
            self.parts.log.warning("commit failed; it is made up for by the next one", reason=type(error).__name__)
        else:
            for item in ends.values():
                self.state.progress.committed[item.partition] = item.record.offset + 1
        for place, item in ends.items():
            self.state.handled[place] = Place(item.record.offset + 1, item.time)
        for topic, count in Counter(item.record.topic for item in items).items():
            self.parts.telemetry.count("records_handled", count, topic=topic.removeprefix(self.parts.settings.topic_prefix))
        self._moved()
        self.parts.crash.passed("after-commit")

    # --- trouble ------------------------------------------------------------

    def _moved(self) -> None:
        self.state.moved_at = datetime.now(UTC)

    async def _rewind(self, records: Sequence[Record]) -> None:
        """Give records back to the log: the next fetch begins with them, or with earlier ones that went back before."""
        consumer = self.consumer
        firsts: dict[TopicPartition, int] = {}
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            firsts[place] = min(firsts.get(place, record.offset), record.offset)
        for place, offset in firsts.items():
            if consumer is not None and place in consumer.assignment() and offset < await consumer.position(place):
                consumer.seek(place, offset)

    async def _engage_brake(self, reason: str) -> None:
        self.state.stopped = reason
        self.parts.telemetry.set("braked", 1)
        self.parts.log.critical("brake engaged: the service stops handling", reason=reason)
        await self.drain()
        self._stopping = asyncio.create_task(self._stop())

    def _cannot_commit(self, error: KafkaError) -> None:
        """Trying again would not help (no right to, fenced): end this process, so that somebody hears of it."""
        self.state.stopped = f"cannot commit: {type(error).__name__}"
        self.parts.log.critical("cannot commit: ending this process", reason=str(error)[:200])
        signal.raise_signal(signal.SIGTERM)

    def _check_gaps(self, records: Sequence[Record]) -> None:
        """The embedded broker drops its oldest records silently: refuse to go on over a hole (setting refuse_gaps)."""
        if not self.parts.settings.refuse_gaps:
            return
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            expected = self._seen.get(place, 0)
            if record.offset > expected:
                raise BrakeEngagedError(f"{record.topic}/{record.partition}: offset {expected} is gone")
            self._seen[place] = record.offset + 1

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

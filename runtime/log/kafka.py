"""The log on Apache Kafka, by FastStream and aiokafka: the broker as we configure it, leased batches, keyed publishing.

Whatever Kafka says that is not about one record is Unavailable (docs/reactions.md).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    NoError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.group import LeaveGroupRequest
from faststream import AckPolicy
from faststream.exceptions import IncorrectState
from faststream.kafka import KafkaBroker, Topic

from runtime.connection import said, unavailable
from runtime.errors import Unavailable
from runtime.log.group import MOVED, Group, Grouped
from runtime.log.port import Handle, Offsets, Partition, Record, TooLargeError, Wire
from runtime.logs import Logger
from runtime.settings import RuntimeSettings
from runtime.telemetry import Telemetry

CONTENT_TYPE = {"content-type": "application/cloudevents+json"}
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
ANSWER_SECONDS = 10.0
METADATA_MS = 10_000  # how long what is known of topics and their partitions is believed
Result = TypeVar("Result")


def make_broker(settings: RuntimeSettings, log: Logger) -> KafkaBroker:
    """A broker that loses nothing and repeats nothing on its own: acks=all, idempotent, no automatic topics."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        security=settings.security(),
        sasl_oauth_token_provider=settings.tokens(),
        client_id=settings.member_name,
        acks="all",
        enable_idempotence=True,
        linger_ms=settings.linger_ms,
        max_batch_size=65_536,
        compression_type="zstd",
        # Topics are made by `dunghen topics apply`: subscribers declare theirs with declare=False.
        metadata_max_age_ms=METADATA_MS,
        request_timeout_ms=15_000,
        graceful_timeout=settings.stop_seconds,
        id_generator=lambda: "",  # events carry their own ids; a random header per record costs more than encoding it
        apply_types=False,  # our decoder keeps raw records; see KafkaLog.subscribe
        logger=log,
        log_level=logging.DEBUG,
    )


@dataclass(frozen=True, slots=True)
class Published:
    """A topic a service publishes on, for AsyncAPI: its name without prefix, its payload, what it is."""

    topic: str
    schema: Any
    description: str


def declare_published(broker: KafkaBroker, service: str, settings: RuntimeSettings, topics: Iterable[Published]) -> None:
    """Declare a service's publishers to FastStream: only declared ones reach AsyncAPI."""
    for t in topics:
        broker.publisher(
            settings.topic_prefix + t.topic, schema=t.schema, title=f"{service}:{t.topic}", description=t.description
        )


def or_unavailable(call: Callable[..., Awaitable[Result]]) -> Callable[..., Awaitable[Result]]:
    """What Kafka says instead of an answer asks for another try."""

    async def guarded(*args: Any, **kwargs: Any) -> Result:  # noqa: ANN401 - passed on as they are
        try:
            return await call(*args, **kwargs)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"kafka: {said(error)}") from error

    return guarded


class KafkaLog(Grouped):
    """One service's log: its producer, its membership in its group, and a consumer without group for reading by place."""

    def __init__(self, name: str, settings: RuntimeSettings, broker: KafkaBroker, telemetry: Telemetry) -> None:
        self._name, self._settings, self._broker, self._telemetry = name, settings, broker, telemetry
        self._prefix, self._group_id = settings.topic_prefix, settings.topic_prefix + name
        self._consumer_of: Callable[[], AIOKafkaConsumer | None] = lambda: None  # known once FastStream has declared it
        self.group = Group(self._consumer, self._prefix, joined=self._joined)
        self._asked_to_lead = False
        self._member_id = ""  # what the broker calls this start of this instance
        self._reader: AIOKafkaConsumer | None = None
        self._reading, self._starting = asyncio.Lock(), asyncio.Lock()

    # --- the group ------------------------------------------------------------

    def subscribe(self, topics: Iterable[str], handle: Handle) -> None:
        """Declare the service's one subscriber to FastStream, so that AsyncAPI knows it too."""
        settings = self._settings
        subscriber = self._broker.subscriber(
            *(Topic(self._prefix + topic, declare=False) for topic in topics),
            batch=True,
            group_id=self._group_id,
            group_instance_id=settings.instance_id,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=settings.batch_max_records,
            batch_timeout_ms=200,
            fetch_min_bytes=settings.fetch_min_bytes,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=max(300, settings.session_timeout_ms // 10),
            max_poll_interval_ms=settings.max_poll_interval_ms,
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=self.group,
            decoder=_keep_raw,
            title=f"{self._name}:loop",
            description=f"All records {self._name} handles, in batches.",
        )

        async def deliver(raw: Sequence[Any]) -> None:
            lease, records = await self.group.take([self._record(record) for record in raw])
            if lease is not None and records:
                await handle(lease, records)

        subscriber(deliver)
        self._consumer_of = lambda: subscriber.consumer

    def _consumer(self) -> AIOKafkaConsumer | None:
        return self._consumer_of()

    def _joined(self) -> None:
        consumer = self._consumer()
        if consumer is not None:
            coordinator = consumer._coordinator  # noqa: SLF001 - aiokafka has no public word for it
            self._member_id = coordinator.member_id
            self._ask_to_lead(coordinator)

    def _ask_to_lead(self, coordinator: Any) -> None:  # noqa: ANN401 - aiokafka's coordinator of a group
        """Join once more after the first assignment, unless this process made it.

        A static member that restarts within its session is given its old partitions and not told that it leads its group, and
        only a leader watches for partitions that are added: nobody would take them until the next rebalance. Asked again, the
        broker tells it, and shares out what is there now; for a member that does not lead, nothing moves.
        """
        if self._asked_to_lead:
            return
        self._asked_to_lead = True
        if coordinator._group_subscription is None:  # noqa: SLF001
            coordinator.request_rejoin()

    async def leave(self) -> None:
        """Tell the group that this instance is gone, where others are there to take its partitions. Raises Unavailable.

        A static member's client leaves silently, and its partitions wait for the end of its session (decision 48). To be called
        once the consumer has stopped: one that runs would join again.
        """
        if self._settings.instance_id is None or not self._member_id:
            return
        member_id, self._member_id = self._member_id, ""
        group = self._group_id

        async def say(admin: AIOKafkaAdminClient) -> None:
            coordinator = await admin.find_coordinator(group)
            (described,) = await admin.describe_consumer_groups([group], coordinator)
            members = described.to_object()["groups"][0]["members"]
            if len(members) < 2:
                return  # alone: nobody would take over, and an emptied group makes the next one who joins wait
            request = LeaveGroupRequest(group, member_id)
            answer = await admin._send_request(request, coordinator)  # noqa: SLF001 - its public words are of other things
            error = for_code(answer.error_code)
            if error is not NoError:
                raise error

        await self._ask_admin(say)

    # --- publishing -----------------------------------------------------------

    async def publish(self, records: Iterable[Wire]) -> None:
        """Send in order and wait for all acknowledgements. Raises Unavailable, TooLargeError."""
        wires = list(records)
        sent: dict[int, asyncio.Future[object]] = {}
        try:
            refused = await self._send(wires, sent)
        except (KafkaError, OSError, IncorrectState) as error:
            await asyncio.gather(*sent.values(), return_exceptions=True)  # what is on its way ends before anybody tries again
            raise Unavailable(f"kafka: {said(error)}") from error
        if refused:
            raise TooLargeError(refused)
        for topic, count in Counter(wire.topic for wire in wires).items():
            self._telemetry.count("outputs_published", count, topic=topic)

    async def _send(self, wires: Sequence[Wire], sent: dict[int, asyncio.Future[object]]) -> list[int]:
        """Send all; returns which the log refuses as too large."""
        refused, doubtful = [], []
        for number, wire in enumerate(wires):
            try:
                sent[number] = await self._send_one(wire)
            except TOO_LARGE:
                refused.append(number)
        for number, future in sent.items():
            try:
                await future
            except TOO_LARGE:
                doubtful.append(number)
        for number in doubtful:  # Kafka refuses a batch as a whole: found out one by one which record it is
            try:
                await (await self._send_one(wires[number]))
            except TOO_LARGE:
                refused.append(number)
        return sorted(refused)

    async def _send_one(self, wire: Wire) -> "asyncio.Future[object]":
        future: asyncio.Future[object] = await self._broker.publish(
            wire.value,
            self._prefix + wire.topic,
            key=wire.raw_key if wire.raw_key is not None else wire.key.encode(),
            headers={**CONTENT_TYPE, **dict(wire.headers)} if wire.headers else CONTENT_TYPE,
            no_confirm=True,
        )
        return future

    # --- asking and reading without a group ------------------------------------

    async def cluster(self) -> str:
        """The cluster's id. Raises Unavailable."""
        found = await self._ask_admin(lambda admin: admin.describe_cluster())
        return str(found.get("cluster_id") or "")

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """What the service's group has committed. Raises Unavailable."""
        places = {self._place(p): p for p in partitions}
        if not places:
            return {}
        found = await self._ask_admin(lambda admin: admin.list_consumer_group_offsets(self._group_id, partitions=[*places]))
        return {places[place]: at.offset for place, at in found.items() if at.offset >= 0}

    async def set_back(self, places: Offsets) -> None:
        """Commit for the group from outside. Raises Unavailable, also while it has members."""

        async def put() -> None:
            consumer = AIOKafkaConsumer(**self._settings.client(), group_id=self._group_id, enable_auto_commit=False)
            try:
                await consumer.start()
                offsets = {self._place(partition): offset for partition, offset in places.items()}
                consumer.assign([*offsets])
                await consumer.commit(offsets)
            finally:
                await consumer.stop()

        try:
            await or_unavailable(lambda: asyncio.wait_for(put(), ANSWER_SECONDS))()
        except Unavailable as error:
            if isinstance(error.__cause__, MOVED):
                raise Unavailable(f"the group {self._group_id} still has members: stop all instances") from error
            raise

    async def _ask_admin(self, question: Callable[[AIOKafkaAdminClient], Awaitable[Any]]) -> Any:  # noqa: ANN401
        async def ask() -> Any:  # noqa: ANN401
            admin = AIOKafkaAdminClient(**self._settings.client())
            try:
                await admin.start()
                return await question(admin)
            finally:
                await admin.close()

        return await or_unavailable(lambda: asyncio.wait_for(ask(), ANSWER_SECONDS))()

    async def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions each topic has. Raises Unavailable."""

        async def ask(consumer: AIOKafkaConsumer) -> dict[str, int]:
            numbers = {topic: len(await partitions_of(consumer, self._prefix + topic)) for topic in topics}
            return {topic: number for topic, number in numbers.items() if number}

        return await self._ask(ask)

    async def begins(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """First offsets. Raises Unavailable."""
        return await self._offsets(partitions, lambda consumer, places: consumer.beginning_offsets(places))

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """End offsets. Raises Unavailable."""
        return await self._offsets(partitions, lambda consumer, places: consumer.end_offsets(places))

    async def _offsets(
        self,
        partitions: Iterable[Partition],
        question: Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]],
    ) -> dict[Partition, int]:
        places = {self._place(p): p for p in partitions}
        if not places:
            return {}
        found = await self._ask(lambda consumer: question(consumer, [*places]))
        return {places[place]: offset for place, offset in found.items()}

    async def read(self, places: Offsets, limit: int) -> dict[Partition, list[Record]]:
        """Of each partition the next records from its place on: `limit` of them, or all that are there. Raises Unavailable."""
        async with self._reading:
            return await self._ask(lambda consumer: self._read(consumer, places, limit))

    async def _read(self, consumer: AIOKafkaConsumer, places: Offsets, limit: int) -> dict[Partition, list[Record]]:
        starts = {self._place(p): offset for p, offset in places.items()}
        ends = await consumer.end_offsets([*starts])
        begins = await consumer.beginning_offsets([*starts])
        left = {place for place, start in starts.items() if max(start, begins[place]) < ends[place]}
        found: dict[Partition, list[Record]] = {p: [] for p in places}
        if not left:
            return found
        consumer.assign(sorted(left))
        for place in left:
            consumer.seek(place, max(starts[place], begins[place]))
        while left:
            batches = await consumer.getmany(timeout_ms=500, max_records=limit)
            for place, batch in batches.items():
                found[self._partition(place)] += [self._record(r) for r in batch if r.offset < ends[place]]
            for place in list(left):
                if len(found[self._partition(place)]) >= limit or await consumer.position(place) >= ends[place]:
                    left.discard(place)
                    consumer.pause(place)
        return {p: own[:limit] for p, own in found.items()}

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[Result]]) -> Result:
        """Ask the reader; one that did not answer is given up, so that the next question finds a fresh one."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):  # wait_for of Python 3.11 may swallow a cancellation
                consumer = await self._started()
            return await question(consumer)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise await unavailable(error, self._settings) from error

    async def _started(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._reader is None:
                consumer = AIOKafkaConsumer(
                    **self._settings.client(),
                    enable_auto_commit=False,
                    metadata_max_age_ms=METADATA_MS,
                    request_timeout_ms=5000,
                )
                try:
                    await consumer.start()
                except BaseException:
                    await consumer.stop()
                    raise
                self._reader = consumer
            return self._reader

    async def close(self) -> None:
        """Give back the reader's connection."""
        consumer, self._reader = self._reader, None
        if consumer is not None:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), ANSWER_SECONDS)

    # --- names ------------------------------------------------------------------

    def _place(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    def _partition(self, place: TopicPartition) -> Partition:
        return Partition(place.topic.removeprefix(self._prefix), place.partition)

    def _record(self, raw: Any) -> Record:  # noqa: ANN401 - aiokafka's record
        headers = {name: value.decode("utf-8", "replace") for name, value in raw.headers} if raw.headers else {}
        return Record(
            raw.topic.removeprefix(self._prefix), raw.partition, raw.offset, raw.timestamp, raw.key, raw.value, headers
        )


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    """The numbers of a topic's partitions; none if there is no such topic. Raises TopicAuthorizationFailedError."""
    client = consumer._client  # noqa: SLF001 - a consumer without group learns of a topic only this way
    await client.add_topic(topic)
    if not consumer.partitions_for_topic(topic):  # asked for before, and made since: a client asks once and then waits minutes
        await client.force_metadata_update()
    if topic in client.cluster.unauthorized_topics:
        raise TopicAuthorizationFailedError(topic)
    return sorted(consumer.partitions_for_topic(topic) or ())


async def _keep_raw(message: Any) -> Any:  # noqa: ANN401 - FastStream's message
    """FastStream decoder: hand over the aiokafka records; each is decoded alone, so that one bad record harms no other."""
    return message.raw_message

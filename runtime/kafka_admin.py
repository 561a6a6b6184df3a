"""Kafka from the outside: make topics, read a log from its beginning, ask how far a group is behind."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, IllegalGenerationError, KafkaError, UnknownMemberIdError, for_code

from runtime.connection import KafkaSettings, unavailable
from runtime.errors import CannotStartError
from runtime.log.kafka import partitions_of
from runtime.places import partition_of
from runtime.settings import kafka_at

ALREADY_EXISTS = 36


class TopicsError(Exception):
    """Kafka does not do what was asked; the message says what and why."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in Kafka. `topic` is without prefix; times are ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def _told(settings: KafkaSettings) -> AsyncIterator[None]:
    """What Kafka says instead of an answer, in one sentence. Raises Unavailable."""
    try:
        yield
    except KafkaError as error:
        raise await unavailable(error, settings) from error


@asynccontextmanager
async def _admin(broker: str) -> AsyncIterator[AIOKafkaAdminClient]:
    settings = kafka_at(broker)
    async with _told(settings):
        admin = AIOKafkaAdminClient(**settings.client())
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()


@asynccontextmanager
async def _consumer(broker: str, **more: str) -> AsyncIterator[AIOKafkaConsumer]:
    settings = kafka_at(broker)
    async with _told(settings):
        consumer = AIOKafkaConsumer(**settings.client(), enable_auto_commit=False, **more)
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()  # one that could not start too: it holds sockets


async def partition_counts(broker: str) -> dict[str, int]:
    """The topics Kafka holds, with their number of partitions. Raises Unavailable."""
    async with _admin(broker) as admin:
        return {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics() if not t["error_code"]}


async def create_topics(broker: str, topics: Mapping[str, Mapping[str, str]], *, partitions: int, replication: int) -> None:
    """Create topics with their configuration. Raises Unavailable, TopicsError naming the topic."""
    new = [NewTopic(name, partitions, replication, topic_configs=dict(config)) for name, config in topics.items()]
    async with _admin(broker) as admin:
        response = await admin.create_topics(new)
    for topic, code, *message in response.topic_errors:
        if code not in (0, ALREADY_EXISTS):
            raise TopicsError(f"{topic}: {for_code(code).__name__}: {message[0] if message else ''}")


async def delete_topics(broker: str, names: Sequence[str]) -> None:
    """Delete topics that exist; others do not matter. Raises Unavailable."""
    async with _admin(broker) as admin:
        existing = set(await admin.list_topics())
        await admin.delete_topics([name for name in names if name in existing])


async def read_topics(broker: str, prefix: str, topics: Sequence[str], key: str | None = None) -> list[LogRecord]:
    """All records of the topics up to where their log ends now; with `key`, only of the partitions it may be in.

    Raises Unavailable.
    """
    async with _consumer(broker, auto_offset_reset="earliest") as consumer:
        return await _read(consumer, prefix, topics, key)


async def _read(consumer: AIOKafkaConsumer, prefix: str, topics: Sequence[str], key: str | None) -> list[LogRecord]:
    places = []
    for topic in topics:
        numbers = await partitions_of(consumer, prefix + topic)
        keyed = key is not None and numbers and not topic.endswith(".dlq")
        places += [
            TopicPartition(prefix + topic, n) for n in numbers if not keyed or n == partition_of(key or "", len(numbers))
        ]
    ends = await consumer.end_offsets(places) if places else {}
    begins = await consumer.beginning_offsets(places) if places else {}
    left = {place for place, end in ends.items() if begins[place] < end}
    consumer.assign(sorted(left))
    records = []
    while left:
        for place, batch in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            records += [to_log_record(r, prefix) for r in batch if r.offset < ends[place]]
        left = {place for place in left if await consumer.position(place) < ends[place]}
    return records


def to_log_record(record: Any, prefix: str) -> LogRecord:  # noqa: ANN401 - aiokafka's record
    """A record as this module's callers see it."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    topic = record.topic.removeprefix(prefix)
    return LogRecord(topic, record.partition, record.offset, record.timestamp, record.key or b"", record.value or b"", headers)


Ends = dict[TopicPartition, int]


async def set_back(broker: str, group: str, topics: Sequence[str]) -> None:
    """Set a group to the beginning of its topics. Raises Unavailable, CannotStartError if it has members."""
    async with _consumer(broker, group_id=group) as consumer:
        try:
            places = [TopicPartition(topic, number) for topic in topics for number in await partitions_of(consumer, topic)]
            if places:
                consumer.assign(places)
                await consumer.commit(await consumer.beginning_offsets(places))
        except (UnknownMemberIdError, IllegalGenerationError, CommitFailedError) as error:
            raise CannotStartError(f"the group {group} has members: stop the service first") from error


class Lags:
    """How far consumer groups are behind the log, asked of Kafka itself. `groups`: topics by group, names in full."""

    def __init__(self, broker: str, groups: Mapping[str, Sequence[str]]) -> None:
        self._broker, self._groups = broker, groups

    async def __aenter__(self) -> "Lags":
        self._consumer = AIOKafkaConsumer(**kafka_at(self._broker).client(), enable_auto_commit=False)
        self._admin = AIOKafkaAdminClient(**kafka_at(self._broker).client())
        try:
            await self._consumer.start()
            await self._admin.start()
            await self.learn()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def learn(self) -> None:
        """Ask which partitions the topics have: they may have become more."""
        await self._consumer._client.force_metadata_update()  # noqa: SLF001 - what it knows may be five minutes old
        self._places = {
            group: [TopicPartition(topic, number) for topic in topics for number in await partitions_of(self._consumer, topic)]
            for group, topics in self._groups.items()
        }

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()
        await self._consumer.stop()

    async def of(self, group: str) -> int:
        """Records the group has not committed; -1 while Kafka does not answer."""
        try:
            ends, done = await self.places(group)
        except KafkaError:
            return -1
        return sum(end - done.get(place, 0) for place, end in ends.items())

    async def places(self, group: str) -> tuple[Ends, Ends]:
        """Where each partition ends, and up to where the group has committed. Raises KafkaError."""
        places = self._places[group]
        if not places:
            return {}, {}
        done = await self._admin.list_consumer_group_offsets(group, partitions=places)
        return await self._consumer.end_offsets(places), {place: max(0, at.offset) for place, at in done.items()}

"""Reads a log from places that a caller names, without a group: for answers that are made from the log itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from runtime.errors import Unavailable
from runtime.kafka_admin import LogRecord, partitions_of, to_log_record
from runtime.settings import RuntimeSettings

Places = Mapping[str, Sequence[int]]  # logical topic -> next offset to read, by partition


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of their append times, and the places behind the last of them."""

    records: Sequence[LogRecord]
    places: dict[str, list[int]]
    more: bool


class LogReader:
    """One consumer, made on first use and shared by all callers, one at a time."""

    def __init__(self, settings: RuntimeSettings, topics: Sequence[str]) -> None:
        self._settings, self._topics = settings, topics
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def read(self, places: Places | None, limit: int) -> Page:
        """At most `limit` records from the places on; None: nothing, from the end of the log. Raises Unavailable."""
        async with self._lock:
            try:
                return await self._read(await self._started(), places, limit)
            except (KafkaError, TimeoutError) as error:
                await self.close()
                raise Unavailable(f"kafka: {type(error).__name__}") from error

    async def close(self) -> None:
        """Give back the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._settings.kafka_bootstrap_servers, enable_auto_commit=False, request_timeout_ms=5000
            )
            try:
                await asyncio.wait_for(consumer.start(), 10)
            except (KafkaError, TimeoutError):
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def _read(self, consumer: AIOKafkaConsumer, places: Places | None, limit: int) -> Page:
        prefix = self._settings.topic_prefix
        known = [
            TopicPartition(prefix + topic, number)
            for topic in self._topics
            for number in await partitions_of(consumer, prefix + topic)
        ]
        if not known:
            return Page((), {}, more=False)  # no such topic yet
        ends = await asyncio.wait_for(consumer.end_offsets(known), 10)
        start = {place: _offset(places, place, prefix) if places is not None else ends[place] for place in known}
        left = {place for place in known if start[place] < ends[place]}
        found: dict[TopicPartition, list[LogRecord]] = {place: [] for place in left}
        consumer.assign(sorted(left))
        for place in left:
            consumer.seek(place, start[place])
        while left:
            batches = await consumer.getmany(timeout_ms=500, max_records=limit)
            for place, batch in batches.items():
                found[place] += [to_log_record(record, prefix) for record in batch if record.offset < ends[place]]
            left = {place for place in left if len(found[place]) < limit and await consumer.position(place) < ends[place]}
            for place in set(found) - left:
                consumer.pause(place)
        # By append time, so that what comes later stands later and the same place gives the same page again.
        gathered = sorted(
            (record for records in found.values() for record in records),
            key=lambda record: (record.timestamp, record.topic, record.partition, record.offset),
        )
        page = gathered[:limit]
        after = dict(start)
        for record in page:
            after[TopicPartition(prefix + record.topic, record.partition)] = record.offset + 1
        more = any(after[place] < ends[place] for place in known)
        return Page(page, _as_places(after, prefix), more)


def _offset(places: Places, place: TopicPartition, prefix: str) -> int:
    offsets = places.get(place.topic.removeprefix(prefix), ())
    return offsets[place.partition] if place.partition < len(offsets) else 0


def _as_places(after: Mapping[TopicPartition, int], prefix: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place in sorted(after):
        places.setdefault(place.topic.removeprefix(prefix), []).append(after[place])
    return places

"""The twin of the log: the whole port over a broker in memory, for tests and the simulation."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from runtime.errors import Unavailable
from runtime.log.group import Group, Grouped
from runtime.log.memory_broker import Hook, MemoryBroker, MemoryConsumer, at_once
from runtime.log.port import Handle, Offsets, Partition, Record, TooLargeError, Wire

CONTENT_TYPE = {"content-type": "application/cloudevents+json"}
LARGEST = 1_048_576  # bytes of one record with key and headers: Kafka's default
AROUND = 88  # bytes that surround a record in its batch
POLL_MS = 10_000  # a fetch wakes up when something arrives, so this costs nothing
FETCH_AGAIN_SECONDS = 5.0  # FastStream's, after the consumer raised

_log = logging.getLogger("memory-log")


class MemoryLog(Grouped):
    """One process's view of a broker in memory. Topics have no prefix here."""

    def __init__(
        self, name: str, broker: MemoryBroker, hook: Hook = at_once, *, member: str = "member", max_records: int = 500
    ) -> None:
        """`name`: of the service and of its group. `member`: of this process in it; a restarted process has another name."""
        self._name, self._broker, self._hook = name, broker, hook
        self._member, self._max_records = member, max_records
        self._subscribed: tuple[frozenset[str], Handle] | None = None
        self._consumer: MemoryConsumer | None = None
        self._pumping: asyncio.Task[None] | None = None
        self.group = Group(lambda: self._consumer, "")

    # --- the group ------------------------------------------------------------

    def subscribe(self, topics: Iterable[str], handle: Handle) -> None:
        """Whose batches go where, once `start` was called."""
        self._subscribed = (frozenset(topics), handle)

    async def start(self) -> None:
        """Join the service's group, if it has subscribed, and hand over leased batches, one at a time, until `stop`."""
        if self._subscribed is None:
            return
        topics, handle = self._subscribed
        self._consumer = MemoryConsumer(self._broker, self._name, topics, self._member, self._hook)
        await self._consumer.start(self.group)
        self._pumping = asyncio.create_task(self._pump(self._consumer, handle), name="pump")

    async def stop(self) -> None:
        """Take no further batch, finish the one in hand, leave the group."""
        consumer, pumping = self._consumer, self._pumping
        if consumer is None or pumping is None:
            return
        await consumer.stop()
        await asyncio.wait([pumping])
        self._consumer = None

    def expire(self) -> None:
        """The broker has heard nothing of this process for longer than the session timeout."""
        if self._consumer is not None:
            self._consumer.expire()

    async def _pump(self, consumer: MemoryConsumer, handle: Handle) -> None:
        """As FastStream does: a batch after the other; what a handler raises is logged and swallowed."""
        while not consumer.stopped:
            try:
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=self._max_records)
                records = [record for batch in batches.values() for record in batch]
                lease, admitted = await self.group.take(records) if records else (None, [])
                if lease is not None and admitted:
                    await handle(lease, admitted)
            except KafkaError:
                await asyncio.sleep(FETCH_AGAIN_SECONDS)
            except Exception:  # noqa: BLE001 - as FastStream
                _log.exception("handler failed")

    # --- publishing -----------------------------------------------------------

    async def publish(self, records: Iterable[Wire]) -> None:
        """Send in order, one batch per partition, and wait for all acknowledgements. Raises Unavailable, TooLargeError."""
        wires = list(records)
        refused = [number for number, wire in enumerate(wires) if _size(wire) > LARGEST]
        batches: dict[TopicPartition, list[Wire]] = {}
        with _unavailable():
            for number, wire in enumerate(wires):
                if number not in refused:
                    batches.setdefault(self._target(wire), []).append(wire)
            await self._acknowledged([partial(self._append, place, batch) for place, batch in batches.items()])
        if refused:
            raise TooLargeError(refused)

    async def _acknowledged(self, batches: Sequence[Callable[[], None]]) -> None:
        if len(batches) == 1:
            await self._hook("publish", batches[0])
            return
        sent = await asyncio.gather(*(self._hook("publish", batch) for batch in batches), return_exceptions=True)
        for failure in sent:
            if failure is not None:
                raise failure

    def _append(self, place: TopicPartition, batch: Sequence[Wire]) -> None:
        for wire in batch:
            headers = {**CONTENT_TYPE, **dict(wire.headers)} if wire.headers else CONTENT_TYPE
            self._broker.append(place, _key(wire), wire.value, headers)

    def _target(self, wire: Wire) -> TopicPartition:
        numbers = self._broker.partitions_for_topic(wire.topic)
        if numbers is None:
            raise Unavailable(f"kafka: no topic {wire.topic}")
        return TopicPartition(wire.topic, (murmur2(_key(wire)) & 0x7FFFFFFF) % len(numbers))

    # --- asking and reading without a group ------------------------------------

    async def cluster(self) -> str:
        """The broker's name. Raises Unavailable."""
        with _unavailable():
            return await self._hook("cluster", lambda: self._broker.cluster)

    async def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions each topic has. Raises Unavailable."""
        numbers = {topic: self._broker.partitions_for_topic(topic) for topic in topics}
        return {topic: len(found) for topic, found in numbers.items() if found is not None}

    async def begins(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """First offsets. Raises Unavailable."""
        asked = list(partitions)
        with _unavailable():
            return await self._hook("begins", lambda: {p: self._broker.begin(_place(p)) for p in asked})

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """End offsets. Raises Unavailable."""
        asked = list(partitions)
        with _unavailable():
            return await self._hook("ends", lambda: {p: self._broker.end(_place(p)) for p in asked})

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """What the service's group has committed. Raises Unavailable."""
        asked = list(partitions)

        def look() -> dict[Partition, int]:
            known = self._broker.group(self._name).committed
            return {p: known[_place(p)] for p in asked if _place(p) in known}

        with _unavailable():
            return await self._hook("committed", look)

    async def set_back(self, places: Offsets) -> None:
        """Commit for the group from outside. Raises Unavailable, also while it has members."""
        offsets = {_place(partition): offset for partition, offset in places.items()}

        def put() -> None:
            group = self._broker.group(self._name)
            if group.members:
                raise Unavailable(f"the group {self._name} still has members: stop all instances")
            group.committed.update(offsets)

        with _unavailable():
            await self._hook("set_back", put)

    async def read(self, places: Offsets, limit: int) -> dict[Partition, list[Record]]:
        """Of each partition the next records from its place on: `limit` of them, or all that are there. Raises Unavailable."""
        asked = dict(places)

        def look() -> Mapping[Partition, list[Record]]:
            return {p: self._broker.read(_place(p), offset, limit) for p, offset in asked.items()}

        with _unavailable():
            return dict(await self._hook("read", look))

    async def leave(self) -> None:
        """`stop` has left already: static membership is left out of the broker in memory."""

    async def close(self) -> None:
        """Nothing to give back."""


def _place(partition: Partition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.number)


def _key(wire: Wire) -> bytes:
    return wire.raw_key if wire.raw_key is not None else wire.key.encode()


def _size(wire: Wire) -> int:
    headers = sum(len(name) + len(value.encode()) for name, value in (*CONTENT_TYPE.items(), *wire.headers))
    return AROUND + len(_key(wire)) + len(wire.value) + headers


@contextmanager
def _unavailable() -> Iterator[None]:
    """What the broker says instead of an answer asks for another try."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"kafka: {type(error).__name__}") from error

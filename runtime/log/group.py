"""Leases from a consumer's assignments: what aiokafka leaves open between a rebalance's beginning and its end.

aiokafka shows the old assignment until the new one is there, sends a commit under whatever generation is current when it goes
out, and hands over records fetched before a rebalance after it. So nothing here asks `assignment()`: a lease begins when
partitions are assigned and ends when they are revoked, which is awaited before anybody else can get them.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from runtime.errors import Unavailable
from runtime.log.port import Handled, Lease, Offsets, Partition, Record

_log = logging.getLogger(__name__)
MOVED = (CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError, UnknownMemberIdError)
LEARN_TRIES = 3


class Consumer(Protocol):
    """What leases need of a member of a consumer group: aiokafka's, or the twin's."""

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...
    async def committed(self, partition: TopicPartition) -> int | None: ...
    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...


class Group(ConsumerRebalanceListener):  # type: ignore[misc]
    """The membership of this instance in its group, as one lease after the other."""

    def __init__(
        self, consumer_of: Callable[[], Consumer | None], prefix: str, *, joined: Callable[[], None] = lambda: None
    ) -> None:
        """`joined`: called at the end of each assignment."""
        self._consumer_of, self._prefix, self._joined = consumer_of, prefix, joined
        self._commits: set[asyncio.Task[None]] = set()
        self.lease: Lease | None = None
        self.start_at: dict[Partition, int] = {}  # a fresh process takes these again, once: see runtime.recovery

    # --- what the rebalance tells -------------------------------------------

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """End the lease, and every commit that is on its way: it must not go out under the next generation."""
        self._end_lease()
        commits = tuple(self._commits)
        for commit in commits:
            commit.cancel()
        if commits:
            await asyncio.wait(commits)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin a lease."""
        self._end_lease()
        self.lease = Lease(self._partition(place) for place in assigned)
        self._joined()

    def _end_lease(self) -> None:
        if self.lease is not None:
            self.lease.alive = False
            self.lease = None

    # --- batches ------------------------------------------------------------

    async def take(self, records: Sequence[Record]) -> tuple[Lease | None, list[Record]]:
        """The lease under which a fetched batch may be handled, and those of its records that may.

        Left out is what was fetched under an earlier lease, what was handled already, and what follows something given back.
        """
        lease = self.lease
        if lease is None:
            return None, []
        wanted = {Partition(record.topic, record.partition) for record in records} & lease.partitions
        for _ in range(LEARN_TRIES):
            try:
                await self.learn(lease, wanted)
            except Unavailable:
                await asyncio.sleep(0)
            else:
                return (lease, self._admit(lease, records)) if lease.alive else (None, [])
        self.give_back(
            lease, first_offsets(record for record in records if Partition(record.topic, record.partition) in wanted)
        )
        return None, []

    async def learn(self, lease: Lease, partitions: Iterable[Partition] | None = None) -> None:
        """Ask what is committed of partitions nothing is known of yet. Raises Unavailable."""
        wanted = [p for p in (lease.partitions if partitions is None else partitions) if p not in lease.committed]
        if not wanted or not lease.alive:
            return
        consumer, places = self._consumer(), [self._place(partition) for partition in wanted]
        try:
            found = await asyncio.gather(*(consumer.committed(place) for place in places))
            ends = await consumer.end_offsets(places)
        except (KafkaError, OSError, TimeoutError) as error:
            raise _unavailable(error) from error
        for partition, place, offset in zip(wanted, places, found, strict=True):
            if lease.alive and partition not in lease.committed:
                # A commit behind the end is of a topic that was deleted and made anew: nothing of this one is handled.
                self._learned(lease, partition, offset if offset is not None and offset <= ends[place] else 0)

    def _learned(self, lease: Lease, partition: Partition, committed: int) -> None:
        start = min(committed, self.start_at.pop(partition, committed))
        lease.committed[partition], lease.handled[partition] = committed, Handled(start)
        lease.next.setdefault(partition, start)
        lease.rewound.add(partition)  # the first batch may have been fetched under an earlier lease, from a later place
        if start < committed:
            self.give_back(lease, {partition: start})

    def _admit(self, lease: Lease, records: Sequence[Record]) -> list[Record]:
        """Records in the order of their partitions, none before its turn, none twice."""
        admitted: list[Record] = []
        refused: set[Partition] = set()
        for record in records:
            partition = Partition(record.topic, record.partition)
            if partition in refused or partition not in lease.partitions:
                continue
            if record.offset < lease.next[partition]:
                if partition in lease.fresh or partition in lease.rewound:
                    continue  # fetched under an earlier lease, and handled
                self._begins_again(lease, record)
            if partition in lease.rewound:
                # Nothing is being fetched now, so after this seek the next batch begins there, or behind what was compacted.
                lease.rewound.discard(partition)
                if record.offset > lease.next[partition]:
                    self._consumer().seek(self._place(partition), lease.next[partition])
                    refused.add(partition)
                    continue
            lease.next[partition] = record.offset + 1
            lease.fresh.discard(partition)
            admitted.append(record)
        return admitted

    def _begins_again(self, lease: Lease, record: Record) -> None:
        """The log went back by itself: the topic was made anew under a running service. What was known of it is void."""
        partition = Partition(record.topic, record.partition)
        _log.error("%s begins again at offset %d: is it another topic of that name?", partition, record.offset)
        lease.committed[partition], lease.handled[partition] = record.offset, Handled(record.offset)

    def give_back(self, lease: Lease, offsets: Offsets) -> None:
        """Take these offsets and what follows them again. Of a dead lease, nothing."""
        for partition, offset in offsets.items():
            if not lease.alive or partition not in lease.partitions:
                continue
            if offset > lease.next.get(partition, offset):
                continue  # an earlier one went back before
            lease.next[partition] = offset
            lease.rewound.add(partition)
            try:
                self._consumer().seek(self._place(partition), offset)
            except (IllegalStateError, Unavailable):
                return  # partitions are moving: the lease ends now

    # --- commits ------------------------------------------------------------

    async def commit(self, lease: Lease, offsets: Offsets) -> bool:
        """Commit under a lease; never backwards. False if the lease has ended. Raises Unavailable."""
        if not lease.alive:
            return False
        forward = {p: offset for p, offset in offsets.items() if offset > lease.committed.get(p, -1)}
        if not forward:
            return True
        consumer = self._consumer()
        task = asyncio.ensure_future(consumer.commit({self._place(p): offset for p, offset in forward.items()}))
        self._commits.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._commits.discard(task)
        if task.cancelled() or not lease.alive:
            return False
        error = task.exception()
        if isinstance(error, MOVED):
            if self.lease is lease:
                self._end_lease()  # whoever is out of its group has no partitions, even before it is told so
            return False
        if error is not None:
            raise _unavailable(error) from error
        lease.committed.update(forward)
        return True

    # --- names --------------------------------------------------------------

    def _consumer(self) -> Consumer:
        consumer = self._consumer_of()
        if consumer is None:
            raise Unavailable("kafka: the consumer does not run")
        return consumer

    def _place(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition.topic, partition.number)

    def _partition(self, place: TopicPartition) -> Partition:
        return Partition(place.topic.removeprefix(self._prefix), place.partition)


class Grouped:
    """The side of a log that is its membership: what the port says of leases, on one `Group`."""

    group: Group

    @property
    def lease(self) -> Lease | None:
        """The lease in force."""
        return self.group.lease

    async def learn(self, lease: Lease) -> None:
        """Ask what is committed of the lease's partitions. Raises Unavailable."""
        await self.group.learn(lease)

    async def commit(self, lease: Lease, offsets: Offsets) -> bool:
        """Commit under a lease."""
        return await self.group.commit(lease, offsets)

    def give_back(self, lease: Lease, offsets: Offsets) -> None:
        """Take these offsets again."""
        self.group.give_back(lease, offsets)

    def start_at(self, places: Offsets) -> None:
        """Where a fresh process begins in partitions it is given for the first time, if that is before what is committed."""
        self.group.start_at = dict(places)


def first_offsets(records: Iterable[Record]) -> dict[Partition, int]:
    """The lowest offset of each partition: where to begin again."""
    firsts: dict[Partition, int] = {}
    for record in records:
        partition = Partition(record.topic, record.partition)
        firsts[partition] = min(firsts.get(partition, record.offset), record.offset)
    return firsts


def _unavailable(error: BaseException) -> Unavailable:
    return Unavailable(f"kafka: {type(error).__name__}")

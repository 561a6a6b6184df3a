"""A broker in memory: topics, groups, and consumers that behave as aiokafka's do, with their quirks.

Kept true on purpose, as each has cost or could cost a promise: during a rebalance `assignment()` shows the old set until the
new one arrives; the revoked callback is awaited before the join, the assigned one runs when the new set can be seen already;
a position after an assignment is what is committed, else the earliest; a commit carries the generation that is current when
its request leaves, and is tried for ever while the broker's answers are retriable.

Every request goes through a hook (`Hook`), by default at once: the simulation stalls, repeats, loses and refuses there.
Left out: static membership, leaving after max.poll.interval, more than one broker.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Protocol, TypeVar

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaError,
    UnknownMemberIdError,
    UnknownTopicOrPartitionError,
)

from runtime.log.port import Record

Result = TypeVar("Result")
Joined = tuple[int, frozenset[TopicPartition]]  # generation, and what the member got

RETRY_SECONDS = 0.1
REBALANCE_SECONDS = 60.0  # a member that has not joined by then is left behind


class Hook(Protocol):
    """How a request travels: `apply` is what the broker does with it. May delay, refuse, do it late or forget the answer."""

    async def __call__(self, operation: str, apply: Callable[[], Result], /) -> Result: ...


class Listener(Protocol):
    """aiokafka's ConsumerRebalanceListener, asynchronous."""

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None: ...
    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None: ...


async def at_once(_operation: str, apply: Callable[[], Result]) -> Result:
    """The hook of a broker that never fails."""
    return apply()


def nothing() -> None:
    """A request that changes nothing."""


@dataclass(slots=True)
class _Topic:
    partitions: list[list[Record]]
    begins: list[int]


@dataclass(slots=True)
class Member:
    """A member of a group as the broker knows it. `rebalancing` tells it to come and join anew."""

    name: str
    topics: frozenset[str]
    rebalancing: Callable[[], None]
    answer: asyncio.Future[Joined | None] | None = None
    holds: frozenset[TopicPartition] = frozenset()


@dataclass(slots=True)
class Group:
    """One consumer group: who is in it, which generation, what it has committed."""

    broker: "MemoryBroker"
    generation: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    committed: dict[TopicPartition, int] = field(default_factory=dict)
    joining: bool = False

    def join(self, member: Member) -> asyncio.Future[Joined | None]:
        """A member comes, or comes anew; the answer is there when everybody has come. None: it was left behind meanwhile."""
        answer = member.answer = asyncio.get_running_loop().create_future()
        self.members[member.name] = member
        if not self.joining:
            self._begin()
        self._complete()
        return answer

    def remove(self, name: str) -> None:
        """A member leaves, or was silent for longer than the session timeout. It hears of it when it asks."""
        gone = self.members.pop(name, None)
        if gone is None:
            return
        _answer(gone, None)
        gone.rebalancing()
        if not self.joining and self.members:
            self._begin()
        self._complete()

    def in_force(self, name: str, generation: int) -> bool:
        """Whether this member's join of that generation still counts."""
        return name in self.members and generation == self.generation and not self.joining

    def commit(self, name: str, generation: int, offsets: Mapping[TopicPartition, int]) -> None:
        """Take offsets. The broker looks at member and generation alone, never at who holds the partition."""
        if name not in self.members:
            raise UnknownMemberIdError
        if generation != self.generation:
            raise IllegalGenerationError
        self.committed.update(offsets)

    def _begin(self) -> None:
        self.joining = True
        for member in self.members.values():
            if member.answer is None:
                member.rebalancing()
        self.broker.later(REBALANCE_SECONDS, partial(self._leave_behind, self.generation))

    def _leave_behind(self, generation: int) -> None:
        if self.joining and generation == self.generation:
            for name in [name for name, member in self.members.items() if member.answer is None]:
                self.members.pop(name).rebalancing()
            self._complete()

    def _complete(self) -> None:
        if not self.joining or any(member.answer is None for member in self.members.values()):
            return
        self.joining = False
        self.generation += 1
        cluster = SimpleNamespace(partitions_for_topic=self.broker.partitions_for_topic)
        wanted = {member.name: SimpleNamespace(subscription=sorted(member.topics)) for member in self.members.values()}
        shares = RangePartitionAssignor.assign(cluster, wanted) if wanted else {}
        for member in self.members.values():
            member.holds = frozenset(shares[member.name].partitions())
            _answer(member, (self.generation, member.holds))


def _answer(member: Member, answer: Joined | None) -> None:
    waiting, member.answer = member.answer, None
    if waiting is not None and not waiting.done():
        waiting.set_result(answer)


class MemoryBroker:
    """Topics and groups. `clock` tells the append time in ms; appended is final, offsets have no gaps."""

    def __init__(self, topics: Mapping[str, int], clock: Callable[[], int], cluster: str = "memory") -> None:
        """`topics`: how many partitions each has."""
        self._topics = {name: _Topic([[] for _ in range(count)], [0] * count) for name, count in topics.items()}
        self._clock, self.cluster = clock, cluster
        self._groups: dict[str, Group] = {}
        self._context = copy_context()  # its timers are its own, not those of whoever asked
        self._readers: list[MemoryConsumer] = []

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something of its own accord after a while."""
        asyncio.get_running_loop().call_later(seconds, work, context=self._context)

    def group(self, name: str) -> Group:
        """A group, made when first asked for."""
        return self._groups.setdefault(name, Group(self))

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """The numbers of a topic's partitions; None if there is no such topic."""
        known = self._topics.get(topic)
        return set(range(len(known.partitions))) if known is not None else None

    def records(self, place: TopicPartition) -> list[Record]:
        """All records of a partition, by offset. Raises UnknownTopicOrPartitionError."""
        topic = self._topics.get(place.topic)
        if topic is None or place.partition >= len(topic.partitions):
            raise UnknownTopicOrPartitionError
        return topic.partitions[place.partition]

    def append(
        self, place: TopicPartition, key: bytes | None, value: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Record:
        """Add one record behind the last; its readers wake up."""
        log = self.records(place)
        record = Record(place.topic, place.partition, len(log), self._clock(), key, value, headers or {})
        log.append(record)
        for reader in self._readers:
            reader.arrived(place)
        return record

    def end(self, place: TopicPartition) -> int:
        """The offset behind the last record."""
        return len(self.records(place))

    def begin(self, place: TopicPartition) -> int:
        """The first offset that is still there."""
        self.records(place)
        begins = self._topics[place.topic].begins
        return begins[int(place.partition)]

    def forget(self, place: TopicPartition, below: int) -> None:
        """Retention: what stands below this offset is gone."""
        self._topics[place.topic].begins[place.partition] = below

    def read(self, place: TopicPartition, offset: int, limit: int) -> list[Record]:
        """Records of a partition from an offset on; below the beginning means the beginning."""
        start = max(offset, self.begin(place))
        return self.records(place)[start : start + limit]

    def attend(self, reader: "MemoryConsumer") -> None:
        """Tell this consumer of what arrives."""
        self._readers.append(reader)

    def leave(self, reader: "MemoryConsumer") -> None:
        """Tell it no more."""
        if reader in self._readers:
            self._readers.remove(reader)


class MemoryConsumer:
    """A member of a group with the part of AIOKafkaConsumer that the product uses."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Iterable[str], name: str, hook: Hook = at_once) -> None:
        """`name`: the member's; a restarted process has another one."""
        self._broker, self._hook = broker, hook
        self._group, self.topics = broker.group(group), frozenset(topics)
        self._member = Member(name, self.topics, self._called)
        self._generation = -1
        self._assignment: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._reassigning = True
        self._rejoin = asyncio.Event()
        self._news = asyncio.Event()  # records or another assignment
        self._sending = asyncio.Lock()  # one commit at a time
        self._coordination: asyncio.Task[None] | None = None
        self.stopped = False

    async def start(self, listener: Listener) -> None:
        """Join the group, in the background."""
        self._broker.attend(self)
        self._rejoin.set()
        self._coordination = asyncio.create_task(self._coordinate(listener), name="coordination")

    async def stop(self) -> None:
        """Leave the group."""
        self.stopped = True
        self._news.set()
        if self._coordination is not None:
            self._coordination.cancel()
            await asyncio.wait([self._coordination])
        self._broker.leave(self)
        self._group.remove(self._member.name)

    def arrived(self, place: TopicPartition) -> None:
        """Something was appended."""
        if place in self._assignment:
            self._news.set()

    def expire(self) -> None:
        """The broker has not heard of it for longer than the session timeout."""
        self._group.remove(self._member.name)

    # --- the group ----------------------------------------------------------

    def _called(self) -> None:
        self._rejoin.set()

    async def _coordinate(self, listener: Listener) -> None:
        while True:
            await self._rejoin.wait()
            await self._insist("heartbeat", nothing)  # its answer says that a rebalance has begun
            self._rejoin.clear()
            self._reassigning = True
            await listener.on_partitions_revoked(set(self._assignment))
            generation, holds = await self._join()
            self._generation, self._assignment, self._positions = generation, holds, {}
            self._reassigning = False
            self._news.set()
            await listener.on_partitions_assigned(set(holds))

    async def _join(self) -> Joined:
        while True:
            self._rejoin.clear()
            joined = await (await self._insist("join", lambda: self._group.join(self._member)))
            if joined is not None and await self._insist("sync", partial(self._group.in_force, self._member.name, joined[0])):
                return joined

    async def _insist(self, operation: str, apply: Callable[[], Result]) -> Result:
        while True:
            try:
                return await self._hook(operation, apply)
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)

    # --- as aiokafka's --------------------------------------------------------

    def assignment(self) -> set[TopicPartition]:
        """The partitions of the last assignment, also while the next is being made."""
        return set(self._assignment)

    def subscription(self) -> frozenset[str]:
        """The topics."""
        return self.topics

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """The numbers of a topic's partitions; None if it is not known."""
        return self._broker.partitions_for_topic(topic)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Raises IllegalStateError, CommitFailedError, or the broker's error if it is not retriable; tries others for ever."""
        for place in offsets:
            self._check(place)
        while True:
            await self._hook("coordinator", nothing)
            generation = self._generation
            try:
                async with self._sending:
                    generation = self._generation
                    send = partial(self._group.commit, self._member.name, generation, dict(offsets))
                    await asyncio.shield(asyncio.ensure_future(self._hook("commit", send)))
            except (UnknownMemberIdError, IllegalGenerationError) as error:
                if generation == self._generation and not self._reassigning:
                    self._rejoin.set()
                raise CommitFailedError from error
            except KafkaError as error:
                if not error.retriable:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def committed(self, place: TopicPartition) -> int | None:
        """What the group has committed, whoever did; None if nothing."""
        return await self._hook("committed", lambda: self._group.committed.get(place))

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Go on from there. Raises IllegalStateError."""
        self._check(place)
        self._positions[place] = offset
        self._news.set()

    async def position(self, place: TopicPartition) -> int:
        """The next offset to be fetched. Raises IllegalStateError."""
        self._check(place)
        await self._locate([place])
        self._check(place)
        return self._positions[place]

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offsets behind the last records. Needs no assignment."""
        asked = list(places)
        return await self._hook("ends", lambda: {place: self._broker.end(place) for place in asked})

    async def beginning_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still there."""
        asked = list(places)
        return await self._hook("begins", lambda: {place: self._broker.begin(place) for place in asked})

    async def getmany(self, *, timeout_ms: int = 0, max_records: int = 500) -> dict[TopicPartition, list[Record]]:
        """Records behind the positions, which move; {} after the time-out. During a rebalance it waits for the assignment."""
        until = asyncio.get_running_loop().time() + timeout_ms / 1000
        while True:
            self._news.clear()
            found = await self._fetch(max_records) if not self._reassigning else {}
            if found or self.stopped or not await self._woken(until):
                return found

    async def _woken(self, until: float) -> bool:
        """Whether there was news before the time is up. A rebalance has no time-out, as in aiokafka."""
        if self._reassigning:
            await self._news.wait()
            return True
        loop = asyncio.get_running_loop()
        if loop.time() >= until:
            return False
        timer = loop.call_at(until, self._news.set)
        await self._news.wait()
        timer.cancel()
        return loop.time() < until

    async def _fetch(self, limit: int) -> dict[TopicPartition, list[Record]]:
        assignment = self._assignment
        await self._locate(assignment)
        before = dict(self._positions)
        if not any(self._broker.end(place) > before.get(place, 0) for place in assignment):
            return {}  # a fetch waits at the broker until there is something
        fetched = await self._hook("fetch", partial(self._read, before, limit))
        if self._assignment is not assignment or self._reassigning:
            return {}
        taken = {place: records for place, records in fetched.items() if self._positions[place] == before[place]}
        self._positions.update({place: records[-1].offset + 1 for place, records in taken.items()})
        return taken

    def _read(self, positions: Mapping[TopicPartition, int], limit: int) -> dict[TopicPartition, list[Record]]:
        found: dict[TopicPartition, list[Record]] = {}
        for place, offset in positions.items():
            records = self._broker.read(place, offset, limit)
            if records:
                found[place] = records
                limit -= len(records)
            if not limit:
                break
        return found

    async def _locate(self, places: Iterable[TopicPartition]) -> None:
        """Positions that are not known yet: what is committed, else the beginning."""
        assignment = self._assignment
        unknown = [place for place in sorted(places) if place not in self._positions]
        if not unknown:
            return
        committed = await self._insist("positions", lambda: {p: self._group.committed.get(p) for p in unknown})
        if self._assignment is assignment:
            for place in unknown:
                at = committed[place]
                self._positions.setdefault(place, self._broker.begin(place) if at is None else at)

    def _check(self, place: TopicPartition) -> None:
        if place not in self._assignment:
            raise IllegalStateError(f"No current assignment for partition {place}")

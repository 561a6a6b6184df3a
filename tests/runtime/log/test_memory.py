"""The log's twin: the port's suite, and aiokafka's quirks that it keeps."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaTimeoutError

from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker, MemoryConsumer
from tests.runtime.log.suite import LogSuite, Reader

PLACE = TopicPartition("things", 0)
Result = TypeVar("Result")


def make_broker(partitions: int = 2) -> MemoryBroker:
    return MemoryBroker({"things": partitions, "others": partitions}, lambda: round(time.time() * 1000))


class MemoryBench:
    """Twins of processes around one broker."""

    def __init__(self) -> None:
        self.broker = make_broker()
        self.log = MemoryLog("readers", self.broker)
        self.members: dict[str, MemoryLog] = {}

    async def join(self, member: str, reader: Reader) -> MemoryLog:
        """Another twin of the service."""
        log = self.members[member] = MemoryLog("readers", self.broker, member=member, max_records=2)
        log.subscribe(["things", "others"], reader.handle)
        await log.start()
        while log.lease is None:
            await asyncio.sleep(0)
        return log

    async def leave(self, member: str) -> None:
        """It stops."""
        await self.members.pop(member).stop()

    async def bury(self, topic: str, key: str) -> None:
        """Null for the partition that holds the key's records."""
        place = next(p for number in range(2) if self.broker.end(p := TopicPartition(topic, number)))
        self.broker.append(place, key.encode(), None)


class TestMemoryLog(LogSuite):
    """The twin is what the port says."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator[MemoryBench]:
        bench = MemoryBench()
        yield bench
        for log in bench.members.values():
            await log.stop()


class Watcher:
    """A listener that writes down what it is told, and may hold a rebalance up."""

    def __init__(self) -> None:
        self.told: list[tuple[str, set[TopicPartition]]] = []
        self.seen: list[set[TopicPartition]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.consumer: MemoryConsumer | None = None

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self.told.append(("revoked", revoked))
        await self.gate.wait()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self.told.append(("assigned", assigned))
        self.seen.append(self.consumer.assignment() if self.consumer else set())


async def member(broker: MemoryBroker, name: str) -> tuple[MemoryConsumer, Watcher]:
    watcher = Watcher()
    consumer = watcher.consumer = MemoryConsumer(broker, "readers", ["things", "others"], name)
    await consumer.start(watcher)
    return consumer, watcher


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_member_gets_partition_n_of_all_topics() -> None:
    broker = make_broker(3)
    first, _ = await member(broker, "a")
    second, _ = await member(broker, "b")
    await settled()

    assert {(place.topic, place.partition) for place in first.assignment()} == {
        (topic, number) for topic in ("things", "others") for number in (0, 1)
    }
    assert {place.partition for place in second.assignment()} == {2}
    await first.stop()
    await second.stop()


async def test_the_old_assignment_is_seen_until_the_new_one_is_there() -> None:
    broker = make_broker()
    first, watcher = await member(broker, "a")
    await settled()
    all_four = first.assignment()
    watcher.gate.clear()

    second, _ = await member(broker, "b")
    await settled()
    assert watcher.told[-1] == ("revoked", all_four)
    assert first.assignment() == all_four
    assert second.assignment() == set()

    watcher.gate.set()
    await settled()
    assert len(first.assignment()) == len(second.assignment()) == 2
    assert watcher.seen[-1] == first.assignment()
    await first.stop()
    await second.stop()


async def test_a_commit_across_two_rebalances_goes_out_under_the_current_generation() -> None:
    broker = make_broker()
    first, _ = await member(broker, "a")
    await settled()
    second, _ = await member(broker, "b")
    await settled()
    await second.commit({next(iter(second.assignment())): 7})
    moved = next(iter(second.assignment()))
    await second.stop()
    await settled()

    await first.commit({moved: 6})

    assert await first.committed(moved) == 6
    await first.stop()


async def test_a_member_that_was_silent_too_long_commits_nothing_and_joins_again() -> None:
    broker = make_broker()
    first, watcher = await member(broker, "a")
    await settled()
    first.expire()
    with pytest.raises(CommitFailedError):
        await first.commit({PLACE: 1})
    await settled()

    assert [what for what, _ in watcher.told] == ["revoked", "assigned", "revoked", "assigned"]
    await first.commit({PLACE: 1})
    assert await first.committed(PLACE) == 1
    await first.stop()


async def test_what_is_not_assigned_can_be_neither_sought_nor_committed_nor_asked_for() -> None:
    broker = make_broker()
    first, _ = await member(broker, "a")
    stranger = TopicPartition("things", 9)
    await settled()

    with pytest.raises(IllegalStateError):
        first.seek(stranger, 0)
    with pytest.raises(IllegalStateError):
        await first.commit({stranger: 1})
    with pytest.raises(IllegalStateError):
        await first.position(stranger)
    await first.stop()


async def test_a_position_begins_at_what_is_committed_else_at_the_first_record_still_there() -> None:
    broker = make_broker()
    for number in range(4):
        broker.append(PLACE, b"k", str(number).encode())
    broker.forget(PLACE, 1)
    first, _ = await member(broker, "a")
    await settled()
    assert await first.position(PLACE) == 1
    await first.commit({PLACE: 3})
    await first.stop()

    second, _ = await member(broker, "b")
    await settled()
    assert await second.position(PLACE) == 3
    assert [record.value for record in (await second.getmany())[PLACE]] == [b"3"]
    await second.stop()


async def test_nothing_is_handed_over_while_partitions_move() -> None:
    broker = make_broker()
    first, watcher = await member(broker, "a")
    await settled()
    watcher.gate.clear()
    second, _ = await member(broker, "b")
    await settled()
    broker.append(PLACE, b"k", b"1")

    waiting = asyncio.create_task(first.getmany(timeout_ms=1))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    watcher.gate.set()
    assert (await waiting)[PLACE][0].value == b"1"
    await first.stop()
    await second.stop()


class Refusing:
    """A hook that refuses some requests a number of times."""

    def __init__(self, operation: str, times: int) -> None:
        self.operation, self.left = operation, times

    async def __call__(self, operation: str, apply: Callable[[], Result], /) -> Result:
        if operation == self.operation and self.left > 0:
            self.left -= 1
            raise KafkaTimeoutError
        return apply()


async def test_a_batch_whose_committed_place_cannot_be_asked_for_again_and_again_comes_all_the_same() -> None:
    broker, reader = make_broker(), Reader()
    broker.append(PLACE, b"k", b"1")
    log = MemoryLog("readers", broker, Refusing("committed", 12))
    log.subscribe(["things", "others"], reader.handle)
    await log.start()

    await reader.until(1)
    assert reader.values == [b"1"]
    await log.stop()

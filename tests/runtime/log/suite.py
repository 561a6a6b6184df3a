"""One suite for the log port; each adapter inherits it, so that neither can be another than the port says."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from runtime.errors import Unavailable
from runtime.log import Lease, Log, Partition, Record, TooLargeError, Wire

PATIENCE = 20.0  # seconds; real groups take their time


@dataclass
class Reader:
    """A handler that keeps what it was given; `gate` closed makes it wait with a batch in hand."""

    batches: list[tuple[Lease, list[Record]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def handle(self, lease: Lease, records: Sequence[Record]) -> None:
        """Keep a batch."""
        self.batches.append((lease, list(records)))
        await self.gate.wait()

    @property
    def values(self) -> list[bytes | None]:
        """All values, in the order they came."""
        return [record.value for _, records in self.batches for record in records]

    async def until(self, count: int) -> None:
        """Wait for so many records."""
        async with asyncio.timeout(PATIENCE):
            while len(self.values) < count:
                await asyncio.sleep(0.01)


class Bench(Protocol):
    """What an adapter gives the suite: topics `things` and `others` with two partitions each, and members of one group."""

    @property
    def log(self) -> Log:
        """A process that reads with no group."""
        ...

    @abstractmethod
    async def join(self, member: str, reader: Reader) -> Log:
        """Another process of the service: a member that reads both topics into `reader`, at most two records a batch."""
        ...

    @abstractmethod
    async def leave(self, member: str) -> None:
        """The process ends well."""
        ...

    @abstractmethod
    async def bury(self, topic: str, key: str) -> None:
        """Write a null value."""
        ...


def wire(value: str, key: str = "k", topic: str = "things") -> Wire:
    return Wire(topic, key, value.encode())


def behind(records: Sequence[Record]) -> dict[Partition, int]:
    """The offsets to commit for these records."""
    return {Partition(record.topic, record.partition): record.offset + 1 for record in records}


async def commit_all(log: Log, reader: Reader, *, alive: bool = True) -> list[bool]:
    """Commit batch by batch, each under the lease it came with: those whose lease lives, or those whose lease is dead."""
    chosen = [(lease, records) for lease, records in reader.batches if lease.alive is alive]
    return [await log.commit(lease, behind(records)) for lease, records in chosen]


class LogSuite:
    """Tests of the port. A subclass gives the fixture `bench`."""

    async def test_records_of_a_key_are_read_back_in_order_with_key_and_headers(self, bench: Bench) -> None:
        await bench.log.publish([Wire("things", "a", b"1", (("reason", "lý do"),)), wire("2", "a"), wire("3", "a")])

        places = {Partition("things", number): 0 for number in range(2)}
        found = [record for records in (await bench.log.read(places, 10)).values() for record in records]
        assert [record.value for record in found] == [b"1", b"2", b"3"]
        assert [record.offset for record in found] == [0, 1, 2]
        assert {record.key for record in found} == {b"a"}
        assert found[0].headers == {"content-type": "application/cloudevents+json", "reason": "lý do"}
        assert found[0].timestamp <= found[2].timestamp

    async def test_a_key_has_the_same_partition_in_every_topic(self, bench: Bench) -> None:
        keys = [f"H37.12-{number}" for number in range(20)]
        await bench.log.publish([wire(key, key, topic) for topic in ("things", "others") for key in keys])

        places = {Partition(topic, number): 0 for topic in ("things", "others") for number in range(2)}
        found = await bench.log.read(places, 100)
        kept = {p: [record.key for record in records] for p, records in found.items()}
        assert kept[Partition("things", 0)] == kept[Partition("others", 0)]
        assert kept[Partition("things", 0)]
        assert kept[Partition("things", 1)]

    async def test_reading_begins_at_the_place_and_stops_at_the_limit(self, bench: Bench) -> None:
        await bench.log.publish([wire(str(number)) for number in range(5)])
        ends = await bench.log.ends([Partition("things", 0), Partition("things", 1)])
        (place,) = [partition for partition, end in ends.items() if end]

        assert [record.value for record in (await bench.log.read({place: 3}, 10))[place]] == [b"3", b"4"]
        assert [record.value for record in (await bench.log.read({place: 1}, 2))[place]] == [b"1", b"2"]
        assert await bench.log.read({place: 5}, 10) == {place: []}

    async def test_ends_begins_and_partitions_are_told(self, bench: Bench) -> None:
        await bench.log.publish([wire("1"), wire("2")])
        both = [Partition("things", number) for number in range(2)]

        assert sorted((await bench.log.ends(both)).values()) == [0, 2]
        assert set((await bench.log.begins(both)).values()) == {0}
        assert await bench.log.partitions(["things", "others", "missing"]) == {"things": 2, "others": 2}
        assert await bench.log.cluster()

    async def test_a_null_value_arrives_as_none(self, bench: Bench) -> None:
        reader = Reader()
        await bench.join("a", reader)
        await bench.log.publish([wire("1")])
        await bench.bury("things", "k")
        await reader.until(2)

        assert reader.values == [b"1", None]
        found = await bench.log.read({Partition("things", number): 0 for number in range(2)}, 10)
        assert [record.value for records in found.values() for record in records] == [b"1", None]

    async def test_what_is_too_large_is_told_by_its_number_and_the_rest_is_taken(self, bench: Bench) -> None:
        giant = Wire("things", "k", b"x" * 1_200_000)

        with pytest.raises(TooLargeError) as refused:
            await bench.log.publish([wire("1"), giant, wire("3"), giant])

        assert refused.value.numbers == (1, 3)
        await bench.log.publish([wire("4")])
        found = await bench.log.read({Partition("things", number): 0 for number in range(2)}, 10)
        values = [record.value for records in found.values() for record in records]
        assert values[-1] == b"4"
        assert all(len(value or b"") < 10 for value in values)

    async def test_headers_count_where_a_record_is_too_large(self, bench: Bench) -> None:
        with pytest.raises(TooLargeError):
            await bench.log.publish([Wire("things", "k", b"x" * 1_048_000, (("reason", "r" * 2_000),))])

    async def test_commits_are_kept_for_the_group(self, bench: Bench) -> None:
        reader = Reader()
        log = await bench.join("a", reader)
        await bench.log.publish([wire("1"), wire("2"), wire("3")])
        await reader.until(3)

        assert await bench.log.committed(reader.batches[0][0].partitions) == {}
        assert all(await commit_all(log, reader))
        place = Partition("things", reader.batches[0][1][0].partition)
        assert await bench.log.committed([place, Partition("others", 0)]) == {place: 3}
        assert reader.batches[0][0].committed[place] == 3

    async def test_a_new_member_goes_on_behind_what_was_committed(self, bench: Bench) -> None:
        first, second = Reader(), Reader()
        log = await bench.join("a", first)
        await bench.log.publish([wire(str(number)) for number in range(4)])
        await first.until(4)
        lease, records = first.batches[0]
        assert await log.commit(lease, behind(records))
        await bench.leave("a")

        await bench.join("b", second)
        await second.until(4 - len(records))
        assert second.values == [b"0", b"1", b"2", b"3"][len(records) :]

    async def test_a_lease_is_dead_before_another_member_is_given_its_partitions(self, bench: Bench) -> None:
        first, second = Reader(), Reader()
        await bench.join("a", first)
        await bench.log.publish([wire(f"{key}", f"key-{key}") for key in range(20)])
        await first.until(20)
        before = first.batches[0][0]

        await bench.join("b", second)
        await second.until(1)
        assert not before.alive
        assert all(lease is not before and lease.alive for lease, _ in second.batches)

    async def test_a_commit_under_a_dead_lease_is_refused_and_moves_nothing(self, bench: Bench) -> None:
        first, second = Reader(), Reader()
        log = await bench.join("a", first)
        await bench.log.publish([wire(f"{key}", f"key-{key}") for key in range(20)])
        await first.until(20)

        await bench.join("b", second)
        await second.until(1)
        answers = await commit_all(log, first, alive=False)
        assert answers
        assert not any(answers)
        assert await bench.log.committed([Partition("things", number) for number in range(2)]) == {}

    async def test_a_commit_never_goes_back(self, bench: Bench) -> None:
        reader = Reader()
        log = await bench.join("a", reader)
        await bench.log.publish([wire("1"), wire("2"), wire("3")])
        await reader.until(3)
        place, lease = Partition("things", reader.batches[0][1][0].partition), reader.batches[0][0]

        assert await log.commit(lease, {place: 3})
        assert await log.commit(lease, {place: 1})
        assert await bench.log.committed([place]) == {place: 3}

    async def test_what_is_given_back_comes_again_with_what_follows_it(self, bench: Bench) -> None:
        reader = Reader()
        log = await bench.join("a", reader)
        await bench.log.publish([wire(str(number)) for number in range(4)])
        await reader.until(4)
        lease, place = reader.batches[0][0], Partition("things", reader.batches[0][1][0].partition)

        log.give_back(lease, {place: 1})
        await reader.until(7)
        assert reader.values == [b"0", b"1", b"2", b"3", b"1", b"2", b"3"]

    async def test_giving_back_while_a_batch_is_handled_lets_nothing_overtake(self, bench: Bench) -> None:
        reader = Reader()
        log = await bench.join("a", reader)
        await bench.log.publish([wire("0"), wire("1")])
        await reader.until(2)
        reader.gate.clear()
        await bench.log.publish([wire("2"), wire("3")])
        await reader.until(3)
        lease, place = reader.batches[0][0], Partition("things", reader.batches[0][1][0].partition)

        log.give_back(lease, {place: 0})
        reader.gate.set()
        await reader.until(len(reader.values) + 4)
        assert reader.values[-4:] == [b"0", b"1", b"2", b"3"]

    async def test_nothing_is_given_back_of_a_dead_lease(self, bench: Bench) -> None:
        first, second, third = Reader(), Reader(), Reader()
        log = await bench.join("a", first)
        await bench.log.publish([wire(f"{key}", f"key-{key}") for key in range(20)])
        await first.until(20)
        await commit_all(log, first)
        dead = first.batches[0][0]
        await bench.join("b", second)
        await bench.leave("b")

        log.give_back(dead, dict.fromkeys(dead.partitions, 0))
        await bench.log.publish([wire("new", "key-1")])
        await first.until(21)
        assert first.values[20:] == [b"new"]
        assert third.values == []

    async def test_a_group_is_set_back_from_outside_only_while_nobody_is_in_it(self, bench: Bench) -> None:
        await bench.log.publish([wire("1"), wire("2")])
        both = {Partition("things", number): 0 for number in range(2)}
        reader = Reader()
        member = await bench.join("a", reader)
        await reader.until(2)
        await commit_all(member, reader)
        with pytest.raises(Unavailable):
            await bench.log.set_back(both)
        await bench.leave("a")

        await bench.log.set_back(both)
        assert await bench.log.committed(both) == both

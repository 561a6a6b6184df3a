"""Leases on a consumer made by hand: answers and orders of events that no broker gives when a test asks for them."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    GroupAuthorizationFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaTimeoutError,
    NodeNotReadyError,
    RebalanceInProgressError,
    UnknownError,
    UnknownMemberIdError,
)

from runtime.errors import Unavailable
from runtime.log import Lease, Partition, Record
from runtime.log.group import Group

PLACE, WHERE = Partition("things", 0), TopicPartition("things", 0)
MOVED = (CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError, UnknownMemberIdError)
AWAY = (UnknownError, NodeNotReadyError, KafkaTimeoutError, GroupAuthorizationFailedError, OSError, TimeoutError)


class HandConsumer:
    """A member of a group that answers as it is told."""

    def __init__(self) -> None:
        self.kept: dict[TopicPartition, int] = {}
        self.sought: list[int] = []
        self.end = 1000
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep them, when the gate opens."""
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.kept.update(offsets)

    async def committed(self, partition: TopicPartition) -> int | None:
        """What is kept."""
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.kept.get(partition)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Where the log ends."""
        return dict.fromkeys(partitions, self.end)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Noted, unless partitions are moving."""
        if isinstance(self.error, IllegalStateError):
            raise self.error
        self.sought.append(offset)


def records(*offsets: int, topic: str = "things") -> list[Record]:
    return [Record(topic, 0, offset, 0, b"k", b"v") for offset in offsets]


async def joined(consumer: HandConsumer) -> tuple[Group, Lease]:
    """A group with a lease of one partition."""
    group = Group(lambda: consumer, "")
    await group.on_partitions_assigned({WHERE})
    assert group.lease is not None
    return group, group.lease


def offsets(taken: tuple[Lease | None, list[Record]]) -> list[int]:
    return [record.offset for record in taken[1]]


@pytest.mark.parametrize("error", MOVED)
async def test_a_commit_that_is_refused_because_partitions_moved_ends_the_lease(error: type[Exception]) -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    consumer.error = error()

    assert not await group.commit(lease, {PLACE: 1})
    assert not lease.alive
    assert group.lease is None


@pytest.mark.parametrize("error", AWAY)
async def test_a_commit_that_is_refused_for_anything_else_is_tried_again_under_the_same_lease(error: type[Exception]) -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    consumer.error = error()
    with pytest.raises(Unavailable, match=error.__name__):
        await group.commit(lease, {PLACE: 1})
    consumer.error = None

    assert lease.alive
    assert await group.commit(lease, {PLACE: 1})
    assert consumer.kept == {WHERE: 1}


async def test_a_commit_that_is_on_its_way_is_cancelled_when_the_partitions_are_revoked() -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    consumer.gate.clear()
    committing = asyncio.create_task(group.commit(lease, {PLACE: 1}))
    await asyncio.sleep(0)

    await group.on_partitions_revoked({WHERE})
    consumer.gate.set()
    assert not await committing
    assert consumer.kept == {}


async def test_records_fetched_under_an_earlier_lease_are_not_handled_and_pass_nothing_over() -> None:
    consumer = HandConsumer()
    group, _ = await joined(consumer)
    late = records(5, 6)  # fetched now, handed over when the partition has gone away and come back
    await group.on_partitions_revoked({WHERE})
    consumer.kept[WHERE] = 3
    await group.on_partitions_assigned({WHERE})

    assert offsets(await group.take(late)) == []
    assert consumer.sought == [3]
    assert offsets(await group.take(records(3, 4, 5, 6))) == [3, 4, 5, 6]


async def test_records_handed_over_while_partitions_move_or_of_partitions_that_left_are_not_handled() -> None:
    group, _ = await joined(HandConsumer())
    assert offsets(await group.take(records(0, topic="others"))) == []
    await group.on_partitions_revoked({WHERE})

    assert await group.take(records(0)) == (None, [])


async def test_records_below_what_is_committed_are_not_handled_again() -> None:
    consumer = HandConsumer()
    consumer.kept[WHERE] = 2
    group, _ = await joined(consumer)

    assert offsets(await group.take(records(0, 1, 2, 3))) == [2, 3]


async def test_a_lease_that_ends_while_it_learns_admits_nothing() -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    consumer.gate.clear()
    taking = asyncio.create_task(group.take(records(0)))
    await asyncio.sleep(0)
    await group.on_partitions_revoked({WHERE})
    consumer.gate.set()

    assert await taking == (None, [])
    assert lease.committed == {}


async def test_offsets_that_the_log_has_no_record_at_are_passed_over() -> None:
    consumer = HandConsumer()
    group, _ = await joined(consumer)

    assert offsets(await group.take(records(7, 9))) == []  # it cannot be told from a batch of an earlier lease
    assert offsets(await group.take(records(7, 9))) == [7, 9]
    assert offsets(await group.take(records(12))) == [12]
    assert consumer.sought == [0]


async def test_while_nobody_can_be_asked_what_is_committed_records_go_back() -> None:
    consumer = HandConsumer()
    group, _ = await joined(consumer)
    consumer.error = UnknownError()  # a seek asks nobody
    assert await group.take(records(0, 1)) == (None, [])
    consumer.error = None

    assert consumer.sought == [0]
    assert offsets(await group.take(records(0, 1))) == [0, 1]


async def test_a_commit_behind_the_end_is_of_a_topic_that_was_made_anew() -> None:
    consumer = HandConsumer()
    consumer.kept[WHERE], consumer.end = 900, 5
    group, lease = await joined(consumer)
    taken = await group.take(records(0, 1, 2))

    assert [record.offset for record in taken[1]] == [0, 1, 2]
    assert lease.committed[PLACE] == 0


async def test_a_topic_made_anew_under_a_running_service_is_read_from_its_beginning() -> None:
    consumer = HandConsumer()
    consumer.kept[WHERE] = 7
    group, _ = await joined(consumer)
    before = await group.take(records(7, 8))
    after = await group.take(records(0, 1))

    assert [record.offset for record in (*before[1], *after[1])] == [7, 8, 0, 1]


async def test_giving_back_while_partitions_move_is_no_error() -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    assert offsets(await group.take(records(0, 1))) == [0, 1]
    consumer.error = IllegalStateError()

    group.give_back(lease, {PLACE: 0})
    assert consumer.sought == []


async def test_what_was_fetched_before_a_batch_went_back_is_not_handled_before_that_batch() -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    assert offsets(await group.take(records(0, 1))) == [0, 1]
    late = records(2, 3)  # fetched now, handed over when the batch before has gone back
    group.give_back(lease, {PLACE: 0})

    assert offsets(await group.take(late)) == []
    assert consumer.sought == [0, 0]
    assert offsets(await group.take(records(0, 1, 2, 3))) == [0, 1, 2, 3]


async def test_of_two_batches_that_go_back_the_earlier_one_is_read_first_whichever_goes_back_last() -> None:
    consumer = HandConsumer()
    group, lease = await joined(consumer)
    assert offsets(await group.take(records(0, 1, 2, 3))) == [0, 1, 2, 3]
    group.give_back(lease, {PLACE: 0})
    group.give_back(lease, {PLACE: 2})

    assert consumer.sought == [0]
    assert offsets(await group.take(records(0, 1, 2, 3))) == [0, 1, 2, 3]

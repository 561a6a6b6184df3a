"""Timers: once, never early, never before a fact that is already in the log, and never forgotten."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from aiokafka.errors import UnknownError

from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.log import Partition
from runtime.outputs import Decision
from runtime.store import Document
from runtime.timers import Timers
from tests.runtime.hand import ASKS, DUE, GIANT, IN, NOW, Bench, HandMachine, Member, fact, fire, say, settled, until

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A broker and a store."""
    bench = Bench()
    yield bench
    await bench.close()


def set_timer(bench: Bench, subject: str = "a", after: timedelta = timedelta()) -> None:
    """A record that sets one."""
    bench.put(subject, fact("start", subject, "due", NOW + after))


async def with_timer(bench: Bench, subject: str = "a", after: timedelta = timedelta()) -> Member:
    """A member that has handled a record that set a timer."""
    set_timer(bench, subject, after)
    member = await bench.reading()
    await bench.until_committed(1)
    return member


def fired(bench: Bench) -> list[str]:
    return [name for name in bench.said() if name.endswith("/overdue")]


async def test_a_timer_fires_once(bench: Bench) -> None:
    member = await with_timer(bench)
    bench.machine.pass_by(2 * MINUTE)
    for _ in range(3):
        await member.timers.sweep()
        bench.machine.pass_by(MINUTE)

    assert fired(bench) == ["a/overdue"]
    assert DUE not in bench.thing()
    assert bench.open_intents() == []


async def test_a_timer_does_not_fire_before_the_watermark_less_a_minute(bench: Bench) -> None:
    member = await with_timer(bench, after=timedelta(minutes=10))
    bench.machine.pass_by(timedelta(minutes=10, seconds=59))
    await member.timers.sweep()
    assert fired(bench) == []

    bench.machine.pass_by(timedelta(seconds=1))
    await member.timers.sweep()
    assert fired(bench) == ["a/overdue"]


@pytest.mark.parametrize("topic", [IN, ASKS])
async def test_a_timer_does_not_fire_while_a_record_of_its_partition_is_not_handled(bench: Bench, topic: str) -> None:
    member = await with_timer(bench, after=timedelta(minutes=5))
    member.way.hold("publish")
    bench.machine.pass_by(timedelta(minutes=10))
    bench.tell("2", topic=topic)
    await until(lambda: "publish" in member.way.waiting)
    await member.timers.sweep()
    assert fired(bench) == []

    member.way.let_go("publish")
    await bench.until_committed(1 if topic == ASKS else 2, topic)
    await member.timers.sweep()
    assert fired(bench) == ["a/overdue"]


async def test_while_records_wait_a_timer_fires_up_to_the_time_of_the_last_handled_one(bench: Bench) -> None:
    set_timer(bench, "sooner", after=timedelta(minutes=9))
    set_timer(bench, "later", after=timedelta(minutes=9, seconds=1))
    bench.machine.pass_by(timedelta(minutes=10))
    bench.tell("2")
    member = await bench.reading()
    await bench.until_committed(3)
    bench.machine.pass_by(timedelta(minutes=10))
    member.way.hold("commit")
    bench.tell("3")
    await until(lambda: "commit" in member.way.waiting)
    await member.timers.sweep()

    assert fired(bench) == ["sooner/overdue"]


async def test_timers_of_a_partition_that_left_are_not_fired_here(bench: Bench) -> None:
    member = await with_timer(bench)
    bench.machine.pass_by(2 * MINUTE)
    member.way.hold("join")
    member.log.expire()
    await until(lambda: member.log.lease is None)
    await member.timers.sweep()

    assert fired(bench) == []
    assert member.way.count("find things") == 0


async def test_timers_of_a_partition_that_came_back_are_fired(bench: Bench) -> None:
    member = await with_timer(bench)
    member.way.hold("join")
    member.log.expire()
    other = await bench.reading("b")
    bench.tell("2", "3", "4")
    await bench.until_committed(4)
    await bench.leave(other)
    member.way.let_go("join")
    await until(lambda: member.log.lease is not None)
    bench.machine.pass_by(2 * MINUTE)
    await member.timers.sweep()

    lease = member.log.lease
    assert lease is not None
    assert lease.handled[Partition(IN, 0)].next_offset == 4
    assert fired(bench) == ["a/overdue"]


async def test_the_timers_of_each_partition_are_fired_by_the_process_that_has_it() -> None:
    bench = Bench(partitions=2)
    things = [f"thing-{number}" for number in range(8)]
    for thing in things:
        set_timer(bench, thing)
    one = await bench.reading()
    await until(lambda: sum(bench.committed(IN, number) or 0 for number in (0, 1)) == 8)
    two = await bench.reading("b")
    await until(lambda: one.log.lease is not None and len(one.log.lease.partitions) == 2)
    bench.machine.pass_by(2 * MINUTE)
    await one.timers.sweep()
    of_one = fired(bench)
    await two.timers.sweep()

    assert 0 < len(of_one) < 8
    assert sorted(fired(bench)) == [f"{thing}/overdue" for thing in things]
    await bench.close()


async def test_a_machine_whose_clock_is_ahead_of_the_stores_fires_nothing_early(bench: Bench) -> None:
    ahead = HandMachine()
    ahead.pass_by(timedelta(minutes=30))
    set_timer(bench, after=timedelta(minutes=10))
    member = await bench.reading(machine=ahead)
    await bench.until_committed(1)
    await member.timers.sweep()
    assert fired(bench) == []
    assert member.gauge("clock_ahead_seconds") == 30 * 60

    for machine in (bench.machine, ahead):
        machine.pass_by(timedelta(minutes=11))
    await member.timers.sweep()
    assert fired(bench) == ["a/overdue"]


async def test_a_machine_whose_clock_is_behind_the_stores_fires_by_its_own(bench: Bench) -> None:
    bench.store_ahead = timedelta(minutes=10)
    member = await with_timer(bench, after=timedelta(minutes=5))
    await member.timers.sweep()
    assert fired(bench) == []

    bench.machine.pass_by(timedelta(minutes=6))
    await member.timers.sweep()
    assert fired(bench) == ["a/overdue"]
    assert bench.thing()["fired_at"] == epoch_ms(bench.machine.now() - MINUTE)


async def test_a_document_whose_timer_raises_does_not_hold_up_the_others(bench: Bench) -> None:
    for subject in ("faulty-1", "a", "faulty-2", "b"):
        set_timer(bench, subject)
    member = await bench.reading()
    await bench.until_committed(4)
    bench.machine.pass_by(2 * MINUTE)
    await member.timers.sweep()

    assert sorted(fired(bench)) == ["a/overdue", "b/overdue"]
    assert member.counted("job_failures", job="timers") == 2
    assert member.gauge("jobs_due") == 2


async def test_a_document_that_cannot_be_saved_or_said_does_not_hold_up_the_others(bench: Bench) -> None:
    for subject in ("giant", "a", "b"):
        set_timer(bench, subject)
    member = await bench.reading()
    await bench.until_committed(3)

    def fire_much(document: Document, until: datetime, now: datetime) -> Decision:
        decision = fire(document, until, now)
        return Decision(decision.document, [say("giant", "overdue", GIANT)]) if document["_id"] == "giant" else decision

    bench.machine.pass_by(2 * MINUTE)
    await Timers(member.parts, member.loop, member.intents, DUE, fire_much).sweep()
    assert sorted(fired(bench)) == ["a/overdue", "b/overdue"]
    assert (DUE in bench.thing("giant"), member.counted("job_failures", job="timers")) == (True, 1)


async def test_more_partitions_than_before_are_seen_with_the_next_lease(bench: Bench) -> None:
    member = await with_timer(bench)
    await member.timers.sweep()
    assert member.loop.partitions == 1
    bench.grow(3)
    bench.machine.pass_by(2 * MINUTE)
    await member.timers.sweep()
    assert member.loop.partitions == 1
    assert fired(bench) == ["a/overdue"]

    member.log.expire()
    await until(lambda: member.log.lease is not None and len(member.log.lease.partitions) == 6)
    set_timer(bench, "thing-1")
    set_timer(bench, "thing-2")
    set_timer(bench, "thing-3")
    await until(lambda: all(bench.thing(f"thing-{number}") for number in (1, 2, 3)))
    await settled()
    bench.machine.pass_by(2 * MINUTE)
    await member.timers.sweep()
    assert member.loop.partitions == 3
    assert sorted(fired(bench)) == ["a/overdue", *(f"thing-{number}/overdue" for number in (1, 2, 3))]


async def test_a_stepped_clock_is_swept_once_for_each_of_its_readings(bench: Bench) -> None:
    member = await with_timer(bench)
    bench.machine.pass_by(2 * MINUTE)
    await member.timers.sweep()
    await member.timers.sweep()
    asked = member.way.count("count_by things")
    await member.timers.sweep()

    assert member.way.count("count_by things") == asked
    assert member.gauge("swept_seconds") == bench.machine.now().timestamp()


async def test_what_a_timer_decided_and_could_not_publish_is_published_by_the_sweeper_of_intents(bench: Bench) -> None:
    member = await with_timer(bench)
    bench.machine.pass_by(2 * MINUTE)
    member.way.refuse(UnknownError(), "publish")
    with pytest.raises(Unavailable):
        await member.timers.sweep()
    assert (fired(bench), DUE in bench.thing()) == ([], False)

    member.way.mend()
    bench.machine.pass_by(MINUTE)
    await member.intents.sweep()
    assert (fired(bench), bench.open_intents()) == (["a/overdue"], [])

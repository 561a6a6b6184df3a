"""What the probes are told, row by row of the table in runtime/health.py."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka.errors import UnknownError

from runtime.brake import release
from runtime.errors import Unavailable
from runtime.health import PATIENCE, Health
from tests.runtime.alone import parts_on
from tests.runtime.hand import Bench, Member, until

SECOND = timedelta(seconds=1)
OK = (True, "ok")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A broker and a store."""
    bench = Bench()
    yield bench
    await bench.close()


def of(member: Member) -> Health:
    """The health of a service that has started."""
    health = Health(member.parts, member.loop)
    health.waits_for = ""
    return health


async def stuck(bench: Bench) -> tuple[Member, Health]:
    """A service that has a record in hand and does not come to an end with it."""
    bench.tell("1")
    member = bench.member()
    member.way.hold("save_many things")
    await member.start()
    await until(lambda: member.way.waiting)
    health = of(member)
    await health.measure()
    return member, health


async def test_while_it_starts_a_service_is_live_and_not_ready_and_says_what_it_waits_for(bench: Bench) -> None:
    member = bench.member()
    health = Health(member.parts, member.loop)
    assert (health.live(), await health.ready()) == (OK, (False, "starting"))

    health.waits_for = "mongodb: no answer"
    bench.machine.pass_by(timedelta(days=1))
    await health.measure()
    assert (health.live(), await health.ready()) == (OK, (False, "mongodb: no answer"))
    assert member.way.calls == []


async def test_a_running_service_is_live_and_ready_once_it_knows_its_partitions(bench: Bench) -> None:
    member = bench.member()
    health = of(member)
    assert await health.ready() == (False, "has not joined its consumer group")
    await member.start()
    assert await health.ready() == (False, "has not joined its consumer group")

    await health.measure()
    assert (health.live(), await health.ready()) == (OK, OK)
    assert (member.gauge("partitions_held"), member.gauge("lag_records")) == (2, 0)


async def test_a_spare_without_partitions_is_live_and_ready_so_that_rollouts_go_on(bench: Bench) -> None:
    await bench.reading("a")
    spare = await bench.reading("b")
    await until(lambda: spare.log.lease is not None and not spare.log.lease.partitions)
    health = of(spare)
    await health.measure()
    bench.machine.pass_by(PATIENCE * 2)

    assert (health.live(), await health.ready()) == (OK, (True, "a spare: there are more instances than partitions"))


async def test_a_braked_service_is_live_and_not_ready_however_long_it_takes(bench: Bench) -> None:
    member, health = await stuck(bench)
    await member.loop.brake.engage("10 of 10 records failed")
    assert health.live() == OK
    bench.machine.pass_by(PATIENCE * 2)

    assert health.live() == OK
    assert await health.ready() == (False, "brake: 10 of 10 records failed; see `dunghen brake release toy`")
    assert member.gauge("braked") == 1

    await release(member.parts.store)
    await health.measure()
    assert await health.ready() == OK
    assert member.gauge("braked") == 0


async def test_work_that_waits_and_does_not_move_ends_a_service_after_five_minutes_and_not_before(bench: Bench) -> None:
    member, health = await stuck(bench)
    assert health.live() == OK
    bench.machine.pass_by(PATIENCE - SECOND)
    assert health.live() == OK
    assert member.gauge("lag_records") == 1

    bench.machine.pass_by(SECOND)
    live, reason = health.live()
    assert not live
    assert reason == "1 records wait and none was handled since 2026-03-02T09:00:00Z"


async def test_every_commit_is_a_sign_of_life(bench: Bench) -> None:
    member, health = await stuck(bench)
    health.live()
    bench.machine.pass_by(PATIENCE - SECOND)
    member.way.let_go("save_many things")
    await bench.until_committed(1)
    member.way.hold("save_many things")
    bench.tell("2")
    await health.measure()

    bench.machine.pass_by(2 * SECOND)
    assert health.live() == OK
    bench.machine.pass_by(PATIENCE)
    assert not health.live()[0]


async def test_waiting_with_a_reason_is_a_sign_of_life(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.refuse(Unavailable("away"), "save_many things")
    await member.start()
    health = of(member)
    await health.measure()
    health.live()
    bench.machine.pass_by(PATIENCE * 2)
    count = len(member.machine.slept)
    await until(lambda: len(member.machine.slept) > count + 1)

    assert health.live() == OK


async def test_a_service_without_work_is_live_however_long_nothing_comes(bench: Bench) -> None:
    member = await bench.reading()
    health = of(member)
    for _ in range(3):
        await health.measure()
        assert health.live() == OK
        bench.machine.pass_by(PATIENCE)


async def test_while_its_store_is_away_a_service_is_live_and_not_ready_with_what_the_store_said(bench: Bench) -> None:
    member = await bench.reading()
    health = of(member)
    await health.measure()
    member.way.refuse(Unavailable("mongodb: AutoReconnect"), "count_by intents")
    with pytest.raises(Unavailable):
        await health.measure()
    assert (health.live(), await health.ready()) == (OK, (False, "mongodb: AutoReconnect"))

    member.way.mend()
    await health.measure()
    assert await health.ready() == OK


@pytest.mark.parametrize("request_", ["ends", "count_by intents"])
async def test_work_that_waits_for_a_part_that_is_away_does_not_end_a_service(bench: Bench, request_: str) -> None:
    member, health = await stuck(bench)
    health.live()
    member.way.refuse(UnknownError() if request_ == "ends" else Unavailable("away"), request_)
    with pytest.raises(Unavailable):
        await health.measure()
    bench.machine.pass_by(PATIENCE * 2)
    assert health.live() == OK

    member.way.mend()
    await health.measure()
    assert health.live() == OK
    bench.machine.pass_by(PATIENCE)
    assert not health.live()[0]


async def test_a_service_that_stays_out_of_its_group_is_not_live_after_five_minutes_if_kafka_answers(bench: Bench) -> None:
    member = bench.member()
    member.way.hold("join")
    await member.log.start()
    health = of(member)
    await health.measure()
    bench.machine.pass_by(PATIENCE - SECOND)
    assert (health.live(), (await health.ready())[0]) == (OK, False)
    bench.machine.pass_by(SECOND)
    assert health.live() == (False, "has not been in its consumer group since 2026-03-02T09:00:00Z")

    member.way.refuse(Unavailable("away"), "count_by intents")
    with pytest.raises(Unavailable):
        await health.measure()
    assert health.live() == OK  # a part is away: a restart would not bring it back


async def test_records_that_vanished_from_the_log_stop_a_service_that_is_live_and_not_ready(bench: Bench) -> None:
    bench.tell("1", "2", "3")
    member = bench.member(refuse_gaps=True)
    bench.broker.forget(next(place for place in bench.places() if place.topic == "in.v1"), 2)
    await member.start()
    await until(lambda: member.loop.state.gap)
    health = of(member)
    await health.measure()
    bench.machine.pass_by(PATIENCE * 2)

    assert (health.live(), await health.ready()) == (OK, (False, "in.v1/0: offset 0 is gone"))
    assert bench.committed() is None


async def test_a_service_without_a_loop_is_live_while_it_answers_and_ready_while_its_store_does(bench: Bench) -> None:
    health = Health(parts_on(bench.member().parts.store), None)
    health.waits_for = ""
    await health.measure()

    assert (health.live(), await health.ready()) == (OK, OK)


async def test_the_age_of_the_oldest_unhandled_record_is_measured(bench: Bench) -> None:
    member = await bench.reading()
    bench.tell("1")
    await bench.until_committed(1)
    member.way.hold("save_many things")
    bench.machine.pass_by(timedelta(seconds=90))
    bench.tell("2", "3")
    health = of(member)
    await health.measure()

    assert (member.gauge("lag_records"), member.gauge("oldest_unhandled_seconds")) == (2, 90)

"""Instances come, go and stand still while facts arrive; partitions move, return and become more."""

import asyncio
import signal

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from contracts import load_catalogue
from dunghen.services import SERVICES
from tests.town import PARTITIONS, Town

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

SESSION_SECONDS = (
    6.0  # after so long without a sign of life an instance has lost its partitions (SESSION_TIMEOUT_MS of the demo)
)
CONSUMERS = tuple(name for name in SERVICES if name != "intake")


async def held(town: Town, service: str) -> list[float]:
    """How many partitions each instance of a service says it holds."""
    return [gauges.get("partitions_held", 0) for gauges in await town.fleet.all_gauges(service)]


async def shared_out(town: Town, service: str) -> None:
    """Wait until the instances of a service hold all partitions between them, each some."""
    topics = len(load_catalogue().read_by(service))

    async def spread() -> bool:
        each = await held(town, service)
        return sum(each) == topics * PARTITIONS and all(each)

    await town.fleet.until(f"the partitions of {service} to be shared out", spread)


async def test_one_instance_three_and_one_again_under_load(town: Town) -> None:
    story = await town.new_day()
    async with town.load(story):
        await town.join("sla", 1)
        await town.join("sla", 2)
        await shared_out(town, "sla")
        await town.leave("sla", 2)
        await town.leave("sla", 1)
        await shared_out(town, "sla")
    await town.evening()

    await town.check(story)


async def test_a_partition_that_left_and_returned_goes_on_firing_its_timers(town: Town) -> None:
    """The other instance handles some records and leaves; no further record comes, and yet everything overdue is said."""
    story = await town.new_day()
    await town.join("sla", 1)
    await shared_out(town, "sla")
    await town.fleet.post(story.opening(40))
    await town.fleet.settle()
    await town.leave("sla", 1)
    await shared_out(town, "sla")
    await town.evening()

    await town.check(story)


async def test_instances_that_stood_still_longer_than_their_session_do_no_harm_when_they_go_on(town: Town) -> None:
    """sla has another instance that takes over; the others' partitions wait for them."""
    fleet, processes, story = town.fleet, town.processes, await town.new_day()
    await town.join("sla", 1)
    await shared_out(town, "sla")
    async with town.load(story):
        for name in CONSUMERS:
            processes.signal(name, signal.SIGSTOP)
        await asyncio.sleep(SESSION_SECONDS + 2)
        for name in CONSUMERS:
            processes.signal(name, signal.SIGCONT)
    await fleet.settle()
    await town.leave("sla", 1)
    await town.evening()

    await town.check(story)


async def test_a_rolling_restart_of_every_service_under_load(town: Town) -> None:
    story, statuses = await town.new_day(), list[int]()
    async with town.load(story):
        for name in SERVICES:
            statuses.append(await town.processes.terminate(name))
            await town.processes.start(name)
            await town.processes.ready(name)
    await town.evening()

    assert statuses == [0] * len(SERVICES)
    await town.check(story)


async def test_partitions_raised_under_load(town: Town) -> None:
    """Keys move to other partitions while batches are in flight. The last test here: the next one gets another system."""
    story = await town.new_day()
    more = PARTITIONS + 2
    topics = [name for name, spec in load_catalogue().topics.items() if spec.partitions is None]
    async with town.load(story):
        admin = AIOKafkaAdminClient(bootstrap_servers=town.real.kafka)
        await admin.start()
        try:
            await admin.create_partitions({town.prefix + name: NewPartitions(more) for name in topics})
        finally:
            await admin.close()
        await asyncio.sleep(12)  # longer than clients keep what they know of topics (metadata_max_age_ms)
    await town.fleet.lags.learn()
    await town.evening()

    await town.check(story)
    assert await held(town, "sla") == [len(load_catalogue().read_by("sla")) * more]
    town.sound = False

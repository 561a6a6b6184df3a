"""Kill things: named crash points, random kills, broker and store. Nothing may be lost, nothing said twice."""

import asyncio
import random
import signal
from collections import Counter
from datetime import time, timedelta

import pytest

from dunghen.log import read_broker
from dunghen.services import SERVICES
from tests.faults.oracle import things
from tests.real import skip
from tests.support.fleet import PATIENCE
from tests.support.signing import ask_again, sign_letters
from tests.town import Town, at

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

# Every named point, in every service that passes it: each service dies at one after the other.
POINTS = {
    "intake": ("after-intent", "after-save", "after-publish"),
    "sla": ("after-save", "after-publish", "after-commit", "after-intent"),
    "notifier": (
        "after-save",
        "after-publish",
        "after-commit",
        "after-claim",
        "after-send",
        "after-bind",
        "after-signature",
        "after-paper",
    ),
    "feedback": ("after-save", "after-publish", "after-commit"),
    "reporting": ("after-save", "after-publish", "after-commit"),
}
STOP_SECONDS = 20.0  # the default of the setting


async def test_a_crash_at_each_named_point_loses_and_doubles_nothing(town: Town) -> None:
    """All services die again and again while facts come, timers fire, messages are sent and letters are signed."""
    fleet, processes, story = town.fleet, town.processes, await town.new_day()

    async def dies_at_each(service: str) -> None:
        for point in POINTS[service]:
            await processes.start(service, CRASH_AT=point)
            status = await asyncio.wait_for(processes.died(service), PATIENCE)
            assert status == -9, f"{service} did not die {point}"
        await processes.start(service)

    for service in POINTS:
        await processes.terminate(service)
    dying = [asyncio.create_task(dies_at_each(service)) for service in POINTS]
    for number in range(MOMENTS):
        await fleet.post(story.opening(20 if story.number < 400 else 2))
        await fleet.set_clock(at(town.day, time(17, 1)) + number * timedelta(seconds=5))
        await sign_letters(town, story, 5 if number < 5 else 1)
        if all(task.done() for task in dying):
            break
    await asyncio.gather(*dying)
    await fleet.settle()
    await ask_again(town, story)
    await town.evening(minute=10)  # what the last to die had claimed is free again after two minutes

    print(f"died {sum(map(len, POINTS.values()))} times")  # noqa: T201 - the count is the result
    await town.check(story)


MOMENTS = 700  # of 5 seconds: up to the evening; the last service dies long before


@pytest.mark.parametrize("part", ["kafka", "mongo"])
async def test_a_killed_broker_or_store_loses_and_doubles_nothing(town: Town, part: str) -> None:
    needs(town, f"{part}-crash")
    fleet, story = town.fleet, await town.new_day()
    await fleet.post(story.opening(200))
    sending = asyncio.create_task(fleet.post(story.opening(200)))
    await asyncio.to_thread(town.real.do, f"{part}-crash")
    await asyncio.sleep(3)
    if part == "kafka":
        await town.start_broker()
    else:
        await asyncio.to_thread(town.real.do, "mongo-start")
    await sending
    await fleet.post(story.opening(200))
    await fleet.settle()
    await town.evening()

    await town.check(story)


def needs(town: Town, command: str) -> None:
    """Skip without a command that kills a part, or half of one."""
    if command not in town.real.commands:
        skip(f"DUNGHEN_TEST_{command.upper().replace('-', '_')} and its _START are not set")


async def test_a_store_that_answers_with_errors_sends_nothing_to_the_dead_letters(town: Town) -> None:
    """The facts wait in the log when the database behind the server goes: each service meets its errors with a batch."""
    needs(town, "store-half-crash")
    fleet, processes, story = town.fleet, town.processes, await town.new_day()
    consumers = [name for name in SERVICES if name != "intake"]
    for name in consumers:
        processes.signal(name, signal.SIGSTOP)
    await fleet.post(story.opening(100))
    await fleet.published()
    await asyncio.to_thread(town.real.do, "store-half-crash")
    for name in consumers:
        processes.signal(name, signal.SIGCONT)
    waits = Counter(waiting(town))

    async def all_met_errors() -> bool:
        return all(waiting(town)[name] > waits[name] for name in consumers)

    await fleet.until("every service to meet a store that answers with errors", all_met_errors)
    sent = story.opening(50)
    refused = await fleet.clients["intake"].post("/v1/dossiers/events", json=sent)
    await asyncio.to_thread(town.real.do, "store-half-start")
    await fleet.post(sent)
    await town.evening()

    assert refused.status_code == 503
    await town.check(story)


def waiting(town: Town) -> Counter[str]:
    """How often each service has said that it waits for a part."""
    return Counter(line["service"] for line in town.processes.log_lines() if line.get("event") == "waiting for a part")


async def test_a_lost_store_is_said_to_senders_within_ten_seconds_and_nothing_is_lost(town: Town) -> None:
    needs(town, "mongo-crash")
    fleet, story = town.fleet, await town.new_day()
    await fleet.post(story.opening(50))
    sent = story.opening(1)
    await asyncio.to_thread(town.real.do, "mongo-crash")
    answers = []
    for _ in range(3):  # the first may still find a connection; the later ones must not wait longer than it
        begin = asyncio.get_running_loop().time()
        answer = await fleet.clients["intake"].post("/v1/dossiers/events", json=sent)
        answers.append((answer.status_code, "retry-after" in answer.headers, asyncio.get_running_loop().time() - begin < 10))
    await asyncio.to_thread(town.real.do, "mongo-start")
    await fleet.post(sent)
    await town.evening()

    assert answers == [(503, True, True)] * 3
    await town.check(story)


async def test_stopped_while_the_broker_is_down_a_service_ends_in_time_and_loses_nothing(town: Town) -> None:
    """intake has taken what it cannot send, and asked to stop ends within STOP_SECONDS."""
    needs(town, "kafka-crash")
    fleet, processes, story = town.fleet, town.processes, await town.new_day()
    await fleet.post(story.opening(20))
    await fleet.settle()
    await asyncio.to_thread(town.real.do, "kafka-crash")
    try:
        await fleet.post(story.opening(20))
        unsent = (await fleet.gauges("intake"))["intents_open"]
        begin = asyncio.get_running_loop().time()
        statuses = await asyncio.gather(*(processes.terminate(name) for name in SERVICES))
        took = asyncio.get_running_loop().time() - begin
    finally:
        await town.start_broker()
    await start_all(town)
    await town.evening()

    print(f"unsent {unsent:.0f}, stopped in {took:.1f} s")  # noqa: T201 - the figures are the result
    assert unsent > 0
    assert (statuses, took < STOP_SECONDS + 1) == ([0] * len(SERVICES), True)
    await town.check(story)


async def start_all(town: Town) -> None:
    """Start every service, and wait until all are ready."""
    for name in SERVICES:
        await town.processes.start(name)
    for name in SERVICES:
        await town.processes.ready(name)


async def test_at_a_gateway_that_does_not_deduplicate_nobody_is_told_twice(town: Town) -> None:
    fleet, processes, story = town.fleet, town.processes, await town.new_day()
    fleet.phone.deduplicates, before = False, len(fleet.phone.arrived)
    try:
        for hour, point in ((12, "after-claim"), (18, "after-send")):
            await processes.terminate("notifier")
            await processes.start("notifier", NOTIFIER_GATEWAY_DEDUPLICATES="false", CRASH_AT=f"{point}:2")
            await processes.ready("notifier")
            await fleet.post(story.opening(60))
            assert await asyncio.wait_for(processes.died("notifier"), PATIENCE) == -9
            await processes.start("notifier", NOTIFIER_GATEWAY_DEDUPLICATES="false")
            await fleet.settle()
            await town.evening(hour=hour)  # what was claimed by the dead process is stuck by now
            await fleet.settle()
        held = (await fleet.gauges("notifier"))["notices_uncertain"]
    finally:
        fleet.phone.deduplicates = True
    found = things(await read_broker(town.real.kafka, town.prefix, ["notices.v1"]))
    told = Counter(sms.client_id for sms in fleet.phone.arrived[before:] if sms.dossier in story.codes)

    due = {code for code, kind, _ in story.expected if kind == "dossier.completed"}
    ends = Counter(code for code, kind, _ in found if kind in ("notice.accepted", "notice.uncertain") and code in story.codes)
    uncertain = {code for code, kind, _ in found if kind == "notice.uncertain"}
    print(f"due {len(due)}, told {len(told)}, told twice {told.total() - len(told)}, uncertain {len(uncertain)}")  # noqa: T201
    assert ends == Counter(due)  # only results are due on the day
    assert uncertain
    assert held == len(uncertain)
    assert told.total() == len(told) >= len(due) - len(uncertain)
    await processes.terminate("notifier")
    await processes.start("notifier")


async def test_five_random_kills_of_each_service_in_mid_batch_lose_and_double_nothing(town: Town) -> None:
    fleet, processes = town.fleet, town.processes
    story, rng = await town.new_day(), random.Random(7)
    kills = processes.kills
    victims = [name for name in SERVICES for _ in range(5)]
    rng.shuffle(victims)
    done = asyncio.Event()

    async def send() -> None:
        while story.number < 1000:
            await fleet.post(story.opening(25))
        done.set()

    sending = asyncio.create_task(send())
    for name in victims:
        await asyncio.sleep(rng.uniform(0.2, 1.0))
        await processes.kill(name)
        await processes.start(name)
        if done.is_set():
            more = story.number + 100
            while story.number < more:  # keep work in flight until the last kill
                await fleet.post(story.opening(25))
    await sending
    await fleet.settle()
    await town.evening()

    assert processes.kills - kills == 25
    await town.check(story)

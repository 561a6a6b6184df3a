"""Kill things: named crash points, random kills, broker and store. Nothing may be lost, nothing said twice."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from dunghen.audit import audit
from dunghen.demo.checks import register_faults
from dunghen.demo.driver import Fleet
from dunghen.demo.phone import Phone
from dunghen.demo.real import Processes, real_fleet
from dunghen.log import event_of, read_broker
from dunghen.services import SERVICES
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from tests.faults.oracle import Thing, judge, things
from tests.flow.support import event, received
from tests.real import Real, skip

pytestmark = pytest.mark.faults

# Every named point, in every service that passes it. Round by round each service dies at its next point.
POINTS = {
    "intake": ("after-intent", "after-save", "after-publish"),
    "sla": ("after-save", "after-publish", "after-commit", "after-intent"),
    "notifier": ("after-save", "after-publish", "after-commit", "after-claim", "after-send", "after-bind"),
    "feedback": ("after-save", "after-publish", "after-commit"),
    "reporting": ("after-save", "after-publish", "after-commit"),
}
ROUNDS = [{name: own[number] for name, own in POINTS.items() if number < len(own)} for number in range(6)]
START = datetime(2026, 3, 2, 10, 0, tzinfo=OFFICE_TIME)


@dataclass
class Story:
    """Dossiers sent so far, and what the log must hold because of them."""

    number: int = 0
    expected: dict[Thing, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)

    def opening(self, count: int) -> list[dict[str, Any]]:
        """Receptions of same-day dossiers, each with a contact; every other one is completed at once, the others go overdue."""
        items = []
        for _ in range(count):
            self.number += 1
            code = f"H37.12-260302-{self.number:05}"
            contact = {"name": "Nông Thị Mẫu", "phone": f"0912{self.number:06}"}
            items.append(received(code, "2026-03-02T09:00", procedure="1.001193", contact=contact))
            self.expect(code, "dossier.received", "contact.sealed", "deadline.set")
            if self.number % 2:
                items.append(event(code, "completed", "2026-03-02T09:45"))
                self.expect(code, "dossier.completed", "deadline.settled", "feedback.invited")
                self.expect(code, "notice.queued", "notice.accepted", occasion="result-ready")
                self.expect(code, "notice.queued", occasion="survey")
            else:
                self.expect(code, "deadline.overdue", "letter.drafted")
        return items

    def expect(self, code: str, *kinds: str, occasion: str = "1") -> None:
        """What the log must hold of a dossier, once."""
        self.expected |= {(code, kind, occasion): 1 for kind in kinds}

    def signed(self, code: str) -> None:
        """What must follow when a letter was signed with a new date."""
        self.expect(code, "letter.approved", "deadline.moved", "letter.sent")
        self.expect(code, "notice.queued", "notice.accepted", occasion="apology")


@pytest.fixture
async def running(real: Real) -> AsyncIterator[tuple[Fleet, Processes, str]]:
    """Three processes on real parts."""
    async with real_fleet(real.kafka, real.mongo, SteppedClock(START), partitions=4) as fleet:
        yield fleet


async def check(real: Real, fleet: Fleet, prefix: str, story: Story) -> None:
    """Everything has happened, exactly once, and the figures are those of the log."""
    await fleet.settle()
    records = await read_broker(real.kafka, prefix)
    assert register_faults({event_["id"]: (r.topic, event_) for r in records if "id" in (event_ := event_of(r))}) == []
    verdict = judge(records, story.expected)
    figures = audit([(r.topic, r.value) for r in records], fleet.clock.now())
    counts = (len(story.expected), len(verdict.lost), len(verdict.doubled), len(figures.differences()))
    print("expected {}, lost {}, doubled {}, figures off {}".format(*counts))  # noqa: T201 - the count is the result
    assert verdict.lost == []
    assert verdict.doubled == []
    assert figures.differences() == []
    assert figures.dossiers == story.number
    assert not [r for r in records if r.topic.endswith(".dlq")]
    assert fleet.phone.doubled() == 0
    assert len(fleet.phone.shown()) == sum(kind == "notice.accepted" for _, kind, _ in story.expected)


async def test_a_crash_at_each_named_point_loses_and_doubles_nothing(real: Real, running: tuple[Fleet, Processes, str]) -> None:
    fleet, processes, prefix = running
    story = Story()

    async def dies(service: str, point: str) -> None:
        status = await asyncio.wait_for(processes.died(service), 90)
        await processes.start(service)
        await processes.ready(service)
        assert status == -9, f"{service} did not die {point}"

    for number, points in enumerate(ROUNDS, start=1):
        await fleet.post(story.opening(20))  # half of them will be overdue, so that timers have work
        await fleet.settle()
        for service, point in points.items():
            await processes.terminate(service)
            await processes.start(service, CRASH_AT=point)
        for service in points:
            await processes.ready(service)
        dying = asyncio.gather(*(dies(service, point) for service, point in points.items()))
        sending = asyncio.create_task(fleet.post(story.opening(40)))
        if points.get("notifier") == "after-bind":
            await sign_letters(fleet, story, 5)
        if points.get("sla") == "after-intent":
            await sending
            await fleet.set_clock(START.replace(hour=17, minute=number))
        await dying
        await ask_again(fleet, story)
        await sending
        await fleet.settle()
    await fleet.set_clock(START.replace(hour=18))

    assert sum(len(own) for own in POINTS.values()) == sum(len(points) for points in ROUNDS)
    await check(real, fleet, prefix, story)


async def sign_letters(fleet: Fleet, story: Story, count: int) -> None:
    """Sign drafts while notifier may die: ask again until it is known that each was taken."""
    drafts = (await fleet.clients["notifier"].get("/v1/letters")).json()["letters"][:count]
    body = {"reason": "workload", "by": "Hoàng Đức Giả Định", "new_due_at": "2026-03-05T16:00:00+07:00"}
    for letter in drafts:
        story.signed(letter["dossier"])
    for letter in drafts:
        try:
            answer = await fleet.clients["notifier"].post(f"/v1/letters/{letter['dossier']}/approval", json=body)
        except httpx.TransportError:
            story.unanswered.append(letter["dossier"])
        else:
            assert answer.status_code == 202
    assert drafts


async def ask_again(fleet: Fleet, story: Story) -> None:
    """Sign what was not answered; 409 says that it had been taken."""
    body = {"reason": "workload", "by": "Hoàng Đức Giả Định", "new_due_at": "2026-03-05T16:00:00+07:00"}
    while story.unanswered:
        answer = await fleet.clients["notifier"].post(f"/v1/letters/{story.unanswered.pop()}/approval", json=body)
        assert answer.status_code in (202, 409)


async def test_five_random_kills_of_each_service_in_mid_batch_lose_and_double_nothing(
    real: Real, running: tuple[Fleet, Processes, str]
) -> None:
    fleet, processes, prefix = running
    story, rng = Story(), random.Random(7)
    victims = [name for name in SERVICES for _ in range(5)]
    rng.shuffle(victims)
    done = asyncio.Event()

    async def send() -> None:
        while story.number < 2000:
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
    await fleet.set_clock(START.replace(hour=18))

    assert processes.kills == 25
    await check(real, fleet, prefix, story)


@pytest.mark.parametrize("part", ["kafka", "mongo"])
async def test_a_killed_broker_or_store_loses_and_doubles_nothing(
    real: Real, running: tuple[Fleet, Processes, str], part: str
) -> None:
    if f"{part}-crash" not in real.commands:
        skip(f"DUNGHEN_TEST_{part.upper()}_CRASH and _START are not set")
    fleet, _, prefix = running
    story = Story()
    await fleet.post(story.opening(200))
    sending = asyncio.create_task(fleet.post(story.opening(200)))
    await asyncio.to_thread(real.do, f"{part}-crash")
    await asyncio.sleep(3)
    await asyncio.to_thread(real.do, f"{part}-start")
    await sending
    await fleet.post(story.opening(200))
    await fleet.settle()
    await fleet.set_clock(START.replace(hour=18))

    await check(real, fleet, prefix, story)


@pytest.mark.parametrize("point", ["after-claim", "after-send"])
async def test_at_a_gateway_that_does_not_deduplicate_nobody_is_told_twice(real: Real, point: str) -> None:
    phone, story = Phone(deduplicates=False), Story()
    async with real_fleet(real.kafka, real.mongo, SteppedClock(START), partitions=4, phone=phone) as (fleet, processes, prefix):
        await processes.terminate("notifier")
        await processes.start("notifier", CRASH_AT=f"{point}:2")
        await processes.ready("notifier")
        await fleet.post(story.opening(60))
        assert await asyncio.wait_for(processes.died("notifier"), 60) == -9
        await processes.start("notifier")
        await fleet.settle()
        await fleet.set_clock(START.replace(hour=18))  # what was claimed by the dead process is stuck by now
        await fleet.settle()
        found = things(await read_broker(real.kafka, prefix, ["notices.v1"]))
        held = (await fleet.gauges("notifier"))["notices_uncertain"]

    due = {code for code, kind, _ in story.expected if kind == "dossier.completed"}
    ends = Counter(code for code, kind, _ in found if kind in ("notice.accepted", "notice.uncertain"))  # only results are due
    uncertain = {code for code, kind, _ in found if kind == "notice.uncertain"}
    assert ends == Counter(due)
    assert uncertain
    assert held == len(uncertain)
    assert phone.doubled() == 0
    assert len(phone.shown()) >= len(due) - len(uncertain)

"""One running system for many tests: each has days of its own in it, and leaves it whole.

Starting the processes and making the topics takes longer than most tests, so a system is started anew only after a test that
failed.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from dunghen.audit import audit
from dunghen.log import event_of, read_broker
from dunghen.services import SERVICES
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.kafka_admin import LogRecord
from tests.faults.oracle import Thing, judge, things
from tests.flow.support import event, received
from tests.real import PASSED, Real
from tests.support.fleet import Fleet, Phone, Processes, real_fleet, register_faults

PARTITIONS = 4
FIRST_DAY = date(2026, 3, 2)  # a Monday
NAME = "Nông Thị Mẫu"  # of whoever hands in a dossier
MORNING, EVENING = time(10, 0), time(18, 0)


GROUPS_ASKED = 12  # names that fall to every coordinator of a small broker
ANSWER_SECONDS, STEADY_SECONDS, SICK_SECONDS = 2.0, 10.0, 60.0


async def coordinators_stay(broker: str, topic: str, groups: list[str]) -> bool:
    """Whether every group's coordinator answers for a while on end; False when none of SICK_SECONDS brought that."""
    place, now = TopicPartition(topic, 0), asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        asking = []
        for group in groups:
            consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=group, enable_auto_commit=False)
            asking.append(await stack.enter_async_context(consumer))
            consumer.assign([place])
        end, well_since = now() + SICK_SECONDS, now()
        while now() - well_since < STEADY_SECONDS:
            if now() > end:
                return False
            await asyncio.sleep(0.5)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await asyncio.gather(*(consumer.committed(place) for consumer in asking))
            except TimeoutError:
                well_since = now()
    return True


def at(day: date, moment: time) -> datetime:
    """A moment of a day, in Hanoi."""
    return datetime.combine(day, moment, OFFICE_TIME)


@dataclass
class Story:
    """Dossiers sent on a day, and what the log must hold because of them."""

    day: date
    before: int  # dossiers of earlier days; their numbers are taken
    number: int = 0
    expected: dict[Thing, int] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)

    def opening(self, count: int) -> list[dict[str, Any]]:
        """Receptions of same-day dossiers, each with a contact; every other one is completed at once, the others go overdue."""
        items = []
        for _ in range(count):
            self.number += 1
            number = self.before + self.number
            code = f"H37.12-{self.day:%y%m%d}-{number:05}"
            contact = {"name": NAME, "phone": f"0912{number:06}"}
            items.append(received(code, f"{self.day}T09:00", procedure="1.001193", contact=contact))
            self.codes.add(code)
            self.expect(code, "dossier.received", "contact.sealed", "deadline.set")
            if self.number % 2:
                items.append(event(code, "completed", f"{self.day}T09:45"))
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

    @property
    def new_due(self) -> str:
        """A date that a letter of this day may promise."""
        return at(self.day + timedelta(days=3 if self.day.weekday() < 2 else 5), time(16, 0)).isoformat()


@dataclass
class Town:
    """A running system, the day it has, and how many dossiers it has seen."""

    real: Real
    fleet: Fleet
    processes: Processes
    prefix: str
    day: date = FIRST_DAY - timedelta(days=3)
    stories: list[Story] = field(default_factory=list)
    sound: bool = True  # whether the next test may go on with it

    async def new_day(self) -> Story:
        """The morning of the next working day; everything of the days before has happened."""
        self.day += timedelta(days=3 if self.day.weekday() == 4 else 1)
        await self.fleet.set_clock(at(self.day, MORNING))
        await self.fleet.settle()
        self.stories.append(Story(self.day, self.dossiers))
        return self.stories[-1]

    async def new_fortnight(self) -> date:
        """The first of two weeks in which no other test has anything, a Monday."""
        self.day += timedelta(days=14 - self.day.weekday())
        await self.fleet.set_clock(at(self.day, MORNING))
        return self.day

    @property
    def dossiers(self) -> int:
        """How many dossiers the stories have."""
        return sum(story.number for story in self.stories)

    async def evening(self, *, hour: int = EVENING.hour, minute: int = 0) -> None:
        """Move the clock behind the end of the day, so that what was not completed is overdue."""
        await self.fleet.set_clock(at(self.day, time(hour, minute)))

    @asynccontextmanager
    async def load(self, story: Story, *, every: float = 0.5) -> AsyncIterator[None]:
        """50 events a second (17 dossiers, every half second), then a trickle, for as long as this lasts."""
        stop, most = asyncio.Event(), story.number + 600  # a machine that is slow now is not drowned

        async def send() -> None:
            while not stop.is_set():
                await self.fleet.post(story.opening(17 if story.number < most else 1))
                await asyncio.sleep(every)

        sending = asyncio.create_task(send())
        try:
            yield
        finally:
            stop.set()
            await sending

    async def join(self, name: str, number: int, **more: str) -> None:
        """Start a further instance of a service, and count it in."""
        await self.processes.start(name, number, **more)
        await self.processes.ready(name, number)
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.processes.port(name, number)}", timeout=60)
        self.fleet.others.setdefault(name, []).append(client)

    async def leave(self, name: str, number: int) -> None:
        """Stop the instance that joined last. A static member is missed only after its session has timed out."""
        client = self.fleet.others[name].pop()
        await client.aclose()
        assert await self.processes.terminate(name, number) == 0

    async def start_broker(self) -> None:
        """Start Kafka after it was killed, and once more if its coordinators do not stay.

        Killed in the midst of its work, Kafka 4.1.0 now and then starts with a coordinator that has read nothing of its log: it
        says "out of sync with the underlying log", and until it is started again it answers every group with NOT_COORDINATOR.
        """
        groups = [*(self.prefix + name for name in SERVICES), *(f"group-{number}" for number in range(GROUPS_ASKED))]
        for _ in range(2):
            await asyncio.to_thread(self.real.do, "kafka-start")
            if await coordinators_stay(self.real.kafka, f"{self.prefix}dossiers.v1", groups):
                return
            print("Kafka came back without a coordinator; started again")  # noqa: T201 - whoever reads the run has to know
            await asyncio.to_thread(self.real.do, "kafka-crash")
        pytest.fail("Kafka comes back without a coordinator", pytrace=False)

    async def write(self, topic: str, key: str, value: bytes) -> None:
        """Put a record into the log behind the services' backs."""
        async with AIOKafkaProducer(bootstrap_servers=self.real.kafka) as producer:
            await producer.send_and_wait(self.prefix + topic, value, key=key.encode())

    async def check(self, story: Story) -> list[LogRecord]:
        """Everything of the story has happened, exactly once, and all figures are those of the log."""
        await self.fleet.settle()
        records = await read_broker(self.real.kafka, self.prefix)
        # In a thread: services ask this process for the time meanwhile.
        figures = await asyncio.to_thread(audit, [(r.topic, r.value) for r in records], self.fleet.clock.now())
        assert register_faults({event.id: (r.topic, event) for r in records if (event := event_of(r)) is not None}) == []
        own = [r for r in records if (event := event_of(r)) is not None and event.subject in story.codes]
        verdict = judge(own, story.expected)
        known = {thing: count for other in self.stories for thing, count in other.expected.items()}  # corrected: two versions
        others = ((thing, count) for thing, count in things(records).items() if thing[0] not in story.codes)
        earlier = [thing for thing, count in others if count > known.get(thing, 1)]
        dead = [r for r in records if r.topic.endswith(".dlq")]
        ended, failed = self.processes.ended(), self.failures()
        counts = {
            "expected": len(story.expected),
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled) + len(earlier),
            "figures off": len(figures.differences()),
            "dead letters": len(dead),
            "self-ended": len(ended),
            "failed jobs": len(failed),
        }
        print(", ".join(f"{name} {count}" for name, count in counts.items()))  # noqa: T201 - the counts are the result
        assert (verdict.lost, verdict.doubled, earlier) == ([], [], [])
        assert figures.differences() == [], "\n".join(figures.differences())
        assert figures.dossiers == self.dossiers
        assert (dead, ended, failed) == ([], {}, [])
        self.nobody_was_told_twice(story)
        return records

    def failures(self) -> list[str]:
        """What went wrong in a service without anybody having broken it."""
        names = ("job failed", "a batch failed and goes back to the log", "stopping failed")
        lines = [line for line in self.processes.log_lines() if line.get("event") in names]
        return [f"{line['service']}: {line['event']}: {line.get('exception', '')[-200:]}" for line in lines]

    def nobody_was_told_twice(self, story: Story) -> None:
        """Each message that is due was shown once."""
        shown = Counter(sms.dossier for sms in self.fleet.phone.shown() if sms.dossier in story.codes)
        assert self.fleet.phone.doubled() == 0
        assert shown.total() == sum(kind == "notice.accepted" for _, kind, _ in story.expected)


class Towns:
    """Hands out the running system, and another one after a test that broke it."""

    def __init__(
        self, real: Real, *, deduplicates: bool = True, prepare: Callable[[Town], Awaitable[None]] | None = None
    ) -> None:
        """`deduplicates`: the gateway drops a message it is given again; `prepare` is done once with each system."""
        self._real, self._stack = real, AsyncExitStack()
        self._deduplicates, self._prepare = deduplicates, prepare
        self._town: Town | None = None

    async def sound(self) -> Town:
        """The system, whole."""
        if self._town is None or not self._town.sound:
            await self.close()
            clock, phone = SteppedClock(at(FIRST_DAY, time(6, 0))), Phone(deduplicates=self._deduplicates)
            started = real_fleet(self._real.kafka, self._real.mongo, clock, PARTITIONS, phone)
            fleet, processes, prefix = await self._stack.enter_async_context(started)
            self._town = Town(self._real, fleet, processes, prefix)
            if self._prepare is not None:
                await self._prepare(self._town)
        return self._town

    async def close(self) -> None:
        """Stop the system, if there is one."""
        self._town = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def towns(real: Real) -> AsyncIterator[Towns]:
    """The system that runs, if one does."""
    towns = Towns(real)
    yield towns
    await towns.close()


@pytest_asyncio.fixture(loop_scope="session")
async def town(towns: Towns, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """A whole system on real parts; a test takes days of its own in it. Its tests live in the session's event loop."""
    town = await towns.sound()
    yield town
    town.sound = town.sound and request.node.stash.get(PASSED, False)

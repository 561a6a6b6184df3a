"""End to end: dossiers are received, completed and told of, so many a second, with all services as processes on one machine.

Of each life: received; of every fifth, papers are wanted after a second and brought after two; completed after four; of
every tenth the survey is answered eight seconds after its reception. What is measured is taken off the log (times of its
records) against the moment before the request that told the fact.
"""

import asyncio
import os
import secrets
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from contracts import Event
from contracts.metrics import MetricsCell
from dunghen.demo.driver import Fleet
from dunghen.demo.real import Processes
from dunghen.drill.judged import percentile
from dunghen.drill.load import PROCEDURE, TICK_SECONDS, UNIT, now_ms
from dunghen.drill.scale import system
from dunghen.log import event_of, kind_of, read_broker
from dunghen.services import SERVICES
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.kafka_admin import LogRecord
from services.feedback.domain import token_of

MORNING = datetime(2026, 11, 30, 9, 0, tzinfo=OFFICE_TIME)  # a Monday: messages may go
CLOCK_SECONDS = 0.5  # the services' clock goes on in such steps
SUPPLEMENTED, RATED = 5, 10  # one life in so many
WANTED_AFTER, BROUGHT_AFTER, COMPLETED_AFTER, RATED_AFTER = 1.0, 2.0, 4.0, 8.0
ANSWERS = {"attitude": "0", "waiting": "1", "appointment": "2", "apology": "0", "facilities": "1"}
RESOLVED = ("resolved_early", "resolved_on_time", "resolved_late")
LAG_SECONDS = 3.0  # a lag of no more than what comes in so long is flat


@dataclass
class Lives:
    """Sends lives. `received`, `completed`: of each dossier, the moment in ms before that fact of it was sent.
    `plain`: no life has more than these two."""

    fleet: Fleet
    token_key: bytes
    plain: bool = False
    received: dict[str, int] = field(default_factory=dict)
    completed: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0  # surveys that could not be answered: not open yet, or too busy
    _later: list[tuple[float, str, str]] = field(default_factory=list)  # due, code, what
    _sending: list[asyncio.Task[None]] = field(default_factory=list)

    async def send(self, rate: float, seconds: float) -> None:
        """So many new lives a second for so long, and what is due of those before."""
        begin, before = time.monotonic(), len(self.received)
        while (now := time.monotonic()) < begin + seconds:
            new = int((now - begin) * rate) - (len(self.received) - before)
            self._tick(now, [self._begin(now) for _ in range(new)])
            await asyncio.sleep(TICK_SECONDS)

    async def end(self) -> None:
        """What is left of all lives."""
        while self._later:
            self._tick(time.monotonic(), [])
            await asyncio.sleep(TICK_SECONDS)
        await asyncio.gather(*self._sending)

    def _begin(self, now: float) -> dict[str, Any]:
        number = len(self.received) + 1
        code = f"{UNIT}-{MORNING:%y%m%d}-{number:07}"
        self.received[code] = 0
        if number % SUPPLEMENTED == 0 and not self.plain:
            self._later += [(now + WANTED_AFTER, code, "supplement-requested"), (now + BROUGHT_AFTER, code, "supplemented")]
        self._later.append((now + COMPLETED_AFTER, code, "completed"))
        if number % RATED == 0 and not self.plain:
            self._later.append((now + RATED_AFTER, code, "rated"))
        contact = {"name": "Nông Thị Mẫu", "phone": f"0912{number % 1_000_000:06}"}
        item = {"dossier": code, "type": "received", "at": self._at(), "contact": contact, "channel": 2}
        return {**item, "procedure": PROCEDURE, "receiving_unit": UNIT}

    def _at(self) -> str:
        return self.fleet.clock.now().astimezone(OFFICE_TIME).isoformat(timespec="seconds")

    def _tick(self, now: float, items: list[dict[str, Any]]) -> None:
        due = [later for later in self._later if later[0] <= now]
        self._later = [later for later in self._later if later[0] > now]
        for _, code, what in due:
            if what == "rated":
                self._sending.append(asyncio.create_task(self._rate(code)))
                continue
            occasion = {"occasion": "BS-1"} if what.startswith("supplement") else {}
            items.append({"dossier": code, "type": what, "at": self._at(), **occasion})
        if not items:
            return
        sent = now_ms()
        for item in items:
            if item["type"] in ("received", "completed"):
                (self.received if item["type"] == "received" else self.completed)[item["dossier"]] = sent
        self._sending.append(asyncio.create_task(self.fleet.post(items)))

    async def _rate(self, code: str) -> None:
        try:
            answer = await self.fleet.clients["feedback"].post(f"/y-kien/{token_of(self.token_key, code)}", data=ANSWERS)
        except httpx.TransportError:
            self.unanswered += 1
        else:
            self.unanswered += answer.status_code != 200


@dataclass(frozen=True, slots=True)
class Taken:
    """How long things took, in ms; `missing`: how many never came."""

    what: str
    times: Sequence[int]
    missing: int

    def line(self) -> str:
        """For people."""
        p50, p95, p99 = (percentile(self.times, share) for share in (0.5, 0.95, 0.99))
        count = f"{len(self.times)} of them, {self.missing} missing"
        return f"{self.what:26} p50 {p50:>6,.0f}  p95 {p95:>6,.0f}  p99 {p99:>6,.0f} ms; {count}"


def taken(received: Mapping[str, int], completed: Mapping[str, int], records: Sequence[LogRecord]) -> list[Taken]:
    """The three latencies of lives whose facts were sent at these moments, in ms, as the log shows them."""
    said = _said(records)
    dates = _first(said, lambda event: kind_of(event) == "deadline.set")
    accepted = _first(said, _tells_of_result)
    counted = [  # how many ends a cell counted, and when it was published
        (sum(getattr(event.data.counters, name) for name in RESOLVED), at)
        for at, event in said
        if isinstance(event.data, MetricsCell) and event.data.role == "competent"
    ]
    return [
        _between("HTTP -> deadline.set", received, dates),
        _between("completed -> SMS accepted", completed, accepted),
        _in_cells("completed -> cell", completed, counted),
    ]


def _between(what: str, sent: Mapping[str, int], seen: Mapping[str, int]) -> Taken:
    return Taken(what, [seen[code] - at for code, at in sent.items() if code in seen], len(sent.keys() - seen.keys()))


def _in_cells(what: str, completed: Mapping[str, int], counted: Sequence[tuple[int, int]]) -> Taken:
    """A cell does not name its dossiers: the nth end is in the first version of the one cell that counts n."""
    first: list[tuple[int, int]] = []
    for count, at in sorted(counted, key=lambda pair: pair[1]):
        if not first or count > first[-1][0]:
            first.append((count, at))
    counts = [count for count, _ in first]
    times = [
        first[place][1] - at
        for number, at in enumerate(sorted(completed.values()), 1)
        if (place := bisect_right(counts, number - 1)) < len(first)
    ]
    return Taken(what, times, len(completed) - len(times))


@asynccontextmanager
async def _ticking(clock: SteppedClock) -> AsyncIterator[None]:
    """The services' clock goes as fast as the machine's, from the morning of a working day."""
    begin = time.monotonic()

    async def tick() -> None:
        while True:
            clock.set(MORNING + timedelta(seconds=time.monotonic() - begin))
            await asyncio.sleep(CLOCK_SECONDS)

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def _all(kafka: str, mongo: str, prefix: str) -> AsyncIterator[tuple[Lives, Processes]]:
    clock = SteppedClock(MORNING)
    async with _ticking(clock), system(kafka, mongo, prefix, 24, tuple(SERVICES), clock) as (fleet, processes):
        yield Lives(fleet, processes.environment("feedback")["FEEDBACK_TOKEN_KEY"].encode()), processes


async def _lag(fleet: Fleet, prefix: str) -> int:
    """Records that any service has still to handle, and requests that intake has still to publish."""
    groups = [prefix + name for name in SERVICES if name != "intake"]
    waiting = sum(await asyncio.gather(*(fleet.lags.of(group) for group in groups)))
    return waiting + int((await fleet.gauges("intake")).get("intents_open", 0))


async def run(kafka: str, mongo: str, rates: Sequence[float], seconds: float) -> None:
    """The latencies at each rate, in a system of its own."""
    for rate in rates:
        prefix = f"lives{secrets.token_hex(3)}."
        async with _all(kafka, mongo, prefix) as (lives, processes):
            before, empty, spent = os.getloadavg()[0], await _stored(processes), _spent(processes)
            await lives.send(rate, seconds)
            lag = await _lag(lives.fleet, prefix)
            await lives.end()
            for service in ("sla", "feedback", "notifier", "reporting"):
                await lives.fleet.handled(service)
            await lives.fleet.messages_sent()
            await lives.fleet.figures_published()
            stored, used = await _stored(processes), _spent(processes)
            records = await read_broker(kafka, prefix)
        load = f"load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after"
        print(f"lives:    {rate:g}/s for {seconds:g} s, {len(lives.received)} lives; {lag} records waited at the end; {load}")
        for one in taken(lives.received, lives.completed, records):
            print(f"          {one.line()}")
        print(f"          {lives.unanswered} surveys could not be answered")
        _print_sizes(len(lives.received), records, {name: stored[name] - empty[name] for name in stored})
        cpu = ", ".join(f"{name} {1000 * (used[name] - spent[name]) / len(lives.received):.1f}" for name in used)
        print(f"          CPU seconds of 1,000 lives: {cpu}")


def _print_sizes(lives: int, records: Sequence[LogRecord], stored: Mapping[str, int]) -> None:
    """What a life leaves behind: records and bytes on topics, bytes in stores."""
    by_topic = Counter(record.topic for record in records)
    size = Counter[str]()
    for record in records:
        size[record.topic] += len(record.value or b"") + len(record.key or b"")
    told = ", ".join(f"{topic} {count / lives:.2f} ({size[topic] / lives:,.0f} B)" for topic, count in by_topic.most_common())
    print(f"          records of a life: {told}")
    print("          bytes of a life in stores: " + ", ".join(f"{name} {own / lives:,.0f}" for name, own in stored.items()))


async def _stored(processes: Processes) -> dict[str, int]:
    """Bytes of documents and indexes in each service's store, as its server counts them."""
    found = {}
    for name in SERVICES:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(processes.store_url(name))
        try:
            stats = await client.get_default_database().command("dbStats")
        finally:
            client.close()
        found[name] = int(stats["dataSize"] + stats["indexSize"])
    return found


def _spent(processes: Processes) -> dict[str, float]:
    """CPU seconds of each service's process so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = {
        name: Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split() for name, pid in processes.pids().items()
    }
    return {name: (int(own[11]) + int(own[12])) / ticks for name, own in fields.items()}


async def run_told(kafka: str, mongo: str, rate: float, seconds: float) -> None:
    """How long after its record in Kafka a completion is told of, with intake and notifier alone: so many of them a second, to
    a gateway that takes each at once."""
    prefix, clock = f"told{secrets.token_hex(3)}.", SteppedClock(MORNING)
    async with _ticking(clock), system(kafka, mongo, prefix, 24, ("intake", "notifier"), clock) as (fleet, _):
        lives, before = Lives(fleet, b"", plain=True), os.getloadavg()[0]
        await lives.send(rate, seconds)
        await lives.end()
        await fleet.handled("notifier")
        await fleet.messages_sent()
        said = _said(await read_broker(kafka, prefix))
    completed = _first(said, lambda event: kind_of(event) == "dossier.completed")
    accepted = _first(said, _tells_of_result)
    print(f"told:     {rate:g}/s for {seconds:g} s, {len(lives.received)} dossiers; load of the machine {before:.1f} before")
    print(f"          {_between('completed in Kafka -> SMS accepted', completed, accepted).line()}")


def _said(records: Sequence[LogRecord]) -> list[tuple[int, Event]]:
    """What was said, with the time of its record (ms)."""
    return [(record.timestamp, event) for record in records if (event := event_of(record)) is not None]


def _first(said: Sequence[tuple[int, Event]], wanted: Callable[[Event], bool]) -> dict[str, int]:
    """When the first wanted event of each dossier was written."""
    found: dict[str, int] = {}
    for at, event in said:
        if wanted(event):
            found.setdefault(event.subject, at)
    return found


def _tells_of_result(event: Event) -> bool:
    return kind_of(event) == "notice.accepted" and getattr(event.data, "notice", "") == "result-ready"


async def run_ramp(kafka: str, mongo: str, rates: Sequence[float], seconds: float) -> None:
    """More and more lives a second, until what waits at the end of a step is more than what comes in three seconds."""
    prefix, highest = f"lives{secrets.token_hex(3)}.", 0.0
    async with _all(kafka, mongo, prefix) as (lives, _):
        for rate in rates:
            await lives.send(rate, seconds)
            lag, facts = await _lag(lives.fleet, prefix), rate * (2 + 2 / SUPPLEMENTED)
            flat = lag <= LAG_SECONDS * facts * 4  # each fact is read by up to four services
            print(f"ramp:     {rate:g}/s for {seconds:g} s: {lag} records wait; load of the machine {os.getloadavg()[0]:.1f}")
            if not flat:
                break
            highest = rate
    print(f"ramp:     the highest rate that keeps lag flat: {highest:g} lives/s")

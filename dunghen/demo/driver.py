"""Drives services through a month: release the facts of a step, wait until all is handled, move the clock, wait again.

The same steps run on embedded parts in one process and on real parts with one process per service; the driver knows
services by their HTTP side and by Kafka alone.
"""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, ConfigDict

from contracts import load_catalogue
from dunghen.answers import ItemAnswers
from dunghen.demo.phone import Phone
from dunghen.identity import LocalIssuer
from dunghen.services import SERVICES
from reference import OFFICE_TIME, Timeline
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags

# About one per open hour; before the morning and the afternoon too, so that no report lies far ahead of the clock.
STEP_TIMES = tuple(
    time.fromisoformat(t) for t in ["06:30", "08:30", "09:30", "10:30", "11:30", "13:00", "14:30", "15:30", "16:30", "17:30"]
)
# What tells whether a step has settled: asked for alone, because it is asked for all the time.
LOOKED_AT = tuple(
    f"dunghen_{name}"
    for name in (
        "dirty_rows",
        "flushed_seconds",
        "intents_open",
        "jobs_due",
        "notices_due",
        "notices_uncertain",
        "outputs_published_total",
        "partitions_held",
        "records_handled_total",
        "responses_looked_at_seconds",
        "sent_seconds",
        "swept_seconds",
    )
)
PATIENCE = 180.0  # seconds until a step that does not settle is given up


class DemoStuckError(RuntimeError):
    """A step did not settle: something was lost or stands still."""


class Row(BaseModel):
    """One row of the month as its sender writes it, and when it is reported. "": not told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dossier: str = ""
    type: str = ""
    occasion: str = ""
    at: str = ""
    observed_at: str = ""
    procedure: str = ""
    receiving_unit: str = ""
    competent_unit: str = ""
    channel: str = ""
    promised_at: str = ""
    new_due_at: str = ""
    fact: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    reported_at: datetime

    @cached_property
    def item(self) -> dict[str, str]:
        """What is sent to intake."""
        return self.model_dump(exclude={"reported_at"}, exclude_defaults=True)


def load_month() -> list[Row]:
    """The committed month, in the order of reporting."""
    text = files("dunghen.demo").joinpath("month.csv").read_text("utf-8")
    return [Row.model_validate(raw) for raw in csv.DictReader(text.splitlines())]


def steps(line: Timeline, first: date, last: date) -> Iterator[datetime]:
    """Moments to step to: about one per open hour of each working day."""
    day = first
    while day <= last:
        if line.is_counted(day.toordinal()):
            for at in STEP_TIMES:
                yield datetime.combine(day, at, OFFICE_TIME)
        day += timedelta(days=1)


@dataclass
class Answers:
    """What intake said to the rows: distinct fact ids, how many rows were refused, how many are held for a person."""

    ids: set[str] = field(default_factory=set)
    accepted: int = 0
    refused: int = 0
    held: int = 0


def groups_of(prefix: str) -> dict[str, list[str]]:
    """The consumer groups of all services, with the topics each reads, names in full."""
    catalogue = load_catalogue()
    return {
        prefix + service: [prefix + topic for topic in catalogue.read_by(service)]
        for service in SERVICES
        if catalogue.read_by(service)
    }


class ClockReaders:
    """Which processes read the demo's clock, and what they were told last. A process has one name, and another when it is
    started again."""

    def __init__(self) -> None:
        self._told: dict[str, datetime] = {}
        self._gone: set[str] = set()

    def tell(self, reader: str, moment: datetime) -> None:
        """A process asked for the time."""
        self._told[reader] = moment

    def forget(self, reader: str) -> None:
        """A process has ended; a question of it may still be on its way."""
        self._gone.add(reader)

    def all_know(self, moment: datetime) -> bool:
        """Whether every process that lives has been told this moment."""
        return all(told >= moment for reader, told in self._told.items() if reader not in self._gone)


class Fleet:
    """The running services as their users see them: an HTTP client each, and Kafka."""

    def __init__(
        self,
        clients: Mapping[str, httpx.AsyncClient],
        lags: Lags,
        clock: SteppedClock,
        prefix: str = "",
        phone: Phone | None = None,
        readers: ClockReaders | None = None,
    ) -> None:
        """`readers`: who reads the clock over HTTP; None: all services share it."""
        self.clients, self.clock, self.phone = clients, clock, phone or Phone()
        self.issuer, self.receipts_secret = LocalIssuer.new(), ""  # believed by nobody yet
        self.others: dict[str, list[httpx.AsyncClient]] = {}  # further instances, by service
        self._readers = readers
        self._pause = 0.005 if readers is None else 0.02  # asking costs the store of a real service something
        self.answers = Answers()
        self.lags, self._prefix = lags, prefix

    def acting(self, issuer: LocalIssuer, receipts_secret: str) -> "Fleet":
        """With people whose tokens are believed, and what the gateway shows to notifier."""
        self.issuer, self.receipts_secret = issuer, receipts_secret
        return self

    async def post(self, items: Sequence[Mapping[str, object]]) -> None:
        """Send like a department's system: again and again until there is an answer."""

        async def sent() -> bool:
            try:
                response = await self.clients["intake"].post("/v1/dossiers/events", json=list(items))
            except httpx.TransportError:
                return False
            if response.status_code >= 500:
                return False
            for answer in ItemAnswers.model_validate_json(response.content).items:
                if answer.status == "accepted":
                    self.answers.ids.update(answer.facts)
                    self.answers.accepted += 1
                elif answer.status == "quarantined":
                    self.answers.held += 1
                else:
                    self.answers.refused += 1
            return True

        await self.until("intake to answer", sent)

    async def until(self, what: str, done: Callable[[], Awaitable[bool]]) -> None:
        """Wait for a condition. Raises DemoStuckError after a while."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not await done():
            if asyncio.get_running_loop().time() > end:
                raise DemoStuckError(f"waited {PATIENCE:.0f} s for {what}")
            await asyncio.sleep(self._pause)

    async def gauges(self, service: str, only: Sequence[str] = ()) -> dict[str, float]:
        """The gauges and counters of a service's first instance, all or some; sums over labels; empty if it does not answer."""
        return await self._gauges_at(self.clients[service], only)

    async def all_gauges(self, service: str) -> list[dict[str, float]]:
        """What tells of each instance whether it has settled."""
        return [await self._gauges_at(client, LOOKED_AT) for client in (self.clients[service], *self.others.get(service, ()))]

    async def _gauges_at(self, client: httpx.AsyncClient, only: Sequence[str]) -> dict[str, float]:
        try:
            response = await client.get("/metrics", params={"name[]": list(only)})
        except httpx.TransportError:
            return {}
        if response.is_error:
            return {}
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(response.text):
            for sample in family.samples:
                name = sample.name.removeprefix("dunghen_")
                sums[name] = sums.get(name, 0.0) + sample.value
        return sums

    async def set_clock(self, moment: datetime) -> None:
        """Move the clock, and wait until every service that answers has seen it."""
        self.clock.set(moment)
        readers = self._readers
        if readers is None:
            return

        async def seen() -> bool:
            return readers.all_know(moment)

        await self.until("the clock to be seen", seen)

    async def published(self) -> None:
        """Wait until intake has published all that it took in."""

        async def idle() -> bool:
            return (await self.gauges("intake", LOOKED_AT)).get("intents_open", 1) == 0

        await self.until("intake to publish", idle)

    async def handled(self, service: str) -> None:
        """Wait until a service has handled its topics to their end."""

        async def caught_up() -> bool:
            return await self.lags.of(self._prefix + service) == 0

        try:
            await self.until(f"{service} to catch up", caught_up)
        except DemoStuckError as error:
            raise DemoStuckError(f"{error}: {await self._behind(service)}") from None

    async def _behind(self, service: str) -> str:
        """Which partitions a service has not handled: committed and end of each, and how many it holds."""
        ends, done = await self.lags.places(self._prefix + service)
        left = [f"{p.topic}/{p.partition} {done.get(p, 0)} of {end}" for p, end in ends.items() if end > done.get(p, 0)]
        held = [gauges.get("partitions_held", 0) for gauges in await self.all_gauges(service)]
        return f"{', '.join(left) or 'nothing'} is left; held {held} of {len(ends)}"

    async def timers_fired(self) -> None:
        """Wait until sla and feedback have fired, and feedback has said, what is due by the clock."""

        async def idle() -> bool:
            return all(
                gauges.get("swept_seconds", 0) >= self.clock.now().timestamp()
                and gauges.get("jobs_due", 1) == 0
                and gauges.get("intents_open", 1) == 0
                for gauges in [*await self.all_gauges("sla"), *await self.all_gauges("feedback")]
            )

        await self.until("timers to fire", idle)

        async def looked_at() -> bool:
            looked = await self.all_gauges("feedback")
            return all(own.get("responses_looked_at_seconds", 0) >= self.clock.now().timestamp() for own in looked)

        await self.until("answers to be said", looked_at)

    async def figures_published(self) -> None:
        """Wait until reporting has published all figures as of the clock."""

        async def idle() -> bool:
            gauges = await self.gauges("reporting", LOOKED_AT)
            flushed = gauges.get("flushed_seconds", 0) >= self.clock.now().timestamp()
            return flushed and gauges.get("dirty_rows", 1) == 0

        await self.until("figures to be published", idle)

    async def messages_sent(self) -> None:
        """Wait until notifier has sent what is due by the clock."""

        async def idle() -> bool:
            gauges = await self.gauges("notifier", LOOKED_AT)
            sent = gauges.get("sent_seconds", 0) >= self.clock.now().timestamp()
            return sent and gauges.get("notices_due", 1) == 0 and gauges.get("intents_open", 1) == 0

        await self.until("messages to be sent", idle)

    async def step_settled(self) -> None:
        """Wait until what happened in a step has had its consequences, but for figures: they are asked for at the end.

        sla comes last again: it reads what notifier says, and its timers go no further than it has read.
        """
        await self.published()
        for service in ("sla", "feedback", "notifier"):
            await self.handled(service)
        await self.messages_sent()
        await self.handled("sla")

    async def settle(self, *, figures: bool = True) -> None:
        """Wait until everything sent so far has had all its consequences, with or without the figures.

        What one service says may move another, and back (a letter asks, sla answers, the letter is sent), so it is over when
        nobody handled or said anything between two looks.
        """
        before: list[float] = []
        while True:
            await self.published()
            for service in ("sla", "feedback", "notifier"):
                await self.handled(service)
            await self.timers_fired()
            await self.messages_sent()
            if figures:
                await self.handled("reporting")
                await self.figures_published()
            after = [await self._moved(service) for service in self.clients if figures or service != "reporting"]
            if after == before:
                return
            before = after

    async def _moved(self, service: str) -> float:
        """How much a service has handled and said since it started."""
        return sum(
            gauges.get("records_handled_total", 0) + gauges.get("outputs_published_total", 0)
            for gauges in await self.all_gauges(service)
        )


Restart = Callable[[], Awaitable[None]]
Acts = Callable[[datetime], Awaitable[bool]]  # what people do at a moment; False if nothing


async def run_month(
    fleet: Fleet,
    rows: Sequence[Row],
    moments: Sequence[datetime],
    progress: Callable[[int, datetime], None],
    acts: Acts,
    disturb: Callable[[int], Awaitable[Restart | None]] | None = None,
) -> None:
    """Take all steps, and let people act in those at which they do. `disturb` may kill processes right after the facts of a
    step were released; what it returns starts them again. They start after the clock was set, so that a step is swept once,
    at its own time. What they missed is read before the clock moves on: in life it does not leap over a weekend meanwhile."""
    waiting, missed = list(rows), False
    for number, moment in enumerate(moments):
        cut = next((i for i, row in enumerate(waiting) if row.reported_at > moment), len(waiting))
        released, waiting = waiting[:cut], waiting[cut:]
        for start in range(0, len(released), 200):
            await fleet.post([row.item for row in released[start : start + 200]])
        restart = await disturb(number) if disturb is not None else None
        if released:
            await fleet.published()
        if released and restart is None:
            await fleet.handled("sla")
        if missed:
            await fleet.handled("notifier")
        await fleet.set_clock(moment)
        missed = restart is not None
        if restart is not None:
            await restart()
        await fleet.timers_fired()
        if restart is None:
            await fleet.step_settled()
        if await acts(moment):
            await fleet.settle(figures=False)
        progress(number, moment)
    await fleet.settle()


def demo_start(rows: Sequence[Row]) -> datetime:
    """Where the demo's clock begins: the morning of the first day."""
    return datetime.combine(rows[0].reported_at.astimezone(OFFICE_TIME).date(), time(6, 0), OFFICE_TIME).astimezone(UTC)


def demo_days(rows: Sequence[Row]) -> tuple[date, date]:
    """First and last day of the month."""
    days = [row.reported_at.astimezone(OFFICE_TIME).date() for row in rows]
    return min(days), max(days)


async def get_report(client: httpx.AsyncClient, first: date, last: date, unit: str, kind: str) -> Any:  # noqa: ANN401 - JSON or bytes
    """II.06a as reporting gives it."""
    path = "/v1/reports/II.06a" if kind == "json" else f"/v1/reports/II.06a/{kind}"
    response = await client.get(path, params={"from": str(first), "to": str(last), "unit": unit})
    response.raise_for_status()
    return response.json() if kind == "json" else response.content

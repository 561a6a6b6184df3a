"""A small system on embedded parts for flow tests, and the ways a user touches it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from dunghen.log import read_broker
from dunghen.together import Together, run_together
from reference import OFFICE_TIME, ReferenceData
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags, LogRecord
from tests.support.described import watching
from tests.support.fleet import Fleet, get_report, groups_of

D = "H37.12-260302-{:04}"  # a mã hồ sơ of the unit, for a number


def at(day: int, time: str = "09:00") -> datetime:
    """A moment of March 2026; the 2nd is a Monday."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{time}").replace(tzinfo=OFFICE_TIME)


@dataclass(frozen=True)
class System:
    """Running services and the fleet that drives them."""

    together: Together
    fleet: Fleet

    @property
    def clients(self) -> Mapping[str, httpx.AsyncClient]:
        """An HTTP client per service."""
        return self.fleet.clients

    @property
    def clock(self) -> SteppedClock:
        """The clock of all services."""
        return self.fleet.clock

    async def send(self, *items: Mapping[str, Any]) -> httpx.Response:
        """Post items to intake."""
        return await self.clients["intake"].post("/v1/dossiers/events", json=list(items))

    async def settle(self) -> None:
        """Wait until everything sent is handled, timers have fired and figures are published."""
        await self.fleet.settle()

    async def move(self, moment: datetime) -> None:
        """Wait for what was sent, move the clock, and wait for what follows: a reading of the clock is swept once."""
        await self.settle()
        await self.fleet.set_clock(moment)
        await self.settle()

    async def log(self) -> list[LogRecord]:
        """Everything in the log."""
        return await read_broker(self.together.bootstrap_servers)

    async def said(self, dossier: str, topic: str = "deadlines.v1") -> list[str]:
        """Short types of the distinct events of a dossier on a topic, in the order of the log."""
        events = [json.loads(r.value) for r in await self.log() if r.topic == topic and r.key == dossier.encode()]
        return [e["type"].split(".")[-2] for e in {e["id"]: e for e in events}.values()]

    async def report(self, first: str, last: str, unit: str = "province") -> dict[str, Any]:
        """II.06a as JSON."""
        found: dict[str, Any] = await get_report(
            self.clients["reporting"], date.fromisoformat(first), date.fromisoformat(last), unit, "json"
        )
        return found


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Wait for a condition; fails after a while."""
    end = asyncio.get_running_loop().time() + seconds
    while not await done():
        assert asyncio.get_running_loop().time() < end, "waited in vain"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def small_system(folder: Path, start: datetime, reference: ReferenceData | None = None) -> AsyncIterator[System]:
    """All services on embedded parts, at a time."""
    clock = SteppedClock(start)
    async with (
        run_together(folder, clock=clock, reference=reference, sweep_seconds=0.05) as together,
        Lags(together.bootstrap_servers, groups_of("")) as lags,
    ):
        shown = together.headers()
        clients = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(app=service.app),
                base_url=f"http://{name}",
                headers=shown[name],
                event_hooks={"response": [watching(service.app)]},
            )
            for name, service in together.services.items()
        }
        fleet = Fleet(clients, lags, clock, phone=together.phone)
        fleet.acting(together.issuer, together.keys.receipts_secret)
        yield System(together, fleet)
        for client in clients.values():
            await client.aclose()


def received(dossier: str, at: str, **more: Any) -> dict[str, Any]:
    """A reception at xã Hoàng Vân, 5 working days."""
    base = {"dossier": dossier, "type": "received", "at": at, "procedure": "1.000894", "receiving_unit": "H37.12", "channel": 2}
    return {**base, **more}


def event(dossier: str, kind: str, at: str, **more: Any) -> dict[str, Any]:
    """Any other event."""
    return {"dossier": dossier, "type": kind, "at": at, **more}


def total(report: Mapping[str, Any], *columns: int) -> Sequence[int]:
    """Some columns of a report's total."""
    return [report["total"][str(column)] for column in columns]

"""Fronts that send digests, in a test's hand: a stepped clock, services that say what a test makes of them, any way to send."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from joserfc import jws

from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.mail import Mail
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import WithoutLog
from runtime.store import Documents, MemoryDocuments, MemoryTables
from services.front.app import build, client_of
from services.front.settings import FrontSettings
from tests.support.front import SEED, SERVICES, WoundMachine

UNIT, OTHER = "H37.12", "H37.13"
MORNING = datetime(2026, 3, 2, 7, 30, tzinfo=OFFICE_TIME)
SETTINGS = {
    "public_url": "https://dunghen.example https://other.example",
    "oidc_issuer": "https://login.invalid",
    "oidc_client_id": "dunghen-front",
    "oidc_client_secret": "not-asked-for",
    "signing_key": SEED,
    **{f"{name}_url": f"http://{name}" for name in SERVICES},
}
PARTS = ("late", "today", "tomorrow", "nearing")
NONE: dict[str, Any] = {"total": 0, "lines": []}


def dates(count: int, due: datetime, days_late: int = 0, first: int = 1) -> dict[str, Any]:
    """A part of a digest: so many dossiers, of which a service names the first 50."""
    lines = [
        {
            "dossier": f"H37.12-260212-{first + number:04}",
            "procedure_name": "Đăng ký khai sinh",
            "due_at": (due + timedelta(minutes=number)).isoformat(),
            "days_late": days_late,
        }
        for number in range(min(count, 50))
    ]
    return {"total": count, "lines": lines}


@dataclass
class Town:
    """What the services say. `away`: those that do not answer."""

    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    asked: list[httpx.Request] = field(default_factory=list)

    def unit(self, code: str = UNIT, **more: Any) -> None:
        """A unit that works today, with a mailbox."""
        usual = {"unit": code, "name": "UBND xã Hoàng Vân", "mailboxes": ["motcua@hoangvan.example"], "working": True}
        self.units[code] = {**usual, "session": None, "warned": 0, **more}

    def tells(self, code: str = UNIT, **parts: dict[str, Any]) -> None:
        """What there is to tell it."""
        self.parts[code] = parts

    def clients(self) -> dict[str, httpx.AsyncClient]:
        """A client of each service."""
        return {name: client_of(f"http://{name}", httpx.MockTransport(self.answer)) for name in SERVICES}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Of a service."""
        service, code = request.url.host, request.url.path.removeprefix("/v1/digests").strip("/")
        self.asked.append(request)
        if service in self.away:
            raise httpx.ConnectError("refused")
        if service == "sla" and not code:
            return httpx.Response(200, json={"warn_hours": 4, "units": list(self.units.values())})
        if service == "sla":
            return httpx.Response(200, json=dict.fromkeys(PARTS, NONE) | self.parts.get(code, {}))
        if service == "notifier":
            return httpx.Response(200, json=self.letters.get(code, NONE))
        return httpx.Response(200, json={"held": self.held.get(code, 0)})


@dataclass
class Sender:
    """A front that sends digests."""

    service: Service
    machine: WoundMachine
    clock: SteppedClock

    async def look(self, *, later: timedelta = timedelta()) -> None:
        """One run of its job, so much later by both clocks."""
        self.machine.ahead += later
        if later:
            self.clock.set(self.clock.now() + later)
        await next(job for job in self.service.jobs if job.name == "digests").run()

    def metric(self, name: str, **labels: str) -> float:
        """A counter or gauge of it."""
        return self.service.parts.telemetry.registry.get_sample_value(f"dunghen_{name}", {"service": "front", **labels}) or 0.0

    def became(self, kind: str = "morning") -> dict[str, int]:
        """How many digests became what."""
        states = ("sent", "quiet", "refused", "uncertain", "missed", "waiting")
        found = {state: int(self.metric("digests_total", kind=kind, became=state)) for state in states}
        return {state: count for state, count in found.items() if count}

    async def journal(self) -> list[tuple[str, str]]:
        """Its lines about digests."""
        found = await self.service.parts.store.find("journal", {})
        return [(line["path"], line["why"]) for line in found if line["what"] == "digest"]


@asynccontextmanager
async def sender(
    town: Town, mail: Mail | None, *, store: Documents | None = None, now: datetime = MORNING, **settings: Any
) -> AsyncIterator[Sender]:
    """One front on a store. Without `mail` it sends to the server that the settings name."""
    clock, machine = SteppedClock(now), WoundMachine()
    machine.clock = clock
    documents, clients = store or MemoryDocuments(MemoryTables()), town.clients()
    given = FrontSettings.model_validate({**SETTINGS, **settings}, by_name=True)
    ports = Ports(store=documents, machine=machine)
    service = build(WithoutLog(store_url="memory"), given, ports=ports, services=clients, mail=mail)
    for step in service.collections:
        await step()
    yield Sender(service, machine, clock)
    for drain in service.drains:
        await drain()


def claims_of(request: httpx.Request) -> dict[str, Any]:
    """What a bearer says."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    payload: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return payload

"""intake alone on embedded parts, and the ways its senders and operators touch it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.together import Keys, bearer, demo_environment, from_environment
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.embedded import EmbeddedBroker
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import Issuer, RuntimeSettings
from services.intake.app import build
from services.intake.domain.keys import Wanted
from services.intake.keys import create_key
from services.intake.settings import IntakeSettings
from tests.support.described import watching
from tests.support.identity import ISSUER

NOW = datetime(2026, 3, 20, 10, 0, tzinfo=OFFICE_TIME)


@dataclass(frozen=True)
class Alone:
    """A running intake, its clock, a client without a key, and the environment it was made from."""

    service: Service
    clock: SteppedClock
    client: httpx.AsyncClient
    environment: Mapping[str, str]
    bootstrap: str

    async def key(self, system: str = "motcua", **wanted: Any) -> dict[str, str]:
        """The header of a new key."""
        return bearer(await create_key(self.service.parts.store, Wanted(system, **wanted), self.clock.now()))

    async def send(self, header: Mapping[str, str], *items: Mapping[str, Any], **more: Any) -> httpx.Response:
        """Post items."""
        return await self.client.post("/v1/dossiers/events", json=list(items), headers={**header, **more.get("headers", {})})


@asynccontextmanager
async def intake_alone(
    folder: Path, bootstrap: str | None = None, issuers: Sequence[Issuer] = (), **settings: str | None
) -> AsyncIterator[Alone]:
    """Start it in a folder that exists, with more settings (None: unset) as environment. `bootstrap`: another one's broker;
    `issuers`: whose tokens it believes beside the tests' own."""
    broker = EmbeddedBroker(load_catalogue().topics) if bootstrap is None else None
    bootstrap = broker.bootstrap_servers if broker is not None else str(bootstrap)
    runtime = RuntimeSettings(
        kafka_bootstrap_servers=bootstrap,
        store_url=f"sqlite:///{folder / 'intake'}.db",
        fetch_max_wait_ms=10,
        linger_ms=0,
        sweep_seconds=0.05,
        identity_issuers=(ISSUER.trusted(), *issuers),
    )
    changed = {**demo_environment(Keys.new(), PROVINCE), **settings}
    environment = {name: value for name, value in changed.items() if value is not None}
    clock = SteppedClock(NOW)
    service = build(runtime, from_environment(IntakeSettings, environment), ports=Ports(clock=clock))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service.app),
        base_url="http://intake",
        timeout=60,
        event_hooks={"response": [watching(service.app)]},
    )
    async with service.running(), client:
        yield Alone(service, clock, client, environment, bootstrap)


def received(number: int, **more: Any) -> dict[str, Any]:
    """A reception at xã Hoàng Vân."""
    base = {"type": "received", "at": "2026-03-19T09:00+07:00", "procedure": "1.000894", "receiving_unit": "H37.12"}
    return {"dossier": f"H37.12-260319-{number:04}", **base, **more}

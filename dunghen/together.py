"""All services in one process on embedded parts: for the demo, for tests, for a laptop."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from nacl.public import PrivateKey

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.demo.phone import Phone
from reference import ReferenceData, load_reference
from runtime.clock import Clock
from runtime.embedded import EmbeddedBroker
from runtime.service import Service, calm_garbage_collector
from runtime.settings import RuntimeSettings
from services.intake.app import build as build_intake
from services.intake.settings import IntakeSettings
from services.notifier.app import build as build_notifier
from services.notifier.gateway import HttpGateway
from services.notifier.settings import NotifierSettings
from services.reporting.app import build as build_reporting
from services.reporting.settings import ReportingSettings
from services.sla.app import build as build_sla
from services.sla.settings import SlaSettings

SERVICES = ("intake", "sla", "notifier", "reporting")


@dataclass(frozen=True, slots=True)
class Keys:
    """A contact key pair and a hash key made for one run; nothing of it is ever a default."""

    private: PrivateKey
    hash_key: str

    @classmethod
    def new(cls) -> "Keys":
        """Fresh keys."""
        return cls(PrivateKey.generate(), secrets.token_hex(16))

    def environment(self) -> dict[str, str]:
        """As the settings of intake and notifier name them."""
        public = base64.b64encode(bytes(self.private.public_key)).decode()
        private = base64.b64encode(bytes(self.private)).decode()
        keys = {"CONTACTS_PUBLIC_KEY": public, "CONTACTS_PRIVATE_KEY": private, "CONTACTS_KEY_EPOCH": "1"}
        return keys | {"CONTACTS_HASH_KEY": self.hash_key}


@dataclass(frozen=True)
class Together:
    """The running services and how to reach their broker."""

    services: dict[str, Service]
    bootstrap_servers: str
    reference: ReferenceData
    keys: Keys
    phone: Phone


def prepare_folder(data: Path) -> None:
    """Make the folder of a run. Raises ValueError if it was used before: the embedded broker starts with an empty log,
    and a store that remembers another log would be wrong about it."""
    data.mkdir(parents=True, exist_ok=True)
    used = [path.name for path in sorted(data.glob("*.db")) if path.stat().st_size]
    if used:
        raise ValueError(f"{data} holds documents of an earlier run ({', '.join(used)}): use an empty folder")


@asynccontextmanager
async def run_together(
    data: Path, *, clock: Clock | None = None, reference_dir: Path = PROVINCE, sweep_seconds: float = 1.0
) -> AsyncIterator[Together]:
    """Start an embedded broker and all services, each with its own SQLite file in `data`."""
    prepare_folder(data)
    calm_garbage_collector()
    keys, reference = Keys.new(), load_reference(reference_dir)
    broker = EmbeddedBroker(load_catalogue().topics)

    def runtime(name: str) -> RuntimeSettings:
        return RuntimeSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers,
            store_url=f"sqlite:///{data / name}.db",
            fetch_max_wait_ms=10,  # the mock cluster does not wake a waiting fetch
            linger_ms=0,
            session_timeout_ms=6000,
            sweep_seconds=sweep_seconds,
            refuse_gaps=True,
        )

    environment = keys.environment()
    own = {"reference_dir": reference_dir, **{name.lower(): value for name, value in environment.items()}}
    intake = IntakeSettings.model_validate(own, by_name=True)
    notifier = NotifierSettings.model_validate(
        own | {"gateway_url": "http://phone/sms", "gateway_deduplicates": True}, by_name=True
    )
    phone, screen = Phone(), FastAPI()
    phone.add_routes(screen)
    gateway = HttpGateway(notifier.gateway_url, client=httpx.AsyncClient(transport=httpx.ASGITransport(app=screen)))
    built = {
        "intake": build_intake(runtime("intake"), intake, reference=reference, clock=clock),
        "sla": build_sla(runtime("sla"), SlaSettings(reference_dir=reference_dir), reference=reference, clock=clock),
        "notifier": build_notifier(runtime("notifier"), notifier, reference=reference, clock=clock, gateway=gateway),
        "reporting": build_reporting(
            runtime("reporting"),
            ReportingSettings(reference_dir=reference_dir, flush_seconds=sweep_seconds),
            reference=reference,
            clock=clock,
        ),
    }
    async with AsyncExitStack() as stack:
        # Together, not one after the other: each waits three seconds for the mock cluster to form its group.
        running = [await stack.enter_async_context(AsyncExitStack()) for _ in built]
        await asyncio.gather(
            *(own.enter_async_context(service.running()) for own, service in zip(running, built.values(), strict=True))
        )
        yield Together(built, broker.bootstrap_servers, reference, keys, phone)

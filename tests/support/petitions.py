"""A petition by the rules alone, and feedback's pages on a store in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx

from runtime.blobs import MemoryBlobs
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.changes import By
from services.feedback.app import build, declare
from services.feedback.domain.clocks import LIMITS, Clocks
from services.feedback.domain.handling import Ground, Incoming
from services.feedback.domain.petition import Petition
from tests.support.feedback import REFERENCE, SETTINGS
from tests.support.identity import ISSUER

CLERK = By("Cán bộ Mẫu", "clerk")
UNIT, OTHER = "H37.12", "H37.15"
ID = "PA-260212-7QK2M4XA"


def time(text: str) -> datetime:
    """`2026-02-12 09:00`, in Vietnam."""
    return datetime.fromisoformat(f"{text}+07:00")


def ground(text: str) -> Ground:
    """What a decision of then looks at."""
    return Ground(time(text), Clocks(REFERENCE, LIMITS))


def incoming(**more: object) -> Incoming:
    """A petition that came by the portal."""
    given = {"kind": "petition", "about": None, "channel": "portal", "unit": UNIT, "text": "locked", "codes": ("digest",)}
    return Incoming(**{**given, **more})  # type: ignore[arg-type]


NEW = Petition(ID)


@dataclass
class Pages:
    """feedback over a store in memory."""

    client: httpx.AsyncClient
    store: MemoryDocuments
    clock: SteppedClock
    service: Service
    broker: MemoryBroker
    blobs: MemoryBlobs
    log: MemoryLog


@asynccontextmanager
async def pages(now: str) -> AsyncIterator[Pages]:
    """The service's HTTP, at a moment."""
    store, clock = MemoryDocuments(MemoryTables()), SteppedClock(time(now))
    await declare(store)
    await store.declare(INTENTS)
    broker = MemoryBroker(dict.fromkeys(("feedback.v1", "contacts.v1", "dossiers.v1"), 1), lambda: 0)
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
    blobs = MemoryBlobs()
    log = MemoryLog("feedback", broker)
    ports = Ports(store=store, topics=log, clock=clock, blobs=blobs)
    service = build(runtime, SETTINGS, reference=REFERENCE, ports=ports)
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="https://example.org") as client:
        yield Pages(client, store, clock, service, broker, blobs, log)

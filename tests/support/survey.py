"""The survey's page over a store and a log in memory, and the links of some dossiers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
from aiokafka import TopicPartition

from contracts import load_catalogue
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import Hook, MemoryDocuments, MemoryTables, answer_at_once
from services.feedback.app import build
from services.feedback.domain import digest, token_of
from services.feedback.store import DOSSIERS
from tests.support.described import watching
from tests.support.dossiers import DOSSIER, at
from tests.support.feedback import DONE, PAGE, PROMISED, REFERENCE, SETTINGS, play
from tests.support.identity import ISSUER

TOKEN = token_of(SETTINGS.token_key.get_secret_value().encode(), DOSSIER)
PATH = f"/y-kien/{TOKEN}"
INVITED = play([PROMISED, DONE])[0]


class Site:
    """feedback with some documents, on a store and a log in memory."""

    def __init__(self, client: httpx.AsyncClient, service: Service, clock: SteppedClock, broker: MemoryBroker) -> None:
        self.client, self.clock, self.parts = client, clock, service.parts
        self._broker, self._jobs = broker, {job.name: job for job in service.jobs}

    def said(self) -> list[bytes]:
        """The events it said, as they stand in the log."""
        return [record.value or b"" for record in self._broker.records(TopicPartition("feedback.v1", 0))]

    async def work(self) -> None:
        """What the job of answers does once in a while."""
        await self._jobs["responses"].run()

    async def forget(self) -> None:
        """What the job of retention does."""
        await self._jobs["notes-retention"].run()

    async def kept(self) -> list[Document]:
        """The answers."""
        return await self.parts.store.find("responses", {})

    async def mark(self) -> Document:
        """The one mark."""
        (mark,) = await self.parts.store.find("marks", {})
        return mark


@asynccontextmanager
async def site(
    document: Document = INVITED,
    now: datetime = at(6),  # noqa: B008 - a constant
    more: Sequence[Document] = (),
    hook: Hook = answer_at_once,
) -> AsyncIterator[Site]:
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(now.timestamp() * 1000))
    clock = SteppedClock(now)
    ports = Ports(store=MemoryDocuments(MemoryTables(), hook), clock=clock, topics=MemoryLog("feedback", broker))
    runtime = RuntimeSettings(
        kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null", identity_issuers=(ISSUER.trusted(),)
    )
    service = build(runtime, SETTINGS, reference=REFERENCE, ports=ports)
    for declare in service.collections:
        await declare()
    await service.parts.store.save_many(DOSSIERS, [{**one, "rev": 0} for one in (document, *more)])
    service.health.waits_for = ""
    hooks = {"response": [watching(service.app)]}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://feedback", event_hooks=hooks
    ) as client:
        yield Site(client, service, clock, broker)


def code(number: int) -> str:
    return f"H37.12-260302-{number:04}"


def token(number: int) -> str:
    return token_of(SETTINGS.token_key.get_secret_value().encode(), code(number))


def invited(number: int) -> Document:
    """Another dossier of the same unit and procedure."""
    return {**INVITED, "_id": code(number), "token": digest(token(number))}


MORE = [invited(number) for number in range(100, 120)]


async def send(feedback: Site, number: int, **more: str) -> int:
    given = {**PAGE, "once": f"a page of its own, {number}", **more}
    return (await feedback.client.post(f"/y-kien/{token(number)}", data=given)).status_code

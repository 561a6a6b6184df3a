"""A real Kannel before an SMPP centre: what it is told, what it answers, and the receipts that it brings."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.notifier.app import build
from services.notifier.domain.outcome import Sms
from services.notifier.gateways.calling import Caller
from services.notifier.gateways.kannel import KannelGateway
from services.notifier.store import DOSSIERS, declare
from tests.real import skip
from tests.support.dossiers import at
from tests.support.notifier import REFERENCE, desk
from tests.support.notifier_hears import DONE, PERSON, PROMISED, contact, play
from tests.support.ports import free_port

pytestmark = pytest.mark.connected
PATIENCE = 20.0  # seconds for receipts
# The centre plays by the last digits of a number: a receipt that says undeliverable, expired, none at all; else delivered.
ENDS = {"5678": "delivered", "0001": "failed", "0009": "failed", "0004": "accepted"}
KINDS = {"0001": "permanent", "0009": "temporary"}


@dataclass(frozen=True, slots=True)
class Kannel:
    """Where it listens, whom it knows, and where the centre behind it tells what it got."""

    url: str
    user: str
    password: str
    centre: str


@pytest.fixture
def kannel() -> Kannel:
    """Named by the environment; without one there is nothing to start by itself."""
    names = ("KANNEL_SENDSMS_URL", "KANNEL_USER", "KANNEL_PASSWORD", "SMSC_CTL_URL")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        skip(f"no Kannel: {', '.join(missing)} not set")
    return Kannel(*(os.environ[name] for name in names))


async def got(kannel: Kannel, number: str) -> list[dict[str, object]]:
    """What the centre got for a number."""
    async with httpx.AsyncClient() as client:
        found = (await client.get(f"{kannel.centre}/messages")).json()
    listed = found["messages"] if isinstance(found, dict) else found
    return [each for each in listed if str(each["to"]).lstrip("+") == number]


async def test_accents_quotes_and_ampersands_reach_the_phone_as_they_were_written(kannel: Kannel) -> None:
    gateway = KannelGateway(kannel.user, kannel.password, Caller(kannel.url, 10, 2))
    number = f"8491{os.getpid() % 100_000:05d}77"
    for text in ('Ho so H37.12 "A & B" da co ket qua', "Hồ sơ H37.12 đã có kết quả: mời Ông/Bà đến nhận"):
        assert (await gateway.send(Sms("id", f"+{number}", "HOANGVAN", text))).outcome == "taken"
        for _ in range(100):
            if any(each["text"] == text for each in await got(kannel, number)):
                break
            await asyncio.sleep(0.1)
        assert [each["from"] for each in await got(kannel, number) if each["text"] == text] == ["HOANGVAN"]
    await gateway.close()


async def test_a_wrong_password_is_a_matter_of_settings(kannel: Kannel) -> None:
    gateway = KannelGateway(kannel.user, "not this", Caller(kannel.url, 10, 2))
    answer = await gateway.send(Sms("id", "+84912345678", "HOANGVAN", "x"))
    await gateway.close()

    assert (answer.outcome, answer.reason) == ("broken", "403")


@asynccontextmanager
async def serving(service: Service, port: int) -> AsyncIterator[None]:
    """Its HTTP, as Kannel reaches it."""
    service.health.waits_for = ""
    server = uvicorn.Server(uvicorn.Config(service.app, port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.05)
        yield
    finally:
        server.should_exit = True
        await running


async def test_messages_go_out_and_receipts_come_back_by_their_signed_addresses(
    kannel: Kannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, port = MemoryDocuments(MemoryTables()), free_port()
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [dossier(end) for end in ENDS])
    own = {
        "gateway_url": kannel.url,
        "gateway_kind": "kannel",
        "gateway_user": kannel.user,
        "gateway_token": SecretStr(kannel.password),
        "receipts_url": f"http://127.0.0.1:{port}",
        "receipts_secret": SecretStr("x" * 40),
    }
    settings = desk(at(6)).settings.model_copy(update=own)
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    ports = Ports(store=store, topics=topics, clock=SteppedClock(at(6, "10:00")))
    service = build(
        RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none"), settings, reference=REFERENCE, ports=ports
    )
    assert service.loop is not None
    monkeypatch.setattr(service.loop, "owns", lambda _: True)
    async with serving(service, port):
        await next(job.run for job in service.jobs if job.name == "sender")()
        for _ in range(round(PATIENCE / 0.2)):
            found = {each["_id"][-4:]: each["notices"]["result-ready"] for each in await store.find(DOSSIERS, {})}
            if {end: message["s"] for end, message in found.items()} == ENDS:
                break
            await asyncio.sleep(0.2)
    for drain in service.drains:
        await drain()

    assert {end: message["s"] for end, message in found.items()} == ENDS
    assert {end: found[end]["kind"] for end in KINDS} == KINDS


def dossier(end: str) -> Document:
    """A dossier whose result is ready, of an invented person whose number ends so."""
    document, _ = play([PROMISED, contact(person={**PERSON, "phone": f"091200{end}"}), DONE])
    return {**document, "_id": f"H37.12-260302-{end}", "rev": 0}

"""A real Kannel before an SMPP centre: what it is told, what it answers, and the receipts that it brings."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
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
from services.notifier.gateways.opening import replies_url
from services.notifier.http.replies import add_replies
from services.notifier.http.wishes import WishDesk
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


@dataclass
class Wishes:
    """Stands where the desk of stop wishes stands: notes what it is told."""

    heard: list[tuple[str, bool]] = field(default_factory=list)

    async def by_reply(self, sender: str, *, stop: bool) -> bool:
        """See the desk."""
        self.heard.append((sender, stop))
        return True


CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = lab
smsbox-port = {box}
log-file = "{folder}/bearerbox.log"

group = smsc
smsc = smpp
host = {host}
port = {port}
transceiver-mode = true
smsc-username = {user}
smsc-password = {password}
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {sendsms}
log-file = "{folder}/smsbox.log"
mo-recode = {recode}

group = sms-service
keyword = default
post-url = "{url}"
send-sender = true
max-messages = 0
accept-x-kannel-headers = false
"""


@asynccontextmanager
async def own_kannel(folder: Path, url: str, *, recode: bool) -> AsyncIterator[None]:
    """A Kannel configured as docs/gateways.md says, which posts what people write to this address; bound as `lab`."""
    boxes, centre = [shutil.which(name) for name in ("bearerbox", "smsbox")], urlsplit(os.environ.get("SMPP_URL", ""))
    if not all(boxes) or not centre.port:
        skip("no Kannel to start: bearerbox, smsbox on the PATH and SMPP_URL are needed")
    ports = {"admin": free_port(), "box": free_port(), "sendsms": free_port(), "host": centre.hostname, "port": centre.port}
    known = {"user": centre.username, "password": centre.password, "recode": str(recode).lower(), "url": url, "folder": folder}
    file = folder / "kannel.conf"
    file.write_text(CONFIGURATION.format(**ports, **known), encoding="utf-8")
    status, running = f"http://127.0.0.1:{ports['admin']}/status.txt", list[asyncio.subprocess.Process]()
    try:
        for box, up in zip(boxes, ("(online", "(on-line"), strict=True):  # bound to the centre; its box is there
            command = (str(box), "-v", "4", str(file))
            running.append(await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL))
            await _until(up, status)
        yield
    finally:
        for one in reversed(running):
            if one.returncode is None:
                one.terminate()
        await asyncio.gather(*(one.wait() for one in running))


async def _until(word: str, status: str) -> None:
    """What the centre sends before all is up, nobody has; a smsbox that finds no bearerbox ends."""
    async with httpx.AsyncClient() as client:
        for _ in range(round(PATIENCE / 0.2)):
            with suppress(httpx.TransportError):
                if word in (await client.get(status)).text:
                    return
            await asyncio.sleep(0.2)
    raise TimeoutError(f"Kannel's status has no {word}")


@pytest.mark.parametrize("recode", [True, False])
async def test_what_people_answer_comes_back_by_the_signed_address(kannel: Kannel, tmp_path: Path, recode: bool) -> None:
    """As Kannel itself posts it: number in a header, text as body, accents or none."""
    app, wishes, port, secret = FastAPI(), Wishes(), free_port(), "x" * 40
    add_replies(app, cast("WishDesk", wishes), secret)
    said = {
        f"+8491{os.getpid() % 100_000:05d}{number}": text
        for number, text in enumerate(("TC", "Từ chối", "Cảm ơn", "Đăng ký"), 10)
    }
    expected = {sender: text != "Đăng ký" for sender, text in said.items() if text != "Cảm ơn"}
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with (
        httpx.AsyncClient() as client,
        own_kannel(tmp_path, replies_url(f"http://127.0.0.1:{port}", secret), recode=recode),
    ):
        for sender, text in said.items():
            query = {"user": "lab", "from": sender, "to": "8100", "text": text}
            (await client.post(f"{kannel.centre}/mo", params=query)).raise_for_status()
        for _ in range(round(PATIENCE / 0.2)):
            if dict(wishes.heard) == expected:
                break
            await asyncio.sleep(0.2)
    server.should_exit = True
    await serving

    assert dict(wishes.heard) == expected


def dossier(end: str) -> Document:
    """A dossier whose result is ready, of an invented person whose number ends so."""
    document, _ = play([PROMISED, contact(person={**PERSON, "phone": f"091200{end}"}), DONE])
    return {**document, "_id": f"H37.12-260302-{end}", "rev": 0}

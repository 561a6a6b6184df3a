"""How fast messages leave, and who waits for whom: notifier's sender over SQLite, before gateways in this process or a Kannel.

The Kannel is that of KANNEL_SENDSMS_URL, KANNEL_USER and KANNEL_PASSWORD; without one its part is left out, and says so.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from runtime.clock import SteppedClock
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.logs import configure_logs
from runtime.parts import INTENTS, Parts, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Document, Documents, open_documents
from services.notifier.domain import RESULT, SURVEY
from services.notifier.domain.notice import Queued
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.gateways.calling import Caller
from services.notifier.gateways.kannel import KannelGateway
from services.notifier.gateways.lines import Line, Switchboard
from services.notifier.gateways.plans import Plan
from services.notifier.gateways.port import Gateway
from services.notifier.handlers import Context
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.store import CODEC, DOSSIERS, declare, load
from services.notifier.telemetry import METRICS
from services.speaking import encode
from tests.support.dossiers import at, fact, received
from tests.support.gateway_faults import Everything
from tests.support.notifier import REFERENCE, desk
from tests.support.notifier_hears import DONE, contact, invited, play

NOW = at(6, "10:00")
BACKLOG, KANNEL_MESSAGES, AT_ONCE = 20_000, 1_000, 10
A, B = "H37.12", "H37.13"


@dataclass
class Counting:
    """A gateway in this process: takes everything after some seconds, and remembers who came when."""

    seconds: float = 0.0
    texts: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    async def send(self, message: Sms) -> Answer:
        """Take it."""
        await asyncio.sleep(self.seconds)
        self.texts.append(message.text)
        self.times.append(time.monotonic())
        return Answer("taken")

    async def close(self) -> None:
        """Nothing to give back."""


class Hanging(Counting):
    """One that never answers in time, as a read that runs into its limit."""

    async def send(self, message: Sms) -> Answer:
        """Say nothing for ten seconds."""
        await asyncio.sleep(10.0)
        return Answer("uncertain", "ReadTimeout")


def document_of(code: str, unit: str, *, bulk: bool) -> Document:
    """A dossier of a unit whose result is ready, or one that invites to rate."""
    heard = [received(contact_sequence=1, receiving_unit=unit, competent_unit=unit), contact(), DONE]
    document, _ = play([*heard, fact("returned", at(6)), invited()] if bulk else heard)
    name = SURVEY if bulk else RESULT
    due = Queued(CODEC.read(document).messages[name].at, int(at(6).timestamp() * 1000))
    return {**CODEC.written(load(document)._replace(messages={name: due}), document), "_id": code, "outbox": []}


def many(count: int, unit: str, *, bulk: bool, first: int = 0) -> list[Document]:
    """So many of one kind, with codes of their own."""
    one = document_of("", unit, bulk=bulk)
    return [{**one, "_id": f"{unit}-260302-{number:07d}", "rev": 0} for number in range(first, first + count)]


@asynccontextmanager
async def office(
    gateways: Sequence[tuple[str, Gateway, float]], documents: Sequence[Document]
) -> AsyncIterator[tuple[Dispatcher, Documents]]:
    """notifier's sender with what waits. `gateways`: name, gateway, messages per second."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_documents(f"sqlite:///{folder}/documents.db")
        await declare(store)
        await store.declare(INTENTS)
        for begin in range(0, len(documents), 500):
            await store.save_many(DOSSIERS, documents[begin : begin + 500])
        parts = _parts(store)
        lines = [
            Line(Plan(name=name, url="http://here", per_second=rate), gateway, parts.machine)
            for name, gateway, rate in gateways
        ]
        usual = desk(NOW)
        own = Desk(Switchboard(lines, parts), usual.opener, usual.settings, Context(REFERENCE, SteppedClock(NOW)))
        yield Dispatcher(parts, Everything(), Intents(parts, DOSSIERS, encode), own), store  # type: ignore[arg-type]
        await store.close()


def _parts(store: Documents) -> Parts:
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
    return make_parts("notifier", runtime, METRICS, Ports(store=store, topics=topics, clock=SteppedClock(NOW)))[0]


async def run() -> None:
    """All parts, one after the other."""
    configure_logs("critical")
    await _kannel()
    await _backlog()
    await _hanging()
    await _fair()


async def _kannel() -> None:
    """Against a loop of the same client, connections and concurrency that does nothing but post."""
    names = ("KANNEL_SENDSMS_URL", "KANNEL_USER", "KANNEL_PASSWORD")
    if not all(os.environ.get(name) for name in names):
        print(f"kannel:   left out, {', '.join(names)} are not set")
        return
    url, user, password = (os.environ[name] for name in names)
    for _ in range(2):
        bare = await _bare(url, user, password)
        gateway = KannelGateway(user, password, Caller(url, 10.0, AT_ONCE))
        async with office([("first", gateway, 1000.0)], many(KANNEL_MESSAGES, A, bulk=False)) as (dispatcher, _store):
            began = time.monotonic()
            await dispatcher.run()
            own = KANNEL_MESSAGES / (time.monotonic() - began)
        await gateway.close()
        print(f"kannel:   {own:.0f} messages/s, bare loop {bare:.0f}: ratio {own / bare:.2f}")


async def _bare(url: str, user: str, password: str) -> float:
    """Messages a second of a bare httpx loop."""
    headers = {
        "content-type": "text/plain; charset=UTF-8",
        "x-kannel-username": user,
        "x-kannel-password": password,
        "x-kannel-from": "HOANGVAN",
        "x-kannel-to": "+84912000007",
    }
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    left = iter(range(KANNEL_MESSAGES))
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

        async def worker() -> None:
            for number in left:
                answer = await client.post(url, content=f"Ho so {number} da co ket qua.", headers=headers)
                answer.raise_for_status()

        began = time.monotonic()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return KANNEL_MESSAGES / (time.monotonic() - began)


async def _backlog() -> None:
    """Half of it invitations that waited for longest: what is urgent goes first all the same."""
    gateway, half = Counting(), BACKLOG // 2
    waiting = [*many(half, A, bulk=True), *many(half, B, bulk=False)]
    async with office([("first", gateway, 1000.0)], waiting) as (dispatcher, _store):
        began = time.monotonic()
        await dispatcher.run()
        seconds = time.monotonic() - began
    urgent = [index for index, text in enumerate(gateway.texts) if "danh gia" not in text]
    overtaken = sum(index >= half for index in urgent)
    print(
        f"backlog:  {len(gateway.texts):,} of {BACKLOG:,} in {seconds:.0f} s, {len(gateway.texts) / seconds:.0f}/s; "
        f"urgent ones behind an invitation: {overtaken}"
    )


async def _hanging() -> None:
    """The first gateway does not answer; the second is asked meanwhile."""
    second, count = Counting(0.02), 500
    async with office([("first", Hanging(), 1000.0), ("second", second, 1000.0)], many(count, A, bulk=False)) as (sender, _):
        began = time.monotonic()
        task = asyncio.create_task(sender.run())
        while len(second.times) < count - AT_ONCE and not task.done():
            await asyncio.sleep(0.02)
        waited = sorted(moment - began for moment in second.times)
        await task
        await sender.drain()
    print(
        f"hanging:  {len(waited)} of {count} through the other gateway, p95 after {_p95(waited):.1f} s, all {waited[-1]:.1f} s"
    )


async def _fair() -> None:
    """While 20,000 invitations of A drain at 50/s, results of B come in one a second."""
    gateway, results, came = Counting(), 20, list[float]()
    async with office([("first", gateway, 50.0)], many(BACKLOG, A, bulk=True)) as (dispatcher, store):
        sending = asyncio.create_task(_repeat(dispatcher.run))
        for document in many(results, B, bulk=False):
            await asyncio.sleep(1.0)
            await store.save_many(DOSSIERS, [document])
            came.append(time.monotonic())
        await asyncio.sleep(5.0)
        own = [moment for text, moment in zip(gateway.texts, gateway.times, strict=True) if "danh gia" not in text]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await dispatcher.drain()
    waits = [after - before for before, after in zip(came, own, strict=False)]
    print(f"fair:     {len(own)} of {results} results of B behind 20,000 invitations of A: p95 {_p95(waits):.1f} s")


async def _repeat(work: Callable[[], object]) -> None:
    while True:
        await work()  # type: ignore[misc]
        await asyncio.sleep(1.0)


def _p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[18] if len(waits) > 1 else float("nan")

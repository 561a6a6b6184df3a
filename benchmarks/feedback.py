"""What citizens and the desk wait for: the survey's page, answers to it, the worklist, the share in time. Real MongoDB.

Services are asked in this process, without a socket: what is measured is the service and its store, and so is the bare one.
"""

import asyncio
import base64
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI, Request
from motor.motor_asyncio import AsyncIOMotorClient
from nacl.public import PrivateKey

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.identity import LocalIssuer
from reference import OFFICE_TIME, load_reference
from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document, Documents, open_documents
from runtime.store.mongo import drop_database
from runtime.web import Role
from services.feedback import petitions
from services.feedback.app import build, declare
from services.feedback.domain import digest, token_of
from services.feedback.domain.petition import Petition, Running
from services.feedback.settings import FeedbackSettings
from services.feedback.store import DOSSIERS, TOKEN
from services.reporting import app as reporting_app
from services.reporting import petitions as counted
from services.reporting import store as reporting
from services.reporting.domain import Days
from services.reporting.domain.petition_books import adds
from services.reporting.domain.petitions import Petition as Known
from services.reporting.domain.petitions import Round
from services.reporting.in_time import in_time
from services.reporting.settings import ReportingSettings

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=OFFICE_TIME)
UNITS = ("H37.12", "H37.15")
KEY, PETITION_KEY = "k" * 32, "p" * 32
DOSSIERS_KEPT, PER_SECOND, SECONDS = 10_000, 100, 10.0
ANSWERS, AT_ONCE = 600, 16  # of one round; requests at a time
ASKED, PAGE = 40, 2_000
GIVEN = {"attitude": "0", "waiting": "1", "appointment": "1", "facilities": "2"}


async def run(mongo: str, rounds: int, items: int) -> None:
    """All four."""
    async with _store(mongo, "survey") as (store, url):
        await _survey(store, url, rounds)
    async with _store(mongo, "desk") as (store, _):
        await _desk(store, items)
    async with _store(mongo, "share") as (store, _):
        await _share(store, items)


@asynccontextmanager
async def _store(mongo: str, name: str) -> AsyncIterator[tuple[Documents, str]]:
    url = f"{mongo.rstrip('/')}/bench{secrets.token_hex(3)}{name}"
    store = open_documents(url)
    try:
        yield store, url
    finally:
        await store.close()
        await drop_database(url)


@asynccontextmanager
async def _feedback(store: Documents) -> AsyncIterator[httpx.AsyncClient]:
    """The service on this store, asked by somebody who works at its desk."""
    issuer = LocalIssuer.new()
    public = base64.b64encode(bytes(PrivateKey.generate().public_key)).decode()
    settings = FeedbackSettings.model_validate(
        {
            "reference_dir": PROVINCE,
            "contacts_public_key": f"1:{public}",
            "token_key": KEY,
            "petition_key": PETITION_KEY,
            "public_url": "https://example.org/y-kien",
        },
        by_name=True,
    )
    runtime = RuntimeSettings(
        kafka_bootstrap_servers="none:9092", store_url="sqlite:////dev/null", identity_issuers=(issuer.trusted(),)
    )
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: 0)
    service: Service = build(
        runtime, settings, ports=Ports(store=store, clock=SteppedClock(NOW), topics=MemoryLog("feedback", broker))
    )
    await declare(store)
    await store.declare(INTENTS)
    service.health.waits_for = ""  # it is asked here, and reads no log
    transport, headers = httpx.ASGITransport(service.app), issuer.headers(Role.OFFICER)
    async with httpx.AsyncClient(transport=transport, base_url="https://example.org", headers=headers) as client:
        yield client


# --- the survey -------------------------------------------------------------------------------------------------------------


async def _survey(store: Documents, url: str, rounds: int) -> None:
    async with _feedback(store) as client:
        await _fill(store, [_invited(number) for number in range(DOSSIERS_KEPT)], DOSSIERS)
        spent = time.process_time()
        taken = await _at_rate(lambda number: client.get(f"/y-kien/{_token(number % DOSSIERS_KEPT)}"))
        cpu = 1000 * (time.process_time() - spent) / len(taken)
        print(
            f"feedback: survey page at {PER_SECOND}/s, {DOSSIERS_KEPT:,} dossiers: {_quantiles(taken)}, CPU {cpu:.1f} ms each"
        )
        bare = _bare(url)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(bare), base_url="https://example.org") as plain:
            ratios, start = [], 0
            for _ in range(rounds):
                begun, until = start, start + ANSWERS
                own = await _rate(lambda number: _answer(client, number), begun, until)
                other = await _rate(lambda number: _answer(plain, number), begun, until)
                ratios.append(own.rate / other.rate)
                rates = f"{own}, {AT_ONCE} at a time; bare FastAPI and insert {other}"
                print(f"feedback: answers {rates}: {ratios[-1]:.2f}")
                start = until
            print(f"feedback: answers, **ratio {statistics.median(ratios):.2f}**")


def _token(number: int) -> str:
    return token_of(KEY.encode(), f"H37.12-260302-{number:07}")


def _invited(number: int) -> Document:
    received = {"v": 1, "at": epoch_ms(NOW), "procedure": "1.000894", "competent_unit": UNITS[0], "contact_sequence": 1}
    return {
        "_id": f"H37.12-260302-{number:07}",
        "rev": 0,
        "facts": {"received": {"1": received}},
        "invited": {"at": epoch_ms(NOW), "form": "tthc-2026.2"},
        TOKEN: digest(_token(number)),
    }


async def _answer(client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.post(f"/y-kien/{_token(number)}", data={**GIVEN, "once": f"the number of page {number}"})


def _bare(url: str) -> FastAPI:
    """What the same costs without a rule: the fields of a form, one insert, a word of thanks."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url, w="majority", journal=True)
    kept, app = client.get_default_database()["bare"], FastAPI()

    @app.post("/y-kien/{token}")
    async def answer(token: str, request: Request) -> str:
        form = await request.form()
        await kept.insert_one({"_id": token, "given": {name: str(value) for name, value in form.items()}})
        return "Cảm ơn"

    return app


# --- desk and share ----------------------------------------------------------------------------------------------------------


async def _desk(store: Documents, items: int) -> None:
    async with _feedback(store) as client:
        for start in range(0, items, PAGE):
            await _fill(store, [_petition(number) for number in range(start, min(start + PAGE, items))], petitions.PETITIONS)
        for name, path in (
            ("of a unit", f"/petitions?unit={UNITS[0]}"),
            ("ended, of a unit", f"/petitions?unit={UNITS[0]}&tray=done"),
            ("of all units", "/petitions"),
        ):
            taken = []
            for _ in range(ASKED):
                begin = time.perf_counter()
                answer = await client.get(path)
                taken.append(time.perf_counter() - begin)
                answer.raise_for_status()
            print(f"feedback: desk, {name}, {items:,} petitions: {_quantiles(taken)}")


def _petition(number: int) -> Document:
    """One in ten is open; the others were answered and published."""
    at = epoch_ms(NOW - timedelta(minutes=number % 500_000))
    clock = Running("answer", at, at + 86_400_000, at + 20 * 86_400_000) if number % 10 == 0 else None
    made = Petition(
        f"PA-260310-{number:08}", kind="petition", unit=UNITS[number % 2], received=at, begun=at, version=1, clock=clock
    )
    return dict(petitions.CODEC.written(made, {"_id": made.id, "rev": 0}))


async def _share(store: Documents, items: int) -> None:
    await reporting.declare(store)
    for start in range(0, items, PAGE):
        await _fill(store, [_known(number) for number in range(start, min(start + PAGE, items))], reporting.ROWS)
    begin = time.perf_counter()
    await _count_days(store)
    print(f"feedback: days of {items:,} petitions counted and said in {time.perf_counter() - begin:.1f} s, once")
    reference, taken = load_reference(PROVINCE), []
    for year in (Days(date(2025, 1, 1), date(2025, 12, 31)), Days(date(2025, 3, 11), date(2026, 3, 10))):
        for _ in range(5):
            begin = time.perf_counter()
            share = await in_time(store, reference, year, NOW)
            taken.append(time.perf_counter() - begin)
        print(f"feedback: share from {year.first} on, {items:,} petitions, {share.whole.due:,} due: {_quantiles(taken)}")


async def _count_days(store: Documents) -> None:
    """What the job of reporting does a second after each change."""
    settings = ReportingSettings.model_validate({"reference_dir": PROVINCE}, by_name=True)
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:9092", store_url="sqlite:////dev/null")
    topics = MemoryLog("reporting", MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: 0))
    service = reporting_app.build(runtime, settings, ports=Ports(store=store, clock=SteppedClock(NOW), topics=topics))
    await next(job for job in service.jobs if job.name == "petition-cells").run()


def _known(number: int) -> Document:
    due = epoch_ms(datetime(2025, 1, 2, tzinfo=OFFICE_TIME) + timedelta(minutes=number % 500_000))
    one = Round(1, UNITS[number % 2], "petition", "portal", due, due - 1 if number % 20 else due + 1, published=True)
    made = Known(f"PA-250101-{number:08}", due, due, {1: one})
    made = made._replace(stirred=tuple(adds(made)))
    return dict(counted.PETITION.written(made, {"_id": made.id, "rev": 0}))


# --- measuring ---------------------------------------------------------------------------------------------------------------


async def _fill(store: Documents, documents: list[Document], collection: str) -> None:
    for start in range(0, len(documents), PAGE):
        await store.save_many(collection, documents[start : start + PAGE])


async def _at_rate(ask: Callable[[int], Awaitable[httpx.Response]]) -> list[float]:
    """Seconds of each of so many a second, from when it should have been asked: nobody waits for those before."""

    async def one(number: int) -> float:
        due = begin + number / PER_SECOND
        await asyncio.sleep(due - time.perf_counter())
        (await ask(number)).raise_for_status()
        return time.perf_counter() - due

    begin = time.perf_counter() + 0.1
    return await asyncio.gather(*(one(number) for number in range(int(PER_SECOND * SECONDS))))


class Rate(NamedTuple):
    """How many a second, and the CPU of each in this process, its asker's part too, in ms: the same on a busy machine."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s (CPU {self.cpu:.1f} ms each)"


async def _rate(ask: Callable[[int], Awaitable[httpx.Response]], start: int, until: int) -> Rate:
    """So many at a time: how many a second."""
    numbers = iter(range(start, until))

    async def worker() -> None:
        for number in numbers:
            (await ask(number)).raise_for_status()

    begin, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    asked = until - start
    return Rate(asked / (time.perf_counter() - begin), 1000 * (time.process_time() - spent) / asked)


def _quantiles(taken: list[float]) -> str:
    cuts = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    p99 = f", p99 {1000 * cuts[98]:.0f} ms" if len(taken) >= ASKED else ""
    return f"median {1000 * statistics.median(taken):.0f} ms{p99}, at most {1000 * max(taken):.0f} ms"

"""The clerk's day over a province: a unit's list, a search, the home page, through the front and sla, over a real MongoDB."""

import base64
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from benchmarks.throughput import TERMS
from dunghen import PROVINCE
from dunghen.demo.login import PEOPLE, UNIT, issuer
from dunghen.demo.real import free_port
from dunghen.identity import front_of
from reference import OFFICE_TIME
from runtime.clock import SteppedClock, epoch_ms
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings, WithoutLog
from runtime.store import Document, Documents, MemoryDocuments, MemoryTables, open_documents
from runtime.store.mongo import drop_database
from services.front import app as front
from services.front.settings import FrontSettings
from services.sla import app as sla
from services.sla import store as dossiers
from services.sla.settings import SlaSettings

MORNING = datetime(2026, 3, 10, 8, 0, tzinfo=OFFICE_TIME)
OPEN = 5_000  # of the unit that is looked at; as many again are open in each of its neighbours
NEIGHBOURS = tuple(f"H99.{number:03}" for number in range(4))
CLERK = next(one for one in PEOPLE if one.role == "officer")
PAGE = 2_000  # documents written at once
ASKED = 60  # times each page, one after the other
HERE = "http://localhost:8100"
DOSSIER = f"{UNIT}-260301-0000001"
PAGES = {
    "home": "/",
    "due": f"/due?unit={UNIT}",
    "late": f"/due?unit={UNIT}&urgency=late",
    "search": f"/search?code={DOSSIER}",
    "story": f"/dossiers/{DOSSIER}",
    "csv": f"/v1/due/csv?unit={UNIT}",
}


async def run(mongo: str, size: int) -> None:
    """Fill a store, log a clerk in, and look at each page again and again. The other services are away: the front says so."""
    url = f"{mongo.rstrip('/')}/bench{secrets.token_hex(3)}day"
    store = open_documents(url)
    try:
        await dossiers.declare(store)
        await _fill(store, size)
        async with _clerk(store) as browser:
            for name, path in PAGES.items():
                taken, weight = await _look(browser, path)
                median, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
                print(
                    f"day:      {name:6} {size:,} dossiers, {OPEN:,} open of the unit: median {1000 * median:.0f} ms, "
                    f"p95 {1000 * p95:.0f} ms, {weight / 1000:.0f} kB"
                )
    finally:
        await store.close()
        await drop_database(url)


async def _look(browser: httpx.AsyncClient, path: str) -> tuple[list[float], int]:
    """Seconds of each look, and the bytes of the page."""
    taken, weight = [], 0
    for _ in range(ASKED):
        begin = time.perf_counter()
        answer = await browser.get(path, follow_redirects=True)
        taken.append(time.perf_counter() - begin)
        answer.raise_for_status()
        weight = len(answer.content)
    return taken, weight


@asynccontextmanager
async def _clerk(store: Documents) -> AsyncIterator[httpx.AsyncClient]:
    """A clerk's browser, logged in at a front that stands before an sla on this store."""
    seed = base64.b64encode(secrets.token_bytes(32)).decode()
    with issuer(free_port()) as address:
        async with _to(_sla(store, seed), "http://sla") as asked, _to(await _front(address, seed, asked), HERE) as browser:
            sent = await browser.get("/login/start")
            async with httpx.AsyncClient() as people:
                chosen = await people.post(sent.headers["location"], data={"sub": CLERK.login})
            (await browser.get(chosen.headers["location"], follow_redirects=True)).raise_for_status()
            yield browser


def _to(service: Service, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url=address)


def _sla(store: Documents, seed: str) -> Service:
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:9092", store_url="memory", identity_issuers=(front_of(seed),))
    service = sla.build(runtime, SlaSettings(reference_dir=PROVINCE), ports=Ports(store=store, clock=SteppedClock(MORNING)))
    service.health.waits_for = ""  # it is asked here, and reads no log
    return service


async def _front(address: str, seed: str, asked: httpx.AsyncClient) -> Service:
    away = httpx.AsyncClient(base_url="http://127.0.0.1:9")
    given: dict[str, Any] = {
        "public_url": HERE,
        "oidc_issuer": address,
        "oidc_client_id": "dunghen-front",
        "oidc_client_secret": secrets.token_urlsafe(24),
        "signing_key": seed,
        **{f"{name}_url": f"http://{name}" for name in ("intake", "sla", "notifier", "feedback", "reporting")},
    }
    service = front.build(
        WithoutLog(store_url="memory", log_level="error"),
        FrontSettings.model_validate(given, by_name=True),
        ports=Ports(store=MemoryDocuments(MemoryTables())),
        services={"sla": asked, **dict.fromkeys(("intake", "notifier", "feedback", "reporting"), away)},
    )
    for make in service.collections:
        await make()
    return service


async def _fill(store: Documents, size: int) -> None:
    """Open dossiers of the unit and its neighbours, due from four days before to ten days after; all others are settled."""
    page: list[Document] = []
    for document in _documents(size):
        page.append(document)
        if len(page) == PAGE:
            await store.save_many(dossiers.DOSSIERS, page)
            page = []
    await store.save_many(dossiers.DOSSIERS, page)


def _documents(size: int) -> Iterator[Document]:
    opened = [(unit, number) for unit in (UNIT, *NEIGHBOURS) for number in range(1, OPEN + 1)]
    for unit, number in opened[:size]:
        due = MORNING + timedelta(days=number % 15 - 4, minutes=number % 480)
        deadline = {"v": 1, "of": _standing(unit), "due": epoch_ms(due)}
        watch = {"counted_with": 0, dossiers.NEXT_RUNG: epoch_ms(due), "conflict": None, dossiers.OPEN_DUE: epoch_ms(due)}
        yield {**_facts(f"{unit}-260301-{number:07}", unit), "deadline": deadline, **watch}
    for number in range(size - len(opened)):
        unit, end = (UNIT, *NEIGHBOURS)[number % 5], {"v": 1, "outcome": "early", "end": RECEIVED + 3_600_000, "state": 9}
        deadline = {"v": 1, "of": _standing(unit), "due": RECEIVED + 86_400_000}
        settled = {**end, "due": RECEIVED + 86_400_000, "supplements": 0}
        yield {**_facts(f"{unit}-260201-{number:07}", unit), "deadline": deadline, "settled": settled}


RECEIVED = epoch_ms(datetime(2026, 2, 25, 8, 0, tzinfo=OFFICE_TIME))


def _facts(code: str, unit: str) -> Document:
    received = {"v": 1, "at": RECEIVED, "procedure": "1.000894", "competent_unit": unit, "terms": TERMS}
    return {"_id": code, "rev": 0, "unit": unit, "facts": {"received": {"1": received}}}


def _standing(unit: str) -> list[Any]:
    return [unit, RECEIVED, 5, "working_day", False, [], None, []]

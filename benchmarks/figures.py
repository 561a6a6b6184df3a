"""reporting: how fast it makes everything from the log again, how soon a cause is a figure, how long a year's form takes."""

import asyncio
import random
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
from aiokafka import AIOKafkaConsumer
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.throughput import PARTITIONS, deadlines_of, fill, process, records_of
from dunghen import PROVINCE
from dunghen.commands.topics import apply_topics, remove_topics
from dunghen.demo.real import free_port, service_environment
from reference import Procedure, ReferenceData, Unit, load_reference
from runtime.outputs import new_document
from runtime.store import Document, Documents, open_documents
from runtime.store.mongo import drop_database
from services.reporting import store as reporting
from services.reporting.domain import FORMS, ROLES, Add, Book, load_forms, month_of, recounted, shelf_of, shelved
from services.reporting.reports import Wanted, report

YEAR = date(2025, 12, 15), date(2026, 12, 14)
UNITS, PROCEDURES, FIELDS = 120, 40, 10  # what a province has, and how many procedures a commune really sees in a year
CAUSES = 20


async def run_rebuild(kafka: str, mongo: str, dossiers: int) -> None:
    """From the start of the process over a full log to its last cell."""
    prefix = f"bench{secrets.token_hex(3)}."
    url = f"{mongo.rstrip('/')}/{prefix.rstrip('.')}reporting"
    await apply_topics(kafka, prefix, replication=1, partitions=PARTITIONS)
    facts, statements = records_of(dossiers), deadlines_of(dossiers)
    port = free_port()
    try:
        await fill(kafka, prefix + "dossiers.v1", facts)
        await fill(kafka, prefix + "deadlines.v1", statements)
        environment = service_environment(kafka, prefix, None) | {"STORE_URL": url, "HTTP_PORT": str(port)}
        started = time.monotonic()
        async with process("-m", "services.reporting", environment=environment):
            read = await _until(port, {"rebuilding": 0.0, "lag_records": 0.0}, started)
            done = await _until(port, {"rebuilding": 0.0, "dirty_rows": 0.0, "lag_records": 0.0}, started)
            events = len(facts) + len(statements)
            print(
                f"rebuild:  {events:,} events of {dossiers:,} dossiers: read in {read:.1f} s, all cells out in {done:.1f} s: "
                f"{events / done:,.0f} events/s, start of the process included"
            )
            await _latency(kafka, prefix)
    finally:
        await remove_topics(kafka, prefix)
        await drop_database(url)


async def _until(port: int, wanted: dict[str, float], started: float) -> float:
    """Seconds from the start until all gauges stand so."""
    async with httpx.AsyncClient() as client:
        while True:
            try:
                text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            except httpx.TransportError:
                text = ""
            samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
            standing = {sample.name.removeprefix("dunghen_"): sample.value for sample in samples}
            if all(standing.get(name) == value for name, value in wanted.items()) and standing.get("flushed_seconds"):
                return time.monotonic() - started
            await asyncio.sleep(0.5)


async def _latency(kafka: str, prefix: str) -> None:
    """From a fact in the log to its cell in the log, one after the other."""
    taken = []
    async with AIOKafkaConsumer(
        prefix + "metrics.v1", bootstrap_servers=kafka, auto_offset_reset="latest", group_id=None
    ) as consumer:
        await consumer.seek_to_end()
        for record in records_of(CAUSES, first=900_000)[:CAUSES]:
            begin = time.monotonic()
            await fill(kafka, prefix + "dossiers.v1", [record])
            await asyncio.wait_for(consumer.getone(), 30)
            taken.append(time.monotonic() - begin)
            while await consumer.getmany(timeout_ms=300):
                pass
    median = statistics.median(taken)
    print(f"latency:  a fact in the log to its cell in the log: median {median:.2f} s, at most {max(taken):.2f} s")


async def run_year(mongo: str, sizes: tuple[int, ...]) -> None:
    """A year's II.06a of all units over books as reporting leaves them behind, by the number of dossiers."""
    reference, form, medians = _province(), load_forms(FORMS)["II.06a"], []
    for size in sizes:
        url = f"{mongo.rstrip('/')}/bench{secrets.token_hex(3)}year"
        store = open_documents(url)
        try:
            await reporting.declare(store)
            books = await _preload(store, size)
            taken = []
            for unit in ("all", "all", "all", "province", "province"):
                begin = time.monotonic()
                sheet = await report(store, reference, Wanted(form, *YEAR, unit))
                taken.append(time.monotonic() - begin)
            medians.append(statistics.median(taken))
            received = sheet.total[4] + sheet.total[5]
            print(
                f"year:     {size:,} dossiers in {books:,} books: II.06a of a year, {UNITS} units, {received:,} received: "
                f"median {medians[-1]:.2f} s, at most {max(taken):.2f} s"
            )
        finally:
            await store.close()
            await drop_database(url)
    print(f"year:     {medians[-1] / medians[0]:.2f} of the first time")


def _province() -> ReferenceData:
    """120 units and 40 procedures in ten fields."""
    reference = load_reference(PROVINCE)
    for unit in range(UNITS):
        reference.units[_unit(unit)] = Unit(code=_unit(unit), name=f"Đơn vị {unit}", kind="commune")
    versions = next(iter(reference.procedures.values())).versions
    for number in range(PROCEDURES):
        code = _procedure(number)
        reference.procedures[code] = Procedure(code=code, name=code, field=f"Lĩnh vực {number % FIELDS}", versions=versions)
    return reference


def _unit(number: int) -> str:
    return f"H99.{number:03}"


def _procedure(number: int) -> str:
    return f"9.{number:06}"


async def _preload(store: Documents, dossiers: int) -> int:
    """The books of so many dossiers of a year; procedures are as unequal as in life: a few make most of them."""
    rng = random.Random(dossiers)
    weights = [1 / (rank + 1) for rank in range(PROCEDURES)]
    days: dict[tuple[int, int, str], dict[str, Counter[str]]] = {}
    for procedure in rng.choices(range(PROCEDURES), weights, k=dossiers):
        unit, received = rng.randrange(UNITS), YEAR[0] + timedelta(days=rng.randrange(350))
        for day, counters in _life(rng, received):
            own = days.setdefault((unit, procedure, month_of(day)), {})
            own.setdefault(day.isoformat(), Counter()).update(counters)
    shelves: dict[str, list[Book]] = {}
    page: list[Document] = []
    for book in _books(days):
        shelves.setdefault(shelf_of(book.key), []).append(book)
        page.append(reporting.BOOK.written(book, new_document(book.key)))
        if len(page) == 1000:
            await store.save_many(reporting.BOOKS, page)
            page = []
    await store.save_many(reporting.BOOKS, page)
    full = [_shelf(key, standing) for key, standing in shelves.items()]
    for start in range(0, len(full), 1000):
        await store.save_many(reporting.SHELVES, full[start : start + 1000])
    return 2 * len(days)


def _shelf(key: str, books: list[Book]) -> Document:
    document = new_document(key)
    return reporting.SHELF.written(shelved(reporting.load_shelf(document), books), document)


def _life(rng: random.Random, received: date) -> Iterator[tuple[date, dict[str, int]]]:
    yield received, {"received_online": 1}
    ended = received + timedelta(days=rng.randrange(1, 12))
    outcome = rng.choice(("early", "early", "on_time", "late"))
    share = f"used_{rng.randrange(5, 101, 5)}"
    more = {"supplements_0": 1, "minutes_limit": 2250, "minutes_used": 1800, "minutes_saved": 450, share: 1}
    late = {"overdue_opened": 1, "overdue_closed": 1} if outcome == "late" else {}
    yield ended, {f"resolved_{outcome}": 1, **more, **late}


def _books(days: dict[tuple[int, int, str], dict[str, Counter[str]]]) -> Iterator[Book]:
    """As reporting counts them, in both roles."""
    now = round(datetime.now(UTC).timestamp() * 1000)
    for (unit, procedure, month), own in days.items():
        adds = {day: Add(now, counters) for day, counters in own.items()}
        for role in ROLES:
            yield recounted(Book(role, _unit(unit), _procedure(procedure), month), adds, now)

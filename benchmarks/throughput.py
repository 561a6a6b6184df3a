"""A service against the bare loop on the same records, the same Kafka and the same store, in one run, alternating."""

import asyncio
import os
import secrets
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer

from contracts import load_catalogue
from contracts.envelope import to_wire
from contracts.ids import fact_id, statement_id
from dunghen.commands.topics import apply_topics, remove_topics
from dunghen.demo.real import service_environment
from runtime.kafka_admin import Lags
from runtime.store import open_documents
from runtime.store.mongo import drop_database
from services.sla.store import DOSSIERS as SLA_DOSSIERS
from services.sla.store import declare as declare_sla

PARTITIONS = 4
CHUNK = 5000  # receptions, then their completions: as in life, the two events of a dossier never share a batch
TERMS = {
    "procedure_version": "2015-01-01",
    "limit": {"value": 5, "unit": "working_day"},
    "pause_on_fee": False,
    "pause_on_agency": False,
    "strategy": "extend",
}


def records_of(dossiers: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    """(key, value) of received and completed of so many new dossiers."""
    records = []
    for start in range(first, first + dossiers, CHUNK):
        numbers = range(start, min(start + CHUNK, first + dossiers))
        records += [_record(number, "received") for number in numbers]
        records += [_record(number, "completed") for number in numbers]
    return records


def _record(number: int, kind: str) -> tuple[bytes, bytes]:
    code, at = _code(number), _time(number, "02" if kind == "received" else "05")
    data = {"at": at, "occasion": "1", "version": 1}
    if kind == "received":
        data |= {"procedure": "1.000894", "receiving_unit": "H37.12", "competent_unit": "H37.12", "channel": 2, "terms": TERMS}
    identity = fact_id(code, kind, "1", 1)
    body = {
        "type": f"vn.dunghen.dossier.{kind}.v1",
        "time": at,
        "sequence": f"{1772416800000 + number:013d}",
        "correlationid": identity,
    }
    return code.encode(), to_wire("/intake", code, identity, {**body, "data": data})


def deadlines_of(dossiers: int) -> list[tuple[bytes, bytes]]:
    """(key, value) of what sla says to them: set, then settled."""
    records = []
    for start in range(0, dossiers, CHUNK):
        numbers = range(start, min(start + CHUNK, dossiers))
        records += [_statement(number, "set") for number in numbers]
        records += [_statement(number, "settled") for number in numbers]
    return records


def _statement(number: int, kind: str) -> tuple[bytes, bytes]:
    code, at, due = _code(number), _time(number, "02"), _time(number, "09")
    data: dict[str, Any] = {"at": at, "version": 1, "unit": "H37.12", "due_at": due}
    if kind == "set":
        data |= {"computed_due_at": due, "first_due_at": due, "basis": "computed", "calendar_version": "2026"}
    else:
        end = {"ended_at": _time(number, "05"), "outcome": "early", "against_first": "early", "state": 9}
        data |= {"supplements": 0, "limit_minutes": 2250, "used_minutes": 1350, **end}
    body = {"type": f"vn.dunghen.deadline.{kind}.v1", "time": at, "data": data}
    return code.encode(), to_wire("/sla", code, statement_id("sla", code, kind, 1), body)


def _code(number: int) -> str:
    return f"H37.12-260302-{number:07}"


def _time(number: int, day: str) -> str:
    """Spread over two hours, so that nothing can be remembered from a neighbour."""
    minute, second = divmod(number % 7200, 60)
    return f"2026-03-{day}T{8 + minute // 60:02}:{minute % 60:02}:{second:02}+07:00"


async def fill(kafka: str, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
    """Put the records into a topic."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", linger_ms=20, max_batch_size=262_144, compression_type="zstd"
    ) as producer:
        futures = [await producer.send(topic, value, key=key) for key, value in records]
        await asyncio.gather(*futures)


@asynccontextmanager
async def process(*arguments: str, environment: dict[str, str] | None = None) -> AsyncIterator[None]:
    """A Python process that is killed at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        child.kill()
        await child.wait()


async def rate(lags: Lags, group: str, total: int) -> float:
    """Events per second from the first commit to the last, seen by committed offsets."""
    loop = asyncio.get_running_loop()
    while (left := await lags.of(group)) in (total, -1):
        await asyncio.sleep(0.02)
    begin, first = loop.time(), left
    while await lags.of(group) > 0:
        await asyncio.sleep(0.02)
    return first / (loop.time() - begin)


async def run(kafka: str, mongo: str, service: str, dossiers: int, rounds: int) -> None:
    """Alternate bare loop and service; print both rates and their ratio."""
    given = {"dossiers.v1": records_of(dossiers)} | ({"deadlines.v1": deadlines_of(dossiers)} if service == "reporting" else {})
    total, sources = sum(map(len, given.values())), list(given)
    bare, ours = [], []
    for _ in range(rounds):
        prefix = f"bench{secrets.token_hex(3)}."
        base = f"{mongo.rstrip('/')}/{prefix.rstrip('.')}"
        topics = [prefix + topic for topic in load_catalogue().read_by(service)]
        await apply_topics(kafka, prefix, replication=1, partitions=PARTITIONS)
        try:
            for topic, records in given.items():
                await fill(kafka, prefix + topic, records)
            groups = {prefix + "bare": [prefix + source for source in sources], prefix + service: topics}
            async with Lags(kafka, groups) as lags:
                arguments = (
                    "-m",
                    "benchmarks.bare",
                    kafka,
                    f"{base}bare",
                    ",".join(groups[prefix + "bare"]),
                    prefix + "metrics.v1",
                    prefix + "bare",
                )
                async with process(*arguments):
                    bare.append(await rate(lags, prefix + "bare", total))
                environment = service_environment(kafka, prefix, None) | {
                    "STORE_URL": f"{base}{service}",
                    "HTTP_PORT": "0",
                    "SWEEP_SECONDS": "1",
                }
                async with process("-m", f"services.{service}", environment=environment):
                    ours.append(await rate(lags, prefix + service, total))
        finally:
            await remove_topics(kafka, prefix)
            for name in ("bare", service):
                await drop_database(base + name)
    ratio = statistics.median(ours) / statistics.median(bare)
    print(f"{service}: {_list(ours)} events/s, bare loop {_list(bare)} events/s, ratio of medians {ratio:.2f}")


def _list(rates: Sequence[float]) -> str:
    return ", ".join(f"{value:,.0f}" for value in rates)


async def run_flat(kafka: str, mongo: str, dossiers: int, sizes: Sequence[int]) -> None:
    """sla's rate with few and with many dossiers in its store; the many are settled ones of earlier years."""
    rates = []
    for size in sizes:
        prefix = f"bench{secrets.token_hex(3)}."
        url = f"{mongo.rstrip('/')}/{prefix.rstrip('.')}sla"
        topics = [prefix + topic for topic in load_catalogue().read_by("sla")]
        records = records_of(dossiers)
        await apply_topics(kafka, prefix, replication=1, partitions=PARTITIONS)
        try:
            await _preload(url, size)
            await fill(kafka, prefix + "dossiers.v1", records)
            async with Lags(kafka, {prefix + "sla": topics}) as lags:
                environment = service_environment(kafka, prefix, None)
                environment |= {"STORE_URL": url, "HTTP_PORT": "0", "SWEEP_SECONDS": "1"}
                async with process("-m", "services.sla", environment=environment):
                    rates.append(await rate(lags, prefix + "sla", len(records)))
        finally:
            await remove_topics(kafka, prefix)
            await drop_database(url)
        print(f"flat:     {size:,} dossiers in the store: {rates[-1]:,.0f} events/s")
    print(f"flat:     {rates[-1] / rates[0]:.2f} of the first rate")


async def _preload(url: str, size: int) -> None:
    """Documents as sla leaves them behind."""
    documents = open_documents(url)
    try:
        await declare_sla(documents)
        for start in range(0, size, 2000):
            page = [_settled(number) for number in range(start, min(start + 2000, size))]
            await documents.save_many(SLA_DOSSIERS, page)
    finally:
        await documents.close()


def _settled(number: int) -> dict[str, Any]:
    received = {"v": 1, "at": 1700000000000, "procedure": "1.000894", "competent_unit": "H37.12", "terms": TERMS}
    return {
        "_id": f"H37.12-231115-{number:07}",
        "rev": 0,
        "unit": "H37.12",
        "facts": {"received": {"1": received}, "completed": {"1": {"v": 1, "at": 1700300000000}}},
        "deadline": {"v": 1, "of": ["H37.12", 1700000000000, 5, "working_day", False, [], None, []], "due": 1700400000000},
        "settled": {"v": 1, "outcome": "early", "end": 1700300000000, "state": 9, "due": 1700400000000, "supplements": 0},
    }

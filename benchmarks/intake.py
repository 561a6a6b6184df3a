"""What intake takes: lists, single items, a large workbook, and an outage of Kafka. One process, real Kafka, real store."""

import asyncio
import os
import secrets
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from motor.motor_asyncio import AsyncIOMotorClient
from openpyxl import Workbook

from benchmarks.throughput import PARTITIONS
from dunghen.demo.real import demo_key, free_port, real_parts, service_environment
from dunghen.together import bearer
from reference import OFFICE_TIME

LIST = 500
IN_FLIGHT = 4
OUTAGE_RATE = 50


@dataclass(frozen=True)
class Running:
    """An intake of its own on real parts."""

    client: httpx.AsyncClient
    kafka: str
    mongo: str
    prefix: str
    pid: int
    port: int
    key: str

    async def in_kafka(self) -> int:
        """Events that stand on dossiers.v1."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka)
        await consumer.start()
        try:
            places = [TopicPartition(f"{self.prefix}dossiers.v1", number) for number in range(PARTITIONS)]
            return sum((await consumer.end_offsets(places)).values())
        finally:
            await consumer.stop()


@asynccontextmanager
async def running(kafka: str, mongo: str, module: str = "services.intake") -> AsyncIterator[Running]:
    """Start one intake process; everything it made is removed at the end. `module`: what runs it."""
    prefix, port = f"bench{secrets.token_hex(3)}.", free_port()
    async with real_parts(kafka, mongo, prefix, PARTITIONS) as store_url:
        environment = {
            **os.environ,
            **service_environment(kafka, prefix, None),
            "STORE_URL": store_url("intake"),
            "HTTP_PORT": str(port),
            "LOG_LEVEL": "error",
            "INTAKE_ITEMS_PER_MINUTE": "10000000",
            "SWEEP_SECONDS": "1",
        }
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=environment)
        try:
            key = await demo_key(store_url("intake"))
            limits = httpx.Limits(max_connections=100)
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers=bearer(key), timeout=300, limits=limits
            ) as client:
                await _ready(client)
                yield Running(client, kafka, mongo, prefix, child.pid, port, key)
        finally:
            child.terminate()
            await child.wait()


async def _ready(client: httpx.AsyncClient) -> None:
    while True:
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)


def items(first: int, count: int, *, person: bool = True) -> list[dict[str, Any]]:
    """Receptions of so many new dossiers, as a commune's system writes them."""
    now = datetime.now(OFFICE_TIME) - timedelta(minutes=30)
    common: dict[str, Any] = {"type": "received", "at": now.isoformat(timespec="seconds"), "channel": 2}
    common |= {"procedure": "1.000894", "receiving_unit": "H37.12"}
    if person:
        common["contact"] = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
    return [{"dossier": f"H37.12-{now:%y%m%d}-{number:07}", **common} for number in range(first, first + count)]


async def _together(count: int, work: Callable[[int], Awaitable[None]], width: int) -> float:
    """Do pieces of work, so many at a time; the seconds they took."""
    waiting = iter(range(count))

    async def worker() -> None:
        for number in waiting:
            await work(number)

    begin = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(width)))
    return time.perf_counter() - begin


async def _until_in_kafka(intake: Running, wanted: int) -> None:
    while await intake.in_kafka() < wanted:
        await asyncio.sleep(0.05)


async def run_lists(kafka: str, mongo: str, rounds: int, lists: int = 40) -> None:
    """Lists of 500 against the bare loop, alternating, without contacts and with them.

    With a contact, an item is two records, one of them a sealed box; the bare loop sends two records then, and seals nothing.
    """
    async with running(kafka, mongo) as intake:
        sent = 0
        for person, records in ((False, 1), (True, 2)):
            ours, bare = [], []
            for _ in range(rounds):
                bodies = [orjson.dumps(items(sent + n * LIST, LIST, person=person)) for n in range(lists)]
                sent += lists * LIST
                ours.append(await _ours(intake, bodies, sent))
                bare.append(await _bare(intake, bodies, records))
            ratio = statistics.mean(ours) / statistics.mean(bare)
            what = "with contacts" if person else "without contacts"
            print(
                f"intake:   lists of {LIST} {what}: {_say(ours)} events/s accepted and in Kafka; "
                f"bare {_say(bare)}; ratio {ratio:.2f}"
            )


async def _ours(intake: Running, bodies: list[bytes], wanted: int) -> float:
    async def send(number: int) -> None:
        answer = await intake.client.post("/v1/dossiers/events", content=bodies[number])
        assert answer.status_code == 202  # noqa: S101 - a benchmark that sends nonsense measures nothing

    begin = time.perf_counter()
    await _together(len(bodies), send, IN_FLIGHT)
    await _until_in_kafka(intake, wanted)
    return len(bodies) * LIST / (time.perf_counter() - begin)


async def _bare(intake: Running, bodies: list[bytes], records: int) -> float:
    """insert_many and send, one batch after the other, nothing checked."""
    name = f"{intake.prefix.replace('.', '-')}bare"
    database: Any = AsyncIOMotorClient(f"{intake.mongo.rstrip('/')}/{name}", w="majority", journal=True).get_default_database()
    topic = f"{intake.prefix}contacts.v1"
    async with AIOKafkaProducer(
        bootstrap_servers=intake.kafka, acks="all", enable_idempotence=True, linger_ms=5, compression_type="zstd"
    ) as producer:
        begin = time.perf_counter()
        for body in bodies:
            batch = orjson.loads(body)
            await database["intents"].insert_one({"ids": [item["dossier"] for item in batch]})
            await database["dossiers"].insert_many([dict(item) for item in batch])
            sent = [
                await producer.send(topic, orjson.dumps(item), key=item["dossier"].encode())
                for item in batch
                for _ in range(records)
            ]
            await asyncio.gather(*sent)
        seconds = time.perf_counter() - begin
    await database.client.drop_database(database.name)
    return len(bodies) * LIST / seconds


def _say(rates: list[float]) -> str:
    return " and ".join(f"{rate:,.0f}" for rate in rates)


async def run_workbook(kafka: str, mongo: str, rows: int = 100_000) -> None:
    """A register of 100,000 lines by upload, and the most memory that intake held."""
    async with running(kafka, mongo) as intake:
        with tempfile.TemporaryDirectory() as folder:
            content = _register(Path(folder) / "so.xlsx", rows).read_bytes()
        begin = time.perf_counter()
        answer = await intake.client.post("/v1/dossiers/files?name=so.xlsx", content=content)
        seconds = time.perf_counter() - begin
        summary = answer.json()
        status = Path(f"/proc/{intake.pid}/status").read_text("utf-8")  # noqa: ASYNC240
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024
        print(
            f"workbook: {rows:,} rows, {len(content) >> 20} MB: {seconds:.1f} s, {rows / seconds:,.0f} rows/s, "
            f"accepted {summary['accepted']:,}, refused {summary['refused']}, intake held {peak} MB at most"
        )


def _register(path: Path, rows: int) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(("Mã hồ sơ", "Mã TTHC", "Tên cá nhân, tổ chức", "Số điện thoại", "Ngày nhận", "Ngày hẹn trả", "Trạng thái"))
    day = datetime.now(OFFICE_TIME) - timedelta(days=1)
    for number in range(rows):
        code = f"H37.12-{day:%y%m%d}-{number:07}"
        sheet.append(
            (code, "1.000894", "Nông Thị Mẫu", "0912000007", f"{day:%d/%m/%Y} 08:30", f"{day:%d/%m/%Y} 16:30", "Đang xử lý")
        )
    book.save(path)
    return path


async def run_outage(kafka: str, mongo: str, minutes: float) -> None:
    """Kafka down while senders go on: nothing lost, and how long it takes to drain."""
    crash, start = (os.environ.get(f"DUNGHEN_TEST_KAFKA_{word}", "") for word in ("CRASH", "START"))
    if not (crash and start):
        print("outage:   needs DUNGHEN_TEST_KAFKA_CRASH and DUNGHEN_TEST_KAFKA_START")
        return
    async with running(kafka, mongo) as intake:
        await _shell(crash)
        accepted, slowest = await _send_through(intake, minutes)
        await _shell(start)
        begin = time.perf_counter()
        while True:
            try:
                if await asyncio.wait_for(intake.in_kafka(), 20) >= accepted:
                    break
            except (KafkaError, TimeoutError):
                print("outage:   Kafka is not up yet", file=sys.stderr)
            await asyncio.sleep(0.2)
        seconds = time.perf_counter() - begin
        found = await intake.in_kafka()
        print(
            f"outage:   Kafka down {minutes:g} min under {OUTAGE_RATE} events/s: {accepted:,} accepted, {found:,} in Kafka, "
            f"lost {max(0, accepted - found)}, doubled {max(0, found - accepted)}, drained {seconds:.0f} s after its start, "
            f"slowest answer {slowest * 1000:.0f} ms"
        )


async def _send_through(intake: Running, minutes: float) -> tuple[int, float]:
    accepted, slowest = 0, 0.0
    end = time.perf_counter() + minutes * 60
    first = 0
    while time.perf_counter() < end:
        begin = time.perf_counter()
        answer = await intake.client.post("/v1/dossiers/events", content=orjson.dumps(items(first, OUTAGE_RATE)))
        took = time.perf_counter() - begin
        slowest = max(slowest, took)
        accepted += sum(item["status"] == "accepted" for item in answer.json()["items"])
        first += OUTAGE_RATE
        await asyncio.sleep(max(0.0, 1 - took))
    return accepted, slowest


async def _shell(command: str) -> None:
    process = await asyncio.create_subprocess_exec(*shlex.split(command), stdout=asyncio.subprocess.DEVNULL)
    await process.wait()

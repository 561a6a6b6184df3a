"""Many dossiers due at one moment: each timer fires once, however many, while new dossiers go on arriving.

Three runs: one instance; two instances, one killed in mid-storm and another joining; partitions raised from 4 to 8 meanwhile.
"""

import asyncio
import contextlib
import os
import secrets
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from benchmarks.throughput import PARTITIONS, fill
from contracts import load_catalogue
from contracts.envelope import to_wire
from contracts.ids import fact_id
from dunghen.demo.real import real_parts, service_environment
from reference import OFFICE_TIME
from runtime.kafka_admin import Lags

ARRIVALS = 50  # new dossiers per second during the storm
MARGIN = 60  # seconds that timers stay below the watermark (runtime.timers)


def reception(number: int, at: datetime, due: datetime) -> tuple[bytes, bytes]:
    """A same-day reception with a printed promise: its only timer is `overdue`, at that moment."""
    code = f"H37.12-{at:%y%m%d}-{number:07}"
    terms = {"procedure_version": "2015-01-01", "limit": {"value": 1, "unit": "same_day"}}
    data = {"at": at.isoformat(), "occasion": "1", "version": 1, "procedure": "2.000815", "channel": 1}
    data |= {"receiving_unit": "H37.12", "competent_unit": "H37.12", "terms": terms, "promised_at": due.isoformat()}
    body = {"type": "vn.dunghen.dossier.received.v1", "time": at.isoformat(), "sequence": f"{number:013d}", "data": data}
    return code.encode(), to_wire("/intake", code, fact_id(code, "received", "1", 1), body)


@dataclass
class Heard:
    """What stands on deadlines.v1: how often each overdue event, when the first and the last, and when each date was set."""

    overdue: Counter[str] = field(default_factory=Counter)
    first: float = 0.0
    last: float = 0.0
    set_at: dict[str, float] = field(default_factory=dict)

    async def listen(self, kafka: str, topic: str) -> None:
        """Until cancelled."""
        async with AIOKafkaConsumer(
            topic, bootstrap_servers=kafka, auto_offset_reset="earliest", metadata_max_age_ms=2000
        ) as consumer:
            async for record in consumer:
                event = orjson.loads(record.value)
                if event["type"].endswith("overdue.v1"):
                    self.overdue[event["subject"]] += 1
                    self.first = self.first or record.timestamp / 1000
                    self.last = max(self.last, record.timestamp / 1000)
                elif event["type"].endswith("set.v1"):
                    self.set_at.setdefault(event["subject"], record.timestamp / 1000)


@asynccontextmanager
async def instance(environment: dict[str, str], name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One sla process."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.sla", env={**os.environ, **environment, "INSTANCE_ID": name, "HTTP_PORT": "0"}
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def run(kafka: str, mongo: str, dossiers: int, kind: str) -> None:
    """One run; `kind`: plain, killed or partitions."""
    prefix = f"storm{secrets.token_hex(3)}."
    async with real_parts(kafka, mongo, prefix, PARTITIONS) as store_url:
        environment = service_environment(kafka, prefix, None)
        environment |= {
            "STORE_URL": store_url("sla"),
            "LOG_LEVEL": "error",
            "SWEEP_SECONDS": "1",
            "SESSION_TIMEOUT_MS": "6000",
        }
        topics = [prefix + topic for topic in load_catalogue().read_by("sla")]
        heard = Heard()
        new: dict[str, float] = {}
        async with contextlib.AsyncExitStack() as stack:
            first = await stack.enter_async_context(instance(environment, "sla-0"))
            if kind == "killed":
                await stack.enter_async_context(instance(environment, "sla-1"))
            lags = await stack.enter_async_context(Lags(kafka, {prefix + "sla": topics}))
            listening = asyncio.create_task(heard.listen(kafka, prefix + "deadlines.v1"))
            stack.callback(listening.cancel)
            due = await _prepare(kafka, prefix, dossiers, lags)
            await asyncio.sleep(max(0.0, (due - datetime.now(OFFICE_TIME)).total_seconds() + MARGIN - 5))
            arriving = asyncio.create_task(_arrive(kafka, prefix, dossiers, new))
            stack.callback(arriving.cancel)
            await _until(lambda: sum(heard.overdue.values()) > dossiers // 3)
            if kind == "killed":
                first.kill()
                await stack.enter_async_context(instance(environment, "sla-2"))
            if kind == "partitions":
                await _more_partitions(kafka, topics)
            await _until(lambda: len(heard.overdue) >= dossiers)
            await asyncio.sleep(15)  # a second firing would come now
            arriving.cancel()
            _tell(kind, dossiers, due, heard, new)


async def _prepare(kafka: str, prefix: str, dossiers: int, lags: Lags) -> datetime:
    """Let sla take in all dossiers, in time for the moment at which they are due."""
    now = datetime.now(OFFICE_TIME)
    due = now + timedelta(seconds=30 + dossiers / 1500)
    records = [reception(number, now - timedelta(minutes=5), due) for number in range(dossiers)]
    await fill(kafka, prefix + "dossiers.v1", records)
    while await lags.of(prefix + "sla") != 0:
        await asyncio.sleep(0.2)
    late = (datetime.now(OFFICE_TIME) - due).total_seconds()
    if late > 0:
        print(f"storm:    taking in was {late:.0f} s slower than planned", file=sys.stderr)
    return due


async def _arrive(kafka: str, prefix: str, first: int, new: dict[str, float]) -> None:
    """New dossiers, so many a second, due in a year."""
    number, loop = first, asyncio.get_running_loop()
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", metadata_max_age_ms=2000) as producer:
        while True:
            begin = loop.time()
            now = datetime.now(OFFICE_TIME)
            for _ in range(ARRIVALS):
                key, value = reception(number, now, now + timedelta(days=100))
                sent = await producer.send_and_wait(f"{prefix}dossiers.v1", value, key=key)
                new[key.decode()] = sent.timestamp / 1000
                number += 1
            await asyncio.sleep(max(0.0, 1 - (loop.time() - begin)))


async def _more_partitions(kafka: str, topics: list[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(PARTITIONS * 2) for topic in topics})
    finally:
        await admin.close()


async def _until(done: object) -> None:
    end = asyncio.get_running_loop().time() + 300
    while not done():  # type: ignore[operator]
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError("timers did not fire")
        await asyncio.sleep(0.2)


def _tell(kind: str, dossiers: int, due: datetime, heard: Heard, new: dict[str, float]) -> None:
    waits = sorted(heard.set_at[code] - sent for code, sent in new.items() if code in heard.set_at)
    twice = sum(count - 1 for count in heard.overdue.values())
    p95 = statistics.quantiles(waits, n=20)[18] if len(waits) > 20 else float("nan")
    print(
        f"storm:    {kind}: {dossiers:,} due at once, fired {len(heard.overdue):,}, twice {twice}; "
        f"{heard.last - heard.first:.0f} s from the first to the last, {heard.last - due.timestamp():.0f} s after the moment "
        f"({MARGIN} s of them margin); {len(waits):,} new dossiers, reception to deadline.set p95 {p95:.2f} s"
    )

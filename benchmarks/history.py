"""reporting while a history is imported: dossiers of one unit, procedure and day, as fast as its loop takes them. How
long until all are in the figures, in how many counts, and how much memory the process had at most, by their number."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contracts import EVENT_TYPES, decode
from contracts.deadlines import DeadlineSettled
from contracts.dossiers import Limit, Received, Terms
from dunghen import PROVINCE
from reference import load_reference
from runtime.clock import SteppedClock
from runtime.crash import CrashPoints
from runtime.intents import Intents
from runtime.jobs import Job, repeat
from runtime.log import Wire
from runtime.logs import get_log
from runtime.machine import SystemMachine
from runtime.outputs import new_document
from runtime.parts import Parts
from runtime.settings import RuntimeSettings
from runtime.store import Documents, open_documents
from runtime.telemetry import RUNTIME_METRICS, Telemetry
from services.reporting import store
from services.reporting.app import rules_of
from services.reporting.domain import FORMS, REPORT, load_forms
from services.reporting.handlers import Context
from services.reporting.jobs import Cells
from services.reporting.periods import Periods
from services.reporting.telemetry import METRICS
from services.speaking import encode, say

SIZES = (30_000, 100_000, 300_000)
BATCH = 500
DAY = datetime(2019, 3, 4, 2, 0, tzinfo=UTC)


def run(sizes: Iterable[int] = SIZES) -> None:
    """Each size in a process of its own, which tells its own memory."""
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.history", str(size)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if told.returncode:
            sys.exit(told.stderr)
        print(told.stdout, end="")


class Publisher:
    """Where the cells go: they are counted."""

    def __init__(self) -> None:
        self.published = 0
        self.last = b""

    async def publish(self, records: Iterable[Wire]) -> None:
        """Count them."""
        for record in records:
            self.published, self.last = self.published + 1, record.value


class CaughtUp:
    """A log that is read to its end."""

    running = False

    async def over(self) -> bool:
        """Always."""
        return True


async def measure(size: int, folder: Path) -> str:
    """Import so many into an empty store, and count until nothing is left to be counted."""
    parts, publisher = _parts(folder)
    reference = load_reference(PROVINCE)
    rebuild: Any = CaughtUp()
    periods = Periods(parts, reference, load_forms(FORMS)[REPORT])
    cells = Cells(parts, Intents(parts, store.ROWS, lambda _: b""), rebuild, periods.restate)
    await store.declare(parts.store)
    await periods.intents.declare()
    idle, begin = _megabytes(), time.monotonic()
    counting = asyncio.create_task(repeat(Job("cells", 1.0, cells.keep_counting), parts))
    await _import(size, parts.store, Context(parts.clock, reference))
    read = time.monotonic() - begin
    while await store.count_dirty(parts.store):
        if counting.done():
            counting.result()
        await asyncio.sleep(0.5)
    done = time.monotonic() - begin
    counting.cancel()
    received = json.loads(publisher.last)["data"]["counters"]["received_direct"]
    failures = [line for line in parts.telemetry.text().decode().splitlines() if line.startswith("dunghen_job_failures_total{")]
    await parts.store.close()
    return (
        f"import:   {received:,} dossiers of one unit, procedure and day: read in {read:.0f} s, in the figures after "
        f"{done:.0f} s, each cell published {publisher.published / 2:.0f} times, {len(failures)} kinds of failures; "
        f"{_megabytes()} MB at most, {idle} before"
    )


def _parts(folder: Path) -> tuple[Parts, Publisher]:
    url, publisher = f"sqlite:///{folder}/reporting.db", Publisher()
    collecting: Any = publisher
    machine = SystemMachine(SteppedClock(datetime.now(UTC)))
    parts = Parts(
        name="reporting",
        settings=RuntimeSettings(kafka_bootstrap_servers="none:0", store_url=url),
        store=open_documents(url),
        machine=machine,
        log=get_log("reporting"),
        telemetry=Telemetry("reporting", (*RUNTIME_METRICS, *METRICS)),
        crash=CrashPoints(None, machine.die),
        topics=collecting,
    )
    return parts, publisher


async def _import(size: int, documents: Documents, context: Context) -> None:
    """As the loop does: a batch is read, decided and saved."""
    rules = rules_of(context)
    for start in range(0, size, BATCH):
        events = [decode(value, EVENT_TYPES) for number in range(start, min(start + BATCH, size)) for value in _life(number)]
        rows = await documents.get_many(store.ROWS, {event.subject for event in events})
        for event in events:
            rows[event.subject] = rules.handle(rows.get(event.subject) or new_document(event.subject), event).document
        await documents.save_many(store.ROWS, list(rows.values()))


def _life(number: int) -> Iterator[bytes]:
    """Taken in and done on the same day, years ago."""
    code, at, now = f"H37.12-190304-{number:06}", DAY + timedelta(seconds=number % 20_000), datetime.now(UTC)
    terms = Terms(procedure_version="1", limit=Limit(value=3, unit="working_day"))
    bodies = {"receiving_unit": "H37.12", "competent_unit": "H37.12"}
    told = {"at": at, "occasion": "1", "version": 1, "procedure": "1.000894", "channel": 1, "terms": terms, **bodies}
    received = Received.model_validate(told)
    ended = DeadlineSettled(
        at=at, unit="H37.12", version=1, outcome="early", ended_at=at, due_at=at + timedelta(days=2), against_first="early"
    )
    yield from (encode(say(event, code, now)) for event in (received, ended))


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        print(asyncio.run(measure(int(sys.argv[1]), Path(made))))

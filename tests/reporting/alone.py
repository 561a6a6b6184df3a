"""reporting without Kafka: rows and books in a SQLite file, and what it publishes in a list."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contracts import EVENT_TYPES, Event, decode
from dunghen import PROVINCE
from reference import ReferenceData, load_reference
from runtime.clock import SteppedClock
from runtime.crash import CrashPoints
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.log import Wire
from runtime.logs import get_log
from runtime.machine import SystemMachine
from runtime.parts import Parts
from runtime.settings import RuntimeSettings
from runtime.store import Document, open_documents
from runtime.telemetry import RUNTIME_METRICS, Telemetry
from services.reporting import store
from services.reporting.domain import FORMS as FOLDER
from services.reporting.domain import load_forms
from services.reporting.handlers import Context
from services.reporting.jobs import Cells
from services.reporting.periods import Periods
from services.reporting.reports import Wanted
from services.reporting.telemetry import METRICS
from tests.support.reporting import handle

FORMS = load_forms(FOLDER)


class Collecting:
    """A publisher that keeps records, or breaks after some of them, as a process does that is killed."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []
        self.breaks_after: int | None = None

    async def publish(self, records: Iterable[Wire]) -> None:
        """Keep them."""
        for record in records:
            if self.breaks_after is not None and len(self.records) >= self.breaks_after:
                raise Unavailable("killed in between")
            self.records.append((record.topic, record.value))


class CaughtUp:
    """A log that is read to its end."""

    running = False

    async def over(self) -> bool:
        """Always."""
        return True


class Reporting:
    """The rooms of the service over one store."""

    def __init__(self, parts: Parts, publisher: Collecting, clock: SteppedClock, reference: ReferenceData) -> None:
        self.parts, self.publisher, self.clock, self.reference = parts, publisher, clock, reference
        self.periods = Periods(parts, reference, FORMS["II.06a"])
        rebuild: Any = CaughtUp()
        self.cells = Cells(parts, Intents(parts, store.ROWS, lambda _: b""), rebuild, self.periods.restate)

    def wanted(self, first: date, last: date, unit: str = "all", form: str = "II.06a", **more: Any) -> Wanted:
        """A report asked for."""
        return Wanted(FORMS[form], first, last, unit, **more)

    async def take(self, records: Iterable[Event | bytes]) -> None:
        """Save what the handler makes of some records, as the loop does, one document after the other."""
        rows: dict[str, Document] = {}
        context = Context(self.clock, self.reference)
        events = [record if isinstance(record, Event) else decode(record, EVENT_TYPES) for record in records]
        known = await self.parts.store.get_many(store.ROWS, {event.subject for event in events})
        for event in events:
            row = rows.get(event.subject) or known.get(event.subject) or {"_id": event.subject, "rev": 0}
            after = handle(row, event, context)
            if after is not row:
                rows[event.subject] = after
        assert await self.parts.store.save_many(store.ROWS, list(rows.values())) == set()


@asynccontextmanager
async def reporting_alone(
    folder: Path, now: datetime, reference: ReferenceData | None = None, name: str = "reporting"
) -> AsyncIterator[Reporting]:
    """The rooms on a new store."""
    url = f"sqlite:///{folder}/{name}.db"
    documents, publisher, clock = open_documents(url), Collecting(), SteppedClock(now)
    collecting: Any = publisher
    parts = Parts(
        name="reporting",
        settings=RuntimeSettings(kafka_bootstrap_servers="none:0", store_url=url),
        store=documents,
        machine=SystemMachine(clock),
        log=get_log("reporting"),
        telemetry=Telemetry("reporting", (*RUNTIME_METRICS, *METRICS)),
        crash=CrashPoints(None, SystemMachine().die),
        topics=collecting,
    )
    reporting = Reporting(parts, publisher, clock, reference or load_reference(PROVINCE))
    await store.declare(documents)
    await reporting.periods.intents.declare()
    try:
        yield reporting
    finally:
        await documents.close()

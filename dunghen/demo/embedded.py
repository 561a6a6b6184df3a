"""The demo in one process on embedded parts."""

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx

from contracts.deadlines import DeadlineSettled
from dunghen.answers import PetitionShares, SheetAnswer
from dunghen.demo.driver import Fleet, demo_days, demo_start, get_report, groups_of, load_month, run_month, steps
from dunghen.demo.evidence import Evidence
from dunghen.demo.people import STORY, People
from dunghen.demo.view import Progress
from dunghen.log import events_of, read_broker, write_folder
from dunghen.together import Together, run_together
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags, LogRecord
from runtime.logs import configure_logs

REPORTED = ("province", "H37.05", "H37.07", "H37.12", "H37.13", "H37.14")
FROZEN = date(2026, 1, 15), date(2026, 2, 14)  # a report month; the first weeks of the demo lie in it
AfterRun = Callable[[Together, Evidence], Awaitable[None]]


async def run_embedded(folder: Path, progress: Progress, after: AfterRun | None = None) -> Evidence:
    """Run the month; leaves the log, II.06a, a letter and what was logged in `folder`. `after` sees the services running."""
    rows = load_month()
    first, last = demo_days(rows)
    clock = SteppedClock(demo_start(rows))
    logged = io.StringIO()
    configure_logs("info", stream=logged)
    try:
        with tempfile.TemporaryDirectory(prefix="dunghen-") as data:
            async with run_together(Path(data), clock=clock, sweep_seconds=0.05) as running:
                shown = running.headers()
                clients = {  # in this process: no connection that would have to be closed
                    name: httpx.AsyncClient(
                        transport=httpx.ASGITransport(app=service.app),
                        base_url=f"http://{name}",
                        timeout=60,
                        headers=shown[name],
                    )
                    for name, service in running.services.items()
                }
                async with Lags(running.bootstrap_servers, groups_of("")) as lags:
                    fleet = Fleet(clients, lags, clock, phone=running.phone)
                    fleet.acting(running.issuer, running.keys.receipts_secret)
                    people = People(fleet, rows, running.reference)
                    moments = list(steps(running.reference.timeline("H37"), first, last))
                    progress.start("bộ phận nhúng", len(moments))
                    await run_month(fleet, rows, moments, progress.step, people.act)
                    evidence = await finish(fleet, running.bootstrap_servers, "", folder, logged.getvalue)
                    if after is not None:
                        await after(running, evidence)
                return evidence
    finally:
        _keep(folder / "services.log", logged.getvalue())


def _keep(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


async def finish(fleet: Fleet, bootstrap: str, prefix: str, folder: Path, logs: Callable[[], str]) -> Evidence:
    """Freeze a period, correct a dossier in it, then read everything that a run can be judged by, and keep it."""
    days = demo_days(load_month())
    await _correct_after_freeze(fleet, await read_broker(bootstrap, prefix, ["deadlines.v1"]))
    records = await read_broker(bootstrap, prefix)
    write_folder(records, folder / "log")
    reporting = fleet.clients["reporting"]
    reports = {unit: SheetAnswer.model_validate(await get_report(reporting, *days, unit, "json")) for unit in REPORTED}
    period = {"from": str(days[0]), "to": str(days[1])}
    shares = (await reporting.get("/v1/petitions/in-time", params=period)).raise_for_status().content
    measured = [(await client.get("/metrics")).raise_for_status().text for client in fleet.clients.values()]
    for kind in ("xlsx", "pdf"):
        (folder / f"II.06a.{kind}").write_bytes(await get_report(reporting, *days, "all", kind))
    letter = await fleet.clients["notifier"].get(f"/v1/letters/{STORY}/pdf")
    (folder / "thu-xin-loi.pdf").write_bytes(letter.raise_for_status().content)
    # Services in other processes write their logs a little later than they answer.
    await asyncio.sleep(0.2)
    petitions = PetitionShares.model_validate_json(shares)
    return Evidence(records, fleet.answers, fleet.phone, reports, petitions, logs(), "".join(measured), fleet.clock.now(), days)


async def _correct_after_freeze(fleet: Fleet, records: list[LogRecord]) -> None:
    """Freeze the first weeks, then let an office correct the end of one dossier that was late in them."""
    period = {"from": FROZEN[0].isoformat(), "to": FROZEN[1].isoformat()}
    (await fleet.clients["reporting"].post("/v1/reports/II.06a/frozen", params=period)).raise_for_status()
    dossier, due = _late_in(records)
    at = due - timedelta(hours=1)
    await fleet.post([{"dossier": dossier, "type": "completed", "at": at.isoformat()}])
    await fleet.settle()


def _late_in(records: list[LogRecord]) -> tuple[str, datetime]:
    """The first dossier by code that ended late in the frozen period at state 9, and its due moment."""
    newest: dict[str, DeadlineSettled] = {}
    for event in events_of(records):
        known = newest.get(event.subject)
        if isinstance(event.data, DeadlineSettled) and (known is None or event.data.version >= known.version):
            newest[event.subject] = event.data
    for dossier, settled in sorted(newest.items()):
        late = settled.outcome == "late" and settled.state == 9
        if late and settled.due_at and settled.ended_at and FROZEN[0] <= settled.ended_at.date() <= FROZEN[1]:
            return dossier, settled.due_at
    raise AssertionError("the month has a dossier that ended late in the frozen period")

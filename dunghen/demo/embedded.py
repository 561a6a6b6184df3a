"""The demo in one process on embedded parts."""

import tempfile
from pathlib import Path

import httpx

from dunghen.demo.checks import Result, Seen, evaluate
from dunghen.demo.driver import Fleet, demo_days, demo_start, get_report, groups_of, load_month, run_month, steps
from dunghen.demo.view import Progress
from dunghen.log import read_broker, write_folder
from dunghen.together import run_together
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags

REPORTED = ("province", "H37.05", "H37.07", "H37.12", "H37.13", "H37.14")


async def run_embedded(folder: Path, progress: Progress) -> Result:
    """Run the month; leaves the log and II.06a in `folder`."""
    rows = load_month()
    first, last = demo_days(rows)
    clock = SteppedClock(demo_start(rows))
    with tempfile.TemporaryDirectory(prefix="dunghen-") as data:
        async with run_together(Path(data), clock=clock, sweep_seconds=0.05) as running:
            clients = {  # in this process: no connection that would have to be closed
                name: httpx.AsyncClient(transport=httpx.ASGITransport(app=service.app), base_url=f"http://{name}", timeout=60)
                for name, service in running.services.items()
            }
            async with Lags(running.bootstrap_servers, groups_of("")) as lags:
                fleet = Fleet(clients, lags, clock, phone=running.phone)
                moments = list(steps(running.reference.timeline("H37"), first, last))
                progress.start("bộ phận nhúng", len(moments))
                await run_month(fleet, rows, moments, progress.step)
            return await finish(fleet, running.bootstrap_servers, "", folder)


async def finish(fleet: Fleet, bootstrap: str, prefix: str, folder: Path) -> Result:
    """Read the log and the reports of a finished run, keep them, and judge them."""
    days = demo_days(load_month())
    records = await read_broker(bootstrap, prefix)
    write_folder(records, folder / "log")
    reports = {unit: await get_report(fleet.clients["reporting"], *days, unit, "json") for unit in REPORTED}
    (folder / "II.06a.xlsx").write_bytes(await get_report(fleet.clients["reporting"], *days, "all", "xlsx"))
    return evaluate(records, Seen(fleet.answers, fleet.phone, reports), fleet.clock.now(), days)

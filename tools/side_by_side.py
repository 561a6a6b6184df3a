"""A release beside the one before it: `python -m tools.side_by_side COMMIT [SERVICE ...]`.

Lives the demo's month on a real Kafka and MongoDB (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL) with two instances of each named service
(notifier) in one group, one of them from an older commit, and compares figures and dossiers with the month on embedded parts.
Each of the two is stopped and started again once on the way, so that partitions change hands both ways.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from dunghen import PROVINCE
from dunghen.commands.common import err
from dunghen.demo.checks import Result, evaluate
from dunghen.demo.driver import Restart, demo_days, demo_start, load_month, run_month, steps
from dunghen.demo.embedded import finish, run_embedded
from dunghen.demo.figures import Figures
from dunghen.demo.people import People
from dunghen.demo.real import Processes, differences, real_fleet
from dunghen.demo.view import Progress
from reference import load_reference
from runtime.clock import SteppedClock

OLDER = 1  # the number of the instance from the older commit


async def _live(checkout: Path, services: Sequence[str], folder: Path, progress: Progress) -> Result:
    rows = load_month()
    clock, reference = SteppedClock(demo_start(rows)), load_reference(PROVINCE)
    moments = list(steps(reference.timeline("H37"), *demo_days(rows)))
    older = {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}
    away = {len(moments) // 3: 0, 2 * len(moments) // 3: OLDER}  # who is stopped and started again at which step
    kafka, mongo = os.environ["KAFKA_BOOTSTRAP_SERVERS"], os.environ["MONGO_URL"]
    async with real_fleet(kafka, mongo, clock) as (fleet, processes, prefix):
        for name in services:
            await processes.start(name, OLDER, **older)
            await processes.ready(name, OLDER)

        async def disturb(step: int) -> Restart | None:
            if step not in away:
                return None
            number, more = (OLDER, older) if away[step] == OLDER else (0, {})
            for name in services:
                await processes.terminate(name, number)

            async def back() -> None:
                for name in services:
                    await processes.start(name, number, **more)

            return back

        progress.start(f"{', '.join(services)}: hai bản phát hành cạnh nhau", len(moments))
        people = People(fleet, rows, reference)
        await run_month(fleet, rows, moments, progress.step, people.act, disturb)
        for name in services:
            newer, before = await _handled(processes, name, 0), await _handled(processes, name, OLDER)
            print(f"{name}: records handled since their last start: newer {newer:.0f}, older {before:.0f}")
        return evaluate(await finish(fleet, kafka, prefix, folder, processes.log_text))


async def _handled(processes: Processes, name: str, number: int) -> float:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{processes.port(name, number)}") as client:
        text = (await client.get("/metrics", params={"name[]": "dunghen_records_handled_total"})).text
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("dunghen_records_handled_total"))


def main() -> int:
    """Run it; 1 if a figure, a dossier or a check differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("services", nargs="*", default=["notifier"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Progress(err) as progress:
        checkout = Path(scratch) / "older"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(checkout), options.commit], check=True)  # noqa: S603, S607
        try:
            embedded = evaluate(asyncio.run(run_embedded(Path(scratch) / "embedded", progress)))
            real = asyncio.run(_live(checkout, options.services, Path(scratch) / "real", progress))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], check=True)  # noqa: S603, S607
    red = [check.name for check in real.checks if not check.ok]
    different = differences(embedded, real)
    print(f"checks that do not hold: {len(red)} of {len(real.checks)} {red or ''}")
    print(f"figures and dossiers that differ: {len(different)} of {len(Figures.model_fields) + len(embedded.dossiers)}")
    print("\n".join(different[:20]))
    return 1 if red or different else 0


if __name__ == "__main__":
    sys.exit(main())

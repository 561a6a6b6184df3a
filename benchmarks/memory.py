"""Resident memory of each idle service, in MB."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from dunghen.demo.real import real_fleet
from runtime.clock import SteppedClock


async def run(kafka: str, mongo: str) -> None:
    """Start the services, wait until they are ready and quiet, and read what they hold."""
    async with real_fleet(kafka, mongo, SteppedClock(datetime.now(UTC)), partitions=4) as (_, processes, _prefix):
        await asyncio.sleep(3)
        sizes = {name: _resident(pid) for name, pid in processes.pids().items()}
    print("memory:   " + ", ".join(f"{name} {size} MB" for name, size in sizes.items()))


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return kilobytes // 1024

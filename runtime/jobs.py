"""Loops that no message starts: run, wait, run again; a failure is logged, counted and tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runtime.errors import Unavailable
from runtime.parts import Parts


@dataclass(frozen=True, slots=True)
class Job:
    """One background job and the pause between two runs of it, in seconds."""

    name: str
    every: float
    run: Callable[[], Awaitable[None]]


async def repeat(job: Job, parts: Parts) -> None:
    """Run a job until cancelled."""
    while True:
        try:
            await job.run()
        except Unavailable as error:
            parts.telemetry.count("job_failures", job=job.name)
            parts.log.warning("job waits for a part", job=job.name, reason=str(error))
        except Exception:
            parts.telemetry.count("job_failures", job=job.name)
            parts.log.exception("job failed", job=job.name)
        await asyncio.sleep(job.every)

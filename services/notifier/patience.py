"""Waiting for a store that does not answer, as the loop waits."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from runtime.errors import Unavailable
from runtime.parts import Parts
from services.stored import NewerDocumentError

Result = TypeVar("Result")
LONGEST_SECONDS = 10.0


async def patiently(parts: Parts, work: Callable[[], Awaitable[Result]]) -> Result:
    """Do it until the store answers. Raises what is no matter of time, a document of a newer release among it."""
    attempts = 0
    while True:
        attempts += 1
        try:
            return await work()
        except NewerDocumentError:
            raise
        except Unavailable as error:
            parts.telemetry.count("backoffs")
            parts.log.warning("waiting for a part", reason=str(error), attempts=attempts)
            await parts.machine.sleep(min(LONGEST_SECONDS, 0.1 * 2 ** min(attempts, 7)) * parts.machine.jitter(0.5, 1.0))

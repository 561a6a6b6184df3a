"""Publishing what was taken in, beside the requests: a slow or absent Kafka must not make senders wait."""

import asyncio
from collections.abc import Iterable

from runtime.errors import Unavailable
from runtime.intents import Intent, Intents
from runtime.parts import Parts

MOST_IN_FLIGHT = 200  # beyond this the sweeper does it later


class Deliveries:
    """Publishes intents in the background; what fails or does not fit is left to the sweeper."""

    def __init__(self, parts: Parts, intents: Intents) -> None:
        self._parts, self._intents = parts, intents
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, intents: Iterable[Intent]) -> None:
        """Publish intents soon."""
        for intent in intents:
            if len(self._tasks) >= MOST_IN_FLIGHT:
                return
            task = asyncio.create_task(self._deliver(intent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, intent: Intent) -> None:
        try:
            await self._intents.deliver(intent)
        except Unavailable as error:
            self._parts.log.warning("not published yet, the sweeper will", reason=str(error))
        except Exception:
            self._parts.telemetry.count("job_failures", job="deliver")
            self._parts.log.exception("delivery failed, the sweeper will try again")

    async def drain(self) -> None:
        """Wait until nothing is in flight."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

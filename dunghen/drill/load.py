"""Load from outside: dossiers that are received and, two seconds later, completed, sent to intake like any system sends."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from dunghen.demo.driver import Fleet
from reference import OFFICE_TIME

UNIT, PROCEDURE = "H37.12", "1.000894"
TICK_SECONDS, OPEN_SECONDS = 0.1, 2.0


def now_ms() -> int:
    """Now, as Kafka counts it."""
    return round(time.time() * 1000)


class Load:
    """Sends so many facts a second, half of them receptions, whatever the system does meanwhile. `rate` may change."""

    def __init__(self, fleet: Fleet, rate: float) -> None:
        self._fleet, self.rate = fleet, rate
        self._open: list[tuple[float, str]] = []  # when it was received, code
        self._sending: list[asyncio.Task[None]] = []
        self.received = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send as long as this lasts; then complete what is open, and wait until every answer is there."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def _run(self, stop: asyncio.Event) -> None:
        before, owed = time.monotonic(), 0.0
        while not stop.is_set():
            now = time.monotonic()
            owed += (now - before) * self.rate / 2
            due, before = int(owed), now
            owed -= due
            items = [*self._completions(now - OPEN_SECONDS), *self._receptions(due)]
            if items:
                self._sending.append(asyncio.create_task(self._fleet.post(items)))
            await asyncio.sleep(TICK_SECONDS)
        await asyncio.gather(*self._sending)
        await self._fleet.post(self._completions(time.monotonic()))

    def _receptions(self, count: int) -> list[dict[str, Any]]:
        items = []
        for _ in range(count):
            self.received += 1
            now = datetime.now(OFFICE_TIME)
            code = f"{UNIT}-{now:%y%m%d}-{self.received:07}"
            contact = {"name": "Nông Thị Mẫu", "phone": f"0912{self.received % 1_000_000:06}"}
            item = {"dossier": code, "type": "received", "at": now.isoformat(timespec="seconds"), "contact": contact}
            items.append({**item, "procedure": PROCEDURE, "receiving_unit": UNIT, "channel": 2})
            self._open.append((time.monotonic(), code))
        return items

    def _completions(self, until: float) -> list[dict[str, Any]]:
        ready = [code for moment, code in self._open if moment <= until]
        self._open = [(moment, code) for moment, code in self._open if moment > until]
        at = datetime.now(OFFICE_TIME).isoformat(timespec="seconds")
        return [{"dossier": code, "type": "completed", "at": at} for code in ready]

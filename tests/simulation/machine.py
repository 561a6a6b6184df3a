"""The machine of a simulated process: virtual clocks that may be set wrong, and chance that comes from the seed."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.simulation.virtual import Process, VirtualLoop


class SimMachine:
    """Implements runtime.machine.Machine. `offset`: seconds by which its clocks are wrong; the monotonic one never is."""

    def __init__(
        self,
        loop: VirtualLoop,
        process: Process,
        start: datetime,
        seed: str,
        ended: Callable[[], None],
        died: Callable[[], None],
    ) -> None:
        """`ended` and `died` tell the world that the process asked for its own end, or killed itself at a crash point."""
        self._loop, self._process = loop, process
        self._start = start.astimezone(UTC)
        self._chance = random.Random(f"{seed}/{process.name}/{process.life}")
        self._ended, self._died = ended, died
        self.offset = 0.0

    def now(self) -> datetime:
        """Virtual time, wrong by the offset."""
        return self._start + timedelta(seconds=self._loop.time() + self.offset)

    def wall(self) -> datetime:
        """The same clock: no stepped one here."""
        return self.now()

    def monotonic(self) -> float:
        """Virtual seconds."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Virtual sleep."""
        await asyncio.sleep(seconds)

    def jitter(self, low: float, high: float) -> float:
        """From the seed."""
        return self._chance.uniform(low, high)

    def new_id(self) -> str:
        """From the seed."""
        return f"{self._chance.getrandbits(128):032x}"

    def end_within(self, seconds: float) -> None:
        """The process wants to be ended after so long, whatever it waits for."""
        self._loop.later(seconds, self._ended)

    def die(self) -> None:
        """A named crash point: dead at once. Returns, as the rest of this step cannot be taken back; no later step is done."""
        self._died()

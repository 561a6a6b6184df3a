"""The machine a process runs on: its clocks, its sleep, chance, fresh names, and its own end.

Nothing else in runtime reads a clock, throws dice or raises a signal, so that a test can be the machine: the simulation
gives each process one whose time is virtual and whose chance comes from a seed.
"""

import asyncio
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from runtime.clock import Clock


class Machine(Protocol):
    """What a process may ask of its machine. `now` is business time: in the demo a stepped clock tells it."""

    def now(self) -> datetime:
        """Business time, aware, UTC: what rules are given."""
        ...

    def wall(self) -> datetime:
        """The machine's own clock, aware, UTC: for ages of what a stepped clock must not touch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back: for time-outs inside this process."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let others go on for so long."""
        ...

    def jitter(self, low: float, high: float) -> float:
        """A number between the two, so that instances do not knock at the same moment."""
        ...

    def new_id(self) -> str:
        """A name that nobody has given before."""
        ...

    def end_within(self, seconds: float) -> None:
        """End this process after so long, whatever it waits for then."""
        ...

    def die(self) -> None:
        """SIGKILL: no goodbye. For named crash points only."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time of the machine."""
        return datetime.now(UTC)


class SystemMachine:
    """The real one. `clock`: where business time comes from."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()

    def now(self) -> datetime:
        """The clock's reading."""
        return self.clock.now()

    def wall(self) -> datetime:
        """The system's time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The system's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """asyncio's sleep."""
        await asyncio.sleep(seconds)

    def jitter(self, low: float, high: float) -> float:
        """Evenly between the two."""
        return random.uniform(low, high)  # noqa: S311 - spreads retries, guards nothing

    def new_id(self) -> str:
        """128 random bits in hex."""
        return secrets.token_hex(16)

    def end_within(self, seconds: float) -> None:
        """A thread that ends the process: threads of drivers may wait for a server longer than that."""
        timer = threading.Timer(seconds, os._exit, (0,))
        timer.daemon = True
        timer.start()

    def die(self) -> None:
        """SIGKILL to this process."""
        os.kill(os.getpid(), signal.SIGKILL)


def on_stop_signals(leave: Callable[[], None]) -> None:
    """Call `leave` when this process is asked to stop (SIGTERM, SIGINT). Needs a running event loop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave)

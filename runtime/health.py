"""Live means progress, ready means joined and the store answers. Neither asks only whether a port is open."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from runtime.errors import Unavailable
from runtime.loop import Loop
from runtime.parts import INTENTS, Parts
from runtime.places import watermarks

PATIENCE = timedelta(minutes=5)


class Health:
    """What the probes ask. A service without a loop (HTTP only) is live while it answers."""

    def __init__(self, parts: Parts, loop: Loop[Any] | None) -> None:
        self._parts, self._loop = parts, loop
        self._lag = 0
        self._measured = False
        self.also: list[Callable[[], Awaitable[None]]] = []  # gauges of single rooms, set at each measurement

    async def measure(self) -> None:
        """Set the gauges: clock, open intents, lag, age of the oldest unhandled record, and what the rooms add."""
        for measure in self.also:
            await measure()
        open_intents = await self._parts.store.count_by(INTENTS, {})
        self._parts.telemetry.set("intents_open", open_intents[0].count if open_intents else 0)
        now = self._parts.clock.now()
        self._parts.telemetry.set("clock_seconds", now.timestamp())
        if self._loop is None:
            return
        places, ends = await self._loop.places()
        self._lag = sum(max(0, ends.get(place, 0) - at.next_offset) for place, at in places.items())
        self._measured = bool(places)
        wall = datetime.now(UTC)
        behind = [mark for mark in watermarks(wall, places, ends).values() if mark is not None and mark < wall]
        oldest = (wall - min(behind)).total_seconds() if behind and self._lag else 0.0
        self._parts.telemetry.set("lag_records", self._lag)
        self._parts.telemetry.set("oldest_unhandled_seconds", oldest)

    def live(self) -> tuple[bool, str]:
        """False only if there is work and none of it moved for five minutes."""
        if self._loop is None or not self._lag or self._loop.state.stopped:
            return True, "ok"
        moved = self._loop.state.moved_at
        if moved is None or datetime.now(UTC) - moved < PATIENCE:
            return True, "ok"
        return False, f"{self._lag} records wait and none was handled since {moved:%Y-%m-%dT%H:%M:%SZ}"

    async def ready(self) -> tuple[bool, str]:
        """True when the loop has joined its group and the store answers."""
        if self._loop is not None:
            if self._loop.state.stopped:
                return False, f"brake: {self._loop.state.stopped}"
            consumer = self._loop.consumer
            if consumer is None or not consumer.assignment() or not self._measured:
                return False, "has not joined its consumer group"
        try:
            await self._parts.store.count_by(INTENTS, {"_id": "ready"})
        except Unavailable as error:
            return False, str(error)
        return True, "ok"

"""Live means progress, ready means joined and the store answers. Neither asks only whether a port is open.

| state | live | ready | what rings |
|---|---|---|---|
| starting, waiting for a part | yes | no, with the part | `up` of the probe, after its patience |
| running | yes | yes | |
| more instances than partitions | yes | yes, a spare | `partitions_held` is 0 |
| out of its group for five minutes, though Kafka answers | no | | the probe restarts the process |
| braked | yes | no, with the reason | `braked` |
| store away | yes | no, with what it said | `job_failures` of `measure` |
| log away | yes | yes: what does not need it is answered | `job_failures` of `measure` |
| work waits and nothing moved for five minutes, with all parts there | no | | the probe restarts the process |
"""

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
        self._held_since: datetime | None = None  # wall clock: since when there has been work without progress
        self._homeless_since: datetime | None = None  # wall clock
        self.store_away = ""  # what the store said at the last measurement, if it was no answer
        self.waits_for = "starting"  # why it does not serve yet; "" once it does
        self.recovering: Callable[[], str] = lambda: ""  # what is left of bringing the store back; set by the service
        self.also: list[Callable[[], Awaitable[None]]] = []  # gauges of single rooms, set at each measurement

    async def measure(self) -> None:
        """Set the gauges: clock, open intents, lag, age of the oldest unhandled record, and what the rooms add."""
        if self.waits_for:
            return
        try:
            await self._measure()
        except Unavailable:
            self._lag, self._homeless_since = 0, None  # not known: a part is away, and a restart would not bring it back
            raise

    async def _measure(self) -> None:
        try:
            open_intents = await self._parts.store.count_by(INTENTS, {})
        except Unavailable as error:
            self.store_away = str(error)
            raise
        self.store_away = ""
        for measure in self.also:
            await measure()
        self._parts.telemetry.set("intents_open", open_intents[0].count if open_intents else 0)
        self._parts.telemetry.set("clock_seconds", self._parts.clock.now().timestamp())
        if self._loop is not None:
            await self._loop.brake.look()
            await self._measure_lag(self._loop)

    async def _measure_lag(self, loop: Loop[Any]) -> None:
        if self._parts.topics.lease is not None:
            self._homeless_since = None
        elif await self._parts.topics.partitions(loop.topics[:1]):  # Kafka answers, and this instance is not in its group
            self._homeless_since = self._homeless_since or self._parts.machine.wall()
        handled, ends = await loop.places()
        self._lag = sum(max(0, ends.get(partition, 0) - at.next_offset) for partition, at in handled.items())
        self._measured = bool(handled)
        wall = self._parts.machine.wall()
        behind = [mark for mark in watermarks(wall, handled, ends).values() if mark is not None and mark < wall]
        oldest = (wall - min(behind)).total_seconds() if behind and self._lag else 0.0
        self._parts.telemetry.set("lag_records", self._lag)
        self._parts.telemetry.set("oldest_unhandled_seconds", oldest)
        self._parts.telemetry.set("partitions_held", len(handled))

    def live(self) -> tuple[bool, str]:
        """False only if there is work and none of it moved for five minutes, and nobody has braked."""
        loop, wall = self._loop, self._parts.machine.wall()
        if self._homeless_since is not None and wall - self._homeless_since >= PATIENCE:
            return False, f"has not been in its consumer group since {self._homeless_since:%Y-%m-%dT%H:%M:%SZ}"
        if loop is None or self.waits_for or not self._lag or loop.brake.engaged or loop.state.gap:
            self._held_since = None
            return True, "ok"
        self._held_since = self._held_since or wall
        moved = max(self._held_since, loop.state.moved_at or datetime.min.replace(tzinfo=UTC))
        if wall - moved < PATIENCE:
            return True, "ok"
        return False, f"{self._lag} records wait and none was handled since {moved:%Y-%m-%dT%H:%M:%SZ}"

    async def ready(self) -> tuple[bool, str]:
        """True when the loop has joined its group and the store answers."""
        reason = self.waits_for or self.recovering() or self._not_joined(self._loop) or self.store_away
        if reason:
            return False, reason
        lease = self._parts.topics.lease if self._loop is not None else None
        if lease is not None and not lease.partitions:
            return True, "a spare: there are more instances than partitions"
        return True, "ok"

    def _not_joined(self, loop: Loop[Any] | None) -> str:
        """Why the loop handles nothing; empty if it does."""
        if loop is None:
            return ""
        if loop.brake.engaged:
            return f"brake: {loop.brake.engaged}; see `dunghen brake release {self._parts.name}`"
        lease = self._parts.topics.lease
        joined = lease is not None and (self._measured or not lease.partitions)
        return loop.state.gap or ("" if joined else "has not joined its consumer group")

"""The brake: a bad release must stop, not drain a topic into the dead letters.

It is kept in the store: a restarted instance stays braked, and all instances of the service with it, until a person has looked
and says `dunghen brake release SERVICE`. A braked service is live and not ready, and its metric `braked` rings.
"""

from collections import deque

from runtime.errors import Unavailable
from runtime.parts import STATE, Parts
from runtime.store import Documents

BRAKE = "brake"  # the one document of the brake


class Brake:
    """Engages when more than a share of the last records failed (settings brake_share, brake_window)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._outcomes: deque[bool] = deque(maxlen=parts.settings.brake_window)  # True for a failure
        self._kept = False  # whether the store knows of it
        self._looked_at = False  # released: the next batch is the one it stopped at, and a person has looked
        self.engaged = ""  # the reason

    def judge(self, failed: int, handled: int) -> bool:
        """Take a batch into account; whether it engages the brake.

        A batch without failures never does, nor does the first one after a release: it would stop at the same records for ever.
        """
        if self._looked_at:
            self._looked_at = False
            return False
        settings = self._parts.settings
        self._outcomes.extend([False] * (handled - failed) + [True] * failed)
        full = len(self._outcomes) >= settings.brake_window
        return bool(failed) and full and sum(self._outcomes) > settings.brake_share * len(self._outcomes)

    async def engage(self, reason: str) -> None:
        """Stop handling, here and in every other instance, from now on and after restarts."""
        self.engaged, self._kept = reason, False
        self._parts.telemetry.set("braked", 1)
        self._parts.log.critical("brake engaged: the service stops handling", reason=reason)
        try:
            await self.look()
        except Unavailable as error:
            self._parts.log.warning("the brake is not in the store yet", reason=str(error))  # the next look puts it there

    async def look(self) -> None:
        """Learn what the store says: another instance may have braked, a person may have released. Raises Unavailable."""
        if self.engaged and not self._kept:
            entry = {"_id": BRAKE, "reason": self.engaged, "since": self._parts.machine.wall().isoformat()}
            await self._parts.store.insert_unique(STATE, entry)
            self._kept = True
            return
        known = (await self._parts.store.get_many(STATE, [BRAKE])).get(BRAKE)
        reason = str(known["reason"]) if known is not None else ""
        if reason == self.engaged:
            return
        self.engaged, self._kept = reason, bool(reason)
        self._looked_at = not reason
        self._outcomes.clear()
        self._parts.telemetry.set("braked", int(bool(reason)))
        self._parts.log.warning("the service is braked" if reason else "brake released", reason=reason)


async def release(store: Documents) -> str:
    """Release the brake of the service this store belongs to; returns its reason, "" if it was not engaged.

    Raises Unavailable.
    """
    await store.declare(STATE)
    known = (await store.get_many(STATE, [BRAKE])).get(BRAKE)
    if known is None:
        return ""
    await store.delete_many(STATE, [BRAKE])
    return str(known["reason"])

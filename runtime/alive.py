"""Whether a store was in use until just now.

A service without a loop (intake) goes on taking requests when it was restarted while Kafka is away: its store is the one it has
just used. A store that nobody noted in for longer may be a copy from before, and is held against the log first. So is every
store while Kafka answers.
"""

from runtime.clock import epoch_ms
from runtime.parts import STATE, Parts

ALIVE = "alive"  # id of the document in the collection `state`
LATELY_MS = 600_000


async def note_alive(parts: Parts) -> None:
    """Write down that the store is in use now. Raises Unavailable."""
    known = (await parts.store.get_many(STATE, [ALIVE])).get(ALIVE, {"_id": ALIVE, "rev": 0})
    await parts.store.save_many(STATE, [{**known, "at": epoch_ms(parts.machine.wall())}])  # another instance may be faster


async def alive_lately(parts: Parts) -> bool:
    """Whether somebody noted within the last ten minutes. Raises Unavailable."""
    known = (await parts.store.get_many(STATE, [ALIVE])).get(ALIVE)
    return known is not None and 0 <= epoch_ms(parts.machine.wall()) - known["at"] <= LATELY_MS

"""The calendar as living data: changes are journaled and published on calendar.v1."""

from runtime.intents import Intents
from runtime.parts import Parts
from services.changes import Answering, By
from services.sla.domain.journal import Entry, NewChange, Slot, enter
from services.sla.store import SLOTS, journal

TOPIC = "calendar.v1"


async def add_change(change: NewChange, by: By, parts: Parts, intents: Intents) -> Entry:
    """Journal a change, with who entered it, under the next number and publish it.

    Raises Unavailable; what is journaled is published later.
    """
    number = 1 + max((entry.number for entry in await journal(parts.store)), default=0)
    while True:

        def rule(slot: Slot, number: int = number) -> Answering[Slot, Entry | None]:
            return enter(slot, change, number, parts.clock.now(), by)

        identity = f"{number:06d}"
        entry = (await SLOTS.ask(intents, [identity], rule, parts.clock))[identity]
        if entry is not None:
            return entry
        number += 1

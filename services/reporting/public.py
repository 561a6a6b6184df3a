"""What anybody may know of a unit's figures: how much of what it resolved this month was in time.

Of few dossiers nothing is said: who knows one of them would read the others' outcome.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.definitions import load_definitions
from reference import OFFICE_TIME, ReferenceData
from runtime.parts import Parts
from services.reporting.figures import Asked, flows

FEWEST = 5  # dossiers that a figure is shown of
REMEMBERED = 60.0  # seconds: a stranger who asks again and again costs one count
SHARE = "in_time"


@dataclass(frozen=True, slots=True)
class OnTime:
    """From the first of a month to a day. `resolved` and `share` (percent) are None of fewer than FEWEST dossiers."""

    first: date
    last: date
    resolved: int | None
    share: Decimal | None


class PublicFigures:
    """A unit's share, counted at most once in a while."""

    def __init__(self, parts: Parts, reference: ReferenceData) -> None:
        self._parts, self._reference = parts, reference
        self._counting = asyncio.Lock()
        self._known: dict[str, tuple[float, OnTime]] = {}  # of units in the list alone

    async def of_unit(self, unit: str) -> OnTime:
        """Of a unit in the list, with what it was merged from."""
        async with self._counting:  # who asks meanwhile is given what is counted now
            now, today = self._parts.machine.monotonic(), self._parts.clock.now().astimezone(OFFICE_TIME).date()
            found = self._known.get(unit)
            if found is None or now - found[0] >= REMEMBERED or found[1].last != today:
                found = self._known[unit] = (now, await self._count(unit, today))
            return found[1]

    async def _count(self, unit: str, today: date) -> OnTime:
        definitions, first = load_definitions(), today.replace(day=1)
        codes = self._reference.codes_of(unit, today)
        asked = Asked(tuple(sorted(definitions.linear(["resolved"]))), units=codes)
        sums = Counter[str]()
        for counters in (await flows(self._parts.store, asked, first, today)).values():
            sums.update(counters)
        resolved, share = definitions.sum(["resolved"], sums), definitions.rate(SHARE, sums)
        if resolved < FEWEST or share is None:
            return OnTime(first, today, None, None)
        return OnTime(first, today, resolved, share)

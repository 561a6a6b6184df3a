"""The job that counts who answered petitions in time, day by day, and publishes it on metrics.v1 (decision 51)."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import partial

from contracts import Event
from contracts.facts import epoch_ms
from runtime.log import Wire
from runtime.parts import Parts
from runtime.recovery import Anchor
from services.reporting import petition_books
from services.reporting.domain.petition_books import Key, PetitionBook, cells_of
from services.reporting.domain.petitions import NONE, Place, Score
from services.reporting.petitions import scores
from services.reporting.publishing import SAID_AGAIN, Days, publish_standing
from services.speaking import encode, say


class PetitionCells:
    """Counts days anew from the petitions, never by adding to what stands there, and publishes them."""

    def __init__(self, parts: Parts, rebuild: Anchor[Event]) -> None:
        """`rebuild`: half a log gives figures that were never true; nothing is counted before it was read."""
        self._parts, self._rebuild = parts, rebuild
        self._counting = asyncio.Lock()

    async def flush(self) -> None:
        """Count and publish the days that are over and that petitions stirred, then take the marks off these. Raises
        Unavailable."""
        if not await self._rebuild.over():
            return
        store = self._parts.store
        async with self._counting:
            async for page in petition_books.stirred(store, epoch_ms(self._parts.clock.now())):
                counted = await self.count({key for one in page for key in one.days})
                await self._publish(counted)
                await petition_books.settle(store, page)

    async def count(self, keys: Collection[str]) -> dict[str, list[str]]:
        """Count days, by key, from all petitions, and save them in their books; returns them by book. Books of a newer release
        are left to it."""
        store = self._parts.store
        waiting: dict[str, list[str]] = {}
        for key in map(Key.parse, sorted(keys)):
            waiting.setdefault(key.book, []).append(key.day)
        counted: dict[str, list[str]] = {}
        while waiting:
            held = await petition_books.hold(store, waiting)  # before counting: a day that is counted meanwhile moves the book
            found = {day: await self._on(day) for day in sorted({day for own in waiting.values() for day in own})}
            now = epoch_ms(self._parts.clock.now())
            books = [
                (own, own.thing.counted({day: found[day].get(own.thing.place, NONE) for day in waiting[name]}, now))
                for name, own in held.items()
            ]
            lost = await petition_books.save(store, books)
            counted |= {name: waiting[name] for name in held if name not in lost}
            waiting = {name: days for name, days in waiting.items() if name in lost}
        return counted

    async def _on(self, day: str) -> Mapping[Place, Score]:
        only = date.fromisoformat(day)
        return await scores(self._parts.store, only, only, self._parts.clock.now())

    async def say_again(self) -> None:
        """Publish what was counted in the last two days once more, as it stands: a process that was stopped in mid-publishing
        may have said an older revision after a newer one, and a compacted topic keeps what was said last."""
        if self._rebuild.running:
            return
        since = epoch_ms(self._parts.clock.now() - SAID_AGAIN)
        await self._publish(await petition_books.recent(self._parts.store, since))

    async def _publish(self, days: Days) -> None:
        await publish_standing(self._parts, days, partial(petition_books.standing, self._parts.store), _wires)


def _wires(book: PetitionBook, days: Collection[str]) -> Iterator[Wire]:
    """Days of a book as records of metrics.v1."""
    for key, cell in cells_of(book, days):
        output = say(cell, key, cell.at)
        yield Wire(output.topic, output.key, encode(output))

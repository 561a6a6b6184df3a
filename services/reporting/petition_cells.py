"""The job that counts who answered petitions in time, day by day, and publishes it on metrics.v1 (decision 51)."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from contracts import Event
from contracts.facts import epoch_ms
from runtime.log import Wire
from runtime.parts import Parts
from runtime.recovery import Anchor
from services.reporting import petition_books
from services.reporting.domain.petition_books import Key, cells_of
from services.reporting.domain.petitions import NONE, Place, Score
from services.reporting.petitions import scores
from services.speaking import encode, say

SAID_AGAIN = timedelta(hours=48)
Days = Mapping[str, Collection[str]]  # book -> days


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
        """Publish until what was published is what stands: the last record of a key must be the newest."""
        waiting = {name: set(own) for name, own in days.items()}
        published: dict[str, int] = {}
        while waiting:
            books = await petition_books.standing(self._parts.store, waiting)
            cells = [cell for name, book in sorted(books.items()) for cell in cells_of(book, waiting[name])]
            moved = [(key, cell) for key, cell in cells if published.get(key) != cell.revision]
            if not moved:
                return
            outputs = [say(cell, key, cell.at) for key, cell in moved]
            await self._parts.topics.publish([Wire(one.topic, one.key, encode(one)) for one in outputs])
            published |= {key: cell.revision for key, cell in moved}
            self._parts.crash.passed("after-publish")

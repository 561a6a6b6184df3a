"""Loops that no message starts: dossiers whose due moment passed, and cells that have to be counted again and published."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime

from contracts import Event
from contracts.facts import epoch_ms
from reference import moment
from runtime.intents import Intents
from runtime.log import Wire
from runtime.parts import Parts
from runtime.recovery import Anchor
from services.changes import Changed
from services.reporting import store
from services.reporting.checks import SHOWN, between_roles, differences, suspects
from services.reporting.domain import Book, Emptied, book_of, cell_of, day_in, flipped, recounted, shelf_of, shelved
from services.reporting.publishing import SAID_AGAIN, Days, publish_standing
from services.reporting.store import ROW, Marked
from services.speaking import encode, say

LONG_SECONDS, REST_SECONDS = 2.0, 60.0  # a flush after which the job rests, and how long at most
NOTHING = Emptied(0)


class Cells:
    """Counts dirty cells again from the rows, never by adding to what stands there, and publishes them."""

    def __init__(
        self, parts: Parts, intents: Intents, rebuild: Anchor[Event], then: Callable[[date | None], Awaitable[None]]
    ) -> None:
        """`then` is awaited with the first business day whose figures changed, and once with None after the start.

        Once in any case, because a process may have died before it.
        """
        self._parts, self._intents, self._rebuild, self._then = parts, intents, rebuild, then
        self._first_changed: date | None = None
        self._told_after_start = False
        self._counting = asyncio.Lock()
        self.counted_at: datetime | None = None  # clock reading of the last complete flush
        self.unreconciled: list[str] = []
        self.reconciled_at: datetime | None = None

    async def flip(self) -> None:
        """Count dossiers again whose due moment has passed since they were counted."""
        now = epoch_ms(self._parts.clock.now())

        async for due in store.flipping(self._parts.store, now):
            await ROW.change(self._intents, due, lambda row: Changed(flipped(row, now)), self._parts.clock)

    async def keep_counting(self) -> None:
        """What the job does: a flush, and after a long one a rest as long as it took. While many dossiers come in that count in
        the same cells, each flush reads all of these: half of the time is left for what comes in."""
        machine = self._parts.machine
        started = machine.monotonic()
        await self.flush()
        took = machine.monotonic() - started
        if took > LONG_SECONDS:
            await machine.sleep(min(took, REST_SECONDS))

    async def flush(self) -> None:
        """Count and publish all touched cells, then clear the marks on the rows that touched them.

        Silent while the rows are rebuilt from the log: half a log gives figures that were never true.
        """
        if not await self._rebuild.over():
            return
        async with self._counting:
            await self._flush()

    async def _flush(self) -> None:
        started = self._parts.clock.now()
        await self.flip()
        frozen_until = await store.frozen_until(self._parts.store)
        async for rows in store.dirty_rows(self._parts.store):
            counted, covered = await self.count(rows)
            await self._publish(counted)
            await store.clear(self._parts.store, covered, frozen_until)
            days = [date.fromisoformat(day) for own in counted.values() for day in own]
            self._first_changed = min([*days, *([self._first_changed] if self._first_changed else [])], default=None)
        if self._first_changed is not None or not self._told_after_start:
            await self._then(self._first_changed if self._told_after_start else None)
            self._first_changed, self._told_after_start = None, True
        self.counted_at = started
        self._parts.telemetry.set("flushed_seconds", started.timestamp())

    async def reconcile(self) -> None:
        """Count everything a second way, from the rows alone; what differs is kept for the page and the gauge.

        All rows are read while figures go on being counted, and only the places that seem to differ are looked at while they
        are not, so that no figure is late for it.
        """
        if self._rebuild.running:
            return
        documents = self._parts.store
        places = await suspects(documents)
        async with self._counting:
            found = await differences(documents, places, self._parts.clock.now().date()) if places else []
            if not await store.count_dirty(documents):
                found += await between_roles(documents)
        self.unreconciled, self.reconciled_at = found, self._parts.clock.now()
        self._parts.telemetry.set("figures_unreconciled", len(found))
        for line in found[:SHOWN]:
            self._parts.log.error("figures differ from their dossiers", place=line)

    async def say_again(self) -> None:
        """Publish the cells of the last two days once more, as they stand now.

        A process that was stopped in mid-publishing may have said an older revision after a newer one, and a compacted topic
        keeps what was said last.
        """
        if self._rebuild.running:
            return
        await store.date_books(self._parts.store)
        since = epoch_ms(self._parts.clock.now() - SAID_AGAIN)
        await self._publish(await store.recent_days(self._parts.store, since))

    async def age(self) -> int | None:
        """For how many seconds no figure was counted; None: none was since this process started."""
        return None if self.counted_at is None else round((self._parts.clock.now() - self.counted_at).total_seconds())

    async def measure(self) -> None:
        """Set the gauges: rows that are not in the published figures yet, whether the rows are being rebuilt.

        Rows are not counted while they are rebuilt: all of them are dirty, and counting would cost what reading needs.
        """
        self._parts.telemetry.set("rebuilding", int(self._rebuild.running))
        if self._rebuild.running:
            return
        self._parts.telemetry.set("dirty_rows", await store.count_dirty(self._parts.store))
        since, now = await store.dirty_since(self._parts.store), epoch_ms(self._parts.clock.now())
        self._parts.telemetry.set("dirty_oldest_seconds", 0 if since is None else max(0, now - since) / 1000)

    async def count(self, rows: Sequence[Marked]) -> tuple[dict[str, list[str]], list[Marked]]:
        """Count the cells that rows touched, from all rows, and save them in their books; returns the days counted, by book.

        And the rows that are in the figures now with all they touched, those that were given and others: a cell with many dirty
        dossiers is counted once for all of them. Cells in which a newer release has a part are left to it.
        """
        documents = self._parts.store
        waiting: dict[str, list[str]] = {}
        for key in sorted({key for row in rows for key in row.touched}):
            waiting.setdefault(book_of(key), []).append(key)
        touched = waiting
        covered, foreign = {row.code: row for row in rows}, set[str]()
        while waiting:
            # Books are read before counting: a day counted meanwhile moves the revision.
            known = await store.hold_books(documents, waiting)
            keys = [key for own in waiting.values() for key in own]
            sums = await store.cell_sums(documents, keys)
            if len(covered) == len(rows):
                covered = {row.code: row for row in sums.covered} | covered
            foreign |= {*sums.foreign, *(key for book in waiting.keys() - known.keys() for key in waiting[book])}
            waiting = {book: own for book in waiting if (own := [key for key in waiting[book] if key not in foreign])}
            emptied = await store.heard(documents, [*covered.values()], {*keys} - sums.cells.keys() - foreign)
            found = {key: Emptied(at) for key, at in emptied.items()} | dict(sums.cells)
            now = epoch_ms(self._parts.clock.now())
            books = [
                (known[book], recounted(known[book].thing, {day_in(key): found.get(key, NOTHING) for key in own}, now))
                for book, own in waiting.items()
            ]
            lost = await store.save_books(documents, books)
            waiting = {book: own for book, own in waiting.items() if book in lost}
        ours = {book: [day_in(key) for key in own if key not in foreign] for book, own in touched.items()}
        counted = {book: days for book, days in ours.items() if days}
        await self._shelve(counted)
        return counted, [row for row in covered.values() if foreign.isdisjoint(row.touched)]

    async def _shelve(self, books: Collection[str]) -> None:
        """Put the sums of books on their shelves: those that stand once the shelf was read, so that the newest of them wins."""
        waiting = {shelf_of(book) for book in books}
        while waiting:
            known = await store.hold_shelves(self._parts.store, waiting)
            own: dict[str, list[Book]] = {shelf: [] for shelf in waiting}
            for book in await store.books(self._parts.store, [book for book in books if shelf_of(book) in waiting]):
                own[shelf_of(book.key)].append(book)
            shelves = [(known[shelf], shelved(known[shelf].thing, own[shelf])) for shelf in sorted(known)]
            waiting = await store.save_shelves(self._parts.store, shelves)

    async def _publish(self, days: Days) -> None:
        await publish_standing(self._parts, days, self._standing, _wires)

    async def _standing(self, names: Collection[str]) -> dict[str, Book]:
        return {book.key: book for book in await store.books(self._parts.store, names)}


def _wires(book: Book, days: Collection[str]) -> Iterator[Wire]:
    """Days of a book as records of metrics.v1."""
    for day in days:
        as_of = moment(book.days[day].as_of).astimezone(UTC)
        output = say(cell_of(book, day, as_of), book.cell(day), as_of)
        yield Wire(output.topic, output.key, encode(output))

"""How books and shelves are kept, and what is asked of them: figures per role, unit and procedure, by day and by month.

They are read by the thousand, so only what is summed becomes an object.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.definitions import Flows
from contracts.metrics import Role
from runtime.store import Document, Documents, Range
from services.reporting.domain import Book, Day, Shelf
from services.reporting.store.names import BOOKS, SHELVES, Where
from services.reporting.store.reading import Held, every, hold, is_newer, pages
from services.stored import Codec


def load_book(document: Document) -> Book:
    """The book of a document; one that was never saved is empty."""
    role, unit, procedure, month = document["_id"].split("/")
    days = {day: Day(kept["as_of"], kept["revision"], kept["counters"]) for day, kept in document.get("days", {}).items()}
    return Book(role, unit, procedure, month, days, document.get("sums", {}))


def dump_book(book: Book) -> dict[str, Any]:
    """A book as its document keeps it: with its place, by which it is found and its sums are grouped."""
    days = {
        day: {"as_of": as_of, "revision": revision, "counters": counters}
        for day, (as_of, revision, counters) in book.days.items()
    }
    place = {"role": book.role, "unit": book.unit, "procedure": book.procedure}
    newest = max((day.as_of for day in book.days.values()), default=0)
    return {**place, "month": book.month, "days": days, "sums": book.sums, "recency": -newest}  # so that the newest comes first


def load_shelf(document: Document) -> Shelf:
    """The shelf of a document; one that was never saved is empty."""
    role, unit, procedure, year = document["_id"].split("/")
    return Shelf(role, unit, procedure, year, document.get("months", {}), document.get("sums", {}))


def dump_shelf(shelf: Shelf) -> dict[str, Any]:
    """A shelf as its document keeps it, with its place."""
    place = {"role": shelf.role, "unit": shelf.unit, "procedure": shelf.procedure}
    return {**place, "year": shelf.year, "months": shelf.months, "sums": shelf.sums}


BOOK = Codec.whole(load_book, dump_book, ("role", "unit", "procedure", "month", "days", "sums", "recency"))


SHELF = Codec.whole(load_shelf, dump_shelf, ("role", "unit", "procedure", "year", "months", "sums"))


async def hold_books(store: Documents, keys: Collection[str]) -> dict[str, Held[Book]]:
    """These books, those that are not there yet as empty ones; without those of a newer release."""
    return await hold(store, BOOKS, BOOK, keys)


async def books(store: Documents, keys: Collection[str]) -> list[Book]:
    """Those of these books that are there."""
    return BOOK.read_all((await store.get_many(BOOKS, keys)).values())


async def save_books(store: Documents, books: Iterable[tuple[Held[Book], Book]]) -> set[str]:
    """Save books over what was read; returns those that had moved."""
    return await store.save_many(BOOKS, [BOOK.written(after, held.document) for held, after in books])


async def hold_shelves(store: Documents, keys: Collection[str]) -> dict[str, Held[Shelf]]:
    """These shelves, those that are not there yet as empty ones; without those of a newer release."""
    return await hold(store, SHELVES, SHELF, keys)


async def save_shelves(store: Documents, shelves: Iterable[tuple[Held[Shelf], Shelf]]) -> set[str]:
    """Save shelves over what was read; returns those that had moved."""
    return await store.save_many(SHELVES, [SHELF.written(after, held.document) for held, after in shelves])


@dataclass(frozen=True, slots=True)
class Leaf:
    """The counters of a book by day (ISO)."""

    role: Role
    unit: str
    procedure: str
    month: str
    days: Mapping[str, Flows]


async def leaves(store: Documents, where: Where) -> AsyncIterator[Leaf]:
    """All books that match."""
    async for book in every(store, BOOKS, where):
        if is_newer(BOOK, book):
            continue
        days = {day: entry["counters"] for day, entry in book["days"].items()}
        yield Leaf(book["role"], book["unit"], book["procedure"], book["month"], days)


async def sums_by(
    store: Documents, collection: str, where: Where, group: Sequence[str], names: Sequence[str]
) -> list[tuple[tuple[str, ...], Counter[str]]]:
    """Sums of some counters over books or shelves that match, by group."""
    found = await store.count_by(collection, where, group=group, sums=[f"sums.{name}" for name in names])
    return [(row.group, Counter(dict(zip(names, row.sums, strict=True)))) for row in found]


async def units_of_books(store: Documents) -> list[str]:
    """Every unit that ever had a figure."""
    return [str(row.group[0]) for row in await store.count_by(BOOKS, {}, group=("unit",))]


async def newest_of(store: Documents, unit: str | None = None) -> int | None:
    """When the newest of what any figure, or any of a competent unit, follows from was recorded (ms); None: nothing was."""
    where: Where = {"recency": Range(high=-1)}
    found = await store.find(
        BOOKS, where if unit is None else where | {"role": "competent", "unit": unit}, order="recency", limit=1
    )
    return -found[0]["recency"] if found else None


async def newest_by_unit(store: Documents, units: Iterable[str]) -> dict[str, int]:
    """The same for each of these units of which anything was heard."""
    found = {unit: await newest_of(store, unit) for unit in units}
    return {unit: newest for unit, newest in found.items() if newest is not None}


async def date_books(store: Documents) -> None:
    """Give books that a release wrote which kept no recency theirs; one that is saved meanwhile gets it then."""
    async for page in pages(store, BOOKS, {}):
        undated = [(document, book) for document, book in BOOK.readable(page) if "recency" not in document and book.days]
        await store.save_many(BOOKS, [BOOK.written(book, document) for document, book in undated])


async def recent_days(store: Documents, since: int) -> dict[str, list[str]]:
    """The days counted since a moment (ms), by book."""
    found = {}
    async for book in every(store, BOOKS, {}):
        if not is_newer(BOOK, book) and (days := [day for day, entry in book["days"].items() if entry["revision"] >= since]):
            found[book["_id"]] = days
    return found

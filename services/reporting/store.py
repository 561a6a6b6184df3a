"""reporting's documents: a row per dossier; books and shelves per role, unit, procedure and report month or year; periods."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from runtime.store import Document, Documents, In, Index, Range
from services.reporting.domain import Add, flows_of_days, month_of, span
from services.reporting.domain.books import cell_key
from services.reporting.domain.cells import day_in

ROWS, BOOKS, SHELVES, PERIODS = "rows", "books", "shelves", "periods"
MADE_FROM_LOG = (ROWS, BOOKS, SHELVES)  # the rest has to be restored from backup
PAGE = 2000
KEYS_AT_ONCE = 200
LAST_DAY = date(9998, 12, 31)
By: TypeAlias = tuple[str, str]  # unit, procedure
ByPlace: TypeAlias = dict[By, Counter[str]]
Where: TypeAlias = dict[str, str | Range | In]


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(ROWS, [Index("cells", many=True), Index("doubts", many=True), Index("dirty"), Index("flip_at")])
    await store.declare(BOOKS, [Index("month"), Index("unit")])
    await store.declare(SHELVES, [Index("year"), Index("unit")])
    await store.declare(PERIODS, [Index("last")])


@dataclass(frozen=True, slots=True)
class Asked:
    """What to sum: the counters by name, of some competent units (None: of all)."""

    counters: tuple[str, ...]
    units: Collection[str] | None = None

    def where(self) -> Where:
        """As a question to the books."""
        where: Where = {"role": "competent"}
        if self.units is not None:
            where["unit"] = In(tuple(self.units))
        return where


async def flows(store: Documents, asked: Asked, first: date | None, last: date) -> ByPlace:
    """Sums from `first` (None: the beginning) to `last`, both included, by (unit, procedure)."""
    covered, found = span(first, last), ByPlace()
    whole: list[tuple[str, Where]] = [(BOOKS, {"month": Range(*months)}) for months in covered.months]
    if covered.years is not None:
        whole.append((SHELVES, {"year": Range(*covered.years)}))
    for collection, stretch in whole:
        sums = [f"sums.{name}" for name in asked.counters]
        for row in await store.count_by(collection, asked.where() | stretch, group=("unit", "procedure"), sums=sums):
            unit, procedure = row.group
            found.setdefault((unit, procedure), Counter()).update(dict(zip(asked.counters, row.sums, strict=True)))
    for month, begin, end in covered.edges:
        async for book in books(store, asked.where() | {"month": month}):
            own = flows_of_days(book, begin, end, asked.counters)
            found.setdefault((book["unit"], book["procedure"]), Counter()).update(own)
    return found


async def flows_by_day(store: Documents, asked: Asked, first: date, last: date) -> dict[date, Counter[str]]:
    """Sums of each day of a period, quiet days included."""
    days = {first + timedelta(days=n): Counter[str]() for n in range((last - first).days + 1)}
    async for book in books(store, asked.where() | _months(first, last)):
        for text in book["days"]:
            day = date.fromisoformat(text)
            if day in days:
                days[day].update(flows_of_days(book, day, day, asked.counters))
    return days


def books(store: Documents, where: Mapping[str, str | Range | In]) -> AsyncIterator[Document]:
    """All books that match."""
    return every(store, BOOKS, where)


def rows(store: Documents, where: Mapping[str, str | int | Range | In]) -> AsyncIterator[Document]:
    """All rows that match."""
    return every(store, ROWS, where)


async def every(store: Documents, collection: str, where: Mapping[str, str | int | Range | In]) -> AsyncIterator[Document]:
    """All documents that match, page by page, by their ids."""
    behind = None
    while page := await store.find(collection, where, limit=PAGE, after=behind):
        behind = (page[-1]["_id"], page[-1]["_id"])
        for document in page:
            yield document


async def cell_sums(store: Documents, keys: Iterable[str]) -> tuple[dict[str, Add], list[Document]]:
    """Cells counted from the rows, by key, those in which any dossier counts; and the rows met whose marks these alone are."""
    wanted, sums, covered = set(keys), dict[str, Add](), list[Document]()
    async for row in rows(store, {"cells": In(tuple(wanted))}):
        if "dirty" in row and wanted.issuperset(row["touched"]):
            covered.append(row)
        for key in wanted.intersection(row["cells"]):
            add = row["adds"][day_in(key)]
            into = sums.setdefault(key, Add(0))
            into.as_of = max(into.as_of, add["as_of"])
            into.counters.update(add["counters"])
    return sums, covered


async def rows_of_units(
    store: Documents, units: Sequence[str], first: date | None, last: date, *, roles: Sequence[str] = ("competent",)
) -> AsyncIterator[Document]:
    """The dossiers that count in any cell of these units from `first` (None: the beginning) to `last`, each once."""
    low, high = first.isoformat() if first else "", last.isoformat()
    where = _months(first, last) | {"role": In(tuple(roles)), "unit": In(tuple(units))}
    keys = [cell_key(book, day) async for book in books(store, where) for day in book["days"] if low <= day <= high]
    async for row in rows_of_cells(store, keys):
        yield row


async def rows_of_cells(store: Documents, keys: Sequence[str]) -> AsyncIterator[Document]:
    """The dossiers that count in any of these cells, each once."""
    seen: set[str] = set()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        async for row in rows(store, {"cells": In(tuple(keys[start : start + KEYS_AT_ONCE]))}):
            if row["_id"] not in seen:
                seen.add(row["_id"])
                yield row


def _months(first: date | None, last: date) -> Where:
    """All books in which a period has days."""
    return {"month": Range(month_of(first) if first else None, month_of(min(last, LAST_DAY)))}

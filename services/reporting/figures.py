"""Figures asked of the books and shelves, and the dossiers behind them."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from contracts.definitions import Flows
from runtime.store import Documents, In, Range
from services.reporting.domain import month_of, span
from services.reporting.store import BOOKS, SHELVES, Share, Where, leaves, shares_of_cells, sums_by

KEYS_AT_ONCE = 200
LAST_DAY = date(9998, 12, 31)
ByPlace: TypeAlias = dict[tuple[str, str], Counter[str]]  # (unit, procedure)


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
        sums = await sums_by(store, collection, asked.where() | stretch, ("unit", "procedure"), asked.counters)
        for (unit, procedure), own in sums:
            found.setdefault((unit, procedure), Counter()).update(own)
    for month, begin, end in covered.edges:
        low, high, wanted = begin.isoformat(), end.isoformat(), set(asked.counters)
        async for leaf in leaves(store, asked.where() | {"month": month}):
            into = found.setdefault((leaf.unit, leaf.procedure), Counter())
            for day, counters in leaf.days.items():
                if low <= day <= high:
                    _add(into, counters, wanted)
    return found


async def flows_by_day(store: Documents, asked: Asked, first: date, last: date) -> dict[date, Counter[str]]:
    """Sums of each day of a period, quiet days included."""
    days = {first + timedelta(days=n): Counter[str]() for n in range((last - first).days + 1)}
    wanted = set(asked.counters)
    async for leaf in leaves(store, asked.where() | _months(first, last)):
        for text, counters in leaf.days.items():
            day = date.fromisoformat(text)
            if day in days:
                _add(days[day], counters, wanted)
    return days


def _add(into: Counter[str], counters: Flows, wanted: Collection[str]) -> None:
    for name, number in counters.items():
        if name in wanted:
            into[name] = into.get(name, 0) + number


async def shares_of_units(
    store: Documents, units: Sequence[str], first: date | None, last: date, *, roles: Sequence[str] = ("competent",)
) -> AsyncIterator[Share]:
    """The dossiers that count in any cell of these units from `first` (None: the beginning) to `last`, each once."""
    low, high = first.isoformat() if first else "", last.isoformat()
    where = _months(first, last) | {"role": In(tuple(roles)), "unit": In(tuple(units))}
    keys = [
        f"{leaf.role}/{leaf.unit}/{leaf.procedure}/{day}"
        async for leaf in leaves(store, where)
        for day in leaf.days
        if low <= day <= high
    ]
    async for share in each_once(store, keys):
        yield share


async def each_once(store: Documents, keys: Sequence[str]) -> AsyncIterator[Share]:
    """The dossiers that count in any of these cells, each once: with the first of these cells that it counts in. Cells are few
    and dossiers are not, so that the cells are remembered."""
    done: set[str] = set()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        page = keys[start : start + KEYS_AT_ONCE]
        async for share in shares_of_cells(store, page):
            if done.isdisjoint(share.counted.cells):
                yield share
        done.update(page)


def _months(first: date | None, last: date) -> Where:
    """All books in which a period has days."""
    return {"month": Range(month_of(first) if first else None, month_of(min(last, LAST_DAY)))}

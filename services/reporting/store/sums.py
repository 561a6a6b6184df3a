"""Cells counted from the rows, which are read by the thousand: only what is summed becomes an object."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from runtime.store import Documents, In
from services.reporting.domain import Add, Counted
from services.reporting.domain.cells import day_in
from services.reporting.store.marks import Marked, marked
from services.reporting.store.names import HELD, ROWS, Where
from services.reporting.store.reading import every, is_newer
from services.reporting.store.rows import ROW, counted_of


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells counted from the rows, by key; rows whose marks these alone are; cells that a newer release has to count, because
    it alone can read a dossier in them."""

    cells: Mapping[str, Add]
    covered: Sequence[Marked]
    foreign: Collection[str]


async def cell_sums(store: Documents, keys: Collection[str]) -> Sums:
    """Cells counted from the rows, by key, those in which any dossier counts; and the first `HELD` of the rows met whose marks
    these alone are. A cell may have any number of rows: they are read page by page."""
    wanted, covered, foreign = set(keys), list[Marked](), set[str]()
    as_of, counters = dict[str, int](), dict[str, dict[str, int]]()
    async for row in every(store, ROWS, {"cells": In(tuple(wanted))}):
        if is_newer(ROW, row):
            foreign.update(wanted.intersection(row["cells"]))
            continue
        if "dirty" in row and len(covered) < HELD and wanted.issuperset(row["touched"]):
            covered.append(marked(row))
        for key in wanted.intersection(row["cells"]):
            add = row["adds"][day_in(key)]
            as_of[key] = max(as_of.get(key, 0), add["as_of"])
            into = counters.setdefault(key, {})
            for name, number in add["counters"].items():
                into[name] = into.get(name, 0) + number
    return Sums({key: Add(as_of[key], own) for key, own in counters.items() if key not in foreign}, covered, foreign)


@dataclass(frozen=True, slots=True)
class Share:
    """What one dossier counts as."""

    code: str
    counted: Counted


async def shares(store: Documents, where: Where) -> AsyncIterator[Share]:
    """All rows that match, as far as they were counted."""
    async for row in every(store, ROWS, where):
        if "adds" in row and not is_newer(ROW, row):
            yield Share(row["_id"], counted_of(row))


def shares_of_cells(store: Documents, keys: Iterable[str]) -> AsyncIterator[Share]:
    """All rows that count in any of these cells."""
    return shares(store, {"cells": In(tuple(keys))})

"""reporting's documents: one row per dossier, one cell per key, one record per frozen period."""

from collections.abc import AsyncIterator, Iterable
from datetime import date

from contracts.metrics import Counters
from runtime.documents import Document, Documents, In, Index, Range
from services.reporting.domain import Flows

ROWS = "rows"
CELLS = "cells"
PERIODS = "periods"
KEYS_AT_ONCE = 200
COUNTERS = tuple(Counters.model_fields)


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(ROWS, [Index("cells", many=True), Index("dirty"), Index("flip_at")])
    await store.declare(CELLS, [Index("day")])
    await store.declare(PERIODS, [Index("last")])


async def flows(
    store: Documents, role: str, fields: dict[str, str], *, first: date | None, last: date, units: Iterable[str] | None
) -> dict[tuple[str, str], Flows]:
    """Sums of all counters from `first` (None: the beginning) to `last`, by (unit, field)."""
    where: dict[str, str | Range | In] = {
        "role": role,
        "day": Range(first.isoformat() if first else None, last.isoformat()),
    }
    if units is not None:
        where["unit"] = In(tuple(units))
    rows = await store.count_by(CELLS, where, group=("unit", "procedure"), sums=[f"counters.{name}" for name in COUNTERS])
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        unit, procedure = row.group
        sums = found.setdefault((unit, fields.get(procedure, procedure)), dict.fromkeys(COUNTERS, 0))
        for name, value in zip(COUNTERS, row.sums, strict=True):
            sums[name] += value
    return dict(found)


async def rows_of_cells(store: Documents, unit: str, first: date | None, last: date) -> AsyncIterator[Document]:
    """The dossiers that count in any cell of a competent unit from `first` (None: the beginning) to `last`, each once."""
    seen: set[str] = set()
    days = Range(first.isoformat() if first else None, last.isoformat())
    where: dict[str, str | Range] = {"role": "competent", "unit": unit, "day": days}
    after: tuple[str, str] | None = None
    while cells := await store.find(CELLS, where, order="day", limit=KEYS_AT_ONCE, after=after):
        after = (cells[-1]["day"], cells[-1]["_id"])
        keys, behind = In(tuple(cell["_id"] for cell in cells)), None
        while rows := await store.find(ROWS, {"cells": keys}, limit=1000, after=behind):
            behind = (rows[-1]["_id"], rows[-1]["_id"])
            for row in rows:
                if row["_id"] not in seen:
                    seen.add(row["_id"])
                    yield row

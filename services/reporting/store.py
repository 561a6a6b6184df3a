"""reporting's documents: one row per dossier, one cell per key."""

from collections.abc import Iterable
from datetime import date

from runtime.documents import Documents, In, Index, Range
from services.reporting.domain import Flows
from services.reporting.domain.sheet import RECEIVED, RESOLVED

ROWS = "rows"
CELLS = "cells"
COUNTERS = (*RECEIVED, *RESOLVED, "overdue_opened", "overdue_closed")


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(ROWS, [Index("cells", many=True), Index("dirty"), Index("flip_at")])
    await store.declare(CELLS, [Index("day")])


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

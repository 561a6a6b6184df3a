"""Rows whose changes are not in the published figures yet, and those that moved a frozen period."""

from collections.abc import AsyncIterator, Collection, Sequence
from sys import intern
from typing import Any, NamedTuple

from runtime.store import Document, Documents, Range
from services.reporting.domain.cells import day_in
from services.reporting.store.finding import documents_named
from services.reporting.store.names import MARKS, PAGE, ROWS
from services.reporting.store.reading import every, is_newer, pages
from services.reporting.store.rows import ROW, load


class Marked(NamedTuple):
    """A row whose changes are not in the published figures yet, as it was when that was seen, and the cells that it touched.
    Not its document: of these a hundred thousand are held."""

    code: str
    revision: int
    touched: tuple[str, ...]


async def dirty_rows(store: Documents) -> AsyncIterator[list[Marked]]:
    """All of them, a page at a time, each that is still dirty when its page is read."""
    async for page in pages(store, ROWS, {"dirty": 1}):
        yield [marked(row) for row in page if not is_newer(ROW, row)]


def marked(row: Document) -> Marked:
    return Marked(row["_id"], row["rev"], tuple(map(intern, row["touched"])))


async def heard(store: Documents, rows: Sequence[Marked], keys: Collection[str]) -> dict[str, int]:
    """When the newest of what is known of the rows that touched each of these cells was recorded (ms)."""
    found: dict[str, int] = {}
    touched = {row.code: own for row in rows if (own := [key for key in row.touched if key in keys])}
    async for code, document in documents_named(store, list(touched)):
        recorded = load(document).known.recorded
        found |= {key: max(recorded, found.get(key, 0)) for key in touched[code]}
    return found


async def clear(store: Documents, rows: Sequence[Marked], frozen_until: str = "") -> None:
    """Clear the marks of rows that did not change meanwhile; a row that did stays dirty and is counted again.

    Cells up to `frozen_until` (ISO) stay noted as moved, until the frozen periods are stated anew and name their causes.
    """
    for start in range(0, len(rows), PAGE):
        revisions = {row.code: row.revision for row in rows[start : start + PAGE]}
        clean = [
            {key: value for key, value in document.items() if key not in MARKS} | _moved(document, frozen_until)
            async for code, document in documents_named(store, list(revisions))
            if document["rev"] == revisions[code]
        ]
        await store.save_many(ROWS, clean)


def _moved(row: Document, frozen_until: str) -> dict[str, Any]:
    moved = [key for key in row["touched"] if day_in(key) <= frozen_until]
    return {"moved": sorted({*row.get("moved", ()), *moved}), "moving": 1} if moved else {}


class Moved(NamedTuple):
    """A dossier, and the cells of frozen periods in which it counts otherwise than when they were stated last."""

    code: str
    cells: tuple[str, ...]


async def moved_rows(store: Documents) -> AsyncIterator[Moved]:
    """All of them, by their codes."""
    async for row in every(store, ROWS, {"moving": 1}):
        if not is_newer(ROW, row):
            yield Moved(row["_id"], tuple(row["moved"]))


async def forget_moved(store: Documents) -> None:
    """After all frozen periods were stated anew. A row that changed meanwhile keeps its note, and is named once too often."""
    async for page in pages(store, ROWS, {"moving": 1}):
        rows = [{key: value for key, value in row.items() if key not in ("moved", "moving")} for row in page]
        await store.save_many(ROWS, rows)


async def flipping(store: Documents, now: int) -> AsyncIterator[list[str]]:
    """The rows whose due moment has passed since they were counted, a page at a time. `now` in ms."""
    async for page in pages(store, ROWS, {"flip_at": Range(high=now)}, order="flip_at"):
        if due := [document["_id"] for document in page if not is_newer(ROW, document)]:
            yield due


async def count_dirty(store: Documents) -> int:
    """How many rows are not in the published figures yet."""
    left = await store.count_by(ROWS, {"dirty": 1})
    return left[0].count if left else 0


async def dirty_since(store: Documents) -> int | None:
    """Since when the one waits that has waited longest (ms); None: none does."""
    oldest = await store.find(ROWS, {"dirty": 1, "dirty_at": Range(low=1)}, order="dirty_at", limit=1)
    return oldest[0]["dirty_at"] if oldest else None


async def touched_cells(store: Documents) -> set[str]:
    """All cells that are not in the published figures yet."""
    return {key async for row in every(store, ROWS, {"dirty": 1}) for key in row["touched"]}

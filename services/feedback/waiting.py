"""Documents that wait for others of their cell: `day` while they do, and the cell that they are counted with."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

from runtime.store import Document, Documents, Range
from services.feedback.domain.responses import FEWEST

DAY, CELL = "day", "cell"
PAGE = 500


async def due_cells(store: Documents, collection: str, today: date) -> list[str]:
    """The cells in which something may be due: with enough from before today, or of a month that is over."""
    past = Range(high=(today - timedelta(days=1)).isoformat())
    rows = await store.count_by(collection, {DAY: past}, group=(CELL,))
    counted = ((str(row.group[0]), row.count) for row in rows)
    return [cell for cell, count in counted if count >= FEWEST or not cell.endswith(f"{today:%Y-%m}")]


async def pages_of(store: Documents, collection: str, cell: str) -> AsyncIterator[list[Document]]:
    """What waits in a cell, page by page, by ids."""
    behind = None
    while page := await store.find(collection, {CELL: cell}, order="_id", limit=PAGE, after=behind):
        behind = (page[-1]["_id"], page[-1]["_id"])
        yield page

"""reporting's documents: a row per dossier; books and shelves per role, unit, procedure and report month or year; periods. Only
these rooms know how they are kept."""

from runtime.store import Documents, Index
from services.reporting.store.finding import count_in_doubt, in_doubt, rows_named
from services.reporting.store.frozen import (
    PERIOD,
    causes_of,
    freeze_period,
    frozen_until,
    note_causes,
    period_of,
    periods,
    restate_period,
)
from services.reporting.store.marks import (
    Marked,
    Moved,
    clear,
    count_dirty,
    dirty_rows,
    dirty_since,
    flipping,
    forget_moved,
    heard,
    moved_rows,
    touched_cells,
)
from services.reporting.store.names import (
    BOOKS,
    CAUSES,
    EARLIER,
    LAST,
    MADE_FROM_LOG,
    OF_PETITIONS,
    PAGE,
    PERIODS,
    PETITION_BOOKS,
    RECENCY,
    ROWS,
    SHELVES,
    STIRRED,
    STIRRED_AT,
    Where,
)
from services.reporting.store.reading import Held, every, hold
from services.reporting.store.rows import ROW, load
from services.reporting.store.shelves import (
    BOOK,
    SHELF,
    Leaf,
    books,
    date_books,
    hold_books,
    hold_shelves,
    leaves,
    load_shelf,
    newest_by_unit,
    newest_of,
    recent_days,
    save_books,
    save_shelves,
    sums_by,
    units_of_books,
)
from services.reporting.store.sums import Share, Sums, cell_sums, shares, shares_of_cells

__all__ = [
    "BOOK",
    "BOOKS",
    "CAUSES",
    "EARLIER",
    "LAST",
    "MADE_FROM_LOG",
    "OF_PETITIONS",
    "PAGE",
    "PERIOD",
    "PERIODS",
    "PETITION_BOOKS",
    "RECENCY",
    "ROW",
    "ROWS",
    "SHELF",
    "SHELVES",
    "STIRRED",
    "STIRRED_AT",
    "Held",
    "Leaf",
    "Marked",
    "Moved",
    "Share",
    "Sums",
    "Where",
    "books",
    "causes_of",
    "cell_sums",
    "clear",
    "count_dirty",
    "count_in_doubt",
    "date_books",
    "declare",
    "dirty_rows",
    "dirty_since",
    "every",
    "flipping",
    "forget_moved",
    "freeze_period",
    "frozen_until",
    "heard",
    "hold",
    "hold_books",
    "hold_shelves",
    "in_doubt",
    "leaves",
    "load",
    "load_shelf",
    "moved_rows",
    "newest_by_unit",
    "newest_of",
    "note_causes",
    "period_of",
    "periods",
    "recent_days",
    "restate_period",
    "rows_named",
    "save_books",
    "save_shelves",
    "shares",
    "shares_of_cells",
    "sums_by",
    "touched_cells",
    "units_of_books",
]


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(
        ROWS,
        [
            Index("cells", many=True),
            Index("doubts", many=True),
            Index("dirty"),
            Index("dirty_at"),
            Index("moving"),
            Index("flip_at"),
            *OF_PETITIONS,
        ],
    )
    await store.declare(BOOKS, [Index("month"), Index("unit"), Index("recency")])
    await store.declare(SHELVES, [Index("year"), Index("unit")])
    await store.declare(PETITION_BOOKS, [Index("month"), Index("counted")])
    await store.declare(PERIODS, [Index("last")])
    await store.declare(CAUSES, [Index("restatement")])

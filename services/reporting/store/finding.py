"""Looking for rows."""

from collections.abc import AsyncIterator, Sequence

from runtime.store import Document, Documents
from services.reporting.domain import Row
from services.reporting.store.names import PAGE, ROWS
from services.reporting.store.reading import is_newer
from services.reporting.store.rows import ROW


async def rows_named(store: Documents, codes: Sequence[str]) -> AsyncIterator[Row]:
    """The rows of these dossiers that this release can read."""
    async for _, document in documents_named(store, codes):
        if not is_newer(ROW, document):
            yield ROW.read(document)


async def documents_named(store: Documents, codes: Sequence[str]) -> AsyncIterator[tuple[str, Document]]:
    """The rows of these dossiers, page by page."""
    for start in range(0, len(codes), PAGE):
        for code, document in (await store.get_many(ROWS, codes[start : start + PAGE])).items():
            yield code, document


async def in_doubt(store: Documents, kind: str, limit: int) -> list[str]:
    """The first dossiers of a kind of doubt, by their codes."""
    return [row["_id"] for row in await store.find(ROWS, {"doubts": kind}, limit=limit)]


async def count_in_doubt(store: Documents, kind: str) -> int:
    """How many they are."""
    groups = await store.count_by(ROWS, {"doubts": kind})
    return groups[0].count if groups else 0

"""sla's documents: one per dossier, found by id, and by the time of its next rung."""

from runtime.documents import Documents, Index

DOSSIERS = "dossiers"
NEXT_RUNG = "next_rung_at"


async def declare(store: Documents) -> None:
    """Make the collection and its index."""
    await store.declare(DOSSIERS, [Index(NEXT_RUNG)])

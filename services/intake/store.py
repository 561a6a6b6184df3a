"""intake's documents: what is known of each dossier, and what waits for a person."""

from runtime.documents import Documents, Index

DOSSIERS = "dossiers"
QUARANTINE = "quarantine"


async def declare(store: Documents) -> None:
    """Make the collections."""
    await store.declare(DOSSIERS)
    await store.declare(QUARANTINE, [Index("at")])

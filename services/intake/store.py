"""intake's documents of dossiers: what is known of each, so that what is said again is nothing new."""

from runtime.documents import Documents

DOSSIERS = "dossiers"


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(DOSSIERS)

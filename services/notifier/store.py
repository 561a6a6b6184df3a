"""notifier's documents: one per dossier, found by id, and by the time at which something is to be sent."""

from runtime.documents import Documents, Index

DOSSIERS = "dossiers"
NEXT_SEND = "next_send_at"


async def declare(store: Documents) -> None:
    """Make the collection and its index."""
    await store.declare(DOSSIERS, [Index(NEXT_SEND), Index("notices.result-ready.s")])

"""feedback's documents: one per dossier, found by id and by the digest of its token."""

from runtime.recovery import UNSETTLED
from runtime.store import Documents, Index

DOSSIERS = "dossiers"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup
TOKEN = "token"  # noqa: S105 - the name of a field


async def declare(store: Documents) -> None:
    """Make the collection and its index."""
    await store.declare(DOSSIERS, [Index(TOKEN), Index(UNSETTLED)])

"""sla's documents: one per dossier, found by id, by the time of its next rung, and by its due moment while it is open."""

from runtime.recovery import UNSETTLED
from runtime.store import Documents, Index
from services.sla.calendar import JOURNAL

DOSSIERS = "dossiers"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup
NEXT_RUNG = "next_rung_at"
OPEN_DUE = "open_due"  # the due moment, while the dossier is open
CONFLICT = "conflict.number"  # the change that contradicts a printed date; asked for rarely, so it has no index

DIFFERS = "differs"  # our count, where the printed date is another


async def declare(store: Documents) -> None:
    """Make the collections and their indexes."""
    await store.declare(DOSSIERS, [Index(NEXT_RUNG), Index(OPEN_DUE), Index(UNSETTLED)])
    await store.declare(JOURNAL)

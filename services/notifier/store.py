"""notifier's documents: one per dossier, found by id and by the time at which something is due; and the letter register."""

from runtime.recovery import UNSETTLED
from runtime.store import Documents, Index

DOSSIERS, REGISTER = "dossiers", "register"
LETTERS = "letters"  # which number the letter of a dossier tries for; what holds is the register
MADE_FROM_LOG = (DOSSIERS,)  # the register stays: a number is never given twice
NEXT_SEND = "next_send_at"


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    single = (Index(NEXT_SEND), Index("held"), Index("letter.s"), Index(UNSETTLED))
    await store.declare(DOSSIERS, [*single, Index("client_ids", many=True)])
    await store.declare(REGISTER, [Index("series"), Index("dossier")])
    await store.declare(LETTERS)

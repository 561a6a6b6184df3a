"""notifier's documents: one per dossier, found by id and by the time at which something is due; and the letter register."""

from runtime.store import Documents, Index

DOSSIERS, REGISTER = "dossiers", "register"
LETTERS = "letters"  # which number the letter of a dossier tries for; what holds is the register
NEXT_SEND = "next_send_at"


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(DOSSIERS, [Index(NEXT_SEND), Index("held"), Index("letter.s"), Index("client_ids", many=True)])
    await store.declare(REGISTER, [Index("series"), Index("dossier")])
    await store.declare(LETTERS)

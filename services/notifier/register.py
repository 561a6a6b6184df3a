"""The register of outgoing letters: insert-only, numbers from 01 per body and year, consecutive, never freed (R22)."""

from runtime.store import Documents
from services.notifier.store import REGISTER


async def bind(store: Documents, body: str, year: int, dossier: str) -> tuple[int, int]:
    """The number and year of a dossier's letter: the one it has, else the next free one."""
    known = await store.find(REGISTER, {"dossier": dossier}, limit=1)
    if known:
        return known[0]["number"], known[0]["year"]
    series = f"{body}/{year}"
    counted = await store.count_by(REGISTER, {"series": series})
    number = counted[0].count if counted else 0
    while True:
        number += 1
        entry = {"_id": f"{series}/{number}", "rev": 0, "series": series, "number": number, "year": year, "dossier": dossier}
        if await store.insert_unique(REGISTER, entry):
            return number, year

"""Who had names opened, and for what: added to and never changed."""

from typing import NamedTuple

from runtime.store import Documents
from services.notifier.store.names import READINGS


class NameReading(NamedTuple):
    """Somebody had the names of some dossiers opened. `at` in ms; `who`: the subject at the issuer."""

    id: str
    at: int
    who: str
    name: str
    purpose: str
    dossiers: tuple[str, ...]


async def enter_reading(store: Documents, reading: NameReading) -> None:
    """Write it down. Raises Unavailable: then nothing must be opened."""
    kept = {"at": reading.at, "who": reading.who, "name": reading.name, "purpose": reading.purpose}
    document = {"_id": f"{reading.at:014d}-{reading.id}", "rev": 0, **kept, "dossiers": list(reading.dossiers)}
    await store.insert_unique(READINGS, document)


async def readings_of(store: Documents, dossier: str) -> list[NameReading]:
    """The first 500 of a dossier, in their order."""
    found = await store.find(READINGS, {"dossiers": dossier})
    return [
        NameReading(kept["_id"][15:], kept["at"], kept["who"], kept["name"], kept["purpose"], tuple(kept["dossiers"]))
        for kept in found
    ]

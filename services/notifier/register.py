"""The register of outgoing letters: insert-only, numbers from 01 per body and year, consecutive, never freed (R22).

Whoever binds may stall, die, or get no answer, and what it wrote may land at any later time. So each step is a write that only
one can win, and can be taken again by anybody:

- A letter has one document (by dossier) that names the number it tries for. It is changed only once that number was seen in
  another letter's hands: then no insert of it for this letter, be it still on its way, can succeed any more. Hence all tries
  for one letter aim at one number at a time: never two.
- A number's document is inserted only when all numbers below it were seen to exist, and is never deleted: no hole.
"""

from contracts import Event
from contracts.notices import LetterSent
from runtime.errors import Unavailable
from runtime.store import Document, Documents
from services.notifier.store import LETTERS, REGISTER


async def bind(store: Documents, body: str, year: int, dossier: str) -> tuple[int, int]:
    """The number and year of a dossier's letter: the one it has, else the next free one.

    Raises Unavailable: the letter may have a number or get one later; called again, in whatever year, this returns the same.
    """
    letter = (await store.get_many(LETTERS, [dossier])).get(dossier)
    if letter is None:  # entries from before letters had documents
        known = await store.find(REGISTER, {"dossier": dossier}, limit=1)
        if known:
            return known[0]["number"], known[0]["year"]
        series = f"{body}/{year}"
        letter = {"_id": dossier, "rev": 0, "series": series, "year": year, "number": await _taken(store, series) + 1}
        letter = await _saved(store, letter)
    while not await _bound(store, letter):
        number = max(letter["number"], await _taken(store, letter["series"])) + 1
        letter = await _saved(store, {**letter, "number": number})
    return letter["number"], letter["year"]


async def _taken(store: Documents, series: str) -> int:
    """How many numbers of a body and year are taken for certain: 1 to this one. A count that lags only costs more tries."""
    counted = await store.count_by(REGISTER, {"series": series})
    return counted[0].count if counted else 0


async def _saved(store: Documents, letter: Document) -> Document:
    """The letter as it is now: with our proposal, or with that of whoever was before us."""
    await store.save_many(LETTERS, [letter])
    return await _there(store, LETTERS, letter["_id"])


async def _bound(store: Documents, letter: Document) -> bool:
    """Take the number that the letter names; False if it is another letter's."""
    dossier, entry = letter["_id"], {name: letter[name] for name in ("series", "number", "year")}
    name = f"{letter['series']}/{letter['number']}"
    if await store.insert_unique(REGISTER, {"_id": name, "rev": 0, **entry, "dossier": dossier}):
        return True
    return bool((await _there(store, REGISTER, name))["dossier"] == dossier)


async def _there(store: Documents, collection: str, name: str) -> Document:
    """A document that a write has just met. Reads may lag behind writes after a failover: then later."""
    found = (await store.get_many(collection, [name])).get(name)
    if found is None:
        raise Unavailable(f"{collection}: a document that was written cannot be read yet")
    return found


def recall_number(entry: Document, event: Event) -> Document:
    """A number that a letter was sent with, back in the register, so that it is never given again."""
    data = event.data
    if "dossier" in entry or not isinstance(data, LetterSent):
        return entry
    return {**entry, "series": f"{data.unit}/{data.year}", "number": data.number, "year": data.year, "dossier": event.subject}

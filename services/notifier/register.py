"""The register of outgoing letters: insert-only, numbers from 01 per body and year, consecutive, never freed (R22).

Whoever binds may stall, die, or get no answer, and what it wrote may land at any later time. So each step is a write that only
one can win, and can be taken again by anybody:

- A letter has one document (by dossier) that names the number it tries for. It is changed only once that number was seen in
  another letter's hands: then no insert of it for this letter, be it still on its way, can succeed any more. Hence all tries
  for one letter aim at one number at a time: never two.
- A number's document is inserted only when all numbers below it were seen to exist, and is never deleted: no hole.
"""

from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from runtime.errors import Unavailable
from runtime.store import Documents
from services.notifier import store as kept
from services.notifier.store import Try

Found = TypeVar("Found")


async def bind(store: Documents, body: str, year: int, dossier: str) -> tuple[int, int]:
    """The number and year of a dossier's letter: the one it has, else the next free one.

    Raises Unavailable: the letter may have a number or get one later; called again, in whatever year, this returns the same.
    """
    letter = await kept.find_try(store, dossier)
    if letter is None:  # entries from before letters had documents
        known = await kept.find_number(store, dossier)
        if known is not None:
            return known
        series = f"{body}/{year}"
        letter = await _saved(store, Try(dossier, series, year, await kept.count_numbers(store, series) + 1))
    while not await _bound(store, letter):
        number = max(letter.number, await kept.count_numbers(store, letter.series)) + 1
        letter = await _saved(store, replace(letter, number=number))
    return letter.number, letter.year


async def _saved(store: Documents, letter: Try) -> Try:
    """The letter as it is now: with our proposal, or with that of whoever was before us."""
    await kept.save_try(store, letter)
    return await _there(kept.find_try(store, letter.dossier))


async def _bound(store: Documents, letter: Try) -> bool:
    """Take the number that the letter names; False if it is another letter's."""
    if await kept.enter_number(store, letter):
        return True
    return await _there(kept.holder_of(store, letter)) == letter.dossier


async def _there(reading: Awaitable[Found | None]) -> Found:
    """What a write has just met. Reads may lag behind writes after a failover: then later."""
    found = await reading
    if found is None:
        raise Unavailable("the letter register: what was written cannot be read yet")
    return found

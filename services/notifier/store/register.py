"""The register of numbers: which is whose, added to and never changed, and which number a letter tries for."""

from dataclasses import dataclass
from typing import NamedTuple

from contracts import Event, EventData
from contracts.envelope import UnknownData
from contracts.letters import LetterSentV2
from contracts.notices import LetterSent
from runtime.store import Document, Documents
from services.notifier.store.names import LETTERS, REGISTER


@dataclass(frozen=True, slots=True)
class Try:
    """Which number the letter of a dossier tries for. `series`: body and year; `rev`: of its document, 0 if it has none."""

    dossier: str
    series: str
    year: int
    number: int
    rev: int = 0

    @property
    def name(self) -> str:
        """Of the number's entry in the register."""
        return f"{self.series}/{self.number}"


async def find_try(store: Documents, dossier: str) -> Try | None:
    """Which number a letter tries for; None before its first try."""
    kept = (await store.get_many(LETTERS, [dossier])).get(dossier)
    return None if kept is None else Try(dossier, kept["series"], kept["year"], kept["number"], kept["rev"])


async def save_try(store: Documents, letter: Try) -> None:
    """Save which number a letter tries for, unless somebody else did meanwhile."""
    entry = {"series": letter.series, "year": letter.year, "number": letter.number}
    await store.save_many(LETTERS, [{"_id": letter.dossier, "rev": letter.rev, **entry}])


async def find_number(store: Documents, dossier: str) -> tuple[int, int] | None:
    """The number and year that a dossier's letter has in the register."""
    known = await store.find(REGISTER, {"dossier": dossier}, limit=1)
    return (known[0]["number"], known[0]["year"]) if known else None


async def count_numbers(store: Documents, series: str) -> int:
    """How many numbers of a body and year are taken for certain: 1 to this one. A count that lags only costs more tries."""
    counted = await store.count_by(REGISTER, {"series": series})
    return counted[0].count if counted else 0


class Entry(NamedTuple):
    """A number of the register, and the dossier whose letter has it."""

    number: int
    year: int
    dossier: str


async def find_entries(store: Documents, series: str, size: int, after: int) -> list[Entry]:
    """The numbers of a body and year behind one, in order."""
    place = (after, f"{series}/{after}") if after else None
    found = await store.find(REGISTER, {"series": series}, order="number", limit=size, after=place)
    return [Entry(document["number"], document["year"], document["dossier"]) for document in found]


async def enter_number(store: Documents, letter: Try) -> bool:
    """Enter a number for a letter; False if it is entered already."""
    entry = {"series": letter.series, "number": letter.number, "year": letter.year, "dossier": letter.dossier}
    return await store.insert_unique(REGISTER, {"_id": letter.name, "rev": 0, **entry})


async def holder_of(store: Documents, letter: Try) -> str | None:
    """The dossier that has the number a letter tries for."""
    entry = (await store.get_many(REGISTER, [letter.name])).get(letter.name)
    return None if entry is None else str(entry["dossier"])


def recall_number(entry: Document, event: Event) -> Document:
    """A number that a letter was sent with, back in the register, so that it is never given again."""
    taken = entry_of(event.data)
    if "dossier" in entry or taken is None:
        return entry
    unit, year, number = taken
    return {**entry, "series": f"{unit}/{year}", "number": number, "year": year, "dossier": event.subject}


def entry_of(data: EventData | UnknownData) -> tuple[str, int, int] | None:
    """Body, year and number of the entry that a letter was sent with; None for what is no letter sent, or one without a number.
    Letters of dossiers and those that answer petitions stand in one series (R22)."""
    match data:
        case LetterSent():
            return data.unit, data.year, data.number
        case LetterSentV2():
            return data.entry
    return None

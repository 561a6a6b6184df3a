"""What people wrote beside the survey's questions: locked, of a unit and a month, joined to no dossier and to no answer.

Like answers, notes are shown when five of a unit have come together or their month is over, in no order that tells when.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from runtime.store import Document, Documents, In, Index, Range
from services.feedback.domain.responses import Note, due
from services.feedback.waiting import CELL, DAY, PAGE, due_cells, pages_of
from services.stored import Codec

NOTES = "notes"
SHOWN, RECENT, MONTH = "shown", "recent", "month"
_LAST = 120_000  # months; what is newest first is kept as the distance to it


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(NOTES, [Index(DAY), Index(CELL), Index(SHOWN), Index(RECENT), Index(MONTH)])


def load(document: Document) -> Note:
    """The note of a document."""
    return Note(document["_id"], document["unit"], document[MONTH], document["text"], document.get(DAY))


def dump(note: Note) -> Mapping[str, Any]:
    """A note as its document keeps it: found while it waits by its cell, then by the unit that it is shown to."""
    year, month = map(int, note.month.split("-"))
    kept = {"unit": note.unit, MONTH: note.month, "text": note.locked, RECENT: _LAST - 12 * year - month}
    if note.day is None:
        return {**kept, SHOWN: note.unit}
    return {**kept, DAY: note.day, CELL: f"{note.unit}/{note.month}"}


NOTE = Codec.whole(load, dump, ("unit", MONTH, "text", DAY, CELL, SHOWN, RECENT))


class Page(NamedTuple):
    """Notes, the newest months first; `after`: where the next page begins, "" if there is none."""

    notes: Sequence[Note]
    after: str


async def shown_to(store: Documents, units: Sequence[str] | None, size: int, after: str) -> Page:
    """What these units (None: all) may see."""
    place, _, name = after.partition("|")
    behind = (int(place), name) if place.isdecimal() and len(place) < 9 else None
    where = {SHOWN: Range("") if units is None else In(tuple(units))}
    found = await store.find(NOTES, where, order=RECENT, limit=size, after=behind)
    last = f"{found[-1][RECENT]}|{found[-1]['_id']}" if len(found) == size else ""
    return Page(NOTE.read_all(found), last)


async def show_due(store: Documents, today: date) -> None:
    """Let those be seen that need wait no longer."""
    for cell in await due_cells(store, NOTES, today):
        waiting = [pair async for page in pages_of(store, NOTES, cell) for pair in NOTE.readable(page)]
        names = set(due([note for _, note in waiting], today))
        seen = [(document, note) for document, note in waiting if note.id in names]
        for start in range(0, len(seen), PAGE):
            page = [NOTE.written(note_shown(note), document) for document, note in seen[start : start + PAGE]]
            await store.save_many(NOTES, page)


def note_shown(note: Note) -> Note:
    """From then on nothing tells on which day it came."""
    return Note(note.id, note.unit, note.month, note.locked)


async def forget(store: Documents, today: date, days: int) -> None:
    """Delete those whose month has been over for so many days."""
    last = today - timedelta(days=days)
    months = Range(high=f"{last.replace(day=1) - timedelta(days=1):%Y-%m}")
    while old := await store.find(NOTES, {MONTH: months}, limit=PAGE):
        await store.delete_many(NOTES, [note["_id"] for note in old])

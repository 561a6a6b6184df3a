"""Documents of reception days and dialogues: found by unit and time. Only this room knows how they are kept.

`calendar` is the unit and the time it begins, `calendar_all` the time alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from runtime.store import Document, Documents, Index, Range
from services.changes import By
from services.feedback.domain.meetings import Meeting, Note

MEETINGS = "meetings"
CALENDAR, CALENDAR_ALL = "calendar", "calendar_all"
_LAST = 9_999_999_999_999  # ms


async def declare(store: Documents) -> None:
    """Make the collection and its indexes."""
    await store.declare(MEETINGS, [Index(CALENDAR), Index(CALENDAR_ALL)])


def name_of(once: str, number: int) -> str:
    """The id of the meeting that a form with this number asks for: sent again it is the same."""
    return f"LD-{hashlib.sha256(f'{once}/{number}'.encode()).hexdigest()[:16]}"


async def enter(store: Documents, meetings: Sequence[Meeting]) -> None:
    """Keep them; what is there already stays. Raises Unavailable."""
    for meeting in meetings:
        await store.insert_unique(MEETINGS, dump(meeting))


async def call_off(store: Documents, name: str, note: Note) -> Meeting | None:
    """Call one off; as it is then, None if there is none. Raises Unavailable."""
    while True:
        document = (await store.get_many(MEETINGS, [name])).get(name)
        if document is None:
            return None
        meeting = load(document)
        after = meeting.called_off(note)
        if after is meeting:
            return meeting
        if not await store.save_many(MEETINGS, [{**document, **dump(after)}]):
            return after


async def find(store: Documents, name: str) -> Meeting | None:
    """A meeting by its id."""
    document = (await store.get_many(MEETINGS, [name])).get(name)
    return None if document is None else load(document)


async def between(store: Documents, units: Sequence[str] | None, first: int, last: int, most: int) -> list[Meeting]:
    """Those that begin within a time (ms), of some units (None: of all), the earliest first."""
    if units is None:
        found = await store.find(MEETINGS, {CALENDAR_ALL: Range(first, last)}, order=CALENDAR_ALL, limit=most)
        return [load(document) for document in found]
    meetings: list[Meeting] = []
    for unit in units:
        within = Range(_place(unit, first), _place(unit, min(last, _LAST)))
        found = await store.find(MEETINGS, {CALENDAR: within}, order=CALENDAR, limit=most)
        meetings += [load(document) for document in found]
    return sorted(meetings, key=lambda one: (one.begins, one.id))[:most]


def _place(unit: str, begins: int) -> str:
    return f"{unit}/{begins:013d}"


def load(document: Document) -> Meeting:
    """The meeting of a document."""
    cancelled = document.get("cancelled")
    return Meeting(
        id=document["_id"],
        unit=document["unit"],
        kind=document["kind"],
        begins=document["begins"],
        leader=document["leader"],
        place=document["place"],
        about=document.get("about", ""),
        entered=_note(document["entered"]),
        cancelled=None if cancelled is None else _note(cancelled),
    )


def _note(kept: Document) -> Note:
    return Note(kept["at"], By(**kept["by"]), kept.get("why", ""))


def dump(meeting: Meeting) -> Document:
    """A meeting as its document keeps it."""
    kept = {name: value for name, value in asdict(meeting).items() if name != "id" and value is not None}
    return {"_id": meeting.id, **kept, CALENDAR: _place(meeting.unit, meeting.begins), CALENDAR_ALL: meeting.begins}

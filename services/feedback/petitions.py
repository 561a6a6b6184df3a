"""Documents of petitions, found by what is due, by worklist, by the digest of a look-up code. Only this room knows how they are
kept.

What finds them follows from the rest: `next_at` (when a clock speaks), `desk` and `desk_all` (the place in a worklist of its
unit and of all), `board` and `board_unit` (on the public board), `ended` (since when, for erasure). What was written and who
wrote it are locked before they come here (R34).
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from contracts.petitions import PetitionKind
from runtime.store import Document, Documents, In, Index, Range, Where
from services.changes import By
from services.feedback.domain.petition import Answer, Gift, Petition, Running, Step, Written
from services.stored import Codec

PETITIONS, READS = "petitions", "reads"
NEXT_AT, DESK, DESK_ALL, BOARD, BOARD_UNIT, ENDED, CODES = (
    "next_at",
    "desk",
    "desk_all",
    "board",
    "board_unit",
    "ended",
    "codes",
)
MEETING = "meeting"
# A worklist: what is open, what has ended, praise, what was given; and apart from them what the competent officers have (R30).
Tray = Literal["open", "done", "praise", "given", "complaints", "complaints-done", "denunciations", "denunciations-done"]
_TRAYS: Mapping[PetitionKind, tuple[Tray, Tray]] = {
    "suggestion": ("open", "done"),
    "petition": ("open", "done"),
    "complaint": ("complaints", "complaints-done"),
    "denunciation": ("denunciations", "denunciations-done"),
    "praise": ("praise", "praise"),
    "contribution": ("given", "given"),
}
_LAST = 9_999_999_999_999  # ms; what is newest first is kept as the distance to it
_PLAIN = (
    "kind",
    "about",
    "channel",
    "unit",
    "dossier",
    "meeting",
    "received",
    "begun",
    "round",
    "version",
    "answer_due",
    "who",
    "contact",
    "summary",
    "published",
    "erased",
)
_PARTS = ("clock", "texts", "questions", "answer", "earlier", "gift", CODES, "sent", "journal")
_FOUND_BY = (NEXT_AT, DESK, DESK_ALL, BOARD, BOARD_UNIT, ENDED)


async def declare(store: Documents) -> None:
    """Make the collections, and an index for each question that is asked."""
    single = [Index(name) for name in _FOUND_BY]
    await store.declare(PETITIONS, [*single, Index(MEETING), Index(CODES, many=True)])
    await store.declare(READS, [Index("petition")])


def load(document: Document) -> Petition:
    """The petition of a document."""
    plain = {name: document[name] for name in _PLAIN if name in document}
    clock, answer, gift = document.get("clock"), document.get("answer"), document.get("gift")
    return Petition(
        id=document["_id"],
        **plain,
        clock=None if clock is None else Running(**clock),
        texts=tuple(Written(**kept) for kept in document.get("texts", ())),
        questions=tuple(Written(**kept) for kept in document.get("questions", ())),
        answer=None if answer is None else Answer(**answer),
        earlier=tuple(Answer(**kept) for kept in document.get("earlier", ())),
        gift=None if gift is None else Gift(**gift),
        codes=tuple(document.get(CODES, ())),
        sent=tuple(document.get("sent", ())),
        journal=tuple(_step(kept) for kept in document.get("journal", ())),
    )


def _step(kept: Mapping[str, Any]) -> Step:
    by = kept.get("by")
    return Step(kept["at"], kept["doing"], None if by is None else By(**by), kept.get("note", ""))


def _dump(petition: Petition) -> Mapping[str, Any]:
    if not petition.known and not petition.version:
        return {}
    lists = {
        "texts": [asdict(one) for one in petition.texts],
        "questions": [asdict(one) for one in petition.questions],
        "earlier": [asdict(one) for one in petition.earlier],
        CODES: list(petition.codes),
        "sent": list(petition.sent),
        "journal": [{name: value for name, value in asdict(one).items() if value} for one in petition.journal],
    }
    return {
        **{name: getattr(petition, name) for name in _PLAIN},
        **{name: value or None for name, value in lists.items()},
        "clock": None if petition.clock is None else asdict(petition.clock),
        "answer": None if petition.answer is None else asdict(petition.answer),
        "gift": None if petition.gift is None else asdict(petition.gift),
        **_found_by(petition),
    }


def _found_by(petition: Petition) -> Mapping[str, Any]:
    clock, place = petition.clock, place_of(petition)
    tray = _TRAYS[petition.kind][0 if clock is not None else 1]
    shown = None if petition.published is None else f"{_LAST - petition.published:013d}"
    return {
        NEXT_AT: None if clock is None else clock.next_at,
        DESK: f"{tray}/{petition.unit}/{place:013d}",
        DESK_ALL: f"{tray}/{place:013d}",
        BOARD: shown,
        BOARD_UNIT: None if shown is None else f"{petition.unit}/{shown}",
        ENDED: None if clock is not None or petition.erased is not None else f"{petition.kind}/{_end(petition):013d}",
    }


def place_of(petition: Petition) -> int:
    """Where it stands in a worklist: by the time that its clock is over, or the newest first."""
    return _LAST - _end(petition) if petition.clock is None else petition.clock.due


def _end(petition: Petition) -> int:
    return petition.published or (petition.received if petition.answer is None else petition.answer.at)


CODEC = Codec.whole(load, _dump, (*_PLAIN, *_PARTS, *_FOUND_BY))


# --- looking for petitions -------------------------------------------------------------------------------------------------


class Page(NamedTuple):
    """Some petitions, and the place behind which the next page begins; "" if there is none."""

    petitions: list[Petition]
    after: str


async def find_one(store: Documents, petition: str) -> Petition | None:
    """A petition by its id."""
    document = (await store.get_many(PETITIONS, [petition])).get(petition)
    found = None if document is None else CODEC.read(document)
    return found if found is not None and found.known else None


async def find_by_code(store: Documents, digests: tuple[str, ...]) -> Petition | None:
    """A petition by a digest of its look-up code."""
    found = await store.find(PETITIONS, {CODES: In(digests)}, limit=1)
    return CODEC.read(found[0]) if found else None


async def find_said_at(store: Documents, meeting: str) -> list[Petition]:
    """What was said at a meeting, by id."""
    return CODEC.read_all(await store.find(PETITIONS, {MEETING: meeting}))


async def find_tray(store: Documents, tray: Tray, unit: str | None, size: int, after: str) -> Page:
    """A worklist of a unit (None: of all), what is due first at the head, from behind a place on."""
    field, prefix = (DESK_ALL, f"{tray}/") if unit is None else (DESK, f"{tray}/{unit}/")
    return await _page(store, field, {field: Range(prefix, f"{prefix}~")}, size, after)


async def find_board(store: Documents, unit: str, size: int, after: str) -> Page:
    """What was published by a unit ("": by all), the newest first."""
    if unit:
        return await _page(store, BOARD_UNIT, {BOARD_UNIT: Range(f"{unit}/", f"{unit}/~")}, size, after)
    return await _page(store, BOARD, {BOARD: Range("0")}, size, after)


async def find_old(store: Documents, kind: PetitionKind, until: int, size: int) -> list[str]:
    """Ids of those of a kind that ended before a time (ms) and were not erased."""
    where: Where = {ENDED: Range(f"{kind}/", f"{kind}/{until:013d}")}
    return [document["_id"] for document in await store.find(PETITIONS, where, order=ENDED, limit=size)]


async def _page(store: Documents, order: str, where: Where, size: int, after: str) -> Page:
    place, _, petition = after.rpartition("|")
    found = await store.find(PETITIONS, where, order=order, limit=size, after=(place, petition) if place else None)
    last = f"{found[-1][order]}|{found[-1]['_id']}" if len(found) == size else ""
    return Page(CODEC.read_all(found), last)


async def count_tray(store: Documents, tray: Tray, unit: str | None, until: int | None = None) -> int:
    """How many are in a worklist; `until`: whose clock is over by then (ms)."""
    field, prefix = (DESK_ALL, f"{tray}/") if unit is None else (DESK, f"{tray}/{unit}/")
    high = f"{prefix}~" if until is None else f"{prefix}{until:013d}"
    counted = await store.count_by(PETITIONS, {field: Range(prefix, high)})
    return counted[0].count if counted else 0


# --- who read what is secret -----------------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """Somebody looked at what is secret of a petition, and said what for (R34)."""

    petition: str
    at: int
    by: By
    purpose: str


async def note_reading(store: Documents, name: str, reading: Reading) -> None:
    """Keep it; what is not kept is not shown. Raises Unavailable."""
    document = {
        "_id": name,
        "petition": reading.petition,
        "at": reading.at,
        "by": asdict(reading.by),
        "purpose": reading.purpose,
    }
    await store.insert_unique(READS, document)


async def readings_of(store: Documents, petition: str) -> list[Reading]:
    """Who read it, the first at the head."""
    found = await store.find(READS, {"petition": petition}, limit=500)
    kept = [Reading(one["petition"], one["at"], By(**one["by"]), one["purpose"]) for one in found]
    return sorted(kept, key=lambda one: one.at)

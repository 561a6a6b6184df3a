"""Looking for dossiers, and counting them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runtime.store import Documents, In, Range, Where
from services.notifier.domain import Dossier
from services.notifier.domain.locked import Locked
from services.notifier.domain.on_paper import OnPaper
from services.notifier.domain.sealed import Sealed, sealed_in
from services.notifier.domain.worklist import Listing
from services.notifier.store.dossiers import CODEC
from services.notifier.store.names import (
    ABOUT,
    BY_DUE,
    CLIENT_IDS,
    DOSSIERS,
    FAILED,
    HELD,
    LANE,
    LOCKED,
    NEXT_SEND,
    ON_PAPER,
    PRINTED_AT,
    TAKEN_BACK,
    UNREACHED,
    LetterState,
)
from services.notifier.store.parts import lock_of

Place = tuple[int | str, str]  # behind which document of an order the next page begins
NO_LANE = ""  # of documents that an earlier release wrote


async def due_lanes(store: Documents, until: int) -> list[str]:
    """Lanes in which something is due until a time (ms): those of urgent messages first, then by unit."""
    counted = await store.count_by(DOSSIERS, {NEXT_SEND: Range(high=until)}, group=(LANE,))
    return sorted(str(row.group[0] or NO_LANE) for row in counted)


async def find_due(
    store: Documents, lane: str, until: int, size: int, after: Place | None
) -> tuple[list[Dossier], Place | None]:
    """Dossiers of a lane of which something is due until a time (ms), in that order; and where the next page begins, if any."""
    where: Where = {NEXT_SEND: Range(high=until)} if lane == NO_LANE else {LANE: lane, NEXT_SEND: Range(high=until)}
    found = await store.find(DOSSIERS, where, order=NEXT_SEND, limit=size, after=after)
    mine = [document for document in found if document.get(LANE, NO_LANE) == lane]
    place = (found[-1][NEXT_SEND], found[-1]["_id"]) if len(found) == size else None
    return CODEC.read_all(mine), place


class Page(NamedTuple):
    """Some dossiers, and the place behind which the next page begins; "" if there is none."""

    dossiers: list[Dossier]
    after: str


async def find_letters(store: Documents, which: tuple[LetterState, Sequence[str] | None], size: int, after: str) -> Page:
    """Dossiers with a letter in a state, of some units (None: of all), from behind a place on; by the date that passes, which
    is the order of signing, then by code. A place is `date in ms/code`; anything else begins anew."""
    state, units = which
    found = await store.find(DOSSIERS, {"letter.s": state, **_of(units)}, order=BY_DUE, limit=size, after=_place(after))
    last = f"{found[-1]['letter']['due']}/{found[-1]['_id']}" if len(found) == size else ""
    return Page(CODEC.read_all(found), last)


def place_of(dossier: Dossier) -> str:
    """Where a dossier stands in a list of letters."""
    return "" if dossier.letter is None else f"{dossier.letter.draft.due}/{dossier.code}"


def _place(after: str) -> tuple[int, str] | None:
    due, _, code = after.partition("/")
    return (int(due), code) if due.isascii() and due.isdigit() and len(due) <= 15 else None


async def count_letters(store: Documents, state: LetterState, units: Sequence[str] | None) -> int:
    """How many letters of some units (None: of all) are in a state."""
    return sum(row.count for row in await store.count_by(DOSSIERS, {"letter.s": state, **_of(units)}))


_LISTS: Mapping[Listing, str] = {"uncertain": HELD, "failed": FAILED, "unreached": UNREACHED, "taken-back": TAKEN_BACK}


async def find_listed(store: Documents, which: Listing, size: int, after: str) -> Page:
    """Dossiers with a message that a person has to decide about, by code, from behind one on."""
    where: Where = {_LISTS[which]: 1}
    found = await store.find(DOSSIERS, where, limit=size, after=(after, after) if after else None)
    return Page(CODEC.read_all(found), found[-1]["_id"] if len(found) == size else "")


async def find_on_paper(store: Documents, which: OnPaper, unit: str, size: int, after: str) -> Page:
    """Dossiers and petitions of a unit whose letter has to be printed, by the date that passes, or was, by when that was; from
    behind a place."""
    where: Where = {ON_PAPER: which, "letter.unit": unit}
    order = BY_DUE if which == "wanted" else PRINTED_AT
    found = await store.find(DOSSIERS, where, order=order, limit=size, after=_place(after))
    if len(found) < size:
        return Page(CODEC.read_all(found), "")
    last = found[-1]["letter"]["due"] if which == "wanted" else found[-1].get(PRINTED_AT, 0)
    return Page(CODEC.read_all(found), f"{last}/{found[-1]['_id']}")


async def count_wanted(store: Documents, units: Sequence[str] | None) -> int:
    """How many letters of some units (None: of all) have to be printed."""
    rows = await store.count_by(DOSSIERS, {ON_PAPER: "wanted", **_of(units)})
    return sum(row.count for row in rows)


async def count_printed(store: Documents, until: int, units: Sequence[str] | None) -> dict[str, int]:
    """Unit -> how many of its letters were printed until a time (ms), and nobody knows that they arrived; of some units, or of
    all (None)."""
    rows = await store.count_by(DOSSIERS, {PRINTED_AT: Range(high=until), **_of(units)}, group=("letter.unit",))
    return {str(row.group[0]): row.count for row in rows}


def _of(units: Sequence[str] | None) -> Where:
    return {} if units is None else {"letter.unit": In(tuple(units))}


async def find_one(store: Documents, code: str) -> Dossier | None:
    """A dossier by its code."""
    document = (await store.get_many(DOSSIERS, [code])).get(code)
    return None if document is None else CODEC.read(document)


async def find_about(store: Documents, code: str) -> list[Dossier]:
    """Petitions whose letters are about an error in a dossier, the first 20."""
    return CODEC.read_all(await store.find(DOSSIERS, {ABOUT: code}, limit=20))


async def find_many(store: Documents, codes: Sequence[str]) -> list[Dossier]:
    """Those of some dossiers of which anything is known, in the order of the codes."""
    found = await store.get_many(DOSSIERS, codes)
    return CODEC.read_all([found[code] for code in dict.fromkeys(codes) if code in found])


async def find_by_client_ids(store: Documents, ids: Sequence[str]) -> list[str]:
    """Codes of the dossiers that messages belong to."""
    found = await store.find(DOSSIERS, {CLIENT_IDS: In(tuple(ids))}, limit=len(ids))
    return [document["_id"] for document in found]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many dossiers have something due, an uncertain message, a failed one, one that had nobody to go to, one that is
    no longer so, a letter on the desk, a message that waits for a key, a letter that its body's key could not sign."""

    due: int
    held: int
    failed: int
    unreached: int
    taken_back: int
    drafted: int
    locked: Mapping[Locked, int]
    unsigned: Mapping[str, int]


async def count_waiting(store: Documents, until: int) -> Waiting:
    """What waits, now."""

    async def count(where: Where) -> int:
        counted = await store.count_by(DOSSIERS, where)
        return counted[0].count if counted else 0

    return Waiting(
        due=await count({NEXT_SEND: Range(high=until)}),
        held=await count({HELD: 1}),
        failed=await count({FAILED: 1}),
        unreached=await count({UNREACHED: 1}),
        taken_back=await count({TAKEN_BACK: 1}),
        drafted=await count({"letter.s": "drafted"}),
        locked=await _count_locked(store),
        unsigned=await _count_unsigned(store),
    )


async def count_uncertain(store: Documents) -> int:
    """How many dossiers have a message of which nobody knows whether it was sent."""
    counted = await store.count_by(DOSSIERS, {HELD: 1})
    return counted[0].count if counted else 0


async def tally_sealed(store: Documents) -> dict[int, Sealed]:
    """What is sealed to the key of each epoch. Reads every dossier: for an operator who asks.

    Raises Unavailable, also for a document of a newer release: what it holds is not known here."""
    tally: dict[int, Sealed] = {}
    async for dossier in all_dossiers(store):
        for epoch, more in sealed_in(dossier):
            tally[epoch] = tally.get(epoch, Sealed()).plus(more)
    return tally


async def all_dossiers(store: Documents) -> AsyncIterator[Dossier]:
    """Every dossier, by code. Raises Unavailable, also for a document of a newer release."""
    after = None
    while found := await store.find(DOSSIERS, {}, after=after):
        after = (found[-1]["_id"], found[-1]["_id"])
        for document in found:
            yield CODEC.read(document)


async def _count_locked(store: Documents) -> dict[Locked, int]:
    rows = await store.count_by(DOSSIERS, {LOCKED: Range(low="")}, group=(LOCKED,))
    return {lock_of(row.group[0]): row.count for row in rows}


async def _count_unsigned(store: Documents) -> dict[str, int]:
    rows = await store.count_by(DOSSIERS, {"letter.s": "issuing"}, group=("letter.waits",))
    return {str(row.group[0]): row.count for row in rows if row.group[0]}

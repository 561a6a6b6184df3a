"""front's documents: sessions, the journal, and what became of digests. Only this room knows how they are kept.

A session lies under the digest of the name that the browser holds, so that a copy of the store opens no session; entries of the
journal lie in the order of their time.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256

from runtime.clock import epoch_ms
from runtime.store import Document, Documents, In, Index, Range
from services.front.domain import Entry, Person, Session, What
from services.front.domain.mailed import Mailed, State

SESSIONS, JOURNAL, DIGESTS = "sessions", "journal", "digests"
OPENED, AT, STATE = "opened", "at", "state"


async def declare(store: Documents) -> None:
    """Make the collections and their indexes."""
    await store.declare(SESSIONS, [Index(OPENED)])
    await store.declare(JOURNAL, [Index(AT)])
    await store.declare(DIGESTS, [Index(STATE)])


def digest(name: str) -> str:
    """What a session is kept under."""
    return sha256(name.encode()).hexdigest()


# --- sessions ---------------------------------------------------------------------------------------------------------------


async def session_of(store: Documents, name: str) -> tuple[Session, int] | None:
    """The session that a browser's name stands for, with its revision. Raises Unavailable."""
    found = (await store.get_many(SESSIONS, [digest(name)])).get(digest(name))
    return None if found is None else (_load_session(found), found["rev"])


async def save_session(store: Documents, session: Session, rev: int = 0) -> bool:
    """Keep a session; False if it was changed or ended meanwhile. Raises Unavailable."""
    return not await store.save_many(SESSIONS, [_dump_session(session, rev)])


async def end_sessions(store: Documents, ids: list[str]) -> None:
    """Forget them. Raises Unavailable."""
    await store.delete_many(SESSIONS, ids)


async def opened_before(store: Documents, moment: datetime) -> list[str]:
    """Ids of sessions that were opened up to a moment, the oldest first. Raises Unavailable."""
    found = await store.find(SESSIONS, {OPENED: Range(high=epoch_ms(moment))}, order=OPENED)
    return [document["_id"] for document in found]


def _load_session(document: Document) -> Session:
    person = document["person"]
    return Session(
        id=document["_id"],
        person=Person(person["subject"], person["name"], frozenset(person["roles"]), frozenset(person["units"])),
        form=document["form"],
        opened=_time(document[OPENED]),
        seen=_time(document["seen"]),
        asked=_time(document["asked"]),
        tried=_time(document["tried"]),
        asking=_time(document["asking" if "asking" in document else "tried"]),  # absent in sessions of the release before
        sealed=document["sealed"],
    )


def _dump_session(session: Session, rev: int) -> Document:
    person = session.person
    return {
        "_id": session.id,
        "rev": rev,
        "person": {
            "subject": person.subject,
            "name": person.name,
            "roles": sorted(person.roles),
            "units": sorted(person.units),
        },
        "form": session.form,
        OPENED: epoch_ms(session.opened),
        "seen": epoch_ms(session.seen),
        "asked": epoch_ms(session.asked),
        "tried": epoch_ms(session.tried),
        "asking": epoch_ms(session.asking),
        "sealed": session.sealed,
    }


# --- the journal ------------------------------------------------------------------------------------------------------------


def entry_id(at: datetime, new: str) -> str:
    """Entries in the order of their time; `new` tells those of one millisecond apart."""
    return f"{epoch_ms(at):013d}-{new}"


async def add_entry(store: Documents, entry: Entry) -> None:
    """Write a line down. Raises Unavailable."""
    await store.insert_unique(JOURNAL, _dump_entry(entry, 0))


async def complete_entry(store: Documents, entry: Entry) -> None:
    """The same line with the status that is known by now. Raises Unavailable."""
    await store.save_many(JOURNAL, [_dump_entry(entry, 1)])


async def entries(store: Documents, first: datetime, last: datetime, after: str, limit: int) -> list[Entry]:
    """Lines from a moment to a moment, both included, behind the one that was already seen. Raises Unavailable."""
    low = max(entry_id(first, ""), f"{after}!" if after else "")  # "!" comes before all that can follow an id
    found = await store.find(JOURNAL, {"_id": Range(low, f"{entry_id(last, '')}~")}, limit=limit)
    return [_load_entry(document) for document in found]


async def forget_entries(store: Documents, before: datetime, most: int) -> int:
    """Forget the oldest lines from before a moment, so many at most; how many there were. Raises Unavailable."""
    found = await store.find(JOURNAL, {"_id": Range(high=entry_id(before, ""))}, limit=most)
    if found:
        await store.delete_many(JOURNAL, [document["_id"] for document in found])
    return len(found)


def _dump_entry(entry: Entry, rev: int) -> Document:
    return {
        "_id": entry.id,
        "rev": rev,
        AT: epoch_ms(entry.at),
        "what": entry.what.value,
        "who": entry.who,
        "name": entry.name,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "why": entry.why,
    }


def _load_entry(document: Document) -> Entry:
    return Entry(
        id=document["_id"],
        at=_time(document[AT]),
        what=What(document["what"]),
        who=document["who"],
        name=document["name"],
        method=document["method"],
        path=document["path"],
        status=document["status"],
        why=document["why"],
    )


# --- digests ----------------------------------------------------------------------------------------------------------------


async def digests(store: Documents, ids: Iterable[str]) -> dict[str, tuple[Mailed, int]]:
    """Those that are there, with their revisions. Raises Unavailable."""
    found = await store.get_many(DIGESTS, ids)
    return {id_: (_load_mailed(document), document["rev"]) for id_, document in found.items()}


async def unfinished(store: Documents) -> list[tuple[Mailed, int]]:
    """Those that somebody has to go on with. Raises Unavailable."""
    found = await store.find(DIGESTS, {STATE: In((State.CLAIMED, State.WAITING))})
    return [(_load_mailed(document), document["rev"]) for document in found]


async def save_digest(store: Documents, mailed: Mailed, rev: int) -> bool:
    """Keep one; `rev` 0: a new one. False if another front was faster. Raises Unavailable: it may be kept, or be later."""
    document = _dump_mailed(mailed, rev)
    if rev == 0:
        return await store.insert_unique(DIGESTS, document)
    return not await store.save_many(DIGESTS, [document])


async def forget_digests(store: Documents, before: date) -> None:
    """Forget those of days before one, some at a time. Raises Unavailable."""
    found = await store.find(DIGESTS, {"_id": Range(high=before.isoformat())})
    if found:
        await store.delete_many(DIGESTS, [document["_id"] for document in found])


_BOXES = ("pending", "taken", "refused", "uncertain")


def _dump_mailed(mailed: Mailed, rev: int) -> Document:
    return {
        "_id": mailed.id,
        "rev": rev,
        STATE: mailed.state.value,
        AT: epoch_ms(mailed.at),
        "over": epoch_ms(mailed.over),
        "claim": mailed.claim,
        **{name: list(getattr(mailed, name)) for name in _BOXES},
    }


def _load_mailed(document: Document) -> Mailed:
    boxes = {name: tuple(document[name]) for name in _BOXES}
    state, at, over = State(document[STATE]), _time(document[AT]), _time(document["over"])
    return Mailed(document["_id"], state, at, over, document["claim"], **boxes)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)

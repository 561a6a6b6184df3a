"""notifier's documents: one per dossier, found by id and by the time at which something is due; and the letter register.

Only this room knows how they are kept. `next_send_at` (when something of a dossier is due), `lane` (whose turn that is: how
urgent, of which unit), `held` (one of its messages is uncertain), `failed`, `unreached` (one had nobody to go to), `taken_back`
(its reader believes what is no longer so), and `locked` (the key that one waits for) follow from the rest; a dossier that
recovers has no `next_send_at`, and keeps `held` as its copy had it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, get_args

from contracts import Event, EventData
from contracts.envelope import UnknownData
from contracts.letters import LetterSentV2
from contracts.notices import Channel, LateReason, LetterSent, Notice, NoticeKind
from runtime.recovery import UNSETTLED
from runtime.store import Document, Documents, In, Index, Range, Where
from services.changes import By
from services.facts import KnownFacts
from services.notifier.domain import Contact, Dossier, Forgotten, Invitation
from services.notifier.domain import letter as letters
from services.notifier.domain import notice as notices
from services.notifier.domain.contact import CorrectedBy
from services.notifier.domain.dossier import Call, Promise, Received, Recovering, Settled, StopWish
from services.notifier.domain.ladder import is_unreached
from services.notifier.domain.locked import Locked
from services.notifier.domain.on_paper import OnPaper, on_paper
from services.notifier.domain.owed import Owed
from services.notifier.domain.sealed import Sealed, sealed_in
from services.notifier.domain.unit_texts import Texts, UnitText
from services.notifier.domain.unsigned import Obstacle
from services.notifier.domain.wishes import LastSent, Wishes, WishStep
from services.notifier.domain.worklist import Listing, listing_of
from services.stored import Codec, Derived, Kept, newer

DOSSIERS, REGISTER = "dossiers", "register"
READINGS = "name_readings"  # who had names opened, and for what; added to and never changed
LETTERS = "letters"  # which number the letter of a dossier tries for; what holds is the register
TEXTS = "message_texts"  # of messages, in units' own words: each version, added to and never changed
WISHES = "stop_wishes"  # by digest of a number: what its person wants of messages that nobody has to send
BATCHES = "print_batches"  # which letters were printed together, when, by whom
PAPERS = "papers"  # letters as they were issued, sealed to the key of their contact
MADE_FROM_LOG = (DOSSIERS,)  # the register stays: a number is never given twice
NEXT_SEND, LANE, HELD, FAILED, LOCKED = "next_send_at", "lane", "held", "failed", "locked"
UNREACHED, TAKEN_BACK = "unreached", "taken_back"
UNADDRESSED = "unaddressed"  # its letter is issued and names nobody (any more): no paper of it may stay
ON_PAPER = "on_paper"  # its letter has to be printed, or is printed and nobody knows that it arrived
RECOVERED, CLIENT_IDS = "recovered", "client_ids"
DOUBTFUL: Where = {NEXT_SEND: Range(low=0)}  # something of it may have gone out since a copy was made
BY_DUE, ABOUT = "letter.due", "letter.about"
LetterState = Literal["drafted", "approved", "issuing", "sent", "rejected", "withdrawn"]


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    single = [
        Index(name)
        for name in (
            *(NEXT_SEND, LANE, HELD, FAILED, UNREACHED, TAKEN_BACK, LOCKED, UNADDRESSED),
            *("letter.s", BY_DUE, ABOUT, ON_PAPER, UNSETTLED),
        )
    ]
    await store.declare(DOSSIERS, [*single, Index(CLIENT_IDS, many=True)])
    await store.declare(REGISTER, [Index("series"), Index("dossier")])
    await store.declare(LETTERS)
    await store.declare(READINGS, [Index("dossiers", many=True)])
    await store.declare(PAPERS, [Index("link")])
    await store.declare(BATCHES, [Index("series")])
    await store.declare(TEXTS, [Index("unit")])
    await store.declare(WISHES)


# --- looking for dossiers --------------------------------------------------------------------------------------------------


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
    where: Where = {"letter.s": state} if units is None else {"letter.s": state, "letter.unit": In(tuple(units))}
    found = await store.find(DOSSIERS, where, order=BY_DUE, limit=size, after=_place(after))
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
    where: Where = {"letter.s": state} if units is None else {"letter.s": state, "letter.unit": In(tuple(units))}
    return sum(row.count for row in await store.count_by(DOSSIERS, where))


_LISTS: Mapping[Listing, str] = {"uncertain": HELD, "failed": FAILED, "unreached": UNREACHED, "taken-back": TAKEN_BACK}


async def find_listed(store: Documents, which: Listing, size: int, after: str) -> Page:
    """Dossiers with a message that a person has to decide about, by code, from behind one on."""
    where: Where = {_LISTS[which]: 1}
    found = await store.find(DOSSIERS, where, limit=size, after=(after, after) if after else None)
    return Page(CODEC.read_all(found), found[-1]["_id"] if len(found) == size else "")


async def find_on_paper(store: Documents, which: OnPaper, unit: str, size: int, after: str) -> Page:
    """Dossiers and petitions of a unit whose letter has to be printed, or was, by the date that passes, from behind a place."""
    where: Where = {ON_PAPER: which, "letter.unit": unit}
    found = await store.find(DOSSIERS, where, order=BY_DUE, limit=size, after=_place(after))
    last = f"{found[-1]['letter']['due']}/{found[-1]['_id']}" if len(found) == size else ""
    return Page(CODEC.read_all(found), last)


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
    return {_lock(row.group[0]): row.count for row in rows}


async def _count_unsigned(store: Documents) -> dict[str, int]:
    rows = await store.count_by(DOSSIERS, {"letter.s": "issuing"}, group=("letter.waits",))
    return {str(row.group[0]): row.count for row in rows if row.group[0]}


# --- dossiers ----------------------------------------------------------------------------------------------------------------


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    contact, invited, letter = document.get("contact"), document.get("invited"), document.get("letter")
    promise, settled, owed = document.get("deadline"), document.get("settled"), document.get("owed")
    messages = {name: _message(name, kept) for name, kept in document.get("notices", {}).items()}
    loaded, wish = None if letter is None else _letter(letter), _stop_wish(document.get("stop_wish"))
    return Dossier(
        code=document["_id"],
        facts=KnownFacts.load(document.get("facts", {})),
        reported_at=document.get("reported_at"),
        contact=None if contact is None else _contact(contact),
        invitation=None if invited is None else Invitation(invited["epoch"], invited["sealed"]),
        promise=None if promise is None else Promise(promise["v"], promise["due"], promise["basis"]),
        settled=None if settled is None else Settled(settled["v"], settled["outcome"]),
        letter=loaded,
        history=tuple(_step(kept) for kept in document.get("history", ())),
        messages=messages,
        texts=document.get("texts", {}),
        owed=None if owed is None else _owed(owed),
        rungs=tuple(document.get("rungs", ())),
        client_ids=tuple(document.get(CLIENT_IDS, ())),
        incomplete=bool(document.get("incomplete")),
        recovering=_recovering(document, messages, _next_at(messages, loaded, wish)),
        stop_wish=wish,
        corrections=tuple(CorrectedBy(one["at"], By(one["by"], one["by_subject"])) for one in document.get("corrections", ())),
    )


def _derived(dossier: Dossier) -> dict[str, Any]:
    """What indexes need."""
    told, lost = dossier.recovering, any(is_unreached(name, one) for name, one in dossier.messages.items())
    failed = {FAILED: 1 if dossier.has_failed else None, UNREACHED: 1 if lost else None}
    if told is not None:
        return {RECOVERED: _dump_recovering(told) or None, HELD: 1 if told.held else None, **failed}
    next_at = _next_at(dossier.messages, dossier.letter, dossier.stop_wish)
    lane, locked = None if next_at is None else lane_of(dossier), _first_lock(dossier.messages)
    nobodys = isinstance(dossier.letter, letters.Sent) and dossier.letter.contact is None
    now = {NEXT_SEND: next_at, LANE: lane, HELD: 1 if dossier.has_uncertain else None, LOCKED: locked}
    result = dossier.messages.get(notices.RESULT)
    misleads = result is not None and listing_of(dossier, notices.RESULT, result) == "taken-back"
    letter = {UNADDRESSED: 1 if nobodys else None, ON_PAPER: on_paper(dossier)}
    return {**now, **letter, TAKEN_BACK: 1 if misleads else None, **failed}


def lane_of(dossier: Dossier) -> str:
    """Whose turn it is: what somebody waits for goes before invitations, and units take turns. Text that sorts so."""
    received, letter = dossier.facts.first(Received), dossier.letter
    due = [name for name, message in dossier.messages.items() if notices.due_at(message) is not None]
    bulk = bool(due) and all(name in notices.BULK for name in due)
    unit = received.receiving_unit if received is not None else letter.draft.unit if letter is not None else ""
    return f"{1 if bulk else 0} {unit}"


def _next_at(messages: Mapping[Notice, notices.Message], letter: letters.Letter | None, wish: StopWish | None) -> int | None:
    waiting = [due for due in map(notices.due_at, messages.values()) if due is not None]
    if wish is not None and wish.next_at is not None:
        waiting.append(wish.next_at)
    if isinstance(letter, letters.Issuing) and letter.next_at is not None:
        waiting.append(letter.next_at)
    return min(waiting, default=None)


def _first_lock(messages: Mapping[Notice, notices.Message]) -> str | None:
    locks = [one.locked for one in messages.values() if isinstance(one, notices.Open) and one.locked is not None]
    return min(map(_dump_lock, locks), default=None)


def _lock(kept: str) -> Locked:
    epoch, _, why = kept.partition("/")
    return Locked(int(epoch), "wrong-key" if why == "wrong-key" else "no-key")


def _dump_lock(locked: Locked) -> str:
    return f"{locked.epoch}/{locked.why}"


def _contact(kept: Mapping[str, Any]) -> Contact | Forgotten:
    return Forgotten(kept["seq"]) if kept.get("gone") else _open_contact(kept)


def _open_contact(kept: Mapping[str, Any]) -> Contact:
    return Contact(kept["seq"], kept["epoch"], kept["sealed"], kept.get("n", 0))


def _dump_contact(contact: Contact | Forgotten) -> dict[str, Any]:
    if isinstance(contact, Forgotten):
        return {"seq": contact.sequence, "gone": True}
    written = {"seq": contact.sequence, "epoch": contact.epoch, "sealed": contact.sealed}
    return {**written, "n": contact.correction} if contact.correction else written


def _dump_corrections(corrections: Sequence[CorrectedBy]) -> list[dict[str, Any]] | None:
    return [{"at": one.at, "by": one.by.name, "by_subject": one.by.subject} for one in corrections] or None


def _dump_invitation(invitation: Invitation) -> dict[str, Any]:
    return {"epoch": invitation.epoch, "sealed": invitation.sealed}


def _dump_promise(promise: Promise) -> dict[str, Any]:
    return {"v": promise.version, "due": promise.due, "basis": promise.basis}


def _dump_settled(settled: Settled) -> dict[str, Any]:
    return {"v": settled.version, "outcome": settled.outcome}


def _stop_wish(kept: Mapping[str, Any] | None) -> StopWish | None:
    return None if kept is None else StopWish(kept["at"], kept.get("next"))


def _dump_stop_wish(wish: StopWish) -> dict[str, Any]:
    return {"at": wish.at} if wish.next_at is None else {"at": wish.at, "next": wish.next_at}


# --- messages ----------------------------------------------------------------------------------------------------------------

_IN_MESSAGE = frozenset(
    (
        *("s", "at", "next", "last", "waits", "missed", "locked", "claim", "kind", "reason"),
        *("tries", "via", "doubt", "round", "serial", "channel", "corrected", "text_version", "by", "by_subject"),
    )
)
MESSAGE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
_MESSAGE_NAMES: Mapping[type[notices.Message], str] = {
    notices.Queued: "queued",
    notices.Claimed: "claimed",
    notices.Accepted: "accepted",
    notices.Failed: "failed",
    notices.Skipped: "skipped",
    notices.Delivered: "delivered",
    notices.Uncertain: "uncertain",
}


def _message(called: Notice, kept: Mapping[str, Any]) -> notices.Message:
    """{s: state, at, next, last, waits, missed, locked, claim, kind, reason; its way: tries, via, doubt, round, serial,
    channel, corrected, text_version, by, by_subject}."""
    if called.partition("/")[0] not in MESSAGE_KINDS or kept.get("channel", notices.SMS) not in CHANNELS:
        raise newer("message", f"{called} by {kept.get('channel', notices.SMS)}")
    name, at, way = kept["s"], kept["at"], _way(kept)
    locked = _lock(kept["locked"]) if "locked" in kept else None
    match name:
        case "queued":
            return notices.Queued(at, kept["next"], _waits_since(kept), way, locked)
        case "claimed":
            return notices.Claimed(at, kept["next"], _waits_since(kept), way, kept.get("claim", ""), locked)
        case "accepted":
            return notices.Accepted(at, way, kept.get("next"), kept.get("last", False))
        case "failed":
            return notices.Failed(at, way, kept.get("kind", ""), kept.get("reason", ""), kept.get("next"))
        case "skipped":
            return notices.Skipped(at, way, kept.get("reason", ""))
        case "delivered" | "uncertain":
            return notices.Delivered(at, way, kept.get("claim", "")) if name == "delivered" else notices.Uncertain(at, way)
    raise newer("message", name)


def _waits_since(kept: Mapping[str, Any]) -> int:
    """When it first missed its contact (ms); what was kept before that was written down counts from its cause."""
    since: int = kept.get("missed", kept["at"])
    return since if kept.get("waits", False) else 0


def _way(kept: Mapping[str, Any]) -> notices.Way:
    by = By(kept["by"], kept.get("by_subject", "")) if "by" in kept else None
    tries, via, doubt = kept.get("tries", 0), kept.get("via", ""), kept.get("doubt", False)
    count, serial, channel = kept.get("round", 1), kept.get("serial", 1), kept.get("channel", notices.SMS)
    return notices.Way(tries, via, count, serial, by, doubt, channel, kept.get("corrected", False), kept.get("text_version", 0))


def _dump_messages(messages: Mapping[Notice, notices.Message]) -> dict[str, Any] | None:
    return {name: _dump_message(message) for name, message in messages.items()} or None


def _dump_message(message: notices.Message) -> dict[str, Any]:
    written: dict[str, Any] = {"s": _MESSAGE_NAMES[type(message)], "at": message.at}
    if notices.due_at(message) is not None:
        written["next"] = notices.due_at(message)
    if isinstance(message, notices.Accepted) and message.last:
        written["last"] = True
    if isinstance(message, notices.Skipped) and message.reason:
        written["reason"] = message.reason
    if isinstance(message, notices.Open):
        written |= {"waits": True} if message.waits_since else {}
        written |= {"missed": message.waits_since} if message.waits_since not in (0, message.at) else {}
        if message.locked is not None:
            written["locked"] = _dump_lock(message.locked)
    if isinstance(message, notices.Claimed | notices.Delivered) and message.claim:
        written["claim"] = message.claim
    if isinstance(message, notices.Failed) and message.kind:
        written |= {"kind": message.kind, "reason": message.reason}
    return written | _dump_way(message.way)


def _dump_way(way: notices.Way) -> dict[str, Any]:
    """What is not as at the start."""
    kept = {
        name: getattr(way, name)
        for name in ("tries", "via", "doubt", "round", "serial", "channel", "corrected", "text_version")
    }
    who = {} if way.by is None else {"by": way.by.name, "by_subject": way.by.subject}
    return {name: value for name, value in kept.items() if value != getattr(notices.START, name)} | who


# --- letters -----------------------------------------------------------------------------------------------------------------

LETTER_STATES: Mapping[type[letters.Letter], LetterState] = {
    letters.Drafted: "drafted",
    letters.Approved: "approved",
    letters.Issuing: "issuing",
    letters.Sent: "sent",
    letters.Rejected: "rejected",
    letters.Withdrawn: "withdrawn",
}


# What a letter may be, and why: a release that knows no more than these would print or answer nonsense about another.
_LETTER_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(letters.LetterKind),
    "reason": get_args(LateReason),
    "why": get_args(letters.WhyNot),
    "waits": get_args(Obstacle),
}


_ON_PAPER: tuple[str, ...] = get_args(letters.PaperState)


def _letter(kept: Mapping[str, Any]) -> letters.Letter:
    """{s: state, n: which draft, unit, due, at, sign_by; kind, about: of one that answers a petition; and what the state has};
    what another state left is passed over."""
    if strange := [str(kept[name]) for name, known in _LETTER_WORDS.items() if name in kept and kept[name] not in known]:
        raise newer("letter", ", ".join(strange))
    own = kept["n"], kept["unit"], kept["due"], kept["at"], kept.get("sign_by")
    draft = letters.Draft(*own, kept.get("kind", "late"), kept.get("about"))
    match kept["s"]:
        case "drafted":
            return letters.Drafted(draft, _back(kept))
        case "withdrawn":
            return letters.Withdrawn(draft, _back(kept))
        case "rejected":
            return letters.Rejected(draft, kept["why"], kept["by"], _back(kept), kept.get("by_subject"))
        case "approved":
            return letters.Approved(draft, _signature(kept), kept["new_due"])
        case "issuing":
            return letters.Issuing(
                draft, _signature(kept), kept.get("new_due"), kept.get("next"), kept.get("claimed", False), kept.get("waits")
            )
        case "sent":
            signed = _signature(kept) if "ask" in kept else None
            contact = kept.get("contact")
            whom = None if contact is None else _open_contact(contact)
            numbered = (kept.get("number"), kept.get("year"), kept["sent_at"])
            paper = tuple(_paper_step(one) for one in kept.get("paper", ()))
            more = kept.get("link", ""), kept.get("stamped"), paper
            return letters.Sent(draft, signed, kept.get("new_due"), *numbered, whom, *more)
        case unknown:
            raise newer("letter", unknown)


def _paper_step(kept: Mapping[str, Any]) -> letters.PaperStep:
    """{what, at, day, batch, by, by_subject}."""
    if kept["what"] not in _ON_PAPER:
        raise newer("letter on paper", kept["what"])
    by = By(kept["by"], kept["by_subject"])
    return letters.PaperStep(kept["what"], kept["at"], date.fromisoformat(kept["day"]), kept.get("batch", ""), by)


def _dump_paper_step(step: letters.PaperStep) -> dict[str, Any]:
    written = {"what": step.what, "at": step.at, "day": step.day.isoformat(), "by": step.by.name, "by_subject": step.by.subject}
    return written | {"batch": step.batch} if step.batch else written


def _back(kept: Mapping[str, Any]) -> letters.Back:
    refusal = kept.get("refusal")
    return letters.Back(None if refusal is None else letters.Refusal(*refusal), kept.get("remark", ""), kept.get("granted"))


def _signature(kept: Mapping[str, Any]) -> letters.Signature:
    return letters.Signature(
        kept.get("reason"),
        kept["approved_at"],
        kept["ask"],
        kept.get("note"),
        kept.get("by"),
        kept.get("by_subject"),
        kept.get("previewed"),
        kept.get("done"),
        not kept.get("unnumbered", False),
    )


def _dump_letter(letter: letters.Letter) -> dict[str, Any]:
    draft = letter.draft
    written = {"n": draft.number, "s": LETTER_STATES[type(letter)], "unit": draft.unit, "due": draft.due, "at": draft.at}
    more = {"sign_by": draft.sign_by, "kind": draft.answers, "about": draft.about}
    return {name: value for name, value in {**written, **more, **_of_state(letter)}.items() if value is not None}


def _of_state(letter: letters.Letter) -> dict[str, Any]:
    match letter:
        case letters.Drafted(_, back) | letters.Withdrawn(_, back):
            return _dump_back(back)
        case letters.Rejected(_, why, by, back, subject):
            return {"why": why, "by": by, "by_subject": subject, **_dump_back(back)}
        case letters.Approved(_, signed, new_due):
            return {"new_due": new_due, **_dump_signature(signed)}
        case letters.Issuing(_, signed, maybe_due, next_at, claimed, waits):
            going = {"next": next_at, "claimed": claimed or None, "waits": waits}
            return {"new_due": maybe_due, **going, **_dump_signature(signed)}
        case letters.Sent():
            return {
                "number": letter.number,
                "year": letter.year,
                "sent_at": letter.at,
                "new_due": letter.new_due,
                "contact": None if letter.contact is None else _dump_contact(letter.contact),
                "link": letter.link or None,
                "stamped": letter.stamped,
                "paper": [_dump_paper_step(step) for step in letter.paper] or None,
                **({} if letter.signed is None else _dump_signature(letter.signed)),
            }


def _dump_back(back: letters.Back) -> dict[str, Any]:
    refusal = None if back.refusal is None else _dump_refusal(back.refusal)
    return {"refusal": refusal, "remark": back.remark or None, "granted": back.granted}


def _dump_signature(signed: letters.Signature) -> dict[str, Any]:
    who = {"by": signed.by, "by_subject": signed.subject, "previewed": signed.previewed}
    said = {"note": signed.note, "done": signed.done, "unnumbered": None if signed.numbered else True}
    return {"reason": signed.reason, **said, **who, "approved_at": signed.at, "ask": signed.ask}


def _dump_refusal(refusal: letters.Refusal) -> list[str | None]:
    """[rule in words, sentence, code]; an earlier release kept no code."""
    return [refusal.rule, refusal.text, refusal.code]


_IN_LETTER = frozenset(
    (
        *("n", "s", "unit", "due", "at", "sign_by", "kind", "about", "done", "unnumbered", "refusal", "remark", "granted"),
        *("why", "by", "by_subject", "previewed", "new_due", "next", "claimed", "waits"),
        *("reason", "note", "approved_at", "ask", "number", "year", "sent_at", "contact", "link", "stamped", "paper"),
    )
)


def _step(kept: Mapping[str, Any]) -> letters.LetterStep:
    """{s: state, n: which draft, at, by, by_subject, why}."""
    return letters.LetterStep(kept["s"], kept["n"], kept["at"], kept.get("by"), kept.get("by_subject"), kept.get("why", ""))


def _dump_steps(steps: Sequence[letters.LetterStep]) -> list[dict[str, Any]] | None:
    return [_dump_step(step) for step in steps] or None


def _dump_step(step: letters.LetterStep) -> dict[str, Any]:
    written = {"s": step.state, "n": step.draft, "at": step.at, "by": step.by, "by_subject": step.subject, "why": step.why}
    return {name: value for name, value in written.items() if value not in (None, "")}


# --- recovering --------------------------------------------------------------------------------------------------------------


def _recovering(document: Document, messages: Mapping[Notice, notices.Message], next_at: int | None) -> Recovering | None:
    """What a dossier that recovers remembers: one that was told something, or that indexes do not know as it is."""
    uncertain = notices.Uncertain in map(type, messages.values())
    resting = NEXT_SEND not in document and next_at is not None
    if RECOVERED not in document and not resting and uncertain == (HELD in document):
        return None
    kept = document.get(RECOVERED, {})
    return Recovering(
        asks=kept.get("asks", {}),
        refusals={ask: letters.Refusal(*refusal) for ask, refusal in kept.get("refusals", {}).items()},
        calls={identity: _call(call) for identity, call in kept.get("calls", {}).items()},
        sent=kept.get("sent", False),
        held=HELD in document,
    )


def _dump_recovering(told: Recovering) -> dict[str, Any]:
    parts = {
        "asks": dict(told.asks),
        "refusals": {ask: _dump_refusal(refusal) for ask, refusal in told.refusals.items()},
        "calls": {identity: _dump_call(call) for identity, call in told.calls.items()},
        "sent": told.sent,
    }
    return {name: value for name, value in parts.items() if value}


def _call(kept: Mapping[str, str]) -> Call:
    kind: Any = kept["kind"]
    at, recorded, due_at = (datetime.fromisoformat(kept[name]) for name in ("at", "recorded", "due_at"))
    sign_by = datetime.fromisoformat(kept["sign_by"]) if "sign_by" in kept else None
    return Call(kind, at, recorded, kept["unit"], due_at, sign_by)


def _dump_call(call: Call) -> dict[str, Any]:
    times = {name: time.isoformat() for name, time in asdict(call).items() if isinstance(time, datetime)}
    return {"kind": call.kind, "unit": call.unit, **times}


def _owed(kept: Mapping[str, Any]) -> Owed:
    """{v, round, at, unit, kind, dossier, given, giver}."""
    of = kept.get("kind"), kept.get("dossier"), kept.get("given"), kept.get("giver", "person")
    return Owed(kept["v"], kept["round"], kept["at"], kept["unit"], *of)


def _dump_owed(owed: Owed) -> dict[str, Any]:
    kept = {"kind": owed.kind, "dossier": owed.dossier, "given": owed.given}
    giver = {} if owed.giver == "person" else {"giver": owed.giver}
    stands = {"v": owed.version, "round": owed.round, "at": owed.at, "unit": owed.unit}
    return {**stands, **{name: value for name, value in kept.items() if value is not None}, **giver}


CODEC = Codec(
    load,
    kept=(
        Kept("facts", lambda dossier: dossier.facts, lambda facts: facts.dump() or None),
        Kept("reported_at", lambda dossier: dossier.reported_at),
        Kept("contact", lambda dossier: dossier.contact, _dump_contact),
        Kept("invited", lambda dossier: dossier.invitation, _dump_invitation),
        Kept("deadline", lambda dossier: dossier.promise, _dump_promise),
        Kept("settled", lambda dossier: dossier.settled, _dump_settled),
        Kept("letter", lambda dossier: dossier.letter, _dump_letter, inside=_IN_LETTER),
        Kept("owed", lambda dossier: dossier.owed, _dump_owed),
        Kept("history", lambda dossier: dossier.history, _dump_steps),
        Kept("notices", lambda dossier: dossier.messages, _dump_messages, inside_each=_IN_MESSAGE),
        Kept("texts", lambda dossier: dossier.texts, lambda texts: dict(texts) or None),
        Kept("rungs", lambda dossier: dossier.rungs, lambda rungs: list(rungs) or None),
        Kept("stop_wish", lambda dossier: dossier.stop_wish, _dump_stop_wish),
        Kept("corrections", lambda dossier: dossier.corrections, _dump_corrections),
        Kept(CLIENT_IDS, lambda dossier: dossier.client_ids, lambda ids: list(ids) or None),
    ),
    derived=Derived(
        (NEXT_SEND, LANE, HELD, FAILED, UNREACHED, TAKEN_BACK, LOCKED, UNADDRESSED, ON_PAPER, RECOVERED),
        _derived,
        of=lambda dossier: (dossier.messages, dossier.letter, dossier.recovering, dossier.facts, dossier.stop_wish),
    ),
)


# --- the register ------------------------------------------------------------------------------------------------------------


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


# --- letters that were printed together -------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """Letters of a body that were printed together; `at` in ms. `left`: those that could not be, and why in words."""

    unit: str
    year: int
    number: int
    at: int
    by: By
    dossiers: tuple[str, ...]
    left: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """`3/2026`, as people call it."""
        return f"{self.number}/{self.year}"


async def enter_batch(store: Documents, batch: Batch) -> bool:
    """Keep a batch; False if there is one with its number. Raises Unavailable: it may be kept, or be kept later."""
    kept = {"series": f"{batch.unit}/{batch.year}", "number": batch.number, "at": batch.at, "by": batch.by.name}
    more = {"by_subject": batch.by.subject, "dossiers": list(batch.dossiers), "left": [list(one) for one in batch.left]}
    return await store.insert_unique(
        BATCHES, {"_id": _batch_id(batch.unit, batch.year, batch.number), "rev": 0, **kept, **more}
    )


async def find_batch(store: Documents, unit: str, year: int, number: int) -> Batch | None:
    """A batch by its number."""
    name = _batch_id(unit, year, number)
    kept = (await store.get_many(BATCHES, [name])).get(name)
    return None if kept is None else _batch(kept)


async def count_batches(store: Documents, unit: str, year: int) -> int:
    """How many batches a body printed in a year."""
    counted = await store.count_by(BATCHES, {"series": f"{unit}/{year}"})
    return counted[0].count if counted else 0


async def last_batches(store: Documents, unit: str, year: int, most: int) -> list[Batch]:
    """The last few of a year, the newest first."""
    first = max(1, await count_batches(store, unit, year) - most + 1)
    names = [_batch_id(unit, year, number) for number in range(first, first + most)]
    found = await store.get_many(BATCHES, names)
    return [_batch(found[name]) for name in reversed(names) if name in found]


def _batch_id(unit: str, year: int, number: int) -> str:
    return f"{unit}/{year}/{number:05d}"


def _batch(kept: Document) -> Batch:
    unit, _, year = kept["series"].partition("/")
    by = By(kept["by"], kept["by_subject"])
    return Batch(
        unit,
        int(year),
        kept["number"],
        kept["at"],
        by,
        tuple(kept["dossiers"]),
        tuple((code, why) for code, why in kept["left"]),
    )


# --- letters as they were issued -------------------------------------------------------------------------------------------


class Sealing(NamedTuple):
    """What only the key of an epoch opens."""

    epoch: int
    box: str


class Paper(NamedTuple):
    """The PDF of a letter, sealed, and the moment (ms) whose day it bears. `link`: the digest of the token that opens it; ""
    if none does. `signed`: with the key of its body."""

    at: int
    sealed: Sealing
    link: str = ""
    signed: bool | None = None


class Linked(NamedTuple):
    """A paper that was found by its link, and whose letter it is."""

    dossier: str
    paper: Paper


async def find_paper(store: Documents, dossier: str) -> Paper | None:
    """The paper of a dossier's letter; None if none was kept, or it was shredded."""
    kept = (await store.get_many(PAPERS, [dossier])).get(dossier)
    return None if kept is None or "sealed" not in kept else _paper(kept)


async def find_linked(store: Documents, link: str) -> Linked | None:
    """The paper that the token with this digest opens; None if there is none, or it was shredded."""
    found = await store.find(PAPERS, {"link": link}, limit=1)
    return Linked(found[0]["_id"], _paper(found[0])) if found and "sealed" in found[0] else None


def _paper(kept: Document) -> Paper:
    return Paper(kept["at"], Sealing(kept["epoch"], kept["sealed"]), kept.get("link", ""), kept.get("signed"))


async def enter_paper(store: Documents, dossier: str, paper: Paper) -> None:
    """Keep a paper, unless there is one: the first holds. Raises Unavailable: it may be kept, or be kept later."""
    kept = {"at": paper.at, "epoch": paper.sealed.epoch, "sealed": paper.sealed.box}
    kept |= {"link": paper.link} if paper.link else {}
    kept |= {"signed": paper.signed} if paper.signed is not None else {}
    await store.insert_unique(PAPERS, {"_id": dossier, "rev": 0, **kept})


async def shred_papers(store: Documents) -> int:
    """Take away the papers of letters that name nobody any more; returns how many. An empty one stays in the place of each, so
    that a write that comes late brings none back."""
    shredded, after = 0, None
    while found := await store.find(DOSSIERS, {UNADDRESSED: 1}, after=after):
        after = (found[-1]["_id"], found[-1]["_id"])
        papers = await store.get_many(PAPERS, [document["_id"] for document in found])
        gone = [{"_id": name, "rev": paper["rev"]} for name, paper in papers.items() if "sealed" in paper]
        shredded += len(gone) - len(await store.save_many(PAPERS, gone)) if gone else 0
    return shredded


# --- what persons want of messages that nobody has to send -------------------------------------------------------------------


class KeptWishes(NamedTuple):
    """What is kept under one digest. `rev`: of the document, 0 if there is none; `key`: what the secret is called that made
    the digest; `moved`: it lies under the digest of a newer secret now."""

    digest: str
    key: str
    wishes: Wishes
    rev: int = 0
    moved: bool = False


async def find_wishes(store: Documents, digests: Sequence[str]) -> dict[str, KeptWishes]:
    """What is kept under some digests."""
    found = await store.get_many(WISHES, digests)
    return {digest: _wishes(document) for digest, document in found.items()}


async def save_wishes(store: Documents, kept: Sequence[KeptWishes]) -> set[str]:
    """Save them; returns the digests of which somebody else saved more meanwhile. Raises Unavailable: any may be saved."""
    return await store.save_many(WISHES, [{"_id": one.digest, "rev": one.rev, **_dump_wishes(one)} for one in kept])


async def count_wishes(store: Documents) -> dict[str, int]:
    """How many numbers have something kept under the digest of each secret, by what the secret is called."""
    rows = await store.count_by(WISHES, {}, group=("key", "moved"))
    return {str(row.group[0]): row.count for row in rows if not row.group[1]}


def _wishes(kept: Document) -> KeptWishes:
    """{key, moved, steps: [{id, at, stop, source, dossier, by, by_subject}], last: {kind: {at, dossier}}}."""
    steps = tuple(
        WishStep(
            one["id"],
            one["at"],
            one["stop"],
            one["source"],
            one.get("dossier", ""),
            By(one["by"], one["by_subject"]) if "by" in one else None,
        )
        for one in kept.get("steps", ())
    )
    last = {kind: LastSent(one["at"], one["dossier"]) for kind, one in kept.get("last", {}).items()}
    return KeptWishes(kept["_id"], kept["key"], Wishes(steps, last), kept["rev"], kept.get("moved", False))


def _dump_wishes(kept: KeptWishes) -> dict[str, Any]:
    steps = [_dump_wish_step(step) for step in kept.wishes.steps]
    last = {kind: asdict(one) for kind, one in kept.wishes.last.items()}
    written = {"key": kept.key, "steps": steps, "last": last}
    return written | {"moved": True} if kept.moved else written


def _dump_wish_step(step: WishStep) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": step.id, "at": step.at, "stop": step.stop, "source": step.source}
    if step.dossier:
        plain["dossier"] = step.dossier
    return plain if step.by is None else {**plain, "by": step.by.name, "by_subject": step.by.subject}


# --- who had names opened --------------------------------------------------------------------------------------------------


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


# --- texts of messages in units' own words -----------------------------------------------------------------------------------


async def enter_text(store: Documents, text: UnitText) -> bool:
    """Keep a version; False if there is one with its number. Raises Unavailable: it may be kept, or be kept later."""
    document = {"_id": f"{text.unit}/{text.form}/{text.version:06d}", "rev": 0, **asdict(text)}
    return await store.insert_unique(TEXTS, document)


async def texts_of(store: Documents, unit: str) -> list[UnitText]:
    """All versions of a unit's texts, by form, the oldest first."""
    return await _read_texts(store, {"unit": unit})


async def newest_texts(store: Documents) -> Texts:
    """The newest version of each text of each unit."""
    return {(text.unit, text.form): text for text in await _read_texts(store, {})}


async def _read_texts(store: Documents, where: Where) -> list[UnitText]:
    found: list[UnitText] = []
    after = None
    while page := await store.find(TEXTS, where, after=after):
        after = (page[-1]["_id"], page[-1]["_id"])
        found += [
            UnitText(*(kept[name] for name in ("unit", "form", "version", "text", "at", "by", "subject"))) for kept in page
        ]
    return found

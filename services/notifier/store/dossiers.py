"""How a dossier, or a petition, is written.

`next_send_at` (when something of a dossier is due), `lane` (whose turn that is: how urgent, of which unit), `held` (one of its
messages is uncertain), `failed`, `unreached` (one had nobody to go to), `taken_back` (its reader believes what is no longer
so), `on_paper`, `printed_at` and `locked` (the key that one waits for) follow from the rest; a dossier that recovers has no
`next_send_at`, and keeps `held` as its copy had it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from contracts.notices import Notice
from runtime.store import Document
from services.changes import By
from services.facts import KnownFacts
from services.notifier.domain import Contact, Dossier, Forgotten, Invitation
from services.notifier.domain import letter as letters
from services.notifier.domain import notice as notices
from services.notifier.domain.contact import CorrectedBy
from services.notifier.domain.dossier import Call, Promise, Received, Recovering, Settled, StopWish
from services.notifier.domain.ladder import is_unreached
from services.notifier.domain.on_paper import on_paper, printed_at
from services.notifier.domain.owed import Owed
from services.notifier.domain.worklist import listing_of
from services.notifier.store.letters import IN_LETTER, dump_letter, dump_refusal, dump_steps, letter_of, step_of
from services.notifier.store.messages import IN_MESSAGE, dump_messages, message_of
from services.notifier.store.names import (
    CLIENT_IDS,
    FAILED,
    HELD,
    LANE,
    LOCKED,
    NEXT_SEND,
    ON_PAPER,
    PRINTED_AT,
    RECOVERED,
    TAKEN_BACK,
    UNADDRESSED,
    UNREACHED,
)
from services.notifier.store.parts import dump_contact, dump_lock, open_contact
from services.stored import Codec, Derived, Kept


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    contact, invited, letter = document.get("contact"), document.get("invited"), document.get("letter")
    promise, settled, owed = document.get("deadline"), document.get("settled"), document.get("owed")
    messages = {name: message_of(name, kept) for name, kept in document.get("notices", {}).items()}
    loaded, wish = None if letter is None else letter_of(letter), _stop_wish(document.get("stop_wish"))
    return Dossier(
        code=document["_id"],
        facts=KnownFacts.load(document.get("facts", {})),
        reported_at=document.get("reported_at"),
        contact=None if contact is None else _contact(contact),
        invitation=None if invited is None else Invitation(invited["epoch"], invited["sealed"]),
        promise=None if promise is None else Promise(promise["v"], promise["due"], promise["basis"]),
        settled=None if settled is None else Settled(settled["v"], settled["outcome"]),
        letter=loaded,
        history=tuple(step_of(kept) for kept in document.get("history", ())),
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
    letter = {UNADDRESSED: 1 if nobodys else None, ON_PAPER: on_paper(dossier), PRINTED_AT: printed_at(dossier)}
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
    return min(map(dump_lock, locks), default=None)


def _contact(kept: Mapping[str, Any]) -> Contact | Forgotten:
    return Forgotten(kept["seq"]) if kept.get("gone") else open_contact(kept)


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
        "refusals": {ask: dump_refusal(refusal) for ask, refusal in told.refusals.items()},
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
        Kept("contact", lambda dossier: dossier.contact, dump_contact),
        Kept("invited", lambda dossier: dossier.invitation, _dump_invitation),
        Kept("deadline", lambda dossier: dossier.promise, _dump_promise),
        Kept("settled", lambda dossier: dossier.settled, _dump_settled),
        Kept("letter", lambda dossier: dossier.letter, dump_letter, inside=IN_LETTER),
        Kept("owed", lambda dossier: dossier.owed, _dump_owed),
        Kept("history", lambda dossier: dossier.history, dump_steps),
        Kept("notices", lambda dossier: dossier.messages, dump_messages, inside_each=IN_MESSAGE),
        Kept("texts", lambda dossier: dossier.texts, lambda texts: dict(texts) or None),
        Kept("rungs", lambda dossier: dossier.rungs, lambda rungs: list(rungs) or None),
        Kept("stop_wish", lambda dossier: dossier.stop_wish, _dump_stop_wish),
        Kept("corrections", lambda dossier: dossier.corrections, _dump_corrections),
        Kept(CLIENT_IDS, lambda dossier: dossier.client_ids, lambda ids: list(ids) or None),
    ),
    derived=Derived(
        (NEXT_SEND, LANE, HELD, FAILED, UNREACHED, TAKEN_BACK, LOCKED, UNADDRESSED, ON_PAPER, PRINTED_AT, RECOVERED),
        _derived,
        of=lambda dossier: (dossier.messages, dossier.letter, dossier.recovering, dossier.facts, dossier.stop_wish),
    ),
)

"""sla's documents: one per dossier, found by id, by the time of its next rung, and by its due moment while it is open; one per
change of the calendar. Only this room knows how they are kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from contracts.notices import LetterApproved
from reference.limits import amount
from runtime.outputs import UNSETTLED
from runtime.store import Document, Documents, In, Index, Range, Where
from services.changes import By
from services.facts import KnownFacts
from services.sla.domain import (
    Acceptance,
    Conflict,
    Deadline,
    Dossier,
    End,
    Ended,
    LimitUse,
    Reopened,
    Settled,
    Standing,
    Submission,
    Wait,
    Watch,
)
from services.sla.domain.journal import Entry, Slot
from services.sla.domain.recovered import Asked, Clock, EndSaid, LastFact, PromiseSaid, Rang, Recovered
from services.stored import Codec, Derived, Kept

DOSSIERS = "dossiers"
JOURNAL = "calendar"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup
NEXT_RUNG = "next_rung_at"
OPEN_DUE = "open_due"  # the due moment, while the dossier is open
ACCEPT_BY, ACCEPT_UNIT = "accept_by", "accept_unit"  # until when who is to accept it, while it waits for that
UNCOUNTED = "uncounted_since"  # when the time to accept it began, where no calendar reached its end
CONFLICT = "conflict.number"  # the change that contradicts a printed date; asked for rarely, so it has no index
DIFFERS = "differs"  # our count, where the printed date is another


async def declare(store: Documents) -> None:
    """Make the collections and their indexes."""
    await store.declare(DOSSIERS, [Index(NEXT_RUNG), Index(OPEN_DUE), Index(ACCEPT_BY), Index(UNCOUNTED), Index(UNSETTLED)])
    await store.declare(JOURNAL)


# --- lists ---------------------------------------------------------------------------------------------------------------


Units = Sequence[str] | None  # of a list; None: of all


async def conflicts(store: Documents, units: Units, limit: int) -> list[Dossier]:
    """Printed dates that a change of the calendar contradicts, in the order of the changes."""
    return await _find(store, units, {CONFLICT: Range(low=1)}, CONFLICT, limit)


async def differences(store: Documents, units: Units, limit: int) -> list[Dossier]:
    """Open dossiers whose printed date is not the counted one, the first due first."""
    return await _find(store, units, {DIFFERS: Range(low=1)}, OPEN_DUE, limit)


async def overdue(store: Documents, units: Units, before: int, limit: int) -> list[Dossier]:
    """Open dossiers that were due before a moment (ms), the longest first."""
    return await _find(store, units, {OPEN_DUE: Range(high=before - 1)}, OPEN_DUE, limit)


@dataclass(frozen=True, slots=True)
class Page:
    """Dossiers of a list, and the place behind them as text; None at its end. A document that this release cannot read is left
    out, and the list goes on behind it."""

    dossiers: list[Dossier]
    after: str | None


async def due_within(store: Documents, units: Units, span: Range, after: tuple[int, str] | None, limit: int) -> Page:
    """Open dossiers whose date in force lies within a span (ms), the first due first, behind a place (date, code)."""
    return await _within(store, {**_of(units), OPEN_DUE: span}, OPEN_DUE, after, limit)


async def count_due_within(store: Documents, units: Units, span: Range) -> int:
    """How many those are."""
    return await _count(store, {**_of(units), OPEN_DUE: span})


async def count_due_by_unit(store: Documents, units: Units, span: Range) -> dict[str, int]:
    """The same, of each unit that has any."""
    rows = await store.count_by(DOSSIERS, {**_of(units), OPEN_DUE: span}, group=["unit"])
    return {str(row.group[0]): row.count for row in rows}


async def unaccepted_within(store: Documents, units: Units, span: Range, after: tuple[int, str] | None, limit: int) -> Page:
    """Dossiers that wait to be accepted until a moment within a span (ms), the first due first, behind a place."""
    return await _within(store, {**_of(units, ACCEPT_UNIT), ACCEPT_BY: span}, ACCEPT_BY, after, limit)


async def count_unaccepted_within(store: Documents, units: Units, span: Range) -> int:
    """How many those are."""
    return await _count(store, {**_of(units, ACCEPT_UNIT), ACCEPT_BY: span})


async def _within(store: Documents, where: Where, order: str, after: tuple[int, str] | None, limit: int) -> Page:
    found = await store.find(DOSSIERS, where, order=order, limit=limit, after=after)
    more = f"{found[-1][order]}~{found[-1]['_id']}" if len(found) == limit else None
    return Page(CODEC.read_all(found), more)


async def _count(store: Documents, where: Where) -> int:
    return sum(row.count for row in await store.count_by(DOSSIERS, where))


async def find_one(store: Documents, code: str) -> Dossier | None:
    """One dossier; None if nothing of it is known."""
    found = await store.get_many(DOSSIERS, [code])
    return load(found[code]) if code in found else None


def _of(units: Units, field: str = "unit") -> Where:
    return {} if units is None else {field: In(tuple(units))}


async def _find(store: Documents, units: Units, where: Where, order: str, limit: int) -> list[Dossier]:
    found = await store.find(DOSSIERS, {**_of(units), **where}, order=order, limit=limit)
    return CODEC.read_all(found)


async def open_dossiers(store: Documents, size: int) -> AsyncIterator[list[Dossier]]:
    """The open dossiers that have a date, page by page."""
    async for page in _pages(store, OPEN_DUE, size):
        yield page


async def unaccepted_dossiers(store: Documents, size: int) -> AsyncIterator[list[Dossier]]:
    """The dossiers that wait to be accepted, page by page."""
    async for page in _pages(store, ACCEPT_BY, size):
        yield page


async def uncounted_dossiers(store: Documents, size: int) -> AsyncIterator[list[Dossier]]:
    """The dossiers that were submitted and could not be counted, page by page."""
    async for page in _pages(store, UNCOUNTED, size):
        yield page


async def _pages(store: Documents, by: str, size: int) -> AsyncIterator[list[Dossier]]:
    place = None
    while found := await store.find(DOSSIERS, {by: Range(low=0)}, order=by, limit=size, after=place):
        place = (found[-1][by], found[-1]["_id"])
        yield CODEC.read_all(found)
        if len(found) < size:
            return


async def journal(store: Documents) -> list[Entry]:
    """All changes of the calendar, in their order."""
    slots = [load_slot(document) for document in await store.find(JOURNAL, {}, limit=5000)]
    return [slot.entry for slot in slots if slot.entry is not None]


# --- a dossier -----------------------------------------------------------------------------------------------------------


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    deadline, settled, recovered = document.get("deadline"), document.get("settled"), document.get("recovered")
    acceptance = document.get("acceptance")
    return Dossier(
        document["_id"],
        KnownFacts.load(document.get("facts", {})),
        document.get("unit"),
        None if deadline is None else Deadline(deadline["v"], deadline["due"], _standing(deadline.get("of"))),
        None if settled is None else _settled(settled),
        _watch(document) if "counted_with" in document else None,
        document.get("rungs", {}),
        document.get("asks", {}),
        None if recovered is None else _recovered(recovered),
        document["rev"],
        None if acceptance is None else _acceptance(acceptance),
    )


def _acceptance(kept: Mapping[str, Any]) -> Acceptance:
    if "since" not in kept:
        return Acceptance(kept["v"], None)
    of = Submission(kept["unit"], kept["since"], kept.get("state"), kept.get("answered"))
    return Acceptance(kept["v"], of, kept["due"], "overdue" in kept, "provisional" in kept)


def _dump_acceptance(acceptance: Acceptance) -> dict[str, Any]:
    kept: dict[str, Any] = {"v": acceptance.version}
    of = acceptance.of
    if of is None:
        return kept
    kept |= {"unit": of.unit, "since": of.since, "due": acceptance.due}
    if of.state is not None:
        kept |= {"state": of.state, "answered": of.answered}
    marks = {"overdue": acceptance.overdue, "provisional": acceptance.provisional}
    return {**kept, **{name: True for name, so in marks.items() if so}}


def _standing(key: Sequence[Any] | None) -> Standing | None:
    return None if key is None else standing_from(key)


def standing_from(key: Sequence[Any]) -> Standing:
    """What `key_of` wrote."""
    unit, received_at, value, limit_unit, restart, pauses, promised_at, reappointed, *since = key
    waits = tuple(Wait(*pause) for pause in pauses)
    return Standing(unit, received_at, (amount(value), limit_unit), restart, waits, promised_at, tuple(reappointed), *since)


def key_of(of: Standing) -> list[Any]:
    """As JSON, to keep beside the promise that was counted from it."""
    pauses = [list(pause) for pause in of.pauses]
    value, unit = of.limit
    limit = (value if isinstance(value, int) else str(value), unit)
    key = [of.unit, of.received_at, *limit, of.restart, pauses, of.promised_at, list(of.reappointed)]
    return key if of.promised_since is None else [*key, of.promised_since]


def _watch(document: Document) -> Watch:
    conflict = document.get("conflict")
    return Watch(
        document["counted_with"],
        document.get(NEXT_RUNG),
        None if conflict is None else Conflict(conflict["number"], conflict["before"], conflict["now"]),
        document.get(DIFFERS),
    )


def _settled(kept: Mapping[str, Any]) -> Settled:
    if "end" not in kept:
        return Settled(kept["v"], Reopened())
    use = LimitUse(kept["limit"], kept["used"]) if "limit" in kept else None
    end = End(kept["state"], kept["end"], tuple(kept.get("also", ())))
    return Settled(kept["v"], Ended(kept["outcome"], end, kept["due"], kept["supplements"], use))


def _dump_deadline(deadline: Deadline) -> dict[str, Any]:
    written = {"v": deadline.version, "due": deadline.due}
    return written if deadline.of is None else {**written, "of": key_of(deadline.of)}


def _watched(dossier: Dossier) -> dict[str, Any]:
    """What is kept of a dossier while it is open. `open_due` is there for lists: not while there is no date, or it recovers."""
    watch, conflict, uncounted = dossier.watch, None, _uncounted(dossier)
    if watch is None:
        return {**_waiting(dossier), **uncounted}
    if watch.conflict is not None:
        conflict = {"number": watch.conflict.number, "before": watch.conflict.before, "now": watch.conflict.now}
    return {
        "counted_with": watch.counted_with,
        NEXT_RUNG: watch.next_rung_at,
        "conflict": conflict,
        DIFFERS: watch.differs,
        OPEN_DUE: dossier.due if dossier.recovered is None else None,
        **uncounted,
    }


def _uncounted(dossier: Dossier) -> dict[str, Any]:
    """What brings it back to be counted."""
    acceptance = dossier.acceptance
    if acceptance is None or acceptance.of is None or not acceptance.uncounted or dossier.recovered is not None:
        return {}
    return {UNCOUNTED: acceptance.of.since}


def _waiting(dossier: Dossier) -> dict[str, Any]:
    """The same of one that waits to be accepted; its timer is its due moment, once."""
    acceptance = dossier.acceptance
    if acceptance is None or acceptance.of is None or acceptance.accept_by is None or dossier.recovered is not None:
        return {}
    by = acceptance.accept_by
    return {ACCEPT_BY: by, ACCEPT_UNIT: acceptance.of.unit, NEXT_RUNG: None if acceptance.overdue else by}


def _dump_settled(settled: Settled) -> dict[str, Any]:
    how = settled.how
    if isinstance(how, Reopened):
        return {"v": settled.version, "outcome": "open"}
    kept: dict[str, Any] = {"v": settled.version, "outcome": how.outcome, "end": how.end.at, "due": how.due}
    kept |= {"state": how.end.state, "supplements": how.supplements}
    if how.use is not None:
        kept |= {"limit": how.use.limit, "used": how.use.used}
    if how.end.also:
        kept["also"] = list(how.end.also)
    return kept


# --- while it recovers ---------------------------------------------------------------------------------------------------


def _recovered(kept: Mapping[str, Any]) -> Recovered:
    stated, ended, cause, heard = kept.get("stated"), kept.get("ended"), kept.get("cause"), kept.get("heard")
    return Recovered(
        stated=None if stated is None else _promise_said(stated),
        ended=None if ended is None else EndSaid(ended["digest"]),
        granted=tuple(kept.get("granted", ())),
        rang=tuple(Rang(rung["name"], rung["due"], rung["time"], _standing(rung["of"])) for rung in kept.get("rang", ())),
        asked={ask: _asked(said) for ask, said in kept.get("asked", {}).items()},
        clocks=tuple(Clock(since, standing_from(key)) for since, key in kept.get("clocks", ())),
        heard=None if heard is None else datetime.fromisoformat(heard),
        cause=None if cause is None else LastFact(cause["id"], _time(cause["time"]), _time(cause["at"])),
    )


def _promise_said(kept: Mapping[str, Any]) -> PromiseSaid:
    return PromiseSaid(kept["digest"], kept["calendar"], kept["basis"], kept.get("computed"))


def _asked(kept: Mapping[str, Any]) -> Asked:
    return Asked(_time(kept["time"]), LetterApproved.model_validate(kept["data"]))


def _time(kept: str) -> datetime:
    return datetime.fromisoformat(kept)


def _dump_recovered(told: Recovered) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if told.stated is not None:
        stated = told.stated
        kept["stated"] = {"calendar": stated.calendar, "digest": stated.digest, "basis": stated.basis}
        if stated.computed is not None:
            kept["stated"]["computed"] = stated.computed
    if told.ended is not None:
        kept["ended"] = {"digest": told.ended.digest}
    if told.granted:
        kept["granted"] = list(told.granted)
    if told.rang:
        kept["rang"] = [_dump_rang(rung) for rung in told.rang]
    if told.asked:
        kept["asked"] = {ask: _dump_asked(asked) for ask, asked in told.asked.items()}
    if told.clocks:
        kept["clocks"] = [[clock.since, key_of(clock.standing)] for clock in told.clocks]
    if told.heard is not None:
        kept["heard"] = told.heard.isoformat()
    if told.cause is not None:
        cause = told.cause
        kept["cause"] = {"id": cause.id, "time": cause.time.isoformat(), "at": cause.at.isoformat()}
    return kept


def _dump_rang(rung: Rang) -> dict[str, Any]:
    return {"name": rung.name, "due": rung.due, "time": rung.time, "of": None if rung.of is None else key_of(rung.of)}


def _dump_asked(asked: Asked) -> dict[str, Any]:
    return {"time": asked.time.isoformat(), "data": asked.letter.model_dump(mode="json", exclude_none=True)}


CODEC = Codec(
    load,
    kept=(
        Kept("facts", lambda dossier: dossier.facts, lambda facts: facts.dump() or None),
        Kept("unit", lambda dossier: dossier.unit),
        Kept("deadline", lambda dossier: dossier.deadline, _dump_deadline),
        Kept("settled", lambda dossier: dossier.settled, _dump_settled),
        Kept("rungs", lambda dossier: dossier.rungs, lambda rungs: dict(rungs) or None),
        Kept("asks", lambda dossier: dossier.asks, lambda asks: dict(asks) or None),
        Kept("recovered", lambda dossier: dossier.recovered, _dump_recovered),
        Kept("acceptance", lambda dossier: dossier.acceptance, _dump_acceptance),
    ),
    derived=Derived(("counted_with", NEXT_RUNG, "conflict", DIFFERS, OPEN_DUE, ACCEPT_BY, ACCEPT_UNIT, UNCOUNTED), _watched),
)


# --- a change of the calendar --------------------------------------------------------------------------------------------


def load_slot(document: Document) -> Slot:
    """The place of a number in the journal; a stub has none."""
    if "number" not in document:
        return Slot()
    return Slot(
        Entry(
            number=document["number"],
            at=document["at"],
            days=tuple((date.fromisoformat(day), kind) for day, kind in document["days"]),
            name=document["name"],
            source=document["source"],
            signer=document["signer"],
            unit=document.get("unit"),
            confirmed_through=document.get("confirmed_through"),
            by=None if "entered_by" not in document else By(**document["entered_by"]),
        )
    )


def _dump_slot(slot: Slot) -> dict[str, Any]:
    """A change as its document keeps it."""
    entry = slot.entry
    if entry is None:
        return {}
    kept = {name: getattr(entry, name) for name in _SLOT}
    by = None if entry.by is None else asdict(entry.by)
    return {**kept, "days": [[day.isoformat(), kind] for day, kind in entry.days], "entered_by": by}


_SLOT = ("number", "at", "days", "name", "source", "signer", "unit", "confirmed_through")
SLOTS = Codec.whole(load_slot, _dump_slot, (*_SLOT, "entered_by"), subject="calendar")

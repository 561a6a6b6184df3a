"""sla's documents: one per dossier, found by id, by the time of its next rung, and by its due moment while it is open; one per
change of the calendar. Only this room knows how they are kept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from contracts.notices import LetterApproved
from reference.limits import amount
from runtime.recovery import UNSETTLED
from runtime.store import Document, Documents, Index, Range, Where
from services.facts import Facts
from services.sla.domain import Conflict, Deadline, Dossier, End, Ended, LimitUse, Reopened, Settled, Standing, Wait, Watch
from services.sla.domain.journal import Entry, Slot
from services.sla.domain.recovered import Asked, Clock, EndSaid, LastFact, PromiseSaid, Rang, Recovered
from services.stored import Codec

DOSSIERS = "dossiers"
JOURNAL = "calendar"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup
NEXT_RUNG = "next_rung_at"
OPEN_DUE = "open_due"  # the due moment, while the dossier is open
CONFLICT = "conflict.number"  # the change that contradicts a printed date; asked for rarely, so it has no index
DIFFERS = "differs"  # our count, where the printed date is another


async def declare(store: Documents) -> None:
    """Make the collections and their indexes."""
    await store.declare(DOSSIERS, [Index(NEXT_RUNG), Index(OPEN_DUE), Index(UNSETTLED)])
    await store.declare(JOURNAL)


# --- lists ---------------------------------------------------------------------------------------------------------------


async def conflicts(store: Documents, unit: str, limit: int) -> list[Dossier]:
    """Printed dates that a change of the calendar contradicts, in the order of the changes. `unit` "": of all."""
    return await _find(store, unit, {CONFLICT: Range(low=1)}, CONFLICT, limit)


async def differences(store: Documents, unit: str, limit: int) -> list[Dossier]:
    """Open dossiers whose printed date is not the counted one, the first due first. `unit` "": of all."""
    return await _find(store, unit, {DIFFERS: Range(low=1)}, OPEN_DUE, limit)


async def overdue(store: Documents, unit: str, before: int, limit: int) -> list[Dossier]:
    """Open dossiers that were due before a moment (ms), the longest first. `unit` "": of all."""
    return await _find(store, unit, {OPEN_DUE: Range(high=before - 1)}, OPEN_DUE, limit)


async def _find(store: Documents, unit: str, where: Where, order: str, limit: int) -> list[Dossier]:
    of_unit: Where = {"unit": unit} if unit else {}
    return [load(document) for document in await store.find(DOSSIERS, {**of_unit, **where}, order=order, limit=limit)]


async def open_dossiers(store: Documents, limit: int, after: Dossier | None) -> list[Dossier]:
    """A page of the open dossiers that have a date, behind the last one of the page before."""
    place = None if after is None or after.due is None else (after.due, after.code)
    found = await store.find(DOSSIERS, {OPEN_DUE: Range(low=0)}, order=OPEN_DUE, limit=limit, after=place)
    return [load(document) for document in found]


async def journal(store: Documents) -> list[Entry]:
    """All changes of the calendar, in their order."""
    slots = [load_slot(document) for document in await store.find(JOURNAL, {}, limit=5000)]
    return [slot.entry for slot in slots if slot.entry is not None]


# --- a dossier -----------------------------------------------------------------------------------------------------------


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    deadline, settled, recovered = document.get("deadline"), document.get("settled"), document.get("recovered")
    return Dossier(
        document["_id"],
        Facts.load(document.get("facts", {})),
        document.get("unit"),
        None if deadline is None else Deadline(deadline["v"], deadline["due"], _standing(deadline.get("of"))),
        None if settled is None else _settled(settled),
        _watch(document) if "counted_with" in document else None,
        document.get("rungs", {}),
        document.get("asks", {}),
        None if recovered is None else _recovered(recovered),
        document["rev"],
    )


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


def dump(dossier: Dossier) -> dict[str, Any]:
    """A dossier as its document keeps it; what it does not have is left out.

    `open_due` is there for lists: of an open dossier with a date, and not while it recovers.
    """
    written: dict[str, Any] = {"facts": dossier.facts.dump()} if dossier.facts else {}
    if dossier.unit is not None:
        written["unit"] = dossier.unit
    deadline, watch = dossier.deadline, dossier.watch
    if deadline is not None:
        written["deadline"] = {"v": deadline.version, "due": deadline.due}
        if deadline.of is not None:
            written["deadline"]["of"] = key_of(deadline.of)
    if watch is not None:
        written |= _dump_watch(watch)
        if deadline is not None and deadline.due is not None and dossier.recovered is None:
            written[OPEN_DUE] = deadline.due
    if dossier.settled is not None:
        written["settled"] = _dump_settled(dossier.settled)
    if dossier.rungs:
        written["rungs"] = dict(dossier.rungs)
    if dossier.asks:
        written["asks"] = dict(dossier.asks)
    if dossier.recovered is not None:
        written["recovered"] = _dump_recovered(dossier.recovered)
    return written


def _dump_watch(watch: Watch) -> dict[str, Any]:
    kept: dict[str, Any] = {"counted_with": watch.counted_with}
    if watch.next_rung_at is not None:
        kept[NEXT_RUNG] = watch.next_rung_at
    if watch.conflict is not None:
        conflict = watch.conflict
        kept["conflict"] = {"number": conflict.number, "before": conflict.before, "now": conflict.now}
    if watch.differs is not None:
        kept[DIFFERS] = watch.differs
    return kept


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


FIELDS = ("facts", "unit", "deadline", "counted_with", NEXT_RUNG, OPEN_DUE, "conflict", DIFFERS, "settled", "rungs", "asks")
CODEC = Codec(load, dump, frozenset((*FIELDS, "recovered")))


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
        )
    )


def dump_slot(slot: Slot) -> dict[str, Any]:
    """A change as its document keeps it."""
    entry = slot.entry
    if entry is None:
        return {}
    kept: dict[str, Any] = {"number": entry.number, "at": entry.at}
    kept["days"] = [[day.isoformat(), kind] for day, kind in entry.days]
    kept |= {"name": entry.name, "source": entry.source, "signer": entry.signer}
    if entry.unit is not None:
        kept["unit"] = entry.unit
    if entry.confirmed_through is not None:
        kept["confirmed_through"] = entry.confirmed_through
    return kept


SLOTS = Codec(
    load_slot,
    dump_slot,
    ("number", "at", "days", "name", "source", "signer", "unit", "confirmed_through"),
    subject="calendar",
)

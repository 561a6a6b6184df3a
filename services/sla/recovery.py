"""sla brought back to what it said: due dates, outcomes, answers to letters and fired rungs are read back, never decided anew.

An ask (notices.v1) and a fact (dossiers.v1) come from two topics, and who came first decided. So what was decided is taken
from deadlines.v1: a statement carries a digest of what it was counted from, and where the facts of today have that digest, it
stands, whatever settings and reference data say by now. Only what nobody has stated yet is counted.

While a dossier recovers, its document keeps under `recovered`: `stated` and `ended` (digest and whatever the document does not
keep of the newest statements), `granted` (causes of re-promises), `rang` (rungs with the date they were of), `asked` (letters
without an answer), `clocks` (what the clock was made of, one after the other), `heard` (when it moved last), `cause` (the last
record).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from contracts import Event, EventData, effect_id
from contracts.calendar import CalendarChanged
from contracts.deadlines import (
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineRefused,
    DeadlineSettled,
    DeadlineStated,
    DeadlineWarned,
)
from contracts.facts import epoch_ms, merge_fact
from contracts.notices import NOTICE_TYPES, LetterApproved
from reference import moment
from runtime.outputs import Decision, Output
from runtime.recovery import Recall, Recovery
from runtime.store import Document
from services import wiring
from services.sla.calendar import JOURNAL
from services.sla.calendar import TOPIC as CALENDAR
from services.sla.domain import FIELDS, Standing, digest_of, end_of, overtaken, standing_of
from services.sla.handlers import Context, on_ask
from services.sla.handlers.common import TOPIC
from services.sla.handlers.rungs import rungs_before
from services.sla.handlers.statements import end_digest, kept_of, note_difference, restate, supplements_of
from services.sla.store import DOSSIERS, MADE_FROM_LOG

FORGOTTEN_SIGNER = "(không còn lưu)"
NOT_DECIDED = frozenset(model.TYPE for model in NOTICE_TYPES) - {LetterApproved.TYPE}
# Fields that make somebody look at a dossier: they come back when it is settled.
RESTING = ("next_rung_at", "open_due")


def recovery(context: Context) -> Recovery[Event]:
    """What sla tells the runtime of itself."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(Recall(TOPIC, DOSSIERS, recall), Recall(CALENDAR, JOURNAL, recall_change, _number_of)),
        absorb=absorb,
        settle=partial(settle, context=context),
    )


# --- reading back --------------------------------------------------------------------------------------------------------


def recall(document: Document, event: Event) -> Document:
    """The document with one thing that sla said of it; the document itself if it knows."""
    data = event.data
    if isinstance(data, DeadlineStated):
        return _recall_promise(document, event, data)
    if isinstance(data, DeadlineSettled):
        return _recall_end(document, data)
    if isinstance(data, DeadlineWarned | DeadlineApologyDue | DeadlineOverdue):
        return _recall_rung(document, event, data)
    return _recall_refusal(document, event) if isinstance(data, DeadlineRefused) else document


def _recall_promise(document: Document, event: Event, data: DeadlineStated) -> Document:
    known = document.get("deadline", {})
    if known.get("v", 0) >= data.version:
        return document
    stated: dict[str, Any] = {"calendar": data.calendar, "digest": data.counted_from, "basis": data.basis}
    if data.computed_due_at is not None:
        stated["computed"] = epoch_ms(data.computed_due_at)
    more: dict[str, Any] = {"stated": stated}
    if data.basis == "reappointed" and event.correlation is not None:
        more["granted"] = [*document.get("recovered", {}).get("granted", ()), event.correlation]
    due = None if data.due_at is None else epoch_ms(data.due_at)
    after = _resting(_with(document, **more))
    return {**after, "unit": data.unit, "deadline": {"v": data.version, "due": due}}


def _recall_end(document: Document, data: DeadlineSettled) -> Document:
    if document.get("settled", {}).get("v", 0) >= data.version:
        return document
    return {**_resting(_with(document, ended={"digest": data.counted_from})), "settled": kept_of(data)}


def _recall_rung(document: Document, event: Event, data: DeadlineWarned | DeadlineApologyDue | DeadlineOverdue) -> Document:
    name = "apology-due"
    if isinstance(data, DeadlineWarned):
        name = data.rung
    elif isinstance(data, DeadlineOverdue):
        name = "overdue" if data.tier == 1 else f"overdue/{data.tier}"
    if name in document.get("rungs", {}):
        return document
    rung: dict[str, Any] = {"name": name, "due": epoch_ms(data.due_at), "time": epoch_ms(event.time)}
    rung["of"] = document.get("deadline", {}).get("of")
    rang = [*document.get("recovered", {}).get("rang", ()), rung]
    return {**_resting(_with(document, rang=rang)), "rungs": {**document.get("rungs", {}), name: "fired"}}


def _recall_refusal(document: Document, event: Event) -> Document:
    """Of the refusals, one that answers a letter is an answer; its id is made from the letter's."""
    ask = event.correlation or ""
    if event.id != DeadlineRefused.event_id("sla", document["_id"], ask) or ask in document.get("asks", {}):
        return document
    return {**document, "asks": {**document.get("asks", {}), ask: "refused"}}


def _number_of(event: Event) -> str:
    return f"{event.data.number:06d}" if isinstance(event.data, CalendarChanged) else ""


def recall_change(entry: Document, event: Event) -> Document:
    """A change of the calendar back into the journal, so that its number is never given again. Who signed it is gone."""
    data = event.data
    if "number" in entry or not isinstance(data, CalendarChanged):
        return entry
    return {
        **entry,
        "number": data.number,
        "at": epoch_ms(event.time),
        "days": [[day.day.isoformat(), day.kind] for day in data.days],
        "signer": FORGOTTEN_SIGNER,
        **data.model_dump(include={"name", "source", "unit", "confirmed_through"}, exclude_none=True),
    }


# --- absorbing -----------------------------------------------------------------------------------------------------------


def absorb(document: Document, event: Event) -> Document:
    """The document with one record's fact, and nothing decided; the document itself if it says nothing new."""
    if isinstance(event.data, LetterApproved):
        return _absorb_ask(document, event, event.data)
    facts = None if event.type in NOT_DECIDED else merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return document
    return _heard({**document, "facts": facts}, document, event)


def _absorb_ask(document: Document, event: Event, data: LetterApproved) -> Document:
    told = document.get("recovered", {})
    answer = document.get("asks", {}).get(event.id)
    if data.new_due_at is None or event.id in told.get("asked", {}) or answer == "granted":
        return document
    if event.id in told.get("granted", ()):
        granted = {"v": 1, "at": epoch_ms(data.at), "new_due_at": epoch_ms(data.new_due_at), "granted": True}
        facts = document.get("facts", {})
        given = {**facts, "reappointed": {**facts.get("reappointed", {}), f"letter/{data.draft}": granted}}
        asks = {**document.get("asks", {}), event.id: "granted"}
        return _heard({**document, "facts": given, "asks": asks}, document, event)
    if answer is not None:
        return document
    said = {"time": event.time.isoformat(), "data": data.model_dump(mode="json", exclude_none=True)}
    return _resting(_with(document, asked={**told.get("asked", {}), event.id: said}))


def _heard(after: Document, before: Document, event: Event) -> Document:
    """Note the record, and whether it moved the clock: what is counted goes by the calendar of that moment."""
    at = event.data.at if isinstance(event.data, EventData) else event.time
    cause = {"id": event.correlation or event.id, "time": event.time.isoformat(), "at": at.isoformat()}
    more: dict[str, Any] = {"cause": cause}
    old, new = standing_of(before.get("facts", {})), standing_of(after["facts"])
    if new is not None and (old is None or old.key() != new.key()):
        more["heard"] = event.time.isoformat()
        clocks = before.get("recovered", {}).get("clocks", ())
        more["clocks"] = [*clocks, [epoch_ms(event.time), new.key()]]
    return _resting(_with(after, **more))


def _with(document: Document, **more: Any) -> Document:  # noqa: ANN401 - JSON values
    return {**document, "recovered": {**document.get("recovered", {}), **more}}


def _resting(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in RESTING}


# --- settling ------------------------------------------------------------------------------------------------------------


def settle(document: Document, context: Context) -> Decision:
    """What the facts say beyond what was said; the document as it would be had nothing been lost."""
    told: Mapping[str, Any] | None = document.get("recovered")
    if told is None:
        return Decision(document)
    after = {name: value for name, value in document.items() if name != "recovered"}
    standing = standing_of(after.get("facts", {}))
    _stands(after, told, standing)
    _rest_rungs(after, told, context)
    event = _cause(after, told, context)
    as_said = standing is not None and _ended_as_said(after, told, standing)
    outputs: list[Output] = []
    if after.get("facts"):
        outputs = restate(after, event, context, ended_as_said=as_said)
    for ask, said in sorted(told.get("asked", {}).items(), key=lambda item: item[1]["time"]):
        if ask not in after.get("asks", {}):
            decision = on_ask(after, _ask(after, ask, said), context)
            after, outputs = decision.document, [*outputs, *decision.outputs]
    return Decision(after, outputs)


def _stands(after: Document, told: Mapping[str, Any], standing: Standing | None) -> None:
    """Take the promise as it was stated if it was stated from these facts. Changes `after`."""
    stated: Mapping[str, Any] | None = told.get("stated")
    if stated is None or standing is None:
        _rest_of_a_refused(after, stated)
        return
    if stated["digest"] is not None and stated["digest"] != digest_of(standing.key()):
        return  # the facts went on: what they say now is counted, and said if it is another date
    after["deadline"] = {"v": after["deadline"]["v"], "of": standing.key(), "due": after["deadline"]["due"]}
    after["unit"], after["counted_with"] = standing.unit, stated["calendar"] or 0
    after.pop("conflict", None)
    computed = moment(stated["computed"]) if "computed" in stated else None
    due = after["deadline"]["due"]
    note_difference(after, stated["basis"], None if due is None else moment(due), computed)


def _rest_of_a_refused(after: Document, stated: Mapping[str, Any] | None) -> None:
    """A dossier that was refused after all keeps the promise it had, in case it is taken back. Changes `after`."""
    if stated is None or "deadline" not in after:
        return
    facts = {kind: own for kind, own in after.get("facts", {}).items() if kind != "refused"}
    standing = standing_of(facts)
    if standing is not None and stated["digest"] == digest_of(standing.key()):
        after["deadline"] = {"v": after["deadline"]["v"], "of": standing.key(), "due": after["deadline"]["due"]}


def _ended_as_said(after: Document, told: Mapping[str, Any], standing: Standing) -> bool:
    """Whether the outcome was stated from these facts. Of an older release's statement: from this end at least."""
    settled, end = after.get("settled"), end_of(after["facts"])
    if "ended" not in told or settled is None:
        return False
    if end is None:
        return bool(settled["outcome"] == "open")
    supplements, digest = supplements_of(after["facts"]), told["ended"]["digest"]
    if digest is not None:
        return bool(digest == end_digest(standing, end, supplements))
    said = (settled.get("end"), settled.get("state"), settled.get("supplements"), settled.get("also", []))
    return said == (end.at, end.state, supplements, list(end.also))


def _cause(after: Document, told: Mapping[str, Any], context: Context) -> Event:
    """What a difference is said to come from: the last record, counted by the calendar of the last that moved the clock."""
    now = context.clock.now()
    cause = told.get("cause", {"id": None, "time": now.isoformat(), "at": now.isoformat()})
    time = datetime.fromisoformat(told.get("heard", cause["time"]))
    at = EventData(at=datetime.fromisoformat(cause["at"]))
    identity = cause["id"] or effect_id("sla", after["_id"], "recovered", str(after["rev"]))
    return Event(identity, "/sla", "recovered", after["_id"], time, at)


def _ask(after: Document, ask: str, said: Mapping[str, Any]) -> Event:
    data = LetterApproved.model_validate(said["data"])
    time = datetime.fromisoformat(said["time"])
    return Event(ask, "/notifier", LetterApproved.TYPE, after["_id"], time, data)


def _rest_rungs(after: Document, told: Mapping[str, Any], context: Context) -> None:
    """Note the rungs that a fired one overtook: they are not said, and must not be sent late. Changes `after`."""
    now, rungs = standing_of(after.get("facts", {})), dict(after.get("rungs", {}))
    for rung in told.get("rang", ()):
        name = rung["name"]
        then = _clock_at(rung, told) or now
        if then is None or name.startswith("step/"):
            continue
        line = context.reference.timeline(then.unit, context.reference.known_at(moment(rung["time"])))
        ladder = rungs_before(after, then, rung["due"], line, 2 if name.endswith("/2") else 1, context)
        rungs |= {other.name: "superseded" for other in overtaken(ladder, name) if other.name not in rungs}
    if rungs:
        after["rungs"] = rungs


def _clock_at(rung: Mapping[str, Any], told: Mapping[str, Any]) -> Standing | None:
    """The standing that a rung was counted from: the last one before it."""
    earlier = [clock for clock in told.get("clocks", ()) if clock[0] <= rung["time"]]
    key = max(earlier, key=lambda clock: int(clock[0]))[1] if earlier else rung["of"]
    return None if key is None else Standing.from_key(key)

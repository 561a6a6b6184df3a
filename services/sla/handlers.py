"""What sla does with each message and timer: (document, event, context) -> (document, outputs)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contracts import Event, EventData, effect_id, statement_id, to_wire
from contracts.dossiers import DOSSIER_TYPES
from contracts.facts import first_standing, merge_fact, milliseconds
from contracts.facts import standing as standing_facts
from contracts.notices import NOTICE_TYPES, LetterApproved
from reference import BeyondCalendarError, LimitError, ReferenceData, Rules, Timeline, moment
from runtime.clock import Clock
from runtime.documents import Document
from runtime.outputs import Decision, Encoder, Output
from services.sla.domain import (
    FIELDS,
    End,
    Promise,
    Rung,
    RungRules,
    Standing,
    end_of,
    limit_used,
    outcome_of,
    passed,
    promise_of,
    rungs_of,
    second_tier,
    standing_of,
    step_rung,
    time_spent,
)
from services.sla.domain.promise import steps_of
from services.sla.domain.repromise import ONCE, Ask, refusal_of
from services.sla.domain.rungs import sign_by
from services.sla.settings import SlaSettings

TOPIC, SOURCE = "deadlines.v1", "/sla"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event: reference data, clock, readings of the rules."""

    reference: ReferenceData
    clock: Clock
    rules: Rules
    rungs: RungRules
    early_by: Literal["date", "time"]

    @classmethod
    def of(cls, reference: ReferenceData, settings: SlaSettings, clock: Clock) -> "Context":
        """From the settings of the service."""
        rungs = RungRules(settings.warn_open_hours, settings.apology_lead_days, settings.sign_lead_days)
        return cls(reference, clock, settings.rules, rungs, settings.early_by)


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier: merge it, and state what changed: the promise, and how it ended."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return Decision(document)
    after = {**document, "facts": facts}
    outputs = _restate(after, event, context)
    return Decision(after, outputs)


def on_ask(document: Document, event: Event, context: Context) -> Decision:
    """A signed apology letter asks for a new date: granted once (R16), answered by a moved or a refused deadline."""
    data = event.data
    if not isinstance(data, LetterApproved) or data.new_due_at is None or event.id in document.get("asks", {}):
        return Decision(document)
    facts = document.get("facts", {})
    ask = Ask(milliseconds(data.at), document.get("deadline", {}).get("due"), milliseconds(data.new_due_at))
    line = context.reference.timeline(data.unit, context.reference.known_at(event.time))
    refusal = refusal_of(standing_of(facts), end_of(facts), line, ask)
    after = {**document, "asks": {**document.get("asks", {}), event.id: "refused" if refusal else "granted"}}
    if refusal is not None:
        said = {"unit": data.unit, "rule": refusal.rule, "text": refusal.text}
        return Decision(after, [_effect(after, "deadline.refused", event.id, said, event, context)])
    granted = {"v": 1, "at": ask.at, "new_due_at": ask.new_due, "granted": True}
    after["facts"] = {**facts, "reappointed": {**facts.get("reappointed", {}), f"letter/{data.draft}": granted}}
    return Decision(after, _restate(after, event, context))


def ignore(document: Document, _event: Event, _context: Context) -> Decision:
    """Notices and the rest of a letter's life change no promise."""
    return Decision(document)


def on_timer(document: Document, until: datetime, now: datetime, context: Context) -> Decision:
    """Fire the rungs reached by `until`, each once; a rung that a later one has overtaken by `now` is marked, not sent late."""
    standing = standing_of(document.get("facts", {}))
    due = document.get("deadline", {}).get("due")
    if standing is None or due is None or "next_rung_at" not in document:
        return Decision(document)
    done: dict[str, str] = document.get("rungs", {})
    rungs, step = _rungs(document, standing, context), _step(document)
    fire, superseded = passed(rungs, done, until, now)
    if step is not None and step.name not in done and step.at <= until:
        fire = [step, *fire]
    if not fire and not superseded:
        return Decision(document)
    done = {**done, **{rung.name: "superseded" for rung in superseded}, **{rung.name: "fired" for rung in fire}}
    after = {**document, "rungs": done}
    _set_next_rung(after, [*rungs, *([step] if step else [])], done)
    return Decision(after, [_rung_output(after, rung, context) for rung in fire])


def on_calendar(document: Document, context: Context) -> Decision:
    """The calendar changed after an open dossier was counted."""
    if document.get("counted_with", context.reference.known) >= context.reference.known:
        return Decision(document)
    after = dict(document)
    return Decision(after, _by_newest_calendar(after, context))


def _by_newest_calendar(after: Document, context: Context) -> list[Output]:
    """Count an open dossier by the newest calendar. A date that only we counted moves; one that was printed stays, and is
    listed where our count would be another now (R7). Changes `after`."""
    standing, known, newest = standing_of(after["facts"]), after["counted_with"], context.reference.changes[-1]
    if standing is None or after["deadline"]["due"] is None:
        return []  # while it waits there is no date, and when it goes on it is counted anew
    after["counted_with"] = newest.number
    unit = _unit(after)
    before = promise_of(standing, context.reference.timeline(unit, known), context.rules)
    try:
        now = promise_of(standing, context.reference.timeline(unit), context.rules)
    except BeyondCalendarError:
        return []
    if now.computed == before.computed and (now.basis != "computed" or now.provisional == before.provisional):
        return []
    if now.basis != "computed":
        after["conflict"] = {"number": newest.number, "before": _ms(before.computed), "now": _ms(now.computed)}
        return []
    version = after["deadline"]["v"] + 1
    after["deadline"] = {**after["deadline"], "v": version, "due": _ms(now.due)}
    _plan_rungs(after, standing, context)
    data = {
        "at": newest.recorded.isoformat(),
        "version": version,
        **_promise_data(now, unit),
        **_counted_from(standing, newest.number),
    }
    identity = statement_id("sla", after["_id"], "deadline", version)
    name = "deadline.moved" if now.due != before.due else "deadline.set"  # the same date, no longer provisional
    return [_output(after, identity, name, data, None, context)]


# --- statements -----------------------------------------------------------------


def _restate(after: Document, event: Event, context: Context) -> list[Output]:
    """Compare what the facts say now with what was stated, and state the difference. Changes `after`."""
    facts = after["facts"]
    standing = standing_of(facts)
    if standing is None:
        _close(after)
        return _settle(after, None, None, event, context)
    outputs = []
    known = after.get("deadline")
    if known is None or known["of"] != standing.key():
        outputs += _state_deadline(after, standing, event, context)
    outputs += _settle(after, end_of(facts), standing, event, context)
    if after.get("settled", {}).get("outcome", "open") == "open":
        _plan_rungs(after, standing, context)
        if after.get("counted_with", context.reference.known) < context.reference.known:
            outputs += _by_newest_calendar(after, context)
    else:
        _close(after)
    return outputs


def _close(after: Document) -> None:
    """An ended dossier has no timer, is not overdue, and no calendar moves it."""
    for field in ("next_rung_at", "open_due", "counted_with", "conflict", "differs"):
        after.pop(field, None)


def _state_deadline(after: Document, standing: Standing, event: Event, context: Context) -> list[Output]:
    known: Mapping[str, Any] | None = after.get("deadline")
    unit, other_unit = standing.unit, after.get("unit") not in (None, standing.unit)
    # By the calendar as it was known when the fact was recorded: a fact that is replayed gives the date it gave then.
    calendar = context.reference.known_at(event.time)
    after["unit"], after["counted_with"] = unit, calendar
    after.pop("conflict", None)
    try:
        promise = promise_of(standing, context.reference.timeline(unit, calendar), context.rules)
    except (LimitError, BeyondCalendarError) as error:
        after["deadline"] = {"v": (known or {}).get("v", 0), "of": standing.key(), "due": None}
        text = f"Không tính được ngày hẹn trả: {error}"
        return [_effect(after, "deadline.refused", "uncountable", {"unit": unit, "rule": "D8", "text": text}, event, context)]
    version = (known or {}).get("v", 0) + 1
    due = _ms(promise.due)
    before = (known or {}).get("due")
    name = _name_of_change(known, before, due)
    after["deadline"] = {"v": version, "of": standing.key(), "due": due}
    after.pop("differs", None)
    if promise.basis == "promised" and promise.due != promise.computed:
        after["differs"] = _ms(promise.computed)
    outputs = []
    if known is None or before != due or other_unit:
        data: dict[str, Any] = {
            "at": _business_time(event),
            "version": version,
            **_promise_data(promise, unit),
            **_counted_from(standing, calendar),
        }
        outputs.append(_output(after, statement_id("sla", after["_id"], "deadline", version), name, data, event, context))
    else:
        after["deadline"]["v"] = version - 1
    if len(standing.reappointed) > 1:
        said = {"unit": unit, "rule": ONCE.rule, "text": ONCE.text}
        outputs.append(_effect(after, "deadline.refused", str(len(standing.reappointed)), said, event, context))
    return outputs


def _counted_from(standing: Standing, calendar: int) -> dict[str, Any]:
    """What the derivation is made from when the statement goes out."""
    return {"of": standing.key(), "calendar": calendar}


def _name_of_change(known: Mapping[str, Any] | None, before: int | None, due: int | None) -> str:
    if due is None:
        return "deadline.paused"
    if known is None:
        return "deadline.set"
    return "deadline.resumed" if before is None else "deadline.moved"


def _promise_data(promise: Promise, unit: str) -> dict[str, Any]:
    times = {"due_at": promise.due, "computed_due_at": promise.computed, "first_due_at": promise.first}
    return {
        "unit": unit,
        **{name: time.isoformat() for name, time in times.items() if time is not None},
        "basis": promise.basis,
        "provisional": promise.provisional,
        "calendar_version": promise.calendar_version,
    }


def _settle(after: Document, end: End | None, standing: Standing | None, event: Event, context: Context) -> list[Output]:
    """State the outcome if it is another than the stated one; an end that was taken back opens the dossier again."""
    stated: Mapping[str, Any] | None = after.get("settled")
    if end is None or standing is None:
        if stated is None or stated["outcome"] == "open":
            return []
        result: dict[str, Any] = {"outcome": "open"}
        data: dict[str, Any] = {"unit": _unit(after), "outcome": "open"}
    else:
        due, first = _due_at_end(after, standing, end, context)
        if due is None or first is None:
            return []
        result = {
            "outcome": outcome_of(moment(end.at), due, context.early_by),
            "end": end.at,
            "state": end.state,
            "due": milliseconds(due),
            "supplements": len(standing_facts(after["facts"], "supplement-requested")),
        }
        minutes = limit_used(standing, _line(after, context), context.rules, end.at)
        if minutes is not None:
            result |= {"limit": minutes[0], "used": minutes[1]}
        if end.also:
            result["also"] = list(end.also)
        data = {
            "unit": _unit(after),
            "outcome": result["outcome"],
            "state": end.state,
            "ended_at": moment(end.at).isoformat(),
            "due_at": due.isoformat(),
            "against_first": outcome_of(moment(end.at), first, context.early_by),
            "supplements": result["supplements"],
        }
        if minutes is not None:
            data |= {"limit_minutes": minutes[0], "used_minutes": minutes[1]}
        if end.also:
            data["also"] = result["also"]
        if result["outcome"] == "late":
            data["spent"] = time_spent(after["facts"], _line(after, context), standing.received_at, end.at)
    if stated is not None and {k: v for k, v in stated.items() if k != "v"} == result:
        return []
    version = (stated or {}).get("v", 0) + 1
    after["settled"] = {"v": version, **result}
    data = {"at": _business_time(event), "version": version, **data}
    return [_output(after, statement_id("sla", after["_id"], "settled", version), "deadline.settled", data, event, context)]


def _due_at_end(after: Document, standing: Standing, end: End, context: Context) -> tuple[datetime | None, datetime | None]:
    """The promise an end is measured against, and the first one. A pause still open at the end, ends with it."""
    due = after.get("deadline", {}).get("due")
    if due is not None and not standing.reappointed:
        return moment(due), moment(due)
    try:
        promise = promise_of(standing, _line(after, context), context.rules, ended_at=end.at)
    except (LimitError, BeyondCalendarError):
        return None, None
    return promise.due, promise.first


# --- rungs ----------------------------------------------------------------------


def _plan_rungs(after: Document, standing: Standing, context: Context) -> None:
    due = after["deadline"]["due"]
    if due is None:
        after.pop("next_rung_at", None)
        after.pop("open_due", None)
        return
    after["open_due"] = due
    step = _step(after)
    _set_next_rung(after, [*_rungs(after, standing, context), *([step] if step else [])], after.get("rungs", {}))


def _rungs(document: Document, standing: Standing, context: Context) -> list[Rung]:
    """The rungs before the date in force: after a re-promise, those of its second tier."""
    due, line = moment(document["deadline"]["due"]), _line(document, context)
    rungs = rungs_of(line, moment(standing.received_at), due, standing.limit[1], _rung_rules(document, context))
    return second_tier(rungs) if standing.reappointed else rungs


def _rung_rules(document: Document, context: Context) -> RungRules:
    """The rungs of the procedure version at reception where it names its own, else the settings'."""
    received = first_standing(document["facts"], "received") or {}
    procedure = context.reference.procedures.get(received.get("procedure", ""))
    for version in procedure.versions if procedure else ():
        if version.name == received["terms"]["procedure_version"]:
            return RungRules(
                context.rungs.warn_open_hours if version.warn_open_hours is None else version.warn_open_hours,
                version.apology_lead_days or context.rungs.apology_lead_days,
                context.rungs.sign_lead_days,
            )
    return context.rungs


def _step(document: Document) -> Rung | None:
    """The limit of the current step. While the clock stands still, no step is late."""
    return step_rung(document["facts"]) if document.get("deadline", {}).get("due") is not None else None


def _set_next_rung(after: Document, rungs: list[Rung], done: Mapping[str, str]) -> None:
    waiting = [rung.at for rung in rungs if rung.name not in done]
    if waiting:
        after["next_rung_at"] = milliseconds(min(waiting))
    else:
        after.pop("next_rung_at", None)


def _rung_output(after: Document, rung: Rung, context: Context) -> Output:
    due = moment(after["deadline"]["due"])
    data: dict[str, Any] = {"at": rung.at.isoformat(), "unit": _unit(after), "due_at": due.isoformat()}
    if rung.kind == "warned":
        data["rung"] = rung.name
        data |= {name: value for name, value in zip(("step", "department"), rung.step or (), strict=False) if value}
    if rung.kind == "apology-due":
        data["sign_by"] = sign_by(_line(after, context), due, context.rungs).isoformat()
    if rung.kind == "overdue" and rung.tier > 1:
        data["tier"] = rung.tier
    identity = effect_id("sla", after["_id"], rung.kind, rung.name)
    return _output(after, identity, f"deadline.{rung.kind}", data, None, context)


# --- common ---------------------------------------------------------------------


def _business_time(event: Event) -> str:
    """When it happened at the office; of a type this version does not know, when it was recorded."""
    return (event.data.at if isinstance(event.data, EventData) else event.time).isoformat()


def _unit(document: Document) -> str:
    """The competent unit that the document's promise was counted for."""
    return str(document.get("unit", "unknown"))


def _line(document: Document, context: Context) -> Timeline:
    """The calendar that the document's promise was counted with."""
    return context.reference.timeline(_unit(document), document.get("counted_with"))


def _ms(time: datetime | None) -> int | None:
    return None if time is None else milliseconds(time)


def _effect(after: Document, name: str, occasion: str, data: dict[str, Any], event: Event, context: Context) -> Output:
    full = {"at": _business_time(event), **data}
    return _output(after, effect_id("sla", after["_id"], name, occasion), name, full, event, context)


def _output(after: Document, identity: str, name: str, data: dict[str, Any], event: Event | None, context: Context) -> Output:
    body: dict[str, Any] = {"type": f"vn.dunghen.{name}.v1", "time": context.clock.now().isoformat(), "data": data}
    if event is not None:
        body["correlationid"] = event.correlation or event.id
    return Output(TOPIC, after["_id"], identity, body)


def make_encoder(context: Context) -> Encoder:
    """Complete an output for the wire: a stated due date gets its derivation, counted again from the same standing."""

    def encode(output: Output) -> bytes:
        data = dict(output.body["data"])
        key, calendar = data.pop("of", None), data.pop("calendar", None)
        if key is not None:
            data["derivation"] = _derivation(key, context.reference.timeline(data["unit"], calendar), context)
        return to_wire(SOURCE, output.key, output.id, {**output.body, "data": data})

    return encode


def _derivation(key: list[Any], line: Timeline, context: Context) -> list[dict[str, Any]]:
    body, received_at, value, unit, restart, pauses, promised_at, reappointed = key
    standing = Standing(
        body, received_at, (value, unit), restart, tuple((k, s, e) for k, s, e in pauses), promised_at, tuple(reappointed)
    )
    return steps_of(standing, promise_of(standing, line, context.rules), line)


HANDLERS = (
    {model.TYPE: on_fact for model in DOSSIER_TYPES}
    | {model.TYPE: ignore for model in NOTICE_TYPES}
    | {LetterApproved.TYPE: on_ask}
)


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw by the same rule as a fact."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)

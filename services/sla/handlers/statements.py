"""What sla states of a dossier: the promise in force and how it ended, each anew when its facts or its calendar change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts import Event, statement_id, to_wire
from contracts.facts import Facts, epoch_ms
from contracts.facts import standing as standing_facts
from contracts.rules import Rule
from reference import BeyondCalendarError, LimitError, Timeline, moment
from runtime.outputs import Decision, Encoder, Output
from runtime.store import Document
from services.sla.domain import End, Promise, Standing, end_of, limit_used, outcome_of, promise_of, standing_of, time_spent
from services.sla.domain.promise import digest_of, steps_of
from services.sla.domain.repromise import ONCE
from services.sla.handlers.common import Context, business_time, effect, line_of, ms_of, output, unit_of
from services.sla.handlers.rungs import plan_rungs

SOURCE = "/sla"


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
    unit = unit_of(after)
    before = promise_of(standing, context.reference.timeline(unit, known), context.rules)
    if before.basis != "computed":
        note_conflict(after, standing, known, context)
        return []
    try:
        now = promise_of(standing, context.reference.timeline(unit), context.rules)
    except BeyondCalendarError:
        return []
    if now.computed == before.computed and now.provisional == before.provisional:
        return []
    version = after["deadline"]["v"] + 1
    after["deadline"] = {**after["deadline"], "v": version, "due": ms_of(now.due)}
    plan_rungs(after, standing, context)
    data = {
        "at": newest.recorded.isoformat(),
        "version": version,
        **_promise_data(now, unit),
        **_counted_from(standing, newest.number),
    }
    identity = statement_id("sla", after["_id"], "deadline", version)
    name = "deadline.moved" if now.due != before.due else "deadline.set"  # the same date, no longer provisional
    return [output(after, identity, name, data, None, context)]


def note_conflict(after: Document, standing: Standing, known: int, context: Context) -> None:
    """Note the last change of the calendar since `known` by which our count became another than the one before.

    Change by change, so that it does not matter how many an instance learned of at once. Changes `after`.
    """
    unit = unit_of(after)
    for change in context.reference.changes:
        if change.number <= known:
            continue
        try:
            before, now = (
                promise_of(standing, context.reference.timeline(unit, number), context.rules).computed
                for number in (known, change.number)
            )
        except BeyondCalendarError:
            continue
        if now != before:
            after["conflict"] = {"number": change.number, "before": ms_of(before), "now": ms_of(now)}
        known = change.number


def restate(after: Document, event: Event, context: Context, *, ended_as_said: bool = False) -> list[Output]:
    """Compare what the facts say now with what was stated, and state the difference. Changes `after`.

    `ended_as_said`: the outcome is known to be stated from these very facts, and is not counted anew.
    """
    facts = after.get("facts", {})
    standing, was_open = standing_of(facts), "counted_with" in after
    if standing is None:
        _close(after)
        return _settle(after, None, None, event, context)
    outputs = []
    known = after.get("deadline")
    if known is None or known.get("of") != standing.key():
        outputs += _state_deadline(after, standing, event, context)
    if not ended_as_said:
        outputs += _settle(after, end_of(facts), standing, event, context)
    if after.get("settled", {}).get("outcome", "open") == "open":
        if not was_open:
            _open_again(after, standing, context)
        plan_rungs(after, standing, context)
        if after.get("counted_with", context.reference.known) < context.reference.known:
            outputs += _by_newest_calendar(after, context)
    else:
        _close(after)
    return outputs


def _close(after: Document) -> None:
    """An ended dossier has no timer, is not overdue, and no calendar moves it."""
    for field in ("next_rung_at", "open_due", "counted_with", "conflict", "differs"):
        after.pop(field, None)


def _open_again(after: Document, standing: Standing, context: Context) -> None:
    """What an end took away comes back: by which calendar it is counted, and where the printed date differs from that."""
    after.setdefault("counted_with", context.reference.known)
    if "differs" not in after and after["deadline"]["due"] is not None:
        try:
            promise = promise_of(standing, line_of(after, context), context.rules)
        except (LimitError, BeyondCalendarError):
            return
        note_difference(after, promise.basis, promise.due, promise.computed)


def note_difference(after: Document, basis: str, due: datetime | None, computed: datetime | None) -> None:
    """Note our own count where the date in force is a printed one and another. Changes `after`."""
    after.pop("differs", None)
    if basis == "promised" and due != computed:
        after["differs"] = ms_of(computed)


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
        refused = {"unit": unit, "rule": "D8", "text": text, "code": Rule.D8.value}
        return [effect(after, "deadline.refused", "uncountable", refused, event, context)]
    version = (known or {}).get("v", 0) + 1
    due = ms_of(promise.due)
    before = (known or {}).get("due")
    name = _name_of_change(known, before, due)
    after["deadline"] = {"v": version, "of": standing.key(), "due": due}
    note_difference(after, promise.basis, promise.due, promise.computed)
    outputs = []
    if known is None or before != due or other_unit:
        data: dict[str, Any] = {
            "at": business_time(event),
            "version": version,
            **_promise_data(promise, unit),
            **_counted_from(standing, calendar),
        }
        outputs.append(output(after, statement_id("sla", after["_id"], "deadline", version), name, data, event, context))
    else:
        after["deadline"]["v"] = version - 1
    if len(standing.reappointed) > 1:
        said = {"unit": unit, **ONCE.said}
        outputs.append(effect(after, "deadline.refused", str(len(standing.reappointed)), said, event, context))
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
        data: dict[str, Any] = {"unit": unit_of(after), "outcome": "open"}
    else:
        due, first = _due_at_end(after, standing, end, context)
        if due is None or first is None:
            return []
        result = {
            "outcome": outcome_of(moment(end.at), due, context.early_by),
            "end": end.at,
            "state": end.state,
            "due": epoch_ms(due),
            "supplements": supplements_of(after["facts"]),
        }
        minutes = limit_used(standing, line_of(after, context), context.rules, end.at)
        if minutes is not None:
            result |= {"limit": minutes[0], "used": minutes[1]}
        if end.also:
            result["also"] = list(end.also)
        data = {
            "unit": unit_of(after),
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
        data["counted_from"] = end_digest(standing, end, result["supplements"])
        if result["outcome"] == "late":
            data["spent"] = time_spent(after["facts"], line_of(after, context), standing.received_at, end.at)
    if stated is not None and {k: v for k, v in stated.items() if k != "v"} == result:
        return []
    version = (stated or {}).get("v", 0) + 1
    after["settled"] = {"v": version, **result}
    data = {"at": business_time(event), "version": version, **data}
    return [output(after, statement_id("sla", after["_id"], "settled", version), "deadline.settled", data, event, context)]


def supplements_of(facts: Facts) -> int:
    """How often papers were asked for."""
    return len(standing_facts(facts, "supplement-requested"))


def end_digest(standing: Standing, end: End, supplements: int) -> str:
    """Digest of all facts that an outcome is counted from."""
    return digest_of(standing.key(), end.state, end.at, list(end.also), supplements)


def _due_at_end(after: Document, standing: Standing, end: End, context: Context) -> tuple[datetime | None, datetime | None]:
    """The promise an end is measured against, and the first one. A pause still open at the end, ends with it."""
    due = after.get("deadline", {}).get("due")
    if due is not None and not standing.reappointed:
        return moment(due), moment(due)
    try:
        promise = promise_of(standing, line_of(after, context), context.rules, ended_at=end.at)
    except (LimitError, BeyondCalendarError):
        return None, None
    return promise.due, promise.first


def make_encoder(context: Context) -> Encoder:
    """Complete an output for the wire: a stated due date gets its derivation, counted again from the same standing."""

    def encode(output: Output) -> bytes:
        data = dict(output.body["data"])
        key = data.pop("of", None)
        if key is not None:
            data["derivation"] = _derivation(key, context.reference.timeline(data["unit"], data["calendar"]), context)
            data["counted_from"] = digest_of(key)
        return to_wire(SOURCE, output.key, output.id, {**output.body, "data": data})

    return encode


def _derivation(key: list[Any], line: Timeline, context: Context) -> list[dict[str, Any]]:
    standing = Standing.from_key(key)
    return steps_of(standing, promise_of(standing, line, context.rules), line)

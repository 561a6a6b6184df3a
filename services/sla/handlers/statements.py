"""What sla states of a dossier: the promise in force and how it ended, each anew when its facts or its calendar change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts import Event
from contracts.deadlines import (
    DeadlineMoved,
    DeadlinePaused,
    DeadlineRefused,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSettled,
    DeadlineStated,
)
from contracts.facts import Facts, epoch_ms
from contracts.facts import standing as standing_facts
from contracts.rules import Rule
from reference import BeyondCalendarError, LimitError, Timeline, moment
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.sla.domain import End, Promise, Standing, end_of, limit_used, outcome_of, promise_of, standing_of, time_spent
from services.sla.domain.promise import digest_of, steps_of
from services.sla.domain.repromise import ONCE
from services.sla.handlers.common import Context, business_time, line_of, ms_of, refuse, state, unit_of
from services.sla.handlers.rungs import plan_rungs


@dataclass(frozen=True, slots=True)
class Counted:
    """A promise and what it was counted from: the clock's facts, the number of the newest change of the calendar then."""

    promise: Promise
    standing: Standing
    calendar: int

    def stated(self, kind: type[DeadlineStated], version: int, at: datetime, line: Timeline) -> DeadlineStated:
        """The promise as it is said, with how it came about on that calendar."""
        return kind(
            at=at,
            version=version,
            unit=self.standing.unit,
            due_at=self.promise.due,
            computed_due_at=self.promise.computed,
            first_due_at=self.promise.first,
            basis=self.promise.basis,
            provisional=self.promise.provisional,
            calendar_version=self.promise.calendar_version,
            derivation=steps_of(self.standing, self.promise, line),
            calendar=self.calendar,
            counted_from=digest_of(self.standing.key()),
        )


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
    line = context.reference.timeline(unit)
    try:
        now = promise_of(standing, line, context.rules)
    except BeyondCalendarError:
        return []
    if now.computed == before.computed and now.provisional == before.provisional:
        return []
    version = after["deadline"]["v"] + 1
    after["deadline"] = {**after["deadline"], "v": version, "due": ms_of(now.due)}
    plan_rungs(after, standing, context)
    kind = DeadlineMoved if now.due != before.due else DeadlineSet  # the same date, no longer provisional
    stated = Counted(now, standing, newest.number).stated(kind, version, newest.recorded, line)
    return [state(after, stated, None, context)]


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
    is_counted = known is not None and known.get("of") == standing.key()
    if not is_counted:
        outputs += _state_deadline(after, standing, event, context)
    if not ended_as_said:
        outputs += _settle(after, end_of(facts), standing, event, context)
    if after.get("settled", {}).get("outcome", "open") == "open":
        if is_counted and not was_open:
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
    line = context.reference.timeline(unit, calendar)
    try:
        promise = promise_of(standing, line, context.rules)
    except (LimitError, BeyondCalendarError) as error:
        after["deadline"] = {"v": (known or {}).get("v", 0), "of": standing.key(), "due": None}
        text = f"Không tính được ngày hẹn trả: {error}"
        refused = DeadlineRefused(at=business_time(event), unit=unit, rule="D8", text=text, code=Rule.D8.value)
        return [refuse(after, refused, "uncountable", event, context)]
    version = (known or {}).get("v", 0) + 1
    due = ms_of(promise.due)
    before = (known or {}).get("due")
    after["deadline"] = {"v": version, "of": standing.key(), "due": due}
    note_difference(after, promise.basis, promise.due, promise.computed)
    outputs = []
    if known is None or before != due or other_unit:
        kind = _kind_of_change(known, before, due)
        stated = Counted(promise, standing, calendar).stated(kind, version, business_time(event), line)
        outputs.append(state(after, stated, event, context))
    else:
        after["deadline"]["v"] = version - 1
    if len(standing.reappointed) > 1:
        refused = ONCE.to(unit, business_time(event))
        outputs.append(refuse(after, refused, str(len(standing.reappointed)), event, context))
    return outputs


def _kind_of_change(known: Mapping[str, Any] | None, before: int | None, due: int | None) -> type[DeadlineStated]:
    if due is None:
        return DeadlinePaused
    if known is None:
        return DeadlineSet
    return DeadlineResumed if before is None else DeadlineMoved


def _settle(after: Document, end: End | None, standing: Standing | None, event: Event, context: Context) -> list[Output]:
    """State the outcome if it is another than the stated one; an end that was taken back opens the dossier again."""
    stated: Mapping[str, Any] | None = after.get("settled")
    version = (stated or {}).get("v", 0) + 1
    if end is None or standing is None:
        if stated is None or stated["outcome"] == "open":
            return []
        settled = DeadlineSettled(at=business_time(event), version=version, unit=unit_of(after), outcome="open")
    else:
        measured = _measured(after, standing, end, version, event, context)
        if measured is None:
            return []
        settled = measured
    kept = kept_of(settled)
    if stated is not None and {**stated, "v": version} == kept:
        return []
    after["settled"] = kept
    return [state(after, settled, event, context)]


def _measured(
    after: Document, standing: Standing, end: End, version: int, event: Event, context: Context
) -> DeadlineSettled | None:
    """The outcome of an end; None where there is no promise to measure it against."""
    due, first = _due_at_end(after, standing, end, context)
    if due is None or first is None:
        return None
    facts, line, ended_at = after["facts"], line_of(after, context), moment(end.at)
    outcome, supplements = outcome_of(ended_at, due, context.early_by), supplements_of(facts)
    limit, used = limit_used(standing, line, context.rules, end.at) or (None, None)
    return DeadlineSettled(
        at=business_time(event),
        version=version,
        unit=unit_of(after),
        outcome=outcome,
        state=end.state,
        ended_at=ended_at,
        due_at=due,
        against_first=outcome_of(ended_at, first, context.early_by),
        supplements=supplements,
        limit_minutes=limit,
        used_minutes=used,
        also=end.also,
        spent=time_spent(facts, line, standing.received_at, end.at) if outcome == "late" else None,
        counted_from=end_digest(standing, end, supplements),
    )


def kept_of(data: DeadlineSettled) -> dict[str, Any]:
    """An outcome as a document keeps it: {v, outcome}, and of an end {end, due, state, supplements, limit, used, also}."""
    kept: dict[str, Any] = {"v": data.version, "outcome": data.outcome}
    if data.ended_at is not None and data.due_at is not None:
        times = {"end": epoch_ms(data.ended_at), "due": epoch_ms(data.due_at)}
        kept |= {**times, "state": data.state, "supplements": data.supplements}
    if data.limit_minutes is not None:
        kept |= {"limit": data.limit_minutes, "used": data.used_minutes}
    if data.also:
        kept["also"] = list(data.also)
    return kept


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

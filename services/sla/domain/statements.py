"""What sla states of a dossier: the promise in force and how it ended, each anew when its facts or its calendar change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.deadlines import (
    DeadlineMoved,
    DeadlinePaused,
    DeadlineRefused,
    DeadlineResumed,
    DeadlineSet,
    DeadlineSettled,
    DeadlineStated,
)
from contracts.rules import Rule
from reference import BeyondCalendarError, LimitError
from services.changes import Because, Changed, Once
from services.facts import KnownFacts
from services.sla.domain.dossier import Conflict, Deadline, Dossier, Ended, Reopened, Settled, Watch
from services.sla.domain.ground import Ground, Heard
from services.sla.domain.outcome import end_of, measure
from services.sla.domain.promise import Counted, Standing, ms_of, promise_of, standing_of
from services.sla.domain.repromise import ONCE, Ask, granted, refusal_of
from services.sla.domain.rungs import next_rung

Said = Sequence[Once | DeadlineStated | DeadlineSettled]


@dataclass(frozen=True, slots=True)
class Stating:
    """The promise after a decision, and what is said of it. `watch`: None where an end had taken it away."""

    deadline: Deadline
    watch: Watch | None
    said: Said = ()


def restate(dossier: Dossier, heard: Heard, ground: Ground, *, ended_as_said: bool = False) -> Changed[Dossier]:
    """Compare what the facts say now with what was stated, and state the difference.

    `ended_as_said`: the outcome is known to be stated from these very facts, and is not counted anew.
    """
    standing, facts = standing_of(dossier.facts), dossier.facts
    if standing is None:
        settled, ending = _open_again(dossier.settled, dossier.body, heard)
        return Changed(dossier._replace(watch=None, settled=settled), ending)
    known = dossier.deadline
    now = (
        Stating(known, dossier.watch)
        if known is not None and known.of == standing
        else _state(dossier, standing, heard, ground)
    )
    settled, ending = (dossier.settled, ()) if ended_as_said else _settle(dossier.settled, now, standing, facts, heard, ground)
    said = [*now.said, *ending]
    if settled is not None and isinstance(settled.how, Ended):
        return Changed(_after(dossier, standing, now.deadline, None, settled), said)
    watch = _watch(facts, standing, now, dossier, ground)
    after = _after(dossier, standing, now.deadline, watch, settled)
    if watch.counted_with >= ground.reference.known:
        return Changed(after, said)
    moved = _by_newest_calendar(after, standing, now.deadline, watch, ground)
    return Changed(moved.after, [*said, *moved.said])


def answer(dossier: Dossier, ask: Ask, heard: Heard, ground: Ground) -> Changed[Dossier]:
    """A signed letter asks for a new date: granted once (R16), answered by a moved or a refused deadline."""
    line = ground.reference.timeline(ask.unit, ground.reference.known_at(heard.recorded))
    most = ground.reference.repromise_max_days(ask.unit)
    refusal = refusal_of(standing_of(dossier.facts), end_of(dossier.facts), dossier.due, line, most, ask)
    if refusal is not None:
        refused = dossier._replace(asks={**dossier.asks, ask.id: "refused"})
        return Changed(refused, [Once(refusal.to(ask.unit, heard.at), ask.id)])
    return restate(granted(dossier, ask), heard, ground)


def _after(dossier: Dossier, standing: Standing, deadline: Deadline, watch: Watch | None, settled: Settled | None) -> Dossier:
    return dossier.stating(dossier.facts, standing.unit, deadline, settled, watch)


# --- the promise ---------------------------------------------------------------------------------------------------------


def _state(dossier: Dossier, standing: Standing, heard: Heard, ground: Ground) -> Stating:
    """Count the promise by the calendar as it was known when the fact was recorded: a fact that is replayed gives the date it
    gave then."""
    known, unit = dossier.deadline, standing.unit
    calendar = ground.reference.known_at(heard.recorded)
    line = ground.reference.timeline(unit, calendar)
    version, before = (0, None) if known is None else (known.version, known.due)
    try:
        promise = promise_of(standing, line, ground.rules)
    except (LimitError, BeyondCalendarError) as error:
        text = f"Không tính được ngày hẹn trả: {error}"
        refused = DeadlineRefused(at=heard.at, unit=unit, rule="D8", text=text, code=Rule.D8.value)
        return Stating(Deadline(version, None, standing), Watch(calendar), [Once(refused, "uncountable")])
    due = promise.due_ms
    said: list[Once | DeadlineStated] = []
    if known is None or before != due or dossier.unit not in (None, unit):
        version += 1
        kind = _kind_of_change(known, due)
        said.append(Counted(promise, standing, calendar).stated(kind, version, heard.at, line))
    if len(standing.reappointed) > 1:
        said.append(Once(ONCE.to(unit, heard.at), str(len(standing.reappointed))))
    return Stating(Deadline(version, due, standing), Watch(calendar, differs=promise.difference), said)


def _kind_of_change(known: Deadline | None, due: int | None) -> type[DeadlineStated]:
    if due is None:
        return DeadlinePaused
    if known is None:
        return DeadlineSet
    return DeadlineResumed if known.due is None else DeadlineMoved


# --- the end -------------------------------------------------------------------------------------------------------------


def _settle(
    stated: Settled | None, now: Stating, standing: Standing, facts: KnownFacts, heard: Heard, ground: Ground
) -> tuple[Settled | None, Said]:
    """State the outcome if it is another than the stated one; an end that was taken back opens the dossier again."""
    end = end_of(facts)
    if end is None:
        return _open_again(stated, standing.unit, heard)
    line = ground.reference.timeline(standing.unit, None if now.watch is None else now.watch.counted_with)
    measured = measure(end, standing, now.deadline, facts, line, ground)
    if measured is None or (stated is not None and stated.how == measured.ended):
        return stated, ()
    version = 1 if stated is None else stated.version + 1
    return Settled(version, measured.ended), [measured.stated(version, heard.at, facts, ground)]


def _open_again(stated: Settled | None, unit: str, heard: Heard) -> tuple[Settled | None, Said]:
    if stated is None or isinstance(stated.how, Reopened):
        return stated, ()
    version = stated.version + 1
    return Settled(version, Reopened()), [DeadlineSettled(at=heard.at, version=version, unit=unit, outcome="open")]


# --- while it is open ----------------------------------------------------------------------------------------------------


def _watch(facts: KnownFacts, standing: Standing, now: Stating, dossier: Dossier, ground: Ground) -> Watch:
    """What is watched of an open dossier, its next timer among it."""
    due, watch = now.deadline.due, now.watch
    if watch is None:
        watch = _watched_again(standing, due, ground)
    line = ground.reference.timeline(standing.unit, watch.counted_with)
    timer = next_rung(facts, standing, due, line, dossier.rungs, ground)
    return Watch(watch.counted_with, timer, watch.conflict, watch.differs)


def _watched_again(standing: Standing, due: int | None, ground: Ground) -> Watch:
    """What an end took away comes back: by which calendar it is counted, and where the printed date differs from that."""
    known = ground.reference.known
    if due is None:
        return Watch(known)
    try:
        promise = promise_of(standing, ground.reference.timeline(standing.unit, known), ground.rules)
    except (LimitError, BeyondCalendarError):
        return Watch(known)
    return Watch(known, differs=promise.difference)


# --- the calendar --------------------------------------------------------------------------------------------------------


def recount(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """The calendar changed after an open dossier was counted."""
    standing, deadline, watch = standing_of(dossier.facts), dossier.deadline, dossier.watch
    if standing is None or deadline is None or watch is None or watch.counted_with >= ground.reference.known:
        return Changed(dossier)
    return _by_newest_calendar(dossier, standing, deadline, watch, ground)


def _by_newest_calendar(
    dossier: Dossier, standing: Standing, deadline: Deadline, watch: Watch, ground: Ground
) -> Changed[Dossier]:
    """Count an open dossier by the newest calendar. A date that only we counted moves; one that was printed stays, and is
    listed where our count would be another now (R7)."""
    if deadline.due is None:
        return Changed(dossier)  # while it waits there is no date, and when it goes on it is counted anew
    reference, newest = ground.reference, ground.reference.changes[-1]
    before = promise_of(standing, reference.timeline(dossier.body, watch.counted_with), ground.rules)
    counted = replace(watch, counted_with=newest.number)
    if before.basis != "computed":
        found = conflict_since(watch.counted_with, dossier.body, standing, ground)
        return Changed(dossier._replace(watch=replace(counted, conflict=found or watch.conflict)))
    line = reference.timeline(dossier.body)
    try:
        now = promise_of(standing, line, ground.rules)
    except BeyondCalendarError:
        return Changed(dossier._replace(watch=counted))
    if now.computed == before.computed and now.derivation.provisional == before.derivation.provisional:
        return Changed(dossier._replace(watch=counted))
    moved = Deadline(deadline.version + 1, now.due_ms, deadline.of)
    timer = next_rung(dossier.facts, standing, moved.due, line, dossier.rungs, ground)
    kind = DeadlineMoved if now.due != before.due else DeadlineSet  # the same date, no longer provisional
    stated = Counted(now, standing, newest.number).stated(kind, moved.version, newest.recorded, line)
    return Changed(dossier._replace(deadline=moved, watch=replace(counted, next_rung_at=timer)), [Because(stated)])


def conflict_since(known: int, unit: str, standing: Standing, ground: Ground) -> Conflict | None:
    """The last change of the calendar since `known` by which our count became another than the one before.

    Change by change, so that it does not matter how many an instance learned of at once.
    """
    found = None
    for change in ground.reference.changes:
        if change.number <= known:
            continue
        try:
            before, now = (
                promise_of(standing, ground.reference.timeline(unit, number), ground.rules).computed
                for number in (known, change.number)
            )
        except BeyondCalendarError:
            continue
        if now != before:
            found = Conflict(change.number, ms_of(before), ms_of(now))
        known = change.number
    return found

"""sla brought back to what it said: due dates, outcomes, answers to letters and fired rungs are read back, never decided anew.

An ask (notices.v1) and a fact (dossiers.v1) come from two topics, and who came first decided. So what was decided is taken
from deadlines.v1: a statement carries a digest of what it was counted from, and where the facts of today have that digest, it
stands, whatever settings and reference data say by now. Only what nobody has stated yet is counted.

What a dossier keeps while it recovers is `domain/recovered.py`.
"""

from dataclasses import replace

from contracts import Event, effect_id
from contracts.calendar import CalendarChanged
from contracts.deadlines import (
    AcceptanceStated,
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineRefused,
    DeadlineSettled,
    DeadlineStated,
    DeadlineWarned,
)
from contracts.facts import epoch_ms
from contracts.notices import LetterApproved
from reference import moment
from runtime.recovery import Recall, Recovery
from services import wiring
from services.changes import Because, Changed, Said
from services.sla.calendar import TOPIC as CALENDAR
from services.sla.domain import (
    Acceptance,
    Deadline,
    Dossier,
    End,
    Ended,
    Ground,
    Heard,
    LimitUse,
    Reopened,
    Settled,
    Standing,
    Submission,
    Watch,
    answer,
    end_of,
    restate,
    restate_acceptance,
    standing_of,
)
from services.sla.domain.facts import Refused
from services.sla.domain.journal import Entry, Slot
from services.sla.domain.outcome import end_digest, supplements_of
from services.sla.domain.promise import difference, ms_of
from services.sla.domain.recovered import Asked, Clock, EndSaid, LastFact, PromiseSaid, Rang, Recovered
from services.sla.domain.repromise import granted
from services.sla.domain.rungs import overtaken, rungs_before
from services.sla.handlers import TOPIC, Context, ask_of, heeds
from services.sla.store import CODEC, DOSSIERS, JOURNAL, MADE_FROM_LOG, SLOTS

FORGOTTEN_SIGNER = "(không còn lưu)"


def recovery(context: Context) -> Recovery[Event]:
    """What sla tells the runtime of itself."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(
            Recall(TOPIC, DOSSIERS, CODEC.folding(recall)),
            Recall(CALENDAR, JOURNAL, SLOTS.folding(recall_change), _number_of),
        ),
        absorb=CODEC.folding(absorb),
        settle=CODEC.settling(lambda dossier: settle(dossier, context), context.clock),
    )


# --- reading back --------------------------------------------------------------------------------------------------------


def recall(dossier: Dossier, event: Event) -> Dossier:
    """The dossier with one thing that sla said of it; the dossier itself if it knows."""
    data = event.data
    if isinstance(data, DeadlineStated):
        return _recall_promise(dossier, event, data)
    if isinstance(data, DeadlineSettled):
        return _recall_end(dossier, data)
    if isinstance(data, AcceptanceStated):
        return _recall_acceptance(dossier, data)
    if isinstance(data, DeadlineWarned | DeadlineApologyDue | DeadlineOverdue):
        return _recall_rung(dossier, event, data)
    return _recall_refusal(dossier, event) if isinstance(data, DeadlineRefused) else dossier


def _recall_promise(dossier: Dossier, event: Event, data: DeadlineStated) -> Dossier:
    if dossier.deadline is not None and dossier.deadline.version >= data.version:
        return dossier
    told = dossier.recovered or Recovered()
    told = replace(told, stated=PromiseSaid(data.counted_from, data.calendar, data.basis, ms_of(data.computed_due_at)))
    if data.basis == "reappointed" and event.correlation is not None:
        told = replace(told, granted=(*told.granted, event.correlation))
    return _recovering(dossier._replace(unit=data.unit, deadline=Deadline(data.version, ms_of(data.due_at), None)), told)


def _recall_end(dossier: Dossier, data: DeadlineSettled) -> Dossier:
    if dossier.settled is not None and dossier.settled.version >= data.version:
        return dossier
    told = replace(dossier.recovered or Recovered(), ended=EndSaid(data.counted_from))
    return _recovering(dossier._replace(settled=Settled(data.version, _how(data))), told)


def _recall_acceptance(dossier: Dossier, data: AcceptanceStated) -> Dossier:
    """It says all that it was counted from, so it stands where the facts are those, whatever settings say by now."""
    if dossier.acceptance is not None and dossier.acceptance.version >= data.version:
        return dossier
    acceptance = Acceptance(data.version, None)
    if data.since is not None and data.due_at is not None:
        of = Submission(data.unit, epoch_ms(data.since), data.state, ms_of(data.answered_at))
        acceptance = Acceptance(data.version, of, epoch_ms(data.due_at), data.outcome == "overdue", data.provisional)
    return _recovering(dossier._replace(acceptance=acceptance), dossier.recovered or Recovered())


def _how(data: DeadlineSettled) -> Ended | Reopened:
    """An outcome as it was stated; of an end, every release named its state, its time and the date it was measured against."""
    if data.outcome == "open" or data.state is None or data.ended_at is None or data.due_at is None:
        return Reopened()
    limit, used = data.limit_minutes, data.used_minutes
    use = None if limit is None or used is None else LimitUse(limit, used)
    end = End(data.state, epoch_ms(data.ended_at), data.also)
    return Ended(data.outcome, end, epoch_ms(data.due_at), data.supplements, use)


def _recall_rung(dossier: Dossier, event: Event, data: DeadlineWarned | DeadlineApologyDue | DeadlineOverdue) -> Dossier:
    name = "apology-due"
    if isinstance(data, DeadlineWarned):
        name = data.rung
    elif isinstance(data, DeadlineOverdue):
        name = "overdue" if data.tier == 1 else f"overdue/{data.tier}"
    if name in dossier.rungs:
        return dossier
    of, told = None if dossier.deadline is None else dossier.deadline.of, dossier.recovered or Recovered()
    rang = Rang(name, epoch_ms(data.due_at), epoch_ms(event.time), of)
    return _recovering(dossier._replace(rungs={**dossier.rungs, name: "fired"}), replace(told, rang=(*told.rang, rang)))


def _recall_refusal(dossier: Dossier, event: Event) -> Dossier:
    """Of the refusals, one that answers a letter is an answer; its id is made from the letter's."""
    ask = event.correlation or ""
    if event.id != DeadlineRefused.event_id("sla", dossier.code, ask) or ask in dossier.asks:
        return dossier
    return dossier._replace(asks={**dossier.asks, ask: "refused"})


def _recovering(dossier: Dossier, told: Recovered) -> Dossier:
    """With what was read back, and without what makes somebody look at it: that comes back when it is settled."""
    watch = None if dossier.watch is None else replace(dossier.watch, next_rung_at=None)
    return dossier._replace(watch=watch, recovered=told)


def _number_of(event: Event) -> str:
    return f"{event.data.number:06d}" if isinstance(event.data, CalendarChanged) else ""


def recall_change(slot: Slot, event: Event) -> Slot:
    """A change of the calendar back into the journal, so that its number is never given again. Who signed it is gone."""
    data = event.data
    if slot.entry is not None or not isinstance(data, CalendarChanged):
        return slot
    days = tuple((day.day, day.kind) for day in data.days)
    entry = Entry(data.number, epoch_ms(event.time), days, data.name, data.source, FORGOTTEN_SIGNER)
    return Slot(replace(entry, unit=data.unit, confirmed_through=data.confirmed_through))


# --- absorbing -----------------------------------------------------------------------------------------------------------


def absorb(dossier: Dossier, event: Event) -> Dossier:
    """The dossier with one record's fact, and nothing decided; the dossier itself if it says nothing new."""
    if isinstance(event.data, LetterApproved):
        return _absorb_ask(dossier, event, event.data)
    after = dossier.told(event) if heeds(event) else dossier
    return dossier if after is dossier else _heard(after, dossier, event)


def _absorb_ask(dossier: Dossier, event: Event, letter: LetterApproved) -> Dossier:
    told, ask = dossier.recovered or Recovered(), ask_of(event)
    reply = dossier.asks.get(event.id)
    if ask is None or event.id in told.asked or reply == "granted":
        return dossier
    if event.id in told.granted:
        return _heard(granted(dossier, ask), dossier, event)
    if reply is not None:
        return dossier
    return _recovering(dossier, replace(told, asked={**told.asked, event.id: Asked(event.time, letter)}))


def _heard(after: Dossier, before: Dossier, event: Event) -> Dossier:
    """Note the record, and whether it moved the clock: what is counted goes by the calendar of that moment."""
    told = before.recovered or Recovered()
    told = replace(told, cause=LastFact(event.correlation or event.id, event.time, Heard.of(event).at))
    standing = standing_of(after.facts)
    if standing is not None and standing != standing_of(before.facts):
        told = replace(told, heard=event.time, clocks=(*told.clocks, Clock(epoch_ms(event.time), standing)))
    return _recovering(after, told)


# --- settling ------------------------------------------------------------------------------------------------------------


def settle(dossier: Dossier, context: Context) -> Changed[Dossier]:
    """What the facts say beyond what was said; the dossier as it would be had nothing been lost."""
    told, ground = dossier.recovered, context.ground
    if told is None:
        return Changed(dossier)
    standing = standing_of(dossier.facts)
    after = _rest_rungs(_stands(dossier._replace(recovered=None), told, standing), told, ground)
    as_said = standing is not None and _ended_as_said(after, told, standing)
    said: list[Said] = []
    if after.facts:
        heard, cause = _last(after, told, context)
        restated = restate(after, heard, ground, ended_as_said=as_said)
        after, said = _said(restated.then(lambda one: restate_acceptance(one, heard, ground)), cause)
    for identity, asked in sorted(told.asked.items(), key=lambda item: item[1].time):
        ask = ask_of(Event(identity, "/notifier", LetterApproved.TYPE, after.code, asked.time, asked.letter))
        if ask is not None and identity not in after.asks:
            heard = Heard(asked.letter.at, asked.time)
            after, more = _said(answer(after, ask, heard, ground), identity)
            said += more
    return Changed(after, said)


def _said(changed: Changed[Dossier], cause: str) -> tuple[Dossier, list[Said]]:
    return changed.after, [one if isinstance(one, Because) else Because(one, cause) for one in changed.said]


def _stands(after: Dossier, told: Recovered, standing: Standing | None) -> Dossier:
    """Take the promise as it was stated if it was stated from these facts."""
    stated, deadline = told.stated, after.deadline
    if stated is None or deadline is None:
        return after
    if standing is None:
        return _rest_of_a_refused(after, stated, deadline)
    if stated.digest is not None and stated.digest != standing.digest():
        return after  # the facts went on: what they say now is counted, and said if it is another date
    computed = None if stated.computed is None else moment(stated.computed)
    differs = difference(stated.basis, None if deadline.due is None else moment(deadline.due), computed)
    watch = Watch(stated.calendar or 0, differs=differs)
    return after._replace(unit=standing.unit, deadline=replace(deadline, of=standing), watch=watch)


def _rest_of_a_refused(after: Dossier, stated: PromiseSaid, deadline: Deadline) -> Dossier:
    """A dossier that was refused after all keeps the promise it had, in case it is taken back."""
    standing = standing_of(after.facts.without(Refused))
    if standing is None or stated.digest != standing.digest():
        return after
    return after._replace(deadline=replace(deadline, of=standing))


def _ended_as_said(after: Dossier, told: Recovered, standing: Standing) -> bool:
    """Whether the outcome was stated from these facts. Of an older release's statement: from this end at least."""
    settled, end = after.settled, end_of(after.facts)
    if told.ended is None or settled is None:
        return False
    if end is None or isinstance(settled.how, Reopened):
        return end is None and isinstance(settled.how, Reopened)
    supplements = supplements_of(after.facts)
    if told.ended.digest is not None:
        return told.ended.digest == end_digest(standing, end, supplements)
    return (settled.how.end, settled.how.supplements) == (end, supplements)


def _last(after: Dossier, told: Recovered, context: Context) -> tuple[Heard, str]:
    """What a difference is said to come from: the last record, counted by the calendar of the last that moved the clock."""
    now, cause = context.clock.now(), told.cause
    if cause is None:
        return Heard(now, told.heard or now), effect_id("sla", after.code, "recovered", str(after.revision))
    return Heard(cause.at, told.heard or cause.time), cause.id


def _rest_rungs(after: Dossier, told: Recovered, ground: Ground) -> Dossier:
    """Note the rungs that a fired one overtook: they are not said, and must not be sent late."""
    now, rungs = standing_of(after.facts), dict(after.rungs)
    for rung in told.rang:
        then = _clock_at(rung, told) or now
        if then is None or rung.name.startswith("step/"):
            continue
        line = ground.reference.timeline(then.unit, ground.reference.known_at(moment(rung.time)))
        ladder = rungs_before(after.facts, then, rung.due, line, 2 if rung.name.endswith("/2") else 1, ground)
        for other in overtaken(ladder, rung.name):
            rungs.setdefault(other.name, "superseded")
    return after._replace(rungs=rungs)


def _clock_at(rung: Rang, told: Recovered) -> Standing | None:
    """The standing that a rung was counted from: the last one before it."""
    earlier = [clock for clock in told.clocks if clock.since <= rung.time]
    return max(earlier, key=lambda clock: clock.since).standing if earlier else rung.of

"""The rungs before and at a due moment: warnings, apology-due, overdue (D19, docs/decisions/0006-rungs.md). Times in ms."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineWarned
from reference import ReferenceData, Timeline, moment
from reference.limits import LimitUnit
from reference.timeline import DAY, minute_of, ms_of_minute, to_instant
from services.changes import Changed, Once
from services.facts import KnownFacts
from services.sla.domain.dossier import Dossier, Reached, Watch
from services.sla.domain.facts import Progressed, Received
from services.sla.domain.ground import Ground, RungRules
from services.sla.domain.promise import Standing, standing_of

Kind = Literal["warned", "apology-due", "overdue"]


class Rung(NamedTuple):
    """One rung: what it is, which of its kind, and when it is reached. `step`: of a step's own limit, the step."""

    kind: Kind
    name: str
    at: int
    tier: int = 1
    step: Progressed | None = None


def _days_before(line: Timeline, due: int, days: int) -> int:
    """The same time of day so many working days earlier, clipped to that day's hours. In minutes."""
    return line.clip(line.counted_after(due // DAY, -days) * DAY + due % DAY)


def sign_by(line: Timeline, due: int, rules: RungRules) -> datetime:
    """When an apology letter must be signed: the lawful lead before the due moment."""
    return to_instant(_days_before(line, minute_of(due), rules.sign_lead_days))


def second_tier(rungs: Sequence[Rung]) -> list[Rung]:
    """The rungs of a re-promised date: warnings and overdue once more, no second letter."""
    return [rung._replace(name=f"{rung.name}/2", tier=2) for rung in rungs if rung.kind != "apology-due"]


def newest_step(facts: KnownFacts) -> tuple[str, Progressed] | None:
    """The step that the dossier is in now, with its occasion; none if none was told."""
    steps = facts.standing(Progressed)
    return max(steps.items(), key=lambda item: (item[1].at, item[0])) if steps else None


def step_rung(facts: KnownFacts) -> Rung | None:
    """The limit of the step that the dossier is in now; none if it has none."""
    found = newest_step(facts)
    if found is None:
        return None
    occasion, newest = found
    if newest.step_due_at is None:
        return None
    return Rung("warned", f"step/{occasion}", newest.step_due_at, step=newest)


def rungs_of(line: Timeline, started: int, due: int, unit: LimitUnit, rules: RungRules) -> list[Rung]:
    """All rungs in the order of their time. Those within the first quarter of the open time are left out;
    a same-day procedure has only `overdue`."""
    overdue = Rung("overdue", "overdue", due)
    start, end = minute_of(started), minute_of(due)
    if unit == "same_day" or end <= start:
        return [overdue]
    begin, stop = line.position(start), line.position(end)
    quarter = line.at_position(begin + max(1, (stop - begin) // 4))
    early: list[tuple[int, Kind, str]] = [
        (line.at_position(stop - hours * 60), "warned", f"{hours}h")
        for hours in rules.warn_open_hours
        if stop - hours * 60 > begin
    ]
    early.append((_days_before(line, end, rules.apology_lead_days), "apology-due", "apology-due"))
    return [*(Rung(kind, name, ms_of_minute(at)) for at, kind, name in sorted(early) if quarter <= at < end), overdue]


def passed(rungs: Sequence[Rung], done: Collection[str], until: datetime, now: datetime) -> tuple[list[Rung], list[Rung]]:
    """Which of the rungs reached by `until` are to be fired now, and which are superseded and never sent late.

    A rung that is done overtakes as one that is fired now.

    The log may be known up to `until` only while the clock stands at `now`: what a later rung has overtaken by then is as late
    as if that one had fired already. A warning is superseded by any later rung, the apology by overdue alone.
    """
    known, clock = whole_ms(until), whole_ms(max(until, now))
    last = next((rung for rung in reversed(rungs) if rung.at <= clock), None)
    reached = [rung for rung in rungs if rung.at <= known and rung.name not in done]
    fire = [
        rung for rung in reached if rung is last or (rung.kind == "apology-due" and last is not None and last.kind != "overdue")
    ]
    return fire, [rung for rung in reached if rung not in fire]


def whole_ms(time: datetime) -> int:
    """The milliseconds since 1970 that have passed at a moment: what is due at one of them is reached."""
    return (time - _1970) // _MS


_1970, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def overtaken(rungs: Sequence[Rung], fired: str) -> list[Rung]:
    """Which of the rungs cannot be sent any more once the one with this name was: a warning by any later rung, the apology by
    overdue alone."""
    place = next((number for number, rung in enumerate(rungs) if rung.name == fired), 0)
    return [rung for rung in rungs[:place] if rung.kind != "apology-due" or rungs[place].kind == "overdue"]


def rungs_before(facts: KnownFacts, standing: Standing, due: int, line: Timeline, tier: int, ground: Ground) -> list[Rung]:
    """The rungs before a date, counted by a calendar; of the first promise, or of the one re-promise (tier 2)."""
    rules = rules_for(facts.first(Received), ground.reference, ground.rungs)
    rungs = rungs_of(line, standing.received_at, due, standing.limit[1], rules)
    return second_tier(rungs) if tier > 1 else rungs


def rules_for(received: Received | None, reference: ReferenceData, general: RungRules) -> RungRules:
    """The rungs of the procedure version at reception where it names its own, else the general ones (R13)."""
    procedure = None if received is None else reference.procedures.get(received.procedure)
    if received is None or procedure is None:
        return general
    for version in procedure.versions:
        if version.name == received.terms.procedure_version:
            return RungRules(
                general.warn_open_hours if version.warn_open_hours is None else version.warn_open_hours,
                version.apology_lead_days or general.apology_lead_days,
                general.sign_lead_days,
            )
    return general


def next_rung(
    facts: KnownFacts, standing: Standing, due: int | None, line: Timeline, done: Collection[str], ground: Ground
) -> int | None:
    """The next timer of a dossier: of the rungs before the date in force, and of the step it is in. While the clock stands
    still, no step is late."""
    if due is None:
        return None
    rungs = rungs_before(facts, standing, due, line, 2 if standing.reappointed else 1, ground)
    return _next_of(rungs, step_rung(facts), done)


def _next_of(rungs: Sequence[Rung], step: Rung | None, done: Collection[str]) -> int | None:
    waiting = [rung.at for rung in rungs if rung.name not in done]
    if step is not None and step.name not in done:
        waiting.append(step.at)
    return min(waiting, default=None)


def fire(dossier: Dossier, until: datetime, now: datetime, ground: Ground) -> Changed[Dossier]:
    """Fire the rungs reached by `until`, each once; a rung that a later one has overtaken by `now` is marked, not sent late."""
    standing, due, watch = standing_of(dossier.facts), dossier.due, dossier.watch
    if standing is None or due is None or watch is None or watch.next_rung_at is None:
        return Changed(dossier)
    line, done = dossier.line(ground), dossier.rungs
    rungs = rungs_before(dossier.facts, standing, due, line, 2 if standing.reappointed else 1, ground)
    firing, superseded = passed(rungs, done, until, now)
    step = step_rung(dossier.facts)
    if step is not None and step.name not in done and step.at <= whole_ms(until):
        firing = [step, *firing]
    if not firing and not superseded:
        return Changed(dossier)
    done = _with(done, superseded, firing)
    timer = _next_of(rungs, step, done)
    after = dossier.ringing(done, Watch(watch.counted_with, timer, watch.conflict, watch.differs))
    return Changed(after, [Once(_reached(rung, dossier.body, due, line, ground), rung.name) for rung in firing])


def _with(done: Mapping[str, Reached], superseded: Sequence[Rung], fired: Sequence[Rung]) -> Mapping[str, Reached]:
    more: dict[str, Reached] = {rung.name: "superseded" for rung in superseded}
    for rung in fired:
        more[rung.name] = "fired"
    return {**done, **more}


def _reached(
    rung: Rung, unit: str, due: int, line: Timeline, ground: Ground
) -> DeadlineWarned | DeadlineApologyDue | DeadlineOverdue:
    """What is said when a rung is reached."""
    at, due_at = moment(rung.at), moment(due)
    if rung.kind == "overdue":
        return DeadlineOverdue(at=at, tier=rung.tier, unit=unit, due_at=due_at)
    if rung.kind == "apology-due":
        return DeadlineApologyDue(at=at, unit=unit, due_at=due_at, sign_by=sign_by(line, due, ground.rungs))
    step, department = (None, None) if rung.step is None else (rung.step.step or None, rung.step.department or None)
    return DeadlineWarned(at=at, rung=rung.name, step=step, department=department, unit=unit, due_at=due_at)

"""What an officer sees of dossiers: which are due when, who has the time, how a promise came about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.deadlines import Step, TimeSpent
from reference import BeyondCalendarError, LimitError, Timeline
from reference.timeline import DAY, to_instant, to_minute
from services.sla.domain.dossier import Dossier, Ended
from services.sla.domain.facts import Received, Refused
from services.sla.domain.ground import Ground
from services.sla.domain.promise import promise_of, standing_of, steps_of, waits_of
from services.sla.domain.rungs import newest_step, whole_ms
from services.sla.domain.spent import time_spent
from services.sla.domain.submission import newest_submission

Urgency = Literal["late", "today", "tomorrow", "later"]
Stage = Literal["submitted", "open", "waiting", "ended"]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Until when (ms) something is late, due today, due on the next working day; all ends are included."""

    late: int
    today: int
    tomorrow: int

    @classmethod
    def at(cls, now: datetime, line: Timeline) -> "Horizon":
        """Seen from a moment, on the calendar of a unit: on a Friday, "tomorrow" goes on through Monday. Where no calendar
        reaches a next working day, it is the next date: lists are wanted on the last days too."""
        today = to_minute(now) // DAY
        try:
            tomorrow = line.counted_after(today, 1)
        except BeyondCalendarError:
            tomorrow = today + 1
        midnights = (to_instant((day + 1) * DAY) for day in (today, tomorrow))
        first, second = (whole_ms(midnight) - 1 for midnight in midnights)
        return cls(whole_ms(now) - 1, first, second)

    def of(self, due: int) -> Urgency:
        """How urgent a date is."""
        if due <= self.late:
            return "late"
        if due <= self.today:
            return "today"
        return "tomorrow" if due <= self.tomorrow else "later"


@dataclass(frozen=True, slots=True)
class Line:
    """One open dossier on a unit's list. `step`, `department`: where it is now, as far as it was told. Times in ms."""

    code: str
    unit: str
    procedure: str
    received_at: int
    due: int
    urgency: Urgency
    reappointed: bool
    step: str
    department: str
    spent: TimeSpent | None  # of a late one: who used the time


def line_of(dossier: Dossier, horizon: Horizon, now: datetime, ground: Ground) -> Line | None:
    """A dossier as a line of the list; None if it has no date in force."""
    received, due, standing = dossier.facts.first(Received), dossier.due, standing_of(dossier.facts)
    if received is None or due is None or standing is None:
        return None
    step, department = _place(dossier)
    urgency = horizon.of(due)
    late = urgency == "late"
    return Line(
        dossier.code,
        dossier.body,
        received.procedure,
        received.at,
        due,
        urgency,
        bool(standing.reappointed),
        step,
        department,
        time_spent(dossier.facts, dossier.line(ground), received.at, whole_ms(now)) if late else None,
    )


@dataclass(frozen=True, slots=True)
class Unaccepted:
    """One dossier that a unit has to accept, on its list. `due`: until when (D20). Times in ms."""

    code: str
    unit: str
    procedure: str
    submitted_at: int
    due: int
    urgency: Urgency


def unaccepted_of(dossier: Dossier, horizon: Horizon) -> Unaccepted | None:
    """A dossier as a line of that list; None if nobody has to accept it."""
    submitted, acceptance = newest_submission(dossier.facts), dossier.acceptance
    if submitted is None or acceptance is None or acceptance.of is None or acceptance.accept_by is None:
        return None
    due, unit = acceptance.accept_by, acceptance.of.unit
    return Unaccepted(dossier.code, unit, submitted.procedure, submitted.at, due, horizon.of(due))


def _place(dossier: Dossier) -> tuple[str, str]:
    """Where it is: the step that was told last, and its department; empty as far as nothing was told."""
    found = newest_step(dossier.facts)
    return ("", "") if found is None else (found[1].step, found[1].department or "")


@dataclass(frozen=True, slots=True)
class Told:
    """What sla can say of one dossier. `stage`: `submitted` while it is to be accepted, until `due` where that can be counted;
    `waiting` while the clock stands still, or papers are asked for before it is accepted, since `waits_since`. Times in ms."""

    code: str
    unit: str
    procedure: str
    received_at: int | None
    stage: Stage
    due: int | None
    urgency: Urgency | None
    waits_for: str
    waits_since: int | None
    ended: Ended | None
    step: str
    department: str
    why: tuple[Step, ...]  # how the date came about; empty where it could not be counted
    submitted_at: int | None = None


def told_of(dossier: Dossier, now: datetime, ground: Ground) -> Told | None:
    """What sla can say of a dossier; None before anything of it is to be done, and of one that was refused (state 3)."""
    received, standing = dossier.facts.first(Received), standing_of(dossier.facts)
    if received is None or standing is None:
        return _told_before(dossier, now, ground)
    ended = dossier.ended
    line = dossier.line(ground)
    open_waits = [wait for wait in standing.pauses if wait.end is None]
    waits = open_waits[0] if open_waits and ended is None else None
    due, (step, department) = dossier.due, _place(dossier)
    stage: Stage = "ended" if ended is not None else "waiting" if waits is not None else "open"
    try:
        promise = promise_of(standing, line, ground.rules, ended_at=None if ended is None else ended.end.at)
        why = steps_of(standing, promise, line)
    except (LimitError, BeyondCalendarError):
        why = ()
    return Told(
        code=dossier.code,
        unit=dossier.body,
        procedure=received.procedure,
        received_at=received.at,
        stage=stage,
        due=ended.due if ended is not None else due,
        urgency=Horizon.at(now, line).of(due) if due is not None and stage == "open" else None,
        waits_for="" if waits is None else waits.kind,
        waits_since=None if waits is None else waits.begin,
        ended=ended,
        step=step,
        department=department,
        why=why,
        submitted_at=None if (submitted := newest_submission(dossier.facts)) is None else submitted.at,
    )


def _told_before(dossier: Dossier, now: datetime, ground: Ground) -> Told | None:
    """Of one that was submitted: it is to be accepted, or waits for the papers that were asked for instead."""
    submitted, acceptance = newest_submission(dossier.facts), dossier.acceptance
    if submitted is None or acceptance is None or acceptance.of is None or acceptance.of.state not in (None, 5):
        return None
    of, due = acceptance.of, acceptance.accept_by
    horizon = Horizon.at(now, ground.reference.timeline(of.unit))
    return Told(
        code=dossier.code,
        unit=of.unit,
        procedure=submitted.procedure,
        received_at=None,
        stage="submitted" if acceptance.waits else "waiting",
        due=due,
        urgency=None if due is None else horizon.of(due),
        waits_for="" if acceptance.waits else "supplement",
        waits_since=of.answered,
        ended=None,
        step="",
        department="",
        why=(),
        submitted_at=submitted.at,
    )


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """A dossier that was never accepted (state 3). `unit`, `procedure`: empty unless a reception or a submission was told too;
    times in ms."""

    code: str
    unit: str
    procedure: str
    at: int
    submitted_at: int | None


def not_accepted(dossier: Dossier) -> NotAccepted | None:
    """What is to be told of a dossier that was refused; None of any other."""
    refused = dossier.facts.first(Refused)
    if refused is None:
        return None
    received, submitted = dossier.facts.first(Received), newest_submission(dossier.facts)
    unit, procedure = "", ""
    if received is not None:
        unit, procedure = received.competent_unit, received.procedure
    elif submitted is not None:
        unit, procedure = submitted.receiving_unit, submitted.procedure
    return NotAccepted(dossier.code, unit, procedure, refused.at, None if submitted is None else submitted.at)


def asked_of_citizen(dossier: Dossier) -> str:
    """What the citizen has to do now, whether the clock stands still for it or not: supplement, fee, or "" for nothing."""
    kinds = [wait.kind for wait in waits_of(dossier.facts) if wait.end is None and wait.kind in ("supplement", "fee")]
    return kinds[0] if kinds and dossier.ended is None else ""

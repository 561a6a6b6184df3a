"""How a promise ended: readings D10 and D11 (docs/decisions/0005-outcomes.md)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.deadlines import DeadlineSettled, Outcome
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, BeyondCalendarError, LimitError, Timeline, moment
from services.facts import KnownFacts, Slim
from services.sla.domain.dossier import Deadline, End, Ended, EndState
from services.sla.domain.facts import Completed, Returned, Stopped, SupplementRequested, Withdrawn
from services.sla.domain.ground import Ground
from services.sla.domain.promise import Standing, promise_of
from services.sla.domain.spent import limit_used, time_spent

# State 9 wins over 10 (waiting for pick-up is never late), 10 over 7 and 8.
_END_STATES: tuple[tuple[type[Slim], EndState], ...] = ((Completed, 9), (Returned, 10), (Withdrawn, 7), (Stopped, 8))


def end_of(facts: KnownFacts) -> End | None:
    """The end of an accepted dossier: state 9, else 10, else the earlier of 7 and 8 (D10); None while it is open."""
    ends = [(state, fact.at) for kind, state in _END_STATES if (fact := facts.first(kind)) is not None]
    if not ends:
        return None
    state, at = ends[0] if ends[0][0] in (9, 10) else min(ends, key=lambda end: end[1])
    also = tuple(other for other, _ in ends if {state, other} - {9, 10} and other != state)
    return End(state, at, also)


def outcome_of(end: datetime, due: datetime, early_by: Literal["date", "time"]) -> Outcome:
    """Late: after the due moment. Early: on an earlier date (setting: earlier at all). Else on time (D11)."""
    if end > due:
        return "late"
    if early_by == "time":
        return "early" if end < due else "on_time"
    return "early" if end.astimezone(OFFICE_TIME).date() < due.astimezone(OFFICE_TIME).date() else "on_time"


@dataclass(frozen=True, slots=True)
class Measured:
    """An end beside what it is measured against: the promise in force, the first one (without any re-promise), a calendar."""

    ended: Ended
    first: datetime
    standing: Standing
    line: Timeline

    def stated(self, version: int, at: datetime, facts: KnownFacts, ground: Ground) -> DeadlineSettled:
        """The outcome as it is said; of a late one, with who used the time."""
        ended, end = self.ended, self.ended.end
        ended_at, start = moment(end.at), self.standing.received_at
        return DeadlineSettled(
            at=at,
            version=version,
            unit=self.standing.unit,
            outcome=ended.outcome,
            state=end.state,
            ended_at=ended_at,
            due_at=moment(ended.due),
            against_first=outcome_of(ended_at, self.first, ground.early_by),
            supplements=ended.supplements,
            limit_minutes=None if ended.use is None else ended.use.limit,
            used_minutes=None if ended.use is None else ended.use.used,
            also=end.also,
            spent=time_spent(facts, self.line, start, end.at) if ended.outcome == "late" else None,
            counted_from=end_digest(self.standing, end, supplements_of(facts)),
        )


def measure(
    end: End, standing: Standing, deadline: Deadline, facts: KnownFacts, line: Timeline, ground: Ground
) -> Measured | None:
    """The outcome of an end, counted; None where there is no promise to measure it against.

    A pause that is still open at the end, ends with it.
    """
    if deadline.due is not None and not standing.reappointed:
        due = first = moment(deadline.due)
    else:
        try:
            promise = promise_of(standing, line, ground.rules, ended_at=end.at)
        except (LimitError, BeyondCalendarError):
            return None
        if promise.due is None or promise.first is None:
            return None
        due, first = promise.due, promise.first
    outcome, use = outcome_of(moment(end.at), due, ground.early_by), limit_used(standing, line, ground.rules, end.at)
    ended = Ended(outcome, end, epoch_ms(due), supplements_of(facts), use)
    return Measured(ended, first, standing, line)


def supplements_of(facts: KnownFacts) -> int:
    """How often papers were asked for (R10)."""
    return len(facts.standing(SupplementRequested))


def end_digest(standing: Standing, end: End, supplements: int) -> str:
    """Digest of all facts that an outcome is counted from."""
    return standing.digest(end.state, end.at, end.also, supplements)

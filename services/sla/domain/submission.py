"""What the time to accept a dossier is counted from: when it was submitted, and what the unit answered (D20). Times in ms."""

from typing import Literal, NamedTuple

from services.facts import KnownFacts, Slim
from services.sla.domain.facts import (
    Completed,
    Received,
    Refused,
    Returned,
    Stopped,
    Submitted,
    Supplemented,
    SupplementRequested,
    Withdrawn,
)

AnswerState = Literal[2, 3, 5, 7, 8, 9, 10]  # TrangThaiHoSo
ELSEWHERE = (1, 3)  # KenhThucHien: what is handed in at the counter or by post is not submitted online


class Submission(NamedTuple):
    """Who has to answer, from when on; the state that answered it, and when: None while nobody has."""

    unit: str
    since: int
    state: AnswerState | None = None
    answered: int | None = None


class Acceptance(NamedTuple):
    """What was stated last; version 0: nothing yet. `of`: None where the submission was taken back. `due`: None where no
    calendar reached it. `overdue`: nobody had answered when it was due."""

    version: int
    of: Submission | None
    due: int | None = None
    overdue: bool = False
    provisional: bool = False

    @property
    def waits(self) -> bool:
        """Whether the unit has to answer."""
        return self.of is not None and self.of.state is None

    @property
    def uncounted(self) -> bool:
        """Whether it was submitted and could not be counted."""
        return self.of is not None and self.due is None

    @property
    def accept_by(self) -> int | None:
        """Until when, while the unit has to answer."""
        return self.due if self.waits else None


# An acceptance counts before everything else: what it does not explain is a slip in the times of one of the two.
_ENDS: tuple[tuple[type[Slim], AnswerState], ...] = (
    (Refused, 3),
    (Withdrawn, 7),
    (Stopped, 8),
    (Completed, 9),
    (Returned, 10),
)


def newest_submission(facts: KnownFacts) -> Submitted | None:
    """The submission that holds; of several occasions, the latest attempt."""
    return max(facts.standing(Submitted).values(), key=lambda attempt: attempt.at, default=None)


def submission_of(facts: KnownFacts) -> Submission | None:
    """Read the facts; None of a dossier that was not submitted online.

    Asking for papers answers it too; when they came, the time begins anew.
    """
    submitted = newest_submission(facts)
    if submitted is None or submitted.channel in ELSEWHERE:
        return None
    unit, since, end = submitted.receiving_unit, submitted.at, _end(facts)
    came = facts.standing(Supplemented)
    rounds = sorted(facts.standing(SupplementRequested).items(), key=lambda entry: entry[1].at)
    for occasion, asked in rounds:
        if asked.at < submitted.at or (end is not None and end[1] <= asked.at):
            continue
        papers = came.get(occasion)
        if papers is None or papers.at < asked.at:
            return Submission(unit, since, 5, asked.at)
        since = max(since, papers.at)
    return Submission(unit, since) if end is None else Submission(unit, since, *end)


def _end(facts: KnownFacts) -> tuple[AnswerState, int] | None:
    received = facts.first(Received)
    if received is not None:
        return 2, received.at
    ends = [(state, fact.at) for kind, state in _ENDS if (fact := facts.first(kind)) is not None]
    return min(ends, key=lambda end: end[1]) if ends else None

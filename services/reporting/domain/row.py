"""A row: a dossier as reporting knows it. Facts by occasion, sla's statements by version, effects once; each with the time it
was recorded, so that a figure can say as of when it is. And which cells it counts in.

Times in ms since 1970. All of it is made anew for each event, so these are named tuples: to make one costs a third of what a
frozen dataclass does.
"""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.deadlines import Outcome
from contracts.definitions import Flows
from services.facts import NO_FACTS, KnownFacts


class Promised(NamedTuple):
    """The promise in force, and the first one."""

    version: int
    recorded: int
    due: int
    first: int


class Waiting(NamedTuple):
    """There is no due moment: the clock stands still."""

    version: int
    recorded: int


class Reopened(NamedTuple):
    """An outcome was taken back."""

    version: int
    recorded: int


class Ended(NamedTuple):
    """How the promise ended, against the promise in force and against the `first` one. `state`: TrangThaiHoSo. `limit`, `used`:
    open minutes. `also`: other ends that stand and contradict this one. None, (): not told."""

    version: int
    recorded: int
    outcome: Outcome
    end: int
    due: int
    first: Outcome | None
    state: int | None = None
    supplements: int | None = None
    limit: int | None = None
    used: int | None = None
    also: tuple[int, ...] = ()


class Letter(NamedTuple):
    """The letter of apology that was issued."""

    at: int
    recorded: int


class Rating(NamedTuple):
    """The survey that was answered: how many questions, and the sum of their scores."""

    at: int
    recorded: int
    answers: int
    points: int


class Response(NamedTuple):
    """A survey that was answered by nobody known: it stands for itself, beside the dossiers. `at`: the first moment of its
    month."""

    at: int
    recorded: int
    unit: str
    procedure: str
    answers: int
    points: int


class Rejected(NamedTuple):
    """A letter that is not owed: which draft was refused, and why."""

    draft: int
    recorded: int
    reason: str


Promise = Promised | Waiting
Settled = Reopened | Ended


class Known(NamedTuple):
    """All that was told of a dossier and counts."""

    facts: KnownFacts = NO_FACTS
    promise: Promise | None = None
    settled: Settled | None = None
    letter: Letter | None = None
    rating: Rating | None = None
    rejected: Rejected | None = None
    response: Response | None = None  # and nothing else is known then

    @property
    def recorded(self) -> int:
        """When the newest of it was recorded."""
        told = (self.promise, self.settled, self.letter, self.rating, self.rejected, self.response)
        return max(self.facts.recorded(), *(0 if one is None else one.recorded for one in told))


class Add(NamedTuple):
    """What is added to the cells of one day: counters, and the newest record time among what it follows from."""

    as_of: int
    counters: Flows


class Counted(NamedTuple):
    """What a dossier adds, by business day (ISO), and the keys of all cells it counts in."""

    days: Mapping[str, Add]
    cells: tuple[str, ...]


NOWHERE = Counted({}, ())


class Row(NamedTuple):
    """One dossier, or one answer that belongs to none. `counted`: None until it is counted first. `touched`: cells that changed
    since they were published, because of this row; `touched_at`: since when any are. `flip_at`: when the
    passing of time alone changes what it adds. `doubts`: what contradicts itself in it."""

    code: str
    known: Known = Known()
    counted: Counted | None = None
    touched: tuple[str, ...] = ()
    flip_at: int | None = None
    doubts: tuple[str, ...] = ()
    touched_at: int | None = None

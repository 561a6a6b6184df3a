"""A dossier as sla knows it: its facts, the promise stated of it, how it ended, what is watched while it is open.

Times in ms since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from contracts import Event
from contracts.deadlines import Outcome
from reference import Timeline
from services.facts import NO_FACTS, KnownFacts
from services.sla.domain.facts import KINDS
from services.sla.domain.ground import Ground
from services.sla.domain.printed import with_date
from services.sla.domain.promise import Standing
from services.sla.domain.recovered import Recovered
from services.sla.domain.submission import Acceptance

EndState = Literal[7, 8, 9, 10]  # TrangThaiHoSo
Reached = Literal["fired", "superseded"]
Reply = Literal["granted", "refused"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The promise stated last. `version` 0: none could be counted yet. `due`: None while the clock stands still.
    `of`: what it was counted from; None while it was read back and not compared with the facts."""

    version: int
    due: int | None
    of: Standing | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change of the calendar by which our count became another, beside a date that was printed."""

    number: int
    before: int | None
    now: int | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What is kept of a dossier while it is open. `counted_with`: number of the newest change of the calendar then.
    `differs`: our own count, where the printed date is another."""

    counted_with: int
    next_rung_at: int | None = None
    conflict: Conflict | None = None
    differs: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The state that ended the clock (TrangThaiHoSo) and when. `also`: other ends that stand and contradict this one."""

    state: EndState
    at: int
    also: tuple[EndState, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitUse:
    """Open minutes that the procedure's limit gave, and how many of them were used."""

    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a dossier ended, measured against the promise of then (`due`). `supplements`: how often papers were asked for."""

    outcome: Outcome
    end: End
    due: int
    supplements: int | None
    use: LimitUse | None


@dataclass(frozen=True, slots=True)
class Reopened:
    """Its end was taken back."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome stated last."""

    version: int
    how: Ended | Reopened


NO_RUNGS: Mapping[str, Reached] = {}
NO_ASKS: Mapping[str, Reply] = {}


class Dossier(NamedTuple):
    """One dossier; a named tuple, because one is made for each event (docs/benchmarks.md). `unit`: whose calendar its promise
    was counted by. `watch`: while it is open. `rungs`: those that were reached. `asks`: what letters were answered, by the id
    of the event. `recovered`: while it is made anew. `revision`: how often it was saved. `acceptance`: of what was
    submitted."""

    code: str
    facts: KnownFacts = NO_FACTS
    unit: str | None = None
    deadline: Deadline | None = None
    settled: Settled | None = None
    watch: Watch | None = None
    rungs: Mapping[str, Reached] = NO_RUNGS
    asks: Mapping[str, Reply] = NO_ASKS
    recovered: Recovered | None = None
    revision: int = 0
    acceptance: Acceptance | None = None

    def told(self, event: Event) -> "Dossier":
        """With a fact; the dossier itself if it says nothing new."""
        facts = with_date(self.facts, self.facts.merged(event, KINDS), event)
        return self if facts is self.facts else self.stating(facts, self.unit, self.deadline, self.settled, self.watch)

    def stating(
        self, facts: KnownFacts, unit: str | None, deadline: Deadline | None, settled: Settled | None, watch: Watch | None
    ) -> "Dossier":
        """With what facts change. Made directly, once per decision: `_replace` costs more."""
        return Dossier(
            self.code,
            facts,
            unit,
            deadline,
            settled,
            watch,
            self.rungs,
            self.asks,
            self.recovered,
            self.revision,
            self.acceptance,
        )

    def ringing(self, rungs: Mapping[str, Reached], watch: Watch) -> "Dossier":
        """With rungs that were reached, and the next timer."""
        return self._replace(rungs=rungs, watch=watch)

    @property
    def due(self) -> int | None:
        """The date in force; None before a promise and while the clock stands still."""
        return None if self.deadline is None else self.deadline.due

    @property
    def ended(self) -> Ended | None:
        """How it ended; None while it is open, or open again."""
        return self.settled.how if self.settled is not None and isinstance(self.settled.how, Ended) else None

    @property
    def body(self) -> str:
        """The unit to name in what is said: whose calendar its promise was counted by; before it, who has to accept it."""
        submitted = None if self.acceptance is None else self.acceptance.of
        return self.unit or ("unknown" if submitted is None else submitted.unit)

    def line(self, ground: Ground) -> Timeline:
        """The calendar that its promise was counted with; of one that is not open, the newest."""
        return ground.reference.timeline(self.body, None if self.watch is None else self.watch.counted_with)

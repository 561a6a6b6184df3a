"""A petition (R30) as feedback keeps it: what it is, which clock runs, who did what. Times in ms since 1970.

What was written and who wrote it stand here locked: rules carry them about and never look into them (R34).
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from contracts.petitions import (
    Decision,
    GivenKind,
    Giver,
    PetitionAbout,
    PetitionChannel,
    PetitionClock,
    PetitionKind,
)
from services.changes import By

Doing = Literal[
    "received", "classified", "taken", "asked", "added", "forwarded", "answered", "published", "reraised", "erased", "read"
]

BEGINNINGS: tuple[Doing, ...] = ("received", "forwarded", "reraised")  # by which a unit gets it
MOST_MARKS = 20


@dataclass(frozen=True, slots=True)
class Running:
    """A clock: since when it counts (0: not known any more), when it warns, when it is over, and which of both were said."""

    name: PetitionClock
    since: int
    warn: int
    due: int
    warned: bool = False
    overdue: bool = False

    @property
    def next_at(self) -> int | None:
        """When something has to be said of it; None: everything was."""
        if not self.warned:
            return self.warn
        return None if self.overdue else self.due


@dataclass(frozen=True, slots=True)
class Written:
    """Something that was written, locked: by the person or, as an answer, by an officer."""

    at: int
    locked: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a round. `upheld`: whether the person was right; `error`: by an error of the office."""

    at: int
    decision: Decision
    locked: str
    in_time: bool
    upheld: bool = False
    error: bool = False
    accepted: bool = False  # of a suggestion: it is taken up

    def without_words(self) -> "Answer":
        """What is left of it when its person is forgotten."""
        return replace(self, locked="")


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of its journal: who did what. `by`: None for its person and for timers. `note`: codes alone, no free text."""

    at: int
    doing: Doing
    by: By | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gift:
    """What a contribution is, and whether a person or a group gave it."""

    given: GivenKind
    giver: Giver


class Petition(NamedTuple):
    """One of them. A new object is one that was never received: `kind` means nothing while `received` is 0.

    `who`: name and ways to reach its person, locked; None: anonymous (R34). `contact`: the sequence of the contact that was
    sealed for the notifier; None: nobody can be told. `begun`: when the unit that has it got it in this round, which is when it
    was said at a `meeting`. `summary`: what
    the board says of it, written by an officer for everybody.
    """

    id: str
    kind: PetitionKind = "suggestion"
    about: PetitionAbout | None = None
    channel: PetitionChannel = "portal"
    unit: str = ""
    dossier: str | None = None
    meeting: str | None = None
    received: int = 0
    begun: int = 0
    round: int = 1
    version: int = 0
    clock: Running | None = None
    answer_due: int | None = None
    texts: tuple[Written, ...] = ()
    who: str | None = None
    contact: int | None = None
    questions: tuple[Written, ...] = ()
    answer: Answer | None = None
    earlier: tuple[Answer, ...] = ()  # of the rounds before
    summary: str = ""
    published: int | None = None
    gift: Gift | None = None
    codes: tuple[str, ...] = ()  # digests of its look-up code
    sent: tuple[str, ...] = ()  # marks of the forms that were taken: one that is sent again is known by its own
    journal: tuple[Step, ...] = ()
    erased: int | None = None

    @property
    def known(self) -> bool:
        """Whether it was received."""
        return self.received > 0

    @property
    def ended(self) -> bool:
        """Whether nothing is due of it any more."""
        return self.clock is None

    @property
    def taken(self) -> bool:
        """Whether the unit that has it took it for its own: by the order of its journal, since clocks of instances differ."""
        newest = (step.doing for step in reversed(self.journal) if step.doing == "taken" or step.doing in BEGINNINGS)
        return next(newest, "") == "taken"

    @property
    def secret(self) -> bool:
        """Whether it is for named roles alone, and each reading is journaled with its purpose."""
        return self.kind == "denunciation"

    def stepped(self, at: int, doing: Doing, by: By | None, note: str = "") -> "Petition":
        """With an entry of its journal."""
        return self._replace(journal=(*self.journal, Step(at, doing, by, note)))

    def marked(self, mark: str) -> "Petition":
        """With the mark of a form that was taken; "": it has none."""
        return self._replace(sent=(*self.sent, mark)[-MOST_MARKS:]) if mark else self

    def warned(self) -> "Petition":
        """With its clock having warned."""
        return self if self.clock is None else self._replace(clock=replace(self.clock, warned=True))

    def overdue(self) -> "Petition":
        """With its clock having run out."""
        return self if self.clock is None else self._replace(clock=replace(self.clock, warned=True, overdue=True))

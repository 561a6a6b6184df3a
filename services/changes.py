"""What a rule decides: the object as it is after, what is said because of it, and the answer for whoever asked.

Rules read and give back frozen objects. A change is a new object; the object itself means that nothing is new. Nothing here
knows how an object is stored or how an event travels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from contracts import Effect, Named

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")
Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class By:
    """Who decided, as a token said: a name that people know, and what the token's issuer calls the person. On no topic."""

    name: str
    subject: str


@dataclass(frozen=True, slots=True)
class Once:
    """An effect and the occasion that names it: said again for the same occasion it is the same event."""

    event: Effect
    occasion: str = "1"


@dataclass(frozen=True, slots=True)
class Because:
    """What is said for a reason of its own, not for the event that is handled. `cause`: the id of the fact at the beginning of
    its chain; "": none. `sequence`: of a fact, its place among those of its dossier."""

    said: Once | Named
    cause: str = ""
    sequence: int | None = None


Said = Because | Once | Named  # a fact or a statement is named by what it says


@dataclass(frozen=True, slots=True)
class Answering(Generic[Thing, Answer]):
    """A decision with an answer: what a sender gets, or what a job has to do next."""

    after: Thing
    answer: Answer
    said: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class Changed(Generic[Thing]):
    """A decision that nobody waits for."""

    after: Thing
    said: Sequence[Said] = ()

    def answering(self, answer: Answered) -> Answering[Thing, Answered]:
        """The same, for somebody who asked."""
        return Answering(self.after, answer, self.said)

    def then(self, rule: Callable[[Thing], "Changed[Thing]"]) -> "Changed[Thing]":
        """The same, and what a rule decides after it."""
        more = rule(self.after)
        return Changed(more.after, (*self.said, *more.said)) if more.said else Changed(more.after, self.said)

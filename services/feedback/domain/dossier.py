"""A dossier as feedback knows it: its facts, whether its person was invited, how they rated. Times in ms since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from contracts import Event
from contracts.dossiers import Completed as CompletedData
from contracts.facts import epoch_ms
from contracts.notices import SkipReason
from services.facts import NO_FACTS, Kinds, KnownFacts, Slim


@dataclass(frozen=True, slots=True)
class Received(Slim):
    """What feedback reads of a reception."""

    KIND: ClassVar[str] = "received"
    competent_unit: str = "unknown"
    procedure: str = ""
    contact_sequence: int | None = None  # None: nobody can be reached


@dataclass(frozen=True, slots=True)
class Completed(Slim):
    """The result is ready (state 9)."""

    KIND: ClassVar[str] = "completed"


KINDS = Kinds.of((Received, Completed))


@dataclass(frozen=True, slots=True)
class Invited:
    """The person was asked, and with which form."""

    at: int
    form: str


@dataclass(frozen=True, slots=True)
class NotInvited:
    """Nobody is asked; why."""

    at: int
    form: str
    why: SkipReason


@dataclass(frozen=True, slots=True)
class Rating:
    """How a person rated (R33), as it was kept before answers belonged to no dossier: its link stays used."""

    at: int
    form: str
    scores: Mapping[str, int | None]


class Dossier(NamedTuple):
    """One dossier; a named tuple, because one is made for each event (docs/benchmarks.md). `token`: the digest of the link's
    token, for those who were invited."""

    code: str
    facts: KnownFacts = NO_FACTS
    reported_at: int | None = None  # when its completion was first recorded
    invitation: Invited | NotInvited | None = None
    token: str | None = None
    rating: Rating | None = None
    stopped_at: int | None = None  # when its person said that they want no more invitations

    def told(self, event: Event) -> "Dossier":
        """With a fact; the dossier itself if it says nothing new."""
        facts = self.facts.merged(event, KINDS)
        if facts is self.facts:
            return self
        if not isinstance(event.data, CompletedData):
            return self._replace(facts=facts)
        recorded = epoch_ms(event.time)
        first = recorded if self.reported_at is None else min(recorded, self.reported_at)
        return self._replace(facts=facts, reported_at=first)

"""A dossier as intake knows it: the version of each fact that holds, so that what is said again is nothing new.

Times in ms since 1970. What is read of a document for every item is a named tuple: made for half of what a dataclass costs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import JsonValue

from contracts.dossiers import Linked, ReturnMethod
from reference import State

Json = JsonValue  # what a sender wrote, and what facts say on the wire
Channel = Literal[1, 2, 3]
Order = tuple[int, int]  # of a snapshot: its phase, then its rounds of supplements (D15)

# How sure the time of a fact is: taken from when we heard of it, from a step's report, from the sender's own field.
GUESSED, REPORTED, STATED = 0, 1, 2


class Known(NamedTuple):
    """The version of a fact that holds. `digest`: of its content. `observed`: when its sender saw it, or we heard of it."""

    version: int
    digest: str
    observed: int
    at: int
    retracted: bool = False
    sure: int = STATED


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a dossier by `type/occasion`: as they were kept, and above them what was told since."""

    kept: Mapping[str, Known] = field(default_factory=dict)
    told: Mapping[str, Known] = field(default_factory=dict)

    def get(self, key: str) -> Known | None:
        """The version that holds; None if the fact was never told."""
        return self[key] if key in self.told or key in self.kept else None

    def having(self, key: str, fact: Known) -> "Facts":
        """With another version of a fact, or another fact."""
        return Facts(self.kept, {**self.told, key: fact})

    def __iter__(self) -> Iterator[str]:
        """The keys, in the order in which the facts were first told."""
        yield from self.kept
        yield from (key for key in self.told if key not in self.kept)

    def __len__(self) -> int:
        return len(self.kept) + (sum(key not in self.kept for key in self.told) if self.told else 0)

    def __getitem__(self, key: str) -> Known:
        return self.told[key] if key in self.told else self.kept[key]

    def of(self, kind: str) -> dict[str, Known]:
        """The facts of a kind by occasion, also those that were taken back."""
        begin = f"{kind}/"
        found = {key.partition("/")[2]: self.kept[key] for key in self.kept if key.startswith(begin)}
        for key, fact in self.told.items():
            if key.startswith(begin):
                found[key.partition("/")[2]] = fact
        return found

    def standing(self, kind: str) -> dict[str, Known]:
        """The facts of a kind that were not taken back, by occasion."""
        return {occasion: fact for occasion, fact in self.of(kind).items() if not fact.retracted}

    def open(self, begin: str, end: str) -> list[str]:
        """Occasions of a pause that began and did not end."""
        ended = self.standing(end)
        return [occasion for occasion in self.standing(begin) if occasion not in ended]


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class KnownContact:
    """Which contact of the dossier was sealed last. `digest`: keyed; "" if it was only read back from the log."""

    sequence: int
    digest: str


class Submission(NamedTuple):
    """What is known of a submission (state 1) by now. `channel`: None where nobody told."""

    procedure: str
    receiving_unit: str
    competent_unit: str
    channel: Channel | None = None

    def words(self) -> dict[str, Json]:
        """As the fact says it on the wire, beside when and which; what is not known is left out."""
        words: dict[str, Json] = {
            "procedure": self.procedure,
            "receiving_unit": self.receiving_unit,
            "competent_unit": self.competent_unit,
        }
        return words if self.channel is None else {**words, "channel": self.channel}


class Reception(NamedTuple):
    """What is known of the reception by now. `promised_at`: ISO 8601, in the words of its sender."""

    procedure: str
    receiving_unit: str
    competent_unit: str
    channel: Channel
    return_method: ReturnMethod | None = None
    out_of_area: bool | None = None
    linked: tuple[Linked, ...] = ()
    promised_at: str | None = None
    contact_sequence: int | None = None

    def words(self) -> dict[str, Json]:
        """As the fact says it on the wire, beside when and which; what is not known is left out."""
        words: dict[str, Json] = {
            "procedure": self.procedure,
            "receiving_unit": self.receiving_unit,
            "competent_unit": self.competent_unit,
            "channel": self.channel,
        }
        if self.return_method is not None:
            words["return_method"] = self.return_method
        if self.out_of_area is not None:
            words["out_of_area"] = self.out_of_area
        if self.linked:
            words["linked"] = [part.model_dump(exclude_none=True) for part in self.linked]
        if self.promised_at is not None:
            words["promised_at"] = self.promised_at
        if self.contact_sequence is not None:
            words["contact_sequence"] = self.contact_sequence
        return words


class StepSeen(NamedTuple):
    """A step, and the state (TrangThaiHoSo) that the dossier was in after it."""

    at: int
    state: State


@dataclass(frozen=True, slots=True)
class Seen:
    """How far snapshots came: the order of the latest, and when it was observed. `same`: a sender's number of a supplement
    that is an occasion of another name here. `steps`: those that said a state, in the order in which they came."""

    order: Order | None = None
    at: int | None = None
    same: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[StepSeen, ...] = ()


NOTHING_SEEN = Seen()


class Dossier(NamedTuple):
    """One dossier. `sequence`: of the fact that was said last."""

    code: str
    facts: Facts = NO_FACTS
    sequence: int = 0
    contact: KnownContact | None = None
    reception: Reception | None = None
    seen: Seen = NOTHING_SEEN
    submission: Submission | None = None

    @property
    def units(self) -> set[str]:
        """The units it is of, as far as its reception is known."""
        known = self.reception
        return set() if known is None else {known.receiving_unit, known.competent_unit}

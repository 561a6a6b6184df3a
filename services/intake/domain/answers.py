"""What a sender is, what a decision looks at, and what becomes of an item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from contracts.codes import body_of
from contracts.dossiers import Fact
from reference import ReferenceData
from services.intake.domain.items import Contact
from services.intake.domain.problems import Fault


@dataclass(frozen=True, slots=True)
class Sender:
    """A system that sends: by its name its words for states are read, by its units it is told from others.

    `units` None: every unit. `numbers`: digests of the only numbers a pilot may send to. A test stores and sends nothing.
    """

    system: str
    units: frozenset[str] | None = None
    mode: Literal["live", "test", "pilot"] = "live"
    numbers: frozenset[str] = frozenset()

    def may_speak_of(self, units: set[str], dossier: str) -> bool:
        """Whether a dossier is one of its units'; while its units are unknown, its code says whose it is (rule 3.1)."""
        if self.units is None:
            return True
        body = body_of(dossier)
        return bool(self.units & units) if units else any(f"{body}.".startswith(f"{unit}.") for unit in self.units)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fact may be, at this moment: the moment (`ms` since 1970), how late a fact's time may lie (ms), how many."""

    now: datetime
    ms: int
    latest: int
    max_facts: int


class Digests(Protocol):
    """Keyed hashes: equal for equal contents, worthless without the secret."""

    def digest(self, contact: Contact) -> str:
        """Of a contact."""
        ...

    def digest_number(self, number: str) -> str:
        """Of a phone number."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision may look at beside state and item."""

    reference: ReferenceData
    limits: Limits
    digests: Digests
    sender: Sender


@dataclass(frozen=True, slots=True)
class Accepted:
    """The item holds; `ids` are the ids of its facts, the same however often it is sent."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The item is given back to the sender."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The item is kept for a person to look at: `field` is what nobody understands."""

    reason: str
    field: str = ""


Answer = Accepted | Refused | Quarantined


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A new fact to state: its id, and its place among the facts of its dossier."""

    id: str
    fact: Fact
    sequence: int


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to seal, and which one of its dossier it is."""

    at: datetime
    sequence: int
    contact: Contact


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one item: the dossier's state after it, the answer, what to publish, and what there is to note about
    the quality of what was sent."""

    state: Mapping[str, Any]
    answer: Answer
    outgoing: tuple[Outgoing | NewContact, ...] = ()
    notes: tuple[str, ...] = ()

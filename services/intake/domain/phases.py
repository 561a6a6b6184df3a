"""Phases of a dossier's life: by them snapshots are ordered, and what a state says of pauses and ends (D15).

A snapshot has no version. Snapshots of one dossier are ordered by phase, then by rounds of supplements, then by arrival.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reference import State
from services.intake.domain.dossier import NOTHING_SEEN, Dossier, Order, Seen
from services.intake.domain.facts import Manner
from services.intake.domain.items import EventItem, PlainKind
from services.intake.domain.problems import Fault

EndKind = Literal["refused", "withdrawn", "stopped", "completed"]
PHASES: Mapping[int, int] = {1: 1, 2: 2, 4: 3, 5: 3, 6: 3, 3: 4, 7: 4, 8: 4, 9: 4, 10: 5}
END_KINDS: tuple[EndKind, ...] = ("refused", "withdrawn", "stopped", "completed")
ENDS: Mapping[int, EndKind] = {3: "refused", 7: "withdrawn", 8: "stopped", 9: "completed", 10: "completed"}
# The phase that a single event says.
REACHED: Mapping[str, int] = {
    "submitted": 1,
    "received": 2,
    "refused": 4,
    "withdrawn": 4,
    "stopped": 4,
    "completed": 4,
    "returned": 5,
}
# States that say that the work goes on, so that no pause is open. At an end, a pause ends with the dossier.
WORKING = frozenset({2, 4})


@dataclass(frozen=True, slots=True)
class Said:
    """One event that a snapshot or the state after a step comes down to, and how it is said."""

    item: EventItem
    manner: Manner = field(default_factory=Manner)


@dataclass(frozen=True, slots=True)
class Explained:
    """What it all comes down to: events in their order, faults of the item itself, what to note, how far snapshots came."""

    said: tuple[Said, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    seen: Seen = NOTHING_SEEN


def reached(dossier: Dossier) -> Order:
    """The order of the latest snapshot, or what single events say of the phase if that is more."""
    facts = dossier.facts
    kinds = [kind for key in facts if (kind := key.partition("/")[0]) in REACHED and not facts[key].retracted]
    return max(dossier.seen.order or (0, 0), (max((REACHED[kind] for kind in kinds), default=0), 0))


def pauses_after(dossier: Dossier, word: State) -> Iterator[tuple[PlainKind, str | None]]:
    """Pauses that begin or end with the state after a step, and their occasions."""
    supplements = dossier.facts.open("supplement-requested", "supplemented")
    fees = dossier.facts.open("fee-requested", "fee-paid")
    if word == 5 and not supplements:
        yield "supplement-requested", None
    if word == 6:
        yield "fee-requested", fees[0] if fees else None
    if word in WORKING:
        yield from (("supplemented", occasion) for occasion in supplements)
        yield from (("fee-paid", occasion) for occasion in fees)


def ends_after(dossier: Dossier, word: State) -> Iterator[tuple[PlainKind, None]]:
    """The end that the state after a step says."""
    if word == 10:
        yield "returned", None
    elif word in ENDS and not [end for end in END_KINDS if end != ENDS[word] and dossier.facts.standing(end)]:
        yield ENDS[word], None

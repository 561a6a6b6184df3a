"""What a person has to look at: items that nobody understands, contact and free words locked away, and flagged changes."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contracts.codes import bodies_of
from services.intake.domain.answers import Quarantined, Sender
from services.intake.domain.dossier import Json

Fields = Mapping[str, Json]  # of an item, as it is sent; without its contact and its free words
FREE_WORDS = ("step", "department", "decision", "linked")
NAMED = ("competent_unit", "receiving_unit")  # fields of an item that name units


@dataclass(frozen=True, slots=True)
class Held:
    """One item that is kept.

    `id`: by its first fields, so that a correction does not make it another one. `at`: since when (ms since 1970). `flag`: it
    was taken in, a person should only know. `locked`, `words`: its contact, and its free words, encrypted; "": it has none.
    `problem`: why it was refused when it went in again. `of`: the units whose people look at it; empty: only who sees the whole
    province. `edition`: how often a person changed it: what was shown before is another one.
    """

    id: str
    at: int
    sender: Sender
    why: Quarantined
    dossier: str
    item: Fields
    flag: bool = False
    locked: str = ""
    words: str = ""
    problem: Fields | None = None
    of: frozenset[str] = frozenset()
    edition: int = 0


def units_of(item: Fields, sender: Sender, known: Collection[str], units: Collection[str]) -> frozenset[str]:
    """Whose people look at an item: the units of its dossier (`known`, as its reception said), those that it names, and the
    one that its code begins with, as far as they are in the list (`units`); without any, those that its sender speaks of."""
    named = {value for name in NAMED if isinstance(value := item.get(name), str)}
    body = next((body for body in bodies_of(str(item["dossier"])) if body in units), "")
    found = {unit for unit in (*known, *named, body) if unit in units}
    return frozenset(found or (sender.units or ()))


def identity_of(system: str, reason: str, item: Fields, words: str = "") -> str:
    """The same item held for the same reason is the same entry. `words`: keyed digest of its free words, if it has any."""
    told = (system, reason, sorted(item.items(), key=str))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr((*told, words) if words else told)))

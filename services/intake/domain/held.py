"""What a person has to look at: items that nobody understands, contact and free words locked away, and flagged changes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.domain.answers import Quarantined, Sender
from services.intake.domain.dossier import Json

Fields = Mapping[str, Json]  # of an item, as it is sent; without its contact and its free words
FREE_WORDS = ("step", "department", "decision", "linked")


@dataclass(frozen=True, slots=True)
class Held:
    """One item that is kept.

    `id`: by its first fields, so that a correction does not make it another one. `at`: since when (ms since 1970). `flag`: it
    was taken in, a person should only know. `locked`, `words`: its contact, and its free words, encrypted; "": it has none.
    `problem`: why it was refused when it went in again.
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


def identity_of(system: str, reason: str, item: Fields, words: str = "") -> str:
    """The same item held for the same reason is the same entry. `words`: keyed digest of its free words, if it has any."""
    told = (system, reason, sorted(item.items(), key=str))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr((*told, words) if words else told)))

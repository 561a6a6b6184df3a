"""How the person of a dossier is reached: sealed, and opened only for what goes out to them."""

import re
from dataclasses import dataclass

from services.changes import By

# Of what mailboxes may look like, that which every server takes: nothing here can be a header or a second address.
_MAILBOX = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_BETWEEN = re.compile(r"[\s,;<>()/\"']+")


@dataclass(frozen=True, slots=True)
class Contact:
    """The sealed contact of a dossier; the highest sequence holds, and of one the highest correction. `epoch`: the key it was
    sealed to; `correction`: how often a clerk corrected it, 0 for one as it came."""

    sequence: int
    epoch: int
    sealed: str
    correction: int = 0


@dataclass(frozen=True, slots=True)
class CorrectedBy:
    """A clerk corrected the contact (ms); what it said before and after stands nowhere in clear."""

    at: int
    by: By


@dataclass(frozen=True, slots=True)
class Forgotten:
    """All contacts up to a sequence were erased; one that is sent anew has a higher one and counts again."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """The sealed link with which the person may rate. `epoch`: the key it was sealed to."""

    epoch: int
    sealed: str


@dataclass(frozen=True, slots=True)
class Person:
    """What a contact says once it is open; empty where it says nothing."""

    name: str = ""
    phone: str = ""
    address: str = ""
    email: str = ""

    @property
    def mailbox(self) -> str:
        """The first e-mail address that stands in what was typed; "" if none does."""
        return next((one for one in _BETWEEN.split(self.email) if _MAILBOX.fullmatch(one)), "")


NOBODY = Person()

"""How the person of a dossier is reached: sealed, and opened only for what goes out to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """The sealed contact of a dossier; the highest sequence holds. `epoch`: the key it was sealed to."""

    sequence: int
    epoch: int
    sealed: str


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


NOBODY = Person()

"""What reporting reads of the facts of a dossier. Outcomes come from sla's statements, so the ends themselves are not kept."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from services.facts import Kinds, Slim

Channel = Literal[1, 2, 3]  # HinhThucNop: at the counter, online, by post


@dataclass(frozen=True, slots=True)
class Timed(Slim):
    """A fact with the time it was recorded (`t`, ms), so that a figure can say as of when it is."""

    OWN: ClassVar[tuple[str, ...]] = ("t",)

    t: int


@dataclass(frozen=True, slots=True)
class Received(Timed):
    """Taken in: by which body, for which, for what, how. `out_of_area`: None where nobody told."""

    KIND: ClassVar[str] = "received"

    procedure: str
    receiving_unit: str
    competent_unit: str
    channel: Channel
    out_of_area: bool | None = None


@dataclass(frozen=True, slots=True)
class Refused(Timed):
    """Not taken in after all."""

    KIND: ClassVar[str] = "refused"


KINDS = Kinds.of((Received, Refused), timed=True)

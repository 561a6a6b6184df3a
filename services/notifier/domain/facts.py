"""The facts on the way of a dossier that its person is told of, and those that make them old news."""

from dataclasses import dataclass
from typing import ClassVar

from services.facts import Slim


@dataclass(frozen=True, slots=True)
class Step(Slim):
    """Something that a person may be told of, or that makes it old news. `t`: when it was recorded."""

    OWN: ClassVar[tuple[str, ...]] = ("t",)
    t: int | None = None


@dataclass(frozen=True, slots=True)
class SupplementRequested(Step):
    """Papers are asked for (state 5)."""

    KIND: ClassVar[str] = "supplement-requested"


@dataclass(frozen=True, slots=True)
class Supplemented(Step):
    """They came; of the occasion of their request."""

    KIND: ClassVar[str] = "supplemented"


@dataclass(frozen=True, slots=True)
class FeeRequested(Step):
    """A payment is asked for (state 6)."""

    KIND: ClassVar[str] = "fee-requested"


@dataclass(frozen=True, slots=True)
class FeePaid(Step):
    """It came; of the occasion of its request."""

    KIND: ClassVar[str] = "fee-paid"


@dataclass(frozen=True, slots=True)
class Refused(Step):
    """Not accepted (state 3)."""

    KIND: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class Withdrawn(Step):
    """The person took it back (state 7)."""

    KIND: ClassVar[str] = "withdrawn"


@dataclass(frozen=True, slots=True)
class Stopped(Step):
    """The body stopped it (state 8)."""

    KIND: ClassVar[str] = "stopped"

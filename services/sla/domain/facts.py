"""What sla reads of the facts of a dossier. Times in ms since 1970."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from reference.limits import LimitUnit
from services.facts import Kinds, Part, Slim


@dataclass(frozen=True, slots=True)
class Limit(Part):
    """Thời hạn giải quyết of the procedure. `value`: a whole number, or an exact one as text (dossier.received.v2)."""

    value: int | str
    unit: LimitUnit


@dataclass(frozen=True, slots=True)
class Terms(Part):
    """What held for the procedure at reception."""

    procedure_version: str
    limit: Limit
    pause_on_fee: bool
    pause_on_agency: bool
    strategy: Literal["extend", "restart"]


@dataclass(frozen=True, slots=True)
class Submitted(Slim):
    """Handed in and not accepted yet (state 1). `channel`: None where nobody told."""

    KIND: ClassVar[str] = "submitted"
    procedure: str
    receiving_unit: str
    channel: Literal[1, 2, 3] | None = None


@dataclass(frozen=True, slots=True)
class Received(Slim):
    """Taken in (state 2): the clock starts. `promised_at`: the date the sender printed."""

    KIND: ClassVar[str] = "received"
    procedure: str
    competent_unit: str
    terms: Terms
    promised_at: int | None = None


@dataclass(frozen=True, slots=True)
class Promised(Slim):
    """The date that one version of the reception named, an occasion per version; sla notes it where there are several.
    `at`: when the sender gave it."""

    KIND: ClassVar[str] = "promised"
    promised_at: int | None = None


@dataclass(frozen=True, slots=True)
class Progressed(Slim):
    """A step of the handling. `step_due_at`: when its own limit ends."""

    KIND: ClassVar[str] = "progressed"
    step: str
    department: str | None = None
    step_due_at: int | None = None


@dataclass(frozen=True, slots=True)
class SupplementRequested(Slim):
    """Papers were asked for."""

    KIND: ClassVar[str] = "supplement-requested"


@dataclass(frozen=True, slots=True)
class Supplemented(Slim):
    """They came."""

    KIND: ClassVar[str] = "supplemented"


@dataclass(frozen=True, slots=True)
class FeeRequested(Slim):
    """A payment is waited for."""

    KIND: ClassVar[str] = "fee-requested"


@dataclass(frozen=True, slots=True)
class FeePaid(Slim):
    """It was made."""

    KIND: ClassVar[str] = "fee-paid"


@dataclass(frozen=True, slots=True)
class Suspended(Slim):
    """Another body has the dossier, or force majeure stopped it."""

    KIND: ClassVar[str] = "suspended"
    reason: Literal["agency", "force_majeure"] = "agency"


@dataclass(frozen=True, slots=True)
class Resumed(Slim):
    """It goes on."""

    KIND: ClassVar[str] = "resumed"


@dataclass(frozen=True, slots=True)
class Reappointed(Slim):
    """A new date, as a sender reports it or, `granted`, as sla granted it to a signed letter."""

    KIND: ClassVar[str] = "reappointed"
    OWN: ClassVar[tuple[str, ...]] = ("granted",)
    new_due_at: int
    granted: bool = False


@dataclass(frozen=True, slots=True)
class Completed(Slim):
    """The result is ready (state 9)."""

    KIND: ClassVar[str] = "completed"


@dataclass(frozen=True, slots=True)
class Returned(Slim):
    """The result was handed over (state 10)."""

    KIND: ClassVar[str] = "returned"


@dataclass(frozen=True, slots=True)
class Refused(Slim):
    """Never accepted (state 3)."""

    KIND: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class Withdrawn(Slim):
    """The citizen took it back (state 7)."""

    KIND: ClassVar[str] = "withdrawn"


@dataclass(frozen=True, slots=True)
class Stopped(Slim):
    """The body stopped it (state 8)."""

    KIND: ClassVar[str] = "stopped"


KINDS = Kinds.of(
    (
        Progressed,
        Submitted,
        Received,
        SupplementRequested,
        Supplemented,
        FeeRequested,
        FeePaid,
        Suspended,
        Resumed,
        Reappointed,
        Completed,
        Returned,
        Refused,
        Withdrawn,
        Stopped,
    )
)

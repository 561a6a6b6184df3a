"""What rules may look at beside the dossier and what is told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts import Event, EventData
from reference import Readings, ReferenceData
from reference.limits import Limit


@dataclass(frozen=True, slots=True)
class RungRules:
    """Where the rungs stand: open hours before due for warnings, working days before due for the letter."""

    warn_open_hours: tuple[int, ...]
    apology_lead_days: int
    sign_lead_days: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Reference data, and how this province reads the law where it leaves room. `acceptance`: the time to accept a dossier that
    was submitted online."""

    reference: ReferenceData
    rules: Readings
    rungs: RungRules
    early_by: Literal["date", "time"]
    acceptance: Limit


@dataclass(frozen=True, slots=True)
class Heard:
    """The moments of what led to a decision: when it happened at the office, when it was recorded."""

    at: datetime
    recorded: datetime

    @classmethod
    def of(cls, event: Event) -> "Heard":
        """Of an event; one of a type this version does not know happened when it was recorded."""
        return cls(event.data.at if isinstance(event.data, EventData) else event.time, event.time)

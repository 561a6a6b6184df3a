"""History is silent: which events come too early or too late for a citizen to be told of them."""

from datetime import datetime, timedelta
from typing import Literal

from reference.catalogue import Unit

TOO_OLD = timedelta(hours=48)


def silence(at: datetime, reported_at: datetime, unit: Unit | None) -> Literal["before-go-live", "too-old"] | None:
    """Why nobody is told of what happened at `at`, or None if they are.

    What happened before the unit's go_live counts in figures and sends nothing. What was reported more than 48 hours late is
    no news; both times are those of the record, never our own clock.
    """
    if unit is not None and unit.go_live is not None and at < unit.go_live:
        return "before-go-live"
    return "too-old" if reported_at - at > TOO_OLD else None

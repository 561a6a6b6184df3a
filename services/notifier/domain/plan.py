"""Whether and when a citizen is told: nothing early, nothing stale, nothing at night."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from contracts.notices import SkipReason
from reference import OFFICE_TIME, Unit

# What notifier folds of each fact.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "receiving_unit", "competent_unit", "contact_sequence"),
    "completed": (),
}
QUIET_UNTIL, QUIET_FROM = time(7, 0), time(21, 0)
TOO_OLD = timedelta(hours=48)


def skip_reason(
    received: Mapping[str, Any], completed_at: datetime, reported_at: datetime, unit: Unit | None
) -> SkipReason | None:
    """Why nothing is sent about a completion, or None if something is.

    A unit's history before its go_live is silent. A completion reported more than 48 hours late is no news; both times are
    those of the record, never our own clock.
    """
    if unit is not None and unit.go_live is not None and completed_at < unit.go_live:
        return "before-go-live"
    if reported_at - completed_at > TOO_OLD:
        return "too-old"
    return None if "contact_sequence" in received else "no-contact"


def next_window(now: datetime) -> datetime:
    """`now` if messages may be sent, else the next 07:00."""
    local = now.astimezone(OFFICE_TIME)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, OFFICE_TIME)

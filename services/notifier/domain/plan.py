"""What is folded of each fact, and when a citizen may be told: nothing at night."""

from datetime import datetime, time, timedelta

from reference import OFFICE_TIME

# What notifier folds of each fact.
FIELDS: dict[str, tuple[str, ...]] = {
    "received": ("procedure", "receiving_unit", "competent_unit", "contact_sequence"),
    "completed": (),
    "returned": (),
}
QUIET_UNTIL, QUIET_FROM = time(7, 0), time(21, 0)


def next_window(now: datetime) -> datetime:
    """`now` if messages may be sent, else the next 07:00."""
    local = now.astimezone(OFFICE_TIME)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, OFFICE_TIME)

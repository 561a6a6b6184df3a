"""What is said, to whom, and when: pure functions."""

from reference.phones import mobile
from services.notifier.domain.plan import FIELDS, QUIET_FROM, QUIET_UNTIL, next_window
from services.notifier.domain.sms import SmsSize, apology, result_ready, size_of, survey, unaccented

__all__ = [
    "FIELDS",
    "QUIET_FROM",
    "QUIET_UNTIL",
    "SmsSize",
    "apology",
    "mobile",
    "next_window",
    "result_ready",
    "size_of",
    "survey",
    "unaccented",
]

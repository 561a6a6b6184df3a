"""What is said, to whom, and when: pure functions."""

from services.notifier.domain.phones import mobile
from services.notifier.domain.plan import FIELDS, QUIET_FROM, QUIET_UNTIL, next_window, skip_reason
from services.notifier.domain.sms import SmsSize, result_ready, size_of, unaccented

__all__ = [
    "FIELDS",
    "QUIET_FROM",
    "QUIET_UNTIL",
    "SmsSize",
    "mobile",
    "next_window",
    "result_ready",
    "size_of",
    "skip_reason",
    "unaccented",
]

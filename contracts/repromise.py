"""What a re-promise must satisfy (R15, R16), stated once: whoever asks for a new date checks it, and whoever grants it again.

The sentences for people are each service's own; what they are said for is a `Bar`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from contracts.rules import Rule


class Bar(Enum):
    """What forbids a new date."""

    NOT_ACCEPTED = "not-accepted"  # never received, or refused
    ENDED = "ended"  # the dossier has an outcome
    ONCE = "once"  # it had its one re-promise
    PAUSED = "paused"  # no date is in force
    NOT_LATER = "not-later"  # than the letter and than the date in force
    NOT_OPEN = "not-open"  # no working day of the unit

    @property
    def rule(self) -> Rule:
        """The rule behind it."""
        return Rule.R16 if self is Bar.ONCE else Rule.R15


@dataclass(frozen=True, slots=True)
class Promised:
    """The promise as it stands. `due`: the date in force (ms since 1970), None while paused."""

    due: int | None
    ended: bool = False
    promised_anew: bool = False
    accepted: bool = True


def bar_to_any(promised: Promised) -> Bar | None:
    """Why no new date at all may be given, or None if one may (R15, R16)."""
    if not promised.accepted:
        return Bar.NOT_ACCEPTED
    if promised.ended:
        return Bar.ENDED
    if promised.promised_anew:
        return Bar.ONCE
    return Bar.PAUSED if promised.due is None else None


def bar_to(promised: Promised, asked_at: int, new_due: int, is_working_day: Callable[[int], bool]) -> Bar | None:
    """Why a letter signed at `asked_at` may not promise `new_due` (both ms since 1970), or None if it may (R15, R16).

    `is_working_day`: whether the unit's calendar counts the date of a time (ms).
    """
    bar = bar_to_any(promised)
    if bar is not None or promised.due is None:
        return bar
    if new_due <= max(asked_at, promised.due):
        return Bar.NOT_LATER
    return None if is_working_day(new_due) else Bar.NOT_OPEN

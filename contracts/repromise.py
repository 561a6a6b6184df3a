"""What forbids a new date (R15, R16), and by what of a promise that is decided.

Which time is right is for services/repromise.py, which counts with the unit's calendar.
"""

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
    NOT_OPEN = "not-open"  # no working time of the unit
    TOO_FAR = "too-far"  # later than the unit may promise

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

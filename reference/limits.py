"""Time limits of procedures: exact amounts, their units, and how people say them (D8).

An amount is a whole number or a Decimal, never a binary float: 0.1 of something is a tenth of it.
"""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator

LimitUnit = Literal["minute", "hour", "working_day", "calendar_day", "month", "same_day"]
WholeUnit = Literal["hour", "working_day", "calendar_day", "month", "same_day"]  # as dossier.received.v1 says it
Amount = int | Decimal
Limit = tuple[Amount, LimitUnit]
_WRITTEN = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,12})?", re.ASCII)
_DIGITS = 12
PLACES = 4  # decimal places that an amount may have
ELAPSED: tuple[LimitUnit, ...] = ("calendar_day", "month")  # limits that run through days off
OPEN_MINUTES: tuple[LimitUnit, ...] = ("minute", "hour")  # limits that are counted in open minutes alone
DIVISIBLE: tuple[LimitUnit, ...] = ("hour", "working_day")  # units that may have parts

UNIT_NAMES: dict[LimitUnit, str] = {
    "minute": "phút làm việc",
    "hour": "giờ làm việc",
    "working_day": "ngày làm việc",
    "calendar_day": "ngày",
    "month": "tháng",
    "same_day": "trong ngày",
}


class LimitError(ValueError):
    """A time limit that cannot be counted; the message names the rule (D8)."""


def amount(raw: object) -> Amount:
    """An amount as it is written: a number, or a text with a decimal comma or point (`0,5`). Raises LimitError."""
    if type(raw) is int:
        return raw
    if isinstance(raw, bool) or not isinstance(raw, str | float | Decimal):
        raise LimitError("a time limit must be a number (D8)")
    if isinstance(raw, str) and not _WRITTEN.fullmatch(raw.strip()):  # Decimal reads 1_5 and digits of every script
        raise LimitError(f"a time limit must be a number, got {raw[:40]!r} (D8)")
    exact = Decimal(str(raw).replace(",", "."))  # of a float, the shortest text that means it: what was written
    if not exact.is_finite():
        raise LimitError("a time limit must be a finite number (D8)")
    if exact.adjusted() >= _DIGITS:  # as a whole number, 1e999999999 has a gigabyte of digits
        raise LimitError(f"a time limit has at most {_DIGITS} digits (D8)")
    if exact == exact.to_integral_value():
        return int(exact)
    if -int(exact.normalize().as_tuple().exponent) > PLACES:
        raise LimitError(f"a time limit has at most {PLACES} decimal places (D8)")
    return exact.normalize()


ExactAmount = Annotated[Amount, BeforeValidator(amount)]


def check(limit: Limit) -> None:
    """Raises LimitError for a limit that means nothing: 0 or below, a part of what has no parts. Same day needs no number."""
    value, unit = limit
    if unit == "same_day":
        if value < 0:
            raise LimitError("a time limit must not be below 0 (D8)")
    elif value <= 0:
        raise LimitError("a time limit must be at least 1, or a part of a day or hour above 0 (D8)")
    elif type(value) is not int and unit not in DIVISIBLE:
        raise LimitError(f"a time limit may have parts in working days and hours, not in {unit}s (D8)")


def whole_minutes(minutes: Amount) -> int:
    """Minutes that have passed only when all of them have: a part of a minute is a minute."""
    return minutes if isinstance(minutes, int) else int(minutes.to_integral_value(ROUND_CEILING))


def say_limit(limit: Limit) -> str:
    """As people say it: `3 ngày làm việc`, `nửa ngày làm việc`, `1 giờ 30 phút làm việc`, `trong ngày`."""
    value, unit = limit
    if unit == "same_day":
        return UNIT_NAMES[unit]
    if isinstance(value, int):
        return f"{value} {UNIT_NAMES[unit]}"
    if unit == "working_day" and value == Decimal("0.5"):
        return "nửa ngày làm việc"
    if unit == "hour" and value * 60 == int(value * 60):
        hours, minutes = divmod(int(value * 60), 60)
        return f"{hours} giờ {minutes} phút làm việc" if hours else f"{minutes} phút làm việc"
    return f"{format(value, 'f').replace('.', ',')} {UNIT_NAMES[unit]}"

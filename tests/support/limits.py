"""Moments and limits as tables of tests write them."""

from datetime import datetime

from reference.hours import OFFICE_TIME
from reference.limits import Limit, LimitUnit, amount

UNITS: dict[str, LimitUnit] = {
    "min": "minute", "h": "hour", "wd": "working_day", "d": "calendar_day", "mo": "month", "same-day": "same_day",
}  # fmt: skip


def at(text: str) -> datetime:
    """`Mon 2026-01-05 08:00`; the weekday must be right, so that a typing error in a table shows."""
    moment = datetime.strptime(text[4:], "%Y-%m-%d %H:%M").replace(tzinfo=OFFICE_TIME)
    assert f"{moment:%a}" == text[:3], f"{text} is a {moment:%A}"
    return moment


def limit_of(text: str) -> Limit:
    """`5 wd`, `0,5 wd`, `same-day`."""
    number, _, unit = text.rpartition(" ")
    return amount(number or 1), UNITS[unit]

"""Moments and limits as tables of tests write them."""

from datetime import datetime

from reference.hours import OFFICE_TIME
from reference.worktime import LimitUnit

UNITS: dict[str, LimitUnit] = {"h": "hour", "wd": "working_day", "d": "calendar_day", "mo": "month", "same-day": "same_day"}


def at(text: str) -> datetime:
    """`Mon 2026-01-05 08:00`; the weekday must be right, so that a typing error in a table shows."""
    moment = datetime.strptime(text[4:], "%Y-%m-%d %H:%M").replace(tzinfo=OFFICE_TIME)
    assert f"{moment:%a}" == text[:3], f"{text} is a {moment:%A}"
    return moment


def limit_of(text: str) -> tuple[int, LimitUnit]:
    """`5 wd`, `same-day`."""
    number, _, unit = text.rpartition(" ")
    return int(number or 1), UNITS[unit]

"""Opening hours of a unit by weekday, in minutes of the day. All times are Asia/Ho_Chi_Minh (+07:00, no summer time)."""

import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator

OFFICE_TIME = timezone(timedelta(hours=7), "+07:00")


def moment(ms: int) -> datetime:
    """The aware time (+07:00) of whole milliseconds since 1970, as documents keep times."""
    return datetime.fromtimestamp(ms / 1000, OFFICE_TIME)


def moment_or_none(ms: int | None) -> datetime | None:
    """The same of a time that may be missing."""
    return None if ms is None else moment(ms)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SESSION = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


class Session(NamedTuple):
    """One open stretch, `start` <= minute of day <= `end`."""

    start: int
    end: int


def parse_session(text: str) -> Session:
    """Read `07:30-11:30`. Raises ValueError naming the rule."""
    match = _SESSION.fullmatch(text)
    if match is None:
        raise ValueError(f"opening hours must look like 07:30-11:30, got {text!r}")
    hours = [int(group) for group in match.groups()]
    session = Session(hours[0] * 60 + hours[1], hours[2] * 60 + hours[3])
    if not session.start < session.end <= 24 * 60:
        raise ValueError(f"opening hours must end after they start, got {text!r}")
    return session


class OpeningHours(BaseModel):
    """Hours that count. Give `weekdays` for Monday to Friday and, where they differ, single days by name.

    `makeup` holds the hours of makeup days (default: Monday's, D9). `service` is reception only and never counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mon: tuple[Session, ...] = ()
    tue: tuple[Session, ...] = ()
    wed: tuple[Session, ...] = ()
    thu: tuple[Session, ...] = ()
    fri: tuple[Session, ...] = ()
    sat: tuple[Session, ...] = ()
    sun: tuple[Session, ...] = ()
    makeup: tuple[Session, ...] = ()
    service: tuple[Session, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, raw: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if not isinstance(raw, dict):
            return raw
        given = dict(raw)
        common = given.pop("weekdays", None)
        if common is not None:
            given = {**dict.fromkeys(WEEKDAYS[:5], common), **given}
        return {
            name: tuple(parse_session(item) if isinstance(item, str) else item for item in sessions)
            for name, sessions in given.items()
        }

    @model_validator(mode="after")
    def _in_order(self) -> "OpeningHours":
        if not any(self.of_weekday(number) for number in range(7)):
            raise ValueError("a unit must have opening hours on at least one weekday")
        for name in (*WEEKDAYS, "makeup", "service"):
            sessions: tuple[Session, ...] = getattr(self, name)
            if any(later.start < earlier.end for earlier, later in pairwise(sessions)):
                raise ValueError(f"opening hours of {name} must be in order and not overlap")
        return self

    def of_weekday(self, number: int) -> tuple[Session, ...]:
        """Sessions of a weekday, 0 = Monday."""
        sessions: tuple[Session, ...] = getattr(self, WEEKDAYS[number])
        return sessions

    @property
    def of_makeup_day(self) -> tuple[Session, ...]:
        """Sessions of a makeup day: its own if given, else Monday's (D9)."""
        return self.makeup or self.mon


DEFAULT_HOURS = OpeningHours.model_validate({"weekdays": ["07:30-11:30", "13:30-17:00"]})

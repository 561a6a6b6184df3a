"""A message to the person of a dossier as a state machine, and the hours at which one may be sent.

    Queued -> Claimed -> Accepted -> Delivered, Failed        the gateway took it; a receipt says what became of it
    Claimed -> Queued                                         the gateway is busy: it certainly was not taken
    Claimed -> Uncertain -> Delivered, Failed                 nobody knows whether it was taken
    Claimed -> Failed                                         refused for good
    Queued -> Skipped                                         not sent, for a reason

All times are milliseconds since 1970. `at` is the time of the cause.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from contracts import effect_id
from contracts.notices import Notice
from reference import OFFICE_TIME
from services.notifier.domain.locked import Locked

RESULT: Literal["result-ready"] = "result-ready"
APOLOGY: Literal["apology"] = "apology"
SURVEY: Literal["survey"] = "survey"
SMS: Literal["sms"] = "sms"
NOTICES: tuple[Notice, ...] = (RESULT, APOLOGY, SURVEY)
QUIET_UNTIL, QUIET_FROM = time(7, 0), time(21, 0)
WRITER = "notifier"


@dataclass(frozen=True, slots=True)
class Queued:
    """Due from `next_at` on. `waits`: it waited for its contact, and is due when that comes; `locked`: it waits for a key."""

    at: int
    next_at: int
    waits: bool = False
    locked: Locked | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """One process is handing it to the gateway; at `next_at` that process counts as dead."""

    at: int
    next_at: int
    waits: bool = False
    locked: Locked | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took it; taken is not delivered."""

    at: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """It reached the phone."""

    at: int


@dataclass(frozen=True, slots=True)
class Failed:
    """It was refused for good, or cannot be delivered."""

    at: int


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Nobody knows whether it was taken: never sent again, listed for a person."""

    at: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not sent, for a reason."""

    at: int


Open = Queued | Claimed
Ended = Accepted | Delivered | Failed | Uncertain | Skipped
Message = Open | Ended


def claim(message: Open, until: int) -> Claimed:
    """Taken by a process, which counts as dead at `until`."""
    return Claimed(message.at, until, message.waits)


def put_back(message: Claimed, next_at: int) -> Queued:
    """Certainly not taken: in the queue again."""
    return Queued(message.at, next_at, message.waits)


def next_window(now: datetime) -> datetime:
    """`now` if messages may be sent, else the next 07:00 (R24)."""
    local = now.astimezone(OFFICE_TIME)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, OFFICE_TIME)


def client_id(dossier: str, name: Notice) -> str:
    """The id a message keeps at the gateway, over all tries."""
    return effect_id(WRITER, dossier, SMS, name)

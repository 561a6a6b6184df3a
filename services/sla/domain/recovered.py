"""What a dossier keeps while it is made anew from the log, until it is settled. Times in ms since 1970 or as recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.deadlines import Basis
from contracts.notices import LetterApproved
from services.sla.domain.promise import Standing


@dataclass(frozen=True, slots=True)
class PromiseSaid:
    """Of the newest statement of the promise: the digest of what it was counted from, and what the dossier does not keep."""

    digest: str | None
    calendar: int | None
    basis: Basis
    computed: int | None


@dataclass(frozen=True, slots=True)
class EndSaid:
    """Of the newest statement of an end: the digest of what it was counted from."""

    digest: str | None


@dataclass(frozen=True, slots=True)
class Rang:
    """A rung that was fired: before which date, when, and what the date was counted from if that is known."""

    name: str
    due: int
    time: int
    of: Standing | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter that asks for a date and has no answer yet, and when it was recorded."""

    time: datetime
    letter: LetterApproved


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock was made of from a moment on."""

    since: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class LastFact:
    """The last record: the id of the fact at the beginning of its chain, when it was recorded, when it happened."""

    id: str
    time: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """Everything read back. `granted`: causes of re-promises. `clocks`: one after the other. `heard`: when the clock moved
    last."""

    stated: PromiseSaid | None = None
    ended: EndSaid | None = None
    granted: tuple[str, ...] = ()
    rang: tuple[Rang, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    heard: datetime | None = None
    cause: LastFact | None = None

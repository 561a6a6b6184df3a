"""An answer to the survey that belongs to nobody, and when it is said: never alone (R40)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Protocol

from contracts.feedback import FeedbackRatedV2
from reference import OFFICE_TIME
from services.changes import Changed, Once

FEWEST = 5  # answers that are said together


class Waiting(Protocol):
    """What waits for others of its cell. `day` (ISO): on which it came, while it waits; `month`: YYYY-MM."""

    @property
    def id(self) -> str: ...

    @property
    def month(self) -> str: ...

    @property
    def day(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote beside the answers, locked: apart from these too, since words may tell whose they are."""

    id: str
    unit: str
    month: str
    locked: str
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, by the random id that it is said under. `month`: YYYY-MM; `day` (ISO): while it waits to be said."""

    id: str
    unit: str
    procedure: str
    form: str
    month: str
    scores: Mapping[str, int | None]
    day: str | None = None

    @property
    def cell(self) -> str:
        """What it is counted with."""
        return f"{self.unit}/{self.procedure}/{self.month}"


def due(waiting: Iterable[Waiting], today: date) -> list[str]:
    """The ids of those of a cell that are said now, by chance's order: at the end of a day on which five and more have come
    together, or once their month is over. The same whether it is asked every day or seldom."""
    said, together = list[str](), list[str]()
    by_day: dict[str, list[Waiting]] = {}
    for one in waiting:
        if one.day is not None and one.day < today.isoformat():
            by_day.setdefault(one.day, []).append(one)
    for _, own in sorted(by_day.items()):
        together += [one.id for one in own]
        if len(together) >= FEWEST:
            said, together = said + together, []
    over = [one.id for own in by_day.values() for one in own if one.month < f"{today:%Y-%m}"]
    return sorted({*said, *over})


def say(response: Response) -> Changed[Response]:
    """Say it, once; from then on nothing tells on which day it came."""
    if response.day is None:
        return Changed(response)
    rated = FeedbackRatedV2(
        at=datetime.combine(date.fromisoformat(f"{response.month}-01"), time(), OFFICE_TIME),
        unit=response.unit,
        procedure=response.procedure,
        form=response.form,
        month=response.month,
        scores=dict(response.scores),
    )
    return Changed(replace(response, day=None), [Once(rated)])

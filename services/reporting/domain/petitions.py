"""What people bring forward (R30), as far as it is counted (R32): each round of a petition, until when it has to be answered,
and when it was. Times in ms since 1970."""

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import NamedTuple

from contracts import Event
from contracts.facts import epoch_ms
from contracts.petitions import (
    ContributionRecorded,
    PetitionAnswered,
    PetitionChannel,
    PetitionKind,
    PetitionPublished,
    PetitionReceived,
    PetitionStated,
)

TARGET = 90  # percent that have to be answered in time (R32)
# What the target is of; complaints and denunciations have clocks of other laws and are counted apart (R30).
PETITIONS: tuple[PetitionKind, ...] = ("suggestion", "petition")


class Round(NamedTuple):
    """How a petition stands in one round, by the highest version that was said of it. `due`: None: nobody has to answer."""

    version: int
    unit: str
    kind: PetitionKind
    channel: PetitionChannel
    due: int | None
    answered: int | None = None
    published: bool = False

    @property
    def in_time(self) -> bool:
        """Whether it was answered, and not after it was due."""
        return self.answered is not None and self.due is not None and self.answered <= self.due


class Petition(NamedTuple):
    """One of them, whatever the order in which it was told. `received`: None: not told yet; `recorded`: when the newest of what
    is known was; `stirred`: the days in which it has to be counted anew (petition_books.py)."""

    id: str
    received: int | None = None
    recorded: int = 0
    rounds: Mapping[int, Round] = {}
    stirred: tuple[str, ...] = ()

    def told(self, event: Event) -> "Petition":
        """With what an event says; the petition itself if that is nothing new."""
        data = event.data
        if not isinstance(data, PetitionStated):
            return self
        before = self.rounds.get(data.round)
        after = _stated(before, data)
        came = isinstance(data, PetitionReceived | ContributionRecorded) and self.received is None
        if after == before and not came:
            return self
        return Petition(
            self.id,
            epoch_ms(data.at) if came else self.received,
            max(self.recorded, epoch_ms(event.time)),
            {**self.rounds, data.round: after},
            self.stirred,
        )


def _stated(known: Round | None, data: PetitionStated) -> Round:
    """What became of a round stays, whatever is said later of how it stands."""
    answered = epoch_ms(data.at) if isinstance(data, PetitionAnswered) else None
    published = isinstance(data, PetitionPublished)
    if known is not None:
        answered, published = known.answered if answered is None else answered, published or known.published
        if known.version >= data.version:
            return known._replace(answered=answered, published=published)
    due = None if data.answer_due_at is None else epoch_ms(data.answer_due_at)
    return Round(data.version, data.unit, data.kind, data.channel, due, answered, published)


class Place(NamedTuple):
    """Where a round counts."""

    unit: str
    kind: PetitionKind
    channel: PetitionChannel


class Score(NamedTuple):
    """Rounds that were due: how many, how many of them answered in time, at all, raised again, on the public board."""

    due: int = 0
    in_time: int = 0
    answered: int = 0
    again: int = 0
    published: int = 0

    @classmethod
    def of(cls, number: int, own: Round) -> "Score":
        """Of one round that was due. `number`: which of its petition's it is."""
        return cls(1, int(own.in_time), int(own.answered is not None), int(number > 1), int(own.published))

    def plus(self, other: "Score") -> "Score":
        """Both."""
        return Score(*(one + two for one, two in zip(self, other, strict=True)))

    def times(self, number: int) -> "Score":
        """So many of it."""
        return Score(*(one * number for one in self))

    @property
    def late(self) -> int:
        """Answered after they were due."""
        return self.answered - self.in_time

    @property
    def open(self) -> int:
        """Due and not answered yet."""
        return self.due - self.answered

    @property
    def share(self) -> Decimal | None:
        """Percent that were answered in time, two decimals, half up; None where nothing was due (D14)."""
        if not self.due:
            return None
        return (Decimal(100 * self.in_time) / self.due).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def below(self) -> bool:
        """Whether fewer than the target were: of the numbers themselves, 89,996 % is below though it is printed as 90,00 %."""
        return 100 * self.in_time < TARGET * self.due


Scores = Mapping[Place, Score]
NONE = Score()


def total(scores: Scores, kinds: Collection[PetitionKind]) -> Score:
    """Of some kinds, all in all."""
    return _sum(score for place, score in scores.items() if place.kind in kinds)


def by_unit(scores: Scores, kinds: Collection[PetitionKind], units: Collection[str]) -> dict[str, Score]:
    """Of some kinds for each of these units, those with nothing too, and for any other in which something was due."""
    found = dict.fromkeys(units, NONE)
    for place, score in scores.items():
        if place.kind in kinds:
            found[place.unit] = found.get(place.unit, NONE).plus(score)
    return found


def by_channel(
    scores: Scores, kinds: Collection[PetitionKind], channels: Collection[PetitionChannel]
) -> dict[PetitionChannel, Score]:
    """Of some kinds for each of these channels."""
    return {
        channel: _sum(score for place, score in scores.items() if place.kind in kinds and place.channel == channel)
        for channel in channels
    }


def _sum(scores: Iterable[Score]) -> Score:
    return reduce(Score.plus, scores, NONE)

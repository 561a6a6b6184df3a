"""Who answered in time, day by day (R32): a book for each unit, kind, channel and month, with the days that are over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from contracts.facts import epoch_ms
from contracts.metrics import PetitionCell
from reference import OFFICE_TIME, moment
from services.reporting.domain.petitions import NONE, PETITIONS, Petition, Place, Score


class Key(NamedTuple):
    """One day (ISO) of a place: what a round counts in that has to be answered then. Written unit/kind/channel/YYYY-MM-DD."""

    place: Place
    day: str

    def __str__(self) -> str:
        return "/".join((*self.place, self.day))

    @classmethod
    def parse(cls, text: str) -> "Key":
        """The inverse of str()."""
        unit, kind, channel, day = text.split("/")
        return cls(Place(unit, kind, channel), day)  # type: ignore[arg-type]  # as str() wrote it

    @property
    def book(self) -> str:
        """The id of the book in which it stands."""
        return "/".join((*self.place, self.day[:7]))

    @property
    def over(self) -> int:
        """When its day is over (ms): not before that is it a figure."""
        return over(date.fromisoformat(self.day))


class Entry(NamedTuple):
    """A day as it was counted last. `revision`: higher with each count; `counted`: when (ms)."""

    score: Score
    revision: int
    counted: int


@dataclass(frozen=True, slots=True)
class PetitionBook:
    """The days (ISO) of a place and a month."""

    place: Place
    month: str
    days: Mapping[str, Entry]

    @property
    def total(self) -> Score:
        """Of all its days."""
        return self.between(self.month, f"{self.month}~")

    def between(self, first: str, last: str) -> Score:
        """Of its days (ISO) from the first to the last."""
        found = NONE
        for day, entry in self.days.items():
            if first <= day <= last:
                found = found.plus(entry.score)
        return found

    def counted(self, days: Mapping[str, Score], now: int) -> "PetitionBook":
        """With some days counted anew (`now`, ms). A revision grows with each count, by the clock or by one."""
        entries = dict(self.days)
        for day, score in days.items():
            before = entries.get(day)
            entries[day] = Entry(score, now if before is None else max(before.revision + 1, now), now)
        return replace(self, days=dict(sorted(entries.items())))


def over(day: date) -> int:
    """When a day in Vietnam is over (ms)."""
    return epoch_ms(datetime.combine(day + timedelta(days=1), time(), OFFICE_TIME))


def adds(petition: Petition) -> dict[str, Score]:
    """What a petition adds to each day, by key."""
    found: dict[str, Score] = {}
    for number, own in petition.rounds.items():
        if own.due is not None:
            day = moment(own.due).astimezone(OFFICE_TIME).date().isoformat()
            key = str(Key(Place(own.unit, own.kind, own.channel), day))
            found[key] = found.get(key, NONE).plus(Score.of(number, own))
    return found


def stirred(before: Petition, after: Petition) -> tuple[str, ...]:
    """The days that have to be counted anew, in order: in which it adds something else than before, and those still to come."""
    old, new = adds(before), adds(after)
    return tuple(sorted({*before.stirred, *(key for key in {*old, *new} if old.get(key) != new.get(key))}))


def cells_of(book: PetitionBook, days: Iterable[str]) -> list[tuple[str, PetitionCell]]:
    """What metrics.v1 says of days of a book, by key. Of complaints and denunciations nothing: that there are any is for the
    competent alone (R34)."""
    if book.place.kind not in PETITIONS:
        return []
    unit, kind, channel = book.place
    return [
        (
            f"petitions/{unit}/{kind}/{channel}/{day}",
            PetitionCell.model_validate(
                {
                    "at": moment(entry.counted),
                    "unit": unit,
                    "kind": kind,
                    "channel": channel,
                    "day": day,
                    **entry.score._asdict(),
                    "revision": entry.revision,
                }
            ),
        )
        for day in sorted(days)
        if (entry := book.days.get(day)) is not None
    ]

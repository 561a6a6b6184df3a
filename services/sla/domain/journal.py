"""The journal of the calendar: changes with source and signer, numbered, never undone in silence."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.calendar import CalendarChanged, ChangedDay
from contracts.facts import epoch_ms
from services.changes import Answering, By, Once

DayKind = Literal["work", "off"]


class NewChange(BaseModel):
    """What an officer enters: dates, what people call it, the document it stands in, who signed that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: dict[date, DayKind] = Field(min_length=1, max_length=400)
    name: str = Field(min_length=3, max_length=200)
    source: str = Field(min_length=3, max_length=300, description="Số, ngày của thông báo hoặc quyết định.")
    signer: str = Field(min_length=3, max_length=200, description="Người ký; stays in the journal, travels on no topic.")
    unit: str | None = Field(default=None, description="Only this unit; none: the whole province.")
    confirmed_through: int | None = Field(default=None, ge=2020, le=2100, description="Now this year's list is complete.")

    @model_validator(mode="after")
    def _within_the_table(self) -> "NewChange":
        if any(not 2015 <= day.year <= 2035 for day in self.days):
            raise ValueError("dates must lie between 2015 and 2035")
        return self


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was entered. `at`: when, in ms. `unit`: only this one; None: the whole province. `by`: who entered it,
    None before there were tokens; `signer`: who signed the document that it stands in."""

    number: int
    at: int
    days: tuple[tuple[date, DayKind], ...]
    name: str
    source: str
    signer: str
    unit: str | None = None
    confirmed_through: int | None = None
    by: By | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a number in the journal; empty until a change has it."""

    entry: Entry | None = None


def enter(slot: Slot, change: NewChange, number: int, now: datetime, by: By | None = None) -> Answering[Slot, Entry | None]:
    """Enter a change under a number and say it; answered with None if the number is taken."""
    if slot.entry is not None:
        return Answering(slot, None)
    days = tuple(sorted(change.days.items()))
    told = (change.name, change.source, change.signer, change.unit, change.confirmed_through)
    entry = Entry(number, epoch_ms(now), days, *told, by)
    said = CalendarChanged(
        at=now,
        number=number,
        unit=change.unit,
        days=tuple(ChangedDay(day=day, kind=kind) for day, kind in days),
        name=change.name,
        source=change.source,
        confirmed_through=change.confirmed_through,
    )
    return Answering(Slot(entry), entry, [Once(said, str(number))])

"""The calendar as living data: changes with source and signer, journaled, published on calendar.v1, never undone in silence."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.calendar import CalendarChanged, ChangedDay
from runtime.clock import epoch_ms
from runtime.intents import Intents
from runtime.outputs import Decision
from runtime.parts import Parts
from runtime.store import Document
from services.speaking import say_once

JOURNAL = "calendar"
TOPIC, KEY = "calendar.v1", "calendar"


class NewChange(BaseModel):
    """What an officer enters: dates, what people call it, the document it stands in, who signed that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: dict[date, Literal["work", "off"]] = Field(min_length=1, max_length=400)
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


async def add_change(change: NewChange, parts: Parts, intents: Intents) -> dict[str, Any]:
    """Journal a change under the next number and publish it. Raises Unavailable; what is journaled is published later."""
    number = 1 + max((entry["number"] for entry in await journal(parts)), default=0)
    while True:
        taken = False

        def decide(document: Document, number: int = number) -> Decision:
            nonlocal taken
            taken = "number" in document
            return Decision(document) if taken else _decision(document, change, number, parts)

        identity = f"{number:06d}"
        await intents.apply([identity], decide)
        if not taken:
            return (await parts.store.get_many(JOURNAL, [identity]))[identity]
        number += 1


def _decision(document: Document, change: NewChange, number: int, parts: Parts) -> Decision:
    now = parts.clock.now()
    entry = {
        **document,
        "number": number,
        "at": epoch_ms(now),
        "days": [[day.isoformat(), kind] for day, kind in sorted(change.days.items())],
        **change.model_dump(include={"name", "source", "signer", "unit", "confirmed_through"}, exclude_none=True),
    }
    said = CalendarChanged(
        at=now,
        number=number,
        unit=change.unit,
        days=tuple(ChangedDay(day=day, kind=kind) for day, kind in sorted(change.days.items())),
        name=change.name,
        source=change.source,
        confirmed_through=change.confirmed_through,
    )
    return Decision(entry, [say_once(said, str(number), KEY, now)])


async def journal(parts: Parts) -> list[Document]:
    """All changes, in their order."""
    return await parts.store.find(JOURNAL, {}, limit=5000)


def describe(entry: Document) -> dict[str, Any]:
    """A line of the journal."""
    return {key: value for key, value in entry.items() if key not in ("_id", "rev", "outbox")}

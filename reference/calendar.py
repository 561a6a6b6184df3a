"""The calendar table: which dates the state offices are off or make up for, with the source of each.

The table is the truth. It is seeded from a library once (tools/seed_calendar.py) and corrected by a committed file,
because swaps are announced late: the one of 2026-01-02 and 2026-01-10 was published eight days ahead.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from typing import Literal

Kind = Literal["off", "makeup"]
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One row of the table. `source` names the decree or notice; `announced_on` when it became known."""

    day: date
    kind: Kind
    name: str
    source: str
    announced_on: date | None = None


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """A change that became known while the system runs: which dates, for whom (`unit` None: everybody), since when."""

    number: int
    recorded: datetime
    days: tuple[tuple[date, Literal["work", "off"]], ...]
    name: str
    source: str
    unit: str | None = None
    confirmed_through: int | None = None


@dataclass(frozen=True)
class CalendarTable:
    """Off days and makeup days of a span of years. Saturdays and Sundays are off unless listed as makeup.

    `first_year`..`last_year` is the span that can be counted over; a count that touches a year after
    `confirmed_through` is provisional (R8), because its Tết and its swaps are estimates.
    """

    days: tuple[CalendarDay, ...]
    first_year: int
    last_year: int
    confirmed_through: int

    @cached_property
    def by_date(self) -> dict[date, CalendarDay]:
        """Rows by their date; a later row replaces an earlier one."""
        return {row.day: row for row in self.days}

    @cached_property
    def version(self) -> str:
        """Names this content of the table: equal tables have equal versions."""
        text = "\n".join(f"{r.day} {r.kind} {r.name} {r.source}" for r in sorted(self.by_date.values(), key=lambda r: r.day))
        digest = hashlib.sha256(f"{self.first_year} {self.last_year} {self.confirmed_through}\n{text}".encode()).hexdigest()
        return f"vn-{digest[:12]}"

    def with_days(self, days: Mapping[date, Literal["work", "off"]], name: str = "", source: str = "patch") -> "CalendarTable":
        """The same table with single dates off or worked. A weekday that is worked has its own hours, a weekend day those of
        a makeup day."""
        kept = [row for row in self.by_date.values() if row.day not in days]
        kept += [CalendarDay(day, "off", name or "Ngày nghỉ", source) for day, kind in days.items() if kind == "off"]
        kept += [
            CalendarDay(day, "makeup", name or "Ngày làm việc bù", source)
            for day, kind in days.items()
            if kind == "work" and day.weekday() >= SATURDAY
        ]
        return CalendarTable(tuple(kept), self.first_year, self.last_year, self.confirmed_through)

    def changed(self, changes: Iterable[CalendarChange]) -> "CalendarTable":
        """The same table with changes in their order."""
        table = self
        for change in changes:
            table = table.with_days(dict(change.days), change.name, change.source)
            if change.confirmed_through is not None:
                confirmed = max(table.confirmed_through, change.confirmed_through)
                table = CalendarTable(table.days, table.first_year, table.last_year, confirmed)
        return table

    def patched(self, rows: Iterable[CalendarDay]) -> "CalendarTable":
        """The same table with rows added or replaced."""
        return CalendarTable((*self.days, *rows), self.first_year, self.last_year, self.confirmed_through)


def parse_rows(text: str) -> tuple[CalendarDay, ...]:
    """Read the CSV form (date,kind,name,source,announced_on). Raises ValueError naming the line and the rule."""
    rows = []
    for number, record in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            kind = record["kind"]
            if kind not in ("off", "makeup"):
                raise ValueError("kind must be off or makeup")
            if not record["source"]:
                raise ValueError("source must name where this comes from")
            announced = record["announced_on"]
            rows.append(
                CalendarDay(
                    day=date.fromisoformat(record["date"]),
                    kind="off" if kind == "off" else "makeup",
                    name=record["name"],
                    source=record["source"],
                    announced_on=date.fromisoformat(announced) if announced else None,
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"calendar line {number}: {error}") from error
    return tuple(rows)


# Years whose off days and swaps have been announced. Raise it when next year's notice is in the corrections file.
CONFIRMED_THROUGH = 2026
FIRST_YEAR, LAST_YEAR = 2015, 2035


def load_national_calendar() -> CalendarTable:
    """The national table that ships with the product: generated seed, then the corrections on top."""
    text = files("reference").joinpath("data", "calendar-corrections.csv").read_text("utf-8")
    return load_seed().patched(parse_rows(text))


def load_seed() -> CalendarTable:
    """The generated seed alone, as the library of its source has it: for comparison, never for counting."""
    seed = parse_rows(files("reference").joinpath("data", "calendar.csv").read_text("utf-8"))
    return CalendarTable(seed, FIRST_YEAR, LAST_YEAR, CONFIRMED_THROUGH)

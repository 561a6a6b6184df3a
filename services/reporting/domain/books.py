"""A book: the cells of one role, unit and procedure over one report month (15th to 14th), with sums. A shelf: a year of books.

Reports are sums over whole shelves and books and, at the ends of a period that does not begin on a 15th, over single days.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from contracts.definitions import Flows, load_definitions
from contracts.metrics import CountedCell, Role
from services.reporting.domain.cells import DEFINITION, CellKey
from services.reporting.domain.row import Add

FIRST_DAY = 15  # NĐ 09/2019, Điều 12: report months begin on the 15th. Other periods are summed too, from single days.


class Day(NamedTuple):
    """The cell of a day: as of when it is (ms), its revision, its counters without what is 0."""

    as_of: int
    revision: int
    counters: Flows


@dataclass(frozen=True, slots=True)
class Book:
    """The cells of a report month by day (ISO), and their sums."""

    role: Role
    unit: str
    procedure: str
    month: str
    days: Mapping[str, Day] = field(default_factory=dict)
    sums: Flows = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is called."""
        return f"{self.role}/{self.unit}/{self.procedure}/{self.month}"

    def cell(self, day: str) -> str:
        """The key of the cell of one of its days."""
        return f"{self.role}/{self.unit}/{self.procedure}/{day}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The sums of the books of a report year by month, and their sums."""

    role: Role
    unit: str
    procedure: str
    year: str
    months: Mapping[str, Flows] = field(default_factory=dict)
    sums: Flows = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Emptied:
    """No dossier counts in a cell any more, or none did when it was counted. `heard`: when the newest of what is known of the
    dossiers that left it was recorded (ms)."""

    heard: int


def month_of(day: date) -> str:
    """The report month a day is in, named by the month of its last day: 2026-02-15 to 2026-03-14 is 2026-03."""
    last = day if day.day < FIRST_DAY else day.replace(day=1) + timedelta(days=32)
    return f"{last.year:04}-{last.month:02}"


def days_of(month: str) -> tuple[date, date]:
    """First and last day of a report month."""
    year, number = map(int, month.split("-"))
    last = date(year, number, FIRST_DAY - 1)
    return (last.replace(day=1) - timedelta(days=1)).replace(day=FIRST_DAY), last


def book_of(cell: str) -> str:
    """The book that a cell stands in, by their keys."""
    key = CellKey.parse(cell)
    return f"{key.role}/{key.unit}/{key.procedure}/{month_of(key.day)}"


class Months(NamedTuple):
    """Months of a kind: the one (YYYY-MM) a day is in, the first and last day of one."""

    of: Callable[[date], str]
    days: Callable[[str], tuple[date, date]]


REPORT_MONTHS = Months(month_of, days_of)
Edge = tuple[str, date, date]  # a month, the first and last day of it that count


@dataclass(frozen=True, slots=True)
class Span:
    """What a period covers: whole report years (from, to; None: from the beginning), whole report months outside of them,
    and the days of the months at its ends."""

    years: tuple[str | None, str] | None = None
    months: tuple[tuple[str, str], ...] = ()
    edges: tuple[Edge, ...] = ()


def span(first: date | None, last: date) -> Span:
    """Split a period (None: from the beginning) into whole years, whole months, and days at its ends."""
    whole, edges = covered(first, last, REPORT_MONTHS)
    return Span(edges=edges) if whole is None else Span(*_years(*whole), edges)


def covered(first: date | None, last: date, months: Months) -> tuple[tuple[str | None, str] | None, tuple[Edge, ...]]:
    """Split a period (None: from the beginning) into whole months from and to, if there are any, and days at its ends."""
    edges = list[Edge]()
    end_month = months.of(last)
    begins, ends = months.days(end_month)
    if last != ends:
        edges.append((end_month, begins, last))
        end_month = months.of(begins - timedelta(days=1))
    if first is None:
        return (None, end_month), tuple(edges)
    start_month = months.of(first)
    begins, ends = months.days(start_month)
    if first != begins:
        if edges and edges[0][0] == start_month:
            return None, ((start_month, first, last),)
        edges.append((start_month, first, ends))
        start_month = months.of(ends + timedelta(days=1))
    return (start_month, end_month) if start_month <= end_month else None, tuple(edges)


def _years(first: str | None, last: str) -> tuple[tuple[str | None, str] | None, tuple[tuple[str, str], ...]]:
    """Whole months as whole years and what is left of the years at the ends. A report year is named like its months."""
    begin, end = None if first is None else int(first[:4]), int(last[:4])
    months = []
    if not last.endswith("-12"):
        months.append((max(first or "", f"{end:04}-01"), last))
        end -= 1
    if first is not None and begin is not None and begin <= end and not first.endswith("-01"):
        months.append((first, f"{begin:04}-12"))
        begin += 1
    whole = begin is None or begin <= end
    return (None if begin is None else f"{begin:04}", f"{end:04}") if whole else None, tuple(months)


def shelf_of(book: str) -> str:
    """The shelf that a book stands on, by their keys: the same place over one report year (15/12 to 14/12)."""
    return book[: -len("-MM")]


def shelved(shelf: Shelf, books: Iterable[Book]) -> Shelf:
    """The shelf with the sums of some of its books as they stand now; its own sums are made from those of its months."""
    months = {**shelf.months, **{book.month: book.sums for book in books}}
    return replace(shelf, months=months, sums=_sum(months.values()))


def recounted(book: Book, counted: Mapping[str, Add | Emptied], now: int) -> Book:
    """The book with some of its days (ISO) counted anew. The sums are made from the days.

    A day's revision grows with each count, `now` (ms) or one more than before. An empty cell is as of what emptied it.
    """
    days = dict(book.days)
    for day, found in counted.items():
        before = days.get(day, _NEVER)
        revision = max(before.revision + 1, now)
        if isinstance(found, Emptied):
            days[day] = Day(max(before.as_of, found.heard), revision, {})
        else:
            counters = {name: number for name, number in sorted(found.counters.items()) if number}
            days[day] = Day(found.as_of, revision, counters)
    return replace(book, days=days, sums=_sum(day.counters for day in days.values()))


_NEVER = Day(0, 0, {})


def _sum(flows: Iterable[Flows]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for counters in flows:
        for name, number in counters.items():
            sums[name] = sums.get(name, 0) + number
    return sums


def cell_of(book: Book, day: str, as_of: datetime) -> CountedCell:
    """What metrics.v1 says of one day of a book."""
    entry = book.days[day]
    return CountedCell(
        at=as_of,
        role=book.role,
        unit=book.unit,
        procedure=book.procedure,
        day=date.fromisoformat(day),
        counters=dict(load_definitions().shown(entry.counters)),
        revision=entry.revision,
        definition=DEFINITION,
    )

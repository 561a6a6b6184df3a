"""A form filled in for a period: flows by unit and procedure, looked at through the list of units and fields of one day."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from contracts.definitions import Flows
from services.reporting.domain.forms import Column, Form, Level, Term, Values


class LineKey(NamedTuple):
    """Where a line of a sheet stands."""

    unit: str
    field: str


ByPlace = Mapping[tuple[str, str], Flows]  # (unit, procedure)
Lines = Mapping[LineKey, Values]  # a sheet as data, comparable
Stretches = Mapping[Level, tuple[Flows, Flows]]  # online level -> flows before the period, in it


@dataclass(frozen=True, slots=True)
class Lens:
    """How places are looked at: which unit's line a unit counts in, the field and the online level of a procedure."""

    unit_of: Callable[[str], str]
    field_of: Callable[[str], str]
    level_of: Callable[[str], Level]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the sheet: a field of one competent unit, with its columns by official number."""

    unit: str
    field: str
    values: Values


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form over one period (both days included) with its lines and their total."""

    form: Form
    first: date
    last: date
    rows: tuple[SheetRow, ...]
    total: Values = field(default_factory=dict)


def value_of(column: Column, stretches: Stretches) -> int:
    """A column's figure."""
    return sum(_term(term, stretches) for term in column.of)


def _term(term: Term, stretches: Stretches) -> int:
    wanted = stretches.values() if term.level is None else [stretches.get(term.level, ({}, {}))]
    return sum(
        factor * (before if earlier else during).get(counter, 0)
        for before, during in wanted
        for earlier, counter, factor in term.factors
    )


def make_sheet(form: Form, days: tuple[date, date], before: ByPlace, during: ByPlace, lens: Lens) -> Sheet:
    """Fill in a form from the flows before and in the period."""
    lines: dict[tuple[str, str], dict[Level, tuple[Counter[str], Counter[str]]]] = {}
    for index, flows in enumerate((before, during)):
        for (unit, procedure), counters in flows.items():
            line = lines.setdefault((lens.unit_of(unit), lens.field_of(procedure)), {})
            line.setdefault(lens.level_of(procedure), (Counter(), Counter()))[index].update(counters)
    rows = []
    for (unit, name), stretches in sorted(lines.items()):
        values = {column.number: value_of(column, stretches) for column in form.columns if not column.missing}
        if any(values.values()):
            rows.append(SheetRow(unit, name, values))
    numbers = [column.number for column in form.columns if not column.missing]
    return Sheet(form, *days, tuple(rows), {number: sum(row.values[number] for row in rows) for number in numbers})


def listed(sheet: Sheet, units: Iterable[str]) -> Sheet:
    """The sheet with a line of zeros for each of these units that has none: nothing that happened is a figure too."""
    zeros = dict.fromkeys(sheet.total, 0)
    idle = {*units} - {row.unit for row in sheet.rows}
    rows = [*sheet.rows, *(SheetRow(unit, "", zeros) for unit in idle)]
    return replace(sheet, rows=tuple(sorted(rows, key=lambda row: (row.unit, row.field))))


def broken_rules(sheet: Sheet) -> Iterator[tuple[SheetRow | None, str]]:
    """Which rules of the form are broken, and in which line (None: in the total); such a sheet is not published."""
    for row in sheet.rows:
        yield from ((row, rule) for rule in sheet.form.broken(row.values))
    if sheet.rows:
        yield from ((None, rule) for rule in sheet.form.broken(sheet.total))


def lines_of(sheet: Sheet) -> Lines:
    """A sheet as data."""
    return {LineKey(row.unit, row.field): row.values for row in sheet.rows}


def sheet_of(form: Form, days: tuple[date, date], lines: Lines) -> Sheet:
    """The inverse of lines_of."""
    rows = tuple(SheetRow(*key, lines[key]) for key in sorted(lines, key="|".join))
    numbers = [column.number for column in form.columns if not column.missing]
    return Sheet(form, *days, rows, {number: sum(row.values.get(number, 0) for row in rows) for number in numbers})

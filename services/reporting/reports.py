"""A report asked for: the sheet from the cells, or the rules that forbid it."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reference import ReferenceData
from runtime.documents import Documents
from services.reporting.domain import COLUMNS, FLOW_COLUMNS, CellKey, Sheet, broken_rules, make_sheet
from services.reporting.store import flows, rows_of_cells


class ReportRefusedError(Exception):
    """The figures contradict each other; `rules` says which rule of the form is broken where."""

    def __init__(self, rules: list[str]) -> None:
        super().__init__("; ".join(rules))
        self.rules = rules


class UnknownUnitError(Exception):
    """No such unit in the reference data."""


async def ii06a(store: Documents, reference: ReferenceData, *, first: date, last: date, unit: str) -> Sheet:
    """Biểu II.06a of a unit, of `all` units line by line, or of the `province` by field.

    Raises ReportRefusedError if an invariant is broken, UnknownUnitError, ValueError if the period ends before it begins.
    """
    if last < first:
        raise ValueError("the period ends before it begins")
    if unit not in ("all", "province") and unit not in reference.units:
        raise UnknownUnitError(unit)
    fields = {code: procedure.field for code, procedure in reference.procedures.items()}
    units = None if unit in ("all", "province") else [unit]
    before = await flows(store, "competent", fields, first=None, last=first - timedelta(days=1), units=units)
    during = await flows(store, "competent", fields, first=first, last=last, units=units)
    if unit == "province":
        before, during = _by_field(before), _by_field(during)
    sheet = make_sheet(first, last, before, during)
    broken = broken_rules(sheet) + unassigned(sheet, reference)
    if broken:
        raise ReportRefusedError(broken)
    return sheet


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a sheet: column and, if not the whole unit's, the field."""

    column: int
    field: str | None = None


async def behind(
    store: Documents, reference: ReferenceData, figure: Figure, *, first: date, last: date, unit: str
) -> list[str]:
    """The dossiers that a figure of a unit's sheet is made of, by their codes: as many as the figure says.

    Each dossier is put through the column's own definition. Raises UnknownUnitError, ValueError for an unknown column.
    """
    if unit not in reference.units:
        raise UnknownUnitError(unit)
    wanted = next((c for c in COLUMNS if c.number == figure.column), None)
    if wanted is None or last < first:
        raise ValueError(f"there is no column {figure.column}" if wanted is None else "the period ends before it begins")
    fields = {code: procedure.field for code, procedure in reference.procedures.items()}
    found = []
    since = first if figure.column in FLOW_COLUMNS else None  # what is open, or was carried over, may be of any day before
    async for row in rows_of_cells(store, unit, since, last):
        before: Counter[str] = Counter()
        during: Counter[str] = Counter()
        for text, counters in row["adds"].items():
            key = CellKey.parse(text)
            if (
                key.role == "competent"
                and key.unit == unit
                and key.day <= last
                and figure.field in (None, fields.get(key.procedure))
            ):
                (during if key.day >= first else before).update(counters)
        if wanted.value(before, during):
            found.append(row["_id"])
    return sorted(found)


def unassigned(sheet: Sheet, reference: ReferenceData) -> list[str]:
    """Lines of units that the reference data does not know: they must be none, or the province would not be the sum of its
    units (R39). Intake lets no such unit in, so a unit was removed that should have been given a last day."""
    unknown = sorted({row.unit for row in sheet.rows} - reference.units.keys() - {"province"})
    return [f"{unit}: not in units.yaml; keep old units there, with valid_to" for unit in unknown]


def _by_field(flows_: Mapping[tuple[str, str], Mapping[str, int]]) -> dict[tuple[str, str], Mapping[str, int]]:
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for (_, field), counters in flows_.items():
        into = sums.setdefault(("province", field), {})
        for name, value in counters.items():
            into[name] = into.get(name, 0) + value
    return dict(sums)


def as_csv(sheet: Sheet) -> bytes:
    """The sheet as CSV with the official numbers as headings, for spreadsheets (UTF-8 with its mark)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["unit", "field", *(column.number for column in COLUMNS)])
    for row in sheet.rows:
        writer.writerow([row.unit, row.field, *(row.values[column.number] for column in COLUMNS)])
    writer.writerow(["total", "", *(sheet.total[column.number] for column in COLUMNS)])
    return out.getvalue().encode("utf-8-sig")


def as_json(sheet: Sheet) -> dict[str, Any]:
    """The sheet as JSON: rows with unit, field and the columns keyed by their official number."""
    rows = [{"unit": row.unit, "field": row.field, **{str(n): v for n, v in row.values.items()}} for row in sheet.rows]
    total = {str(number): value for number, value in sheet.total.items()}
    return {
        "report": "II.06a",
        "from": sheet.first.isoformat(),
        "to": sheet.last.isoformat(),
        "rows": rows,
        "total": total,
    }

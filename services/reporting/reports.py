"""A report asked for: the sheet from the cells, or the rules that forbid it."""

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from reference import ReferenceData
from runtime.documents import Documents
from services.reporting.domain import COLUMNS, Sheet, broken_rules, make_sheet
from services.reporting.store import flows


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

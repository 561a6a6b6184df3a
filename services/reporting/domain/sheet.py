"""Biểu II.06a/VPCP/KSTT "Tình hình, kết quả giải quyết TTHC": columns 3 to 13 and the rules between them (R35)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Flows = Mapping[str, int]

RECEIVED = ("received_online", "received_direct", "received_post")
RESOLVED = ("resolved_early", "resolved_on_time", "resolved_late")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its official number and heading, and how it comes from the flows before and in the period."""

    number: int
    heading: str
    value: Callable[[Flows, Flows], int]


def _sum(flows: Flows, names: Sequence[str]) -> int:
    return sum(flows.get(name, 0) for name in names)


def _stock(flows: Flows) -> int:
    return _sum(flows, RECEIVED) - _sum(flows, RESOLVED)


def _overdue(flows: Flows) -> int:
    return flows.get("overdue_opened", 0) - flows.get("overdue_closed", 0)


def _both(before: Flows, during: Flows) -> Flows:
    return {name: before.get(name, 0) + during.get(name, 0) for name in {*before, *during}}


COLUMNS = (
    Column(3, "Tổng số", lambda b, d: _stock(b) + _sum(d, RECEIVED)),
    Column(4, "Trực tuyến (trong kỳ)", lambda _, d: d.get("received_online", 0)),
    Column(5, "Trực tiếp, dịch vụ bưu chính (trong kỳ)", lambda _, d: _sum(d, ("received_direct", "received_post"))),
    Column(6, "Từ kỳ trước", lambda b, _: _stock(b)),
    Column(7, "Tổng số", lambda _, d: _sum(d, RESOLVED)),
    Column(8, "Trước hạn", lambda _, d: d.get("resolved_early", 0)),
    Column(9, "Đúng hạn", lambda _, d: d.get("resolved_on_time", 0)),
    Column(10, "Quá hạn", lambda _, d: d.get("resolved_late", 0)),
    Column(11, "Tổng số", lambda b, d: _stock(_both(b, d))),
    Column(12, "Trong hạn", lambda b, d: _stock(_both(b, d)) - _overdue(_both(b, d))),
    Column(13, "Quá hạn", lambda b, d: _overdue(_both(b, d))),
)


FLOW_COLUMNS = (4, 5, 7, 8, 9, 10)  # made of what happened in the period alone


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the sheet: a field of one competent unit, with its columns by official number."""

    unit: str
    field: str
    values: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report over one period (both days included) with its lines and their total."""

    first: date
    last: date
    rows: tuple[SheetRow, ...]
    total: Mapping[int, int]


def make_sheet(
    first: date, last: date, before: Mapping[tuple[str, str], Flows], during: Mapping[tuple[str, str], Flows]
) -> Sheet:
    """Put a sheet together from the flows before and in the period, by (unit, field)."""
    rows = []
    for unit, field in sorted({*before, *during}):
        b, d = before.get((unit, field), {}), during.get((unit, field), {})
        values = {column.number: column.value(b, d) for column in COLUMNS}
        if any(values.values()):
            rows.append(SheetRow(unit, field, values))
    total = {column.number: sum(row.values[column.number] for row in rows) for column in COLUMNS}
    return Sheet(first, last, tuple(rows), total)


# R35: each rule of the form and whether a line keeps it.
_RULES: tuple[tuple[str, Callable[[Mapping[int, int]], bool]], ...] = (
    ("3 = 4 + 5 + 6", lambda v: v[3] == v[4] + v[5] + v[6]),
    ("7 = 8 + 9 + 10", lambda v: v[7] == v[8] + v[9] + v[10]),
    ("11 = 12 + 13", lambda v: v[11] == v[12] + v[13]),
    ("3 = 7 + 11", lambda v: v[3] == v[7] + v[11]),
    ("no column is negative", lambda v: min(v.values()) >= 0),
)


def broken_rules(sheet: Sheet) -> list[str]:
    """Which rules of the form are broken, and where; a report with any of them is not published."""
    found = [f"{row.unit} / {row.field}: {name}" for row in sheet.rows for name, holds in _RULES if not holds(row.values)]
    return found + [f"total: {name}" for name, holds in _RULES if not holds(sheet.total)]

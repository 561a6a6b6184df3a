"""The dashboard's figures: flows of a period by competent unit, stocks at its end, and the means that people ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from reference import ReferenceData
from runtime.documents import Documents
from services.reporting.domain import Flows
from services.reporting.domain.sheet import COLUMNS
from services.reporting.store import COUNTERS, flows


@dataclass(frozen=True, slots=True)
class Line:
    """One unit, or the province: columns of II.06a by number, letters, and what people said."""

    name: str
    columns: Mapping[int, int]
    during: Flows

    @property
    def in_time(self) -> str:
        """Share of what ended that ended in time, against the promise in force; two decimals."""
        return percent(self.columns[8] + self.columns[9], self.columns[7])

    @property
    def late(self) -> int:
        """Dossiers whose first promise passed unfulfilled in the period."""
        return self.during["late_with_letter"] + self.during["late_without_letter"]

    @property
    def satisfaction(self) -> str:
        """Mean of 100/75/50/25/0 over answers that have a score (R33)."""
        return "-" if not self.during["rating_answers"] else _round(self.during["rating_points"], self.during["rating_answers"])


@dataclass(frozen=True, slots=True)
class Overview:
    """A period (both days included) by unit, and as a whole."""

    first: date
    last: date
    units: tuple[Line, ...]
    province: Line


async def overview(store: Documents, reference: ReferenceData, first: date, last: date) -> Overview:
    """Sum the cells of the competent units."""
    whole = dict.fromkeys(reference.procedures, "")  # by unit alone
    before = await flows(store, "competent", whole, first=None, last=first - timedelta(days=1), units=None)
    during = await flows(store, "competent", whole, first=first, last=last, units=None)
    codes = sorted({unit for unit, _ in (*before, *during)})
    b, d = ({code: _sum(found, code) for code in codes} for found in (before, during))
    lines = [_line(reference.units[code].name if code in reference.units else code, b[code], d[code]) for code in codes]
    return Overview(first, last, tuple(lines), _line("Toàn tỉnh", _total(b), _total(d)))


def _sum(found: Mapping[tuple[str, str], Flows], unit: str) -> dict[str, int]:
    return _total({key: value for key, value in found.items() if key[0] == unit})


def _total(found: Mapping[Any, Flows]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for counters in found.values():
        for name, value in counters.items():
            sums[name] = sums.get(name, 0) + value
    return sums


def _line(name: str, before: Flows, during: Mapping[str, int]) -> Line:
    full = {**dict.fromkeys(COUNTERS, 0), **during}
    return Line(name, {column.number: column.value(before, full) for column in COLUMNS}, full)


def percent(part: int, whole: int) -> str:
    """Two decimals, half up, with a decimal comma; a dash where there is nothing to take a share of (D14)."""
    return "-" if not whole else _round(100 * part, whole) + " %"


def _round(number: int, by: int) -> str:
    hundredths = (200 * number + by) // (2 * by)
    return f"{hundredths // 100},{hundredths % 100:02d}"

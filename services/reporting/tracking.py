"""The tracking book of a unit and a period (Sổ theo dõi hồ sơ, Mẫu 07): which dossiers were taken in, found by the figures."""

from dataclasses import dataclass
from datetime import date

from reference import OFFICE_TIME, ReferenceData
from runtime.store import Documents
from services.reporting.domain.tracking import TrackingLine, tracking_line
from services.reporting.figures import shares_of_units
from services.reporting.reports import UnknownUnitError
from services.reporting.store import rows_named

MOST_DAYS = 92  # a quarter
MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Book:
    """The lines in the order of their reception."""

    unit: str
    first: date
    last: date
    lines: tuple[TrackingLine, ...]


async def tracking_book(store: Documents, reference: ReferenceData, unit: str, first: date, last: date) -> Book:
    """The book, with what was taken in by the units that this one stands for on the last day (R39).

    Raises UnknownUnitError, and ValueError for a period that is none or too long, or has too many dossiers.
    """
    if unit not in reference.units:
        raise UnknownUnitError(unit)
    if last < first or (last - first).days >= MOST_DAYS:
        raise ValueError(f"kỳ phải từ 1 đến {MOST_DAYS} ngày")
    units = reference.codes_of(unit, last)
    codes = [share.code async for share in shares_of_units(store, units, first, last, roles=("received",))]
    lines = list[TrackingLine]()
    async for row in rows_named(store, codes):
        line = tracking_line(row, units, reference)
        if line is not None and first <= line.received_at.astimezone(OFFICE_TIME).date() <= last:
            lines.append(line)
        if len(lines) > MOST_LINES:
            raise ValueError(f"kỳ này có hơn {MOST_LINES} hồ sơ, hãy chọn kỳ ngắn hơn")
    lines.sort(key=lambda line: (line.received_at, line.code))
    return Book(unit, first, last, tuple(lines))

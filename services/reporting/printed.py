"""A sheet as it is printed, whatever the format: the words of its head, its columns, its lines, its signatures."""

from dataclasses import dataclass
from datetime import date

from reference import ReferenceData, kinds_of
from services.reporting.domain import Sheet, SheetRow
from services.reporting.domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Printed:
    """One form, ready for a printer. `cells` holds a text or a number per column, from the third on."""

    label: str
    title: str
    period: str
    until: tuple[int, int, int]  # year, month, day of the last day: the date of the document
    owner: str
    receiver: str
    second_column: str
    groups: tuple[tuple[str, int, int], ...]
    headings: tuple[tuple[int, str], ...]
    lines: tuple[tuple[str, tuple[int | str, ...]], ...]
    total: tuple[int | str, ...]
    note: str
    standing: str

    @property
    def last(self) -> int:
        """The number of the last column."""
        return self.headings[-1][0]


MISSING = "…"  # a column without a source: neither a figure nor nothing
SIGNERS = ("NGƯỜI LẬP BIỂU", "(Ký, ghi rõ họ tên)"), ("THỦ TRƯỞNG ĐƠN VỊ", "(Ký, đóng dấu, ghi rõ họ tên)")
DATED = "............, ngày ...... tháng ...... năm ......"
UNIT_OF_COUNT = "Đơn vị tính: số hồ sơ"


def printed(sheet: Sheet, reference: ReferenceData, unit: str, standing: Standing, note: str = "") -> Printed:
    """Put the words to the figures. `unit`: as it was asked for, a code, all or province. `note`: a sentence below it."""
    form = sheet.form
    kind = next(kinds_of(reference.periods, sheet.first, sheet.last), None)
    days = f"từ ngày {_day(sheet.first)} đến ngày {_day(sheet.last)}"
    missing = dict.fromkeys(c.missing for c in form.columns if c.missing)
    notes = [note] if note else []
    notes += [f"{MISSING} {reason}." for reason in missing]

    def values(own: dict[int, int]) -> tuple[int | str, ...]:
        return tuple(MISSING if column.missing else own[column.number] for column in form.columns)

    return Printed(
        label=form.label,
        title=form.title,
        period=f"(Kỳ báo cáo: {kind.name}, {days})" if kind else f"({days[0].upper()}{days[1:]})",
        until=(sheet.last.year, sheet.last.month, sheet.last.day),
        owner=f"Đơn vị báo cáo: {reference.units[unit].name if unit in reference.units else reference.province}",
        receiver="Đơn vị nhận báo cáo: Văn phòng UBND tỉnh",
        second_column="Đơn vị, lĩnh vực" if unit == "all" else "Lĩnh vực giải quyết",
        groups=tuple(form.groups),
        headings=tuple((column.number, column.heading) for column in form.columns),
        lines=tuple((_line(row, reference, whole=unit == "all"), values(dict(row.values))) for row in sheet.rows),
        total=values(dict(sheet.total)),
        note=" ".join(notes),
        standing=standing.words,
    )


def _line(row: SheetRow, reference: ReferenceData, *, whole: bool) -> str:
    """The words of the second column."""
    if not whole:
        return row.field
    return f"{reference.unit_name(row.unit)}: {row.field}" if row.field else reference.unit_name(row.unit)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"

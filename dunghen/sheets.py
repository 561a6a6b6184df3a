"""A report on a terminal: official column numbers with short headings; the workbook has the full ones."""

from collections.abc import Iterable

from dunghen.answers import SheetAnswer
from dunghen.tables import Cell, Column

II06A = "II.06a"
HEADINGS = {
    3: "nhận",
    4: "online",
    5: "quầy",
    6: "kỳ trước",
    7: "xong",
    8: "sớm",
    9: "đúng",
    10: "trễ",
    11: "đang làm",
    12: "trong hạn",
    13: "quá hạn",
}
TOTAL = "Cộng"


def figure_columns(report: str, numbers: Iterable[int]) -> list[Column]:
    """The columns of a report that hold figures."""
    headings = {number: f"{HEADINGS[number]}\n({number})" if report == II06A else f"({number})" for number in numbers}
    return [Column(str(number), heading, right=True) for number, heading in headings.items()]


def columns_of(sheet: SheetAnswer) -> list[Column]:
    """Unit, field and the figures of a report."""
    unit = Column("unit", "Đơn vị", whole=True, words={"province": "Toàn tỉnh"})
    return [unit, Column("field", "Lĩnh vực"), *figure_columns(sheet.report, sheet.total)]


def rows_of(sheet: SheetAnswer) -> Iterable[list[Cell]]:
    """Its lines, and the total."""
    for line in sheet.rows:
        yield [line.unit, line.field, *(line.figures[number] for number in sheet.total)]
    yield [TOTAL, "", *sheet.total.values()]

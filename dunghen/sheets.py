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


def heading_of(report: str, number: int) -> str:
    """What stands above a column."""
    return f"{HEADINGS[number]}\n({number})" if report == II06A else f"({number})"


def columns_of(sheet: SheetAnswer) -> list[Column]:
    """Unit, field and the figures of a report."""
    figures = [Column(str(number), heading_of(sheet.report, number), right=True) for number in sheet.total]
    return [Column("unit", "Đơn vị", whole=True, words={"province": "Toàn tỉnh"}), Column("field", "Lĩnh vực"), *figures]


def rows_of(sheet: SheetAnswer) -> Iterable[list[Cell]]:
    """Its lines, and the total."""
    for line in sheet.rows:
        yield [line.unit, line.field, *(line.figures[number] for number in sheet.total)]
    yield [TOTAL, "", *sheet.total.values()]

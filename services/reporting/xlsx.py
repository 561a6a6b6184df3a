"""A form as a workbook in the official layout: merged heads, Times New Roman, signature block, ready to print."""

import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services.reporting.printed import DATED, SIGNERS, UNIT_OF_COUNT, Printed

_FONT = "Times New Roman"
_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(vertical="center", wrap_text=True)
_WIDTHS = {1: 5.0, 2: 44.0}
_NARROW = 13  # forms with more columns than II.06a have narrower ones
_HEADS, _NUMBERS = 4, 6  # rows of the table's heads, and of the columns' numbers


def render(page: Printed) -> bytes:
    """The workbook as bytes."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = page.label.split("/")[0].removeprefix("Biểu số ")[:31].replace("(", "").strip()
    _head(sheet, page)
    row = _table(sheet, page)
    for words in filter(None, (page.standing, page.note)):
        row += 1
        _put(sheet, f"A{row}:{get_column_letter(page.last)}{row}", words, italic=True, size=11)
        sheet[f"A{row}"].alignment = _LEFT
        sheet.row_dimensions[row].height = 16 * (1 + len(words) // 150)
    _signatures(sheet, row + 2, page.last)
    _page_setup(sheet, page.last)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(page: Worksheet, place: str, text: str | int, *, bold: bool = False, italic: bool = False, size: int = 12) -> None:
    """Write into the first cell of a range, merging it if it is one."""
    first = place.partition(":")[0]
    if ":" in place and len(set(place.split(":"))) > 1:
        page.merge_cells(place)
    page[first] = text
    page[first].font = Font(name=_FONT, size=size, bold=bold, italic=italic)
    page[first].alignment = _CENTRE


def _head(sheet: Worksheet, page: Printed) -> None:
    """Left: which form; middle: what and when; right: who reports to whom."""
    left, right = "C", get_column_letter(page.last - 3)
    middle = f"D{{0}}:{get_column_letter(page.last - 4)}{{0}}"
    end = get_column_letter(page.last)
    _put(sheet, f"A1:{left}1", page.label, bold=True)
    _put(sheet, middle.format(1), page.title, bold=True, size=13)
    _put(sheet, middle.format(2), page.period, italic=True)
    _put(sheet, f"{right}1:{end}1", page.owner)
    _put(sheet, f"{right}2:{end}2", page.receiver)
    _put(sheet, f"{get_column_letter(page.last - 1)}3:{end}3", UNIT_OF_COUNT, italic=True, size=11)
    sheet.row_dimensions[1].height = 34
    sheet.row_dimensions[2].height = 34


def _table(sheet: Worksheet, page: Printed) -> int:
    """Heads in rows 4 to 6, then the lines; returns the last row used."""
    sheet.row_dimensions[_HEADS].height, sheet.row_dimensions[_HEADS + 1].height = 20, 64 if page.last <= _NARROW else 96
    _put(sheet, f"A{_HEADS}:A{_HEADS + 1}", "TT", bold=True)
    _put(sheet, f"B{_HEADS}:B{_HEADS + 1}", page.second_column, bold=True)
    for title, first, last in page.groups:
        _put(sheet, f"{get_column_letter(first)}{_HEADS}:{get_column_letter(last)}{_HEADS}", title, bold=True)
    for number, heading in page.headings:
        _put(sheet, f"{get_column_letter(number)}{_HEADS + 1}", heading, bold=True, size=11)
    for number in range(1, page.last + 1):
        _put(sheet, f"{get_column_letter(number)}{_NUMBERS}", f"({number})", italic=True, size=11)
    row = _NUMBERS
    for index, (name, values) in enumerate(page.lines, start=1):
        row += 1
        _put(sheet, f"A{row}", index)
        _put(sheet, f"B{row}", name)
        sheet[f"B{row}"].alignment = _LEFT
        _values(sheet, row, page, values, bold=False)
    row += 1
    _put(sheet, f"A{row}:B{row}", "Tổng số", bold=True)
    _values(sheet, row, page, page.total, bold=True)
    for cells in sheet.iter_rows(min_row=_HEADS, max_row=row, max_col=page.last):
        for cell in cells:
            cell.border = _BOX
    return row


def _values(sheet: Worksheet, row: int, page: Printed, values: tuple[int | str, ...], *, bold: bool) -> None:
    for (number, _), value in zip(page.headings, values, strict=True):
        _put(sheet, f"{get_column_letter(number)}{row}", value, bold=bold)


def _signatures(sheet: Worksheet, row: int, last: int) -> None:
    right, end = get_column_letter(last - 4), get_column_letter(last)
    (maker, how), (head, how_head) = SIGNERS
    _put(sheet, f"A{row + 1}:D{row + 1}", maker, bold=True)
    _put(sheet, f"A{row + 2}:D{row + 2}", how, italic=True)
    _put(sheet, f"{right}{row}:{end}{row}", DATED, italic=True)
    _put(sheet, f"{right}{row + 1}:{end}{row + 1}", head, bold=True)
    _put(sheet, f"{right}{row + 2}:{end}{row + 2}", how_head, italic=True)


def _page_setup(sheet: Worksheet, last: int) -> None:
    for number in range(1, last + 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(number, 10.5 if last <= _NARROW else 7.5)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEADS}:{_NUMBERS}"

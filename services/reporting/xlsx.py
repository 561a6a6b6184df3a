"""Biểu II.06a as a workbook in the official layout: merged heads, Times New Roman, signature block, ready to print."""

import io
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reference import ReferenceData
from services.reporting.domain import COLUMNS, Sheet

_FONT = "Times New Roman"
_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_GROUPS = (("Tiếp nhận", 3, 6), ("Đã giải quyết", 7, 10), ("Đang giải quyết", 11, 13))
_WIDTHS = {1: 5, 2: 38} | dict.fromkeys(range(3, 14), 10.5)
LAST = 13


def render(sheet: Sheet, reference: ReferenceData, unit: str) -> bytes:
    """The workbook as bytes."""
    book = Workbook()
    page = book.active
    if not isinstance(page, Worksheet):
        raise TypeError("a new workbook has a sheet")
    page.title = "II.06a"
    name = reference.units[unit].name if unit in reference.units else reference.province
    _head(page, sheet, name)
    row = _table(page, sheet, reference, whole=unit == "all")
    _signatures(page, row + 2)
    _page_setup(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(page: Worksheet, place: str, text: str | int, *, bold: bool = False, italic: bool = False, size: int = 12) -> None:
    """Write into the first cell of a range, merging it if it is one."""
    first = place.partition(":")[0]
    if ":" in place:
        page.merge_cells(place)
    page[first] = text
    page[first].font = Font(name=_FONT, size=size, bold=bold, italic=italic)
    page[first].alignment = _CENTRE


def _head(page: Worksheet, sheet: Sheet, name: str) -> None:
    _put(page, "A1:C1", "Biểu số II.06a/VPCP/KSTT", bold=True)
    _put(page, "D1:I1", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH", bold=True, size=13)
    _put(page, "D2:I2", f"(Từ ngày {_day(sheet.first)} đến ngày {_day(sheet.last)})", italic=True)
    _put(page, "J1:M1", f"Đơn vị báo cáo: {name}")
    _put(page, "J2:M2", "Đơn vị nhận báo cáo: Văn phòng UBND tỉnh")
    _put(page, "L3:M3", "Đơn vị tính: số hồ sơ", italic=True, size=11)
    page.row_dimensions[1].height = 34
    page.row_dimensions[2].height = 34


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _table(page: Worksheet, sheet: Sheet, reference: ReferenceData, *, whole: bool) -> int:
    """Heads in rows 4 to 6, then the lines; returns the last row used."""
    page.row_dimensions[4].height, page.row_dimensions[5].height = 20, 48
    _put(page, "A4:A5", "TT", bold=True)
    _put(page, "B4:B5", "Đơn vị, lĩnh vực" if whole else "Lĩnh vực giải quyết", bold=True)
    for title, first, last in _GROUPS:
        _put(page, f"{_letter(first)}4:{_letter(last)}4", title, bold=True)
    for column in COLUMNS:
        _put(page, f"{_letter(column.number)}5", column.heading, bold=True, size=11)
    for number in range(1, LAST + 1):
        _put(page, f"{_letter(number)}6", f"({number})", italic=True, size=11)
    row = 6
    for index, line in enumerate(sheet.rows, start=1):
        row += 1
        name = reference.units[line.unit].name if line.unit in reference.units else line.unit
        _put(page, f"A{row}", index)
        _put(page, f"B{row}", f"{name}: {line.field}" if whole else line.field)
        page[f"B{row}"].alignment = Alignment(vertical="center", wrap_text=True)
        for number, value in line.values.items():
            _put(page, f"{_letter(number)}{row}", value)
    row += 1
    _put(page, f"A{row}:B{row}", "Tổng số", bold=True)
    for number, value in sheet.total.items():
        _put(page, f"{_letter(number)}{row}", value, bold=True)
    for cells in page.iter_rows(min_row=4, max_row=row, max_col=LAST):
        for cell in cells:
            cell.border = _BOX
    return row


def _signatures(page: Worksheet, row: int) -> None:
    _put(page, f"A{row + 1}:D{row + 1}", "NGƯỜI LẬP BIỂU", bold=True)
    _put(page, f"A{row + 2}:D{row + 2}", "(Ký, ghi rõ họ tên)", italic=True)
    _put(page, f"I{row}:M{row}", "............, ngày ...... tháng ...... năm ......", italic=True)
    _put(page, f"I{row + 1}:M{row + 1}", "THỦ TRƯỞNG ĐƠN VỊ", bold=True)
    _put(page, f"I{row + 2}:M{row + 2}", "(Ký, đóng dấu, ghi rõ họ tên)", italic=True)


def _page_setup(page: Worksheet) -> None:
    for number, width in _WIDTHS.items():
        page.column_dimensions[_letter(number)].width = width
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = "4:6"


def _letter(number: int) -> str:
    return "ABCDEFGHIJKLM"[number - 1]

"""The register of outgoing letters as a workbook, ready to print."""

import io
from collections.abc import Sequence
from itertools import chain

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from runtime.guards import guarded
from services.notifier.outgoing import Line, missing_in

HEADINGS = ("Số, ký hiệu", "Ngày tháng", "Tên loại", "Nơi nhận (mã hồ sơ, ý kiến)", "Người ký", "Trạng thái")
_WIDTHS = (14, 14, 20, 28, 28, 26)
_FONT = "Times New Roman"


def render(lines: Sequence[Line], unit_name: str, year: int) -> bytes:
    """The workbook as bytes: A4 across, the headings on each page."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = f"Sổ văn bản đi {year}"
    sheet.append([guarded(unit_name)])
    sheet.append([f"SỔ ĐĂNG KÝ VĂN BẢN ĐI NĂM {year}: THƯ XIN LỖI, CẢM ƠN"])
    sheet.append([f"Thiếu số: {', '.join(missing_in(lines))}"] if missing_in(lines) else [])
    sheet.append(HEADINGS)
    for line in lines:
        day = "" if line.at is None else f"{line.at:%d/%m/%Y}"
        sheet.append([guarded(cell) for cell in (line.symbol, day, line.kind, line.dossier, line.signer, line.state)])
    _style(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _style(sheet: Worksheet) -> None:
    for number, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEF"[number]].width = width
    for cell in chain.from_iterable(sheet.iter_rows()):
        cell.font = Font(name=_FONT, size=12, bold=cell.row in (1, 2, 4))
    for cell in chain.from_iterable(sheet.iter_rows(min_row=4)):
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "4:4"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4

"""The tracking book (Mẫu 07) as a workbook: the columns of the form, those for people and papers left blank."""

import io
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from runtime.guards import guarded
from services.reporting.domain.tracking import TrackingLine
from services.reporting.tracking import Book

# Heading, and how wide the column is. The numbers of the form run from 1.
COLUMNS = (
    ("STT", 5),
    ("Mã hồ sơ", 24),
    ("Tên TTHC", 34),
    ("Số lượng hồ sơ (bộ)", 9),
    ("Tên cá nhân, tổ chức", 24),
    ("Địa chỉ, số điện thoại", 24),
    ("Cơ quan chủ trì giải quyết", 22),
    ("Ngày nhận", 16),
    ("Ngày hẹn trả", 16),
    ("Ngày trả", 16),
    ("Phương thức nhận kết quả", 13),
    ("Ký nhận", 12),
    ("Ghi chú", 26),
)
NOTE = (
    "Các cột 4, 5, 6, 11, 12 để trống để ghi tay: số liệu không có thông tin của người nộp hồ sơ. "
    "Cột 10 chỉ có khi việc trả kết quả là mốc kết thúc hồ sơ."
)
HEADS = 5  # the row of the headings; that of their numbers is below
_LAST = get_column_letter(len(COLUMNS))
_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_PLAIN, _BOLD, _ITALIC = (
    Font(name="Times New Roman", size=11, bold=b, italic=i) for b, i in ((False, False), (True, False), (False, True))
)
_TITLE = Font(name="Times New Roman", size=14, bold=True)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(vertical="center", wrap_text=True)


def render(book: Book, owner: str, standing: str) -> bytes:
    """The workbook as bytes. `owner`: the name of the unit; `standing`: how old and how final it is."""
    workbook = Workbook()
    sheet = workbook.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = "Sổ theo dõi hồ sơ"
    _line(sheet, 1, owner, _BOLD)
    _line(sheet, 2, "SỔ THEO DÕI HỒ SƠ", _TITLE)
    _line(sheet, 3, f"(Từ ngày {book.first:%d/%m/%Y} đến ngày {book.last:%d/%m/%Y})", _ITALIC)
    _row(sheet, HEADS, tuple(heading for heading, _ in COLUMNS), _BOLD, centred=True)
    _row(sheet, HEADS + 1, tuple(f"({number})" for number in range(1, len(COLUMNS) + 1)), _ITALIC, centred=True)
    for number, line in enumerate(book.lines, start=1):
        _row(sheet, HEADS + 1 + number, _cells(number, line), _PLAIN)
    below = HEADS + 3 + len(book.lines)
    for place, words in enumerate((NOTE, standing)):
        _line(sheet, below + place, words, _ITALIC, left=True)
    _page_setup(sheet)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _cells(number: int, line: TrackingLine) -> tuple[str | int, ...]:
    times = (_clock(line.received_at), _clock(line.due_at), _clock(line.returned_at))
    return number, line.code, line.procedure, "", "", "", line.competent, *times, "", "", line.remark


def _clock(at: datetime | None) -> str:
    return "" if at is None else f"{at:%H:%M %d/%m/%Y}"


def _row(sheet: Worksheet, row: int, values: tuple[str | int, ...], font: Font, *, centred: bool = False) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, guarded(value) if isinstance(value, str) else value)
        cell.font, cell.border, cell.alignment = font, _BOX, _CENTRE if centred or column == 1 else _LEFT


def _line(sheet: Worksheet, row: int, words: str, font: Font, *, left: bool = False) -> None:
    sheet.merge_cells(f"A{row}:{_LAST}{row}")
    cell = sheet.cell(row, 1, words)
    cell.font, cell.alignment = font, _LEFT if left else _CENTRE


def _page_setup(sheet: Worksheet) -> None:
    for column, (_, width) in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADS}:{HEADS + 1}"

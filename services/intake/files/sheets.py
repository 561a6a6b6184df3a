"""XLSX as rows of cells, read in bounded memory; files that do more than hold cells are refused."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from services.intake.domain import Fault
from services.intake.files.rows import Cell, FileRefusedError

MOST_UNPACKED = 600 * 1024 * 1024
MOST_STRINGS = 100 * 1024 * 1024
MOST_RATIO = 200  # of a part that is not small: spreadsheets pack 5 to 40 times
MOST_COLUMNS = 120
MOST_ROWS = 1_000_000
_OLE = b"\xd0\xcf\x11\xe0"
_REFUSED_PARTS = {
    "externallink": "có liên kết tới tệp khác; hãy ngắt liên kết (Data > Edit Links > Break Link) rồi lưu lại",
    "vbaproject": "có macro; hãy lưu thành .xlsx không macro",
    "embeddings/": "có tệp nhúng; hãy bỏ tệp nhúng rồi lưu lại",
    "activex": "có ActiveX; hãy bỏ rồi lưu lại",
    "connections.xml": "có kết nối dữ liệu bên ngoài; hãy bỏ kết nối rồi lưu lại",
}


def check_workbook(path: Path) -> None:
    """Look at a workbook before anything unpacks it. Raises FileRefusedError."""
    with path.open("rb") as file:
        if file.read(4) == _OLE:
            raise FileRefusedError("là tệp .xls cũ hoặc có mật khẩu; hãy mở bằng Excel và lưu thành .xlsx không mật khẩu")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise FileRefusedError("không phải tệp .xlsx (tệp hỏng hoặc đổi đuôi)") from None
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise FileRefusedError("bung ra quá lớn")
    for part in parts:
        name = part.filename.lower()
        if part.file_size > 10 * 1024 * 1024 and part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise FileRefusedError(f"phần {part.filename} nén bất thường")
        if name.endswith("sharedstrings.xml") and part.file_size > MOST_STRINGS:
            raise FileRefusedError("có quá nhiều chữ")
        for refused, reason in _REFUSED_PARTS.items():
            if refused in name:
                raise FileRefusedError(reason)


def read_sheet_rows(path: Path) -> Iterator[tuple[str, int, list[Cell]]]:
    """(sheet, line, cells) of all sheets. A cell that holds no plain value is a Fault. Raises FileRefusedError."""
    check_workbook(path)
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
        try:
            for sheet in book.worksheets:
                if hasattr(sheet, "reset_dimensions"):
                    sheet.reset_dimensions()  # what a file says of its own size is often wrong
                    for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS), start=1):
                        yield sheet.title, line, [_plain(cell) for cell in cells]
        finally:
            book.close()
    except FileRefusedError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError, TypeError, OSError, AttributeError, IndexError) as error:
        raise FileRefusedError(
            f"không đọc được nội dung .xlsx ({type(error).__name__}); hãy mở bằng Excel và lưu lại"
        ) from None


class Readable(Protocol):
    """A cell of a sheet."""

    @property
    def value(self) -> object: ...
    @property
    def data_type(self) -> str: ...


def _plain(cell: Readable) -> Cell:
    value, kind = cell.value, cell.data_type if cell.value is not None else ""
    if kind == "f":
        return Fault("", "formula", "là công thức; hãy dán giá trị (Paste Special > Values)")
    if kind == "e":
        return Fault("", "cell-error", "ô báo lỗi")
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if value is None or isinstance(value, str | int | float | time | timedelta) else str(value)

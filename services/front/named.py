"""Forms with names (decision 30): what reporting and sla made without any is filled in, in memory, and kept nowhere."""

import io
from collections.abc import Iterable, Mapping, Sequence
from zipfile import BadZipFile

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import BaseModel

from runtime.guards import guarded

CODE, NAME, PLACE = "Mã hồ sơ", "Tên cá nhân, tổ chức", "Địa chỉ, số điện thoại"  # headings of Mẫu 07
SHUT = "(chưa mở được)"
# What stands below the book that reporting makes begins so.
BLANK_COLUMNS = "Các cột 4, 5, 6, 11, 12 để trống"
NOTE = (
    "Có thông tin của người nộp hồ sơ: chỉ dùng cho việc đã nêu khi lập sổ, không chuyển tiếp. "
    "Các cột 4, 11, 12 để trống để ghi tay. Cột 10 chỉ có khi việc trả kết quả là mốc kết thúc hồ sơ."
)


class Applicant(BaseModel):
    """Whom a dossier is of, as notifier opens it."""

    dossier: str
    state: str
    name: str = ""
    phone: str = ""
    address: str = ""

    @property
    def called(self) -> str:
        """On a form; says so where it could not be opened."""
        return SHUT if self.state == "locked" else self.name

    @property
    def place(self) -> str:
        """Address and phone."""
        return ", ".join(part for part in (self.address, self.phone) if part)


class Book:
    """A tracking book as reporting made it. Raises ValueError for what is none."""

    def __init__(self, made: bytes) -> None:
        try:
            self._workbook: Workbook = openpyxl.load_workbook(io.BytesIO(made))
        except (BadZipFile, KeyError, OSError) as error:
            raise ValueError("is no workbook") from error
        sheet = self._workbook.active
        if not isinstance(sheet, Worksheet):
            raise ValueError("has no sheet")
        self._rows: list[Sequence[Cell]] = [[cell for cell in row if isinstance(cell, Cell)] for row in sheet.iter_rows()]
        heads = next((row for row in self._rows if {CODE, NAME, PLACE} <= {cell.value for cell in row}), None)
        if heads is None:
            raise ValueError("has not the columns of Mẫu 07")
        self._at = {str(cell.value): cell.column for cell in heads}
        # behind the headings come their numbers, then the lines
        self._lines = {str(code): row for row in self._rows if row[0].row > heads[0].row + 1 and (code := self._code(row))}

    @property
    def codes(self) -> list[str]:
        """The dossiers in it."""
        return list(self._lines)

    def _code(self, row: Sequence[Cell]) -> str:
        found = next((cell.value for cell in row if cell.column == self._at[CODE]), None)
        return str(found or "")

    def with_names(self, people: Iterable[Applicant]) -> bytes:
        """The same with names."""
        known: Mapping[str, Applicant] = {one.dossier: one for one in people}
        for code, row in self._lines.items():
            person = known.get(code)
            if person is not None:
                given = {self._at[NAME]: person.called, self._at[PLACE]: person.place}
                for cell in row:
                    if cell.column in given:
                        cell.value = guarded(given[cell.column])
        for cell in (cell for row in self._rows for cell in row):
            if isinstance(cell.value, str) and cell.value.startswith(BLANK_COLUMNS):
                cell.value = NOTE
        out = io.BytesIO()
        self._workbook.save(out)
        return out.getvalue()

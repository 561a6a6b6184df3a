"""Refused rows beside their file, as they were, with the reason: to be corrected and sent again."""

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TextIO

from openpyxl import Workbook

from services.intake.domain import Fault
from services.intake.files.rows import ERROR_COLUMN, Cell, Cells, Row, Table


class RefusalFile:
    """Written row by row; if nothing was refused, no file is left behind."""

    def __init__(self, source: Path, table: Table) -> None:
        self.path = source.with_name(f"{source.stem}.refused{source.suffix}")
        self._headings, self._count = table.headings, 0
        self._text: TextIO | None = None
        self._bytes: BinaryIO | None = None
        self._book: Workbook | None = None

    def __enter__(self) -> "RefusalFile":
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for file in (self._text, self._bytes):
            if file is not None:
                file.close()
        if self._book is not None:
            self._book.save(self.path)

    def __len__(self) -> int:
        return self._count

    def add(self, row: Row, reason: str) -> None:
        """Keep one row."""
        self._count += 1
        if isinstance(row.raw, bytes):
            self._bytes = self._bytes or self.path.open("wb")
            self._bytes.write(_with_reason(row.raw, reason) + b"\n")
        elif self.path.suffix == ".xlsx":
            self._add_to_sheet(row.raw, reason)
        else:
            self._add_to_csv(row.raw, reason)

    def _add_to_csv(self, cells: Cells, reason: str) -> None:
        if self._text is None:
            self._text = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            csv.writer(self._text).writerow(self._without_error(self._headings, ERROR_COLUMN))
        csv.writer(self._text).writerow(self._without_error(cells, reason))

    def _add_to_sheet(self, cells: Cells, reason: str) -> None:
        if self._book is None:
            self._book = Workbook(write_only=True)
            self._book.create_sheet("Dòng bị từ chối").append(self._without_error(self._headings, ERROR_COLUMN))
        self._book.worksheets[0].append(self._without_error([_storable(cell) for cell in cells], reason))

    def _without_error(self, cells: Cells, last: str) -> list[Cell]:
        """Cells at their headings' places, the reason as last column; a reason of last time is dropped."""
        wide = [*cells, *([""] * (len(self._headings) - len(cells)))]
        kept = [
            cell for place, cell in enumerate(wide) if place >= len(self._headings) or self._headings[place] != ERROR_COLUMN
        ]
        return [*kept, last]


def _storable(cell: Cell) -> Cell:
    """What may be written: no formula comes back, whoever opens the file next."""
    if isinstance(cell, Fault):
        return f"({cell.detail})"
    if isinstance(cell, str):
        text = "".join(letter for letter in cell if letter >= " " or letter in "\n\t")
        return f"'{text}" if text.startswith("=") else text
    return cell


def _with_reason(raw: bytes, reason: str) -> bytes:
    """An object gets the reason as a field; a line that is no object stays as it is."""
    try:
        item = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return json.dumps({**item, ERROR_COLUMN: reason}, ensure_ascii=False).encode() if isinstance(item, dict) else raw

"""Refused rows beside their file, as they were, with the reason: to be corrected and sent again."""

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, TextIO

from openpyxl import Workbook

from runtime.guards import guarded
from services.intake.domain import Fault
from services.intake.files.rows import ERROR_COLUMN, Cell, Cells, Head, Row, Table


class Sheet(Protocol):
    """A sheet that is written line by line."""

    def append(self, line: list[str | int | float | None], /) -> None: ...


class RefusalFile:
    """Written row by row; if nothing was refused, no file is left behind. Rows of a workbook stand in sheets of its names."""

    def __init__(self, source: Path, table: Table) -> None:
        self.path = source.with_name(f"{source.stem}.refused{source.suffix}")
        self._separator, self._count = table.separator, 0
        self._head: Head | None = None  # under which the last row of a text file was written
        self._text: TextIO | None = None
        self._bytes: BinaryIO | None = None
        self._book: Workbook | None = None
        self._sheets: dict[str, tuple[Head, Sheet]] = {}  # the same of each sheet

    def __enter__(self) -> "RefusalFile":
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Write what is still to be written."""
        for file in (self._text, self._bytes):
            if file is not None:
                file.close()
        if self._book is not None:
            self._book.save(self.path)

    def __len__(self) -> int:
        return self._count

    def add_all(self, refused: Iterable[tuple[Row, str]]) -> None:
        """Keep rows with their reasons."""
        for row, reason in refused:
            self.add(row, reason)

    def add(self, row: Row, reason: str) -> None:
        """Keep one row."""
        self._count += 1
        if isinstance(row.raw, bytes):
            self._bytes = self._bytes or self.path.open("wb")
            self._bytes.write(_with_reason(row.raw, reason) + b"\n")
        elif self.path.suffix == ".xlsx":
            self._add_to_sheet(row.head, row.raw, reason)
        else:
            self._add_to_text(row.head, row.raw, reason)

    def _add_to_text(self, head: Head, cells: Cells, reason: str) -> None:
        if self._text is None:  # with the mark by which Excel knows UTF-8
            self._text = self.path.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="")
        out = csv.writer(self._text, delimiter=self._separator)
        if head is not self._head:
            out.writerow(_line(head, head.headings, ERROR_COLUMN))
            self._head = head
        out.writerow(_line(head, cells, reason))

    def _add_to_sheet(self, head: Head, cells: Cells, reason: str) -> None:
        self._book = self._book or Workbook(write_only=True)
        known, sheet = self._sheets.get(head.sheet) or (None, self._book.create_sheet(_title(head.sheet)))
        if known is not head:
            sheet.append(_line(head, head.headings, ERROR_COLUMN))
            self._sheets[head.sheet] = head, sheet
        sheet.append(_line(head, cells, reason))


def _title(text: str) -> str:
    """A title that a sheet may have."""
    return re.sub(r"[\\*?:/\[\]\x00-\x1f]", " ", text).strip("' ")[:31] or "Dòng bị từ chối"


def _line(head: Head, cells: Cells, last: str) -> list[str | int | float | None]:
    """Cells at their headings' places, the reason as last column; a reason of last time is dropped."""
    width = len(head.headings)
    wide = [*cells, *([None] * (width - len(cells)))]
    kept = [cell for place, cell in enumerate(wide) if place >= width or head.headings[place] != ERROR_COLUMN]
    return [_storable(cell) for cell in (*kept, last)]


def _storable(cell: Cell) -> str | int | float | None:
    """What may be written: no formula comes back, whoever opens the file next."""
    if isinstance(cell, Fault):
        return f"({cell.detail})"
    if isinstance(cell, str):
        return guarded("".join(letter for letter in cell if letter >= " " or letter in "\n\t\r"))
    return cell


def _with_reason(raw: bytes, reason: str) -> bytes:
    """An object gets the reason as a field and stays as it was written, a name that stands twice in it too; a line that is no
    object stays as it is."""
    try:
        item = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(item, dict):
        return raw
    if ERROR_COLUMN in item:  # of the time before
        return json.dumps({**item, ERROR_COLUMN: reason}, ensure_ascii=False).encode(errors="backslashreplace")
    said = f"{json.dumps(ERROR_COLUMN)}: {json.dumps(reason, ensure_ascii=False)}".encode()
    return raw.rstrip().removesuffix(b"}") + (b", " if item else b"") + said + b"}"

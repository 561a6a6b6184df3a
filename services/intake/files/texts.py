"""Text files as rows of cells: encoding and separator are found from the table itself, wherever it begins."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from services.intake.files.encodings import SAMPLE_BYTES, recognise
from services.intake.files.headings import MOST_HEADING_ROWS, understand
from services.intake.files.rows import Cell, FileRefusedError

SEPARATORS = (",", ";", "\t", "|")
HEADING_ROWS = 40  # titles and signatures stand above the headings of an exported form
MOST_LINE = 1_000_000  # characters
_SAID = re.compile(r'"?sep=([^\r\n])"?[;,\t]*\r?(?:\n|$)', re.IGNORECASE)  # the first line of Excel's own
_OTHER_KINDS = {
    b"PK\x03\x04": "tệp là .xlsx hoặc .zip đổi đuôi; hãy gửi với đuôi .xlsx",
    b"\xd0\xcf\x11\xe0": "tệp là .xls cũ đổi đuôi; hãy mở bằng Excel và lưu thành .xlsx",
    b"\x1f\x8b": "tệp đã nén (gzip); hãy giải nén rồi gửi",
    b"%PDF": "tệp là PDF; hãy gửi bảng dưới dạng .xlsx hoặc .csv",
}

_GUARDED = re.compile(r"""="([^"]*)"|'([^\W_][^']*)""")


@dataclass(frozen=True, slots=True)
class TextTable:
    """How a text file is written. `skipped`: lines before its first, which only say the separator (`sep=;`)."""

    path: Path
    codec: str
    separator: str
    skipped: int

    def lines(self) -> Iterator[tuple[int, list[Cell]]]:
        """(line, cells) to the end; a cell with a line end in it is one cell. Raises FileRefusedError."""
        # Bytes that are not UTF-8 survive as surrogates: only their own row is refused, and can be given back as it was.
        errors = "surrogateescape" if self.codec == "utf-8-sig" else "replace"
        with self.path.open(encoding=self.codec, errors=errors, newline="") as text:
            for _ in range(self.skipped):
                text.readline(MOST_LINE)
            reader = csv.reader(_bounded(text), delimiter=self.separator)
            try:
                for cells in reader:
                    yield reader.line_num + self.skipped, [_bare(cell.removeprefix("\ufeff")) for cell in cells]
            except csv.Error as error:
                raise FileRefusedError(f"dòng {reader.line_num}: không phải CSV ({error})") from None


def _bare(cell: str) -> str:
    """Without what programs write around a text so that Excel makes no number of it: `="0912"`, `'0912`."""
    found = _GUARDED.fullmatch(cell) if cell[:1] in ("=", "'") else None
    return cell if found is None else found[1] or found[2]


def look_at(path: Path) -> TextTable:
    """How a file is written. Raises FileRefusedError if it is no text."""
    with path.open("rb") as file:
        raw = file.read(SAMPLE_BYTES)
    for beginning, what in _OTHER_KINDS.items():
        if raw.startswith(beginning):
            raise FileRefusedError(what)
    codec = recognise(raw)
    sample = raw.decode(codec, "replace").removeprefix("\ufeff")
    said = _SAID.match(sample)
    if said is not None:
        return TextTable(path, codec, said.group(1), 1)
    return TextTable(path, codec, _separator(sample), 0)


def _separator(sample: str) -> str:
    """The one by which headings are understood, and most of them; if none is, the one that stands in most lines."""
    known = {separator: _known_columns(sample, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: known[separator])
    return best if known[best] else max(SEPARATORS, key=sample[:10_000].count)


def _known_columns(sample: str, separator: str) -> int:
    lines: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            lines.append(cells[:1000])
            if len(lines) > HEADING_ROWS:
                break
    except csv.Error:
        return 0
    for place in range(len(lines)):
        understood = understand(lines[place : place + MOST_HEADING_ROWS])
        if understood is not None:
            return len(understood[0].read())
    return 0


def _bounded(text: TextIO) -> Iterator[str]:
    """Lines that memory can hold, a NUL in them said as what nobody can read."""
    while line := text.readline(MOST_LINE):
        if len(line) >= MOST_LINE:
            raise FileRefusedError(f"có dòng dài quá {MOST_LINE} ký tự")
        yield line.replace("\0", "\ufffd")

"""A program of its own: unpacks a workbook given as standard input and writes its rows, a JSON value per line.

Workbooks come from anybody, and a small one can unpack to a row of gigabytes. So this runs in a process that may hold little
memory and compute for a minute, knows no secret of the service, and is lost without harm. It imports nothing of the product.

Lines: `{"sheet": title, "unread": why}`; `[line, cells]`, a cell being a text, a number, null, `["date", ISO 8601]` or
`["fault", rule, sentence]`; `{"refused": why}`; last of all `{"end": true}`.
"""

import contextlib
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import BinaryIO, Protocol
from xml.etree.ElementTree import ParseError

MOST_MEMORY = 176 * 1024 * 1024  # two of them fit beside the service into 512 MB
MOST_SECONDS = 60  # of computing; waiting for the reader does not count
MOST_UNPACKED = 600 * 1024 * 1024
MOST_STRINGS = 100 * 1024 * 1024
MOST_STYLES = 16 * 1024 * 1024
MOST_RATIO = 200  # of a part that is not small: spreadsheets pack 5 to 40 times
MOST_PARTS = 5_000
MOST_DEPTH = 500  # of elements in a part: spreadsheets nest about ten
PIECE = 1024 * 1024
MOST_COLUMNS = 256
MOST_ROWS = 1_048_576  # of Excel
MOST_CELL = 32_767  # of Excel
MOST_NUMBER = 10**15  # of Excel: it keeps 15 digits
MOST_ROW_CHARACTERS = 200_000
HELD = 200  # characters of a cell that are kept of a row or cell that is too long
_OLE = b"\xd0\xcf\x11\xe0"
_REFUSED_PARTS = {
    "externallink": "có liên kết tới tệp khác; hãy ngắt liên kết (Data > Edit Links > Break Link) rồi lưu lại",
    "vbaproject": "có macro; hãy lưu thành .xlsx không macro",
    "embeddings/": "có tệp nhúng; hãy bỏ tệp nhúng rồi lưu lại",
    "activex": "có ActiveX; hãy bỏ rồi lưu lại",
    "connections.xml": "có kết nối dữ liệu bên ngoài; hãy bỏ kết nối rồi lưu lại",
}
ANEW = "hãy dán giá trị (Paste Special > Values) sang một tệp .xlsx mới rồi gửi lại"
TOO_MUCH = f"cần quá nhiều bộ nhớ hoặc thời gian để đọc (dòng quá dài, quá nhiều định dạng, quá nhiều chữ); {ANEW}"
Plain = str | int | float | list[str] | None


class RefusedError(ValueError):
    """A workbook that is not read."""


class Readable(Protocol):
    """A cell of a sheet."""

    @property
    def value(self) -> object: ...
    @property
    def data_type(self) -> str: ...


def check_parts(file: BinaryIO) -> None:
    """Look at a workbook before anything unpacks it. Raises RefusedError."""
    if file.read(4) == _OLE:
        raise RefusedError("là tệp .xls cũ hoặc có mật khẩu; hãy mở bằng Excel và lưu thành .xlsx không mật khẩu")
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise RefusedError("không phải tệp .xlsx (tệp hỏng hoặc đổi đuôi)") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise RefusedError("bung ra quá lớn")
    for part in parts:
        name = part.filename.lower()
        if part.file_size > 10 * 1024 * 1024 and part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise RefusedError(f"phần {part.filename[:100]} nén bất thường")
        if name.endswith("sharedstrings.xml") and part.file_size > MOST_STRINGS:
            raise RefusedError("có quá nhiều chữ")
        if name.endswith("styles.xml") and part.file_size > MOST_STYLES:
            raise RefusedError(f"có quá nhiều định dạng; {ANEW}")
        for refused, reason in _REFUSED_PARTS.items():
            if refused in name:
                raise RefusedError(reason)


def check_depth(file: BinaryIO) -> None:
    """Refuse endless nesting before it is parsed, which takes a minute of computing. Raises RefusedError.

    Begins and ends of elements are counted as bytes, which costs next to nothing. What hides from that (`/>` in a text) is
    still held to this process' time and memory.
    """
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if not name.lower().endswith((".xml", ".rels")):
                continue
            depth, left = 0, b""
            with archive.open(name) as part:
                while piece := part.read(PIECE):
                    piece = left + piece
                    left = b"" if piece.endswith(b"</") or piece[-1:] not in (b"<", b"/") else piece[-1:]  # half of a mark
                    piece = piece.removesuffix(left)
                    begun = piece.count(b"<") - piece.count(b"<?") - piece.count(b"<!")
                    depth += begun - 2 * piece.count(b"</") - piece.count(b"/>")
                    if depth > MOST_DEPTH:
                        raise RefusedError(f"không đọc được: phần {name[:100]} lồng nhau quá sâu; {ANEW}")


def said_of(file: BinaryIO) -> Iterator[object]:
    """What is written of a workbook, up to its end. Raises RefusedError."""
    check_parts(file)
    from openpyxl import load_workbook  # noqa: PLC0415 - a file that is refused by its parts needs none of it
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet  # noqa: PLC0415 - as above

    # What a file says of its size is not believed, and of one that says nothing openpyxl would read every row to learn that.
    ReadOnlyWorksheet._get_size = lambda _: None  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        check_depth(file)
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        for chart in book.chartsheets:
            yield {"sheet": chart.title, "unread": "là biểu đồ"}
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                yield {"sheet": sheet.title, "unread": "đang bị ẩn; nếu cần gửi, hãy bỏ ẩn (Unhide) rồi lưu lại"}
                continue
            yield {"sheet": sheet.title, "unread": ""}
            if hasattr(sheet, "reset_dimensions"):
                sheet.reset_dimensions()  # what a file says of its own size is often wrong
            for line, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS), start=1):
                plain = [_plain(cell) for cell in cells[:MOST_COLUMNS]]
                while plain and plain[-1] is None:
                    plain.pop()
                if plain:
                    yield [line, _bounded(plain)]
    except RefusedError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError, TypeError, OSError, AttributeError, IndexError) as error:
        raise RefusedError(f"không đọc được nội dung .xlsx ({type(error).__name__}); hãy mở bằng Excel và lưu lại") from None


def _plain(cell: Readable) -> Plain:
    value, kind = cell.value, cell.data_type if cell.value is not None else ""
    said: Plain = None
    match value:
        case str() if kind in ("s", "inlineStr", "str", "n"):
            said = value if len(value) <= MOST_CELL else ["fault", "long-cell", f"có ô dài quá {MOST_CELL} ký tự"]
        case None:
            pass
        case _ if kind == "f":
            said = ["fault", "formula", "là công thức; hãy dán giá trị (Paste Special > Values)"]
        case _ if kind == "e":
            said = ["fault", "cell-error", "ô báo lỗi"]
        case datetime():
            said = ["date", value.isoformat(timespec="seconds") if value.time() != time() else value.date().isoformat()]
        case date():
            said = ["date", value.isoformat()]
        case bool():
            said = "TRUE" if value else "FALSE"
        case int() | float() if abs(value) < MOST_NUMBER:
            said = value
        case _:
            said = str(value)[:MOST_CELL]
    return said


def _bounded(cells: list[Plain]) -> list[Plain]:
    """A row as it is; of one that no register has, the beginnings of its cells and the fault."""
    if sum(len(cell) for cell in cells if isinstance(cell, str)) <= MOST_ROW_CHARACTERS:
        return cells
    cut = [cell[:HELD] if isinstance(cell, str) else cell for cell in cells]
    return [["fault", "long-row", f"dòng dài quá {MOST_ROW_CHARACTERS} ký tự"], *cut[1:]]


def _limit() -> None:
    """From here on, a hostile file costs this process alone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    with contextlib.suppress(OSError, ValueError):  # not every system has it
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    """Read standard input, write standard output."""
    _limit()
    out = sys.stdout.buffer
    last: object = {"end": True}
    try:
        for said in said_of(sys.stdin.buffer):
            out.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    except RefusedError as error:
        last = {"refused": str(error)}
    except (MemoryError, RecursionError):
        last = {"refused": TOO_MUCH}
    out.write(json.dumps(last, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()

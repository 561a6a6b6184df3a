"""Opens a file by its suffix and gives its rows one by one."""

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path

from services.intake import portal
from services.intake.domain import Fault, FaultError, Json, parse_item
from services.intake.files.encodings import SAMPLE_BYTES, recognise
from services.intake.files.forms import Layout, understand
from services.intake.files.rows import ERROR_COLUMN, Cell, Cells, FileRefusedError, Raw, Row, Table
from services.intake.files.sheets import read_sheet_rows

SUFFIXES = (".csv", ".xlsx", ".ndjson", ".jsonl")
HEADING_ROWS = 40  # titles and signatures stand above the headings of an exported form
MOST_CELL = 32_768
Line = tuple[int, list[Cell]]


def read_file(path: Path) -> Table:
    """Open a file by its suffix (.csv, .xlsx, .ndjson, .jsonl). Raises FileRefusedError."""
    suffix = path.suffix.lower()
    try:
        if not path.is_file():
            raise FileRefusedError("không có tệp này")
        if path.stat().st_size == 0:
            raise FileRefusedError("tệp rỗng")
        if suffix in (".ndjson", ".jsonl"):
            return Table((), _read_ndjson(path), {})
        if suffix == ".csv":
            return _table(
                [("", _csv_lines(path))], "dòng đầu phải là tên các trường, hoặc đầu cột của Sổ theo dõi hồ sơ", ragged=False
            )
        if suffix == ".xlsx":
            return _table(
                _by_sheet(path), "không trang tính nào có đầu cột của Sổ theo dõi hồ sơ, hoặc tên các trường", ragged=True
            )
        raise FileRefusedError(f"cần tệp {', '.join(SUFFIXES[:3])}")
    except FileRefusedError as error:
        raise FileRefusedError(f"{path.name}: {error}") from None


def _by_sheet(path: Path) -> Iterator[tuple[str, Iterator[Line]]]:
    """The lines of each sheet."""
    for title, rows in groupby(read_sheet_rows(path), key=itemgetter(0)):
        yield title, ((line, cells) for _, line, cells in rows)


def _table(sheets: Iterable[tuple[str, Iterator[Line]]], advice: str, *, ragged: bool) -> Table:
    """`ragged`: lines may lack empty cells at their end, as in sheets; in a text file, a short line is broken."""
    for _, lines in sheets:
        head = list(islice(lines, HEADING_ROWS))
        for place, (_, cells) in enumerate(head):
            lower = head[place + 1][1] if place + 1 < len(head) else []
            form = understand(cells, lower)
            if form is not None:
                two_rows = understand(cells) is None
                rest = chain(head[place + (2 if two_rows else 1) :], lines)
                return Table(form.headings, _rows(form, rest, ragged=ragged), form.names)
    raise FileRefusedError(f"thiếu cột (dossier, type, at, hoặc Mã hồ sơ, Ngày nhận); {advice}")


def _rows(form: Layout, lines: Iterable[Line], *, ragged: bool) -> Iterator[Row]:
    numbering = True
    for line, cells in lines:
        filled = [cell for cell in cells if cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())]
        if not filled:
            continue
        if numbering and _is_numbering(filled):
            continue
        numbering = False
        yield _row(form, line, cells, ragged=ragged)


def _is_numbering(cells: Cells) -> bool:
    """The row `(1) (2) (3) …` under the headings of an official form."""
    texts = [str(cell).strip(" ()") for cell in cells]
    return len(texts) > 3 and all(text.isdigit() for text in texts) and texts == sorted(texts, key=int)


def _row(form: Layout, line: int, cells: list[Cell], *, ragged: bool) -> Row:
    width = len(form.headings)
    if ragged and len(cells) < width:
        cells = [*cells, *[None] * (width - len(cells))]
    if len(cells) < width or any(cell not in (None, "") for cell in cells[width:]):
        return Row(line, cells, faults=[Fault("row", "columns", f"có {len(cells)} cột, dòng đầu có {width}")])
    if any(isinstance(cell, str) and len(cell) > MOST_CELL for cell in cells):
        return Row(line, cells, faults=[Fault("row", "long-cell", f"có ô dài quá {MOST_CELL} ký tự")])
    item, faults = form.item(cells)
    return Row(line, cells, faults=faults) if faults else _checked(line, cells, item)


def _csv_lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        codec = recognise(file.read(SAMPLE_BYTES))
    # Bytes that are not UTF-8 survive as surrogates, so that only their own row is refused and can be given back as it was.
    errors = "surrogateescape" if codec == "utf-8-sig" else "replace"
    with path.open(encoding=codec, errors=errors, newline="") as text:
        sample = text.readline()
        text.seek(0)
        reader = csv.reader(_without_nul(text), delimiter=";" if sample.count(";") > sample.count(",") else ",")
        try:
            for cells in reader:
                yield reader.line_num, [cell.removeprefix("\ufeff") for cell in cells]
        except csv.Error as error:
            raise FileRefusedError(f"dòng {reader.line_num}: không phải CSV ({error})") from None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    return (line.replace("\0", "\ufffd") for line in lines)


def _read_ndjson(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            line = raw.rstrip(b"\r\n")
            if not line.strip():
                continue
            try:
                item = json.loads(line.decode("utf-8-sig"))
            except UnicodeDecodeError:
                yield Row(number, line, faults=[Fault("row", "not-utf-8", "không phải UTF-8")])
            except (ValueError, RecursionError):
                yield Row(number, line, faults=[Fault("row", "broken-json", "không phải JSON")])
            else:
                if isinstance(item, dict):
                    item.pop(ERROR_COLUMN, None)
                yield from _rows_of(number, line, item)


def _rows_of(number: int, line: bytes, item: Json) -> Iterator[Row]:
    """One item; or a request line of the portal (`service`, `data`), which is a row per dossier in it."""
    service = item.get("service") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(service, str) or service not in portal.SERVICES:
        yield _checked(number, line, item)
        return
    read, names = portal.SERVICES[service]
    unit = item.get("madonvi")
    data = item.get("data")
    for given in data if isinstance(data, list) else [data]:
        alone = json.dumps({**item, "data": [given]}, ensure_ascii=False).encode()
        row = _checked(number, alone, read(given, unit if isinstance(unit, str) else None))
        faults = [Fault(portal.official_name(fault.field, names), fault.rule, fault.detail) for fault in row.faults]
        yield Row(number, alone, row.item, faults)


def _checked(line: int, raw: Raw, item: Json) -> Row:
    """Check what can be checked without the service, so that a file tells its faults before anything is sent."""
    try:
        parse_item(item)
    except FaultError as error:
        return Row(line, raw, faults=error.faults)
    return Row(line, raw, item if isinstance(item, dict) else None)

"""Files of events: CSV (headings are the field names) and NDJSON, one row per event. A bad row harms no other row."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.intake.domain import Fault, FaultError, parse_item

REQUIRED = ("dossier", "type", "at")
ERROR_COLUMN = "error"


class FileRefusedError(ValueError):
    """A file that cannot be read as a whole; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, the raw text to give back, and the item, or what is wrong with it."""

    line: int
    raw: Any
    item: Mapping[str, Any] | None = None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows and, for CSV, its headings."""

    headings: tuple[str, ...]
    rows: Iterator[Row]


def read_file(path: Path) -> Table:
    """Open a file of events by its suffix (.csv, .ndjson, .jsonl). Raises FileRefusedError."""
    if not path.is_file():
        raise FileRefusedError(f"{path.name}: không có tệp này")
    if path.stat().st_size == 0:
        raise FileRefusedError(f"{path.name}: tệp rỗng")
    if path.suffix.lower() in (".ndjson", ".jsonl"):
        return Table((), _read_ndjson(path))
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    raise FileRefusedError(f"{path.name}: cần tệp .csv hoặc .ndjson")


def _read_csv(path: Path) -> Table:
    # Bytes that are not UTF-8 survive as surrogates, so that only their own row is refused and can be given back as it was.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        first = file.readline()
    headings = next(csv.reader([first]), [])
    missing = [name for name in REQUIRED if name not in headings]
    if missing:
        raise FileRefusedError(f"{path.name}, dòng 1: thiếu cột {', '.join(missing)}; dòng đầu phải là tên các trường (UTF-8)")

    def rows() -> Iterator[Row]:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _csv_row(reader.line_num, headings, cells)

    return Table(tuple(headings), rows())


def _csv_row(line: int, headings: Sequence[str], cells: Sequence[str]) -> Row:
    raw = dict(zip(headings, cells, strict=False))
    if len(cells) != len(headings):
        return Row(line, raw, faults=[Fault("row", "columns", f"có {len(cells)} cột, dòng đầu có {len(headings)}")])
    broken = [name for name, cell in raw.items() if not _is_utf8(cell)]
    if broken:
        return Row(line, raw, faults=[Fault(name, "not-utf-8", "không phải UTF-8") for name in broken])
    return _checked(line, raw, {name: cell.strip() for name, cell in raw.items() if cell.strip() and name != ERROR_COLUMN})


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" for letter in text)


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
            except ValueError:
                yield Row(number, line, faults=[Fault("row", "broken-json", "không phải JSON")])
            else:
                if isinstance(item, dict):
                    item.pop(ERROR_COLUMN, None)
                yield _checked(number, line, item)


def _checked(line: int, raw: Any, item: Any) -> Row:  # noqa: ANN401 - whatever the file holds
    """Check what can be checked without the service, so that a file tells its faults before anything is sent."""
    try:
        parse_item(item)
    except FaultError as error:
        return Row(line, raw, faults=error.faults)
    return Row(line, raw, item)


class RefusalFile:
    """Keeps refused rows beside the file, as they were, with the reason: to be corrected and sent again."""

    def __init__(self, source: Path, headings: Sequence[str]) -> None:
        self.path = source.with_name(f"{source.stem}.refused{source.suffix}")
        self._headings = [*(name for name in headings if name != ERROR_COLUMN), ERROR_COLUMN]
        self._rows: list[tuple[Row, str]] = []

    def add(self, row: Row, reason: str) -> None:
        """Keep one row."""
        self._rows.append((row, reason))

    def __len__(self) -> int:
        return len(self._rows)

    def write(self) -> None:
        """Write what was kept; if nothing was, leave no file behind."""
        self.path.unlink(missing_ok=True)
        if not self._rows:
            return
        if self.path.suffix == ".csv":
            with self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                writer = csv.DictWriter(file, self._headings, extrasaction="ignore", restval="")
                writer.writeheader()
                writer.writerows({**row.raw, ERROR_COLUMN: reason} for row, reason in self._rows)
        else:
            with self.path.open("wb") as out:
                out.writelines(_with_reason(row.raw, reason) + b"\n" for row, reason in self._rows)


def _with_reason(raw: bytes, reason: str) -> bytes:
    """An object gets the reason as a field; a line that is no object stays as it is."""
    try:
        item = json.loads(raw)
    except ValueError:
        return raw
    return json.dumps({**item, ERROR_COLUMN: reason}, ensure_ascii=False).encode() if isinstance(item, dict) else raw

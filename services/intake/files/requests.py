"""NDJSON: one item per line, or one request of the portal, whose dossiers are rows then."""

import json
from collections.abc import Iterator
from pathlib import Path

from services.intake import portal, strict
from services.intake.domain import Doubled, Fault, FaultError, Json, parse_item
from services.intake.files.rows import ERROR_COLUMN, Head, Raw, Row

MOST_LINE = 2 * 1024 * 1024  # bytes: parsed, a hostile line takes thirty times as much


def read_ndjson(path: Path) -> Iterator[Row]:
    """The rows of a file, a bad one beside good ones."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MOST_LINE):
            number += 1
            line = raw.rstrip(b"\r\n")
            if len(raw) >= MOST_LINE and line == raw:
                yield Row(number, line[:200], faults=[Fault("row", "long-row", f"dòng dài quá {MOST_LINE} byte")])
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(MOST_LINE)
            elif line.strip():
                yield from _rows_of_line(number, line)


def _rows_of_line(number: int, line: bytes) -> Iterator[Row]:
    try:
        item = strict.read(line)
    except UnicodeDecodeError:
        yield Row(number, line, faults=[Fault("row", "not-utf-8", "không phải UTF-8")])
    except strict.TooManyValuesError:
        yield Row(number, line[:200], faults=[Fault("row", "long-row", f"dòng có quá {strict.MOST_VALUES} giá trị")])
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
        yield checked(number, line, item, Head())
        return
    if isinstance(item, Doubled):  # of two lists nobody knows which was meant
        yield checked(number, line, item, Head())
        return
    read, names = portal.SERVICES[service]
    unit, data = item.get("madonvi"), _unpacked(item.get("data"))
    for given in data if isinstance(data, list) else [data]:
        # What is written anew has each name once: a line with a name twice comes back whole, as it is.
        alone = line if _is_doubled(given) else json.dumps({**item, "data": [given]}, ensure_ascii=False).encode()
        row = checked(number, alone, read(given, unit if isinstance(unit, str) else None), Head())
        faults = [Fault(portal.official_name(fault.field, names), fault.rule, fault.detail) for fault in row.faults]
        yield Row(number, alone, row.item, faults)


def _unpacked(data: Json) -> Json:
    """Some adapters send `data` as JSON inside a string; what is none is refused as what it is."""
    if not isinstance(data, str):
        return data
    try:
        return strict.read(data.encode(errors="replace"))
    except strict.BrokenJsonError:
        return data


def _is_doubled(value: Json) -> bool:
    """Whether a name stands twice anywhere in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Doubled) or any(_is_doubled(each) for each in inner)


def checked(line: int, raw: Raw, item: Json, head: Head) -> Row:
    """Check what can be checked without the service, so that a file tells its faults before anything is sent."""
    try:
        parse_item(item)
    except FaultError as error:
        return Row(line, raw, faults=error.faults, head=head)
    return Row(line, raw, item if isinstance(item, dict) else None, head=head)

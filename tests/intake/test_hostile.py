"""Files that are made to exhaust: each is refused by a sentence, within bounds, while intake answers others."""

import asyncio
import io
import json
import resource
import time
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.intake import strict
from services.intake.domain import Doubled
from services.intake.files import FileRefusedError, read_file, unpacking
from tests.intake.alone import Alone, intake_alone
from tests.intake.test_sheets import workbook
from tests.intake.test_tables import HEADINGS, line

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_part(path: Path, name: str, *pieces: bytes) -> Path:
    """A workbook in which one part is another, written piece by piece."""
    workbook(path, {"Sổ": [HEADINGS, line(1)]})
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            if each != name:
                archive.writestr(each, content)
        with archive.open(name, "w") as part:
            for piece in pieces:
                part.write(piece)
    return path


def sheet_of(*rows: bytes) -> tuple[bytes, ...]:
    """A sheet's part around rows."""
    return f"<worksheet {NAMESPACE}><sheetData>".encode(), *rows, b"</sheetData></worksheet>"


def giant_row(path: Path) -> Path:
    """Its cells do not pack well, so that nothing refuses them by their ratio."""
    cells = b"".join(f'<c r="{n * 2654435761 % 2**32:x}"/>'.encode() for n in range(700_000))
    return with_part(path, "xl/worksheets/sheet1.xml", *sheet_of(b'<row r="1">', cells, b"</row>"))


def giant_styles(path: Path) -> Path:
    fonts = b"".join(f'<font><sz val="{n % 97}"/><name val="F{n}"/></font>'.encode() for n in range(220_000))
    return with_part(path, "xl/styles.xml", f"<styleSheet {NAMESPACE}><fonts>".encode(), fonts, b"</fonts></styleSheet>")


def many_styles(path: Path) -> Path:
    fonts = b"".join(f'<font><sz val="{n % 97}"/><name val="F{n}"/></font>'.encode() for n in range(140_000))
    return with_part(path, "xl/styles.xml", f"<styleSheet {NAMESPACE}><fonts>".encode(), fonts, b"</fonts></styleSheet>")


def deep(path: Path) -> Path:
    opened = b"".join(f"<a{n * 2654435761 % 2**32:x}>".encode() for n in range(100_000))
    return with_part(path, "xl/worksheets/sheet1.xml", *sheet_of(opened))


def deep_and_closed(path: Path) -> Path:
    """Well formed: what parses it has to come to its end."""
    names = [f"a{n * 2654435761 % 2**32:x}" for n in range(200_000)]
    opened, closed = ("".join(form.format(name) for name in order) for form, order in (("<{}>", names), ("</{}>", names[::-1])))
    return with_part(path, "xl/worksheets/sheet1.xml", *sheet_of(opened.encode(), closed.encode()))


def many_parts(path: Path) -> Path:
    workbook(path, {"Sổ": [HEADINGS, line(1)]})
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(6000):
            archive.writestr(f"x{number}", b"")
    return path


HOSTILE = {
    "a giant row": giant_row,
    "giant styles": giant_styles,
    "many styles": many_styles,
    "deep XML": deep,
    "deep XML that is closed": deep_and_closed,
    "many parts": many_parts,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_workbook_costs_the_process_that_unpacks_it_alone(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / "evil.xlsx")
    tracemalloc.start()
    try:
        begin = time.process_time()
        with pytest.raises(
            FileRefusedError, match=r"evil\.xlsx: (?:cần quá nhiều|có quá nhiều|không đọc được|bung ra|phần|thiếu cột)"
        ):
            list(read_file(path).rows)
        assert time.process_time() - begin < 5
        assert tracemalloc.get_traced_memory()[1] < 50 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"])
def test_deep_nesting_is_refused_before_it_is_parsed_in_whatever_part_it_is(tmp_path: Path, part: str) -> None:
    path = with_part(tmp_path / "so.xlsx", part, b"<a " + NAMESPACE.encode() + b">", *[b"<b>" * 1000] * 900, b"</a>")
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(FileRefusedError, match=f"phần {part} lồng nhau quá sâu"):
        list(read_file(path).rows)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert end.ru_utime - begin.ru_utime < 3


def test_marks_that_are_cut_by_a_piece_are_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "so.xlsx", {"Sổ": [HEADINGS, *(line(n) for n in range(300))]})
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(unpacking, "PIECE", size)
        with path.open("rb") as file:
            unpacking.check_depth(file)
    monkeypatch.setattr(unpacking, "MOST_DEPTH", 3)
    with path.open("rb") as file, pytest.raises(unpacking.RefusedError):
        unpacking.check_depth(file)


def test_long_cells_and_rows_are_refused_alone(tmp_path: Path) -> None:
    long_row = [*line(2)[:3], *["x" * 32_000] * 8]
    path = workbook(tmp_path / "so.xlsx", {"Sổ": [[*HEADINGS, *"ABCDEFGH"], line(1), long_row, line(3)]})

    rows = list(read_file(path).rows)
    assert [[fault.rule for fault in row.faults] for row in rows] == [[], ["long-row"], []]


def test_a_long_line_of_json_is_refused_alone_and_is_not_parsed(tmp_path: Path) -> None:
    good = json.dumps({"dossier": "H37.12-260302-0001", "type": "completed", "at": "2026-03-02T08:00"})
    file = tmp_path / "events.ndjson"
    file.write_text("[" * 5_000_000 + f"\n{good}\n", "utf-8")

    assert [(row.line, [fault.rule for fault in row.faults]) for row in read_file(file).rows] == [(1, ["long-row"]), (2, [])]


def test_rows_with_long_cells_come_in_small_chunks(tmp_path: Path) -> None:
    heavy = [*line(1), "x" * 32_000]
    path = workbook(tmp_path / "so.xlsx", {"Sổ": [[*HEADINGS, "Ghi chú"], *[heavy] * 200]})

    assert max(sum(row.size() for row in chunk) for chunk in read_file(path).chunks()) < 2_100_000


def test_a_workbook_that_is_not_read_to_its_end_leaves_no_process(tmp_path: Path) -> None:
    table = read_file(workbook(tmp_path / "so.xlsx", {"Sổ": [HEADINGS, *(line(n) for n in range(3000))]}))
    next(table.rows)
    table.close()

    with pytest.raises(FileRefusedError, match="cần quá nhiều bộ nhớ hoặc thời gian"):
        list(table.rows)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


async def test_intake_answers_its_probe_while_it_reads_a_hostile_workbook(intake: Alone, tmp_path: Path) -> None:
    content, key = giant_row(tmp_path / "evil.xlsx").read_bytes(), await intake.key()
    upload = asyncio.create_task(intake.client.post("/v1/dossiers/files?name=evil.xlsx", content=content, headers=key))
    waited = []
    while not upload.done():
        begin = time.perf_counter()
        assert (await intake.client.get("/livez")).status_code == 200
        waited.append(time.perf_counter() - begin)
        await asyncio.sleep(0.01)

    assert (await upload).status_code == 422
    waited.sort()
    assert waited[len(waited) * 9 // 10] < 0.1  # of ten, nine: the machine of a test has others to serve


def test_an_object_of_a_hundred_thousand_doubled_names_is_read_at_once_and_a_few_of_them_are_told() -> None:
    body = b"{" + b",".join(b'"a%d":1,"a%d":2' % (n, n) for n in range(60_000)) + b"}"
    begin = time.process_time()
    raw = strict.read(body)

    assert time.process_time() - begin < 2
    assert isinstance(raw, Doubled)
    assert len(raw.names) == strict.MOST_TOLD


async def test_more_values_than_any_request_needs_are_refused_before_they_cost_memory(intake: Alone) -> None:
    many, key = b"[" + b",".join([b'{"a":1}'] * 1_000_000) + b"]", await intake.key()
    tracemalloc.start()
    try:
        answer = await intake.client.post("/v1/dossiers/events", content=many, headers=key)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:dunghen:problem:too-many-values")
    assert most < 60 * 1024 * 1024


async def test_intake_answers_its_probe_while_it_reads_a_large_body(intake: Alone) -> None:
    body, key = b'["' + b"\\u0001" * 1_300_000 + b'"]', await intake.key()
    reading = asyncio.create_task(intake.client.post("/v1/dossiers/events", content=body, headers=key))
    answered = 0
    while not reading.done():
        assert (await intake.client.get("/livez")).status_code == 200
        answered += not reading.done()
        await asyncio.sleep(0.01)

    assert (await reading).status_code == 422
    assert answered > 1


class Counting(io.BytesIO):
    """A file that knows how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_a_sheet_that_does_not_say_its_size_is_not_read_to_its_end_for_that(tmp_path: Path) -> None:
    """A million rows took a minute to their first one."""
    rows = (f'<row><c t="inlineStr"><is><t>{n * 2654435761 % 2**32}</t></is></c></row>'.encode() for n in range(20_000))
    file = Counting(with_part(tmp_path / "so.xlsx", "xl/worksheets/sheet1.xml", *sheet_of(*rows)).read_bytes())
    said = unpacking.said_of(file)
    assert next(said) == {"sheet": "Sổ", "unread": ""}

    assert file.taken < 1.5 * len(file.getvalue())  # once, for its depth

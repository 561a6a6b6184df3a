"""Opens a file by its suffix and gives its rows one by one."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from services.intake.domain import Fault
from services.intake.files.closings import HEADING, Passing, filled
from services.intake.files.encodings import spoilt
from services.intake.files.forms import Layout
from services.intake.files.headings import EVENT_REQUIRED, MOST_HEADING_ROWS, REGISTER_REQUIRED, Columns, shown, understand
from services.intake.files.requests import checked, read_ndjson
from services.intake.files.rows import Cell, Cells, FileRefusedError, Row, SheetReport, Table
from services.intake.files.sheets import SheetBegins, SheetLine, Unpacking
from services.intake.files.texts import HEADING_ROWS, TextTable, look_at

TEXTS = (".csv", ".tsv", ".txt")
SUFFIXES = (".csv", ".xlsx", ".ndjson", ".jsonl", ".tsv", ".txt")
MOST_CELL = 32_768
NO_HEADINGS = "không thấy đầu cột Mã hồ sơ và Ngày nhận (hoặc dossier, type, at) trong 40 dòng đầu"
_MISSING = "thiếu cột (dossier, type, at, hoặc Mã hồ sơ, Ngày nhận)"


def read_file(path: Path) -> Table:
    """Open a file by its suffix (SUFFIXES). Raises FileRefusedError, also while its rows are read."""
    suffix = path.suffix.lower()
    try:
        if not path.is_file():
            raise FileRefusedError("không có tệp này")
        if path.stat().st_size == 0:
            raise FileRefusedError("tệp rỗng")
        if suffix in (".ndjson", ".jsonl"):
            return Table(read_ndjson(path))
        if suffix in TEXTS:
            return _of_text(path)
        if suffix == ".xlsx":
            return _of_workbook(path)
        raise FileRefusedError(f"cần tệp {', '.join(SUFFIXES[:3])}")
    except FileRefusedError as error:
        raise FileRefusedError(f"{path.name}: {error}") from None


def _of_text(path: Path) -> Table:
    text = look_at(path)
    sheet = Sheet(SheetReport(""), ragged=False)
    rows = _begun(_text_rows(text, sheet, path))
    return Table(rows, [sheet.report], text.separator)


def _text_rows(text: TextTable, sheet: "Sheet", path: Path) -> Iterator[Row]:
    for line, cells in text.lines():
        yield from sheet.take(line, cells)
        if sheet.given_up:
            break
    yield from sheet.end()
    if sheet.report.unread:
        said = "dòng đầu phải là tên các trường, hoặc đầu cột của Sổ theo dõi hồ sơ"
        raise FileRefusedError(f"{path.name}: {_MISSING}; {sheet.spoilt or said}")


def _of_workbook(path: Path) -> Table:
    unpacking = Unpacking(path)
    reports: list[SheetReport] = []
    return Table(_begun(_workbook_rows(unpacking, reports, path)), reports, close=unpacking.close)


def _workbook_rows(unpacking: Unpacking, reports: list[SheetReport], path: Path) -> Iterator[Row]:
    sheet = None
    try:
        for said in unpacking.lines():
            match said:
                case SheetBegins(title, unread):
                    yield from sheet.end() if sheet is not None else ()
                    sheet = Sheet(SheetReport(title, unread), ragged=True)
                    reports.append(sheet.report)
                case SheetLine(line, cells) if sheet is not None and not sheet.given_up:
                    yield from sheet.take(line, cells)
    except FileRefusedError as error:
        raise FileRefusedError(f"{path.name}: {error}") from None
    yield from sheet.end() if sheet is not None else ()
    if all(report.unread for report in reports):
        each = "; ".join(f"“{report.title}” {report.unread}" for report in reports)
        raise FileRefusedError(f"{path.name}: {_MISSING}; không trang tính nào có đầu cột của Sổ theo dõi hồ sơ: {each}")


def _begun(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows whose first was read, so that a file that is no table is refused before anything is sent."""
    for first in rows:
        return chain([first], rows)
    return iter(())


@dataclass(slots=True)
class Sheet:
    """The rows of one sheet or text file: lines until headings are found, then rows under them.

    `ragged`: lines may lack empty cells at their end, as in sheets; in a text file, a short line is broken.
    """

    report: SheetReport
    ragged: bool
    given_up: bool = False
    spoilt: str = ""
    _layout: Layout | None = None
    _passing: Passing | None = None
    _above: deque[tuple[int, list[Cell]]] = field(default_factory=deque)
    _seen: int = 0
    _head_rows: list[list[str]] = field(default_factory=list)
    _unnamed: set[int] = field(default_factory=set)  # places without a heading, in which nothing has stood yet

    def take(self, line: int, cells: list[Cell]) -> Iterator[Row]:
        """What the next line adds."""
        if self._layout is not None:
            yield from self._row(line, cells)
            return
        self._above.append((line, cells))
        self._seen += 1
        if len(self._above) == MOST_HEADING_ROWS:
            yield from self._look()
        if self._layout is None and self._seen >= HEADING_ROWS + MOST_HEADING_ROWS - 1:
            self.given_up = True

    def end(self) -> Iterator[Row]:
        """What was waited for with the last line, and why the sheet was not read, if so."""
        while self._layout is None and self._above and not self.given_up:
            yield from self._look()
        if self._layout is None and not self.report.unread:
            self.report.unread = "trang trống" if self._seen == 0 else self.spoilt or NO_HEADINGS

    def _look(self) -> Iterator[Row]:
        """Whether headings begin with the eldest line; those under merged heads take the next ones too."""
        rows = [cells for _, cells in self._above]
        understood = understand(rows)
        if understood is None:
            self.spoilt = self.spoilt or spoilt(" ".join(shown(cell) for cell in rows[0])[:2000])
            self._above.popleft()
            return
        columns, count = understood
        self._begin(columns, rows[:count])
        rest = list(self._above)[count:]
        self._above.clear()
        for line, cells in rest:
            yield from self._row(line, cells)

    def _begin(self, columns: Columns, rows: list[list[Cell]]) -> None:
        self._layout = Layout.of(self.report.title, columns)
        code, moment = (columns.places[name] for name in (REGISTER_REQUIRED if columns.register else EVENT_REQUIRED[::2]))
        self._passing = Passing(code, moment)
        self._unnamed = {place for place, name in enumerate(columns.headings) if not name}
        self._head_rows += [[shown(cell) for cell in row if shown(cell)] for row in rows]
        for mine, more in (
            (self.report.columns, columns.read()),
            (self.report.unread_columns, columns.unread()),
            (self.report.notes, columns.notes()),
        ):
            mine += [name for name in more if name not in mine]

    def _row(self, line: int, cells: list[Cell]) -> Iterator[Row]:
        if self._layout is None or self._passing is None:
            return
        if not self._passing.is_dossier(cells):
            if not filled(cells):
                return
            why = self._heading_again(self._passing, cells) or self._passing.why(cells)
            if why:
                self.report.passed.append((line, why))
                return
        self.report.rows += 1
        for place in [place for place in self._unnamed if place < len(cells) and cells[place] not in (None, "")]:
            self._unnamed.remove(place)
            self.report.notes.append(f"cột thứ {place + 1} không có đầu cột nên không đọc")
        yield row_of(self._layout, line, cells, ragged=self.ragged)

    def _heading_again(self, passing: Passing, cells: Cells) -> str:
        """Headings are repeated on each page or for each month, and may then stand for other columns."""
        if [shown(cell) for cell in cells if shown(cell)] in self._head_rows:
            passing.begin_again()
            return HEADING
        understood = understand([cells])
        if understood is None:
            return ""
        self._begin(understood[0], [list(cells)])
        return HEADING


def row_of(layout: Layout, line: int, cells: list[Cell], *, ragged: bool) -> Row:
    """A row under its headings, checked."""
    width, head = len(layout.columns.headings), layout.head
    if cells and isinstance(cells[0], Fault) and cells[0].rule == "long-row":
        return Row(line, cells, faults=[Fault("row", "long-row", cells[0].detail)], head=head)
    if ragged and len(cells) < width:
        cells = [*cells, *[None] * (width - len(cells))]
    if len(cells) < width or any(cell not in (None, "") for cell in cells[width:]):
        return Row(line, cells, faults=[Fault("row", "columns", f"có {len(cells)} cột, dòng đầu có {width}")], head=head)
    if any(isinstance(cell, str) and len(cell) > MOST_CELL for cell in cells):
        return Row(line, cells, faults=[Fault("row", "long-cell", f"có ô dài quá {MOST_CELL} ký tự")], head=head)
    item, faults = layout.item(cells)
    return Row(line, cells, faults=faults, head=head) if faults else checked(line, cells, item, head)

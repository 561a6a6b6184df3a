"""What a file comes down to: rows, each with its line, its raw cells, and the item it says or what is wrong with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.intake.domain import Fault, Json

ERROR_COLUMN = "error"
MOST_ROWS_TOGETHER = 500
MOST_CHARACTERS_TOGETHER = 2_000_000  # of raw cells: what a chunk may hold in memory


class DateCell(str):
    """A cell that a workbook formats as a date, as ISO 8601; a text that a person typed is a `str`."""

    __slots__ = ()


Cell = str | int | float | Fault | None  # of a sheet or a text file; a Fault: what is in it is no plain value
Cells = Sequence[Cell]
Raw = bytes | Cells  # a line, or the cells of a row


class FileRefusedError(ValueError):
    """A file that cannot be read as a whole; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Head:
    """Under which headings a row stands. `names` says for each field of an item what to call it when it is wrong."""

    sheet: str = ""
    headings: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def say(self, faults: Sequence[tuple[str, str]]) -> str:
        """Faults as one sentence, in the headings of the file."""
        return "; ".join(f"{self._heading(name)}: {detail}" for name, detail in faults)

    def _heading(self, name: str) -> str:
        return self.names.get(name) or self.names.get(name.replace("contact.", "contact_")) or name


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the sheet or file, the raw cells (or line) to give back, and the item, or what is wrong with it."""

    line: int
    raw: Raw
    item: dict[str, Json] | None = None
    faults: Sequence[Fault] = ()
    head: Head = Head()

    def say(self, faults: Sequence[tuple[str, str]]) -> str:
        """Faults as one sentence, in the headings that the row stands under."""
        return self.head.say(faults)

    def size(self) -> int:
        """Characters of its cells, or bytes of its line."""
        return len(self.raw) if isinstance(self.raw, bytes) else sum(len(cell) for cell in self.raw if isinstance(cell, str))


@dataclass(slots=True)
class SheetReport:
    """What was read of a sheet, or of a text file (`title` empty), and what was not; complete when its rows are read."""

    title: str
    unread: str = ""  # why, if it was not read
    rows: int = 0
    columns: list[str] = field(default_factory=list)  # headings that were read
    unread_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # a heading that stands twice, and which one was read
    passed: list[tuple[int, str]] = field(default_factory=list)  # lines that are no dossier, and what they are


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows, and what was read of its sheets so far. `close` ends the reading before the last row."""

    rows: Iterator[Row]
    sheets: list[SheetReport] = field(default_factory=list)
    separator: str = ","
    close: Callable[[], None] = lambda: None

    def chunks(self) -> Iterator[list[Row]]:
        """The rows in lists that are small enough to be held in memory. Raises FileRefusedError."""
        chunk: list[Row] = []
        size = 0
        for row in self.rows:
            chunk.append(row)
            size += row.size()
            if len(chunk) >= MOST_ROWS_TOGETHER or size >= MOST_CHARACTERS_TOGETHER:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

"""What a file comes down to: rows, each with its line, its raw cells, and the item it says or what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from services.intake.domain import Fault, Json

ERROR_COLUMN = "error"

Cell = (
    str | int | float | time | timedelta | Fault | None
)  # of a sheet or a text file; a Fault: what is in it is no plain value
Cells = Sequence[Cell]
Raw = bytes | Cells  # a line, or the cells of a row


class FileRefusedError(ValueError):
    """A file that cannot be read as a whole; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, the raw cells (or line) to give back, and the item, or what is wrong with it."""

    line: int
    raw: Raw
    item: dict[str, Json] | None = None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows and, for tables, its headings; `names` says which heading stands for which field of an item."""

    headings: tuple[str, ...]
    rows: Iterator[Row]
    names: Mapping[str, str]

    def say(self, faults: Sequence[tuple[str, str]]) -> str:
        """Faults as one sentence, in the headings of the file."""
        return "; ".join(f"{self._heading(field)}: {detail}" for field, detail in faults)

    def _heading(self, field: str) -> str:
        return self.names.get(field) or self.names.get(field.replace("contact.", "contact_")) or field

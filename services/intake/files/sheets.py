"""XLSX as rows of cells: unpacked by a process of its own (unpacking.py), which may be lost without harm."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.intake.domain import Fault
from services.intake.files.rows import Cell, DateCell, FileRefusedError
from services.intake.files.unpacking import TOO_MUCH

_PROGRAM = Path(__file__).with_name("unpacking.py")
_MOST_LINE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SheetBegins:
    """A sheet of the workbook; `unread` says why its rows do not follow, if they do not."""

    title: str
    unread: str


# openpyxl would prefer lxml wherever some other part of an installation needs that, and lxml takes a document with entities.
_ONE_PARSER = {"OPENPYXL_LXML": "False"}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of the sheet that began last; empty lines are left out."""

    line: int
    cells: list[Cell]


class Unpacking:
    """A workbook that is being unpacked. `close` may be called from any thread, more than once."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            # -I: nothing of the folder it runs in; no environment: a parser of strangers' files needs no secret.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", str(_PROGRAM)],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ONE_PARSER,
            )

    def close(self) -> None:
        """End it, read or not."""
        self._process.kill()
        self._process.wait()

    def lines(self) -> Iterator[SheetBegins | SheetLine]:
        """Sheets and their lines. Raises FileRefusedError, also if the process was lost."""
        out = self._process.stdout
        assert out is not None  # noqa: S101 - it is a pipe
        try:
            while raw := out.readline(_MOST_LINE):
                said = json.loads(raw) if raw.endswith(b"\n") else {"refused": TOO_MUCH}
                if isinstance(said, list):
                    line, cells = said
                    yield SheetLine(line, [_cell(cell) if type(cell) is list else cell for cell in cells])
                elif "sheet" in said:
                    yield SheetBegins(said["sheet"], said["unread"])
                elif "refused" in said:
                    raise FileRefusedError(said["refused"])
                else:
                    return
            raise FileRefusedError(TOO_MUCH)
        finally:
            self.close()
            out.close()


def _cell(said: list[str]) -> Cell:
    return DateCell(said[1]) if said[0] == "date" else Fault("", said[1], said[2])

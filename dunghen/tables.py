"""Lists on the command line: a table for people, JSON or CSV for programs. What somebody has to copy is never cut."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from reference import OFFICE_TIME

WIDEST = 10_000  # characters
Cell = str | int | datetime | None


class Form(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormOption = Annotated[Form, typer.Option("--format", help="Bảng để xem, hoặc JSON, CSV cho chương trình")]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key`: its name in JSON and CSV; `whole`: it is copied, so it stays on one line; `words`: how a value is said
    to people."""

    key: str
    heading: str
    whole: bool = False
    right: bool = False
    words: Mapping[Cell, str] = field(default_factory=dict)

    def text(self, cell: Cell) -> str:
        """A cell for people."""
        if cell in self.words:
            return self.words[cell]
        if isinstance(cell, datetime):
            return f"{cell.astimezone(OFFICE_TIME):%d/%m/%Y %H:%M}"
        return "-" if cell is None else str(cell)


def show(
    console: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    form: Form = Form.TABLE,
    *,
    tight: bool = False,
) -> None:
    """Print a list: rows hold a cell per column. `tight`: many narrow columns, as little between them as can be."""
    if form is Form.JSON:
        typer.echo(json.dumps([_named(columns, row) for row in rows], ensure_ascii=False, indent=2))
    elif form is Form.CSV:
        typer.echo(_csv(columns, rows), nl=False)
    else:
        texts = [[column.text(cell) for column, cell in zip(columns, row, strict=True)] for row in rows]
        _show_table(console, columns, texts, padding=0 if tight else 1)


def on_terminal(console: Console) -> bool:
    """Whether a person reads it, and no file or program."""
    return console.file.isatty()


def _show_table(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], padding: int) -> None:
    table = Table(box=SIMPLE_HEAD, padding=(0, padding, 0, 0), show_edge=False)
    for place, column in enumerate(columns):
        widest = max((len(row[place]) for row in rows), default=0)
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=column.whole,
            min_width=widest if column.whole else None,
        )
    for row in rows:
        table.add_row(*(Text(text) for text in row))  # a reason may hold what looks like markup
    if on_terminal(console) and _measured(console, table).minimum > console.width:
        _show_one_by_one(console, columns, rows)
    else:
        _print_whole(console, table)


def _print_whole(console: Console, table: Table) -> None:
    """Into a file or a pipe as wide as it is, on a terminal as its columns allow."""
    if not on_terminal(console):
        table.width = _measured(console, table).maximum
    console.print(table, soft_wrap=False, crop=False)


def _measured(console: Console, table: Table) -> Measurement:
    """The least width at which no word is cut, and the width at which nothing is folded, whatever the terminal has."""
    return console.measure(table, options=console.options.update_width(WIDEST))


def _show_one_by_one(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """On a terminal that is too narrow for a line each: a block each."""
    for row in rows:
        for column, text in zip(columns, row, strict=True):
            console.print(f"{' '.join(column.heading.split())}: {text}", markup=False)
        console.print()


def _named(columns: Sequence[Column], row: Sequence[Cell]) -> dict[str, str | int | None]:
    return {column.key: _plain(cell) for column, cell in zip(columns, row, strict=True)}


def _plain(cell: Cell) -> str | int | None:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _csv(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return written.getvalue()

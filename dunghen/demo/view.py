"""What the demo shows while it runs and at its end."""

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from dunghen.demo.checks import Result
from dunghen.sheets import HEADINGS, II06A, figure_columns
from dunghen.tables import Cell, Column, show
from reference import OFFICE_TIME
from reference.derivation import WEEKDAY_NAMES


class Progress:
    """A live bar that says which day it is."""

    def __init__(self, console: Console) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[day]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def stop(self) -> None:
        """Take the bar away: pages are served now."""
        self._bar.stop()

    def start(self, what: str, total: int) -> None:
        """Begin a run of so many steps."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total, day="")

    def step(self, number: int, moment: datetime) -> None:
        """A step is done."""
        local = moment.astimezone(OFFICE_TIME)
        if self._task is not None:
            self._bar.update(self._task, completed=number + 1, day=f"{WEEKDAY_NAMES[local.weekday()]} {local:%d/%m %H:%M}")


def show_sheet(console: Console, result: Result, units: Mapping[str, str]) -> None:
    """II.06a by unit, the whole province last."""
    sheets = result.figures.ii06a
    columns = [Column("unit", "Đơn vị"), *figure_columns(II06A, HEADINGS)]
    console.print("II.06a: 08/01 - 27/02/2026")
    show(console, columns, [_row(units, unit, sheets[unit]) for unit in sorted(sheets, key=_province_last)], tight=True)


def _province_last(unit: str) -> tuple[bool, str]:
    return unit == "province", unit


def _row(units: Mapping[str, str], unit: str, figures: Mapping[int, int]) -> list[Cell]:
    return [units.get(unit, "Toàn tỉnh").removeprefix("UBND "), *(figures[number] for number in HEADINGS)]

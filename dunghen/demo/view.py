"""What the demo shows while it runs and at its end."""

from collections.abc import Mapping
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from dunghen.demo.checks import Result
from dunghen.sheets import HEADINGS, II06A, heading_of
from dunghen.tables import print_whole
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
    """II.06a by unit, with short headings."""
    table = Table(
        title="II.06a: 08/01 - 27/02/2026", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    table.add_column("Đơn vị", overflow="fold", min_width=12)
    for number in HEADINGS:
        table.add_column(heading_of(II06A, number), justify="right", min_width=4)
    sheets = result.figures.ii06a
    for unit in sorted(sheets, key=lambda code: (code == "province", code)):
        table.add_row(
            units.get(unit, "Toàn tỉnh").removeprefix("UBND "),
            *(str(sheets[unit][number]) for number in HEADINGS),
            end_section=unit == "H37.14",
        )
    print_whole(console, table)

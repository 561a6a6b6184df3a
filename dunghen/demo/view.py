"""What the demo shows while it runs and at its end."""

from collections.abc import Mapping
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from dunghen.demo.checks import Result
from reference import OFFICE_TIME
from reference.derivation import WEEKDAY_NAMES

# Official column numbers with short headings; the workbook has the full ones.
COLUMNS = {
    3: "nhận",
    4: "online",
    5: "quầy",
    6: "kỳ trước",
    7: "xong",
    8: "sớm",
    9: "đúng",
    10: "trễ",
    11: "đang làm",
    12: "trong hạn",
    13: "quá hạn",
}


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
    table.add_column("Đơn vị", max_width=22, no_wrap=True)
    for number, heading in COLUMNS.items():
        table.add_column(f"{heading}\n({number})", justify="right", min_width=4)
    sheets = result.figures.ii06a
    for unit in sorted(sheets, key=lambda code: (code == "province", code)):
        table.add_row(
            units.get(unit, "Toàn tỉnh").removeprefix("UBND "),
            *(str(sheets[unit][number]) for number in COLUMNS),
            end_section=unit == "H37.14",
        )
    console.print(table)

"""Lists of the command line: whole wherever they go, and for programs too."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.answers import SheetAnswer
from dunghen.commands import report
from dunghen.log import write_folder
from dunghen.sheets import columns_of, rows_of
from dunghen.tables import Column, Form, show
from reference import OFFICE_TIME
from runtime.kafka_admin import LogRecord

RUN, APP = CliRunner(), make_app()
ENTRY, DOSSIER = "0b3e0b3e-1111-2222-3333-444444444444", "H37.12-260212-0007"
COLUMNS = (
    Column("id", "Mục", whole=True),
    Column("at", "Lúc"),
    Column("dossier", "Hồ sơ", whole=True),
    Column("reason", "Lý do"),
    Column("waits", "Trạng thái", words={True: "đang chờ", False: "đã xử lý"}),
)
REASON = "not a valid event: data.channel: Input should be [1, 2] or 3"
ROWS = [(ENTRY, datetime(2026, 3, 2, 9, tzinfo=OFFICE_TIME), DOSSIER, REASON, True)]


class Screen(io.StringIO):
    """What a terminal shows."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def shown(file: io.StringIO, width: int) -> str:
    """The list on a console of a width."""
    show(console(file, width), COLUMNS, ROWS)
    return file.getvalue()


def console(file: io.StringIO, width: int) -> Console:
    """As the commands have it, without colours."""
    return Console(file=file, width=width, color_system=None, highlight=False, soft_wrap=True)


def test_into_a_pipe_a_list_goes_whole_on_one_line_each() -> None:
    line = next(line for line in shown(io.StringIO(), 80).splitlines() if ENTRY in line)

    assert all(text in line for text in (DOSSIER, "02/03/2026 09:00", REASON, "đang chờ"))


@pytest.mark.parametrize("width", [40, 80, 100, 140])
def test_on_a_terminal_of_any_width_what_is_copied_stays_whole(width: int) -> None:
    told = shown(Screen(), width)

    assert ENTRY in told
    assert DOSSIER in told
    assert "…" not in told


def test_programs_get_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    show(Console(), COLUMNS, ROWS, Form.JSON)
    told = json.loads(capsys.readouterr().out)
    show(Console(), COLUMNS, ROWS, Form.CSV)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert told == [{"id": ENTRY, "at": "2026-03-02T09:00:00+07:00", "dossier": DOSSIER, "reason": REASON, "waits": True}]
    assert rows[0]["reason"] == REASON


def test_a_report_fits_a_terminal_of_80_columns() -> None:
    figures = {str(number): 1270 for number in range(3, 14)}
    line = {"unit": "H37.12", "field": "Bảo trợ xã hội", **figures}
    sheet = SheetAnswer.model_validate({"report": "II.06a", "rows": [line], "total": figures})
    screen = Screen()

    show(console(screen, 80), columns_of(sheet), list(rows_of(sheet)), tight=True)

    told = screen.getvalue().splitlines()
    assert max(map(len, told)) <= 80
    assert next(text for text in told if text.startswith("H37.12")).split().count("1270") == 11
    assert any(text.startswith("Cộng") for text in told)


@pytest.mark.parametrize(
    "command", [["keys", "ls"], ["calendar", "ls"], ["calendar", "conflicts"], ["quarantine", "ls"], ["dlq", "ls"], ["words"]]
)
def test_every_list_can_be_had_as_json_and_csv(command: list[str]) -> None:
    told = RUN.invoke(APP, [*command, "--help"], env={"COLUMNS": "200"}).stdout

    assert "table" in told
    assert "json" in told
    assert "csv" in told


def test_a_report_is_a_table_on_a_terminal_and_json_in_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder([LogRecord("dossiers.v1", 0, 0, 1, b"", b"no event")], tmp_path)
    command = ["report", "II.06a", "--from", "2026-01-15", "--to", "2026-02-14", "--log", str(tmp_path)]

    piped = RUN.invoke(APP, command)
    monkeypatch.setattr(report, "on_terminal", lambda _: True)
    on_screen = RUN.invoke(APP, command)
    into_file = RUN.invoke(APP, [*command, "--output", str(tmp_path / "II.06a.json")])

    assert json.loads(piped.stdout)["total"]["3"] == 0
    assert [line.split() for line in on_screen.stdout.splitlines() if line.startswith("Cộng")] == [["Cộng", *"0" * 11]]
    assert into_file.exit_code == 0
    assert json.loads((tmp_path / "II.06a.json").read_text("utf-8"))["report"] == "II.06a"
    assert RUN.invoke(APP, [*command, "--format", "table", "--output", "x"]).exit_code == 2

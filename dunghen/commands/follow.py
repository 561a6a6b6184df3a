"""`dunghen follow MA_HO_SO`: one dossier's events from all topics by time, in Vietnamese, with reasons."""

from typing import Annotated

import typer
from rich.text import Text

from contracts.codes import check_dossier_code
from dunghen import PROVINCE
from dunghen.commands.common import Broker, LogFolder, Prefix, ReferenceDir, out, read_log, stop
from dunghen.story import Line, story_of
from reference import OFFICE_TIME, ReferenceDataError, load_reference


def follow_command(
    dossier: Annotated[str, typer.Argument(metavar="MA_HO_SO", help="Mã hồ sơ, ví dụ H37.12-260212-0007")],
    log: LogFolder = None,
    broker: Broker = None,
    prefix: Prefix = "",
    reference: ReferenceDir = PROVINCE,
) -> None:
    """Kể lại một hồ sơ từ đầu đến cuối."""
    try:
        check_dossier_code(dossier)
        data = load_reference(reference)
    except (ValueError, ReferenceDataError) as error:
        stop(str(error))
    lines = story_of(dossier, read_log(log, broker, prefix, key=dossier), data)
    if not lines:
        stop(f"không có sự kiện nào của hồ sơ {dossier}", 1)
    out.print(f"[bold]Hồ sơ {dossier}[/bold]")
    for line in lines:
        print_line(line)


def print_line(line: Line) -> None:
    """One line of the story: time, who, what, and the reasons below it."""
    at = line.at.astimezone(OFFICE_TIME)
    out.print(Text.assemble((f"{at:%d/%m %H:%M}  ", "cyan"), (f"{line.source:10}", "dim"), line.text))
    for reason in line.reasons:
        out.print(Text(f"{'':24}- {reason}", style="dim"))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("follow")(follow_command)

"""`dunghen sms`: what texts are charged as, which number a cell holds, and every text that citizens may get."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from dunghen.commands.common import stop
from dunghen.messages import page
from dunghen.smschecks import Broken, answers, as_json

sms_app = typer.Typer(no_args_is_help=True, help="Tin nhắn SMS: độ dài, số điện thoại, nội dung.")


@sms_app.command("check")
def check_command(
    file: Annotated[
        Path,
        typer.Argument(help='Tệp JSON Lines, mỗi dòng {"id", "text"} hoặc {"id", "phone"}; - là đầu vào chuẩn'),
    ],
) -> None:
    """Mỗi dòng một câu trả lời JSON: bảng mã và số tin của nội dung, hoặc số di động trong ô."""
    broken = False
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as lines:
            for said in answers(lines):
                broken = broken or isinstance(said, Broken)
                typer.echo(as_json(said))
    except OSError:
        stop(f"{file}: không đọc được tệp này")
    if broken:
        raise typer.Exit(1)


@sms_app.command("table")
def table_command() -> None:
    """Mọi nội dung tin nhắn theo loại và tình trạng hồ sơ, dạng Markdown."""
    typer.echo(page(), nl=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(sms_app, name="sms")

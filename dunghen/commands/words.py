"""`dunghen words UNIT`: what senders of a unit write for steps and departments that no list knows. Asks intake over HTTP."""

from typing import Annotated

import typer

from dunghen.answers import UnlistedWords
from dunghen.commands.asking import ask
from dunghen.commands.common import INTAKE as DEFAULT_URL
from dunghen.commands.common import IntakeUrl, Key, out
from dunghen.tables import Cell, Column, Form, FormOption, show

LISTS: dict[Cell, str] = {"step": "bước (steps)", "department": "phòng ban (departments)", "part": "phần liên thông (words)"}


def words_command(
    unit: Annotated[str, typer.Argument(help="Mã đơn vị, ví dụ H37.12; -: hồ sơ chưa rõ đơn vị")],
    key: Key,
    url: IntakeUrl = DEFAULT_URL,
    form: FormOption = Form.TABLE,
) -> None:
    """Chữ ngoài danh mục của một đơn vị: gặp bao nhiêu lần, từ khi nào; để bổ sung vào units.yaml. Cần khóa vận hành."""
    columns = (
        Column("kind", "Là", whole=True, words=LISTS),
        Column("words", "Chữ"),
        Column("count", "Số lần"),
        Column("first", "Từ"),
        Column("last", "Gần nhất"),
    )
    items = ask(UnlistedWords, "intake", url, f"/v1/words/{unit}", key=key).items
    show(out, columns, [(each.kind, each.words, each.count, each.first, each.last) for each in items], form)
    if form is Form.TABLE:
        out.print(f"{len(items)} cách viết chưa có trong danh mục.")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("words")(words_command)

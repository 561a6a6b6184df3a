"""`dunghen quarantine`: what intake keeps for a person: ls, fix, resubmit. Works over intake's HTTP side."""

from typing import Annotated

import typer

from dunghen.answers import KeptItem, KeptItems, Resubmitted
from dunghen.commands.asking import ask
from dunghen.commands.common import INTAKE as DEFAULT_URL
from dunghen.commands.common import IntakeUrl, Key, out, stop
from dunghen.tables import Column, Form, FormOption, show
from reference import moment

quarantine_app = typer.Typer(no_args_is_help=True, help="Những gì được giữ lại chờ kiểm tra.")


@quarantine_app.command("ls")
def ls_command(
    key: Key,
    url: IntakeUrl = DEFAULT_URL,
    reason: Annotated[str, typer.Option(help="Chỉ lý do này")] = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Liệt kê: lý do, trường nào, hồ sơ nào, hệ thống nào gửi."""
    columns = (
        Column("id", "Mục", whole=True),
        Column("at", "Lúc"),
        Column("system", "Hệ thống"),
        Column("dossier", "Hồ sơ", whole=True),
        Column("reason", "Lý do", whole=True),
        Column("field", "Trường"),
        Column("value", "Giá trị"),
        Column("flag", "Trạng thái", words={True: "đã nhận, cần xem", False: "giữ lại"}),
    )
    items = ask(KeptItems, "intake", url, "/v1/quarantine", key=key, params={"reason": reason}).items
    rows = [(i.id, moment(i.at), i.system, i.dossier, i.reason, i.field, i.value, i.flag) for i in items]
    show(out, columns, rows, form)
    if form is Form.TABLE:
        out.print(f"{len(items)} mục.")


@quarantine_app.command("fix")
def fix_command(
    entry: Annotated[str, typer.Argument(help="Mã mục")],
    changes: Annotated[list[str], typer.Argument(help="TRƯỜNG=GIÁ_TRỊ, ví dụ procedure=1.000894")],
    key: Key,
    url: IntakeUrl = DEFAULT_URL,
) -> None:
    """Sửa trường của một mục; sau đó dùng resubmit."""
    if any("=" not in change for change in changes):
        stop("cần dạng TRƯỜNG=GIÁ_TRỊ")
    fixed = dict(change.split("=", 1) for change in changes)
    ask(KeptItem, "intake", url, f"/v1/quarantine/{entry}/fix", key=key, body=fixed)
    out.print(f"Đã sửa mục {entry}.")


@quarantine_app.command("resubmit")
def resubmit_command(
    key: Key,
    entries: Annotated[list[str] | None, typer.Argument(help="Mã mục; bỏ trống thì theo --reason")] = None,
    reason: Annotated[str, typer.Option(help="Mọi mục có lý do này, ví dụ unknown-procedure")] = "",
    url: IntakeUrl = DEFAULT_URL,
) -> None:
    """Gửi lại các mục như hệ thống đã gửi; mục chỉ để xem thì được đóng."""
    if not entries and not reason:
        stop("cần mã mục hoặc --reason")
    wanted = {"ids": entries or [], "reason": reason}
    c = ask(Resubmitted, "intake", url, "/v1/quarantine/resubmit", key=key, body=wanted)
    out.print(f"Nhận {c.accepted}, vẫn giữ {c.quarantined}, từ chối {c.refused}, đóng {c.dismissed}.")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(quarantine_app, name="quarantine")

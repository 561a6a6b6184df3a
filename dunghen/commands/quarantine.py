"""`dunghen quarantine`: what intake keeps for a person: ls, fix, resubmit. Works over intake's HTTP side."""

from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from dunghen.commands.common import IntakeUrl, Key, out, stop
from dunghen.together import bearer
from reference import moment

quarantine_app = typer.Typer(no_args_is_help=True, help="Những gì được giữ lại chờ kiểm tra.")


def _call(url: str, key: str, path: str, params: dict[str, str] | None = None, json: Any = None) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Ask with `params`, or say with `json`."""
    try:
        response = httpx.request(
            "GET" if json is None else "POST", f"{url}{path}", headers=bearer(key), params=params, json=json, timeout=60
        )
    except httpx.TransportError as error:
        stop(f"intake tại {url} không trả lời ({type(error).__name__})", 3)
    answer: dict[str, Any] = response.json()
    if response.status_code >= 400:
        stop(f"{answer.get('title', response.status_code)} {answer.get('detail', '')}".strip())
    return answer


@quarantine_app.command("ls")
def ls_command(
    key: Key, url: IntakeUrl = "http://127.0.0.1:8101", reason: Annotated[str, typer.Option(help="Chỉ lý do này")] = ""
) -> None:
    """Liệt kê: lý do, trường nào, hồ sơ nào, hệ thống nào gửi."""
    items = _call(url, key, "/v1/quarantine", params={"reason": reason})["items"]
    table = Table("Mục", "Lúc", "Hệ thống", "Hồ sơ", "Lý do", "Trường", "Giá trị")
    for item in items:
        value = item["item"].get(item["field"], "") if item["field"] else ""
        kind = f"{item['reason']} (đã nhận, cần xem)" if item["flag"] else item["reason"]
        at = f"{moment(item['at']):%d/%m/%Y %H:%M}"
        table.add_row(item["id"], at, item["system"], item["dossier"], kind, item["field"], str(value))
    out.print(table)
    out.print(f"{len(items)} mục.")


@quarantine_app.command("fix")
def fix_command(
    entry: Annotated[str, typer.Argument(help="Mã mục")],
    changes: Annotated[list[str], typer.Argument(help="TRƯỜNG=GIÁ_TRỊ, ví dụ procedure=1.000894")],
    key: Key,
    url: IntakeUrl = "http://127.0.0.1:8101",
) -> None:
    """Sửa trường của một mục; sau đó dùng resubmit."""
    if any("=" not in change for change in changes):
        stop("cần dạng TRƯỜNG=GIÁ_TRỊ")
    _call(url, key, f"/v1/quarantine/{entry}/fix", json=dict(change.split("=", 1) for change in changes))
    out.print(f"Đã sửa mục {entry}.")


@quarantine_app.command("resubmit")
def resubmit_command(
    key: Key,
    entries: Annotated[list[str] | None, typer.Argument(help="Mã mục; bỏ trống thì theo --reason")] = None,
    reason: Annotated[str, typer.Option(help="Mọi mục có lý do này, ví dụ unknown-procedure")] = "",
    url: IntakeUrl = "http://127.0.0.1:8101",
) -> None:
    """Gửi lại các mục như hệ thống đã gửi; mục chỉ để xem thì được đóng."""
    if not entries and not reason:
        stop("cần mã mục hoặc --reason")
    counts = _call(url, key, "/v1/quarantine/resubmit", json={"ids": entries or [], "reason": reason})
    out.print("Nhận {accepted}, vẫn giữ {quarantined}, từ chối {refused}, đóng {dismissed}.".format(**counts))


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(quarantine_app, name="quarantine")

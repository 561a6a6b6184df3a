"""`dunghen calendar`: the working calendar of a running system: add days off, swaps, closures; list changes and conflicts."""

import csv
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from dunghen.commands.common import out, stop
from reference import moment

calendar_app = typer.Typer(no_args_is_help=True, help="Lịch làm việc của hệ thống đang chạy.")
SlaUrl = Annotated[str, typer.Option("--url", envvar="SLA_URL", help="Địa chỉ của sla.")]
Name = Annotated[str, typer.Option(help="Tên gọi, ví dụ: Hoán đổi ngày làm việc dịp Tết Dương lịch")]
Source = Annotated[str, typer.Option(help="Số, ngày của văn bản")]
Signer = Annotated[str, typer.Option(help="Người ký văn bản")]
UnitOption = Annotated[str | None, typer.Option(help="Chỉ đơn vị này, ví dụ đóng cửa vì bão; bỏ trống: toàn tỉnh")]
DEFAULT_URL = "http://127.0.0.1:8102"


def _ask(url: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask, or say with a body."""
    try:
        response = httpx.request("GET" if body is None else "POST", f"{url}{path}", json=body, timeout=60)
    except httpx.TransportError as error:
        stop(f"sla tại {url} không trả lời ({type(error).__name__})", 3)
    answer: dict[str, Any] = response.json()
    if response.status_code >= 400:
        places = "; ".join(f"{place['pointer']}: {place['detail']}" for place in answer.get("errors", ()))
        stop(f"{answer['title']} {answer.get('detail', '')} {places}".strip())
    return answer


def _days(days: list[str], kind: str) -> dict[str, str]:
    try:
        return {date.fromisoformat(day).isoformat(): kind for day in days}
    except ValueError as error:
        stop(f"không phải ngày: {error}")


@calendar_app.command("add")
def add_command(
    name: Name,
    source: Source,
    signer: Signer,
    off: Annotated[list[str] | None, typer.Option(help="Ngày nghỉ, ví dụ 2026-01-02; lặp lại cho nhiều ngày")] = None,
    work: Annotated[list[str] | None, typer.Option(help="Ngày làm bù, hoặc ngày nghỉ nay làm việc")] = None,
    unit: UnitOption = None,
    url: SlaUrl = DEFAULT_URL,
) -> None:
    """Thêm ngày nghỉ, hoán đổi (cả --off và --work), đóng cửa. Ngày hẹn đã in không tự dời."""
    days = _days(off or [], "off") | _days(work or [], "work")
    if not days:
        stop("cần ít nhất một --off hoặc --work")
    _say(_ask(url, "/v1/calendar/changes", {"days": days, "name": name, "source": source, "signer": signer, "unit": unit}))


@calendar_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV có cột date,kind (off hoặc work): danh sách của cả năm")],
    name: Name,
    source: Source,
    signer: Signer,
    confirm: Annotated[int, typer.Option(help="Năm mà danh sách này là đầy đủ")],
    url: SlaUrl = DEFAULT_URL,
) -> None:
    """Nhập danh sách nghỉ của năm sau; ngày hẹn sang năm đó thôi là tạm tính."""
    try:
        rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
        days = {date.fromisoformat(row["date"]).isoformat(): row["kind"] for row in rows}
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        stop(f"{file}: không đọc được ({error}); cần CSV với cột date,kind")
    body = {"days": days, "name": name, "source": source, "signer": signer, "confirmed_through": confirm}
    _say(_ask(url, "/v1/calendar/changes", body))


def _say(entry: dict[str, Any]) -> None:
    out.print(f"Thay đổi {entry['number']}: {len(entry['days'])} ngày, {entry['name']} ({entry['source']}).", markup=False)
    out.print("Hồ sơ đang mở chưa in ngày hẹn được tính lại; ngày đã in: dunghen calendar conflicts", markup=False)


@calendar_app.command("ls")
def ls_command(url: SlaUrl = DEFAULT_URL) -> None:
    """Sổ các thay đổi của lịch."""
    table = Table("Số", "Lúc", "Đơn vị", "Ngày", "Tên", "Văn bản", "Người ký")
    for entry in _ask(url, "/v1/calendar/changes")["items"]:
        days = ", ".join(f"{day} {'nghỉ' if kind == 'off' else 'làm'}" for day, kind in entry["days"])
        at = f"{moment(entry['at']):%d/%m/%Y %H:%M}"
        table.add_row(
            str(entry["number"]), at, entry.get("unit", "toàn tỉnh"), days, entry["name"], entry["source"], entry["signer"]
        )
    out.print(table)


@calendar_app.command("conflicts")
def conflicts_command(url: SlaUrl = DEFAULT_URL, unit: Annotated[str, typer.Option(help="Chỉ đơn vị này")] = "") -> None:
    """Ngày hẹn đã in mà lịch mới tính khác; người quyết định hẹn lại hay giữ."""
    table = Table("Hồ sơ", "Đơn vị", "Đã hẹn", "Tính trước", "Tính nay")
    for item in _ask(url, f"/v1/calendar/conflicts?unit={unit}")["items"]:
        table.add_row(item["dossier"], item["unit"], item["promised"], item["counted_before"], item["counted_now"])
    out.print(table)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(calendar_app, name="calendar")

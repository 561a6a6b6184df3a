"""`dunghen calendar`: the working calendar of a running system: add days off, swaps, closures; list changes and conflicts."""

import csv
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import BaseModel, ValidationError

from contracts import hide_inputs
from dunghen.answers import CalendarChange, Conflicts, Journal
from dunghen.commands.asking import ask
from dunghen.commands.common import Token, out, stop, token_of
from dunghen.tables import Cell, Column, Form, FormOption, show
from reference import moment

calendar_app = typer.Typer(no_args_is_help=True, help="Lịch làm việc của hệ thống đang chạy.")
SlaUrl = Annotated[str, typer.Option("--url", envvar="SLA_URL", help="Địa chỉ của sla.")]
Name = Annotated[str, typer.Option(help="Tên gọi, ví dụ: Hoán đổi ngày làm việc dịp Tết Dương lịch")]
Source = Annotated[str, typer.Option(help="Số, ngày của văn bản")]
Signer = Annotated[str, typer.Option(help="Người ký văn bản")]
UnitOption = Annotated[str | None, typer.Option(help="Chỉ đơn vị này, ví dụ đóng cửa vì bão; bỏ trống: toàn tỉnh")]
DEFAULT_URL = "http://127.0.0.1:8102"
CHANGES = "/v1/calendar/changes"
KINDS = {"off": "nghỉ", "work": "làm"}


class _Listed(BaseModel):
    """A row of a year's list."""

    date: date
    kind: Literal["off", "work"]


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
    token: Token = "",
) -> None:
    """Thêm ngày nghỉ, hoán đổi (cả --off và --work), đóng cửa. Ngày hẹn đã in không tự dời."""
    days = _days(off or [], "off") | _days(work or [], "work")
    if not days:
        stop("cần ít nhất một --off hoặc --work")
    _add(url, token, {"days": days, "name": name, "source": source, "signer": signer, "unit": unit})


@calendar_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV có cột date,kind (off hoặc work): danh sách của cả năm")],
    name: Name,
    source: Source,
    signer: Signer,
    confirm: Annotated[int, typer.Option(help="Năm mà danh sách này là đầy đủ")],
    url: SlaUrl = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Nhập danh sách nghỉ của năm sau; ngày hẹn sang năm đó thôi là tạm tính."""
    try:
        listed = [_Listed.model_validate(row) for row in csv.DictReader(file.read_text("utf-8").splitlines())]
    except (OSError, ValueError) as error:
        reason = hide_inputs(error) if isinstance(error, ValidationError) else error
        stop(f"{file}: không đọc được ({reason}); cần CSV với cột date,kind")
    days = {each.date.isoformat(): each.kind for each in listed}
    body = {"days": days, "name": name, "source": source, "signer": signer, "confirmed_through": confirm}
    _add(url, token, body)


def _add(url: str, token: str, change: object) -> None:
    entry = ask(CalendarChange, "sla", url, CHANGES, key=token_of(token), body=change)
    out.print(f"Thay đổi {entry.number}: {len(entry.days)} ngày, {entry.name} ({entry.source}).", markup=False)
    out.print("Hồ sơ đang mở chưa in ngày hẹn được tính lại; ngày đã in: dunghen calendar conflicts", markup=False)


@calendar_app.command("ls")
def ls_command(url: SlaUrl = DEFAULT_URL, token: Token = "", form: FormOption = Form.TABLE) -> None:
    """Sổ các thay đổi của lịch."""
    columns = (
        Column("number", "Số", right=True),
        Column("at", "Lúc"),
        Column("unit", "Đơn vị", whole=True, words={None: "toàn tỉnh"}),
        Column("days", "Ngày"),
        Column("name", "Tên"),
        Column("source", "Văn bản"),
        Column("signer", "Người ký"),
    )
    show(out, columns, [_row(entry) for entry in ask(Journal, "sla", url, CHANGES, key=token_of(token)).items], form)


def _row(entry: CalendarChange) -> list[Cell]:
    days = ", ".join(f"{day} {KINDS.get(kind, kind)}" for day, kind in entry.days)
    return [entry.number, moment(entry.at), entry.unit, days, entry.name, entry.source, entry.signer]


@calendar_app.command("conflicts")
def conflicts_command(
    url: SlaUrl = DEFAULT_URL,
    token: Token = "",
    unit: Annotated[str, typer.Option(help="Chỉ đơn vị này")] = "",
    form: FormOption = Form.TABLE,
) -> None:
    """Ngày hẹn đã in mà lịch mới tính khác; người quyết định hẹn lại hay giữ."""
    columns = (
        Column("dossier", "Hồ sơ", whole=True),
        Column("unit", "Đơn vị", whole=True),
        Column("promised", "Đã hẹn"),
        Column("counted_before", "Tính trước"),
        Column("counted_now", "Tính nay"),
    )
    found = ask(Conflicts, "sla", url, "/v1/calendar/conflicts", key=token_of(token), params={"unit": unit}).items
    rows = [(each.dossier, each.unit, each.promised, each.counted_before, each.counted_now) for each in found]
    show(out, columns, rows, form)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(calendar_app, name="calendar")

"""`dunghen report II.06a`: the official form, from the running service or from a log."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import ValidationError

from contracts import EVENT_TYPES, decode
from dunghen import PROVINCE
from dunghen.commands.audit import moment_of
from dunghen.commands.common import LogFolder, Prefix, ReferenceDir, err, out, read_log, stop
from reference import ReferenceDataError, load_reference
from runtime.clock import SystemClock, epoch_ms
from runtime.documents import Document
from runtime.kafka_admin import LogRecord
from services.reporting.domain import CellKey, Sheet, broken_rules, contributions, make_sheet
from services.reporting.handlers import Context, handle
from services.reporting.reports import as_csv, as_json
from services.reporting.xlsx import render

DEFAULT_URL = "http://127.0.0.1:8105"
commands = typer.Typer(help="Báo cáo.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keeps `II.06a` a sub-command."""


@commands.command("II.06a")
def ii06a(
    first: Annotated[str, typer.Option("--from", help="Từ ngày, YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", help="Đến ngày, YYYY-MM-DD")],
    unit: Annotated[str, typer.Option(help="Mã đơn vị | all | province")] = "province",
    kind: Annotated[str, typer.Option("--format", help="json | csv | xlsx")] = "json",
    output: Annotated[Path | None, typer.Option("--output", help="Ghi vào tệp này")] = None,
    url: Annotated[
        str, typer.Option(envvar="REPORTING_URL", help="Địa chỉ của reporting; --log hoặc --broker: tính từ nhật ký")
    ] = DEFAULT_URL,
    log: LogFolder = None,
    broker: Annotated[str | None, typer.Option(help="Tính từ nhật ký của Kafka này, không hỏi reporting")] = None,
    prefix: Prefix = "",
    reference: ReferenceDir = PROVINCE,
) -> None:
    """Biểu II.06a/VPCP/KSTT của một đơn vị, tất cả đơn vị, hoặc toàn tỉnh."""
    begin, end = _day("--from", first), _day("--to", last)
    if kind not in ("json", "csv", "xlsx"):
        stop("--format: json, csv hoặc xlsx")
    if log is None and broker is None:
        content = _ask(url, begin, end, unit, kind)
    else:
        records = read_log(log, broker, prefix, topics=["dossiers.v1", "deadlines.v1"])
        content = _from_records(records, begin, end, unit, kind, reference, from_log=log is not None)
    if output is None and kind == "xlsx":
        output = Path(f"II.06a_{unit}_{begin}_{end}.xlsx")
    if output is None:
        typer.echo(content.decode())
    else:
        output.write_bytes(content)
        out.print(f"Đã ghi {output}", markup=False)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        stop(f"{option}: {text!r} không phải ngày YYYY-MM-DD")


def _ask(url: str, first: date, last: date, unit: str, kind: str) -> bytes:
    try:
        response = httpx.get(
            f"{url}/v1/reports/II.06a", params={"from": str(first), "to": str(last), "unit": unit, "format": kind}, timeout=60
        )
    except httpx.TransportError as error:
        stop(f"reporting tại {url} không trả lời ({type(error).__name__})", 3)
    if response.is_error:
        problem: dict[str, Any] = response.json()
        for item in problem.get("errors", []):
            err.print(f"  {item['rule']}: {item['detail']}", markup=False)
        stop(f"{problem['title']}", 1)
    return json.dumps(response.json(), ensure_ascii=False, indent=2).encode() if kind == "json" else response.content


def _from_records(
    records: list[LogRecord], first: date, last: date, unit: str, kind: str, reference: Path, *, from_log: bool
) -> bytes:
    try:
        data = load_reference(reference)
    except ReferenceDataError as error:
        stop(str(error))
    if unit not in ("all", "province") and unit not in data.units:
        stop(f"--unit: không có đơn vị {unit} trong danh mục")
    fields = {code: procedure.field for code, procedure in data.procedures.items()}
    sheet = sheet_of_records(records, fields, first, last, unit, moment_of(None, records, from_log=from_log))
    broken = broken_rules(sheet)
    if broken:
        for rule in broken:
            err.print(f"  R35: {rule}", markup=False)
        stop("Số liệu mâu thuẫn, không xuất báo cáo", 1)
    if kind == "csv":
        return as_csv(sheet)
    return json.dumps(as_json(sheet), ensure_ascii=False, indent=2).encode() if kind == "json" else render(sheet, data, unit)


def sheet_of_records(
    records: list[LogRecord], fields: dict[str, str], first: date, last: date, unit: str, now: datetime
) -> Sheet:
    """The sheet by reporting's own rules, from records instead of its documents."""
    context = Context(SystemClock())
    rows: dict[str, Document] = {}
    for record in records:
        try:
            event = decode(record.value, EVENT_TYPES)
        except ValidationError:
            continue  # reporting dead-letters it; here it counts nowhere either
        row = rows.get(event.subject, {"_id": event.subject, "rev": 0})
        rows[event.subject] = handle(row, event, context).document
    before: dict[tuple[str, str], Counter[str]] = {}
    during: dict[tuple[str, str], Counter[str]] = {}
    for row in rows.values():
        for text, counters in contributions(row, epoch_ms(now)).items():
            key = CellKey.parse(text)
            if key.role != "competent" or key.day > last or unit not in ("all", "province", key.unit):
                continue
            line = ("province" if unit == "province" else key.unit, fields.get(key.procedure, key.procedure))
            (during if key.day > first - timedelta(days=1) else before).setdefault(line, Counter()).update(counters)
    return make_sheet(first, last, before, during)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="report")

"""`dunghen deadline explain`: count a due date and say how it came about."""

import json
import re
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from pydantic import ValidationError

from dunghen import PROVINCE
from dunghen.cases import answers
from dunghen.commands.common import ReferenceDir, out, stop
from reference import (
    BeyondCalendarError,
    LimitError,
    OpeningHours,
    ReferenceDataError,
    Timeline,
    count_due,
    load_national_calendar,
    load_reference,
)
from reference.derivation import explain as explain_steps
from reference.hours import DEFAULT_HOURS
from reference.limits import Limit, LimitUnit, amount
from services.intake.domain import office_time

commands = typer.Typer(help="Ngày hẹn trả: tính và giải thích.", no_args_is_help=True)
UNITS: dict[str, LimitUnit] = {"min": "minute", "h": "hour", "wd": "working_day", "d": "calendar_day", "mo": "month"}


@commands.callback()
def _group() -> None:
    """Keeps `explain` a sub-command."""


@commands.command("explain")
def explain(
    received: Annotated[str, typer.Option(help="Thời điểm tiếp nhận, có giờ: 2026-01-05T08:00+07:00 hoặc 05/01/2026 08:00")],
    limit: Annotated[str, typer.Option(help="90min | 8h | 1,5h | 5wd | 0,5wd | 10d | 1mo | same-day")],
    unit: Annotated[str | None, typer.Option(help="Mã đơn vị: tính theo giờ làm việc của đơn vị")] = None,
    hours: Annotated[str | None, typer.Option(help='Giờ làm việc, JSON: {"weekdays": ["07:30-11:30", "13:30-17:00"]}')] = None,
    reference: ReferenceDir = PROVINCE,
    as_json: Annotated[bool, typer.Option("--json", help="Kết quả dạng JSON")] = False,
) -> None:
    """Tính ngày hẹn trả và nói rõ vì sao."""
    moment, counted_limit = _moment(received), _limit(limit)
    line = _timeline(unit, hours, reference)
    try:
        result = count_due(line, moment, counted_limit)
        steps = explain_steps(line, moment, counted_limit, result)
    except (LimitError, BeyondCalendarError) as error:
        stop(f"--limit: {error}")
    if as_json:
        answer = {
            "state": result.state,
            "due_at": result.due_at.isoformat() if result.due_at else None,
            "provisional": result.provisional,
            "calendar_version": result.calendar_version,
            "derivation": [{"rule": s.rule, "days": list(s.days), "source": s.source, "text": s.text} for s in steps],
        }
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for step in steps:
        out.print(step.text + (f"  [dim]({step.source})[/dim]" if step.source else ""))
    out.print(f"[dim]Lịch {result.calendar_version}[/dim]")


@commands.command("batch")
def batch(file: Annotated[Path, typer.Argument(help="Tệp JSON Lines, mỗi dòng một trường hợp; - là đầu vào chuẩn")]) -> None:
    """Tính ngày hẹn trả của từng dòng, mỗi dòng một câu trả lời JSON."""
    try:
        with nullcontext(sys.stdin) if str(file) == "-" else file.open(encoding="utf-8-sig") as lines:
            for said in answers(lines):
                text = json.dumps(asdict(said), ensure_ascii=False)
                # An id may hold half a character, which no terminal and no file takes but as an escape.
                typer.echo(text if text.isprintable() else json.dumps(asdict(said)))
    except FileNotFoundError:
        stop(f"{file}: không có tệp này")
    except UnicodeDecodeError:
        stop(f"{file}: không phải UTF-8")


def _moment(text: str) -> datetime:
    """As every door reads a time (docs/integration/fields.md): a day without its hour means no moment, and none is made up."""
    try:
        return office_time(text)
    except ValueError as error:
        stop(f"--received: {text!r} {error}")


def _limit(text: str) -> Limit:
    if text == "same-day":
        return 1, "same_day"
    match = re.fullmatch(r"(-?\d+(?:[.,]\d+)?)(min|h|wd|d|mo)", text)
    if match is None:
        units = ", ".join(get_args(LimitUnit))
        stop(f"--limit: {text!r} không hợp lệ; cần 90min, 8h, 5wd, 0,5wd, 10d, 1mo hoặc same-day ({units})")
    try:
        return amount(match.group(1)), UNITS[match.group(2)]
    except LimitError as error:
        stop(f"--limit: {error}")


def _timeline(unit: str | None, hours: str | None, reference: Path) -> Timeline:
    if hours is not None:
        try:
            return Timeline(load_national_calendar(), OpeningHours.model_validate(json.loads(hours)))
        except ValidationError as error:
            stop(f"--hours: {error.errors()[0]['msg']}")
        except ValueError:
            stop("--hours: không phải JSON")
    if unit is None:
        return Timeline(load_national_calendar(), DEFAULT_HOURS)
    try:
        data = load_reference(reference)
    except ReferenceDataError as error:
        stop(str(error))
    if unit not in data.units:
        stop(f"--unit: không có đơn vị {unit} trong danh mục")
    return data.timeline(unit)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="deadline")

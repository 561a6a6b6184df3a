"""`dunghen report II.06a`: the official form, from the running service or from a log."""

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import httpx
import typer
from pydantic import ValidationError

from contracts import EVENT_TYPES, decode, load_catalogue
from contracts.reports import ReportPublished
from dunghen import PROVINCE
from dunghen.answers import SheetAnswer
from dunghen.commands.asking import RefusedError, away, call
from dunghen.commands.audit import moment_of
from dunghen.commands.common import (
    LogFolder,
    Prefix,
    ReferenceDir,
    Token,
    day,
    err,
    out,
    read_log,
    reference_data,
    stop,
    token_of,
)
from dunghen.sheets import columns_of, rows_of
from dunghen.tables import on_terminal, show
from reference import ReferenceData
from runtime.clock import epoch_ms
from runtime.kafka_admin import LogRecord
from runtime.machine import SystemClock
from services.reporting.domain import FORMS, Row, Sheet, broken_rules, contributions, load_forms, make_sheet
from services.reporting.domain.standing import Standing
from services.reporting.files import as_file
from services.reporting.handlers import Context, handle
from services.reporting.http.answers import FilledForm
from services.reporting.reports import WHOLE, Wanted, lens_of, of_all_units

TABLE = "table"
REPORTS = "reports.v1"
DEFAULT_URL = "http://127.0.0.1:8105"
commands = typer.Typer(help="Báo cáo.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keeps `II.06a` a sub-command."""


First = Annotated[str, typer.Option("--from", help="Từ ngày, YYYY-MM-DD")]
Last = Annotated[str, typer.Option("--to", help="Đến ngày, YYYY-MM-DD")]
UnitCode = Annotated[str, typer.Option("--unit", help="Mã đơn vị | all | province")]
Kind = Annotated[
    str | None, typer.Option("--format", help="table | json | csv | xlsx | pdf; mặc định: table trên màn hình, json vào tệp")
]
Output = Annotated[Path | None, typer.Option("--output", help="Ghi vào tệp này")]
AsOf = Annotated[str | None, typer.Option("--units-as-of", help="Theo danh mục đơn vị của ngày này; mặc định: ngày cuối kỳ")]
Url = Annotated[
    str, typer.Option("--url", envvar="REPORTING_URL", help="Địa chỉ của reporting; --log hoặc --broker: tính từ nhật ký")
]
LogBroker = Annotated[str | None, typer.Option("--broker", help="Tính từ nhật ký của Kafka này, không hỏi reporting")]


@commands.command("II.06a", help="Biểu II.06a/VPCP/KSTT của một đơn vị, tất cả đơn vị, hoặc toàn tỉnh.")
@commands.command("07a", help="Biểu mở rộng theo 07a/BTP, các cột đọc từ bảng.")
def filled(
    context: typer.Context,
    first: First,
    last: Last,
    unit: UnitCode = "province",
    kind: Kind = None,
    output: Output = None,
    units_as_of: AsOf = None,
    url: Url = DEFAULT_URL,
    log: LogFolder = None,
    broker: LogBroker = None,
    prefix: Prefix = "",
    reference: ReferenceDir = PROVINCE,
    token: Token = "",
) -> None:
    """A form, named by the command."""
    chosen = kind or (TABLE if output is None and on_terminal(out) else "json")
    asked = Asked(str(context.info_name), first, last, unit, chosen, units_as_of)
    _make(asked, output, Source(url, log, broker, prefix, reference, token))


class Asked(NamedTuple):
    """What the command line asks for, unchecked."""

    form: str
    first: str
    last: str
    unit: str
    kind: str
    units_as_of: str | None


class Source(NamedTuple):
    """Where the figures come from: the running service, a folder, or a broker."""

    url: str
    log: Path | None
    broker: str | None
    prefix: str
    reference: Path
    token: str


def _make(asked: Asked, output: Path | None, source: Source) -> None:
    begin, end = day("--from", asked.first), day("--to", asked.last)
    as_of = None if asked.units_as_of is None else day("--units-as-of", asked.units_as_of)
    if asked.kind not in (TABLE, "json", "csv", "xlsx", "pdf") or (asked.kind == TABLE and output is not None):
        stop("--format: table (chỉ trên màn hình), json, csv, xlsx hoặc pdf")
    if asked.kind == TABLE:
        sheet = SheetAnswer.model_validate_json(_content(asked._replace(kind="json"), source, (begin, end), as_of))
        show(out, columns_of(sheet), list(rows_of(sheet)), tight=True)
        return
    content = _content(asked, source, (begin, end), as_of)
    if output is None and asked.kind in ("xlsx", "pdf"):
        output = Path(f"{asked.form}_{asked.unit}_{begin}_{end}.{asked.kind}")
    if output is None:
        typer.echo(content.decode())
    else:
        output.write_bytes(content)
        out.print(f"Đã ghi {output}", markup=False)


def _content(asked: Asked, source: Source, days: tuple[date, date], as_of: date | None) -> bytes:
    if source.log is None and source.broker is None:
        return _ask(source, asked)
    return _from_records(source, Wanted(load_forms(FORMS)[asked.form], *days, asked.unit, as_of), asked.kind)


def _ask(source: Source, asked: Asked) -> bytes:
    url = source.url
    given = {"from": asked.first, "to": asked.last, "unit": asked.unit}
    path = f"/v1/reports/{asked.form}" if asked.kind == "json" else f"/v1/reports/{asked.form}/{asked.kind}"
    params = given | ({"units_as_of": asked.units_as_of} if asked.units_as_of else {})
    try:
        response = call(url, path, key=token_of(source.token), params=params)
    except httpx.TransportError as error:
        away("reporting", url, error)
    except RefusedError as error:
        for place in error.refusal.errors:
            err.print(f"  {place.rule}: {place.detail} {' '.join(place.dossiers)}".rstrip(), markup=False)
        stop(error.refusal.title, 1)
    return _pretty(response.json()) if asked.kind == "json" else response.content


def _pretty(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _from_records(source: Source, wanted: Wanted, kind: str) -> bytes:
    data = reference_data(source.reference)
    if wanted.unit not in WHOLE and wanted.unit not in data.units:
        stop(f"--unit: không có đơn vị {wanted.unit} trong danh mục")
    topics = [*load_catalogue().read_by("reporting"), REPORTS]
    records = read_log(source.log, source.broker, source.prefix, topics=topics)
    until = moment_of(None, records, from_log=source.log is not None)
    sheet, standing = sheet_of_records(records, data, wanted, until), Standing(until, frozen_at=_frozen_at(records, wanted))
    broken = list(broken_rules(sheet))
    if broken:
        for row, rule in broken:
            err.print(f"  R35: {f'{row.unit} / {row.field}' if row else 'total'}: {rule}", markup=False)
        stop("Số liệu mâu thuẫn, không xuất báo cáo", 1)
    sheet = of_all_units(sheet, data, wanted)
    if kind == "json":
        return _pretty(FilledForm.of(sheet, standing, wanted).model_dump(mode="json", by_alias=True))
    return as_file(sheet, kind, data, wanted.unit, standing)


def _frozen_at(records: list[LogRecord], wanted: Wanted) -> datetime | None:
    """When the period was frozen, if the log says that it was."""
    said = [decode(record.value, EVENT_TYPES).data for record in records if record.topic == REPORTS]
    frozen = [one for one in said if isinstance(one, ReportPublished) and (one.first, one.last) == (wanted.first, wanted.last)]
    return frozen[0].at if frozen else None


def sheet_of_records(records: list[LogRecord], reference: ReferenceData, wanted: Wanted, now: datetime) -> Sheet:
    """The sheet by reporting's own rules, from records instead of its documents."""
    context = Context(SystemClock(), reference)
    rows: dict[str, Row] = {}
    for record in records:
        try:
            event = decode(record.value, EVENT_TYPES)
        except ValidationError:
            continue  # reporting dead-letters it; here it counts nowhere either
        rows[event.subject] = handle(rows.get(event.subject, Row(event.subject)), event, context).after
    lens = lens_of(reference, wanted)
    before: dict[tuple[str, str], Counter[str]] = {}
    during: dict[tuple[str, str], Counter[str]] = {}
    for row in rows.values():
        found = contributions(row.known, epoch_ms(now))
        if found is None or (wanted.unit not in WHOLE and lens.unit_of(found.place.competent) != wanted.unit):
            continue
        place = (found.place.competent, found.place.procedure)
        for on, add in found.days.items():
            if on <= wanted.last.isoformat():
                into = during if on >= wanted.first.isoformat() else before
                into.setdefault(place, Counter()).update(add.counters)
    return make_sheet(wanted.form, (wanted.first, wanted.last), before, during, lens)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="report")

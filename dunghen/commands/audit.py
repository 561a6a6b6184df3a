"""`dunghen audit figures`: recompute the published figures from the topics; exit 1 on a difference."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.audit import TOPICS, audit
from dunghen.commands.common import Broker, LogFolder, Prefix, ReferenceDir, day, out, read_log, reference_data, stop
from dunghen.log import events_of
from runtime.kafka_admin import LogRecord

commands = typer.Typer(help="Tính lại số liệu từ các topic.", no_args_is_help=True)
SHOWN = 20


@commands.callback()
def _group() -> None:
    """Keeps `figures` a sub-command."""


@commands.command("figures")
def figures(
    log: LogFolder = None,
    broker: Broker = None,
    prefix: Prefix = "",
    first: Annotated[str, typer.Option("--from", help="Từ ngày, YYYY-MM-DD; mặc định: tất cả")] = "",
    last: Annotated[str, typer.Option("--to", help="Đến ngày, YYYY-MM-DD")] = "9999-12-31",
    as_of: Annotated[str | None, typer.Option(help="Thời điểm tính, ISO; mặc định: bây giờ, với --log: cuối nhật ký")] = None,
    reference: ReferenceDir = PROVINCE,
) -> None:
    """So số liệu đã công bố (metrics.v1, reports.v1) với số tính lại từ dossiers, deadlines, notices và feedback."""
    begin, end = day("--from", first or "0001-01-01").isoformat(), day("--to", last).isoformat()
    fields = {code: procedure.field for code, procedure in reference_data(reference).procedures.items()}
    records = read_log(log, broker, prefix, topics=list(TOPICS))
    result = audit(
        [(record.topic, record.value, record.key) for record in records], moment_of(as_of, records, from_log=log is not None)
    )
    differences = result.differences(begin, end) + result.period_differences(fields, begin, end)
    for line in differences[:SHOWN]:
        out.print(line, markup=False)
    if len(differences) > SHOWN:
        out.print(f"... và {len(differences) - SHOWN} chỗ khác")
    counted = f"{result.dossiers} hồ sơ, {len(result.counted)} ô số liệu, {len(result.periods)} kỳ đã chốt"
    out.print(f"{counted}, sai lệch: {len(differences)}")
    if differences:
        raise typer.Exit(1)


def moment_of(as_of: str | None, records: list[LogRecord], *, from_log: bool) -> datetime:
    """The moment to count at: given, or the end of a log folder, or now."""
    if as_of is not None:
        try:
            moment = datetime.fromisoformat(as_of)
        except ValueError:
            stop(f"--as-of: {as_of!r} không phải ngày giờ ISO")
        return moment if moment.tzinfo else moment.astimezone()
    if from_log:
        return max((event.time for event in events_of(records)), default=datetime.now(UTC))
    return datetime.now(UTC)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="audit")

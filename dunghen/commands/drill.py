"""`dunghen drill scale|roll SERVICE`: does anything get lost, doubled or late when instances come, go and are restarted?"""

import asyncio
import os
from dataclasses import astuple
from typing import Annotated

import typer

from dunghen.commands.common import err, out, stop
from dunghen.demo.driver import DemoStuckError
from dunghen.drill.judged import EXPECTED, Figures
from dunghen.drill.scale import Plan, run_drill
from dunghen.tables import Column, Form, FormOption, show
from runtime.errors import Unavailable

commands = typer.Typer(help="Diễn tập trên Kafka và MongoDB thật.", no_args_is_help=True)
COLUMNS = (
    Column("phase", "Số tiến trình", whole=True),
    Column("seconds", "Giây", right=True),
    Column("facts", "Sự việc", right=True),
    Column("pause_ms", "Ngừng lâu nhất (ms)", right=True),
    Column("partition_pause_ms", "Một phân vùng (ms)", right=True),
    Column("most_waiting", "Chờ nhiều nhất", right=True),
    Column("p50_ms", "p50 (ms)", right=True),
    Column("p95_ms", "p95 (ms)", right=True),
    Column("lost", "Mất", right=True),
    Column("doubled", "Trùng", right=True),
    Column("repeated", "Phát lại", right=True),
)


ServiceArgument = Annotated[str, typer.Argument(help=" | ".join(EXPECTED))]
SecondsOption = Annotated[float, typer.Option(min=1, help="Mỗi chặng không đổi gì kéo dài bao lâu")]
PartitionsOption = Annotated[int, typer.Option(min=1, help="Số phân vùng của mỗi topic")]


@commands.command("scale")
def scale_command(
    service: ServiceArgument,
    few: Annotated[int, typer.Option("--from", min=1, help="Số tiến trình lúc đầu và lúc cuối")] = 1,
    many: Annotated[int, typer.Option("--to", min=2, help="Số tiến trình ở giữa")] = 3,
    rate: Annotated[float, typer.Option(min=1, help="Số sự việc gửi vào mỗi giây")] = 100,
    seconds: SecondsOption = 20,
    partitions: PartitionsOption = 24,
    form: FormOption = Form.TABLE,
) -> None:
    """Thêm rồi bớt tiến trình của một dịch vụ khi hồ sơ vẫn đang tới; topic và kho riêng, xóa khi xong."""
    if few >= many:
        stop(f"--from {few} phải nhỏ hơn --to {many}")
    _drilled(Plan(service, few, many, rate, seconds, partitions), form)


@commands.command("roll")
def roll_command(
    service: ServiceArgument,
    instances: Annotated[int, typer.Option(min=1, help="Số tiến trình")] = 2,
    rate: Annotated[float, typer.Option(min=1, help="Số sự việc gửi vào mỗi giây")] = 50,
    most: Annotated[float, typer.Option("--p95", min=0.1, help="p95 khi khởi động lại phải dưới bao nhiêu giây")] = 5,
    seconds: SecondsOption = 20,
    partitions: PartitionsOption = 24,
    form: FormOption = Form.TABLE,
) -> None:
    """Khởi động lại lần lượt từng tiến trình của một dịch vụ khi hồ sơ vẫn đang tới; topic và kho riêng, xóa khi xong."""
    found = _drilled(Plan(service, instances, instances, rate, seconds, partitions), form)
    slowest = max(phase.p95_ms for phase in found)
    if slowest >= most * 1000:
        stop(f"p95 là {slowest} ms, không dưới {most:g} s", 1)


def _drilled(plan: Plan, form: Form) -> list[Figures]:
    """Run a drill and show its figures; ends the command if anything was lost or doubled."""
    bootstrap, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""), os.environ.get("MONGO_URL", "")
    if plan.service not in EXPECTED:
        stop(f"không diễn tập được {plan.service!r}; có: {', '.join(EXPECTED)}")
    if not (bootstrap and mongo):
        stop("cần KAFKA_BOOTSTRAP_SERVERS và MONGO_URL")
    try:
        found = asyncio.run(run_drill(bootstrap, mongo, plan, lambda line: err.print(line, markup=False)))
    except (DemoStuckError, Unavailable) as error:
        stop(f"diễn tập dừng giữa chừng: {error}", 1)
    show(out, COLUMNS, [astuple(phase) for phase in found], form)
    if not all(phase.ok for phase in found):
        stop("có sự việc bị mất hoặc được xử lý hai lần", 1)
    return found


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="drill")

"""`dunghen drill scale SERVICE`: does anything get lost, doubled or late when instances come and go?"""

import asyncio
import os
from dataclasses import astuple
from typing import Annotated

import typer

from dunghen.commands.common import err, out, stop
from dunghen.demo.driver import DemoStuckError
from dunghen.drill.judged import EXPECTED
from dunghen.drill.scale import Plan, run_scale
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


@commands.callback()
def _group() -> None:
    """Keeps `scale` a sub-command."""


@commands.command("scale")
def scale_command(
    service: Annotated[str, typer.Argument(help=" | ".join(EXPECTED))],
    few: Annotated[int, typer.Option("--from", min=1, help="Số tiến trình lúc đầu và lúc cuối")] = 1,
    many: Annotated[int, typer.Option("--to", min=2, help="Số tiến trình ở giữa")] = 3,
    rate: Annotated[float, typer.Option(min=1, help="Số sự việc gửi vào mỗi giây")] = 100,
    seconds: Annotated[float, typer.Option(min=1, help="Mỗi chặng không đổi gì kéo dài bao lâu")] = 20,
    partitions: Annotated[int, typer.Option(min=1, help="Số phân vùng của mỗi topic")] = 24,
    form: FormOption = Form.TABLE,
) -> None:
    """Thêm rồi bớt tiến trình của một dịch vụ khi hồ sơ vẫn đang tới; topic và kho riêng, xóa khi xong."""
    bootstrap, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""), os.environ.get("MONGO_URL", "")
    if service not in EXPECTED:
        stop(f"không diễn tập được {service!r}; có: {', '.join(EXPECTED)}")
    if few >= many:
        stop(f"--from {few} phải nhỏ hơn --to {many}")
    if not (bootstrap and mongo):
        stop("cần KAFKA_BOOTSTRAP_SERVERS và MONGO_URL")
    plan = Plan(service, few, many, rate, seconds, partitions)
    try:
        found = asyncio.run(run_scale(bootstrap, mongo, plan, lambda line: err.print(line, markup=False)))
    except (DemoStuckError, Unavailable) as error:
        stop(f"diễn tập dừng giữa chừng: {error}", 1)
    show(out, COLUMNS, [astuple(phase) for phase in found], form)
    if not all(phase.ok for phase in found):
        stop("có sự việc bị mất hoặc được xử lý hai lần", 1)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="drill")

"""`dunghen demo`: a month and a half of an invented province, with checks that can fail."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import err, out, stop
from dunghen.demo.checks import Result
from dunghen.demo.driver import DemoStuckError
from dunghen.demo.embedded import run_embedded
from dunghen.demo.real import compare, run_real
from dunghen.demo.view import Progress, show
from reference import load_reference
from runtime.logs import configure_logs


def demo_command(
    real: Annotated[
        bool, typer.Option("--real", help="Chạy cả trên Kafka và MongoDB thật (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL)")
    ] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Ghi số liệu và kiểm tra vào tệp này")] = None,
    folder: Annotated[Path, typer.Option("--out", help="Thư mục cho nhật ký và II.06a")] = Path("demo-out"),
) -> None:
    """Chạy hệ thống trọn một tháng rưỡi của một tỉnh tưởng tượng."""
    configure_logs("error")
    bootstrap, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""), os.environ.get("MONGO_URL", "")
    if real and not (bootstrap and mongo):
        stop("--real cần KAFKA_BOOTSTRAP_SERVERS và MONGO_URL")
    err.print("Nhúng: Kafka (librdkafka mock), tài liệu (SQLite). Thật: mọi quy tắc, mọi dịch vụ, mọi số liệu.", style="dim")
    try:
        with Progress(err) as progress:
            result = asyncio.run(run_embedded(folder, progress))
            if real:
                result = _real(result, bootstrap, mongo, folder, progress)
    except DemoStuckError as error:
        stop(f"demo dừng giữa chừng: {error}", 1)
    show(out, result, {code: unit.name for code, unit in load_reference(PROVINCE).units.items()})
    out.print(f"XEM        II.06a: {folder / 'II.06a.xlsx'} · nhật ký: {folder / 'log'}", markup=False)
    out.print(f"           ./dev dunghen follow H37.12-260212-0007 --log {folder / 'log'}", markup=False)
    if as_json is not None:
        checks = [check.as_json() for check in result.checks]
        as_json.write_text(
            json.dumps({"figures": result.figures, "checks": checks}, ensure_ascii=False, indent=2) + "\n", "utf-8"
        )
    if not all(check.ok for check in result.checks):
        raise typer.Exit(1)


def _real(embedded: Result, bootstrap: str, mongo: str, folder: Path, progress: Progress) -> Result:
    result, kills = asyncio.run(run_real(bootstrap, mongo, folder, progress))
    result.checks.append(compare(embedded, result))
    err.print(f"Trên bộ phận thật: {kills} tiến trình bị kill -9 giữa chừng.", style="dim")
    return result


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("demo")(demo_command)

"""`dunghen run SERVICE`: one service from the environment, or all of them on embedded parts."""

import asyncio
import runpy
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from dunghen import PROVINCE
from dunghen.commands.common import err, out, stop
from dunghen.services import SERVICES
from dunghen.together import run_together
from runtime.logs import configure_logs


def run_command(
    service: Annotated[
        str, typer.Argument(help=f"{', '.join(SERVICES)}, hoặc all: tất cả trong một tiến trình, bộ phận nhúng")
    ],
    data: Annotated[Path, typer.Option(help="all: thư mục (rỗng) cho dữ liệu")] = Path("dunghen-data"),
    reference: Annotated[Path, typer.Option(help="all: thư mục danh mục")] = PROVINCE,
    port: Annotated[int, typer.Option(help="all: cổng HTTP đầu tiên")] = 8101,
) -> None:
    """Chạy một dịch vụ (cấu hình từ biến môi trường), hoặc tất cả."""
    if service == "all":
        configure_logs("warning")
        asyncio.run(_all(data, reference, port))
    elif service in SERVICES:
        runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)
    else:
        stop(f"không có dịch vụ {service!r}; có: {', '.join(SERVICES)}, all")


async def _all(data: Path, reference: Path, port: int) -> None:
    try:
        together = run_together(data, reference_dir=reference)
        async with together as running:
            servers = []
            for number, (name, service) in enumerate(running.services.items()):
                config = uvicorn.Config(service.app, host="127.0.0.1", port=port + number, log_config=None, access_log=False)
                servers.append(uvicorn.Server(config))
                out.print(f"{name:10} http://127.0.0.1:{port + number}  (/docs, /readyz, /metrics)")
            out.print(f"Kafka nhúng {running.bootstrap_servers}; dữ liệu ở {data}. Dừng: Ctrl-C.")
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
            await asyncio.gather(*(server._serve() for server in servers))  # noqa: SLF001 - serve() would take the signals
    except ValueError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(2) from None


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("run")(run_command)

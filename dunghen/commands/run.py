"""`dunghen run SERVICE`: one service from the environment, or all of them on embedded parts."""

import asyncio
import runpy
from collections.abc import Mapping
from pathlib import Path
from socket import socket
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import err, out, stop
from dunghen.services import SERVICES
from dunghen.serving import PortTakenError, addresses, open_ports, serve_pages
from dunghen.together import run_together
from runtime.logs import configure_logs
from runtime.web import Role


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
        with open_ports(port) as ports:
            await _serve(data, reference, addresses(port), ports)
    except PortTakenError as error:
        stop(str(error), 1)
    except ValueError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(2) from None


async def _serve(data: Path, reference: Path, at: Mapping[str, str], ports: Mapping[str, socket]) -> None:
    async with run_together(data, reference_dir=reference) as running:
        for name in SERVICES:
            out.print(f"{name:10} {at[name]}  (/readyz, /metrics)")
        out.print(f"số liệu {at['reporting']}/figures · bàn ký thư {at['notifier']}/letters", markup=False)
        out.print(f"điện thoại {at['phone']}/?survey_base={at['feedback']}", markup=False)
        out.print(f"gửi hồ sơ: export DUNGHEN_KEY={running.key}", markup=False)
        out.print(f"hỏi như mọi vai trò: export DUNGHEN_TOKEN={running.issuer.token(*Role)}", markup=False)
        out.print(f"Kafka nhúng {running.bootstrap_servers}; dữ liệu ở {data}. Dừng: Ctrl-C.")
        await serve_pages(running, ports)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("run")(run_command)

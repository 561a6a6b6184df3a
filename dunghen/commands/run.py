"""`dunghen run SERVICE`: one service from the environment, or all of them on embedded parts."""

import asyncio
import runpy
from pathlib import Path
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import err, out, stop
from dunghen.demo import login
from dunghen.services import ALL, SERVICES
from dunghen.serving import PortTakenError, addresses, open_ports, serve_pages
from dunghen.together import Together, run_together
from runtime.logs import configure_logs
from runtime.web import Role


def run_command(
    service: Annotated[str, typer.Argument(help=f"{', '.join(ALL)}, hoặc all: tất cả trong một tiến trình, bộ phận nhúng")],
    data: Annotated[Path, typer.Option(help="all: thư mục (rỗng) cho dữ liệu")] = Path("dunghen-data"),
    reference: Annotated[Path, typer.Option(help="all: thư mục danh mục")] = PROVINCE,
    port: Annotated[int, typer.Option(help="all: cổng HTTP đầu tiên")] = 8100,
) -> None:
    """Chạy một dịch vụ (cấu hình từ biến môi trường), hoặc tất cả."""
    if service == "all":
        configure_logs("warning")
        asyncio.run(_all(data, reference, port))
    elif service in ALL:
        runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)
    else:
        stop(f"không có dịch vụ {service!r}; có: {', '.join(ALL)}, all")


async def _all(data: Path, reference: Path, port: int) -> None:
    try:
        with open_ports(port) as ports:
            async with run_together(data, reference_dir=reference) as running:
                await serve_pages(running, ports, port, lambda: _tell(running, data, port))
    except PortTakenError as error:
        stop(str(error), 1)
    except ValueError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(2) from None


def _tell(running: Together, data: Path, port: int) -> None:
    """Where everything is, and who can log in."""
    at = addresses(port)
    for name in SERVICES:
        out.print(f"{name:10} {at[name]}  (/readyz, /metrics)")
    out.print(f"ĐỊA CHỈ {at['front']}, đăng nhập là một trong:", markup=False)
    for line in login.told():
        out.print(f"  {line}", markup=False)
    out.print(f"điện thoại {at['phone']}/?survey_base={at['front']}", markup=False)
    out.print(f"gửi hồ sơ: export DUNGHEN_KEY={running.key}", markup=False)
    out.print(f"hỏi như mọi vai trò: export DUNGHEN_TOKEN={running.issuer.token(*Role)}", markup=False)
    out.print(f"Kafka nhúng {running.bootstrap_servers}; dữ liệu ở {data}. Dừng: Ctrl-C.")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("run")(run_command)

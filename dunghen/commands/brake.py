"""`dunghen brake release SERVICE`: let a braked service go on, after somebody has looked at its dead letters."""

import asyncio
from typing import Annotated

import typer

from dunghen.commands.common import Store, out, stop
from dunghen.services import SERVICES
from runtime.brake import release
from runtime.errors import Unavailable
from runtime.store import open_documents

commands = typer.Typer(help="Phanh của một dịch vụ: tự dừng khi quá nhiều bản ghi hỏng.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keeps `release` a sub-command."""


@commands.command("release")
def release_command(
    service: Annotated[str, typer.Argument(help=" | ".join(SERVICES))],
    store: Store = None,
) -> None:
    """Nhả phanh: mọi tiến trình của dịch vụ làm việc tiếp trong vài giây, không cần khởi động lại."""
    if service not in SERVICES:
        stop(f"không có dịch vụ {service!r}; có: {', '.join(SERVICES)}")
    if not store:
        stop("cần --store ĐỊA_CHỈ (STORE_URL)")
    try:
        reason = asyncio.run(_release(store))
    except Unavailable as error:
        stop(f"không kết nối được: {error}", 3)
    except ValueError as error:
        stop(str(error))
    if reason:
        out.print(f"{service}: đã nhả phanh. Lý do khi phanh: {reason}", markup=False)
    else:
        out.print(f"{service}: không phanh", markup=False)


async def _release(store: str) -> str:
    documents = open_documents(store)
    try:
        return await release(documents)
    finally:
        await documents.close()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="brake")

"""`dunghen restored SERVICE`: an older copy of its store was put back, and the next start compares it with the log."""

import asyncio
from typing import Annotated

import typer

from dunghen.commands.common import Store, out, stop
from dunghen.commands.rebuild import KINDS
from runtime.errors import CannotStartError, Unavailable
from runtime.recovery import note_restored
from runtime.store import open_documents


def restored(
    service: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    store: Store = None,
) -> None:
    """Cho biết kho vừa được khôi phục từ bản sao: lần khởi động tới dịch vụ đối chiếu kho với nhật ký, không xóa gì."""
    if service not in KINDS:
        stop(f"không có dịch vụ {service!r}; có: {', '.join(KINDS)}")
    if not store:
        stop("cần --store ĐỊA_CHỈ (STORE_URL)")
    try:
        asyncio.run(_note_restored(store))
    except (Unavailable, CannotStartError) as error:
        stop(str(error), 1)
    out.print(f"Lần khởi động tới {service} đối chiếu kho với những gì đã nói, và im lặng đến khi kịp.")


async def _note_restored(store: str) -> None:
    documents = open_documents(store)
    try:
        await note_restored(documents)
    finally:
        await documents.close()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("restored")(restored)

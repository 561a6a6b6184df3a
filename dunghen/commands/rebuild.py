"""`dunghen rebuild reporting`: forget what was made from the log, so that the service makes it anew at its next start."""

import asyncio
from typing import Annotated

import typer
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from contracts import load_catalogue
from dunghen.commands.common import Broker, Prefix, out, stop
from runtime.errors import CannotStartError, Unavailable
from runtime.rebuild import start_over
from runtime.store import open_documents
from services.reporting.store import MADE_FROM_LOG

Store = Annotated[str | None, typer.Option("--store", envvar="STORE_URL", help="Kho dữ liệu của reporting")]


def rebuild(
    service: Annotated[str, typer.Argument(help="reporting")],
    store: Store = None,
    broker: Broker = None,
    prefix: Prefix = "",
    wait: Annotated[float, typer.Option(help="Chờ nhóm của dịch vụ vừa dừng tan, giây")] = 60,
) -> None:
    """Xóa số liệu dựng từ nhật ký của reporting; các kỳ đã chốt giữ nguyên. Dừng dịch vụ trước khi gọi."""
    if service != "reporting":
        stop("chỉ reporting dựng lại được toàn bộ từ nhật ký")
    if not (store and broker):
        stop("cần --store ĐỊA_CHỈ (STORE_URL) và --broker ĐỊA_CHỈ (KAFKA_BOOTSTRAP_SERVERS)")
    try:
        gone = asyncio.run(_start_over(store, broker, prefix, wait))
    except (Unavailable, CannotStartError) as error:
        stop(str(error), 1)
    out.print(f"Đã xóa {gone} tài liệu; lần khởi động tới reporting đọc lại nhật ký từ đầu và im lặng đến khi kịp.")


async def _start_over(store: str, broker: str, prefix: str, wait: float) -> int:
    """A member with a name of its own (INSTANCE_ID) stays in its group for a session's time after it has stopped."""
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(CannotStartError), stop=stop_after_delay(wait), wait=wait_fixed(2), reraise=True
    )
    documents = open_documents(store)
    topics = [prefix + topic for topic in load_catalogue().read_by("reporting")]
    try:
        return await patiently(start_over, documents, MADE_FROM_LOG, broker, f"{prefix}reporting", topics)
    finally:
        await documents.close()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("rebuild")(rebuild)

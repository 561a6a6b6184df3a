"""`dunghen rebuild SERVICE`: forget what was made from the log, so that the service makes it anew at its next start."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from contracts import load_catalogue
from dunghen.commands.common import Broker, Prefix, Store, out, stop
from runtime.errors import CannotStartError, Unavailable
from runtime.kafka_admin import set_back
from runtime.recovery import empty, open_intents
from runtime.store import open_documents


@dataclass(frozen=True, slots=True)
class _Kind:
    """What goes and what stays, for the person who decides."""

    gone: str
    kept: str


KINDS: Mapping[str, _Kind] = {
    "intake": _Kind(
        "hồ sơ (đọc lại từ dossiers.v1 và contacts.v1; lần gửi tới mỗi liên hệ được niêm phong lại một lần)",
        "khóa API, danh sách chờ kiểm tra, số liệu chất lượng",
    ),
    "sla": _Kind("hồ sơ (đọc lại từ deadlines.v1 và các topic nguồn)", "sổ thay đổi lịch cùng người ký"),
    "notifier": _Kind(
        "hồ sơ (đọc lại từ notices.v1 và các topic nguồn); ghi chú và người ký của thư mất, thư đã duyệt chưa gửi phải ký lại",
        "sổ số thư",
    ),
    "feedback": _Kind(
        "hồ sơ, lời mời và đánh giá (đọc lại từ feedback.v1 và dossiers.v1)",
        "ý kiến của dân và nhật ký (giữ nguyên)",
    ),
    "reporting": _Kind("dòng, sổ và kệ số liệu (đọc lại từ các topic nguồn)", "các kỳ đã chốt"),
}


def rebuild(
    service: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    store: Store = None,
    broker: Broker = None,
    prefix: Prefix = "",
    wait: Annotated[float, typer.Option(help="Chờ nhóm của dịch vụ vừa dừng tan, giây")] = 60,
    drop_open: Annotated[
        bool, typer.Option("--drop-open", help="Bỏ cả điều đã quyết định mà chưa phát lên nhật ký (nếu kho hỏng hẳn)")
    ] = False,
) -> None:
    """Xóa những gì dựng từ nhật ký của một dịch vụ; lần khởi động tới dịch vụ đọc lại. Dừng dịch vụ trước khi gọi."""
    kind = KINDS.get(service)
    if kind is None:
        stop(f"không có dịch vụ {service!r}; có: {', '.join(KINDS)}")
    if not (store and broker):
        stop("cần --store ĐỊA_CHỈ (STORE_URL) và --broker ĐỊA_CHỈ (KAFKA_BOOTSTRAP_SERVERS)")
    try:
        gone = asyncio.run(_start_over(service, _made_from_log(service), store, broker, prefix, wait, drop_open=drop_open))
    except (Unavailable, CannotStartError) as error:
        stop(str(error), 1)
    out.print(f"Đã xóa {gone} tài liệu: {kind.gone}.", markup=False)
    out.print(f"Giữ nguyên: {kind.kept}.", markup=False)
    out.print(f"Lần khởi động tới {service} đọc lại những gì đã nói, rồi đọc nguồn từ đầu và im lặng đến khi kịp.")


def _made_from_log(service: str) -> tuple[str, ...]:
    """The collections that go. The image of another service does not hold what this one imports."""
    try:
        collections: tuple[str, ...] = import_module(f"services.{service}.store").MADE_FROM_LOG
    except ModuleNotFoundError as error:
        stop(f"ở đây không có thư viện {error.name} mà {service} cần: chạy lệnh này trong ảnh của {service} hoặc ảnh cli")
    return collections


async def _start_over(
    service: str, collections: tuple[str, ...], store: str, broker: str, prefix: str, wait: float, *, drop_open: bool
) -> int:
    """A member with a name of its own (INSTANCE_ID) stays in its group for a session's time after it has stopped."""
    patiently = AsyncRetrying(
        retry=retry_if_exception_type(CannotStartError), stop=stop_after_delay(wait), wait=wait_fixed(2), reraise=True
    )
    topics = [prefix + topic for topic in load_catalogue().read_by(service)]
    documents = open_documents(store)
    try:
        waiting = await open_intents(documents)
        if waiting and not drop_open:
            raise CannotStartError(
                f"{waiting} quyết định của {service} chưa phát lên nhật ký: khởi động dịch vụ một lần cho phát hết rồi dừng,"
                " hoặc thêm --drop-open nếu kho đã hỏng"
            )
        if topics:
            await patiently(set_back, broker, f"{prefix}{service}", topics)
        return await empty(documents, collections)
    finally:
        await documents.close()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("rebuild")(rebuild)

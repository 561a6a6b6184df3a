"""`dunghen dlq ls | replay | discard`: see parked records and lift them. Uses the settings of the service (environment)."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.table import Table

from contracts import load_catalogue
from dunghen.commands.common import out, stop
from dunghen.log import read_broker
from dunghen.services import SERVICES
from runtime.deadletters import discard, replay
from runtime.errors import Invalid, Unavailable
from runtime.kafka_admin import LogRecord
from runtime.logs import configure_logs
from runtime.service import Service
from runtime.settings import RuntimeSettings

CONSUMERS = tuple(name for name in SERVICES if load_catalogue().read_by(name))
Result = TypeVar("Result")
commands = typer.Typer(help="Bản ghi bị giữ lại (dead letters) của một dịch vụ.", no_args_is_help=True)
ServiceName = Annotated[str, typer.Argument(help=f"{' | '.join(CONSUMERS)}; cấu hình như khi chạy dịch vụ đó")]
PlaceArgument = Annotated[str, typer.Argument(help="topic/phân vùng/vị trí, như `ls` in ra")]


def _build(name: str) -> Service:
    configure_logs("warning")
    try:
        runtime = RuntimeSettings()
        if name in CONSUMERS:
            return SERVICES[name].build(runtime, SERVICES[name].settings())
        stop(f"không có dịch vụ {name!r} có dead letters; có: {', '.join(CONSUMERS)}")
    except ValidationError as error:
        missing = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
        stop(f"thiếu cấu hình: {missing}")


@asynccontextmanager
async def _connected(name: str) -> AsyncIterator[Service]:
    """The service's documents and producer, without its consumer."""
    service = _build(name)
    for step in (*service.collections, *service.from_log):
        await step()
    await service.broker.connect()
    try:
        yield service
    finally:
        await service.broker.stop()
        await service.parts.store.close()


async def letters_of(service: Service) -> dict[str, tuple[LogRecord, bool]]:
    """Dead letters by place, each with whether its document still misses it. A repeated letter counts once."""
    settings = service.parts.settings
    records = await read_broker(settings.kafka_bootstrap_servers, settings.topic_prefix, [f"{service.parts.name}.dlq"])
    places = {"/".join(r.headers[f"source-{part}"] for part in ("topic", "partition", "offset")): r for r in records}
    keys = {r.key.decode("utf-8", "replace") for r in records}
    assert service.loop is not None  # noqa: S101 - _build gives services with a loop
    documents = await service.parts.store.get_many(service.loop.rules.collection, keys)
    return {
        place: (r, place in documents.get(r.key.decode("utf-8", "replace"), {}).get("incomplete", ()))
        for place, r in sorted(places.items())
    }


@commands.command("ls")
def ls(service: ServiceName) -> None:
    """Liệt kê bản ghi bị giữ lại."""

    async def work() -> dict[str, tuple[LogRecord, bool]]:
        async with _connected(service) as running:
            return await letters_of(running)

    table = Table("Vị trí", "Hồ sơ (khóa)", "Lý do", "Lần đầu", "Trạng thái")
    for place, (record, waiting) in _run(work()).items():
        state = "đang chờ" if waiting else "đã xử lý"
        table.add_row(
            place, record.key.decode("utf-8", "replace"), record.headers["reason"], record.headers["first-at"][:19], state
        )
    out.print(table)


@commands.command("replay")
def replay_command(
    service: ServiceName,
    place: PlaceArgument,
    value: Annotated[Path | None, typer.Option(help="Tệp có nội dung đã sửa; không có: dùng nội dung gốc")] = None,
) -> None:
    """Xử lý lại một bản ghi bằng chính quy tắc của dịch vụ."""

    async def work() -> None:
        async with _connected(service) as running:
            record = await _letter(running, place)
            assert running.loop is not None and running.intents is not None  # noqa: S101, PT018
            await replay(
                running.loop.rules, running.intents, place, record.key.decode(), value.read_bytes() if value else record.value
            )

    try:
        _run(work())
    except Invalid as error:
        stop(f"{place}: vẫn chưa xử lý được: {error}", 1)
    out.print(f"{place}: đã xử lý lại", markup=False)


@commands.command("discard")
def discard_command(service: ServiceName, place: PlaceArgument) -> None:
    """Bỏ một bản ghi: hồ sơ được coi là đủ khi không có nó."""

    async def work() -> None:
        async with _connected(service) as running:
            record = await _letter(running, place)
            assert running.intents is not None  # noqa: S101
            await discard(running.intents, place, record.key.decode())

    _run(work())
    out.print(f"{place}: đã bỏ", markup=False)


async def _letter(service: Service, place: str) -> LogRecord:
    letters = await letters_of(service)
    if place not in letters:
        stop(f"không có bản ghi {place} trong {service.parts.name}.dlq")
    return letters[place][0]


def _run(work: Coroutine[None, None, Result]) -> Result:
    try:
        result = asyncio.run(work)
    except Unavailable as error:
        stop(f"không kết nối được: {error}", 3)
    return result


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="dlq")

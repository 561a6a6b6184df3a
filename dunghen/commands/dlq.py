"""`dunghen dlq ls | replay | discard`: see parked records and lift them. Uses the settings of the service (environment)."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from contracts import Event, load_catalogue
from dunghen.commands.common import out, stop
from dunghen.services import SERVICES
from dunghen.tables import Cell, Column, Form, FormOption, show
from runtime.deadletters import Letter
from runtime.errors import Invalid, SettingsError, Unavailable
from runtime.logs import configure_logs
from runtime.parked import ContentGoneError, DeadLetters, Parked
from runtime.service import Service
from runtime.settings import settings_from_environment

CONSUMERS = tuple(name for name in SERVICES if load_catalogue().read_by(name))
Result = TypeVar("Result")
commands = typer.Typer(help="Bản ghi bị giữ lại (dead letters) của một dịch vụ.", no_args_is_help=True)
ServiceName = Annotated[str, typer.Argument(help=f"{' | '.join(CONSUMERS)}; cấu hình như khi chạy dịch vụ đó")]
PlaceArgument = Annotated[str, typer.Argument(help="topic/phân vùng/vị trí, như `ls` in ra")]


def _build(name: str) -> Service:
    configure_logs("critical")  # what a library would say in its way, the command says itself
    if name not in CONSUMERS:
        stop(f"không có dịch vụ {name!r} có dead letters; có: {', '.join(CONSUMERS)}")
    try:
        return SERVICES[name].build(*settings_from_environment(SERVICES[name].settings))
    except SettingsError as error:
        stop(f"thiếu hoặc sai cấu hình:\n{error}")
    except ModuleNotFoundError as error:
        stop(f"ở đây không có thư viện {error.name} mà {name} cần: chạy lệnh này trong ảnh của {name} hoặc ảnh cli")


@asynccontextmanager
async def _connected(name: str) -> AsyncIterator[Service]:
    """The service's documents and producer, without its consumer."""
    service = _build(name)
    broker = service.broker
    assert broker is not None  # noqa: S101 - whoever has dead letters reads a log
    try:
        for step in (*service.collections, *service.from_log):
            await step()
        await broker.connect()
        yield service
    finally:
        await broker.stop()
        await service.parts.store.close()


def letters_of(service: Service) -> DeadLetters[Event]:
    """The dead letters of a service."""
    assert service.loop is not None and service.intents is not None  # noqa: S101, PT018 - _build gives services with a loop
    return DeadLetters(service.parts, service.loop.rules, service.intents)


@commands.command("ls")
def ls(service: ServiceName, form: FormOption = Form.TABLE) -> None:
    """Liệt kê bản ghi bị giữ lại."""

    async def work() -> dict[str, Parked]:
        async with _connected(service) as running:
            return await letters_of(running).all()

    columns = (
        Column("place", "Vị trí", whole=True),
        Column("key", "Hồ sơ (khóa)", whole=True),
        Column("reason", "Lý do"),
        Column("first_at", "Lần đầu"),
        Column("waits", "Trạng thái", words={True: "đang chờ", False: "đã xử lý"}),
    )
    show(out, columns, [_row(place, parked) for place, parked in _run(work()).items()], form)


def _row(place: str, parked: Parked) -> list[Cell]:
    letter = parked.letter
    return [place, letter.raw_key.decode("utf-8", "replace"), _reason(letter), letter.first_at, parked.waits]


def _reason(letter: Letter) -> str:
    """Why it is parked; of one that was too large for a letter, that its content lies where it came from."""
    too_large = f" (quá lớn: {letter.size} byte, nội dung ở vị trí gốc)" if letter.is_left_out else ""
    return f"{letter.reason}{too_large}"


@commands.command("replay")
def replay_command(
    service: ServiceName,
    place: PlaceArgument,
    value: Annotated[Path | None, typer.Option(help="Tệp có nội dung đã sửa; không có: dùng nội dung gốc")] = None,
) -> None:
    """Xử lý lại một bản ghi bằng chính quy tắc của dịch vụ."""

    async def work() -> None:
        async with _connected(service) as running:
            letters = letters_of(running)
            await letters.replay(await _letter(letters, place, service), value.read_bytes() if value else None)

    try:
        _run(work())
    except ContentGoneError:
        stop(f"{place}: nội dung gốc không còn trong topic; thêm --value TỆP")
    except Invalid as error:
        stop(f"{place}: vẫn chưa xử lý được: {error}", 1)
    out.print(f"{place}: đã xử lý lại", markup=False)


@commands.command("discard")
def discard_command(service: ServiceName, place: PlaceArgument) -> None:
    """Bỏ một bản ghi: hồ sơ được coi là đủ khi không có nó."""

    async def work() -> None:
        async with _connected(service) as running:
            letters = letters_of(running)
            await letters.discard(await _letter(letters, place, service))

    _run(work())
    out.print(f"{place}: đã bỏ", markup=False)


async def _letter(letters: DeadLetters[Event], place: str, service: str) -> Letter:
    found = await letters.all()
    if place not in found:
        stop(f"không có bản ghi {place} trong {service}.dlq")
    return found[place].letter


def _run(work: Coroutine[None, None, Result]) -> Result:
    try:
        result = asyncio.run(work)
    except Unavailable as error:
        stop(f"không kết nối được: {error}", 3)
    return result


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="dlq")

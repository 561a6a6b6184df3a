"""`dunghen dlq ls | replay | discard`: see parked records and lift them. Uses the settings of the service (environment)."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from contracts import load_catalogue
from dunghen.commands.common import out, stop
from dunghen.services import SERVICES
from dunghen.tables import Cell, Column, Form, FormOption, show
from runtime.deadletters import Letter, Lifting, discard, is_lifted, is_parked, letter_of, replay, settlement, waiting
from runtime.errors import Invalid, Unavailable
from runtime.log import Partition, TooLargeError
from runtime.logs import configure_logs
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document

CONSUMERS = tuple(name for name in SERVICES if load_catalogue().read_by(name))
Result = TypeVar("Result")
PAGE = 1000
commands = typer.Typer(help="Bản ghi bị giữ lại (dead letters) của một dịch vụ.", no_args_is_help=True)
ServiceName = Annotated[str, typer.Argument(help=f"{' | '.join(CONSUMERS)}; cấu hình như khi chạy dịch vụ đó")]
PlaceArgument = Annotated[str, typer.Argument(help="topic/phân vùng/vị trí, như `ls` in ra")]


def _build(name: str) -> Service:
    configure_logs("critical")  # what a library would say in its way, the command says itself
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


async def letters_of(service: Service) -> dict[str, tuple[Letter, bool]]:
    """Dead letters by place, each with whether it still waits. A repeated letter counts once.

    A document that misses it or was given it knows best; else a letter waits until a settlement says otherwise. Raises
    Unavailable.
    """
    topics, topic = service.parts.topics, f"{service.parts.name}.dlq"
    counts = await topics.partitions([topic])
    places = {Partition(topic, number): 0 for number in range(counts.get(topic, 0))}
    letters: list[Letter] = []
    while places:
        found = await topics.read(places, PAGE)
        records = [record for own in found.values() for record in own]
        if not records:
            break
        places |= {Partition(record.topic, record.partition): record.offset + 1 for record in records}
        letters += [letter for r in records if (letter := letter_of(r.key, r.value, r.headers)) is not None]
    known = waiting(letters)
    assert service.loop is not None  # noqa: S101 - _build gives services with a loop
    keys = {letter.key for letter, _ in known.values() if letter.key}
    documents = await service.parts.store.get_many(service.loop.rules.collection, keys)
    return {
        place: (letter, _waits(documents.get(letter.key), place, unsettled=unsettled))
        for place, (letter, unsettled) in sorted(known.items())
    }


def _waits(document: Document | None, place: str, *, unsettled: bool) -> bool:
    """Whether a letter waits. The document that its key names need not be the one it was parked for: a record may have no key,
    or the key of another dossier."""
    if document is None:
        return unsettled
    return is_parked(document, place) or (unsettled and not is_lifted(document, place))


@commands.command("ls")
def ls(service: ServiceName, form: FormOption = Form.TABLE) -> None:
    """Liệt kê bản ghi bị giữ lại."""

    async def work() -> dict[str, tuple[Letter, bool]]:
        async with _connected(service) as running:
            return await letters_of(running)

    columns = (
        Column("place", "Vị trí", whole=True),
        Column("key", "Hồ sơ (khóa)", whole=True),
        Column("reason", "Lý do"),
        Column("first_at", "Lần đầu"),
        Column("waits", "Trạng thái", words={True: "đang chờ", False: "đã xử lý"}),
    )
    show(out, columns, [_row(place, letter, waits=waits) for place, (letter, waits) in _run(work()).items()], form)


def _row(place: str, letter: Letter, *, waits: bool) -> list[Cell]:
    return [place, letter.raw_key.decode("utf-8", "replace"), _reason(letter), letter.first_at, waits]


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
            letter = await _letter(running, place)
            assert running.loop is not None and running.intents is not None  # noqa: S101, PT018
            content = value.read_bytes() if value else await _content(running, letter)
            await replay(running.loop.rules, running.intents, letter, content)
            await _say(running, letter, "replayed", content)

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
            letter = await _letter(running, place)
            assert running.intents is not None  # noqa: S101
            await discard(running.intents, letter)
            await _say(running, letter, "discarded")

    _run(work())
    out.print(f"{place}: đã bỏ", markup=False)


async def _letter(service: Service, place: str) -> Letter:
    letters = await letters_of(service)
    if place not in letters:
        stop(f"không có bản ghi {place} trong {service.parts.name}.dlq")
    return letters[place][0]


async def _content(service: Service, letter: Letter) -> bytes:
    """What was parked; what was too large for a letter lies in its own topic still."""
    if not letter.is_left_out:
        return letter.value
    name, _, offset = letter.place.rpartition("/")
    partition = Partition.of(name)
    found = (await service.parts.topics.read({partition: int(offset)}, 1)).get(partition, [])
    if not found or found[0].offset != int(offset) or found[0].value is None:
        stop(f"{letter.place}: nội dung gốc không còn trong topic; thêm --value TỆP")
    return found[0].value


async def _say(service: Service, letter: Letter, lifting: Lifting, content: bytes = b"") -> None:
    """Say on the topic that a letter was lifted, so that a store that is made anew knows it too."""
    said = settlement(f"{service.parts.name}.dlq", letter, lifting, content)
    try:
        await service.parts.topics.publish([said])
    except TooLargeError:  # a reader then meets the record itself at its place
        await service.parts.topics.publish([replace(said, value=b"")])


def _run(work: Coroutine[None, None, Result]) -> Result:
    try:
        result = asyncio.run(work)
    except Unavailable as error:
        stop(f"không kết nối được: {error}", 3)
    return result


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="dlq")

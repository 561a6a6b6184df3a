"""`dunghen keys`: API keys of sending systems: new, ls, rotate, end. Works on intake's own store."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeVar

import typer

from dunghen.commands.common import StoreOf, err, out, stop
from dunghen.tables import Cell, Column, Form, FormOption, show
from reference import moment
from reference.phones import mobile
from runtime.errors import Unavailable
from runtime.store import Documents, open_documents
from services.intake import keys
from services.intake.domain.keys import SYSTEM, ApiKey, Role, Wanted
from services.intake.sealing import digest_number, hash_keys_of
from services.intake.store import declare_keys, list_keys

Answer = TypeVar("Answer")
IDENTITY = re.compile(r"[0-9a-f]{8}", re.ASCII)  # of a key

keys_app = typer.Typer(no_args_is_help=True, help="Khóa API của các hệ thống gửi hồ sơ.")


def _with_store(url: str, work: Callable[[Documents], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        documents = open_documents(url)
        try:
            await declare_keys(documents)
            return await work(documents)
        finally:
            await documents.close()

    try:
        return asyncio.run(run())
    except Unavailable as error:
        stop(f"kho dữ liệu không trả lời ({error})", 3)
    except ValueError as error:
        stop(str(error))


@keys_app.command("new")
def new_command(
    system: Annotated[str, typer.Argument(help="Tên hệ thống, ví dụ motcua-hoangvan (a-z, 0-9, -)")],
    store: StoreOf = "",
    unit: Annotated[
        list[str] | None, typer.Option(help="Mã đơn vị được gửi; lặp lại cho nhiều đơn vị; bỏ trống: mọi đơn vị")
    ] = None,
    mode: Annotated[
        Literal["live", "test", "pilot"], typer.Option(help="live; test: kiểm tra, không lưu; pilot: chỉ nhắn các số đã nêu")
    ] = "live",
    number: Annotated[list[str] | None, typer.Option(help="Số điện thoại được nhắn khi pilot")] = None,
    operator: Annotated[bool, typer.Option("--operator", help="Khóa cho người vận hành (quarantine), không gửi hồ sơ")] = False,
) -> None:
    """Tạo một khóa; khóa chỉ hiện một lần."""
    if not SYSTEM.fullmatch(system):
        stop("tên hệ thống chỉ gồm a-z, 0-9 và dấu -, dài nhất 40")
    wanted = Wanted(system, tuple(unit or ()), mode, "operate" if operator else "send", _digests(mode, number or []))
    key = _with_store(store, lambda documents: keys.create_key(documents, wanted, datetime.now(UTC)))
    err.print("Khóa này chỉ hiện một lần; giữ nó như mật khẩu:", markup=False)
    typer.echo(key)


def _digests(mode: str, numbers: list[str]) -> tuple[str, ...]:
    """Pilot numbers as intake compares them: as keyed hashes."""
    if (mode == "pilot") != bool(numbers):
        stop("pilot cần ít nhất một --number, và chỉ pilot có --number")
    secrets = os.environ.get("CONTACTS_HASH_KEYS", "")
    if not numbers:
        return ()
    if not secrets:
        stop("cần CONTACTS_HASH_KEYS của intake để giữ số điện thoại dưới dạng băm")
    try:
        secret = hash_keys_of(secrets)[0]
    except ValueError as error:
        stop(str(error))
    read = [mobile(number) for number in numbers]
    if None in read:
        stop("một --number không phải số di động đang dùng")
    return tuple(digest_number(secret, number) for number in read if number)


@keys_app.command("ls")
def ls_command(store: StoreOf = "", form: FormOption = Form.TABLE) -> None:
    """Liệt kê khóa: hệ thống, đơn vị, hạn, lần dùng cuối."""
    columns = (
        Column("id", "Khóa", whole=True),
        Column("system", "Hệ thống", whole=True),
        Column("units", "Đơn vị", words={"": "tất cả"}),
        Column("mode", "Chế độ", words={"operate": "vận hành"}),
        Column("created_at", "Tạo"),
        Column("until", "Hết hạn"),
        Column("used_at", "Dùng lần cuối"),
    )
    show(out, columns, [_row(key) for key in _with_store(store, list_keys)], form)


def _row(key: ApiKey) -> list[Cell]:
    times = [None if ms is None else moment(ms) for ms in (key.created_at, key.until, key.used_at)]
    return [key.id, key.of.system, ", ".join(key.of.units), key.of.role if key.of.role == "operate" else key.of.mode, *times]


@keys_app.command("rotate")
def rotate_command(
    system: Annotated[str, typer.Argument(help="Tên hệ thống, hoặc tám ký tự sau dh_ của đúng một khóa")],
    store: StoreOf = "",
    operator: Annotated[bool, typer.Option("--operator", help="Khóa vận hành của hệ thống, không phải khóa gửi hồ sơ")] = False,
    overlap_hours: Annotated[int, typer.Option(min=0, help="Khóa cũ còn dùng được bao nhiêu giờ")] = 168,
) -> None:
    """Tạo khóa mới thay một khóa, hoặc các khóa gửi (hay vận hành) của một hệ thống; khóa cũ hết hạn sau thời gian gối đầu."""
    overlap = timedelta(hours=overlap_hours)
    role: Role = "operate" if operator else "send"
    wanted = system if IDENTITY.fullmatch(system) and not operator else (system, role)
    try:
        rotated = _with_store(store, lambda documents: keys.rotate_key(documents, wanted, overlap, datetime.now(UTC)))
    except keys.SeveralKeysError as error:
        kinds = "; ".join(f"{key.id} ({_said(key.of)})" for key in error.keys)
        stop(f"hệ thống {system} có nhiều loại khóa; hãy nêu đúng khóa: {kinds}")
    except LookupError:
        stop(f"không có khóa {'vận hành' if operator else 'gửi hồ sơ'} nào của {system} còn hiệu lực")
    err.print(f"Thay khóa {', '.join(rotated.replaced)} ({_said(rotated.of)}).", markup=False)
    err.print(f"Khóa cũ hết hạn sau {overlap_hours} giờ. Khóa mới chỉ hiện một lần:", markup=False)
    typer.echo(rotated.key)


def _said(of: Wanted) -> str:
    """`motcua, live, H37.12`: what a key is for."""
    return f"{of.system}, {'vận hành' if of.role == 'operate' else of.mode}, {', '.join(of.units) or 'mọi đơn vị'}"


@keys_app.command("end")
def end_command(identity: Annotated[str, typer.Argument(help="Tám ký tự sau dh_")], store: StoreOf = "") -> None:
    """Kết thúc một khóa ngay."""
    if not _with_store(store, lambda documents: keys.end_keys(documents, [identity], datetime.now(UTC))):
        stop(f"không có khóa {identity} còn hiệu lực")
    out.print(f"Khóa {identity} đã hết hiệu lực.")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.add_typer(keys_app, name="keys")

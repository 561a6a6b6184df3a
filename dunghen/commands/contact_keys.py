"""`dunghen contact-keys`: the keys that contacts are sealed to, and the secrets of their digests: the next one, and how much an
old one is still needed. Changes no service: it prints what a person sets, and in which order."""

import asyncio
import base64
import os
import secrets
from typing import Annotated

import typer
from nacl.public import PrivateKey

from dunghen.commands.common import StoreOf, err, out, stop
from dunghen.tables import Column, Form, FormOption, show
from runtime.errors import Unavailable
from runtime.sealing import Opener, hash_keys_of
from runtime.store import open_documents
from services.notifier.domain.sealed import Sealed
from services.notifier.store import count_wishes, tally_sealed
from services.notifier.wishes import move_all, name_of

PRIVATE, PUBLIC, HASH = "CONTACTS_PRIVATE_KEYS", "CONTACTS_PUBLIC_KEY", "CONTACTS_HASH_KEYS"
WISHES = "NOTIFIER_HASH_KEYS"

NEXT_STEPS = """Đợt khóa {epoch}. Dòng {private} mở được mọi liên hệ: giữ như mật khẩu.
1. Đặt {private} cho notifier, khởi động lại, chờ mọi tiến trình có dunghen_contact_keys{{epoch="{epoch}"}} bằng 1.
2. Sau đó mới đặt {public} cho intake và feedback, khởi động lại. Làm ngược lại thì tin nhắn chờ, không mất.
3. Giữ khóa cũ. Khi bước 2 xong hẳn và `dunghen contact-keys ls` cho cột "Còn cần" của đợt cũ là 0, thay khóa ấy trong
   {private} bằng chữ retired (ví dụ 1:retired). Từ đó không ai đọc lại được liên hệ của đợt ấy."""
HASH_STEPS = """Khóa băm mới đứng SAU khóa cũ. Giữ dòng này như mật khẩu.
1. Đặt {hash} cho {service}, khởi động lại mọi tiến trình.
2. Khi mọi tiến trình đã có khóa mới: `dunghen contact-keys promote-hash{flag}` in dòng có khóa mới đứng đầu; đặt,
   khởi động lại."""
PROMOTED_STEPS = """Khóa băm mới đứng đầu: dữ liệu mới dùng khóa này, dữ liệu cũ vẫn nhận ra bằng khóa cũ.
1. Đặt {hash} cho intake, khởi động lại mọi tiến trình.
2. Chỉ bỏ khóa cũ khi các hồ sơ nhận trước bước 1 đã kết thúc, không còn mục nào của thời gian ấy trong `dunghen quarantine ls`,
   và các khóa API thí điểm (pilot) tạo trước đó đã được thay."""

PROMOTED_WISHES = """Khóa băm mới đứng đầu: ý muốn mới giữ theo khóa này, ý muốn cũ vẫn nhận ra bằng khóa cũ.
1. Đặt {hash} cho notifier, khởi động lại mọi tiến trình.
2. `dunghen contact-keys wishes --move` chuyển ý muốn của những người còn liên hệ sang khóa đầu.
3. Chỉ bỏ khóa cũ khi lệnh ấy cho khóa cũ là 0; số còn lại là của người không còn liên hệ ở đây, bỏ khóa
   là mất ý muốn của họ."""
OfWishes = Annotated[
    bool, typer.Option("--wishes", help="Khóa NOTIFIER_HASH_KEYS của notifier, thay cho CONTACTS_HASH_KEYS của intake")
]

commands = typer.Typer(
    no_args_is_help=True, help="Khóa niêm phong liên hệ theo đợt, và khóa băm: tạo khóa tiếp theo, bỏ khóa cũ."
)


@commands.command("next")
def next_command() -> None:
    """Tạo khóa của đợt tiếp theo; cần CONTACTS_PRIVATE_KEYS đang dùng trong biến môi trường."""
    current = _setting(PRIVATE)
    try:
        held = Opener.parse(current)
    except ValueError as error:
        stop(str(error))
    epoch = max((*held.keys, *held.retired)) + 1
    key = PrivateKey.generate()
    err.print(NEXT_STEPS.format(epoch=epoch, private=PRIVATE, public=PUBLIC), markup=False)
    typer.echo(f"{PRIVATE}={current},{epoch}:{_base64(bytes(key))}")
    typer.echo(f"{PUBLIC}={epoch}:{_base64(bytes(key.public_key))}")


@commands.command("next-hash")
def next_hash_command(wishes: OfWishes = False) -> None:
    """Tạo khóa băm tiếp theo, đứng sau khóa đang dùng; cần khóa đang dùng trong biến môi trường."""
    name, service = (WISHES, "notifier") if wishes else (HASH, "intake")
    keys = _words(name)
    err.print(HASH_STEPS.format(hash=name, service=service, flag=" --wishes" if wishes else ""), markup=False)
    typer.echo(f"{name}={','.join((*keys, secrets.token_hex(16)))}")


@commands.command("promote-hash")
def promote_hash_command(wishes: OfWishes = False) -> None:
    """Đưa khóa băm mới nhất (đứng cuối) lên đầu; cần khóa đang dùng trong biến môi trường."""
    name = WISHES if wishes else HASH
    keys = _words(name)
    if len(keys) < 2:
        stop(f"{name} chỉ có một khóa; hãy bắt đầu bằng `dunghen contact-keys next-hash`")
    err.print((PROMOTED_WISHES if wishes else PROMOTED_STEPS).format(hash=name), markup=False)
    typer.echo(f"{name}={','.join((keys[-1], *keys[:-1]))}")


def _words(name: str) -> tuple[str, ...]:
    return tuple(key.decode() for key in _hash_keys(name))


@commands.command("ls")
def ls_command(store: StoreOf = "", form: FormOption = Form.TABLE) -> None:
    """Mỗi đợt khóa đang giữ bao nhiêu liên hệ, bao nhiêu còn cần để báo tin. Đọc mọi hồ sơ của notifier."""
    try:
        tally = asyncio.run(_tally(store))
    except Unavailable as error:
        stop(f"kho dữ liệu không trả lời ({error})", 3)
    except KeyError:  # dossiers of another service say other things of a contact
        stop("--store: đây không phải kho dữ liệu của notifier")
    except ValueError as error:
        stop(str(error))
    columns = (
        Column("epoch", "Đợt", right=True),
        Column("contacts", "Liên hệ đang giữ", right=True),
        Column("needed", "Còn cần", right=True),
        Column("letters", "Thư đã gửi", right=True),
    )
    show(out, columns, [(epoch, one.contacts, one.needed, one.letters) for epoch, one in sorted(tally.items())], form)
    if form is Form.TABLE:
        out.print(
            '"Còn cần": còn có thể phải báo tin bằng khóa ấy. 0: bỏ được khóa; tên trong thư đã gửi sẽ không đọc lại được.'
        )


@commands.command("wishes")
def wishes_command(
    store: StoreOf = "",
    move: Annotated[
        bool, typer.Option("--move", help="Chuyển sang khóa đầu; cần CONTACTS_PRIVATE_KEYS. Đọc mọi hồ sơ")
    ] = False,
) -> None:
    """Ý muốn không nhận tin tùy chọn đang giữ theo khóa băm nào của NOTIFIER_HASH_KEYS; --move: chuyển sang khóa đầu."""
    opener = _opener() if move else None
    keys = _hash_keys(WISHES)
    try:
        moved, counted = asyncio.run(_wishes(store, keys, opener))
    except Unavailable as error:
        stop(f"kho dữ liệu không trả lời ({error})", 3)
    except ValueError as error:
        stop(str(error))
    if opener is not None:
        out.print(f"Đã chuyển: {moved}", markup=False)
    names = [name_of(key) for key in keys]
    for place, name in enumerate(names, 1):
        out.print(f"Khóa thứ {place}: {counted.get(name, 0)}", markup=False)
    lost = sum(count for name, count in counted.items() if name not in names)
    if lost:
        out.print(f"Khóa không còn trong {WISHES}: {lost}; không có khóa ấy thì các ý muốn này không còn được tôn trọng")


async def _wishes(url: str, keys: tuple[bytes, ...], opener: Opener | None) -> tuple[int, dict[str, int]]:
    """How many numbers were moved to the first secret, and how many lie under each."""
    documents = open_documents(url)
    try:
        moved = 0 if opener is None else await move_all(documents, keys, opener)
        return moved, await count_wishes(documents)
    finally:
        await documents.close()


async def _tally(url: str) -> dict[int, Sealed]:
    documents = open_documents(url)
    try:
        return await tally_sealed(documents)
    finally:
        await documents.close()


def _setting(name: str) -> str:
    """A setting of the environment; secrets are no arguments, which others on the machine can see."""
    value = os.environ.get(name, "").strip()
    if not value:
        stop(f"cần {name} đang dùng, trong biến môi trường")
    return value


def _hash_keys(name: str) -> tuple[bytes, ...]:
    try:
        return hash_keys_of(_setting(name), name)
    except ValueError as error:
        stop(str(error))


def _opener() -> Opener:
    try:
        return Opener.parse(_setting(PRIVATE))
    except ValueError as error:
        stop(str(error))


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="contact-keys")

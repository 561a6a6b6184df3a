"""`dunghen contact-keys`: the keys that contacts are sealed to, and the secrets of their digests: the next one, and how much an
old one is still needed. Changes no service: it prints what a person sets, and in which order."""

import asyncio
import base64
import os
import secrets

import typer
from nacl.public import PrivateKey

from dunghen.commands.common import StoreOf, err, out, stop
from dunghen.tables import Column, Form, FormOption, show
from runtime.errors import Unavailable
from runtime.sealing import Opener
from runtime.store import open_documents
from services.intake.sealing import hash_keys_of
from services.notifier.domain.sealed import Sealed
from services.notifier.store import tally_sealed

PRIVATE, PUBLIC, HASH = "CONTACTS_PRIVATE_KEYS", "CONTACTS_PUBLIC_KEY", "CONTACTS_HASH_KEYS"

NEXT_STEPS = """Đợt khóa {epoch}. Dòng {private} mở được mọi liên hệ: giữ như mật khẩu.
1. Đặt {private} cho notifier, khởi động lại, chờ mọi tiến trình có dunghen_contact_keys{{epoch="{epoch}"}} bằng 1.
2. Sau đó mới đặt {public} cho intake và feedback, khởi động lại. Làm ngược lại thì tin nhắn chờ, không mất.
3. Giữ khóa cũ. Khi bước 2 xong hẳn và `dunghen contact-keys ls` cho cột "Còn cần" của đợt cũ là 0, thay khóa ấy trong
   {private} bằng chữ retired (ví dụ 1:retired). Từ đó không ai đọc lại được liên hệ của đợt ấy."""
HASH_STEPS = """Khóa băm mới đứng SAU khóa cũ. Giữ dòng này như mật khẩu.
1. Đặt {hash} cho intake, khởi động lại mọi tiến trình.
2. Khi mọi tiến trình đã có khóa mới: `dunghen contact-keys promote-hash` in dòng có khóa mới đứng đầu; đặt, khởi động lại."""
PROMOTED_STEPS = """Khóa băm mới đứng đầu: dữ liệu mới dùng khóa này, dữ liệu cũ vẫn nhận ra bằng khóa cũ.
1. Đặt {hash} cho intake, khởi động lại mọi tiến trình.
2. Chỉ bỏ khóa cũ khi các hồ sơ nhận trước bước 1 đã kết thúc, không còn mục nào của thời gian ấy trong `dunghen quarantine ls`,
   và các khóa API thí điểm (pilot) tạo trước đó đã được thay."""

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
def next_hash_command() -> None:
    """Tạo khóa băm tiếp theo, đứng sau khóa đang dùng; cần CONTACTS_HASH_KEYS trong biến môi trường."""
    keys = _hash_keys()
    err.print(HASH_STEPS.format(hash=HASH), markup=False)
    typer.echo(f"{HASH}={','.join((*keys, secrets.token_hex(16)))}")


@commands.command("promote-hash")
def promote_hash_command() -> None:
    """Đưa khóa băm mới nhất (đứng cuối) lên đầu; cần CONTACTS_HASH_KEYS trong biến môi trường."""
    keys = _hash_keys()
    if len(keys) < 2:
        stop(f"{HASH} chỉ có một khóa; hãy bắt đầu bằng `dunghen contact-keys next-hash`")
    err.print(PROMOTED_STEPS.format(hash=HASH), markup=False)
    typer.echo(f"{HASH}={','.join((keys[-1], *keys[:-1]))}")


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


def _hash_keys() -> tuple[str, ...]:
    try:
        return tuple(key.decode() for key in hash_keys_of(_setting(HASH)))
    except ValueError as error:
        stop(str(error))


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="contact-keys")

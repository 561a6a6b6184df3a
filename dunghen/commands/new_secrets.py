"""`dunghen secrets`: fresh keys for a new installation, as environment lines."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from dunghen.commands.common import stop
from dunghen.together import Keys

PASSWORDS = ("MONGO_PASSWORD", "GRAFANA_PASSWORD")  # of deploy/compose.yaml


def secrets_command(
    out: Annotated[
        Path | None, typer.Option(help="Ghi vào tệp mới, chỉ chủ tệp đọc được (0600), thay cho in ra màn hình")
    ] = None,
) -> None:
    """Tạo khóa và mật khẩu cho hệ thống mới.

    Khóa niêm phong và băm liên hệ, liên kết lấy ý kiến, mã tra cứu, liên kết mở thư, báo phát, thẻ của cổng vào; mật khẩu
    của compose.
    """
    keys = Keys.new().environment() | {name: secrets.token_urlsafe(24) for name in PASSWORDS}
    lines = "".join(f"{name}={value}\n" for name, value in keys.items())
    if out is None:
        typer.echo(lines, nl=False)
        return
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(lines)
    except FileExistsError:
        stop(f"--out {out}: tệp đã có; khóa cũ không bị ghi đè")
    except OSError as error:
        stop(f"--out {out}: không ghi được ({error.strerror})")
    typer.echo(f"Đã ghi {len(lines.splitlines())} khóa vào {out}.")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("secrets")(secrets_command)

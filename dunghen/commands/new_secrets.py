"""`dunghen secrets`: fresh keys for a new installation, as environment lines."""

import typer

from dunghen.together import Keys


def secrets_command() -> None:
    """Tạo khóa mới cho hệ thống mới: niêm phong và băm liên hệ, liên kết lấy ý kiến, mã tra cứu, báo phát, thẻ của cổng vào."""
    for name, value in Keys.new().environment().items():
        typer.echo(f"{name}={value}")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("secrets")(secrets_command)

"""The command line: `dunghen COMMAND`. Only the module of the command asked for is loaded: `follow` answers in a second."""

import logging
import sys
from importlib import import_module

import typer

from runtime.errors import CANNOT_START, SettingsError

# Command -> its module in dunghen.commands; each has `register(app)`.
COMMANDS = {
    "run": "run",
    "import": "importing",
    "follow": "follow",
    "demo": "demo",
    "drill": "drill",
    "deadline": "deadline",
    "topics": "topics",
    "report": "report",
    "dlq": "dlq",
    "audit": "audit",
    "secrets": "new_secrets",
    "keys": "keys",
    "contact-keys": "contact_keys",
    "quarantine": "quarantine",
    "words": "words",
    "reference": "reference",
    "forms": "forms",
    "sms": "sms",
    "calendar": "calendar",
    "rebuild": "rebuild",
    "restored": "restored",
    "brake": "brake",
    "messages": "messages",
    "letters": "letters",
    "capacity": "capacity",
}


def make_app(wanted: str | None = None) -> typer.Typer:
    """The application with one command, or with all if that one is not known."""
    app = typer.Typer(
        name="dunghen",
        help="Đúng Hẹn: giữ đúng ngày hẹn của từng hồ sơ.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        add_completion=False,
    )

    @app.callback()
    def group() -> None:
        """Đúng Hẹn: giữ đúng ngày hẹn của từng hồ sơ."""

    for name, module in COMMANDS.items():
        if wanted not in COMMANDS or name == wanted:
            import_module(f"dunghen.commands.{module}").register(app)
    return app


def main() -> None:
    """Entry point of the `dunghen` script."""
    logging.getLogger().addHandler(logging.NullHandler())  # a command says itself what a library would say in its way
    try:
        make_app(sys.argv[1] if len(sys.argv) > 1 else None)()
    except SettingsError as error:
        sys.stderr.write("".join(f"dunghen: {line}\n" for line in str(error).splitlines()))
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main()

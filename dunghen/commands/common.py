"""What several commands need: consoles, a clear way to stop, where the log is."""

import asyncio
import os
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer
from rich.console import Console

from dunghen.log import read_broker, read_folder
from reference import ReferenceData, ReferenceDataError, load_reference
from runtime.errors import Unavailable
from runtime.kafka_admin import LogRecord

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def _store(context: typer.Context, value: str | None) -> str | None:
    """Where a store is. A password is given by the environment or a file: what stands in a command line, others can read."""
    source = context.get_parameter_source("store")
    if value and source is not None and source.name == "COMMANDLINE" and urlsplit(value).password is not None:
        stop("--store: địa chỉ có mật khẩu không đi trên dòng lệnh; đặt STORE_URL hoặc STORE_URL_FILE")
    path = os.environ.get("STORE_URL_FILE")
    if value or not path:
        return value
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        stop("STORE_URL_FILE: không đọc được tệp này")


def _needed_store(context: typer.Context, value: str) -> str:
    return _store(context, value) or stop("cần --store ĐỊA_CHỈ (STORE_URL hoặc STORE_URL_FILE)")


INTAKE = "http://127.0.0.1:8101"
IntakeUrl = Annotated[str, typer.Option("--url", envvar="INTAKE_URL", help="Địa chỉ của intake.")]
Key = Annotated[str, typer.Option("--key", envvar="DUNGHEN_KEY", help="Khóa API (dunghen keys new).")]
Token = Annotated[
    str,
    typer.Option("--token", envvar="DUNGHEN_TOKEN", help="Mã đăng nhập (JWT) của một người, hoặc @TỆP có mã ấy."),
]
LogFolder = Annotated[Path | None, typer.Option("--log", help="Thư mục nhật ký NDJSON, ví dụ của lần chạy demo.")]
Broker = Annotated[str | None, typer.Option("--broker", envvar="KAFKA_BOOTSTRAP_SERVERS", help="Địa chỉ Kafka.")]
Store = Annotated[
    str | None,
    typer.Option("--store", envvar="STORE_URL", callback=_store, help="Kho dữ liệu của dịch vụ đó (hoặc STORE_URL_FILE)."),
]
StoreOf = Annotated[
    str,
    typer.Option(
        "--store", envvar="STORE_URL", callback=_needed_store, help="Kho dữ liệu của dịch vụ đó (hoặc STORE_URL_FILE)."
    ),
]
Prefix = Annotated[str, typer.Option("--topic-prefix", envvar="TOPIC_PREFIX", help="Tiền tố của topic.")]
ReferenceDir = Annotated[Path, typer.Option("--reference", envvar="REFERENCE_DIR", help="Thư mục danh mục đơn vị, thủ tục.")]


def token_of(given: str) -> str:
    """A token that was given, itself or as `@` and the path of its file; ends the command if there is no such file."""
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text("utf-8").strip()
    except OSError:
        stop(f"--token: không đọc được tệp {given[1:]}")


def stop(message: str, code: int = 2) -> NoReturn:
    """End the command with one clear sentence."""
    err.print(f"dunghen: {message}", markup=False)
    raise typer.Exit(code)


def read_log(
    log: Path | None, broker: str | None, prefix: str, *, topics: list[str] | None = None, key: str | None = None
) -> list[LogRecord]:
    """The records of a folder or of a broker; ends the command if there is neither."""
    if log is not None:
        try:
            return list(read_folder(log, key or ""))
        except FileNotFoundError:
            stop(f"{log}: không có tệp *.ndjson nào")
    if not broker:
        stop("cần --log THƯ_MỤC hoặc --broker ĐỊA_CHỈ (KAFKA_BOOTSTRAP_SERVERS)")
    try:
        return asyncio.run(read_broker(broker, prefix, topics, key))
    except Unavailable as error:
        stop(f"Kafka tại {broker} không trả lời ({error})", 3)


def day(option: str, text: str) -> date:
    """A day given as an option; ends the command if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        stop(f"{option}: {text!r} không phải ngày YYYY-MM-DD")


def reference_data(folder: Path) -> ReferenceData:
    """The reference data of a folder; ends the command with its faults."""
    try:
        return load_reference(folder)
    except ReferenceDataError as error:
        stop(str(error))

"""`dunghen letters`: letters that leave on paper: which have to be printed, a batch of them as PDF, what became of each."""

import os
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer

from dunghen.answers import PaperLetter, PaperLetters, PrintedBatch
from dunghen.commands.asking import RefusedError, Saying, ask, away, call, say_each
from dunghen.commands.common import Token, err, out, stop, token_of
from dunghen.commands.messages import DEFAULT_URL, NotifierUrl
from dunghen.tables import Column, Form, FormOption, show

commands = typer.Typer(no_args_is_help=True, help="Thư gửi trên giấy: phải in, in theo đợt, đã giao, bị trả lại.")
PATH = "/v1/letters-on-paper"
BATCH = 3  # parts of UNIT/YEAR/NUMBER
Unit = Annotated[str, typer.Option("--unit", help="Mã đơn vị; bỏ trống là đơn vị đầu tiên của người hỏi.")]
To = Annotated[Path, typer.Option("--out", help="Tệp PDF sẽ được ghi ra; không ghi đè.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Ngày giao, hoặc ngày bị trả lại.")]
Dossiers = Annotated[list[str], typer.Argument(help="Mã hồ sơ, hoặc mã ý kiến mà thư trả lời")]


class State(StrEnum):
    """Which list."""

    WANTED = "wanted"
    PRINTED = "printed"


class How(StrEnum):
    """How a letter was handed over."""

    POST = "post"
    IN_PERSON = "in-person"
    TOLD = "told"


class Why(StrEnum):
    """Why a letter came back."""

    WRONG_ADDRESS = "wrong-address"
    MOVED = "moved"
    ABSENT = "absent"
    REFUSED = "refused"
    RETURNED = "returned"


COLUMNS = (
    Column("dossier", "Hồ sơ, ý kiến", whole=True),
    Column("kind", "Thư"),
    Column("symbol", "Số", whole=True),
    Column("unit", "Đơn vị", whole=True),
    Column("issued_on", "Ngày thư", whole=True),
    Column("why", "Vì sao, đến đâu"),
    Column("batch", "Đợt"),
)


@commands.command("ls")
def ls_command(
    url: NotifierUrl = DEFAULT_URL,
    token: Token = "",
    unit: Unit = "",
    state: Annotated[State, typer.Option("--state", help="wanted: phải in; printed: đã in, chờ kết quả")] = State.WANTED,
    form: FormOption = Form.TABLE,
) -> None:
    """Thư phải gửi trên giấy."""
    listed = _listed(url, token_of(token), unit, state)
    rows = [(one.dossier, one.kind_name, one.symbol, one.unit, one.issued_on.isoformat(), one.why, one.batch) for one in listed]
    show(out, COLUMNS, rows, form)


@commands.command("print")
def print_command(
    to: To, unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị.")], url: NotifierUrl = DEFAULT_URL, token: Token = ""
) -> None:
    """In một đợt thư phải in: danh sách, nhãn địa chỉ, các thư. Tên, địa chỉ được mở và ghi nhật ký."""
    _free(to)  # before anything is printed
    bearer = token_of(token)
    batch = ask(PrintedBatch, "notifier", url, f"{PATH}/batches", key=bearer, body={"unit": unit})
    for one in batch.left:
        err.print(f"{one.dossier}: {one.why}", markup=False)
    name = f"{batch.unit}/{batch.year}/{batch.number}"
    out.print(f"đợt {batch.name}: {len(batch.dossiers)} thư; tải lại bằng dunghen letters batch {name}", markup=False)
    _save(url, bearer, name, to)


@commands.command("batch")
def batch_command(
    batch: Annotated[str, typer.Argument(help="ĐƠN_VỊ/NĂM/SỐ")], to: To, url: NotifierUrl = DEFAULT_URL, token: Token = ""
) -> None:
    """Tải lại tệp PDF của một đợt đã in; được ghi nhật ký như lúc in."""
    parts = batch.split("/")
    if len(parts) != BATCH or not all(parts):
        stop(f"{batch}: ghi đợt là ĐƠN_VỊ/NĂM/SỐ, ví dụ H37.12/2026/3")
    _free(to)
    _save(url, token_of(token), batch, to)


@commands.command("delivered")
def delivered_command(
    dossiers: Dossiers,
    on: Day,
    url: NotifierUrl = DEFAULT_URL,
    token: Token = "",
    how: Annotated[How, typer.Option("--how", help="post: bưu chính phát; in-person: giao tận tay; told: biết cách khác")] = (
        How.POST
    ),
) -> None:
    """Thư đã đến người nhận."""
    _note(dossiers, how.value, on, url, token)


@commands.command("returned")
def returned_command(
    dossiers: Dossiers,
    on: Day,
    url: NotifierUrl = DEFAULT_URL,
    token: Token = "",
    why: Annotated[
        Why,
        typer.Option(
            "--why",
            help="wrong-address: địa chỉ sai; moved: đã chuyển đi; absent: vắng; refused: không nhận; returned: không rõ",
        ),
    ] = Why.RETURNED,
) -> None:
    """Thư bị trả lại; thư trở về danh sách phải in."""
    _note(dossiers, why.value, on, url, token)


def _listed(url: str, token: str, unit: str, state: State) -> Iterator[PaperLetter]:
    """All letters of a list, page by page."""
    after: str | None = ""
    while after is not None:
        params = {"state": state.value, "unit": unit, "after": after}
        page = ask(PaperLetters, "notifier", url, PATH, key=token, params=params)
        yield from page.letters
        after = page.after


def _free(to: Path) -> None:
    """Ends the command for a file that is there: what names people is not written over something else."""
    if to.exists():
        stop(f"{to}: đã có tệp này")


def _save(url: str, token: str, batch: str, to: Path) -> None:
    """For the eyes of whoever runs the command alone."""
    try:
        pdf = call(url, f"{PATH}/batches/{batch}/pdf", key=token).content
    except httpx.TransportError as error:
        away("notifier", url, error)
    except RefusedError as error:
        stop(str(error))
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pdf)
    except OSError:
        stop(f"{to}: không ghi được")
    out.print(f"Đã ghi {to}.", markup=False)


def _note(dossiers: list[str], outcome: str, on: datetime, url: str, token: str) -> None:
    """What became of each."""
    body = {"outcome": outcome, "on": on.date().isoformat()}
    say_each("notifier", url, token_of(token), [Saying(one, f"{PATH}/{one}", body) for one in dossiers], "thư")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="letters")

"""`dunghen messages`: messages that are uncertain, failed, had nobody to go to or are no longer so: list them, send them again,
say that a letter was posted, that their readers know, or that they were told that it is not so; wishes of people to be
sent no optional messages, and contacts that are corrected."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer

from dunghen.answers import CorrectionsSaid, ListedMessage, ListedMessages, WishesSaid
from dunghen.commands.asking import Saying, ask, say_each
from dunghen.commands.common import Token, out, stop, token_of
from dunghen.tables import Column, Form, FormOption, show

commands = typer.Typer(
    no_args_is_help=True,
    help="Tin nhắn chờ cán bộ quyết định: không rõ đã gửi hay chưa, không gửi được, không liên lạc được, kết quả bị rút lại.",
)
NotifierUrl = Annotated[str, typer.Option("--url", envvar="NOTIFIER_URL", help="Địa chỉ của notifier.")]
Dossiers = Annotated[list[str] | None, typer.Argument(help="Mã hồ sơ; bỏ trống thì dùng --all")]
Whole = Annotated[bool, typer.Option("--all", help="Tất cả tin nhắn ở trạng thái này (và mã này)")]
Code = Annotated[str, typer.Option("--code", help="Chỉ những tin có mã này của tổng đài, ví dụ 401")]
DEFAULT_URL = "http://127.0.0.1:8103"
PATH = "/v1/messages"


class State(StrEnum):
    """Which list."""

    UNCERTAIN = "uncertain"
    FAILED = "failed"
    UNREACHED = "unreached"
    TAKEN_BACK = "taken-back"


StateOption = Annotated[
    State,
    typer.Option(
        "--state",
        help="uncertain: không rõ đã gửi; failed: không gửi được; unreached: không liên lạc được;"
        " taken-back: kết quả bị rút lại",
    ),
]
COLUMNS = (
    Column("dossier", "Hồ sơ", whole=True),
    Column("notice", "Tin nhắn"),
    Column("occasion", "Lần"),
    Column("unit", "Đơn vị", whole=True),
    Column("at", "Từ lúc"),
    Column("why", "Lý do"),
    Column("code", "Mã"),
    Column("next", "Việc tiếp theo"),
)


@commands.command("ls")
def ls_command(
    url: NotifierUrl = DEFAULT_URL, token: Token = "", state: StateOption = State.UNCERTAIN, form: FormOption = Form.TABLE
) -> None:
    """Danh sách tin nhắn chờ quyết định."""
    listed = _listed(url, token_of(token), state)
    rows = [(one.dossier, one.notice, one.occasion, one.unit, one.at, one.why, one.code, one.next_step) for one in listed]
    show(out, COLUMNS, rows, form)


def _deciding(name: str, usual: State, said: str) -> None:
    """A command that takes one decision about messages. `usual`: the list that it is taken about."""

    @commands.command(name, help=said)
    def command(
        dossiers: Dossiers = None,
        url: NotifierUrl = DEFAULT_URL,
        token: Token = "",
        state: StateOption = usual,
        whole: Whole = False,
        code: Code = "",
    ) -> None:
        _decide(name, _wanted(dossiers, url, token, state, (whole, code)), url, token)


_deciding("again", State.FAILED, "Gửi lại. Người dân có thể nhận hai tin giống nhau nếu tin trước thật ra đã đi.")
_deciding("posted", State.FAILED, "Đã gửi thư giấy thay tin nhắn.")
_deciding("known", State.UNCERTAIN, "Người dân đã biết: đã nhận tin, hoặc được báo cách khác.")
_deciding("corrected", State.TAKEN_BACK, "Đã báo người dân là chưa có kết quả: kết quả bị rút lại sau khi tin được gửi.")


WishOf = Annotated[str, typer.Argument(help="Mã hồ sơ; - là số điện thoại đọc từ đầu vào chuẩn")]


@commands.command("stop")
def stop_command(dossier: WishOf, url: NotifierUrl = DEFAULT_URL, token: Token = "") -> None:
    """Người nộp hồ sơ không nhận tin tùy chọn (mời đánh giá, báo đã tiếp nhận) nữa. Tin bắt buộc vẫn gửi."""
    _wish(dossier, url, token, unwanted=True)


@commands.command("resume")
def resume_command(dossier: WishOf, url: NotifierUrl = DEFAULT_URL, token: Token = "") -> None:
    """Người nộp hồ sơ nhận lại tin tùy chọn."""
    _wish(dossier, url, token, unwanted=False)


@commands.command("contact")
def contact_command(
    dossier: Annotated[str, typer.Argument(help="Mã hồ sơ")], url: NotifierUrl = DEFAULT_URL, token: Token = ""
) -> None:
    """Sửa liên hệ của người nộp: số điện thoại, thư điện tử đọc từ đầu vào chuẩn, mỗi thứ một dòng."""
    typed = [line.strip() for line in sys.stdin if line.strip()]
    fields = [("email" if "@" in line else "phone", line) for line in typed]
    if not fields or len(dict(fields)) < len(fields):
        stop("cần một số điện thoại, một thư điện tử, hoặc cả hai, ở đầu vào chuẩn, mỗi thứ một dòng")
    said = ask(CorrectionsSaid, "notifier", url, f"{PATH}/of/{dossier}/contact", key=token_of(token), body=dict(fields))
    out.print("đã sửa liên hệ" if said.holds else "chưa sửa: hệ thống gửi vừa có bản mới hơn", markup=False)


def _wish(dossier: str, url: str, token: str, *, unwanted: bool) -> None:
    """A number is no argument, which others on the machine can see."""
    by_number = dossier == "-"
    path = f"{PATH}/stop-wishes" if by_number else f"{PATH}/of/{dossier}/stop-wish"
    body = {"stop": unwanted} | ({"phone": sys.stdin.readline().strip()} if by_number else {})
    said = ask(WishesSaid, "notifier", url, path, key=token_of(token), body=body)
    out.print("không nhận tin tùy chọn" if said.stopped else "nhận tin tùy chọn", markup=False)


def _listed(url: str, token: str, state: State) -> Iterator[ListedMessage]:
    """All messages of a list, page by page."""
    after: str | None = ""
    while after is not None:
        page = ask(ListedMessages, "notifier", url, PATH, key=token, params={"state": state, "after": after})
        yield from page.messages
        after = page.after


def _wanted(dossiers: list[str] | None, url: str, token: str, state: State, which: tuple[bool, str]) -> list[ListedMessage]:
    """The messages of a list that are meant; ends the command if nobody says which."""
    whole, code = which
    if not dossiers and not whole:
        stop("cần mã hồ sơ, hoặc --all")
    found = [one for one in _listed(url, token_of(token), state) if not code or one.code == code]
    return [one for one in found if whole or one.dossier in (dossiers or ())]


def _decide(what: str, messages: list[ListedMessage], url: str, token: str) -> None:
    """Decide about each; one that somebody else decided about meanwhile stops no other."""
    sayings = [
        Saying(f"{one.dossier} ({one.notice})", f"{PATH}/{one.dossier}/{one.notice}/{what}", {}, {"occasion": one.occasion})
        for one in messages
    ]
    say_each("notifier", url, token_of(token), sayings, "tin nhắn")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="messages")

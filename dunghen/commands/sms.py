"""`dunghen sms`: what texts are charged as, which number a cell holds, every text that citizens may get, and a
unit's own words tried."""

import os
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dunghen import PROVINCE
from dunghen.commands.common import ReferenceDir, err, out, reference_data, stop
from dunghen.messages import page
from dunghen.smschecks import Broken, answers, as_json
from services.notifier.domain import Ground
from services.notifier.domain.forms import FORMS
from services.notifier.domain.sending import speaker_named
from services.notifier.domain.unit_texts import Place, as_kept, problems, samples
from services.notifier.gateways.opening import replies_url

sms_app = typer.Typer(no_args_is_help=True, help="Tin nhắn SMS: độ dài, số điện thoại, nội dung.")


@sms_app.command("check")
def check_command(
    file: Annotated[
        Path,
        typer.Argument(help='Tệp JSON Lines, mỗi dòng {"id", "text"} hoặc {"id", "phone"}; - là đầu vào chuẩn'),
    ],
) -> None:
    """Mỗi dòng một câu trả lời JSON: bảng mã và số tin của nội dung, hoặc số di động trong ô."""
    broken = False
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as lines:
            for said in answers(lines):
                broken = broken or isinstance(said, Broken)
                typer.echo(as_json(said))
    except OSError:
        stop(f"{file}: không đọc được tệp này")
    if broken:
        raise typer.Exit(1)


@sms_app.command("replies-url")
def replies_url_command() -> None:
    """Địa chỉ đặt làm post-url của Kannel để nhận tin người dân trả lời.

    Cần NOTIFIER_RECEIPTS_URL và NOTIFIER_RECEIPTS_SECRET của notifier trong biến môi trường.
    """
    base, secret = (os.environ.get(f"NOTIFIER_RECEIPTS_{name}", "").strip() for name in ("URL", "SECRET"))
    if not base or not secret:
        stop("cần NOTIFIER_RECEIPTS_URL và NOTIFIER_RECEIPTS_SECRET của notifier, trong biến môi trường")
    typer.echo(replies_url(base, secret))


@sms_app.command("table")
def table_command() -> None:
    """Mọi nội dung tin nhắn theo loại và tình trạng hồ sơ, dạng Markdown."""
    typer.echo(page(), nl=False)


@sms_app.command("preview")
def preview_command(
    form: Annotated[str, typer.Argument(help="Mẫu nào, ví dụ result-ready.counter; sai tên thì in ra mọi mẫu")],
    text: Annotated[str, typer.Argument(help="Nội dung muốn thử; bỏ trống thì là mẫu chuẩn")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Mã đơn vị gửi tin")] = "H37.12",
    reference: ReferenceDir = PROVINCE,
    public_url: Annotated[
        str, typer.Option("--public-url", envvar="FEEDBACK_PUBLIC_URL", help="Địa chỉ của liên kết đánh giá")
    ] = "https://dichvucong.example/y-kien",
    lookup_url: Annotated[
        str, typer.Option("--lookup-url", envvar="NOTIFIER_LOOKUP_URL", help="Địa chỉ trang tra cứu; trống: không có")
    ] = "",
    letter_url: Annotated[
        str, typer.Option("--letter-url", envvar="NOTIFIER_LETTER_URL", help="Địa chỉ mở thư xin lỗi; trống: không có")
    ] = "",
) -> None:
    """Thử lời của đơn vị cho một mẫu, với hồ sơ không có thật: tin sẽ gửi, số phần, và vì sao chưa lưu được."""
    if form not in FORMS:
        stop(f"không có mẫu {form}; có: {', '.join(FORMS)}")
    known = reference_data(reference)
    if unit not in known.units:
        stop(f"không có đơn vị {unit} trong {reference}")
    speaker = speaker_named(unit, Ground(datetime.now(UTC), known))
    longest = max((one.name for one in known.procedures.values()), key=len, default="")
    place, words = Place(speaker, longest, public_url, lookup_url, letter_url), as_kept(text) or FORMS[form].text
    wrong = problems(form, words, place)
    for sentence in wrong:
        err.print(sentence, markup=False)
    if wrong:
        raise typer.Exit(1)
    for sample in samples(words, place):
        out.print(f"{sample.case} ({sample.size.parts} phần): {sample.text}", markup=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(sms_app, name="sms")

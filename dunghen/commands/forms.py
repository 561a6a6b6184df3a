"""`dunghen forms`: look over a survey form, see it as citizens will, on paper too, publish it under a name that is never used
again; type in what came back on paper."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dunghen.answers import PaperAnswers
from dunghen.commands.asking import ask
from dunghen.commands.common import Token, err, out, stop, token_of
from services.feedback.domain import FormFileError, SurveyForm, load_forms, read_form
from services.feedback.http import preview
from services.feedback.printed import Wording, render

DEFAULT_URL = "http://127.0.0.1:8104"
NUMBER, NOTE = "so-phieu", "y-kien-khac"  # columns of a file of paper answers; the others are questions
AT_ONCE, LARGEST = 100, 5_000_000  # sheets of one request; bytes of a file
MOST_COLUMNS, LONGEST_NAME, LONGEST_ANSWER, LONGEST_NOTE = 32, 40, 20, 2000  # columns; characters
SPECIMEN = "MAUMAUMAUM"
commands = typer.Typer(no_args_is_help=True, help="Phiếu lấy ý kiến: kiểm tra, xem thử, công bố.")
File = Annotated[Path, typer.Argument(help="Tệp YAML của phiếu, ví dụ tthc-2027.1.yaml")]


@commands.command("check")
def check_command(file: File) -> None:
    """Kiểm tra một phiếu: mỗi lỗi một dòng, với câu hỏi và quy tắc."""
    form = _read(file)
    asked = sum(question.only_if is not None for question in form.questions)
    out.print(f"{form.id}: {len(form.questions)} câu, {asked} câu có điều kiện. Không có lỗi.", markup=False)


@commands.command("preview")
def preview_command(file: File, to: Annotated[Path, typer.Option("--out", help="Trang HTML sẽ được ghi ra")]) -> None:
    """Xem thử trang mà người dân sẽ thấy."""
    form = _read(file)
    try:
        to.write_text(preview(form), "utf-8")
    except OSError:
        stop(f"{to}: không ghi được")
    out.print(f"Mở {to} bằng trình duyệt.", markup=False)


@commands.command("print")
def print_command(file: File, to: Annotated[Path, typer.Option("--out", help="Tệp PDF sẽ được ghi ra")]) -> None:
    """Xem thử phiếu giấy khổ A4. Phiếu để phát có số riêng từng tờ, in ở trang Phiếu khảo sát giấy."""
    form = _read(file)
    wording = Wording("Đơn vị mẫu", "Thủ tục mẫu", date.today(), "BẢN XEM THỬ")  # noqa: DTZ011 - the day where it is printed
    try:
        to.write_bytes(render(form, wording, [(SPECIMEN, f"https://example.org/y-kien/{SPECIMEN}")]))
    except OSError:
        stop(f"{to}: không ghi được")
    out.print(f"Đã ghi {to}.", markup=False)


@commands.command("enter")
def enter_command(
    file: Annotated[
        Path, typer.Argument(help="Tệp CSV: cột so-phieu, mỗi câu hỏi một cột theo mã câu, cột y-kien-khac nếu có")
    ],
    url: Annotated[str, typer.Option("--url", envvar="FEEDBACK_URL", help="Địa chỉ của feedback.")] = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Nhập phiếu giấy từ một tệp; câu trả lời ghi bằng số in trên phiếu, từ 1. Gửi lại cả tệp là an toàn."""
    counts = dict.fromkeys(("accepted", "again", "refused"), 0)
    bearer = token_of(token)
    for some in _batches(list(_rows(file))):  # read to its end before anything is sent
        body = {"sheets": [sheet for _, sheet in some]}
        became = ask(PaperAnswers, "feedback", url, "/v1/survey-sheets", key=bearer, body=body)
        for (line, _), one in zip(some, became.items, strict=True):
            counts[one.status] += 1
            if one.status == "refused":
                err.print(f"dòng {line}: {one.why}", markup=False)
    again = f", đã nhập từ trước {counts['again']} phiếu" if counts["again"] else ""
    out.print(f"Đã nhập {counts['accepted']} phiếu{again}, từ chối {counts['refused']} phiếu.")
    if counts["refused"]:
        raise typer.Exit(1)


Line = tuple[int, dict[str, object]]


def _rows(file: Path) -> Iterator[Line]:
    """Line number and sheet of each row with something in it; ends the command for what is no such file."""
    try:
        if file.stat().st_size > LARGEST:
            stop(f"{file}: lớn hơn {LARGEST // 1_000_000} MB")
        text = file.read_text("utf-8-sig")
    except OSError:
        stop(f"{file}: không đọc được")
    except UnicodeDecodeError:
        stop(f"{file}: không phải UTF-8")
    head = text.partition("\n")[0]
    comma = ";" if head.count(";") > head.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma, restkey="", strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or ()]
        if NUMBER not in columns or len(set(columns)) < len(columns) or not all(columns):
            stop(f"{file}: dòng đầu phải có cột {NUMBER} và mỗi câu hỏi một cột, mỗi cột một tên")
        if len(columns) > MOST_COLUMNS or max(map(len, columns)) > LONGEST_NAME:
            stop(f"{file}: nhiều nhất {MOST_COLUMNS} cột, tên cột không quá {LONGEST_NAME} ký tự")
        reader.fieldnames = columns
        for row in reader:
            if row.pop("", None):
                stop(f"{file}: dòng {reader.line_num} có nhiều ô hơn dòng đầu")
            given = {name: (value or "").strip() for name, value in row.items()}
            number, note = given.pop(NUMBER), given.pop(NOTE, "")
            # What is longer than anything that is taken is refused as well when it is cut, and its row alone.
            answers = {name: value[:LONGEST_ANSWER] for name, value in given.items() if value}
            if number or note or answers:
                yield reader.line_num, {"number": number[:LONGEST_NAME], "answers": answers, "note": note[:LONGEST_NOTE]}
    except csv.Error as error:
        stop(f"{file}: dòng {reader.line_num} không phải CSV ({error})")


def _batches(rows: list[Line]) -> list[list[Line]]:
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]


@commands.command("publish")
def publish_command(
    file: File,
    folder: Annotated[
        Path, typer.Option("--to", envvar="FEEDBACK_FORMS_DIR", help="Thư mục phiếu của feedback (FEEDBACK_FORMS_DIR)")
    ],
) -> None:
    """Công bố một phiếu. Phiếu đã công bố không đổi được nữa: lời khác là phiên bản khác."""
    form = _read(file)
    if not folder.is_dir():
        stop(f"{folder}: không có thư mục này")
    try:
        published = load_forms(folder)
        known = published.get(form.id)
        if known is not None and known != form:
            stop(f"{form.id}: đã công bố với nội dung khác; đặt phiên bản mới")
        if known is None:
            with (folder / f"{form.id}.yaml").open("x", encoding="utf-8") as written:
                written.write(file.read_text("utf-8"))
    except FormFileError as error:
        stop(str(error))
    except OSError:
        stop(f"{folder}: không ghi được")
    done = "Đã công bố" if known is None else "Đã công bố từ trước"
    out.print(
        f"{done}: {form.id}. Lời mời mới dùng phiếu này khi FEEDBACK_FORM={form.id} và feedback khởi động lại.", markup=False
    )


def _read(file: Path) -> SurveyForm:
    try:
        return read_form(file)
    except OSError:
        stop(f"{file}: không đọc được")
    except FormFileError as error:
        for fault in error.faults:
            err.print(f"{file.name}: {fault}", markup=False)
        raise typer.Exit(1) from None


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(commands, name="forms")

"""`dunghen forms`: look over a survey form, see it as citizens will, publish it under a name that is never used again."""

from pathlib import Path
from typing import Annotated

import typer

from dunghen.commands.common import err, out, stop
from services.feedback.domain import FormFileError, SurveyForm, load_forms, read_form
from services.feedback.http import preview

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

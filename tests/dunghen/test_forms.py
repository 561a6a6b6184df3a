"""`dunghen forms`: a form is looked over, shown, and published once."""

from pathlib import Path

from typer.testing import CliRunner

from dunghen.__main__ import make_app
from services.feedback.domain.forms import SHIPPED

RUN, APP = CliRunner(), make_app("forms")
TEXT = (SHIPPED / "tthc-2026.2.yaml").read_text("utf-8")


def form(folder: Path, text: str = TEXT) -> str:
    file = folder / "xa-2027.1.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_form_without_faults_says_so(tmp_path: Path) -> None:
    done = RUN.invoke(APP, ["forms", "check", form(tmp_path)])
    assert (done.exit_code, done.output) == (0, "xa-2027.1: 5 câu, 1 câu có điều kiện. Không có lỗi.\n")


def test_each_fault_is_a_line(tmp_path: Path) -> None:
    wrong = TEXT.replace('["Không nhận được", 0]', '["Không bị trễ hẹn", 0]').replace('"Rất chậm"]\n', '"Trễ"]\n')
    done = RUN.invoke(APP, ["forms", "check", form(tmp_path, wrong)])

    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["xa-2027.1.yaml", "câu apology"]] * 2
    assert ["null" in lines[0], "«Trễ»" in lines[1]] == [True, True]


def test_a_page_is_previewed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = RUN.invoke(APP, ["forms", "preview", form(tmp_path), "--out", str(page)])

    assert done.exit_code == 0
    assert "Chỉ trả lời nếu ở câu 3" in page.read_text("utf-8")


def test_a_published_form_is_never_changed(tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    first = RUN.invoke(APP, ["forms", "publish", form(tmp_path), "--to", str(folder)])
    again = RUN.invoke(APP, ["forms", "publish", form(tmp_path), "--to", str(folder)])
    other = RUN.invoke(APP, ["forms", "publish", form(tmp_path, TEXT.replace("Ông/Bà", "bạn")), "--to", str(folder)])

    assert [done.exit_code for done in (first, again, other)] == [0, 0, 2]
    assert "phiên bản mới" in other.output
    assert (folder / "xa-2027.1.yaml").read_text("utf-8") == TEXT


def test_a_file_or_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    for command in (
        ["check", nowhere],
        ["publish", form(tmp_path), "--to", nowhere],
        ["preview", form(tmp_path), "--out", f"{nowhere}/x"],
    ):
        done = RUN.invoke(APP, ["forms", *command])
        assert (done.exit_code, len(done.output.splitlines())) == (2, 1), done.output

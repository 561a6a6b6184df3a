"""`dunghen forms`: a form is looked over, shown, and published once."""

from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.answers import PaperAnswers
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


def test_a_sheet_for_paper_is_looked_over_and_says_that_nobody_enters_it(tmp_path: Path) -> None:
    made = tmp_path / "sheet.pdf"
    done = RUN.invoke(APP, ["forms", "print", form(tmp_path), "--out", str(made)])

    assert done.exit_code == 0, done.output
    (page,) = pypdf.PdfReader(made).pages
    assert "BẢN XEM THỬ" in page.extract_text()
    assert RUN.invoke(APP, ["forms", "print", form(tmp_path), "--out", f"{tmp_path}/nowhere/x"]).exit_code == 2


def test_paper_answers_go_from_a_file_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, object]] = []

    def ask(*_: object, body: dict[str, list[dict[str, object]]], **__: object) -> PaperAnswers:
        sent.extend(body["sheets"])
        became = [{"status": "accepted"}, {"status": "again"}, {"status": "refused", "why": "không có phiếu"}]
        return PaperAnswers.model_validate({"items": became[: len(body["sheets"])]})

    monkeypatch.setattr("dunghen.commands.forms.ask", ask)
    file = tmp_path / "phieu.csv"
    text = 'so-phieu;attitude;waiting;y-kien-khac\nABCDE FGHIJ;1;2;"Ghế hỏng;\nmái dột"\n;;;\nAAAAA BBBBB;1;;\nx;9999;;\n'
    file.write_text(text, "utf-8-sig")
    done = RUN.invoke(APP, ["forms", "enter", str(file), "--token", "x"])

    assert sent == [
        {"number": "ABCDE FGHIJ", "answers": {"attitude": "1", "waiting": "2"}, "note": "Ghế hỏng;\nmái dột"},
        {"number": "AAAAA BBBBB", "answers": {"attitude": "1"}, "note": ""},
        {"number": "x", "answers": {"attitude": "9999"}, "note": ""},
    ]
    assert done.exit_code == 1
    assert "dòng 6: không có phiếu" in done.output
    assert "Đã nhập 1 phiếu, đã nhập từ trước 1 phiếu, từ chối 1 phiếu." in done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "so-phieu"),
        (b"attitude,waiting\n1,2\n", "so-phieu"),
        (b"so-phieu,attitude,attitude\nx,1,2\n", "so-phieu"),
        (b"so-phieu,attitude\nx,1,2\n", "dòng 2 có nhiều ô hơn"),
        (b'so-phieu,attitude\nx,"1\n', "không phải CSV"),
        (b"so-phieu,attitude\n\xff,1\n", "không phải UTF-8"),
        (b"so-phieu," + b"a" * 5000 + b"\nx,1\n", "không quá 40 ký tự"),
    ],
    ids=["empty", "no-number", "twice", "more", "quote", "bytes", "long"],
)
def test_a_file_that_is_none_of_paper_answers_is_one_sentence_and_nothing_is_sent(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "phieu.csv"
    file.write_bytes(content)
    done = RUN.invoke(APP, ["forms", "enter", str(file), "--url", "http://127.0.0.1:1"])

    assert (done.exit_code, said in done.output) == (2, True), done.output

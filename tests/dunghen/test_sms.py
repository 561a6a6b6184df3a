"""`dunghen sms`: anybody's texts and numbers line by line, and the table of all texts."""

import json
from pathlib import Path

from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.messages import page

ROOT = Path(__file__).parents[2]
RUN, app = CliRunner(), make_app("sms")


def test_texts_and_numbers_are_answered_line_by_line_with_exact_keys(tmp_path: Path) -> None:
    """R25, R26."""
    lines = [
        {"id": "plain", "text": "Ho so da co ket qua"},
        {"id": "accents", "text": "đ" * 71},
        {"id": "emoji", "text": "Hồ sơ 😀 xong"},
        {"id": 7, "text": ""},
        {"id": "phone", "phone": "ĐT: 0912.000.013 / 0987 000 014"},
        {"id": "landline", "phone": "0205 3812 345"},
        {"id": "nobody", "phone": "không có"},
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("\ufeff" + "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    done = RUN.invoke(app, ["sms", "check", str(file)])

    assert done.exit_code == 0
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"id": "plain", "encoding": "GSM-7", "parts": 1, "unaccented": "Ho so da co ket qua", "unaccented_parts": 1},
        {"id": "accents", "encoding": "UCS-2", "parts": 2, "unaccented": "d" * 71, "unaccented_parts": 1},
        {"id": "emoji", "encoding": "UCS-2", "parts": 1, "unaccented": "Ho so xong", "unaccented_parts": 1},
        {"id": 7, "encoding": "GSM-7", "parts": 1, "unaccented": "", "unaccented_parts": 1},
        {"id": "phone", "e164": "+84912000013", "reason": None},
        {"id": "landline", "e164": None, "reason": "landline"},
        {"id": "nobody", "e164": None, "reason": "no-number"},
    ]


def test_a_broken_line_is_an_error_with_its_line_and_field_and_stops_no_other() -> None:
    lines = [
        b"nonsense",
        b"[1]",
        b'{"text": "a"}',
        b'{"id": true, "text": "a"}',
        b'{"id": "a"}',
        b'{"id": "a", "text": "a", "phone": "0912000013"}',
        b'{"id": "a", "text": 5}',
        b'{"id": "a", "phone": null}',
        b'{"id": "a", "text": "\\ud83d"}',
        b"\xff",
        b"[" * 100_000,
        b'{"id": "good", "phone": "0912000013"}',
    ]
    done = RUN.invoke(app, ["sms", "check", "-"], input=b"\n".join(lines))
    said = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.exit_code == 1
    assert [(one["line"], one["field"]) for one in said[:-1]] == [
        *((1, "line"), (2, "line"), (3, "id"), (4, "id"), (5, "text, phone"), (6, "text, phone")),
        *((7, "text"), (8, "phone"), (9, "text"), (10, "line"), (11, "line")),
    ]
    assert said[6]["error"] == "dòng 7: text: phải là một chuỗi"
    assert said[-1] == {"id": "good", "e164": "+84912000013", "reason": None}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["sms", "check", str(tmp_path / "none.jsonl")])

    assert (done.exit_code, "none.jsonl: không đọc được tệp này" in done.stderr) == (2, True)


def test_the_table_of_the_docs_is_the_one_that_the_command_prints() -> None:
    """R28."""
    done = RUN.invoke(app, ["sms", "table"])

    assert done.stdout == page() == (ROOT / "docs/messages.md").read_text("utf-8")


def test_own_words_are_tried_before_they_are_set() -> None:
    """R25, R28."""
    good = RUN.invoke(app, ["sms", "preview", "result-ready.counter", "Hồ sơ {ma} xong. Mời Ông/Bà đến nhận tại {don_vi}."])
    standard = RUN.invoke(app, ["sms", "preview", "survey"])
    bad = RUN.invoke(app, ["sms", "preview", "refused", "Xem https://evil.test"])
    unknown = RUN.invoke(app, ["sms", "preview", "birthday"])

    assert "(1 phần): Ho so H37.12-261105-0042 xong. Moi Ong/Ba den nhan tai UBND xa Hoang Van." in good.stdout
    assert "y-kien/XXXX" in standard.stdout
    assert (bad.exit_code, "Thiếu {ma}" in bad.stderr, "địa chỉ công khai" in bad.stderr) == (1, True, True)
    assert (unknown.exit_code, "result-ready.post" in unknown.stderr) == (2, True)

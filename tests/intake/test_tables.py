"""Tables in text files as offices save them: where they begin, what separates them, what stands around them."""

import csv
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.intake.files import FileRefusedError, Row, Table, read_file
from services.intake.files.headings import heading_key, understand
from tests.intake.test_files import cp1258

HEADINGS = ("STT", "Mã hồ sơ", "Mã TTHC", "Tên cá nhân, tổ chức", "Ngày nhận", "Ngày hẹn trả")


def line(number: int, code: str | None = None, name: str = "Lò Văn Thí Nghiệm") -> list[str]:
    """A line of a register that is in order."""
    said = f"H37.12-261120-{number:04}" if code is None else code
    return [str(number), said, "1.000894", name, "20/11/2026 09:00", "27/11/2026 09:00"]


def text(lines: Sequence[Sequence[str]], separator: str) -> str:
    """Lines as a program writes them: cells quoted where they have to be."""

    def cell(said: str) -> str:
        quoted = said.replace('"', '""')
        return f'"{quoted}"' if any(sign in said for sign in (separator, "\n", '"')) else said

    return "".join(separator.join(map(cell, cells)) + "\r\n" for cells in lines)


def read(tmp_path: Path, content: bytes | str, name: str = "so.csv") -> tuple[Table, list[Row]]:
    """A file's table and its rows."""
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    table = read_file(file)
    return table, list(table.rows)


def codes(rows: Sequence[Row]) -> list[object]:
    """The code of each row that says an item."""
    return [row.item["dossier"] for row in rows if row.item is not None]


ABOVE = {
    "nothing": [],
    "a title": [["SỔ THEO DÕI HỒ SƠ"]],
    "an empty line": [[]],
    "a title with commas": [["UBND xã Hoàng Vân, huyện A, tỉnh B, năm 2026, quý IV, biểu 07"], []],
    "titles over cells": [["UBND XÃ HOÀNG VÂN", "", "", "CỘNG HÒA XÃ HỘI", "", ""], ["", "", "SỔ THEO DÕI", "", "", ""]],
    "a title with a semicolon": [["Sổ; tháng 11; năm 2026; trang 1; tờ 2; quyển 3; lưu"]],
}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_the_separator_is_found_from_the_table_not_from_the_first_line(
    tmp_path: Path, separator: str, above: list[list[str]]
) -> None:
    table, rows = read(tmp_path, text([*above, HEADINGS, line(202)], separator))

    assert codes(rows) == ["H37.12-261120-0202"]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == "Lò Văn Thí Nghiệm"
    assert table.separator == separator


ENCODINGS = {
    "utf-8": str.encode,
    "utf-8 with its mark": lambda said: said.encode("utf-8-sig"),
    "utf-16-le with its mark": lambda said: b"\xff\xfe" + said.encode("utf-16-le"),
    "utf-16-be with its mark": lambda said: b"\xfe\xff" + said.encode("utf-16-be"),
    "utf-16-le": lambda said: said.encode("utf-16-le"),
    "utf-16-be": lambda said: said.encode("utf-16-be"),
    "windows-1258": cp1258,
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("separator", [";", "\t"])
def test_every_encoding_of_offices_is_read_with_every_separator(tmp_path: Path, encode: object, separator: str) -> None:
    assert callable(encode)
    _, rows = read(tmp_path, encode(text([["SỔ THEO DÕI HỒ SƠ"], [], HEADINGS, line(202)], separator)))

    assert codes(rows) == ["H37.12-261120-0202"]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == "Lò Văn Thí Nghiệm"


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "sep=;;;;;;\r\n"])
def test_the_line_by_which_excel_says_the_separator_is_understood(tmp_path: Path, first: str) -> None:
    _, rows = read(tmp_path, first + text([HEADINGS, line(202)], ";"))

    assert [(row.line, row.faults) for row in rows] == [(3, ())]


@pytest.mark.parametrize("name", ["so.txt", "so.tsv", "so.csv"])
def test_what_excel_calls_unicode_text_is_read_under_its_own_suffix(tmp_path: Path, name: str) -> None:
    _, rows = read(tmp_path, text([HEADINGS, line(202)], "\t").encode("utf-16"), name)

    assert codes(rows) == ["H37.12-261120-0202"]


def test_line_ends_and_separators_within_quotes_belong_to_their_cell(tmp_path: Path) -> None:
    heads = [name.replace(" ", "\n", 1) for name in HEADINGS]
    _, rows = read(tmp_path, text([["Sổ; năm 2026"], heads, line(1, name="Hộ ông Lò;\nvà vợ"), line(2)], ";"))

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == "Hộ ông Lò;\nvà vợ"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("M· hå s¬;Ngµy nhËn;Tªn tæ chøc\r\n".encode("latin-1"), "TCVN3"),
        ("Maõ hoà sô;Ngaøy nhaän;Teân toå chöùc\r\n".encode("latin-1"), "VNI"),
        ("M· hå s¬;Ngµy nhËn;Tªn tæ chøc\r\n".encode(), "TCVN3"),
        ("Mã hồ sơ;Ngày nhận;Tên tổ chức\r\n".encode().decode("cp1252", "replace").encode(), "mở sai bảng mã"),
        (b"PK\x03\x04whatever", "đuôi .xlsx"),
        (b"\x1f\x8b\x08whatever", "gzip"),
        (b"%PDF-1.7 whatever", "PDF"),
        ("Mã hồ sơ,Ngày nhận\r\n".encode("utf-32"), "UTF-32"),
        (b"a," * 600_000 + b"\n", "quá 1000000 ký tự"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        read(tmp_path, content)


# --- lines that are no dossier ------------------------------------------------------

CLOSINGS = (
    ("Tổng cộng", "", "", "", "", ""),
    ("", "Tổng cộng", "", "12", "", "12"),
    ("Tổng số: 12", "", "", "", "", ""),
    ("", "TỔNG SỐ: 12 hồ sơ", "", "", "", ""),
    ("Tổng cộng", "12", "", "", "12", ""),
    ("Cộng tháng 11", "", "", "5", "", ""),
    ("", "Người lập biểu", "", "", "KT. CHỦ TỊCH", ""),
    ("", "(Ký, ghi rõ họ tên)", "", "", "PHÓ CHỦ TỊCH", ""),
    ("", "", "", "", "Hoàng Vân, ngày 20 tháng 11 năm 2026", ""),
    ("", "", "", "Ngày ... tháng ... năm 2026", "", ""),
    ("", "", "", "", "TM. ỦY BAN NHÂN DÂN", ""),
    ("Nơi nhận:", "", "", "", "", ""),
    ("- Lưu: VT.", "", "", "", "", ""),
    (unicodedata.normalize("NFD", "Tổng cộng"), "", "", "", "", ""),
    ("Lĩnh vực đất đai", "", "", "", "", ""),
    ("13", "", "", "", "", ""),
    ("", "", "", "", "Hoàng Vân, ngày 20/11/2026", ""),
    ("", "Trang 1/3", "", "", "", ""),
    ("", "Tổng (I + II)", "", "12", "", ""),
    ("", "Bên giao", "", "", "Bên nhận", ""),
    ("", "", "", "", "K/T CHỦ TỊCH", "2"),
    ("", "", "", "", "Ngày in: 20/11/2026 08:00", ""),
)


@pytest.mark.parametrize("closing", CLOSINGS, ids=[" ".join(filter(None, cells)) for cells in CLOSINGS])
def test_totals_and_signatures_are_passed_over_and_counted(tmp_path: Path, closing: Sequence[str]) -> None:
    table, rows = read(tmp_path, text([HEADINGS, line(1), closing, line(2)], ";"))

    assert [row.faults for row in rows] == [(), ()]
    assert [at for at, _ in table.sheets[0].passed] == [3]
    assert table.sheets[0].rows == 2


def test_the_name_under_a_signature_is_passed_over_and_the_table_may_go_on(tmp_path: Path) -> None:
    signed = [["", "Người lập biểu", "", "", "CHỦ TỊCH", ""], [], ["", "Nông Thị Mẫu", "", "", "Lò Văn Thử", ""]]
    again = [["Sổ tháng 12"], HEADINGS, ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"]]
    table, rows = read(tmp_path, text([HEADINGS, line(1), *signed, *again, line(2)], ";"))

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert [at for at, _ in table.sheets[0].passed] == [3, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "broken",
    [
        ["3", "", "1.000894", "Tổng công ty Mẫu", "20/11/2026 09:00", ""],
        ["3", "", "1.000894", "Nông Thị Mẫu", "", "27/11/2026 09:00"],
        ["3", "HS-12", "", "", "", ""],
        ["", "HS-12", "", "", "", ""],
        ["3", "Tổng cộng", "", "", "20/11/2026 09:00", ""],
        ["3", "12", "1.000894", "Cộng Văn Thử", "", ""],
        ["3", "", "1.000894", "Ký Thị Thử", "hôm qua", "27/11/2026 09:00"],
    ],
)
def test_a_dossier_with_a_missing_cell_is_refused_not_passed_over(tmp_path: Path, broken: list[str]) -> None:
    table, rows = read(tmp_path, text([HEADINGS, line(1), broken], ";"))

    assert [bool(row.faults) for row in rows] == [False, True]
    assert table.sheets[0].passed == []


def test_a_line_with_a_time_in_full_words_is_no_signature(tmp_path: Path) -> None:
    broken = ["2", "", "1.000894", "Lò Văn Thí Nghiệm", "ngày 20 tháng 11 năm 2026 lúc 9 giờ", ""]
    _, rows = read(tmp_path, text([HEADINGS, line(1), broken], ";"))

    assert [row.item is None for row in rows] == [False, True]


@pytest.mark.parametrize(
    "numbers", [["(1)", "(2)", "(3)", "(4)", "(5)=(4)+(1)", "(6)"], ["A", "1", "2", "3", "4=3-2", "5 = 4:3"]]
)
def test_numbers_of_columns_may_say_what_they_are_made_of(tmp_path: Path, numbers: list[str]) -> None:
    table, rows = read(tmp_path, text([HEADINGS, numbers, line(1)], ";"))

    assert codes(rows) == ["H37.12-261120-0001"]
    assert table.sheets[0].passed == [(2, "dòng số thứ tự cột")]


@pytest.mark.parametrize("written", ['="{}"', "'{}"], ids=["as a formula", "after an apostrophe"])
def test_what_keeps_a_text_from_becoming_a_number_is_no_part_of_it(tmp_path: Path, written: str) -> None:
    cells = line(1)
    _, rows = read(tmp_path, text([HEADINGS, [*cells[:1], *(written.format(cell) for cell in cells[1:])]], ";"))

    assert codes(rows) == ["H37.12-261120-0001"]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == "Lò Văn Thí Nghiệm"


@pytest.mark.parametrize("name", ["'Lò' Văn", '="a"&"b"', '=HYPERLINK("a")', "'"])
def test_any_other_sign_before_a_text_stays(tmp_path: Path, name: str) -> None:
    _, rows = read(tmp_path, text([HEADINGS, line(1, name=name)], ";"))

    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == name


# --- headings -----------------------------------------------------------------------

SPELLINGS = {
    "dossier": (
        "MÃ HỒ SƠ", "Mã  số hồ sơ ", "Số hồ sơ:", "Mã HS", "Mã hồ sơ (*)", "Mã\nhồ sơ", "1. Mã hồ sơ", "MaHoSo", "Ma ho so",
    ),
    "received_at": (
        "Ngày tiếp nhận", "NGÀY NHẬN HS", "Ngày nhận (dd/mm/yyyy hh:mm)", "Ngày nhận*", "Ngày, giờ tiếp nhận", "NgayTiepNhan",
        "Ngày, giờ nhận hồ sơ", "Thời gian nhận HS", "Giờ, ngày nhận",
    ),
    "promised_at": (
        "Ngày hẹn trả KQ", "Ngày hẹn trả kết quả", "Ngày hẹn trả kq:", "Hẹn trả kết quả", "Ngay hen tra", "NgayHenTra",
        "Hạn trả", "Hạn trả KQ", "Ngày hẹn trả kết quả giải quyết TTHC", "Ngày, giờ hẹn trả kết quả",
    ),
    "returned_at": ("Ngày trả KQ", "Ngày trả kết quả"),
    "contact_phone": ("SĐT", "Điện thoại", "Số ĐT", "Số điện thoại *", "ĐIỆN THOẠI:"),
    "contact_name": ("Chủ hồ sơ", "Họ và tên", "Người nộp hồ sơ", "Tên tổ chức, cá nhân"),
}  # fmt: skip


@pytest.mark.parametrize(("field", "heading"), [(field, name) for field, names in SPELLINGS.items() for name in names])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_headings_are_known_in_the_spellings_of_offices(field: str, heading: str, form: str) -> None:
    heads = {"dossier": "Mã hồ sơ", "received_at": "Ngày nhận"} | {field: unicodedata.normalize(form, heading)}  # type: ignore[arg-type]

    understood = understand([list(heads.values())])

    assert understood is not None
    assert understood[0].places[field] == list(heads).index(field)


def test_no_heading_means_two_fields() -> None:
    assert heading_key("Ngày trả") != heading_key("Ngày hẹn trả")
    assert (
        heading_key("Ngày bổ sung xong (lần 2)") == heading_key("Ngày bổ sung xong lần 2") != heading_key("Ngày bổ sung xong")
    )
    assert heading_key("  NGÀY  HẸN\nTRẢ KQ (*): ") == heading_key("Ngày hẹn trả kết quả")


def test_headings_that_are_not_read_are_said(tmp_path: Path) -> None:
    table, _ = read(tmp_path, text([[*HEADINGS, "Ngày hẹn trrả", "Ghi chú"], [*line(1), "x", "y"]], ";"))

    assert table.sheets[0].unread_columns == ["STT", "Ngày hẹn trrả", "Ghi chú"]
    assert table.sheets[0].columns == list(HEADINGS[1:])


@pytest.mark.parametrize(
    ("second", "value", "good"),
    [
        ("Ngày hẹn trả", "27/11/2026 09:00", True),
        ("NGÀY HẸN TRẢ:", "28/11/2026 09:00", False),
        ("Ngày hẹn trả KQ", "28/11/2026 09:00", False),
        ("Ngày hẹn trả KQ", "", True),
        ("Mã hồ sơ", "H37.12-261120-0009", False),
        ("Số hồ sơ", "17", True),
        ("Họ tên", "Nông Thị Khác", True),
    ],
)
def test_two_columns_for_one_field_are_said_and_may_not_differ(tmp_path: Path, second: str, value: str, good: bool) -> None:
    table, rows = read(tmp_path, text([[*HEADINGS, second], [*line(1), value]], ";"))

    assert [not row.faults for row in rows] == [good]
    assert second in table.sheets[0].notes[0]
    assert "đã đọc cột thứ" in table.sheets[0].notes[0]
    if not good:
        said = rows[0].say([(fault.field, fault.detail) for fault in rows[0].faults])
        assert f"“{second}” (cột thứ 7)" in said


def test_fields_of_events_that_stand_twice_may_not_differ_either(tmp_path: Path) -> None:
    head = "dossier,type,at,at,stepp\n"
    table, rows = read(tmp_path, head + "H37.12-260302-0001,completed,02/03/2026 08:00,03/03/2026 08:00,x\n")

    assert [fault.rule for row in rows for fault in row.faults] == ["double-column"]
    assert table.sheets[0].unread_columns == ["stepp"]


def test_a_refusal_names_the_official_column_and_the_heading_of_the_file(tmp_path: Path) -> None:
    heads = [name.replace("Ngày hẹn trả", "Ngày hẹn trả KQ") for name in HEADINGS]
    _, rows = read(tmp_path, text([heads, [*line(1)[:5], "27/11/2026"], [*line(2)[:2], "", *line(2)[3:]]], ";"))

    said = [row.say([(fault.field, fault.detail) for fault in row.faults]) for row in rows]
    assert said[0].startswith("Ngày hẹn trả (cột “Ngày hẹn trả KQ”): thiếu giờ")


@pytest.mark.parametrize("code", ["4,01E+11", "20/11/2026", "12-Nov-26", "2026-11-20"])
def test_a_code_that_a_spreadsheet_made_a_number_or_date_is_refused_by_name(tmp_path: Path, code: str) -> None:
    _, rows = read(tmp_path, text([HEADINGS, line(1, code)], ";"))

    assert [(fault.field, fault.rule) for fault in rows[0].faults] == [("dossier", "converted")]
    assert "Văn bản (Text)" in rows[0].faults[0].detail


@pytest.mark.parametrize(
    ("name", "good"),
    [("Nguyễn Thị Mẫu", True), ("XÃ\u00a0HOÀNG VÂN", True), ("NguyÔn ThÞ MÉu", False)]
    + [(name.encode().decode("cp1252", "replace"), False) for name in ("Nguyễn Thị Mẫu", "Lò Văn Thử", "Hoàng Đức")],
)
def test_a_cell_that_nobody_can_read_is_refused_with_its_row(tmp_path: Path, name: str, good: bool) -> None:
    _, rows = read(tmp_path, text([HEADINGS, line(1, name=name), line(2)], ";"))

    assert [not row.faults for row in rows] == [good, True]


@pytest.mark.parametrize("odd", ["9" * 5000, "²", "(" * 20_000, "ngày" + "." * 20_000, "=" * 20_000, "'" * 20_000])
def test_odd_cells_are_read_in_time_and_harm_nobody(tmp_path: Path, odd: str) -> None:
    begin = time.process_time()
    _, rows = read(tmp_path, text([[odd] * 4, HEADINGS, [odd] * 6, line(1)], ";"))

    assert codes(rows) == ["H37.12-261120-0001"]
    assert time.process_time() - begin < 3


def test_a_whole_year_is_read_in_one_pass(tmp_path: Path) -> None:
    file = tmp_path / "so.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=";").writerows([HEADINGS, *(line(number) for number in range(1200))])

    assert [len(chunk) for chunk in read_file(file).chunks()] == [500, 500, 200]

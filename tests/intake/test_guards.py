"""Refused rows come back as text, whatever a spreadsheet would make of them, and are read again as they were meant."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from runtime.guards import guarded, unguarded
from services.intake.files import RefusalFile, read_file
from tests.intake.test_sheets import workbook
from tests.intake.test_tables import HEADINGS, line, text

FORMULAS = (
    '=HYPERLINK("http://la.vn";"Bấm vào đây")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠SUM(1)",
    "'=1+1",
    "''=1+1",
    "\ufeff=1+1",
    "=cmd|'/C calc'!A0",
    "+84912000007",
    "-",
)
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\ufeff")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_guarded_text_is_no_formula_and_becomes_itself_again(formula: str) -> None:
    assert not guarded(formula).startswith(LIVE)
    assert unguarded(guarded(formula)) == formula


@pytest.mark.parametrize("plain", ["Nông Thị Mẫu", "'; --", "O'Neil", "H37.12-260302-0001", "1=1", "'tên'", ""])
def test_what_is_no_formula_stays_as_it_is(plain: str) -> None:
    assert guarded(plain) == plain
    assert unguarded(plain) == plain


def refused(path: Path) -> Path:
    """The file of refused rows of a file."""
    table = read_file(path)
    with RefusalFile(path, table) as refusals:
        refusals.add_all(
            (row, row.say([(fault.field, fault.detail) for fault in row.faults])) for row in table.rows if row.faults
        )
    return refusals.path


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_row_of_a_csv_comes_back_as_text_and_goes_in_as_it_was_meant(tmp_path: Path, formula: str, separator: str) -> None:
    file = tmp_path / "so.csv"
    bad = [*line(1, name=formula)[:4], "hôm qua", ""]
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=separator).writerows([[*HEADINGS[:4], "=Ngày nhận", HEADINGS[5]], bad])

    back = refused(file)
    content = back.read_bytes().decode("utf-8-sig")
    cells = [cell for cells in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in cells]
    assert not [cell for cell in cells if cell.startswith(LIVE)]

    back.write_bytes(back.read_bytes().replace("hôm qua".encode(), b"20/11/2026 09:00"))
    rows = list(read_file(back).rows)
    assert [row.faults for row in rows] == [()]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == formula.strip().removeprefix("\ufeff")


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_row_of_a_workbook_comes_back_as_text_and_goes_in_as_it_was_meant(tmp_path: Path, formula: str) -> None:
    book = Workbook()
    sheet = book.create_sheet("Sổ")
    sheet.append(list(HEADINGS))
    sheet.append([*line(1)[:4], "hôm qua", ""])
    sheet["D2"].value = formula
    sheet["D2"].data_type = "s"
    book.save(tmp_path / "so.xlsx")

    back = refused(tmp_path / "so.xlsx")
    again = load_workbook(back)
    cells = [cell for row in again["Sổ"].iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f" or str(cell.value).startswith(LIVE)]

    again["Sổ"]["E2"].value = "20/11/2026 09:00"
    again.save(back)
    rows = list(read_file(back).rows)
    assert [row.faults for row in rows] == [()]
    assert rows[0].item is not None
    assert rows[0].item["contact_name"] == formula.strip().replace("\r", "")


def test_refused_rows_of_several_sheets_stand_in_sheets_of_their_names(tmp_path: Path) -> None:
    bad, other = [*line(1)[:4], "hôm qua", ""], ["H37.12-261120-0002", "1.000894", "hôm kia"]
    sheets = {
        "Tháng 9": [HEADINGS, bad],
        "Tháng 10": [("Mã hồ sơ", "Mã TTHC", "Ngày nhận"), other],
        "Tháng 11": [HEADINGS, line(3)],
    }
    back = refused(workbook(tmp_path / "so.xlsx", sheets))

    table = read_file(back)
    assert [(row.head.sheet, len(row.raw)) for row in table.rows] == [("Tháng 9", 7), ("Tháng 10", 4)]
    assert [sheet.unread_columns for sheet in table.sheets] == [["STT"], []]


def test_a_refused_row_keeps_the_separator_of_its_file_and_the_mark_by_which_excel_knows_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "so.csv"
    file.write_text(text([HEADINGS, [*line(1)[:4], "hôm qua", ""]], ";"), "utf-8")

    content = refused(file).read_bytes()
    assert content.startswith("\ufeffSTT;Mã hồ sơ;".encode())

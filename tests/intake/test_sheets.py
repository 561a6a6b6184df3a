"""Workbooks as offices keep them: several sheets, hidden ones, covers, other layouts; what their numbers and dates mean."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from services.intake.files import FileRefusedError, Row, Table, read_file
from tests.intake.alone import Alone, intake_alone
from tests.intake.test_tables import HEADINGS, codes, line

OTHER = ("Ngày tiếp nhận", "Số hồ sơ", "Chủ hồ sơ", "Mã thủ tục", "SĐT")
EVENTS = ("dossier", "type", "at")


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> Path:
    """A workbook of these sheets."""
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
        for cells in lines:
            sheet.append(list(cells))
    book.save(path)
    return path


def read(path: Path) -> tuple[Table, list[Row]]:
    """Its table and rows."""
    table = read_file(path)
    return table, list(table.rows)


def test_every_sheet_is_read_by_its_own_headings_or_named(tmp_path: Path) -> None:
    other = ["20/11/2026 09:00", "H37.12-261120-0002", "Nông Thị Mẫu", "1.000894", "0912000007"]
    path = workbook(
        tmp_path / "so.xlsx",
        {
            "Bìa": [["SỔ THEO DÕI HỒ SƠ"], ["Năm 2026"]],
            "Cũ": [HEADINGS, line(90), line(91)],
            "Tháng 9": [HEADINGS, line(1)],
            "Tháng 10": [["Tháng 10"], [], OTHER, other],
            "Trống": [],
            "Sự kiện": [EVENTS, ["H37.12-261120-0003", "completed", "20/11/2026 10:00"]],
            "Danh mục": [["Mã TTHC", "Tên TTHC"], ["1.000894", "Đăng ký kết hôn"]],
            "Tháng 11": [HEADINGS],
        },
        hidden=["Cũ"],
    )  # fmt: skip
    table, rows = read(path)

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002", "H37.12-261120-0003"]
    assert [(row.head.sheet, row.line) for row in rows] == [("Tháng 9", 2), ("Tháng 10", 4), ("Sự kiện", 2)]
    read_ones = {sheet.title: sheet.rows for sheet in table.sheets if not sheet.unread}
    assert read_ones == {"Tháng 9": 1, "Tháng 10": 1, "Sự kiện": 1, "Tháng 11": 0}
    why = {sheet.title: sheet.unread for sheet in table.sheets if sheet.unread}
    assert list(why) == ["Bìa", "Cũ", "Trống", "Danh mục"]
    assert "bị ẩn" in why["Cũ"]
    assert "không thấy đầu cột" in why["Danh mục"]
    assert rows[1].item is not None
    assert rows[1].item["contact_phone"] == "0912000007"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_first_sheet_never_wins_over_the_visible_register(
    tmp_path: Path, state: Literal["hidden", "veryHidden"]
) -> None:
    book = Workbook()
    first, second = book.worksheets[0], book.create_sheet("Sổ")
    first.sheet_state = state
    for cells in (HEADINGS, line(1)):
        first.append(list(cells))
    for cells in (HEADINGS, line(2)):
        second.append(list(cells))
    book.save(tmp_path / "so.xlsx")

    assert codes(read(tmp_path / "so.xlsx")[1]) == ["H37.12-261120-0002"]


def test_a_workbook_without_a_register_is_refused_with_every_sheet_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "so.xlsx", {"Bìa": [["Sổ"]], "Cũ": [HEADINGS, line(1)]}, hidden=["Cũ"])

    with pytest.raises(FileRefusedError, match=r"“Bìa” không thấy đầu cột.*“Cũ” đang bị ẩn"):
        read_file(path)


def test_a_chart_is_named(tmp_path: Path) -> None:
    book = Workbook()
    for cells in (HEADINGS, line(1)):
        book.worksheets[0].append(list(cells))
    book.create_chartsheet("Biểu đồ").add_chart(BarChart())
    book.save(tmp_path / "so.xlsx")

    table, _ = read(tmp_path / "so.xlsx")
    assert {sheet.title: sheet.unread for sheet in table.sheets} == {"Biểu đồ": "là biểu đồ", "Sheet": ""}


def test_headings_in_a_font_of_before_unicode_are_said_of_their_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "so.xlsx", {"Cũ": [["M· hå s¬", "Ngµy nhËn"], ["1", "2"]], "Sổ": [HEADINGS, line(1)]})

    table, _ = read(path)
    assert "TCVN3" in table.sheets[0].unread


# --- numbers and dates ---------------------------------------------------------------


def cell(path: Path, heading: str, value: Any, number_format: str | None = None, *, mac: bool = False) -> Row:
    """The row of a register in which one cell has this value and format."""
    book = Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(list(HEADINGS))
    sheet.append(line(1))
    place = sheet.cell(row=2, column=HEADINGS.index(heading) + 1)
    place.value = value
    if number_format is not None:
        place.number_format = number_format
    book.save(path)
    return read(path)[1][0]


@pytest.mark.parametrize("number_format", ["dd/mm/yyyy hh:mm", "[$-42A]dd/mm/yyyy hh:mm", "d-mmm-yy", "hh:mm dd/mm"])
@pytest.mark.parametrize("mac", [False, True])
def test_a_number_in_a_cell_of_dates_is_its_date_also_from_1904(tmp_path: Path, number_format: str, mac: bool) -> None:
    row = cell(tmp_path / "so.xlsx", "Ngày nhận", datetime(2026, 11, 20, 9), number_format, mac=mac)  # noqa: DTZ001

    assert row.item is not None
    assert row.item["received_at"] == "2026-11-20T09:00:00"


@pytest.mark.parametrize("number_format", ["General", "0.00", '#,##0 "ngày"', "@", "0"])
def test_a_number_in_any_other_cell_is_no_date(tmp_path: Path, number_format: str) -> None:
    row = cell(tmp_path / "so.xlsx", "Ngày nhận", 46346.375, number_format)

    assert [(fault.field, fault.rule) for fault in row.faults] == [("received_at", "number")]


@pytest.mark.parametrize("value", ["20/11/2026", date(2026, 11, 20)])
def test_a_date_without_its_hour_is_refused_typed_or_formatted(tmp_path: Path, value: object) -> None:
    row = cell(tmp_path / "so.xlsx", "Ngày hẹn trả", value)

    assert [fault.field for fault in row.faults] == ["promised_at"]
    assert "thiếu giờ" in row.faults[0].detail


@pytest.mark.parametrize("value", [10**300, 10**20, -(10**16), 1e300])
@pytest.mark.parametrize("heading", ["Mã hồ sơ", "Mã TTHC", "Ngày nhận"])
def test_a_number_that_no_spreadsheet_keeps_is_refused_in_its_row(tmp_path: Path, value: float, heading: str) -> None:
    assert cell(tmp_path / "so.xlsx", heading, value).faults


@pytest.mark.parametrize("value", [timedelta(hours=9), datetime(1900, 1, 1).time()])  # noqa: DTZ001
def test_a_time_of_day_alone_is_no_moment(tmp_path: Path, value: object) -> None:
    assert cell(tmp_path / "so.xlsx", "Ngày nhận", value).faults


@pytest.mark.parametrize(
    ("heading", "field", "value"),
    [
        ("Mã hồ sơ", "dossier", 261120),
        ("Mã hồ sơ", "dossier", 2.6112e11),
        ("Mã hồ sơ", "dossier", datetime(2026, 11, 20)),  # noqa: DTZ001
        ("Mã hồ sơ", "dossier", date(2026, 11, 20)),
        ("Mã TTHC", "procedure", datetime(2026, 1, 1)),  # noqa: DTZ001
    ],
)
def test_a_code_that_excel_made_a_number_or_a_date_is_refused_by_name(
    tmp_path: Path, heading: str, field: str, value: object
) -> None:
    row = cell(tmp_path / "so.xlsx", heading, value)

    assert [(fault.field, fault.rule) for fault in row.faults] == [(field, "converted")]
    assert row.say([(fault.field, fault.detail) for fault in row.faults]).startswith(f"{heading}: Excel đã đổi mã")


# --- the answer ----------------------------------------------------------------------


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


async def test_the_answer_says_of_each_sheet_what_was_read_and_what_not(intake: Alone, tmp_path: Path) -> None:
    def of(number: int) -> list[str]:
        return [cell.replace("1120", "0319").replace("/11/", "/03/") for cell in line(number)]

    lines = [HEADINGS, of(1), [*of(2)[:4], "hôm qua", ""], ["Tổng cộng: 2", *[""] * 5]]
    path = workbook(tmp_path / "so.xlsx", {"Bìa": [["Sổ"]], "Tháng 3": [list(cells) for cells in lines]})
    path_of = "/v1/dossiers/files?name=so.xlsx"
    answer = await intake.client.post(path_of, content=path.read_bytes(), headers=await intake.key())

    said = answer.json()
    assert said["errors"][0]["sheet"] == "Tháng 3"
    assert [(sheet["sheet"], sheet["read"], sheet["rows"], sheet["passed"]) for sheet in said["sheets"]] == [
        ("Bìa", False, 0, 0),
        ("Tháng 3", True, 2, 1),
    ]
    assert said["sheets"][1]["passed_lines"] == [{"line": 4, "what": "dòng tổng cộng"}]
    assert said["sheets"][1]["unread_columns"] == ["STT"]
    assert "không thấy đầu cột" in said["sheets"][0]["reason"]


@pytest.mark.parametrize("name", ["so%00.xlsx", "so.exe", "so", "so.csv%00.exe"])
async def test_a_name_without_a_suffix_that_is_read_is_refused(intake: Alone, name: str) -> None:
    answer = await intake.client.post(f"/v1/dossiers/files?name={name}", content=b"x", headers=await intake.key())

    assert answer.status_code == 422


async def test_a_form_in_place_of_a_file_is_refused_with_what_to_send(intake: Alone) -> None:
    path, key = "/v1/dossiers/files?name=so.csv", await intake.key()
    answer = await intake.client.post(path, files={"file": ("so.csv", b"dossier,type,at\n")}, headers=key)

    assert answer.status_code == 422
    assert "--data-binary" in answer.json()["detail"]


GROUPED = ["STT", "Mã hồ sơ", "Mã TTHC", "Người nộp", "Thời gian", None]
BELOW = [None, None, None, "Họ và tên", "Ngày nhận", "Ngày hẹn trả"]


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (GROUPED, BELOW),
        (["STT", "Hồ sơ", None, "Công dân", "Thời hạn", None], [None, "Mã hồ sơ", "Mã TTHC", "Họ và tên", *BELOW[4:]]),
        (["STT", "Thông tin hồ sơ", None, "Người nộp hồ sơ", "Ngày tháng", None], ["", *HEADINGS[1:]]),
        (["TT", "Thông tin chung", None, None, None, None], [None, *HEADINGS[1:]]),
        (["STT", "HỒ SƠ", None, "LIÊN HỆ", "NGÀY, THÁNG, NĂM", None], [None, "Mã HS", "Mã TTHC", "Họ tên", *BELOW[4:]]),
    ],
)
def test_heads_that_say_only_of_what_kind_a_column_is_stand_over_the_headings(
    tmp_path: Path, upper: list[str | None], lower: list[str | None]
) -> None:
    table, rows = read(workbook(tmp_path / "so.xlsx", {"Sổ": [["SỔ THEO DÕI"], upper, lower, line(1), line(2)]}))

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert [(row.item or {}).get("promised_at") for row in rows] == ["27/11/2026 09:00"] * 2
    assert table.sheets[0].unread == ""


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["STT", "Thông tin hồ sơ", None, None, None, None],
            [None, "Mã hồ sơ", "Mã TTHC", "Người nộp", "Thời gian", None],
            [None, None, None, "Họ và tên", "Nhận", "Hẹn trả"],
        ],
        [
            ["STT", "HỒ SƠ", None, "THÔNG TIN CHUNG", None, None],
            [None, "Mã", "Mã TTHC", "Công dân", "Ngày", None],
            [None, "hồ sơ", None, "Họ tên", "nhận", "hẹn trả"],
        ],
        [
            ["STT", "Hồ sơ", None, "Thông tin", None, None],
            [None, "Mã hồ sơ", "Thủ tục", "Tổ chức, cá nhân", "Thời gian", None],
            [None, None, "Mã TTHC", "Chủ hồ sơ", "Tiếp nhận", "Hẹn trả kết quả"],
        ],
    ],
)
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_heads_may_stand_in_three_rows(tmp_path: Path, rows: list[list[str | None]], suffix: str) -> None:
    lines: list[Sequence[Any]] = [["SỔ THEO DÕI"], ["Tháng 11"], *rows, line(1), line(2)]
    path = tmp_path / f"so.{suffix}"
    if suffix == "xlsx":
        workbook(path, {"Sổ": lines})
    else:
        path.write_text("\n".join(";".join(str(cell or "") for cell in cells) for cells in lines), encoding="utf-8")
    _, found = read(path)

    assert codes(found) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert [(row.item or {}).get("promised_at") for row in found] == ["27/11/2026 09:00"] * 2


def test_headings_may_begin_in_the_fortieth_row(tmp_path: Path) -> None:
    lines: list[Sequence[Any]] = [*([f"Ghi chú {number}"] for number in range(39)), GROUPED, BELOW, line(1)]
    _, rows = read(workbook(tmp_path / "so.xlsx", {"Sổ": lines}))

    assert codes(rows) == ["H37.12-261120-0001"]


@pytest.mark.parametrize("inner", [["Thời gian", None], ["Ngày", None]])
def test_a_head_two_rows_up_that_says_which_day_is_meant_is_never_left_out(tmp_path: Path, inner: list[str | None]) -> None:
    heads = [[*GROUPED[:4], "Trả kết quả", None], [None, None, None, None, *inner], [*BELOW[:4], "Nhận", "Hẹn trả"]]
    with pytest.raises(FileRefusedError, match="không thấy đầu cột"):
        read(workbook(tmp_path / "so.xlsx", {"Sổ": [*heads, line(1)]}))


@pytest.mark.parametrize("head", ["Trả kết quả", "Kết quả", "Chuyển cơ quan chuyên môn", "Bổ sung", "Thuế"])
def test_a_head_that_says_which_day_is_meant_is_never_left_out(tmp_path: Path, head: str) -> None:
    """The day on which a result was fetched is not that of the reception."""
    with pytest.raises(FileRefusedError, match="không thấy đầu cột"):
        read(workbook(tmp_path / "so.xlsx", {"Sổ": [[*GROUPED[:4], head, None], BELOW, line(1)]}))


def test_what_stands_in_a_column_without_a_heading_is_said_once(tmp_path: Path) -> None:
    rows = [[*line(number), None, "đã gọi điện", "x"] for number in (1, 2)]
    table, _ = read(workbook(tmp_path / "so.xlsx", {"Sổ": [[*HEADINGS, None, None, "Ghi chú"], line(3), *rows]}))

    assert table.sheets[0].notes == ["cột thứ 8 không có đầu cột nên không đọc"]


@pytest.mark.parametrize(
    "words",
    [
        "Số hồ sơ: 2",
        "Số lượng hồ sơ: 02",
        "Tổng hợp: 2 hồ sơ",
        "Bằng chữ: Hai hồ sơ (02)",
        "Ấn định danh sách gồm 02 hồ sơ",
        "Trong đó: đúng hạn 2",
        "Cộng tháng 11: 02 hồ sơ",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_total_in_words_is_passed_over_wherever_it_stands(tmp_path: Path, words: str, place: int) -> None:
    total = [*[None] * place, words]
    table, rows = read(workbook(tmp_path / "so.xlsx", {"Sổ": [HEADINGS, line(1), line(2), total]}))

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert [row.faults for row in rows] == [()] * 2
    assert [where for where, _ in table.sheets[0].passed] == [4]


def test_two_tables_on_a_sheet_are_read_each_by_its_own_headings(tmp_path: Path) -> None:
    second = ["Ngày nhận", "Mã hồ sơ", "Mã TTHC"]
    sheet = [
        ["I. Trực tiếp"],
        HEADINGS,
        line(1),
        ["Cộng: 01"],
        [],
        ["II. Trực tuyến"],
        second,
        ["20/11/2026 09:00", *line(2)[1:3]],
    ]
    table, rows = read(workbook(tmp_path / "so.xlsx", {"Sổ": sheet}))

    assert codes(rows) == ["H37.12-261120-0001", "H37.12-261120-0002"]
    assert table.sheets[0].rows == 2

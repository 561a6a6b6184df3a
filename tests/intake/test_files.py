"""Files as offices have them: registers with titles and merged heads, old encodings, damage of many kinds, hostile ones."""

import csv
import io
import json
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from services.intake.files import FileRefusedError, RefusalFile, Row, read_file
from services.intake.files.encodings import old_font, recognise
from tests.intake.alone import Alone, intake_alone

HEADINGS = (
    "STT", "Mã hồ sơ", "Mã TTHC", "Tên TTHC", "Số lượng hồ sơ", "Tên cá nhân, tổ chức", "Địa chỉ, số điện thoại",
    "Cơ quan chủ trì giải quyết", "Ngày nhận", "Ngày hẹn trả", "Ngày trả", "Phương thức nhận kết quả", "Ký nhận", "Ghi chú",
    "Kênh thực hiện", "Trạng thái", "Ngày kết thúc xử lý", "Ngày yêu cầu bổ sung", "Ngày bổ sung xong", "Ngày xin lỗi, hẹn lại",
    "Ngày hẹn trả lại", "Email",
)  # fmt: skip


def good(number: int) -> dict[str, Any]:
    """A line of a register that is in order."""
    return {
        "STT": number,
        "Mã hồ sơ": f"H37.12-260302-{number:04}",
        "Mã TTHC": "1.000894",
        "Tên TTHC": "Đăng ký kết hôn",
        "Số lượng hồ sơ": 1,
        "Tên cá nhân, tổ chức": "Nông Thị Mẫu",
        "Địa chỉ, số điện thoại": "Bản Lũng, 0912 000 007",
        "Cơ quan chủ trì giải quyết": "UBND xã Hoàng Vân",
        "Ngày nhận": datetime(2026, 3, 2, 8, 30),  # noqa: DTZ001 - a cell has no offset
        "Ngày hẹn trả": "09/03/2026 08:30",
        "Phương thức nhận kết quả": "Bưu chính công ích",
        "Kênh thực hiện": "Trực tuyến",
        "Trạng thái": "Đang xử lý",
    }


# Forty ways in which a cell of a register is wrong, each with the words that its refusal must have in it.
DAMAGE: tuple[tuple[Mapping[str, Any], str], ...] = (
    ({"Mã hồ sơ": None}, "Mã hồ sơ: bắt buộc"),
    ({"Mã hồ sơ": "HS-2026-1"}, "Mã hồ sơ: "),
    ({"Mã hồ sơ": "H37.12-260230-0001"}, "không phải là một ngày"),
    ({"Mã hồ sơ": 260302}, "Mã hồ sơ: "),
    ({"Mã hồ sơ": "H37.12-260302-０００１"}, "Mã hồ sơ: "),
    ({"Mã hồ sơ": "=A1"}, "Mã hồ sơ: là công thức"),
    ({"Mã TTHC": "khai sinh"}, "Mã TTHC: không đúng mẫu"),
    ({"Mã TTHC": "1.00089"}, "Mã TTHC: không đúng mẫu"),
    ({"Mã TTHC": "=1+1"}, "Mã TTHC: là công thức"),
    ({"Mã TTHC": None, "Tên TTHC": None}, "Mã TTHC: bắt buộc"),
    ({"Ngày nhận": None}, "Ngày nhận: bắt buộc"),
    ({"Ngày nhận": date(2026, 3, 2)}, "Ngày nhận: thiếu giờ"),
    ({"Ngày nhận": "02/03/2026"}, "Ngày nhận: thiếu giờ"),
    ({"Ngày nhận": "30/02/2026 08:00"}, "Ngày nhận: không phải ngày giờ"),
    ({"Ngày nhận": "02/03/2026 25:00"}, "Ngày nhận: không phải ngày giờ"),
    ({"Ngày nhận": "03-02-26 8h30"}, "Ngày nhận: không phải ngày giờ"),
    ({"Ngày nhận": "hôm qua"}, "Ngày nhận: không phải ngày giờ"),
    ({"Ngày nhận": 46083.35}, "Ngày nhận: là một con số"),
    ({"Ngày nhận": datetime(2036, 3, 2, 8, 30)}, "Ngày nhận: thời điểm nằm ở tương lai"),  # noqa: DTZ001
    ({"Ngày nhận": datetime(1926, 3, 2, 8, 30)}, "Ngày nhận: thời điểm trước năm 2015"),  # noqa: DTZ001
    ({"Ngày nhận": True}, "Ngày nhận: không phải ngày giờ"),
    ({"Ngày nhận": "#VALUE!"}, "Ngày nhận: ô báo lỗi"),
    ({"Ngày hẹn trả": "09/03/2026"}, "Ngày hẹn trả: thiếu giờ"),
    ({"Ngày hẹn trả": "31/04/2026 08:00"}, "Ngày hẹn trả: không phải ngày giờ"),
    ({"Ngày hẹn trả": 46090}, "Ngày hẹn trả: là một con số"),
    ({"Ngày trả": "09.03.26 8:00"}, "Ngày trả: không phải ngày giờ"),
    ({"Ngày trả": "=NOW()"}, "Ngày trả: là công thức"),
    ({"Ngày kết thúc xử lý": "xong rồi"}, "Ngày kết thúc xử lý: không phải ngày giờ"),
    ({"Trạng thái": "Đã xử lý xong", "Ngày kết thúc xử lý": datetime(2027, 3, 2, 8, 30)}, "Ngày kết thúc xử lý: thời điểm"),  # noqa: DTZ001
    ({"Phương thức nhận kết quả": "gửi xe ôm"}, "Phương thức nhận kết quả: không thuộc"),
    ({"Kênh thực hiện": "4"}, "Kênh thực hiện: không thuộc"),
    ({"Kênh thực hiện": "điện thoại"}, "Kênh thực hiện: không thuộc"),
    ({"Trạng thái": "x" * 50}, "Trạng thái: dài quá 40"),
    ({"Ngày bổ sung xong": "05/03/2026 09:00"}, "Ngày yêu cầu bổ sung: bắt buộc"),
    ({"Ngày yêu cầu bổ sung": "05/03"}, "Ngày yêu cầu bổ sung: không phải ngày giờ"),
    ({"Ngày xin lỗi, hẹn lại": "06/03/2026 09:00"}, "Ngày hẹn trả lại: bắt buộc"),
    ({"Ngày hẹn trả": datetime(1900, 1, 1, 8, 30)}, "Ngày hẹn trả: trước khi tiếp nhận"),  # noqa: DTZ001
    ({"Tên cá nhân, tổ chức": "NguyÔn ThÞ MÉu"}, "phông TCVN3"),
    ({"Tên cá nhân, tổ chức": "Nguyeãn Thò Maãu"}, "phông VNI"),
    ({"Ngày hẹn trả": datetime(9999, 12, 31, 23, 59)}, "Ngày hẹn trả: quá 10 năm"),  # noqa: DTZ001
)


def register(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A workbook as exported: a sheet of notes before it, a title, merged heads over two rows, an empty first column."""
    book = Workbook()
    book.worksheets[0].append(["Ghi chú của văn phòng"])
    sheet = book.create_sheet("Sổ theo dõi")
    sheet.append([None, "SỔ THEO DÕI HỒ SƠ"])
    sheet.merge_cells("B1:N1")
    sheet.append([])
    upper = ["Ngày" if name in ("Ngày nhận", "Ngày hẹn trả", "Ngày trả") else name for name in HEADINGS]
    lower = [name.removeprefix("Ngày ") if head == "Ngày" else None for name, head in zip(HEADINGS, upper, strict=True)]
    sheet.append(
        [None, *(None if head == "Ngày" and name != "Ngày nhận" else head for head, name in zip(upper, HEADINGS, strict=True))]
    )
    sheet.append([None, *lower])
    sheet.merge_cells(start_row=3, end_row=3, start_column=10, end_column=12)
    sheet.append([None, *(f"({number})" for number in range(1, len(HEADINGS) + 1))])
    for row in rows:
        sheet.append([None, *(row.get(name) for name in HEADINGS)])
    book.save(path)
    return path


def test_a_line_of_the_register_says_what_a_snapshot_says(tmp_path: Path) -> None:
    more = {"Trạng thái": "Đã trả kết quả", "Ngày kết thúc xử lý": "06/03/2026 10:00", "Ngày trả": "07/03/2026 09:00"}
    more |= {"Ngày yêu cầu bổ sung": "03/03/2026 08:00", "Ngày bổ sung xong": "04/03/2026 08:00"}
    rows = list(read_file(register(tmp_path / "so.xlsx", [good(1), {**good(2), **more, "Mã TTHC": 1.0005}])).rows)

    assert [row.line for row in rows] == [6, 7]
    assert rows[0].item == {
        "type": "snapshot",
        "dossier": "H37.12-260302-0001",
        "procedure": "1.000894",
        "procedure_name": "Đăng ký kết hôn",
        "contact_name": "Nông Thị Mẫu",
        "contact_phone": "0912 000 007",
        "contact_address": "Bản Lũng",
        "competent_unit_name": "UBND xã Hoàng Vân",
        "received_at": "2026-03-02T08:30:00",
        "promised_at": "09/03/2026 08:30",
        "return_method": "post",
        "channel": "2",
        "state": "4",
    }
    assert rows[1].item is not None
    assert rows[1].item["procedure"] == "1.000500"
    assert rows[1].item["state"] == "10"
    assert rows[1].item["supplements"] == [{"requested_at": "03/03/2026 08:00", "supplemented_at": "04/03/2026 08:00"}]


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


async def test_forty_kinds_of_damage_are_refused_by_heading_and_go_in_after_correction(intake: Alone, tmp_path: Path) -> None:
    rows = [row for number, (change, _) in enumerate(DAMAGE) for row in (good(2 * number), {**good(2 * number + 1), **change})]
    file, key = register(tmp_path / "so.xlsx", rows), await intake.key()

    async def upload(content: bytes, answer: str = "json") -> Any:
        path = f"/v1/dossiers/files?name=so.xlsx&answer={answer}"
        return await intake.client.post(path, content=content, headers=key)

    summary = (await upload(file.read_bytes())).json()
    assert len(DAMAGE) == 40
    assert (summary["rows"], summary["accepted"], summary["refused"], summary["quarantined"]) == (80, 40, 40, 0)
    for (change, words), error in zip(DAMAGE, summary["errors"], strict=True):
        assert words in error["reason"], (change, error)
    assert [error["line"] for error in summary["errors"]] == list(range(7, 87, 2))

    refused = (await upload(file.read_bytes(), "refused")).content
    sheet = load_workbook(io.BytesIO(refused)).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[0][-1] == "error"
    assert len(lines) == 41
    corrected = Workbook(write_only=True)
    out = corrected.create_sheet()
    out.append(lines[0])
    for number, line in enumerate(lines[1:]):
        right = good(2 * number + 1)
        out.append([line[-1] if name == "error" else right.get(str(name)) for name in lines[0]])
    corrected.save(tmp_path / "corrected.xlsx")

    again = (await upload((tmp_path / "corrected.xlsx").read_bytes())).json()
    assert (again["rows"], again["accepted"], again["refused"]) == (40, 40, 0)
    assert len(await intake.service.parts.store.find("dossiers", {})) == 80


async def test_an_unknown_unit_procedure_or_state_of_a_row_is_kept_not_refused(intake: Alone, tmp_path: Path) -> None:
    changes = ({"Cơ quan chủ trì giải quyết": "UBND xã Không Có"}, {"Mã TTHC": "9.999999"}, {"Trạng thái": "Đang chờ sếp"})
    file = register(tmp_path / "so.xlsx", [{**good(n), **change} for n, change in enumerate(changes)])
    answer = await intake.client.post("/v1/dossiers/files?name=so.xlsx", content=file.read_bytes(), headers=await intake.key())

    assert (answer.json()["quarantined"], answer.json()["refused"]) == (3, 0)
    kept = await intake.service.parts.store.find("quarantine", {})
    assert {entry["reason"] for entry in kept} == {"unknown-unit", "unknown-procedure", "unknown-status"}


def test_request_lines_of_the_portal_are_rows_too(tmp_path: Path) -> None:
    file = tmp_path / "portal.ndjson"
    item = {"MaHoSo": "H37.12-260302-0001", "MaTTHC": "1.000894", "TrangThaiHoSo": "2", "NgayTiepNhan": "20260302083000"}
    step = {"MaHoSo": item["MaHoSo"], "ThoiDiemXuLy": "hôm qua", "NoiDungXuLy": "Trình ký", "TrangThai": "4"}
    requests = [
        {
            "session": "x",
            "madonvi": "H37.12",
            "service": "DongBoHoSoMC",
            "isUpdating": "False",
            "data": [item, {**item, "MaHoSo": "1"}],
        },
        {"session": "x", "madonvi": "H37.12", "service": "CapNhatTienDoHoSoMC", "data": [step]},
    ]
    file.write_text("\n".join(json.dumps(request) for request in requests), "utf-8")

    table = read_file(file)
    rows = list(table.rows)

    assert [(row.line, [fault.field for fault in row.faults]) for row in rows] == [
        (1, []),
        (1, ["MaHoSo"]),
        (2, ["ThoiDiemXuLy"]),
    ]
    assert rows[0].item is not None
    assert (rows[0].item["type"], rows[0].item["receiving_unit"]) == ("snapshot", "H37.12")
    with RefusalFile(file, table) as refusals:
        refusals.add(rows[1], "MaHoSo: sai")
    assert [row.item is None for row in read_file(refusals.path).rows] == [True]
    refusals.path.write_text(
        refusals.path.read_text("utf-8").replace('"MaHoSo": "1"', '"MaHoSo": "H37.12-260302-0002"'), "utf-8"
    )
    assert [row.item is None for row in read_file(refusals.path).rows] == [False]


# --- encodings --------------------------------------------------------------------

TEXT = "dossier,type,at,step,department\nH37.12-260302-0001,progressed,02/03/2026 08:00,Thẩm định hồ sơ đất,Phòng Kinh tế\n"


def cp1258(text: str) -> bytes:
    """Vietnamese in Windows-1258: letters with their mark composed, tones behind them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tones))
            out += base.encode("cp1258") + "".join(p for p in parts if p in tones).encode("cp1258")
    return out


@pytest.mark.parametrize(
    ("encode", "codec"),
    [
        (lambda text: text.encode(), "utf-8-sig"),
        (lambda text: text.encode("utf-8-sig"), "utf-8-sig"),
        (lambda text: text.encode("utf-16"), "utf-16"),
        (lambda text: text.encode("utf-16-le"), "utf-16-le"),
        (lambda text: text.encode("utf-16-be"), "utf-16-be"),
        (cp1258, "cp1258"),
    ],
)
def test_unicode_and_windows_1258_are_recognised(tmp_path: Path, encode: Callable[[str], bytes], codec: str) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(encode(TEXT))

    rows = list(read_file(file).rows)

    assert recognise(encode(TEXT)) == codec
    assert [row.item["step"] for row in rows if row.item] == ["Thẩm định hồ sơ đất"]


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("Thẩm định hồ sơ", None),
        ("NguyÔn V¨n An, Phßng Tµi nguyªn", "TCVN3 (ABC)"),
        ("Nguyeãn Vaên An, Phoøng Taøi nguyeân", "VNI"),
        ("Nguyen Van An", None),
        ("Müller & Söhne, Nguyễn Thị Mẫu, Bản Lũng", None),
    ],
)
def test_text_in_fonts_of_before_unicode_is_told_apart(text: str, font: str | None) -> None:
    assert old_font(text) == font


@pytest.mark.parametrize(
    ("line", "words"), [("NguyÔn V¨n An, Phßng Tµi nguyªn", "TCVN3"), ("Nguyeãn Vaên An, Phoøng Taøi nguyeân", "VNI")]
)
def test_a_file_in_such_a_font_is_refused_with_what_to_do(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(
        TEXT.splitlines()[0].encode() + b"\n" + f'H37.12-260302-0001,progressed,02/03/2026 08:00,"{line}",\n'.encode("latin-1")
    )

    with pytest.raises(FileRefusedError, match=f"{words}.*Unikey"):
        read_file(file)


def test_a_csv_with_semicolons_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(TEXT.replace(",", ";"), "utf-8")

    assert [row.faults for row in read_file(file).rows] == [()]


# --- hostile workbooks ------------------------------------------------------------


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (40 * 1024 * 1024))


def with_part(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        register(path, [good(1)])
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"x")

    return make


def with_entity(path: Path) -> None:
    register(path, [good(1)])
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    name = "xl/workbook.xml"
    parts[name] = evil + parts[name].split(b"?>", 1)[-1]
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (bomb, "nén bất thường"),
        (with_part("xl/externalLinks/externalLink1.xml"), "liên kết tới tệp khác"),
        (with_part("xl/vbaProject.bin"), "macro"),
        (with_part("xl/embeddings/oleObject1.bin"), "tệp nhúng"),
        (with_part("xl/connections.xml"), "kết nối dữ liệu"),
        (with_entity, "không đọc được nội dung"),
        (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + b"0" * 100), "mật khẩu"),
        (lambda path: path.write_bytes(b"PK\x03\x04 broken"), "không phải tệp .xlsx"),
        (lambda path: path.write_text("<html>", "utf-8"), "không phải tệp .xlsx"),
        (lambda path: Workbook().save(path), "không trang tính nào có đầu cột"),
    ],
)
async def test_a_workbook_that_does_more_than_hold_cells_is_refused(
    intake: Alone, tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "evil.xlsx"
    make(path)

    answer = await intake.client.post(
        "/v1/dossiers/files?name=evil.xlsx", content=path.read_bytes(), headers=await intake.key()
    )

    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert str(tmp_path) not in answer.text


def test_a_csv_row_that_looks_like_a_formula_is_data(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(
            [
                TEXT.splitlines()[0].split(","),
                ["H37.12-260302-0001", "progressed", "02/03/2026 08:00", "=HYPERLINK(1)", "'; --"],
            ]
        )

    rows: list[Row] = list(read_file(file).rows)
    assert rows[0].item is not None
    assert (rows[0].item["step"], rows[0].item["department"]) == ("=HYPERLINK(1)", "'; --")


# --- names that stand twice -------------------------------------------------------

PORTAL_LINE = '{"service": "CapNhatTienDoHoSoMC", "madonvi": "H37.12", "data": %s}'
STEP_TWICE = '{"MaHoSo": "H37.12-260302-0001", "MaHoSo": "H37.12-260302-0009", "ThoiDiemXuLy": "20260302090000"}'


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"dossier": "H37.12-260302-0001", "dossier": "H37.12-260302-0009", "type": "completed"}', "dossier"),
        ('{"type": "received", "contact": {"phone": "1", "phone": "2"}}', "phone"),
        (PORTAL_LINE % f"[{STEP_TWICE}]", "MaHoSo"),
        (PORTAL_LINE % '[{"DanhSachHoSoBoSung": [{"a": 1, "a": 2}], "MaHoSo": 1, "MaHoSo": 2}]', "MaHoSo"),
        (PORTAL_LINE % '[], "data": []', "data"),
    ],
)
def test_a_name_twice_in_a_line_is_refused_and_the_line_comes_back_whole(tmp_path: Path, line: str, field: str) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text(line, "utf-8")

    (row,) = read_file(file).rows
    assert [(fault.field, fault.rule) for fault in row.faults] == [(field, "twice")]
    assert row.raw == line.encode()


def test_a_request_of_the_portal_may_have_its_data_as_text(tmp_path: Path) -> None:
    data = [{"MaHoSo": f"H37.12-260302-000{n}", "ThoiDiemXuLy": "20260302090000", "TrangThai": "4"} for n in (1, 2)]
    file = tmp_path / "a.ndjson"
    file.write_text("\n".join(PORTAL_LINE % json.dumps(each) for each in (json.dumps(data), "[{")), "utf-8")

    rows = list(read_file(file).rows)
    assert [(row.item or {}).get("dossier") for row in rows] == ["H37.12-260302-0001", "H37.12-260302-0002", None]


async def test_a_heading_with_bytes_that_are_no_text_is_told_all_the_same(intake: Alone) -> None:
    row = "H37.12-260302-0001;1.000894;02/03/2026 08:30;x;Đang xử lý"
    good = f"Mã hồ sơ;Mã TTHC;Ngày nhận;Ghi ~;Trạng thái\n{row}\n".encode()
    summaries = []
    for content in (good.replace(b"~", b"\xe8"), good.replace(b"Ng\xc3\xa0y nh", b"Ng\xc3 y nh")):
        answer = await intake.client.post("/v1/dossiers/files?name=so.csv", content=content, headers=await intake.key())
        summaries.append((answer.status_code, answer.text))

    assert [status for status, _ in summaries] == [200, 422]
    assert "Ghi ?" in summaries[0][1]


TABBED = "Mã hồ sơ\tMã TTHC\tNgày nhận\tTrạng thái\nH37.12-260302-0001\tkhai sinh\thôm qua\tĐang xử lý\n"


@pytest.mark.parametrize("name", ["so.csv", "so.tsv", "so.txt", "su-kien.ndjson"])
async def test_refused_lines_come_back_as_the_kind_of_file_they_came_in(intake: Alone, name: str) -> None:
    """Each kind is described (the client of these tests refuses an answer that is not)."""
    content = b'{"dossier": "x"}\n' if name.endswith("ndjson") else TABBED.encode()
    answer = await intake.client.post(
        f"/v1/dossiers/files?name={name}&answer=refused", content=content, headers=await intake.key()
    )

    assert answer.status_code == 200
    assert f'.refused.{name.rpartition(".")[2]}"' in answer.headers["content-disposition"]


async def test_a_file_of_which_no_row_can_be_taken_is_given_up(intake: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.http.files.GIVEN_UP", 5)
    head, wrong = TABBED.splitlines()
    right = "H37.12-260302-0002\t1.000894\t02/03/2026 08:30\tĐang xử lý"

    async def upload(*lines: str) -> Any:
        content = "\n".join((head, *lines)).encode()
        return await intake.client.post("/v1/dossiers/files?name=so.tsv", content=content, headers=await intake.key())

    given_up, one_right, few = await upload(*[wrong] * 9), await upload(right, *[wrong] * 9), await upload(*[wrong] * 4)

    assert (given_up.status_code, given_up.json()["type"]) == (422, "urn:dunghen:problem:unreadable-file")
    assert "9 dòng đầu đều sai; dòng 2: Mã TTHC" in given_up.json()["detail"]
    assert [(answer.status_code, answer.json()["refused"]) for answer in (one_right, few)] == [(200, 9), (200, 4)]

"""The demo as a newcomer runs it, and the commands it points to."""

import json
import re
from pathlib import Path

import openpyxl
import pytest

from tests.support.golden import differences, told
from tests.support.month import Month, dunghen, month

STORY = "H37.12-260212-0007"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """One run for all tests here."""
    return month(tmp_path_factory.mktemp("demo"))


def test_every_check_of_the_demo_holds_and_the_table_shows_it(demo: Month) -> None:
    checks = {check["name"]: check for check in demo.result["checks"]}

    assert all(check["ok"] for check in checks.values())
    assert (checks["dòng từ chối"]["value"], checks["dòng chờ cán bộ xử lý"]["value"]) == (10, 2)
    assert demo.result["figures"]["dossiers"] >= 2000
    assert "sổ lệch 0" in demo.told
    assert "Toàn tỉnh" in demo.told


def test_each_planted_fault_turns_its_own_item_red_and_no_other(demo: Month) -> None:
    faults = demo.result["faults"]

    assert len(faults) == 7
    assert [fault["red"] for fault in faults] == [[fault["notices"]] for fault in faults]


def test_what_people_brought_forward_runs_through_the_month_and_its_share_is_told(demo: Month) -> None:
    own = demo.result["figures"]["petitions"]

    assert set(own["kinds"]) == {"suggestion", "petition", "complaint", "denunciation", "praise", "contribution"}
    assert own["due"] == own["in_time"] + own["late"] + own["open"]
    assert min(own[name] for name in ("in_time", "late", "open", "forwarded", "raised_again")) > 0
    assert f"trả lời đúng hạn {own['in_time']} trên {own['due']} đến hạn" in demo.told
    assert "ý kiến đúng hạn lệch 0" in demo.told
    assert (own["thanked"], own["apologised"]) == (2, 1)
    assert "thư cảm ơn 2, thư xin lỗi về sai sót 1" in demo.told


def test_the_story_line_and_the_month_are_told_in_numbers_of_the_run(demo: Month) -> None:
    figures = demo.result["figures"]
    line = next(line for line in demo.told.splitlines() if line.startswith("MỘT HỒ SƠ"))

    assert "nhận 12/02 15:40 -> hẹn 26/02 (nghỉ Tết 16-20/02) -> cảnh báo -> thư " in line
    assert "/PXL" in line
    assert line.endswith("-> SMS -> được hỏi ý kiến")
    late = [figures[name] for name in ("late_with_letter", "late_exempted", "late_without_letter")]
    assert f"trễ hẹn đầu {sum(late)} (có thư {late[0]} / miễn {late[1]} / chưa {late[2]})" in demo.told
    assert re.search(r"máy đếm chỉ trừ cuối tuần: sai \d+ ngày hẹn trên 2171; lịch thư viện chưa vá: sai \d+", demo.told)
    assert (demo.folder / "out" / "thu-xin-loi.pdf").read_bytes().startswith(b"%PDF")


def test_the_story_of_a_late_dossier_reads_from_reception_to_return(demo: Month) -> None:
    lines = dunghen("follow", STORY, "--log", str(demo.log)).stdout

    assert lines.index("Tiếp nhận (trực tuyến): Đăng ký kết hôn") < lines.index("Hẹn trả kết quả 15:40 thứ Năm 26/02/2026")
    assert "Không tính 14/02-22/02/2026: Tết Nguyên đán." in lines
    told = ("cần soạn thư xin lỗi", "Thư xin lỗi đã ký", "Ngày hẹn trả thay đổi", "đã ban hành", "Đã xử lý xong", "đánh giá ")
    assert sorted(told, key=lines.index) == list(told)
    assert "Đã trả kết quả cho người dân." in lines


def test_an_unknown_dossier_is_said_to_be_unknown(demo: Month) -> None:
    assert dunghen("follow", "H37.12-260212-9999", "--log", str(demo.log)).returncode == 1
    assert "không phải mã hồ sơ" in dunghen("follow", "HS-1", "--log", str(demo.log)).stderr


def test_the_audit_finds_nothing_and_a_changed_figure_is_found(demo: Month, tmp_path: Path) -> None:
    clean = dunghen("audit", "figures", "--log", str(demo.log))
    assert clean.returncode == 0, clean.stdout
    assert "sai lệch: 0" in clean.stdout

    for path in demo.log.glob("*.ndjson"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    cells = (tmp_path / "metrics.v1.ndjson").read_text("utf-8").splitlines()
    last = json.loads(cells[-1])
    value = json.loads(last["value"])
    value["data"]["revision"] += 1
    value["data"]["counters"] = {"received_online": 99}
    (tmp_path / "metrics.v1.ndjson").write_text("\n".join([*cells, json.dumps(last | {"value": json.dumps(value)})]), "utf-8")
    planted = dunghen("audit", "figures", "--log", str(tmp_path))
    assert planted.returncode == 1
    assert f"{value['subject']} received_online" in planted.stdout


def test_the_month_says_the_events_that_it_has_always_said(demo: Month) -> None:
    """The same ids and the same content; tests/support/golden.py makes the file anew where another content is meant."""
    found = differences(told(demo.log))

    assert not found, "\n".join(line[:600] for line in found[:20])


def test_the_report_from_the_log_is_the_one_the_service_gave(demo: Month) -> None:
    period = ("--from", "2026-01-08", "--to", "2026-02-27")
    done = dunghen("report", "II.06a", *period, "--unit", "province", "--log", str(demo.log))

    assert json.loads(done.stdout)["total"] == demo.result["figures"]["II.06a"]["province"]


def test_the_workbook_of_the_demo_has_a_line_per_unit_and_field(demo: Month) -> None:
    page = openpyxl.load_workbook(demo.folder / "out" / "II.06a.xlsx").active

    assert page is not None
    names = [str(page.cell(row, 2).value) for row in range(7, page.max_row)]
    assert "UBND xã Hoàng Vân: Hộ tịch" in names
    assert "Sở Nông nghiệp và Môi trường: Đất đai" in names

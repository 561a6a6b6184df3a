"""Commands that need no broker: explain, import's refusals, and clear words for wrong arguments."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from openpyxl import Workbook
from typer.testing import CliRunner

from dunghen import PROVINCE
from dunghen.__main__ import make_app
from dunghen.together import run_together
from runtime.web import Role
from tests.flow.support import received
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
RUN, app = CliRunner(), make_app()


def test_a_due_date_is_explained_as_data() -> None:
    done = RUN.invoke(app, ["deadline", "explain", "--received", "2026-01-05T08:00+07:00", "--limit", "5wd", "--json"])

    answer = json.loads(done.stdout)
    assert answer["due_at"] == "2026-01-10T08:00:00+07:00"
    assert (answer["state"], answer["provisional"]) == ("due", False)
    assert [step["days"] for step in answer["derivation"] if step["rule"] == "makeup"] == [["2026-01-10"]]
    assert answer["derivation"][-1]["text"] == "Hẹn trả kết quả: 08:00 thứ Bảy 10/01/2026."


def test_a_reception_is_read_as_offices_write_it() -> None:
    command = ["deadline", "explain", "--received", "05/01/2026 08:00", "--limit", "5wd", "--json"]

    assert json.loads(RUN.invoke(app, command).stdout)["due_at"] == "2026-01-10T08:00:00+07:00"


def test_a_due_date_is_explained_in_sentences_for_a_unit() -> None:
    command = ["deadline", "explain", "--received", "2026-03-05T16:45", "--limit", "1wd", "--unit", "H37.14"]

    assert "16:30 thứ Sáu 06/03/2026" in RUN.invoke(app, command).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--received", "hôm nay", "--limit", "5wd"], "--received"),
        (["--received", "2026-01-05", "--limit", "5wd"], "thiếu giờ"),
        (["--received", "05/01/2026", "--limit", "5wd"], "thiếu giờ"),
        (["--received", "2026-W02-1T08:00", "--limit", "5wd"], "--received"),
        (["--received", "2026-01-05T08:00", "--limit", "5 days"], "--limit"),
        (["--received", "2026-01-05T08:00", "--limit", "0wd"], "at least 1"),
        (["--received", "2026-01-05T08:00", "--limit", "0,5mo"], "not in months"),
        (["--received", "2026-01-05T08:00", "--limit", "9999wd"], "2015 to 2035"),
        (["--received", "2026-01-05T08:00", "--limit", "5wd", "--unit", "H99"], "--unit"),
        (["--received", "2026-01-05T08:00", "--limit", "5wd", "--hours", "{"], "--hours"),
        (["--received", "2026-01-05T08:00", "--limit", "5wd", "--hours", '{"weekdays": ["8-12"]}'], "--hours"),
    ],
)
def test_wrong_arguments_are_named(arguments: list[str], says: str) -> None:
    done = RUN.invoke(app, ["deadline", "explain", *arguments])

    assert done.exit_code == 2
    assert says in done.stderr


def test_commands_that_need_a_log_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)

    assert "--log" in RUN.invoke(app, ["follow", "H37.12-260212-0007"]).stderr
    assert "không có tệp *.ndjson nào" in RUN.invoke(app, ["audit", "figures", "--log", str(tmp_path)]).stderr
    assert "--real" in RUN.invoke(app, ["demo", "--real"]).stderr
    assert "run" in RUN.invoke(app, ["run", "postman"]).stderr or RUN.invoke(app, ["run", "postman"]).exit_code == 2


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A running system; yields what the commands need in their environment to reach its intake."""
    port, ready, leave = free_port(), threading.Event(), threading.Event()
    other = free_port()
    environment = {"INTAKE_URL": f"http://127.0.0.1:{port}", "REPORTING_URL": f"http://127.0.0.1:{other}"}

    async def serve() -> None:
        async with run_together(tmp_path / "data") as running:
            environment["DUNGHEN_KEY"] = running.key
            environment["DUNGHEN_TOKEN"] = running.issuer.token(Role.REPORTER)
            environment["OPERATOR_KEY"] = running.operator_key
            environment["KAFKA_BOOTSTRAP_SERVERS"] = running.bootstrap_servers
            servers = [
                uvicorn.Server(
                    uvicorn.Config(running.services[name].app, host="127.0.0.1", port=at, log_config=None, access_log=False)
                )
                for name, at in (("intake", port), ("reporting", other))
            ]
            tasks = [asyncio.create_task(server._serve()) for server in servers]
            while not all(server.started for server in servers):
                await asyncio.sleep(0.01)
            ready.set()
            while not leave.is_set():
                await asyncio.sleep(0.05)
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield environment
    leave.set()
    thread.join(30)


def test_a_file_is_sent_and_its_refused_rows_go_in_after_correction(intake: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    rows = [
        received("H37.12-260302-0001", "2026-03-02T09:00"),
        received("H37.12-260302-0002", "2026-03-02T09:00", procedure="9.999999"),
        received("HS-3", "2026-03-02T09:00"),
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")

    first = RUN.invoke(app, ["import", str(file)], env=intake)
    refused = tmp_path / "events.refused.ndjson"
    assert first.exit_code == 1
    assert "Đã nhận 1 dòng, giữ lại chờ kiểm tra 1 dòng, từ chối 1 dòng." in first.stdout
    assert "dòng 3: dossier: " in first.stderr

    refused.write_text(refused.read_text("utf-8").replace("HS-3", "H37.12-260302-0003"), "utf-8")
    second = RUN.invoke(app, ["import", str(refused)], env=intake)
    assert second.exit_code == 0, second.stdout
    assert "Đã nhận 1 dòng, từ chối 0 dòng." in second.stdout
    assert not (tmp_path / "events.refused.refused.ndjson").exists()

    operator = {**intake, "DUNGHEN_KEY": intake["OPERATOR_KEY"]}
    listed = RUN.invoke(app, ["quarantine", "ls"], env=operator).stdout
    assert "unknown-procedure" in listed
    assert "9.999999" in listed
    assert_a_held_dossier_is_told_of("H37.12-260302-0002", intake)
    entry = next(word for word in listed.split() if len(word) == 36 and word.count("-") == 4)
    assert RUN.invoke(app, ["quarantine", "fix", entry, "procedure=1.000894"], env=operator).exit_code == 0
    assert "Nhận 1," in RUN.invoke(app, ["quarantine", "resubmit", entry], env=operator).stdout
    assert "0 mục" in RUN.invoke(app, ["quarantine", "ls"], env=operator).stdout
    assert RUN.invoke(app, ["quarantine", "ls"], env=intake).exit_code == 2


def test_a_workbook_is_sent_and_each_sheet_is_told_of(intake: dict[str, str], tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["Hướng dẫn"])
    sheet, hidden = book.create_sheet("Tháng 3"), book.create_sheet("Cũ")
    hidden.sheet_state = "hidden"
    for cells in (
        ["Mã hồ sơ", "Mã TTHC", "Ngày nhận", "Ngày hẹn trả KQ", "Ghi chú"],
        ["H37.12-260302-0071", "1.000894", "02/03/2026 09:00", "09/03/2026 09:00", "x"],
        ["H37.12-260302-0072", "1.000894", "02/03/2026", "", ""],
        ["Tổng cộng: 2"],
    ):
        sheet.append(cells)
    book.save(tmp_path / "so.xlsx")

    done = RUN.invoke(app, ["import", str(tmp_path / "so.xlsx")], env={**intake, "COLUMNS": "300"})

    assert "Đã nhận 1 dòng, từ chối 1 dòng." in done.stdout
    said = " ".join(done.stdout.split())
    assert "Trang “Sheet”: KHÔNG ĐỌC: không thấy đầu cột" in said
    assert "Trang “Cũ”: KHÔNG ĐỌC: đang bị ẩn" in said
    assert "Trang “Tháng 3”: 2 dòng; đọc các cột Mã hồ sơ, Mã TTHC, Ngày nhận, Ngày hẹn trả KQ" in said
    assert "Cột không đọc: Ghi chú" in said
    assert "Bỏ qua 1 dòng tổng cộng: 4" in said
    assert "trang “Tháng 3”, dòng 3: Ngày nhận: thiếu giờ" in " ".join(done.stderr.split())


def test_words_of_no_list_are_listed_to_an_operator(intake: dict[str, str], tmp_path: Path) -> None:
    step = {"dossier": "H37.12-260302-0081", "type": "progressed", "at": "2026-03-02T10:00", "step": "Họp xét duyệt"}
    (tmp_path / "a.ndjson").write_text(json.dumps(step), "utf-8")
    assert RUN.invoke(app, ["import", str(tmp_path / "a.ndjson")], env=intake).exit_code == 0
    operator = {**intake, "DUNGHEN_KEY": intake["OPERATOR_KEY"]}
    for _ in range(50):  # they are written down every five seconds
        told = json.loads(RUN.invoke(app, ["words", "H37.12", "--format", "json"], env=operator).stdout)
        if told:
            break
        time.sleep(0.2)

    assert [(each["kind"], each["words"], each["count"]) for each in told] == [("step", "Họp xét duyệt", 1)]
    table = RUN.invoke(app, ["words", "H37.12"], env=operator).stdout
    assert "bước (steps)" in table
    assert "1 cách viết chưa có trong danh mục." in table
    assert RUN.invoke(app, ["words", "H37.12"], env=intake).exit_code == 2
    assert "unknown unit" in RUN.invoke(app, ["words", "H99"], env=operator).stderr


def assert_a_held_dossier_is_told_of(dossier: str, intake: dict[str, str]) -> None:
    """An operator reads why it is held, its sender that it is, anybody else where to ask."""
    operator = RUN.invoke(app, ["follow", dossier], env={**intake, "DUNGHEN_KEY": intake["OPERATOR_KEY"]})
    sender = RUN.invoke(app, ["follow", dossier], env=intake)
    nobody = RUN.invoke(app, ["follow", dossier], env={**intake, "DUNGHEN_KEY": ""})

    assert operator.exit_code == 0, operator.stderr
    assert "được giữ lại chờ kiểm tra: mã thủ tục không có trong danh mục (procedure: 9.999999)." in operator.stdout
    assert (sender.exit_code, nobody.exit_code) == (1, 1)
    assert "1 mục của hồ sơ này bị giữ lại chờ kiểm tra" in sender.stderr
    assert "thêm --key" in nobody.stderr


def test_a_log_of_portal_payloads_becomes_ii06a_by_the_commands_of_the_docs(intake: dict[str, str]) -> None:
    sent = RUN.invoke(app, ["import", str(ROOT / "examples/payloads.ndjson")], env=intake)
    assert sent.exit_code == 0, sent.stdout

    report = ["report", "II.06a", "--from", "2026-10-15", "--to", "2026-11-14", "--unit", "all", "--format", "json"]
    total: dict[str, int] = {}
    for _ in range(100):
        total = json.loads(RUN.invoke(app, report, env=intake).stdout)["total"]
        if total["7"] == 3:
            break
        time.sleep(0.2)
    table = RUN.invoke(app, [*report[:-1], "table"], env=intake).stdout.splitlines()
    assert next(line for line in table if line.startswith("Cộng")).split()[1:] == [str(figure) for figure in total.values()]
    # Four received, three by the portal; one early, one late, one withdrawn early; the one with a supplement is still open.
    assert total == {"3": 4, "4": 3, "5": 1, "6": 0, "7": 3, "8": 2, "9": 0, "10": 1, "11": 1, "12": 0, "13": 1}


def test_keys_are_made_rotated_listed_and_ended(tmp_path: Path) -> None:
    store = {"STORE_URL": f"sqlite:///{tmp_path / 'intake.db'}"}

    key = RUN.invoke(app, ["keys", "new", "motcua", "--unit", "H37.12"], env=store)
    assert re.fullmatch(r"dh_[0-9a-f]{8}_[\w-]{43}", key.stdout.strip())
    second = RUN.invoke(app, ["keys", "rotate", "motcua", "--overlap-hours", "0"], env=store).stdout.strip()
    listed = RUN.invoke(app, ["keys", "ls"], env=store).stdout
    told = json.loads(RUN.invoke(app, ["keys", "ls", "--format", "json"], env=store).stdout)
    assert [entry["id"] for entry in told if entry["until"] is None] == [second[3:11]]
    assert "H37.12" in listed
    assert listed.count("motcua") == 2
    assert second.split("_", 2)[2] not in listed
    assert RUN.invoke(app, ["keys", "end", second[3:11]], env=store).exit_code == 0
    assert RUN.invoke(app, ["keys", "end", second[3:11]], env=store).exit_code == 2
    pilot = ["keys", "new", "thi-diem", "--mode", "pilot", "--number"]
    assert "CONTACTS_HASH_KEYS" in RUN.invoke(app, [*pilot, "0912000007"], env=store).stderr
    with_secret = {**store, "CONTACTS_HASH_KEYS": "a secret of the test run"}
    assert RUN.invoke(app, [*pilot, "0912000007"], env=with_secret).exit_code == 0
    assert "số di động" in RUN.invoke(app, [*pilot, "0205 000 112"], env=with_secret).stderr
    assert RUN.invoke(app, ["keys", "new", "Một Cửa"], env=store).exit_code == 2
    assert RUN.invoke(app, ["keys", "rotate", "khac"], env=store).exit_code == 2
    assert "0912000007" not in "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())


def test_only_the_key_that_is_meant_is_rotated_and_it_is_said_which(tmp_path: Path) -> None:
    store = {"STORE_URL": f"sqlite:///{tmp_path / 'intake.db'}"}

    def keys(*words: str) -> Any:
        return RUN.invoke(app, ["keys", *words], env=store)

    def holding() -> set[str]:
        return {entry["id"] for entry in json.loads(keys("ls", "--format", "json").stdout) if entry["until"] is None}

    sending, operating = (keys("new", "motcua", *more).stdout.strip()[3:11] for more in ((), ("--operator",)))
    rotated = keys("rotate", "motcua", "--overlap-hours", "0")
    new = rotated.stdout.strip()[3:11]
    assert f"Thay khóa {sending} (motcua, live, mọi đơn vị)." in rotated.stderr
    assert holding() == {new, operating}
    assert f"Thay khóa {operating} (motcua, vận hành, mọi đơn vị)." in keys("rotate", "motcua", "--operator").stderr

    test = keys("new", "motcua", "--mode", "test", "--unit", "H37.12").stdout.strip()[3:11]
    several = keys("rotate", "motcua")
    assert several.exit_code == 2
    assert f"{new} (motcua, live, mọi đơn vị); {test} (motcua, test, H37.12)" in several.stderr
    assert f"Thay khóa {test} (motcua, test, H37.12)." in keys("rotate", test, "--overlap-hours", "0").stderr
    assert new in holding()
    assert "còn hiệu lực" in keys("rotate", test).stderr
    assert "khóa vận hành nào của khac" in keys("rotate", "khac", "--operator").stderr


def test_reference_data_is_checked_with_line_numbers_and_becomes_pages(tmp_path: Path) -> None:
    assert "60 thủ tục trong 12 lĩnh vực" in RUN.invoke(app, ["reference", "check"]).stdout
    for source in PROVINCE.glob("*.yaml"):
        (tmp_path / source.name).write_text(source.read_text("utf-8"), "utf-8")
    units = tmp_path / "units.yaml"
    units.write_text(units.read_text("utf-8").replace("kind: commune", "kind: village", 1), "utf-8")
    wrong = RUN.invoke(app, ["reference", "check", str(tmp_path)])
    line = next(n for n, text in enumerate(units.read_text("utf-8").splitlines(), 1) if "village" in text)
    assert wrong.exit_code == 1
    assert f"units.yaml, line {line}, entry 4: kind" in wrong.stderr

    assert RUN.invoke(app, ["reference", "pages", str(tmp_path / "www"), "--on", "2026-03-02"]).exit_code == 0
    page = (tmp_path / "www" / "H37.07.html").read_text("utf-8")
    assert "Cấp giấy phép môi trường" in page
    assert 'href="H37.07.html"' in (tmp_path / "www" / "index.html").read_text("utf-8")


def test_files_that_cannot_be_read_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()

    done = RUN.invoke(app, ["import", str(tmp_path / "empty.csv"), "--key", "x"])
    assert done.exit_code == 2
    assert "tệp rỗng" in done.stderr


def test_anybodys_cases_are_counted_line_by_line(tmp_path: Path) -> None:
    def case(identity: str, **more: Any) -> str:
        given = {"received": "2026-01-05T09:00:00+07:00", "limit": {"value": 5, "unit": "working_day"}, **more}
        return json.dumps({"id": identity, "input": given})

    pause = {"kind": "fee", "from": "2026-01-06T09:00:00+07:00"}
    papers = {"kind": "supplement", "from": "2026-01-06T09:00"}
    lines = [
        case("plain"),
        case("patched", calendar_patch={"2026-01-02": "work", "2026-01-10": "off"}),
        case("before the patch", received="2025-12-31T09:00:00", calendar_patch={"2026-01-02": "work", "2026-01-10": "off"}),
        case("own hours", limit={"unit": "same_day"}, hours={"weekdays": ["08:00-12:00", "13:00-16:00"]}),
        case("a fee that does not count", pauses=[pause]),
        case("a fee that does", pauses=[pause], pause_on_fee=True),
        case("next year", received="2026-12-31T09:00:00+07:00"),
        case("limit 0", limit={"value": 0, "unit": "hour"}),
        case("half a day", limit={"value": 0.5, "unit": "working_day"}),
        case("a day and a half", limit={"value": "1,5", "unit": "working_day"}),
        case("an hour and a half", limit={"value": 1.5, "unit": "hour"}),
        case("minutes", limit={"value": 30, "unit": "minute"}),
        case("same day with a number", limit={"value": 0, "unit": "same_day"}),
        case("a whole day waited", limit={"value": 3, "unit": "working_day"}, pauses=[{**papers, "to": "2026-01-07T09:00"}]),
        case("half a month", limit={"value": 0.5, "unit": "month"}),
        case("five decimal places", limit={"value": 0.12345, "unit": "hour"}),
        case("true", limit={"value": True, "unit": "hour"}),
        case("a year that no calendar reaches", limit={"value": 10**9, "unit": "month"}),
        case("a misspelt field", pausse=[]),
        "nonsense",
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(lines), "utf-8")

    done = RUN.invoke(app, ["deadline", "batch", str(file)])
    said = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}

    assert {name: answer["due_at"] for name, answer in said.items() if answer["state"] == "due"} == {
        "plain": "2026-01-10T09:00:00+07:00",
        "patched": "2026-01-12T09:00:00+07:00",
        "before the patch": "2026-01-08T09:00:00+07:00",
        "own hours": "2026-01-05T16:00:00+07:00",
        "a fee that does not count": "2026-01-10T09:00:00+07:00",
        "next year": "2027-01-08T09:00:00+07:00",
        "half a day": "2026-01-05T14:45:00+07:00",
        "a day and a half": "2026-01-06T14:45:00+07:00",
        "an hour and a half": "2026-01-05T10:30:00+07:00",
        "minutes": "2026-01-05T09:30:00+07:00",
        "same day with a number": "2026-01-05T17:00:00+07:00",
        "a whole day waited": "2026-01-09T09:00:00+07:00",
    }
    assert said["next year"]["provisional"]
    assert said["a fee that does"]["state"] == "paused"
    wrong = {name: answer["error"] for name, answer in said.items() if answer["state"] == "error"}
    of_limits = {"limit 0", "half a month", "five decimal places", "true"}
    assert set(wrong) == {*of_limits, "a year that no calendar reaches", "a misspelt field", None}
    assert all("D8" in wrong[name] for name in of_limits)
    assert "pausse" in wrong["a misspelt field"]


def batch(tmp_path: Path, content: bytes) -> list[dict[str, Any]]:
    """What `deadline batch` answers to a file."""
    file = tmp_path / "cases.jsonl"
    file.write_bytes(content)
    done = RUN.invoke(app, ["deadline", "batch", str(file)])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


RECEIVED_AT = {
    '"2026-11-23T08:00"': True,
    '"2026-11-23T08:00:00Z"': True,
    '"23/11/2026 08:00"': True,
    '"20261123080000"': True,
    "1792000000": False,
    "1792000000000": False,
    '"1792000000"': False,
    '"2026-11-23"': False,
    '"2026-11-23T24:00"': False,
    '"31/02/2026 08:00"': False,
    '"00010101000000"': False,
    "true": False,
    "null": False,
}


@pytest.mark.parametrize(("when", "counted"), RECEIVED_AT.items(), ids=RECEIVED_AT)
def test_a_case_has_times_as_every_door_takes_them(when: str, counted: bool, tmp_path: Path) -> None:
    case = f'{{"id": 1, "input": {{"received": {when}, "limit": {{"value": 1, "unit": "hour"}}}}}}'

    assert [answer["state"] for answer in batch(tmp_path, case.encode())] == ["due" if counted else "error"]


def test_a_case_in_which_a_name_stands_twice_is_answered_with_that_name(tmp_path: Path) -> None:
    limit = '"limit": {"value": 1, "value": 2, "unit": "hour"}'
    answers = batch(tmp_path, f'{{"id": 1, "input": {{"received": "2026-11-23T08:00", {limit}}}}}'.encode())

    assert [answer["error"] for answer in answers] == ["value: stands twice"]


def test_a_mark_at_the_begin_of_a_file_and_half_a_character_in_an_id_hold_up_no_case(tmp_path: Path) -> None:
    whole = '"input": {"received": "2026-11-23T08:00", "limit": {"value": 1, "unit": "hour"}}'
    lines = [f'{{"id": "{identity}", {whole}}}' for identity in ("đầu", "\\ud800", "cuối")]
    answers = batch(tmp_path, b"\xef\xbb\xbf" + "\r\n".join(lines).encode())

    assert [(answer["id"], answer["state"]) for answer in answers] == [("đầu", "due"), ("\ud800", "due"), ("cuối", "due")]

"""Commands that need no broker: explain, import's refusals, and clear words for wrong arguments."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner

from dunghen.__main__ import make_app
from dunghen.demo.real import free_port
from dunghen.together import run_together
from tests.flow.support import received

RUN, app = CliRunner(), make_app()


def test_a_due_date_is_explained_as_data() -> None:
    done = RUN.invoke(app, ["deadline", "explain", "--received", "2026-01-05T08:00+07:00", "--limit", "5wd", "--json"])

    answer = json.loads(done.stdout)
    assert answer["due_at"] == "2026-01-10T08:00:00+07:00"
    assert (answer["state"], answer["provisional"]) == ("due", False)
    assert [step["days"] for step in answer["derivation"] if step["rule"] == "makeup"] == [["2026-01-10"]]
    assert answer["derivation"][-1]["text"] == "Hẹn trả kết quả: 08:00 thứ Bảy 10/01/2026."


def test_a_due_date_is_explained_in_sentences_for_a_unit() -> None:
    command = ["deadline", "explain", "--received", "2026-03-05T16:45", "--limit", "1wd", "--unit", "H37.14"]

    assert "16:30 thứ Sáu 06/03/2026" in RUN.invoke(app, command).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--received", "hôm nay", "--limit", "5wd"], "--received"),
        (["--received", "2026-01-05T08:00", "--limit", "5 days"], "--limit"),
        (["--received", "2026-01-05T08:00", "--limit", "0wd"], "at least 1"),
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
    assert "holds no" in RUN.invoke(app, ["audit", "figures", "--log", str(tmp_path)]).stderr
    assert "--real" in RUN.invoke(app, ["demo", "--real"]).stderr
    assert "run" in RUN.invoke(app, ["run", "postman"]).stderr or RUN.invoke(app, ["run", "postman"]).exit_code == 2


@pytest.fixture
def intake_url(tmp_path: Path) -> Iterator[str]:
    """A running system; yields the address of its intake."""
    port, ready, leave = free_port(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with run_together(tmp_path / "data") as running:
            config = uvicorn.Config(
                running.services["intake"].app, host="127.0.0.1", port=port, log_config=None, access_log=False
            )
            server = uvicorn.Server(config)
            task = asyncio.create_task(server._serve())
            while not server.started:
                await asyncio.sleep(0.01)
            ready.set()
            while not leave.is_set():
                await asyncio.sleep(0.05)
            server.should_exit = True
            await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield f"http://127.0.0.1:{port}"
    leave.set()
    thread.join(30)


def test_a_file_is_sent_and_its_refused_rows_go_in_after_correction(intake_url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    rows = [
        received("H37.12-260302-0001", "2026-03-02T09:00"),
        received("H37.12-260302-0002", "2026-03-02T09:00", procedure="9.999999"),
        received("HS-3", "2026-03-02T09:00"),
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")

    first = RUN.invoke(app, ["import", str(file), "--url", intake_url])
    refused = tmp_path / "events.refused.ndjson"
    assert first.exit_code == 1
    assert "Đã nhận 1 dòng, từ chối 2 dòng." in first.stdout
    assert "dòng 2: procedure: mã thủ tục không có trong danh mục" in first.stderr

    text = refused.read_text("utf-8").replace("9.999999", "1.000894").replace("HS-3", "H37.12-260302-0003")
    refused.write_text(text, "utf-8")
    second = RUN.invoke(app, ["import", str(refused), "--url", intake_url])
    assert second.exit_code == 0, second.stdout
    assert "Đã nhận 2 dòng, từ chối 0 dòng." in second.stdout
    assert not (tmp_path / "events.refused.refused.ndjson").exists()


def test_files_that_cannot_be_read_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()

    done = RUN.invoke(app, ["import", str(tmp_path / "empty.csv"), "--url", "http://127.0.0.1:9"])
    assert done.exit_code == 2
    assert "tệp rỗng" in done.stderr

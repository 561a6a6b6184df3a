"""`dunghen letters`: what has to be printed, a batch as a file, what was handed over and what came back."""

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from dunghen.__main__ import make_app

RUN, APP = CliRunner(), make_app("letters")
ONE, TWO = "H37.12-260302-0001", "PA-260302-7QK2M4XA"
PDF = b"%PDF-1.7 x"


def letter(code: str) -> dict[str, object]:
    return {
        "dossier": code,
        "kind_name": "Văn bản xin lỗi",
        "symbol": "01/PXL",
        "unit": "H37.12",
        "state": "wanted",
        "why": "Không có thông tin liên hệ",
        "batch": "",
        "issued_on": "2026-03-05",
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What is posted to a notifier with two letters on two pages; the second arrived already."""
    posted: list[tuple[str, object]] = []

    def request(method: str, url: str, **more: object) -> httpx.Response:
        path, params = httpx.URL(url).path, more["params"]
        assert isinstance(params, dict)
        if method == "GET" and path.endswith("/pdf"):
            return httpx.Response(200, content=PDF) if "/2026/" in path else httpx.Response(404, json={"title": "Không có đợt"})
        if method == "GET":
            first = params["after"] == ""
            return httpx.Response(200, json={"letters": [letter(ONE if first else TWO)], "after": "1/x" if first else None})
        posted.append((path, more["json"]))
        if path.endswith("/batches"):
            left = [{"dossier": TWO, "why": "thiếu khóa mở địa chỉ đợt 2"}]
            made = {"unit": "H37.12", "year": 2026, "number": 3, "name": "3/2026", "dossiers": [ONE], "left": left}
            return httpx.Response(201, json=made)
        if path.endswith(TWO):
            return httpx.Response(409, json={"title": "Chưa ghi được kết quả gửi thư", "detail": "Thư này không chờ."})
        return httpx.Response(202, json=letter(ONE))

    monkeypatch.setattr(httpx, "request", request)
    return posted


def test_all_pages_are_listed(asked: list[tuple[str, object]]) -> None:
    done = RUN.invoke(APP, ["letters", "ls", "--unit", "H37.12", "--format", "json"])

    assert [one["dossier"] for one in json.loads(done.stdout)] == [ONE, TWO]
    assert asked == []


def test_a_batch_is_printed_into_a_file_of_its_own_that_nobody_else_reads(
    asked: list[tuple[str, object]], tmp_path: Path
) -> None:
    to = tmp_path / "dot.pdf"
    done = RUN.invoke(APP, ["letters", "print", "--unit", "H37.12", "--out", str(to)])
    again = RUN.invoke(APP, ["letters", "print", "--unit", "H37.12", "--out", str(to)])

    assert (done.exit_code, to.read_bytes(), to.stat().st_mode & 0o777) == (0, PDF, 0o600)
    assert "đợt 3/2026: 1 thư" in done.stdout
    assert "thiếu khóa mở địa chỉ" in done.stderr
    assert (again.exit_code, "đã có tệp này" in again.stderr) == (2, True)
    assert asked == [("/v1/letters-on-paper/batches", {"unit": "H37.12"})]  # none was printed for a file that is not written


@pytest.mark.parametrize(
    ("batch", "says"), [("H37.12/2026", "ĐƠN_VỊ/NĂM/SỐ"), ("H37.12//3", "ĐƠN_VỊ/NĂM/SỐ"), ("H37.12/2025/3", "Không có đợt")]
)
def test_a_batch_that_is_none_leaves_no_file(asked: list[tuple[str, object]], tmp_path: Path, batch: str, says: str) -> None:
    done = RUN.invoke(APP, ["letters", "batch", batch, "--out", str(tmp_path / "dot.pdf")])

    assert (done.exit_code, says in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
    assert asked == []


def test_a_batch_is_fetched_again(asked: list[tuple[str, object]], tmp_path: Path) -> None:
    done = RUN.invoke(APP, ["letters", "batch", "H37.12/2026/3", "--out", str(tmp_path / "dot.pdf")])

    assert (done.exit_code, (tmp_path / "dot.pdf").read_bytes(), asked) == (0, PDF, [])


def test_what_became_of_letters_is_noted_one_by_one_and_a_refusal_stops_no_other(asked: list[tuple[str, object]]) -> None:
    back = RUN.invoke(APP, ["letters", "returned", TWO, ONE, "--why", "moved", "--on", "2026-03-09"])
    given = RUN.invoke(APP, ["letters", "delivered", ONE, "--how", "in-person", "--on", "2026-03-09"])
    wrong = RUN.invoke(APP, ["letters", "delivered", ONE, "--on", "09/03/2026"])

    assert (back.exit_code, "1/2 thư" in back.stdout, "không chờ" in back.stderr) == (1, True, True)
    assert (given.exit_code, wrong.exit_code) == (0, 2)
    assert asked == [
        (f"/v1/letters-on-paper/{TWO}", {"outcome": "moved", "on": "2026-03-09"}),
        (f"/v1/letters-on-paper/{ONE}", {"outcome": "moved", "on": "2026-03-09"}),
        (f"/v1/letters-on-paper/{ONE}", {"outcome": "in-person", "on": "2026-03-09"}),
    ]

"""`dunghen messages`: what is listed, sent again, or known, and what somebody else decided meanwhile."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from dunghen.__main__ import make_app

RUN, APP = CliRunner(), make_app("messages")


def message(number: int, code: str = "401") -> dict[str, str]:
    return {
        "dossier": f"H37.12-260302-000{number}",
        "notice": "result-ready" if number < 3 else "supplement-wanted",
        "occasion": "1" if number < 3 else "88121",
        "unit": "H37.12",
        "state": "failed",
        "why": "Lỗi đường truyền hoặc cấu hình tổng đài",
        "code": code,
        "at": "2026-03-06T09:00:00+07:00",
    }


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is posted to a notifier with three failed messages on two pages; the second was decided about meanwhile."""
    asked: list[str] = []

    def request(method: str, url: str, **more: object) -> httpx.Response:
        params = more["params"]
        assert isinstance(params, dict)
        if method == "GET":
            first = params["after"] == ""
            page = [message(1), message(2)] if first else [message(3, "expired")]
            return httpx.Response(200, json={"messages": page, "after": "H37.12-260302-0002" if first else None})
        asked.append(str(httpx.URL(url, params=params)))
        if "0002" in url:
            return httpx.Response(409, json={"title": "Tin nhắn này không còn chờ quyết định"})
        return httpx.Response(202)

    monkeypatch.setattr(httpx, "request", request)
    return asked


def test_all_pages_are_listed(posted: list[str]) -> None:
    done = RUN.invoke(APP, ["messages", "ls", "--state", "failed", "--format", "json"])

    assert [each["dossier"][-4:] for each in json.loads(done.stdout)] == ["0001", "0002", "0003"]
    assert posted == []


def test_those_of_one_code_are_sent_again_and_one_that_was_decided_about_stops_no_other(posted: list[str]) -> None:
    done = RUN.invoke(APP, ["messages", "again", "--all", "--code", "401"])

    assert [url.split("/")[-3][-4:] for url in posted] == ["0001", "0002"]
    assert all(url.endswith("/result-ready/again?occasion=1") for url in posted)
    assert (done.exit_code, "1/2" in done.stdout, "không còn chờ quyết định" in done.stderr) == (1, True, True)


def test_named_dossiers_are_known_and_nothing_is_decided_about_all_without_saying_so(posted: list[str]) -> None:
    known = RUN.invoke(APP, ["messages", "known", "H37.12-260302-0003", "--state", "failed"])
    nobody = RUN.invoke(APP, ["messages", "again"])

    assert [url.rpartition("/")[2] for url in posted] == ["known?occasion=88121"]
    assert (known.exit_code, nobody.exit_code) == (0, 2)
    assert "--all" in nobody.stderr


@pytest.fixture
def wished(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What is posted to a notifier that takes every wish."""
    asked: list[tuple[str, object]] = []

    def request(method: str, url: str, **more: object) -> httpx.Response:
        body = more["json"]
        assert isinstance(body, dict)
        asked.append((httpx.URL(url).path, body))
        return httpx.Response(200, json={"known": True, "stopped": body.get("stop", False), "holds": True, "steps": []})

    monkeypatch.setattr(httpx, "request", request)
    return asked


def test_a_wish_is_of_a_dossier_or_of_a_number_that_no_command_line_shows(wished: list[tuple[str, object]]) -> None:
    """R29."""
    stop = RUN.invoke(APP, ["messages", "stop", "H37.12-260302-0001"])
    resume = RUN.invoke(APP, ["messages", "resume", "-"], input="0912 000 007\n")

    assert [done.stdout.strip() for done in (stop, resume)] == ["không nhận tin tùy chọn", "nhận tin tùy chọn"]
    assert wished == [
        ("/v1/messages/of/H37.12-260302-0001/stop-wish", {"stop": True}),
        ("/v1/messages/stop-wishes", {"stop": False, "phone": "0912 000 007"}),
    ]


def test_a_contact_is_corrected_from_what_is_typed_and_not_from_the_command_line(wished: list[tuple[str, object]]) -> None:
    words = ["messages", "contact", "H37.12-260302-0001"]
    done = RUN.invoke(APP, words, input="0912 000 008\n\nnguoi.nop@example.org\n")
    wrong = [RUN.invoke(APP, words, input=typed).exit_code for typed in ("", "0912000008\n0912000009\n")]

    assert (done.exit_code, wrong) == (0, [2, 2])
    assert "đã sửa liên hệ" in done.stdout
    body = {"phone": "0912 000 008", "email": "nguoi.nop@example.org"}
    assert wished == [("/v1/messages/of/H37.12-260302-0001/contact", body)]

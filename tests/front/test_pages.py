"""The front's own pages: by role, quickly, and honest about what could not be had."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from runtime.errors import Unavailable
from services.front.domain import Entry, What
from services.front.store import JOURNAL, add_entry, entry_id
from tests.support.front import FORM, Front, form_token

CODE = "H56.12-250701-0001"
LETTER = {
    "dossier": CODE,
    "state_name": "Chờ ký",
    "unit_name": "UBND phường Kỳ Lâm",
    "procedure_name": "Đăng ký kết hôn",
    "received_at": "2026-01-05T08:00:00+07:00",
    "due_at": "2026-01-12T08:00:00+07:00",
    "sign_by": None,
    "new_due_at": None,
    "reason_name": "",
    "symbol": "",
}


async def test_the_home_page_shows_what_a_role_is_for(front: Front) -> None:
    front.behind.answers["notifier"] = lambda: JSONResponse({"letters": [{}] * 7, "after": None})
    front.behind.answers["sla"] = lambda: JSONResponse({"items": [{}] * 1000})
    signer = (await (await front.log_in("lan", roles=["signer"], units=["H56.1"])).get("/")).text
    officer = (await (await front.log_in("hoa", roles=["officer"], units=["H56.1"])).get("/")).text
    inspector = (await (await front.log_in("an", roles=["inspector"], units=["*"])).get("/")).text

    assert "<b>7</b><span>thư xin lỗi chờ ký" in signer
    assert "<b>1000+</b><span>hồ sơ đang quá hạn" in officer
    assert ("thư xin lỗi chờ ký" in inspector, 'href="/letters"' in inspector) == (False, False)
    assert ['href="/ops/journal"' in page for page in (signer, officer, inspector)] == [False, False, True]
    assert "· người ký" in signer


async def test_numbers_are_asked_at_once_and_a_page_waits_a_second_for_them(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    front.behind.answers["sla"] = lambda: JSONResponse({"items": []})
    front.behind.answers["notifier"] = lambda: Response("no json")
    monkeypatch.setattr("services.front.http.home.NUMBER_SECONDS", 0.05)
    waiting = 0

    async def hanging(*_: object) -> httpx.Response:
        nonlocal waiting
        waiting += 1
        await asyncio.Event().wait()
        raise AssertionError

    assert (await lan.get("/")).text.count("chưa lấy được số liệu") == 1
    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", _only_inside(hanging))
    page = await lan.get("/")

    assert (page.status_code, page.text.count("chưa lấy được số liệu"), waiting) == (200, 2, 2)


def _only_inside(hanging: object) -> object:
    own = httpx.ASGITransport.handle_async_request

    async def handle(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        if request.url.host == "front.test":
            return await own(self, request)
        return await hanging(self, request)  # type: ignore[operator, no-any-return]

    return handle


async def test_a_dossier_is_found_by_its_code_and_told_from_what_the_services_answer(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    front.behind.answers["notifier"] = lambda: JSONResponse(LETTER)
    front.behind.answers["sla"] = lambda: JSONResponse({"items": [{"dossier": CODE, "due_at": LETTER["due_at"]}]})
    found = await lan.get("/search", params={"code": f" {CODE.lower()} "})
    story = (await lan.get(found.headers["location"])).text

    assert (found.status_code, found.headers["location"]) == (303, f"/dossiers/{CODE}")
    assert all(words in story for words in (f"Hồ sơ {CODE}</h1>", "Chờ ký", "Kỳ Lâm", "08:00 12/01/2026", "Đang quá hạn"))
    front.behind.answers["notifier"] = lambda: JSONResponse({}, 404)
    front.behind.away.add("sla")
    story = (await lan.get(f"/dossiers/{CODE}")).text
    assert "Phần Hạn giải quyết chưa trả lời" in story


@pytest.mark.parametrize("code", ["", "x", "H56.12-251301-0001", "../../letters", "<script>"])
async def test_what_is_no_code_is_said_beside_the_field(front: Front, code: str) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    answer = await lan.get("/search", params={"code": code})

    assert (answer.status_code, 'aria-invalid="true"' in answer.text, "<script>" in answer.text) == (422, True, False)
    assert (await lan.get("/dossiers/x")).status_code == 404


async def test_pages_are_small_have_no_script_and_can_be_used_without_a_mouse(front: Front) -> None:
    an = await front.log_in("an", roles=["inspector"], units=["*"])
    for browser, path in (
        (an, "/"),
        (an, f"/dossiers/{CODE}"),
        (an, "/ops/journal"),
        (an, "/none"),
        (front.browser(), "/login"),
    ):
        page = await browser.get(path)
        assert len(page.content) < 50_000
        assert '<html lang="vi">' in page.text
        assert (page.text.count("<h1"), page.text.count("<script"), page.text.count('href="#noi-dung"')) == (1, 0, 1)
        for name in ("code", "day"):
            assert (f'id="{name}"' in page.text) == (f'for="{name}"' in page.text)


async def test_the_journal_says_who_did_what_and_is_read_by_inspectors_alone(front: Front) -> None:
    lan = await front.log_in("lan", name="Lan", roles=["signer"], units=["H56.1"])
    token = await form_token(lan)
    await lan.post(f"/letters/{CODE}/approval", headers=FORM, data={"form_token": token})
    await lan.post(f"/letters/{CODE}/rejection", headers={**FORM, "origin": "http://evil.test"}, data={"form_token": token})
    front.behind.away.add("notifier")
    await lan.post(f"/letters/{CODE}/approval", headers=FORM, data={"form_token": token})
    an = await front.log_in("an", name="=An", roles=["inspector"], units=["*"])
    page, table = await an.get("/ops/journal"), await an.get("/ops/journal.csv")

    assert (await lan.get("/ops/journal")).status_code == 403
    assert (await lan.get("/ops/journal.csv")).status_code == 403
    assert "Yêu cầu từ trang khác" in page.text
    rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [row[1:] for row in rows[1:]] == [
        ["Đăng nhập", "lan", "Lan", "", "", "", ""],
        ["Thay đổi", "lan", "Lan", "POST", f"/letters/{CODE}/approval", "200", ""],
        ["Bị từ chối", "lan", "Lan", "POST", f"/letters/{CODE}/rejection", "", "Yêu cầu từ trang khác"],
        ["Thay đổi", "lan", "Lan", "POST", f"/letters/{CODE}/approval", "503", ""],
        ["Đăng nhập", "an", "'=An", "", "", "", ""],
    ]


async def test_a_day_of_the_journal_comes_in_pages(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.front.http.journal.LINES", 3)
    begin = datetime(2026, 1, 31, 17, tzinfo=UTC)  # the first moment of the first of February in Vietnam
    for number, seconds in enumerate((-0.001, 0, 1, 1, 2, 86_399.999, 86_400)):
        at = begin + timedelta(seconds=seconds)
        await add_entry(front.store, Entry(entry_id(at, f"{number}"), at, What.LOGIN, f"who-{number}", "An"))
    an = await front.log_in("an", roles=["inspector"], units=["*"])
    seen: list[str] = []
    path = "/ops/journal?day=2026-02-01"
    while path:
        page = (await an.get(path)).text
        seen += [f"who-{number}" for number in range(7) if f"who-{number})" in page]
        path = page.partition('<p><a href="/ops/journal?')[2].partition('"')[0].replace("&amp;", "&")
        path = path and f"/ops/journal?{path}"

    assert seen == [f"who-{number}" for number in range(1, 6)]
    assert (await an.get("/ops/journal?day=yesterday")).status_code == 422


async def test_a_change_that_cannot_be_written_down_is_not_passed_on(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    token = await form_token(lan)
    front.behind.asked.clear()
    insert = front.store.insert_unique

    async def away(collection: str, document: dict[str, object]) -> bool:
        if collection == JOURNAL:
            raise Unavailable("disk full")
        return await insert(collection, document)

    monkeypatch.setattr(front.store, "insert_unique", away)
    answer = await lan.post(f"/letters/{CODE}/approval", headers=FORM, data={"form_token": token})

    assert (answer.status_code, "tạm ngừng" in answer.text, front.behind.asked) == (503, True, [])

"""The front's own pages: by role, quickly, and honest about what could not be had."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from runtime.errors import Unavailable
from services.front.domain import Entry, What
from services.front.journal import Journal
from services.front.store import JOURNAL, add_entry, entry_id
from tests.support.front import FORM, Front, form_token

CODE = "H56.12-250701-0001"
LETTER = {"state_name": "Chờ ký", "sign_by": None, "new_due_at": None, "reason_name": "", "symbol": ""}
SMS = {
    "notice_name": "Báo đã có kết quả",
    "state_name": "Tổng đài đã nhận",
    "at": "2026-01-12T08:00:00+07:00",
    "text": "Hồ sơ thử đã có kết quả",
}
COUNTS = {"late": 3, "today": 1, "tomorrow": 4, "later": 9, "unaccepted": 6, "unaccepted_late": 2}
DATES: dict[str, Any] = {
    "unit_name": "UBND xã Kỳ Lâm",
    "procedure_name": "Đăng ký khai sinh",
    "received_at": "2026-01-05T08:00:00+07:00",
    "stage": "open",
    "due_at": "2026-01-12T08:00:00+07:00",
    "urgency": "late",
    "waits_for": "",
    "waits_since": None,
    "outcome": None,
    "end_state": None,
    "ended_at": None,
    "step": "Xử lý",
    "department": "Phòng Tư pháp",
    "why": [{"text": "Thời hạn 5 ngày làm việc.", "source": "Bộ luật Dân sự 2015"}],
}
LINE = {
    "dossier": CODE,
    "unit": "H56.1",
    "procedure_name": "Đăng ký khai sinh",
    "due_at": "2026-01-12T08:00:00+07:00",
    "urgency": "late",
    "reappointed": True,
    "step": "Xử lý",
    "department": "",
    "spent": {"unit": 300, "citizen": 100, "body": 0, "force_majeure": 0, "elapsed": 400},
}


async def test_the_home_page_shows_what_a_role_is_for(front: Front) -> None:
    both: dict[str, Any] = {"letters": [{}] * 200, "after": None, "counts": {"wanted": 12, "unsaid": 7}}
    front.behind.answers["notifier"] = lambda: JSONResponse(both)
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": COUNTS, "items": [], "after": None})
    signer = (await (await front.log_in("lan", roles=["signer"], units=["H56.1"])).get("/")).text
    officer = (await (await front.log_in("hoa", roles=["officer"], units=["H56.1"])).get("/")).text
    inspector = (await (await front.log_in("an", roles=["inspector"], units=["*"])).get("/")).text

    assert "<b>200+</b><span>thư chờ ký" in signer
    assert all(f"<b>{count}</b><span>hồ sơ {words}" in officer for count, words in ((3, "đã quá hạn"), (1, "đến hạn hôm nay")))
    assert "<b>12</b><span>thư phải in để gửi" in officer
    assert "<b>7</b><span>thư đã in lâu, chưa ghi kết quả" in officer
    assert ("thư phải in" in signer, "thư đã in" in signer, "thư đã in" in inspector) == (False, False, False)
    assert ("thư chờ ký" in inspector, 'href="/letters"' in inspector) == (False, False)
    assert ['href="/ops/journal"' in page for page in (signer, officer, inspector)] == [False, False, True]
    assert "· người ký" in signer


async def test_numbers_are_asked_at_once_and_a_page_waits_a_second_for_them(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": COUNTS})
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

    assert (page.status_code, page.text.count("chưa lấy được số liệu"), waiting) == (200, 5, 2)


def _only_inside(hanging: object) -> object:
    own = httpx.ASGITransport.handle_async_request

    async def handle(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        if request.url.host == "front.test":
            return await own(self, request)
        return await hanging(self, request)  # type: ignore[operator, no-any-return]

    return handle


async def test_a_dossier_is_found_by_its_code_and_told_from_what_the_services_answer(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    front.behind.answers["notifier"] = lambda: JSONResponse({"reachable": True, "messages": [SMS], "letter": LETTER})
    front.behind.answers["sla"] = lambda: JSONResponse(DATES)
    found = await lan.get("/search", params={"code": f" {CODE.lower()} "})
    story = (await lan.get(found.headers["location"])).text

    assert (found.status_code, found.headers["location"]) == (303, f"/dossiers/{CODE}")
    told = ("Hồ sơ thử đã có kết quả", "Tổng đài đã nhận", "Chờ ký", "08:00 12/01/2026", "Đang quá hạn", "5 ngày làm việc")
    assert all(words in story for words in (f"Hồ sơ {CODE}</h1>", "Kỳ Lâm", *told))
    assert f'href="/v1/control-sheets/{CODE}/pdf"' in story


async def test_a_dossier_says_what_it_waits_for_and_how_it_ended(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    waits = {"stage": "waiting", "due_at": None, "urgency": None, "waits_for": "fee", "waits_since": DATES["due_at"]}
    ended = {"stage": "ended", "outcome": "late", "end_state": 9, "ended_at": DATES["due_at"]}
    pages = []
    for more in (waits, ended, {"due_at": None, "urgency": None}):
        front.behind.answers["sla"] = lambda more=more: JSONResponse({**DATES, **more})  # type: ignore[misc]
        pages.append((await lan.get(f"/dossiers/{CODE}")).text)

    assert "Đồng hồ đang dừng từ 08:00 12/01/2026: chờ người nộp thực hiện nghĩa vụ tài chính." in pages[0]
    assert "Đã kết thúc lúc 08:00 12/01/2026: đã xử lý xong, quá hạn." in pages[1]
    assert "Chưa tính được ngày hẹn trả." in pages[2]


async def test_a_dossier_that_nobody_knows_is_not_there_and_one_whose_part_is_away_says_so(front: Front) -> None:
    lan = await front.log_in("lan", roles=["signer"], units=["H56.1"])
    for service in ("notifier", "sla"):
        front.behind.answers[service] = lambda: JSONResponse({}, 404)
    unknown = await lan.get(f"/dossiers/{CODE}")
    front.behind.away.add("sla")
    away = await lan.get(f"/dossiers/{CODE}")

    assert (unknown.status_code, "Chưa có hồ sơ mang mã này" in unknown.text) == (404, True)
    assert (away.status_code, "Phần Hạn giải quyết chưa trả lời" in away.text) == (200, True)


async def test_the_list_of_a_day_says_what_is_late_and_who_used_the_time(front: Front) -> None:
    lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": COUNTS, "items": [LINE], "after": "9~x"})
    shown = await lan.get("/due", params={"urgency": "late"})
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": dict.fromkeys(COUNTS, 0), "items": [], "after": None})
    empty = await lan.get("/due")

    assert shown.status_code == 200
    assert front.behind.asked[-2].query == "urgency=late"
    assert "cơ quan 75 %, chờ người nộp 25 %" in shown.text
    assert '<b class="late">3</b><span>Đã quá hạn' in shown.text
    assert 'href="/due?urgency=late&amp;after=9~x"' in shown.text
    assert f'href="/dossiers/{CODE}"' in shown.text
    assert all(words in shown.text for words in ('action="/v1/tracking-book/xlsx"', 'id="book-unit" name="unit" value="H56.1"'))
    assert "Không có hồ sơ nào." in empty.text


async def test_what_waits_to_be_accepted_is_a_group_of_its_own_and_a_list_of_its_own(front: Front) -> None:
    lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    line = {
        "dossier": CODE,
        "unit": "H56.1",
        "procedure_name": "Đăng ký khai sinh",
        "submitted_at": "2026-01-09T09:00:00+07:00",
        "accept_by": "2026-01-12T09:30:00+07:00",
        "urgency": "late",
    }
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": COUNTS, "items": [line], "after": "9~x"})
    shown = await lan.get("/due", params={"urgency": "unaccepted", "unit": "H56.1"})
    asked = front.behind.asked[-1]
    home = (await lan.get("/")).text
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": dict.fromkeys(COUNTS, 0), "items": [], "after": None})
    empty = (await lan.get("/due", params={"urgency": "unaccepted"})).text

    assert (asked.path, asked.query) == ("/v1/due/unaccepted", "unit=H56.1")
    assert '<b class="late">6</b><span>Chờ tiếp nhận (2 quá hạn)' in shown.text
    assert all(words in shown.text for words in ("Quá hạn tiếp nhận", "09:00 09/01/2026", "09:30 12/01/2026"))
    assert 'href="/due?unit=H56.1&amp;urgency=unaccepted&amp;after=9~x"' in shown.text
    assert 'href="/v1/due/unaccepted/csv?unit=H56.1"' in shown.text
    assert ("<b>6</b><span>hồ sơ chờ tiếp nhận" in home, "<b>0</b><span>Chờ tiếp nhận<" in empty) == (True, True)
    assert "Không có hồ sơ nào trong nhóm này." in empty


async def test_counts_of_a_service_of_the_release_before_leave_the_list_readable(front: Front) -> None:
    lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    old = {name: count for name, count in COUNTS.items() if not name.startswith("unaccepted")}
    front.behind.answers["sla"] = lambda: JSONResponse({"counts": old, "items": [LINE], "after": None})

    assert '<b class="late">3</b><span>Đã quá hạn' in (await lan.get("/due")).text


@pytest.mark.parametrize(("urgency", "words"), [("late", "Quá hạn tiếp nhận"), ("today", "Chờ tiếp nhận, hạn trả lời")])
async def test_a_dossier_that_nobody_accepted_yet_says_until_when_it_is_to_be(front: Front, urgency: str, words: str) -> None:
    lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    before = {"received_at": None, "submitted_at": "2026-01-09T09:00:00+07:00", "stage": "submitted", "urgency": urgency}
    front.behind.answers["sla"] = lambda: JSONResponse({**DATES, **before, "why": []})
    story = (await lan.get(f"/dossiers/{CODE}")).text

    assert all(told in story for told in (words, "Nộp trực tuyến", "09:00 09/01/2026", "08:00 12/01/2026"))
    assert [words in story for words in ("Hẹn trả</th>", "Đang ở", "Mẫu 06")] == [False, False, False]


async def test_the_list_is_not_for_administrators_and_says_when_its_part_is_away(front: Front) -> None:
    quan = await front.log_in("quan", roles=["administrator"], units=["*"])
    lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
    front.behind.away.add("sla")

    assert (await quan.get("/due")).status_code == 403
    assert (await lan.get("/due")).status_code == 503
    assert (await lan.get("/due", params={"urgency": "soon"})).status_code == 422


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
        (an, "/due"),
        (an, "/none"),
        (front.browser(), "/login"),
    ):
        page = await browser.get(path)
        assert len(page.content) < 50_000
        assert '<html lang="vi">' in page.text
        assert (page.text.count("<h1"), page.text.count("<script"), page.text.count('href="#content"')) == (1, 0, 1)
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

    of_one_unit = await front.log_in("quan", roles=["administrator"], units=["H56.1"])
    for browser in (lan, of_one_unit):
        assert (await browser.get("/ops/journal")).status_code == 403
        assert (await browser.get("/ops/journal.csv")).status_code == 403
    assert "Yêu cầu từ trang khác" in page.text
    rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [row[1:] for row in rows[1:]] == [
        ["Đăng nhập", "lan", "Lan", "", "", "", ""],
        ["Thay đổi", "lan", "Lan", "POST", f"/letters/{CODE}/approval", "200", ""],
        ["Bị từ chối", "lan", "Lan", "POST", f"/letters/{CODE}/rejection", "", "Yêu cầu từ trang khác"],
        ["Thay đổi", "lan", "Lan", "POST", f"/letters/{CODE}/approval", "", ""],  # it may have done it
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


async def test_the_journal_says_what_became_of_digests(front: Front) -> None:
    await Journal(front.service.parts, timedelta(days=365)).mailed(
        "2026-03-02/morning/H37.12", "không rõ đã gửi hay chưa, không gửi lại (1 không rõ)"
    )
    an = await front.log_in("an", roles=["inspector"], units=["*"])
    page, table = [(await an.get(f"/ops/journal{kind}")).text for kind in ("", ".csv")]

    for told in (page, table):
        assert "Thư tổng hợp" in told
        assert "2026-03-02/morning/H37.12" in told
        assert "không rõ đã gửi hay chưa, không gửi lại (1 không rõ)" in told
    assert ">hệ thống<" in page


async def test_lines_of_the_journal_go_when_they_were_kept_long_enough_and_the_page_says_how_long(front: Front) -> None:
    an = await front.log_in("an", roles=["inspector"], units=["*"])
    page = (await an.get("/ops/journal")).text
    (job,) = [job for job in front.service.jobs if job.name == "old-journal"]
    left = []
    for ahead in (timedelta(days=1095, minutes=-5), timedelta(days=1095, minutes=5)):
        front.machine.ahead = ahead
        await job.run()
        left.append([line["what"] for line in await front.store.find(JOURNAL, {})])

    assert ("được giữ 1.095 ngày" in page, left) == (True, [["login"], []])


async def test_a_clock_that_leaps_ahead_costs_some_lines_and_not_the_journal(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.front.journal.FORGOTTEN_AT_ONCE", 2)
    journal = Journal(front.service.parts, timedelta(days=365))
    for number in range(5):
        await journal.mailed(f"2026-03-0{number + 1}/morning/H37.12", "đã gửi")
    before = await front.store.find(JOURNAL, {})
    front.machine.ahead = timedelta(days=3650)
    await journal.forget_old()

    assert await front.store.find(JOURNAL, {}) == before[2:]

"""/don-vi: whom to call, what a unit does and for how much, how much of it is in time; while a part is away, the rest of it."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from tests.support.front import Front

UNITS: dict[str, Any] = {
    "province": "UBND tỉnh Lam Giang",
    "total": 3,
    "items": [
        {"code": "H37.05", "name": "Sở Tư pháp", "kind": "department"},
        {"code": "H37.12", "name": "UBND xã Hoàng Vân", "kind": "commune"},
    ],
}
PROCEDURE = {
    "code": "1.001193",
    "name": "Đăng ký khai sinh",
    "field": "Hộ tịch",
    "limit": "trong ngày",
    "fees": [{"name": "Đăng ký đúng hạn", "amount": 0}, {"name": "Đăng ký quá hạn", "amount": 1_250_000}],
    "online": "full",
}
UNIT: dict[str, Any] = {
    "province": "UBND tỉnh Lam Giang",
    "province_hotline": "0205 000 0100",
    "code": "H37.12",
    "name": "UBND xã Hoàng Vân",
    "hotline": "(0205) 000-0212",
    "reception": "Thứ Năm hằng tuần, 07:30-11:00",
    "hours": ["Thứ Hai đến Thứ Sáu: 07:30-11:30, 13:30-17:00"],
    "leaders": [{"title": "Chủ tịch UBND", "phone": "+84 205 000 0412"}],
    "fields": [{"name": "Hộ tịch", "count": 40}, {"name": "Đất đai & nhà ở", "count": 5}],
    "total": 45,
    "page": 2,
    "pages": 3,
    "items": [PROCEDURE],
}
SHARE = {"from": "2026-03-01", "resolved": 120, "share": 97.5, "counted_at": "2026-03-20T10:00:00+07:00"}


MEETING: dict[str, Any] = {
    "kind": "reception",
    "begins": "2026-03-26T01:00:00Z",
    "leader": "Chủ tịch UBND xã <b>",
    "place": "Phòng tiếp công dân",
    "about": "",
    "cancelled": False,
    "why": "",
}


@pytest.fixture(autouse=True)
def behind(front: Front) -> None:
    """What intake, reporting and feedback say."""
    front.behind.answers["feedback"] = lambda: JSONResponse({"unit": "H37.12", "items": [MEETING]})
    front.behind.answers["intake"] = lambda: JSONResponse(UNITS if front.behind.asked[-1].path == "/v1/units" else UNIT)
    front.behind.answers["reporting"] = lambda: JSONResponse(SHARE)


async def test_units_are_listed_by_kind_and_looked_for_by_name(front: Front) -> None:
    browser = front.browser()
    everything = (await browser.get("/don-vi")).text
    found = (await browser.get("/don-vi", params={"q": "hoàng vân <b>"})).text

    assert everything.index("Sở, ban, ngành") < everything.index("Sở Tư pháp") < everything.index("Xã, phường")
    assert 'href="/don-vi/H37.12"' in everything
    assert httpx.QueryParams(front.behind.asked[-1].query)["q"] == "hoàng vân <b>"
    assert ("Tìm thấy 2 trong 3 đơn vị" in found, 'value="hoàng vân &lt;b&gt;"' in found, "<b>" in found) == (True, True, False)


async def test_a_units_page_says_whom_to_call_what_it_costs_and_how_much_was_in_time(front: Front) -> None:
    page = (await front.browser().get("/don-vi/H37.12")).text

    for words in (
        'href="tel:02050000212"',
        'href="tel:+842050000412"',
        'href="tel:02050000100"',
        "Thứ Năm hằng tuần",
        "97,50 %</strong> số hồ sơ đã giải quyết xong (trong 120 hồ sơ)",
        "Số liệu đến 10:00 20/03/2026",
        "Đăng ký đúng hạn: miễn; Đăng ký quá hạn: 1.250.000 đồng",
        "<strong>trong ngày</strong>",
        "trực tuyến toàn trình",
        "?linh-vuc=%C4%90%E1%BA%A5t%20%C4%91ai%20%26%20nh%C3%A0%20%E1%BB%9F#thu-tuc",
        "Trang 2/3",
        "/don-vi/H37.12?trang=1#thu-tuc",
        'href="/thu-tuc/H37.12"',
        "phiếu lấy ý kiến",
    ):
        assert words in page, words
    assert "Từ đầu tháng 03/2026" in page
    assert all("authorization" not in asked.headers for asked in front.behind.asked)


async def test_procedures_stand_in_the_order_of_the_list(front: Front) -> None:
    items = [
        {**PROCEDURE, "field": field, "name": name} for field, name in (("Hộ tịch", "B"), ("Hộ tịch", "A"), ("Đất đai", "C"))
    ]
    front.behind.answers["intake"] = lambda: JSONResponse({**UNIT, "items": items})
    page = (await front.browser().get("/don-vi/H37.12")).text

    places = [
        page.index(f"<{tag}>{words}<")
        for tag, words in (("h3", "Hộ tịch"), ("h4", "B"), ("h4", "A"), ("h3", "Đất đai"), ("h4", "C"))
    ]
    assert places == sorted(places)


async def test_what_is_looked_for_goes_along_from_page_to_page(front: Front) -> None:
    page = (await front.browser().get("/don-vi/H37.12", params={"q": "khai sinh", "linh-vuc": "Hộ tịch", "trang": 2})).text
    asked = next(asked for asked in front.behind.asked if asked.service == "intake")

    assert dict(httpx.QueryParams(asked.query)) == {"q": "khai sinh", "field": "Hộ tịch", "page": "2"}
    assert "q=khai+sinh&amp;linh-vuc=H%E1%BB%99+t%E1%BB%8Bch&amp;trang=3#thu-tuc" in page
    assert "Tìm thấy 45 thủ tục trong lĩnh vực Hộ tịch có từ “khai sinh”" in page


async def test_of_few_dossiers_no_share_is_shown(front: Front) -> None:
    front.behind.answers["reporting"] = lambda: JSONResponse({**SHARE, "resolved": None, "share": None})
    page = (await front.browser().get("/don-vi/H37.12")).text

    assert ("dưới 5 hồ sơ nên chưa nêu tỷ lệ" in page, " %</strong>" in page) == (True, False)


@pytest.mark.parametrize("answer", [JSONResponse({}, 404), JSONResponse({}, 503), Response("no json"), None])
async def test_the_page_stands_while_reporting_is_away_and_says_so(front: Front, answer: Response | None) -> None:
    if answer is None:
        front.behind.away.add("reporting")
    else:
        front.behind.answers["reporting"] = lambda: answer
    page = await front.browser().get("/don-vi/H37.12")

    assert (page.status_code, "Số liệu tạm thời chưa lấy được" in page.text, "Đăng ký khai sinh" in page.text) == (
        200,
        True,
        True,
    )


async def test_when_leaders_receive_people_is_on_the_units_page_and_what_was_called_off_says_why(front: Front) -> None:
    off = {**MEETING, "kind": "dialogue", "about": "Thu gom rác", "cancelled": True, "why": "Bão số 1"}
    front.behind.answers["feedback"] = lambda: JSONResponse({"items": [MEETING, off]})
    page = (await front.browser().get("/don-vi/H37.12")).text
    asked = [asked.path for asked in front.behind.asked if asked.service == "feedback"]

    assert asked == ["/v1/units/H37.12/meetings"]
    for words in (
        "Thứ Năm, 26/03/2026, 08:00",
        "Tiếp công dân",
        "Chủ tịch UBND xã &lt;b&gt;, tại Phòng tiếp công dân",
        "đã hủy",
        "Lý do hủy: Bão số 1",
        "Nội dung: Thu gom rác",
        "/gop-y?unit=H37.12",
    ):
        assert words in page, words


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_the_page_stands_while_feedback_is_away_and_says_so(front: Front, status: int) -> None:
    front.behind.answers["feedback"] = lambda: JSONResponse({}, status)
    page = await front.browser().get("/don-vi/H37.12")

    assert (page.status_code, "Lịch tạm thời chưa lấy được" in page.text, "Đăng ký khai sinh" in page.text) == (200, True, True)


async def test_a_unit_without_days_says_that_there_are_none(front: Front) -> None:
    front.behind.answers["feedback"] = lambda: JSONResponse({"items": []})

    assert "Chưa có buổi nào được công bố" in (await front.browser().get("/don-vi/H37.12")).text


async def test_a_figure_that_hangs_does_not_hold_up_the_page(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.front.http.units.SHARE_SECONDS", 0.05)

    async def hanging(*_: object, **__: object) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    own = httpx.ASGITransport.handle_async_request

    async def handle(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        return await (hanging() if request.url.host == "reporting" else own(self, request))

    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", handle)
    page = await front.browser().get("/don-vi/H37.12")

    assert (page.status_code, "Số liệu tạm thời chưa lấy được" in page.text) == (200, True)


async def test_a_unit_that_is_none_is_not_here_and_without_intake_the_page_says_what_is_away(front: Front) -> None:
    browser = front.browser()
    front.behind.answers["intake"] = lambda: JSONResponse({}, 404)
    unknown = await browser.get("/don-vi/H37.99")
    front.behind.away.add("intake")
    away = [await browser.get(path) for path in ("/don-vi", "/don-vi/H37.12")]
    odd = [await browser.get(path) for path in ("/don-vi/H37.12?trang=0", "/don-vi?q=" + "x" * 101)]

    assert (unknown.status_code, "Không có trang này" in unknown.text) == (404, True)
    assert {(answer.status_code, "Phần Tiếp nhận đang tạm ngừng" in answer.text) for answer in away} == {(503, True)}
    assert [answer.status_code for answer in odd] == [422, 422]


async def test_pages_of_units_are_small_have_no_script_and_may_be_found(front: Front) -> None:
    many = [
        {**PROCEDURE, "code": f"1.00{n:04}", "name": f"Thủ tục có một cái tên dài như thường thấy, số {n}, " * 3}
        for n in range(30)
    ]
    front.behind.answers["intake"] = lambda: JSONResponse(
        {
            **UNITS,
            "total": 200,
            "items": [{"code": f"H37.{n}", "name": f"UBND xã Có Tên Dài Số {n}", "kind": "commune"} for n in range(200)],
        }
        if front.behind.asked[-1].path == "/v1/units"
        else {**UNIT, "items": many, "fields": [{"name": f"Lĩnh vực có tên dài số {n}", "count": n} for n in range(60)]}
    )
    for path in ("/don-vi", "/don-vi/H37.12"):
        page = await front.browser().get(path)
        assert len(page.content) < 50_000
        assert (page.text.count("<h1"), page.text.count("<script"), page.text.count("noindex")) == (1, 0, 0)
        assert (page.text.count('id="q"'), page.text.count('for="q"')) == (1, 1)
        assert not [link for link in page.text.split('href="')[1:] if not link.startswith(("/", "#", "tel:"))]

"""The pages of citizens in headless Chromium: on a phone, on a narrow one and on a desk they fit, and keys suffice."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import uvicorn
from fastapi import Response
from fastapi.responses import JSONResponse
from playwright.sync_api import Browser, Page, Request, sync_playwright

from contracts.lookup import LookupKeys
from dunghen import PROVINCE
from reference import load_reference
from services.intake.contents import look_through, units_named
from services.intake.posting import posted, say_hours, units_on
from tests.real import skip
from tests.support.browsing import SCREENS
from tests.support.front import Front, front_at, issuer_on_loopback
from tests.support.ports import free_port

pytestmark = pytest.mark.browser
WIDTHS = (390, 320, 640, 1280)  # 640: a desk at 200 %
KEYS = LookupKeys.of(f"1:{'k' * 32}")
DOSSIER = "H37.12-260302-0001"
CODE = KEYS.code(DOSSIER)
DAY = date(2026, 3, 20)
# Smaller than 24 px in any direction, and not within a line of text (WCAG 2.2, 2.5.8).
SMALL = """() => [...document.querySelectorAll("a:not(.skip), button, input:not([type=hidden])")]
  .filter(e => { const box = e.getBoundingClientRect();
                 return (box.width < 24 || box.height < 24) && !e.closest("li, p, dd"); })
  .map(e => e.outerHTML)"""
# Contrast of each text with what is behind it (WCAG 2.2, 1.4.3): below 4.5.
PALE = """() => {
  const parts = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parts(c).map(v => v / 255)
                         .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] > 0) return `rgb(${c.slice(0, 3)})`; } return "rgb(255,255,255)"; };
  return [...document.querySelectorAll("body *")].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
    .filter(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
                   return (a + 0.05) / (b + 0.05) < 4.5; }).map(e => e.outerHTML.slice(0, 80));
}"""


@dataclass(frozen=True)
class Town:
    """A front that a browser reaches."""

    front: Front
    here: str
    browser: Browser


def _units(front: Front) -> Response:
    """What intake says of the demo's province."""
    reference, asked = load_reference(PROVINCE), front.behind.asked[-1]
    if asked.path == "/v1/units":
        wanted = dict(part.split("=") for part in asked.query.split("&"))["q"].replace("+", " ")
        listed = units_on(reference, DAY)
        items = [{"code": unit.code, "name": unit.name, "kind": unit.kind} for unit in units_named(listed, wanted)]
        return JSONResponse({"province": reference.province, "total": len(listed), "items": items})
    unit = reference.units[asked.path.rpartition("/")[2]]
    found = look_through(posted(reference, unit, DAY), "", "", 1)
    return JSONResponse(
        {
            "province": reference.province,
            "province_hotline": "0205 000 0100",
            "code": unit.code,
            "name": unit.name,
            "hotline": unit.hotline,
            "reception": unit.reception,
            "hours": say_hours(unit.hours),
            "leaders": [leader.model_dump() for leader in unit.leaders],
            "fields": [{"name": name, "count": count} for name, count in found.fields.items()],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "items": [
                {
                    "code": entry.procedure.code,
                    "name": entry.procedure.name,
                    "field": entry.procedure.field,
                    "limit": entry.limit,
                    "fees": [{"name": fee.name, "amount": fee.amount} for fee in entry.version.fees],
                    "online": entry.version.online,
                }
                for entry in found.entries
            ],
        }
    )


def _dossier(front: Front) -> Response:
    """What sla says to whoever has the code."""
    if not KEYS.opens(DOSSIER, front.behind.asked[-1].headers.get("x-lookup-code", "")):
        return JSONResponse({}, 401)
    shown: dict[str, Any] = {
        "dossier": DOSSIER,
        "unit": "H37.12",
        "unit_name": "UBND xã Hoàng Vân",
        "hotline": "0205 000 0212",
        "procedure_name": "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
        "stage": "waiting",
        "received_at": "2026-03-02T09:00:00+07:00",
        "due_at": None,
        "urgency": None,
        "waits_for": "supplement",
        "waits_since": "2026-03-04T14:00:00+07:00",
        "asked_for": "supplement",
        "outcome": None,
        "end_state": None,
        "ended_at": None,
        "step": "Thẩm định",
        "why": [
            {
                "text": "Tiếp nhận lúc 09:00 thứ Hai 02/03/2026, trong giờ làm việc; ngày bắt đầu không tính vào thời hạn.",
                "source": "Bộ luật Dân sự 2015, Điều 147, 148",
            },
            {"text": "Thời hạn giải quyết: 10 ngày làm việc.", "source": "Thủ tục hành chính tại thời điểm tiếp nhận"},
            {"text": "Dừng tính từ 14:00 thứ Tư 04/03/2026: chờ người dân bổ sung giấy tờ.", "source": ""},
        ],
    }
    return JSONResponse(shown)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A front on loopback."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    assert chromium is not None
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    with _served(here, port) as front, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Town(front, here, browser)
        browser.close()


@contextmanager
def _served(here: str, port: int) -> Iterator[Front]:
    """On a port, in a thread of its own."""
    made: list[Front] = []
    servers: list[uvicorn.Server] = []
    ready = threading.Event()

    async def main() -> None:
        with issuer_on_loopback() as issuer:
            async with front_at(issuer, public_url=here) as front:
                share = {"from": "2026-03-01", "resolved": 120, "share": 97.5, "counted_at": "2026-03-20T10:00:00+07:00"}
                front.behind.answers |= {
                    "intake": lambda: _units(front),
                    "sla": lambda: _dossier(front),
                    "reporting": lambda: JSONResponse(share),
                }
                made.append(front)
                servers.append(uvicorn.Server(uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False)))
                ready.set()
                await servers[0]._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(20)
    yield made[0]
    servers[0].should_exit = True
    thread.join(20)


@pytest.fixture(params=WIDTHS)
def page(town: Town, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of one width; 1280 is a desk. Scripts are off."""
    context = town.browser.new_context(
        viewport={"width": request.param, "height": 844}, locale="vi-VN", java_script_enabled=False
    )
    page = context.new_page()
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(town.here):
            elsewhere.append(request.url)

    page.on("request", note)
    yield page
    context.close()
    assert elsewhere == []


def check(page: Page, name: str) -> None:
    """It fits, it is legible, its targets can be hit; and a picture of it."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert page.evaluate(SMALL) == [], name
    assert page.evaluate(PALE) == [], name
    assert page.locator("html[lang=vi]").count() == page.locator("h1").count() == 1
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"citizen-{name}-{width}.png", full_page=True)


def test_a_citizen_looks_a_dossier_up_with_the_keyboard_alone(town: Town, page: Page) -> None:
    page.goto(f"{town.here}/ho-so")
    check(page, "lookup")
    page.keyboard.press("Tab")  # to the content
    page.keyboard.press("Tab")
    page.keyboard.type(DOSSIER.lower())
    page.keyboard.press("Tab")
    page.keyboard.type("AAAAA-AAAAA")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    check(page, "wrong")
    assert page.input_value("#ma-ho-so") == DOSSIER.lower()
    assert page.input_value("#ma-tra-cuu") == ""
    page.focus("#ma-tra-cuu")
    page.keyboard.type(f"{CODE[:5].lower()}-{CODE[5:].lower()}")
    page.keyboard.press("Enter")
    page.wait_for_selector("dl.facts")
    check(page, "dossier")

    assert page.url == f"{town.here}/ho-so"  # the code stands in no address
    assert page.get_attribute("a[href^='tel:']", "href") == "tel:02050000212"
    assert "bổ sung giấy tờ" in page.inner_text("main")


def test_a_link_opens_its_dossier_and_where_it_leads_is_not_told_where_it_came_from(town: Town, page: Page) -> None:
    told: list[str | None] = []
    page.on("request", lambda request: told.append(request.headers.get("referer")))
    page.goto(f"{town.here}/ho-so/{DOSSIER}/{CODE}")
    page.click("text=UBND xã Hoàng Vân")
    page.wait_for_selector("#lien-he")
    check(page, "unit")

    assert told[-1] is None
    assert page.locator("a[href^='tel:']").count() >= 3


def test_a_unit_is_found_without_accents(town: Town, page: Page) -> None:
    page.goto(f"{town.here}/don-vi")
    check(page, "units")
    page.fill("#q", "hoang van")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    check(page, "units-found")
    page.click("text=UBND xã Hoàng Vân")
    page.wait_for_selector("#thu-tuc")

    assert page.inner_text("h1") == "UBND xã Hoàng Vân"

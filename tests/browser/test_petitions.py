"""What people bring forward, from the form to the answer, in headless Chromium: citizens with a code, officers logged in."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi.responses import JSONResponse
from oidc_provider_mock import User
from playwright.sync_api import Browser, Page, Route, sync_playwright

from contracts import load_catalogue
from dunghen.identity import front_of
from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.feedback.app import build, declare
from services.feedback.domain import token_of
from services.feedback.responses import RESPONSES
from services.feedback.sheets import enter
from services.feedback.store import DOSSIERS
from tests.real import skip
from tests.support.browsing import answer, follow, look
from tests.support.dossiers import DOSSIER, at
from tests.support.feedback import DONE, PROMISED, REFERENCE, SETTINGS, play
from tests.support.front import SEED, front_at, issuer_on_loopback
from tests.support.petitions import UNIT
from tests.support.ports import free_port
from tests.support.survey import invited, token

pytestmark = pytest.mark.browser
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
LAN = User(sub="lan", claims={"name": "Lý Thị Thử", "roles": ["officer"], "units": [UNIT]})
THU = User(sub="thu", claims={"name": "Trần Thư Mẫu", "roles": ["inspector"], "units": [UNIT]})
HUNG = User(sub="hung", claims={"name": "Hà Hùng Minh Họa", "roles": ["unit-head"], "units": [UNIT]})
NOW = at(9, "10:00")  # a Monday
SURVEY = f"/y-kien/{token_of(SETTINGS.token_key.get_secret_value().encode(), DOSSIER)}"
POSTED: dict[str, Any] = {
    "province": "UBND tỉnh Lam Giang",
    "province_hotline": "0205 000 0100",
    "code": UNIT,
    "name": "UBND xã Hoàng Vân",
    "hotline": "0205 000 0212",
    "reception": "Thứ Năm hằng tuần, 07:30-11:00",
    "hours": [],
    "leaders": [],
    "fields": [],
    "total": 0,
    "page": 1,
    "pages": 1,
    "items": [],
}


@dataclass(frozen=True)
class Place:
    """A front with feedback behind it, and a browser."""

    here: str
    tables: MemoryTables
    browser: Browser
    sheets: list[str]  # numbers of those that were printed

    def answers(self) -> int:
        """How many answers to surveys are kept; they are said some at a time, and later."""
        return len(self.tables.find(RESPONSES, {}))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Names of sites lead to loopback."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    port, tables, sheets = free_port(), MemoryTables(), list[str]()
    here = f"http://front.test:{port}"
    with _served(tables, sheets, here, port), sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield Place(here, tables, browser, sheets)
        browser.close()


@contextmanager
def _served(tables: MemoryTables, sheets: list[str], here: str, port: int) -> Iterator[None]:
    servers: list[uvicorn.Server] = []
    ready = threading.Event()

    async def main() -> None:
        store, broker = MemoryDocuments(tables), MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: 0)
        await declare(store)
        await store.declare(INTENTS)
        known = (play([PROMISED, DONE])[0], invited(390), invited(1280))
        await store.save_many(DOSSIERS, [{**one, "rev": 0} for one in known])
        sheets.extend(await enter(store, [(UNIT, "1.000894", SETTINGS.form)] * len(SIZES), epoch_ms(NOW)))
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(front_of(SEED),))
        ports = Ports(store=store, topics=MemoryLog("feedback", broker), clock=SteppedClock(NOW))
        service = build(runtime, SETTINGS, reference=REFERENCE, ports=ports)
        service.health.waits_for = ""
        with issuer_on_loopback(LAN, HUNG, THU) as issuer:
            async with front_at(issuer, public_url=here) as front:
                front.behind.real["feedback"] = service.app
                front.behind.answers["intake"] = lambda: JSONResponse(POSTED)
                servers.append(uvicorn.Server(uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False)))
                ready.set()
                await servers[0]._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(60)
    yield
    servers[0].should_exit = True
    thread.join(30)


@pytest.fixture(params=SIZES)
def page(place: Place, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A citizen's browser of one size."""
    yield from _opened(place, *SIZES[request.param])


@pytest.fixture
def phone(place: Place) -> Iterator[Page]:
    """A citizen's phone."""
    yield from _opened(place, *SIZES["phone"])


@pytest.fixture
def officer(place: Place, page: Page) -> Iterator[Page]:
    """The browser of an officer, of the same size."""
    yield from _logged_in(place, page, "lan")


@pytest.fixture
def head(place: Place, page: Page) -> Iterator[Page]:
    """The browser of the unit's head, of the same size."""
    yield from _logged_in(place, page, "hung")


@pytest.fixture
def inspector(place: Place, page: Page) -> Iterator[Page]:
    """The browser of an inspector, of the same size."""
    yield from _logged_in(place, page, "thu")


def _opened(place: Place, width: int, height: int) -> Iterator[Page]:
    context = place.browser.new_context(
        viewport={"width": width, "height": height}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", bypass_csp=True
    )
    yield context.new_page()
    context.close()


def _logged_in(place: Place, like: Page, login: str) -> Iterator[Page]:
    size = like.viewport_size or {"width": 0, "height": 0}
    for page in _opened(place, size["width"], size["height"]):
        page.goto(place.here)
        page.click("a.button")
        page.click(f"button[value={login}]")
        page.wait_for_url(f"{place.here}/")
        yield page


def send(place: Place, page: Page, kind: str, text: str) -> str:
    """A form that a citizen fills in; the look-up code."""
    page.goto(f"{place.here}/gop-y?unit={UNIT}")
    page.check(f"input[value={kind}]")
    page.fill("#text", text)
    look(page, "petition-form")
    follow(page, "main button")
    look(page, "petition-sent")
    return page.inner_text("#code")


def test_a_petition_is_sent_found_by_its_code_and_answered_at_the_desk(place: Place, page: Page, officer: Page) -> None:
    code = send(place, page, "petition", "Đường vào thôn ngập sau mưa")
    page.goto(f"{place.here}/gop-y/tra-cuu")
    page.fill("input[name=code]", code.lower())
    follow(page, "main button")
    assert "Đã nhận, chờ thụ lý" in page.inner_text("main")
    look(page, "petition-status")
    name = page.inner_text("h1").rpartition(" ")[2]

    officer.goto(f"{place.here}/petitions")
    look(officer, "petition-desk")
    follow(officer, f"text={name}")
    look(officer, "petition-one")
    follow(officer, "button:text-is('Thụ lý')")
    officer.fill("#answer", "Xã đã khơi cống, xin cảm ơn.")
    follow(officer, "button:text-is('Trả lời')")
    officer.fill("#summary", "Khơi cống đường vào thôn")
    follow(officer, "button:text-is('Công khai')")

    page.goto(f"{place.here}/gop-y/tra-cuu")
    page.fill("input[name=code]", code)
    follow(page, "main button")
    assert "Xã đã khơi cống, xin cảm ơn." in page.inner_text("main")
    look(page, "petition-answered")
    page.goto(f"{place.here}/gop-y/cong-khai")
    assert "Khơi cống đường vào thôn" in page.inner_text("main")
    look(page, "petition-board")


def test_a_complaint_is_not_closed_as_a_petition(place: Place, page: Page, officer: Page, head: Page) -> None:
    """R30."""
    code = send(place, page, "complaint", "Tôi khiếu nại một quyết định xử phạt")
    page.goto(f"{place.here}/gop-y/tra-cuu")
    page.fill("input[name=code]", code)
    follow(page, "main button")
    name = page.inner_text("h1").rpartition(" ")[2]
    officer.goto(f"{place.here}/petitions/{name}")
    assert "Không có ý kiến này" in officer.inner_text("body")

    head.goto(f"{place.here}/petitions?tray=complaints")
    follow(head, f"text={name}")
    look(head, "complaint")
    assert head.locator("button:text-is('Trả lời')").count() == 0
    head.fill("#answer", "Đã giải thích")
    head.evaluate("document.querySelector('input[name=as]').remove()")  # as a form of a petition would be sent
    follow(head, "button:text-is('Ghi quyết định, kết luận')")
    assert "Khiếu nại, tố cáo có trình tự riêng" in head.get_by_role("alert").inner_text()
    follow(head, "button:text-is('Thụ lý')")
    head.fill("#answer", "Quyết định 00/QĐ-GQKN")
    follow(head, "button:text-is('Ghi quyết định, kết luận')")
    assert "Quyết định 00/QĐ-GQKN" in head.inner_text("main")


def test_a_dialogue_is_entered_posted_and_what_was_said_there_is_answered(
    place: Place, page: Page, officer: Page, head: Page
) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    for day, about in (("2026-03-06", f"Thu gom rác {width}"), ("2026-03-12", f"Nước sạch {width}")):
        head.goto(f"{place.here}/meetings")
        head.select_option("#kind", "dialogue")
        head.fill("#day", day)
        head.fill("#begins", "08:00")
        head.fill("#leader", "Chủ tịch UBND xã")
        head.fill("#place", "Nhà văn hóa thôn 3")
        head.fill("#about", about)
        follow(head, "button:text-is('Thêm vào lịch')")
    look(head, "meetings")
    page.goto(f"{place.here}/don-vi/{UNIT}")
    look(page, "unit-with-meetings")
    assert "Thứ Năm, 12/03/2026, 08:00: Đối thoại với người dân" in page.inner_text("main")
    assert f"Nước sạch {width}" in page.inner_text("main")
    assert f"Thu gom rác {width}" not in page.inner_text("main")

    officer.goto(f"{place.here}/meetings")
    follow(officer, officer.locator("tr", has_text=f"Thu gom rác {width}").locator("a"))
    follow(officer, "text=Ghi một ý kiến nói ở buổi này")
    look(officer, "meeting-item")
    officer.fill("#text", "Xe rác không vào ngõ")
    follow(officer, "button:text-is('Ghi')")
    follow(officer, "main a >> nth=0")
    assert "20/03/2026" in officer.inner_text("main")  # ten working days from the dialogue
    officer.fill("#answer", "Đã thêm chuyến xe.")
    follow(officer, "button:text-is('Trả lời')")
    assert "Đã thêm chuyến xe." in officer.inner_text("main")
    follow(officer, "text=buổi đối thoại")
    look(officer, "meeting")
    assert "công khai trả lời" in officer.inner_text("main")


def test_of_a_survey_whose_network_is_cut_between_tap_and_thanks_exactly_one_answer_counts(place: Place, phone: Page) -> None:
    """R33."""

    def cut(route: Route) -> None:
        asked = route.request
        if asked.method != "POST":
            route.continue_()
            return
        by_name = urlsplit(asked.url)
        answer = httpx.post(  # it arrives; what comes back does not
            f"http://127.0.0.1:{by_name.port}{by_name.path}",
            content=asked.post_data or "",
            headers={**asked.headers, "host": by_name.netloc},
        )
        arrived.append(answer.status_code)
        route.abort("aborted")

    arrived: list[int] = []
    phone.goto(f"{place.here}{SURVEY}")
    answer(phone)
    phone.route("**/y-kien/*", cut)
    phone.click("main button", no_wait_after=True)
    phone.wait_for_timeout(500)
    assert "đã được ghi nhận" not in phone.inner_text("main")
    phone.unroute("**/y-kien/*")
    phone.click("main button")
    phone.wait_for_selector("text=đã được ghi nhận")
    look(phone, "survey-after-cut")

    assert (arrived, place.answers()) == ([200], 1)


def test_sheets_are_printed_and_one_that_came_back_is_typed_in_once(place: Place, page: Page, officer: Page) -> None:
    before = place.answers()
    officer.goto(f"{place.here}/petitions/sheets")
    officer.select_option("#procedure", "1.000894")
    officer.fill("#number", "2")
    with officer.expect_download() as printed:
        officer.click("button:text-is('In ra PDF')")
    assert printed.value.path().read_bytes().startswith(b"%PDF-")

    number = place.sheets.pop()
    for _ in range(2):  # a pile that is typed in twice
        officer.goto(f"{place.here}/petitions/sheets")
        officer.fill("#sheet", number.lower())
        follow(officer, "button:text-is('Mở phiếu')")
        if officer.locator("fieldset").count():
            look(officer, "sheet-answers")
            answer(officer)
            follow(officer, "main button")
            assert "Đã nhập phiếu" in officer.get_by_role("status").inner_text()
            look(officer, "sheets")
    assert "đã" in officer.get_by_role("alert").first.inner_text()
    look(officer, "sheet-used")
    page.goto(f"{place.here}/y-kien/{number}")
    assert "không dùng được" in page.inner_text("main")
    look(page, "survey-closed")

    assert place.answers() == before + 1


def test_minutes_are_put_beside_a_dialogue_given_as_a_download_and_taken_away(
    place: Place, page: Page, officer: Page, head: Page, tmp_path: Path
) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    head.goto(f"{place.here}/meetings")
    head.select_option("#kind", "dialogue")
    for field, value in (("day", "2026-03-07"), ("begins", "08:00"), ("leader", "Chủ tịch UBND xã"), ("place", "Hội trường")):
        head.fill(f"#{field}", value)
    head.fill("#about", f"Chợ mới {width}")
    follow(head, "button:text-is('Thêm vào lịch')")
    minutes, page_of_a_site = tmp_path / "a.pdf", tmp_path / "b.pdf"
    minutes.write_bytes(b"%PDF-1.7\n%invented\n%%EOF\n")
    page_of_a_site.write_text("<script>alert(1)</script>")

    officer.goto(f"{place.here}/meetings")
    follow(officer, officer.locator("tr", has_text=f"Chợ mới {width}").locator("a"))
    at_the_meeting = officer.url
    officer.fill("#file-title", "Biên bản")
    officer.set_input_files("#file", page_of_a_site)
    follow(officer, "button:text-is('Thêm tệp')")
    assert "PDF" in officer.inner_text("body")
    look(officer, "file-refused")
    officer.goto(at_the_meeting)
    officer.fill("#file-title", "Biên bản đối thoại")
    officer.set_input_files("#file", minutes)
    follow(officer, "button:text-is('Thêm tệp')")
    look(officer, "meeting-with-minutes")
    with officer.expect_download() as given:
        officer.click("text=Biên bản đối thoại")
    assert given.value.path().read_bytes() == minutes.read_bytes()
    assert given.value.suggested_filename.endswith(".pdf")

    head.goto(at_the_meeting)
    follow(head, "button:text-is('Gỡ')")
    assert "đã gỡ lúc" in head.inner_text("main")
    look(head, "minutes-taken-away")


def test_whoever_rated_says_that_invitations_are_not_wanted_and_is_shown_where_a_complaint_is_answered(
    place: Place, page: Page
) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    page.goto(f"{place.here}/y-kien/{token(width)}")
    answer(page)
    page.fill("#y-kien-khac", "Tôi muốn khiếu nại việc trả hồ sơ chậm")
    look(page, "survey-with-words")
    page.click("main button >> nth=0")
    page.wait_for_selector("text=đã được ghi nhận")
    look(page, "survey-thanks")
    assert "giống một khiếu nại" in page.inner_text("main")
    follow(page, "button:text-is('Không nhận tin tùy chọn nữa')")
    assert "không nhận lời mời đánh giá" in page.inner_text("main")
    look(page, "survey-stopped")
    page.goto(f"{place.here}/gop-y?kind=complaint&unit={UNIT}")
    assert page.is_checked("input[value=complaint]")


def test_a_denunciation_is_read_by_the_inspector_alone_who_says_what_for(
    place: Place, page: Page, officer: Page, head: Page, inspector: Page
) -> None:
    """R34."""
    told = "Ông X nhận tiền của dân"
    code = send(place, page, "denunciation", told)
    page.goto(f"{place.here}/gop-y/tra-cuu")
    page.fill("input[name=code]", code)
    follow(page, "main button")
    name = page.inner_text("h1").rpartition(" ")[2]
    for other in (officer, head):
        other.goto(f"{place.here}/petitions/{name}")
        assert "Không có ý kiến này" in other.inner_text("body")

    inspector.goto(f"{place.here}/petitions?tray=denunciations")
    follow(inspector, f"text={name}")
    assert told not in inspector.inner_text("body")
    look(inspector, "denunciation-closed")
    inspector.fill("#purpose", "Xác minh điều kiện thụ lý")
    follow(inspector, "button:text-is('Xem nội dung')")
    assert told in inspector.inner_text("main")
    assert "Xác minh điều kiện thụ lý" in inspector.inner_text("main")
    look(inspector, "denunciation-read")

"""Messages that a person has to decide about, and forms with names, in headless Chromium behind the log-in."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from fastapi import Response
from fastapi.responses import JSONResponse
from oidc_provider_mock import User
from playwright.sync_api import Browser, Page, sync_playwright

from dunghen.identity import front_of
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.control_sheet import SheetLine, SheetWords
from services.notifier.app import build
from services.notifier.domain import RESULT
from services.notifier.domain.outcome import Answer
from services.notifier.store import DOSSIERS, READINGS, declare
from tests.real import skip
from tests.support.browsing import follow, look
from tests.support.dossiers import at, fact
from tests.support.front import SEED, Behind, front_at, issuer_on_loopback
from tests.support.notifier import REFERENCE, claimed, desk, handle, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play
from tests.support.ports import free_port

pytestmark = pytest.mark.browser
SIZES = {"narrow": (320, 700), "phone": (390, 844), "desk": (1280, 900)}
LAN = User(sub="lan", claims={"name": "Lý Thị Thử", "roles": ["officer", "unit-head"], "units": ["H37.12"]})
NOW = at(9, "10:00")


def code(width: int, number: int) -> str:
    """A dossier of one size's test."""
    return f"H37.12-260302-{width * 10 + number:05}"


@dataclass(frozen=True)
class Place:
    """A front with notifier behind it, and a browser."""

    here: str
    store: MemoryDocuments
    loop: asyncio.AbstractEventLoop
    browser: Browser

    def purposes(self, dossier: str) -> list[str]:
        """What the names of a dossier were opened for."""
        found = asyncio.run_coroutine_threadsafe(self.store.find(READINGS, {"dossiers": dossier}), self.loop).result(20)
        return [str(one["purpose"]) for one in found]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Names of sites lead to loopback."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    port, store = free_port(), MemoryDocuments(MemoryTables())
    here = f"http://front.test:{port}"
    with _served(store, here, port) as loop, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield Place(here, store, loop, browser)
        browser.close()


@contextmanager
def _served(store: MemoryDocuments, here: str, port: int) -> Iterator[asyncio.AbstractEventLoop]:
    servers: list[uvicorn.Server] = []
    loops: list[asyncio.AbstractEventLoop] = []
    ready = threading.Event()

    async def main() -> None:
        by = desk(NOW)
        await declare(store)
        await store.declare(INTENTS)
        document, sms = claimed(play([PROMISED, contact(), DONE])[0], by)
        uncertain = settle_answer(document, RESULT, Answer("uncertain"), sms, by).document
        codes = [code(width, number) for width, _ in SIZES.values() for number in (1, 2)]
        await store.save_many(DOSSIERS, [{**uncertain, "_id": each, "rev": 0, "outbox": []} for each in codes])
        taken = settle_answer(document, RESULT, Answer("taken"), sms, by).document
        back = handle(taken, fact("retracted", at(9), version=2, fact="completed"), by.context).document
        codes = [code(width, 3) for width, _ in SIZES.values()]
        await store.save_many(DOSSIERS, [{**back, "_id": each, "rev": 0, "outbox": []} for each in codes])
        topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(front_of(SEED),))
        service = build(
            runtime, by.settings, reference=REFERENCE, ports=Ports(store=store, topics=topics, clock=SteppedClock(NOW))
        )
        service.health.waits_for = ""
        with issuer_on_loopback(LAN) as issuer:
            async with front_at(issuer, public_url=here) as front:
                front.behind.real["notifier"] = service.app
                front.behind.answers["sla"] = lambda: _sheet(front.behind)
                servers.append(uvicorn.Server(uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False)))
                loops.append(asyncio.get_running_loop())
                ready.set()
                await servers[0]._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(30)
    yield loops[0]
    servers[0].should_exit = True
    thread.join(30)


def _sheet(behind: Behind) -> Response:
    """sla says what stands in a control sheet."""
    words = SheetWords(
        code=behind.asked[-1].path.rpartition("/")[2],
        body="UBND xã Hoàng Vân",
        procedure="Đăng ký kết hôn (1.000894)",
        received="09 giờ 00 phút, ngày 02/03/2026",
        due="09 giờ 00 phút, ngày 09/03/2026",
        made="Lập lúc 10:00 ngày 09/03/2026, theo dữ liệu hệ thống đã nhận đến lúc đó.",
        dated=(2026, 3, 9),
        hands=[SheetLine(place="UBND xã Hoàng Vân", at="09 giờ 00 phút, ngày 02/03/2026", result="", what="Tiếp nhận hồ sơ")],
    )
    return JSONResponse(words.model_dump())


@pytest.fixture(params=SIZES)
def page(place: Place, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of one size, in which a clerk is logged in."""
    width, height = SIZES[request.param]
    context = place.browser.new_context(
        viewport={"width": width, "height": height}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", bypass_csp=True
    )
    page = context.new_page()
    page.goto(place.here)
    page.click("a.button")
    page.click("button[value=lan]")
    page.wait_for_url(f"{place.here}/")
    yield page
    context.close()


def test_a_clerk_decides_about_uncertain_messages_and_a_second_tab_is_told_that_it_was_done(place: Place, page: Page) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    first, second = code(width, 1), code(width, 2)
    page.goto(f"{place.here}/messages")
    look(page, "messages")
    other_tab = page.context.new_page()
    other_tab.goto(f"{place.here}/messages")
    assert "Nông Thị Mẫu" not in page.inner_text("body")
    for name in (f"Gửi lại tin nhắn của hồ sơ {first}", f"Người nộp hồ sơ {first} đã biết"):
        box = page.get_by_label(name).bounding_box()
        assert box is not None
        assert box["height"] < 60, f"{name}: its words are squeezed"

    follow(page, page.get_by_label(f"Gửi lại tin nhắn của hồ sơ {first}"))
    assert (first in page.inner_text("main"), second in page.inner_text("main")) == (False, True)
    follow(page, page.get_by_label(f"Người nộp hồ sơ {second} đã biết"))
    assert second not in page.inner_text("main")
    look(page, "messages-after")

    follow(other_tab, other_tab.get_by_label(f"Gửi lại tin nhắn của hồ sơ {first}"))
    look(other_tab, "messages-late")
    assert "không còn chờ quyết định" in other_tab.get_by_role("alert").inner_text()
    for state in ("failed", "unreached", "taken-back"):
        page.goto(f"{place.here}/messages?state={state}")
        look(page, f"messages-{state}")
    third = code(width, 3)
    follow(page, page.get_by_label(f"Đã báo người nộp hồ sơ {third} là chưa có kết quả"))
    assert third not in page.inner_text("main")


def test_a_clerk_says_what_names_are_for_and_gets_the_sheet(place: Place, page: Page) -> None:
    dossier = code((page.viewport_size or {"width": 0})["width"], 1)
    page.goto(f"{place.here}/dossiers/{dossier}/control-sheet")
    look(page, "named-sheet")
    page.fill("#purpose", "kèm hồ sơ giấy chuyển phòng chuyên môn")
    with page.expect_download() as download:
        page.click("text=Tải phiếu (PDF)")

    assert download.value.suggested_filename == f"mau-06-{dossier}.pdf"
    assert place.purposes(dossier) == ["kèm hồ sơ giấy chuyển phòng chuyên môn"]

    page.goto(f"{place.here}/tracking-book")
    page.fill("#from", "2026-03-31")
    page.fill("#to", "2026-03-01")
    page.fill("#purpose", "in sổ tháng 3")
    follow(page, "text=Tải sổ (XLSX)")
    look(page, "named-book-wrong")
    assert "ngày đầu không được sau ngày cuối" in page.get_by_role("alert").inner_text()
    assert page.input_value("#purpose") == "in sổ tháng 3"


def test_a_head_tries_the_units_own_words_sets_them_and_goes_back_to_the_standard(place: Place, page: Page) -> None:
    width = (page.viewport_size or {"width": 0})["width"]
    form = {1280: "refused", 390: "stopped"}.get(width, "result-ready.post")
    page.goto(f"{place.here}/messages/texts")
    look(page, "texts")
    page.goto(f"{place.here}/messages/texts/H37.12/{form}")
    page.fill("#text", "Hồ sơ xong, xem https://evil.test")
    follow(page, page.get_by_role("button", name="Xem thử"))
    look(page, "text-wrong")
    assert "Thiếu {ma}" in page.get_by_role("alert").inner_text()

    page.fill("#text", "Hồ sơ {ma} {thu_tuc} đã có văn bản trả lời, gửi đến Ông/Bà qua bưu điện. {don_vi}.")
    follow(page, page.get_by_role("button", name="Xem thử"))
    look(page, "text-tried")
    assert "(Dang ky ket hon) da co van ban tra loi" in page.inner_text("main")
    follow(page, page.get_by_role("button", name="Dùng mẫu này"))
    look(page, "text-set")
    assert "bản 1" in page.inner_text("main")
    follow(page, page.get_by_role("button", name="Dùng lại mẫu chuẩn"))
    assert "Đang dùng: mẫu chuẩn" in page.inner_text("main")

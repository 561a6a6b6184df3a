"""Held items and dead letters in headless Chromium, on a phone and on a desk: a clerk corrects, an operator looks."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import Response
from fastapi.responses import JSONResponse
from oidc_provider_mock import User
from playwright.sync_api import Browser, Page, sync_playwright

from dunghen.identity import front_of
from tests.intake.alone import Alone, intake_alone, received
from tests.real import skip
from tests.support.browsing import follow, keep
from tests.support.front import SEED, Behind, front_at, issuer_on_loopback
from tests.support.ports import free_port

pytestmark = pytest.mark.browser
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
LAN = User(sub="lan", claims={"name": "Lý Thị Thử", "roles": ["officer"], "units": ["H37.12"]})
HANH = User(sub="hanh", claims={"name": "Tô Văn Hành (thử)", "roles": ["operator"], "units": ["*"]})
PLACE = {"topic": "dossiers.v1", "first_at": "2026-03-02T09:00:00Z"}
ACT = {"at": "2026-03-02T09:00:00Z", "what": "replayed", "about": "dossiers.v1: handler failed", "why": "đã triển khai bản sửa"}
STANDING: dict[str, Any] = {
    "service": "sla",
    "at": "2026-03-02T09:00:00Z",
    "ready": False,
    "reason": "brake",
    "follows": True,
    "lag": 1204,
    "brake": "131 of 200 records failed: handler failed: KeyError",
    "letters": 2,
    "kinds": [{**PLACE, "kind": "handler failed", "count": 1}, {**PLACE, "kind": "not a valid event", "count": 1}],
    "numbers": {},
    "lately": [{**ACT, "name": "Tô Văn Hành (thử)", "done": 12, "failed": 1}],
}
QUIET = {**STANDING, "ready": True, "brake": "", "letters": 0, "kinds": [], "lately": [], "lag": 0, "reason": ""}
LETTER = {**PLACE, "place": "dossiers.v1/2/1017", "key": "H37.12-260319-0001", "too_large": False}
LETTERS = [
    {**LETTER, "reason": "not a valid event: data.receiving_unit: string_pattern_mismatch; data.at: missing"},
    {**LETTER, "reason": "handler failed: KeyError", "place": "dossiers.v1/2/1018", "key": ""},
]


@dataclass(frozen=True)
class Place:
    """A front with intake behind it, and a browser."""

    here: str
    intake: Alone
    browser: Browser
    loop: asyncio.AbstractEventLoop

    def hold(self, number: int) -> str:
        """An item that intake holds; the code of its dossier."""
        wrong = received(number, procedure="9.999999", contact={"name": "Nông Thị Mẫu", "phone": "0912000007"})
        asyncio.run_coroutine_threadsafe(self._send(wrong), self.loop).result(20)
        return str(wrong["dossier"])

    async def _send(self, item: dict[str, Any]) -> None:
        await self.intake.send(await self.intake.key(), item)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Names of sites lead to loopback."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    port = free_port()
    here = f"http://front.test:{port}"
    with _served(tmp_path_factory.mktemp("intake"), here, port) as (intake, loop), sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield Place(here, intake, browser, loop)
        browser.close()


@contextmanager
def _served(folder: Path, here: str, port: int) -> Iterator[tuple[Alone, asyncio.AbstractEventLoop]]:
    """A front on a port and intake behind it, in a thread of their own."""
    made: list[tuple[Alone, asyncio.AbstractEventLoop]] = []
    servers: list[uvicorn.Server] = []
    ready = threading.Event()

    async def main() -> None:
        with issuer_on_loopback(LAN, HANH) as issuer:
            async with intake_alone(folder, issuers=[front_of(SEED)]) as intake, front_at(issuer, public_url=here) as front:
                front.behind.real["intake"] = intake.service.app
                _answer(front.behind)
                made.append((intake, asyncio.get_running_loop()))
                servers.append(uvicorn.Server(uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False)))
                ready.set()
                await servers[0]._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(30)
    yield made[0]
    servers[0].should_exit = True
    thread.join(30)


def _answer(behind: Behind) -> None:
    """sla is braked and has dead letters, notifier is away, the others have no sorrow."""

    def sla() -> Response:
        listed = behind.asked[-1].path.endswith("/letters")
        return JSONResponse({"total": 2, "letters": LETTERS} if listed else STANDING)

    behind.away.add("notifier")
    behind.answers["sla"] = sla
    behind.answers["feedback"] = lambda: JSONResponse({**QUIET, "service": "feedback"})
    behind.answers["reporting"] = lambda: JSONResponse({**QUIET, "service": "reporting", "numbers": {"figures_seconds": 4}})


@pytest.fixture(params=SIZES)
def page(place: Place, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of one size, without JavaScript."""
    width, height = SIZES[request.param]
    context = place.browser.new_context(
        viewport={"width": width, "height": height}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def enter(place: Place, page: Page, login: str) -> None:
    """Log in at the issuer's page."""
    page.goto(place.here)
    page.click("a.button")
    page.click(f"button[value={login}]")
    page.wait_for_url(f"{place.here}/")


def test_a_clerk_corrects_what_is_held_sees_it_gone_and_logs_out(place: Place, page: Page) -> None:
    number = 100 + (page.viewport_size or {"width": 0})["width"]
    code, other = place.hold(number), place.hold(number + 1)
    enter(place, page, "lan")
    follow(page, "text=Chờ kiểm tra")
    keep(page, "held")
    page.click(f'a[aria-label="Sửa hồ sơ {code}"]')
    keep(page, "held-item")
    assert "Nông Thị Mẫu" not in page.inner_text("body")

    page.get_by_label("Mã thủ tục hành chính").fill("8.888888")
    follow(page, 'button:has-text("Sửa và gửi lại")')
    keep(page, "held-wrong")
    assert page.get_by_label("Mã thủ tục hành chính").input_value() == "8.888888"
    assert "mã thủ tục không có trong danh mục" in page.locator("#f-procedure-fault").inner_text()

    page.get_by_label("Mã thủ tục hành chính").fill("1.000894")
    follow(page, 'button:has-text("Sửa và gửi lại")')
    keep(page, "held-done")
    assert "đã gửi lại và được nhận" in page.inner_text("main")
    follow(page, "text=Về danh sách chờ kiểm tra")
    keep(page, "held-after")
    waiting = page.locator("table").first.inner_text()
    assert (code in waiting, other in waiting) == (False, True)

    page.click("text=Đăng xuất")
    page.wait_for_url("**/oauth2/end_session?**")
    answer = page.goto(f"{place.here}/quarantine")
    assert answer is not None
    assert "/login" in page.url


def test_an_operator_sees_how_services_stand_and_is_asked_before_letters_are_discarded(place: Place, page: Page) -> None:
    enter(place, page, "hanh")
    follow(page, "text=Vận hành")
    keep(page, "ops")
    assert "Phần Thư và tin nhắn (notifier) chưa xem được" in page.inner_text("main")
    follow(page, 'a[aria-label="2 bản ghi bị giữ của phần Hạn giải quyết"]')
    keep(page, "ops-letters")
    page.get_by_label("dossiers.v1/2/1018").check()
    page.get_by_label("Lý do").fill("bản ghi thử")
    follow(page, 'button:has-text("Bỏ…")')
    keep(page, "ops-sure")
    assert "Bỏ 1 bản ghi đã chọn?" in page.inner_text("main")

"""The front in headless Chromium, over plain http and by names: our own forms pass, those of other sites do not."""

import asyncio
import base64
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from fastapi import Response
from fastapi.responses import HTMLResponse
from oidc_provider_mock import User
from playwright.sync_api import Browser, Page, sync_playwright

from tests.real import skip
from tests.support.front import Behind, Front, Issuer, front_at, issuer_on_loopback
from tests.support.ports import free_port

pytestmark = pytest.mark.browser
LETTER = "/letters/H56.1-260101-0001"
LAN = User(sub="lan", claims={"name": "Lan", "roles": ["signer"], "units": ["H56.1"]})


@dataclass(frozen=True)
class Town:
    """A front that a browser reaches, and a site beside it that answers any path with the same page."""

    front: Front
    here: str
    others_port: int
    browser: Browser
    shown: dict[str, str]  # "page": what the other site shows

    def page_at(self, host: str, html: str) -> str:
        """An address of another site that shows this."""
        self.shown["page"] = html
        return f"http://{host}:{self.others_port}/"

    def changes(self) -> list[str]:
        """Paths of the changes that reached a service."""
        return [asked.path for asked in self.front.behind.asked if asked.method == "POST"]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Names of sites lead to loopback."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    assert chromium is not None
    port, shown = free_port(), {"page": ""}
    here = f"http://front.test:{port}"
    rules = "MAP *.test 127.0.0.1"
    with (
        issuer_on_loopback(LAN) as issuer,
        _served(issuer, here, port) as front,
        _other_site(shown) as others,
        sync_playwright() as playwright,
    ):
        arguments = ["--no-sandbox", f"--host-resolver-rules={rules}"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield Town(front, here, others, browser, shown)
        browser.close()


@contextmanager
def _served(issuer: Issuer, here: str, port: int) -> Iterator[Front]:
    """A front on a port, in a thread of its own."""
    made: list[Front] = []
    ready = threading.Event()
    servers: list[uvicorn.Server] = []

    async def main() -> None:
        async with front_at(issuer, public_url=here) as front:
            front.behind.answers["notifier"] = lambda: _letter(front.behind)
            made.append(front)
            server = uvicorn.Server(uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False))
            servers.append(server)
            ready.set()
            await server._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(20)
    yield made[0]
    servers[0].should_exit = True
    thread.join(20)


def _letter(behind: Behind) -> Response:
    """A page of a service, with a form that carries what its bearer says."""
    if behind.asked[-1].method == "POST":
        return HTMLResponse("<p id=done>Đã ký</p>")
    claims = behind.asked[-1].headers["authorization"].split(".")[1]
    token = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["form"]
    hidden = f'<input type="hidden" name="form_token" value="{token}">'
    return HTMLResponse(f'<form method="post" action="{LETTER}/approval">{hidden}<button>Ký</button></form>')


@contextmanager
def _other_site(shown: dict[str, str]) -> Iterator[int]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shown["page"].encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def lan(town: Town) -> Iterator[Page]:
    """A signer's browser on a phone, logged in at the issuer's page."""
    context = town.browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
    page = context.new_page()
    page.goto(town.here)
    page.click("a.button")
    page.click("button[value=lan]")
    page.wait_for_url(f"{town.here}/")
    town.front.behind.asked.clear()
    yield page
    context.close()


def test_a_form_of_ours_passes_over_plain_http(town: Town, lan: Page) -> None:
    lan.goto(f"{town.here}{LETTER}")
    lan.click("button")
    lan.wait_for_selector("#done")

    assert town.changes() == [f"{LETTER}/approval"]
    assert lan.goto(f"{town.here}/") is not None
    assert lan.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("host", ["evil.test", "evil.front.test", "front.test"])  # another site, our sibling, our other port
@pytest.mark.parametrize("policy", ["", "no-referrer", "unsafe-url"])
def test_a_form_of_another_site_changes_nothing(town: Town, lan: Page, host: str, policy: str) -> None:
    form = f'<form method="post" action="{town.here}{LETTER}/approval"><input name="reason" value="workload"></form>'
    meta = f'<meta name="referrer" content="{policy}">' if policy else ""
    lan.goto(town.page_at(host, f"<!doctype html><title>x</title>{meta}{form}"))
    with lan.expect_navigation() as gone:
        lan.evaluate("document.forms[0].submit()")

    assert gone.value.status == 403
    assert town.changes() == []
    assert lan.goto(f"{town.here}/").status == 200  # type: ignore[union-attr]
    assert "Đăng xuất" in lan.inner_text("body")


def test_a_script_of_another_site_changes_nothing_and_nobody_frames_a_page(town: Town, lan: Page) -> None:
    address = town.page_at("evil.front.test", f'<!doctype html><title>x</title><iframe src="{town.here}{LETTER}"></iframe>')
    lan.goto(address)
    sent = f"fetch('{town.here}{LETTER}/approval', {{method: 'POST', mode: 'no-cors', credentials: 'include', body: 'a=b'}})"
    lan.evaluate(f"{sent}.then(() => 1, () => 1)")

    assert town.changes() == []
    assert [frame for frame in lan.frames if frame.url.startswith(town.here) and frame.locator("form").count()] == []


def test_after_the_log_out_the_back_button_shows_the_log_in_page(town: Town, lan: Page) -> None:
    lan.goto(f"{town.here}{LETTER}")
    lan.goto(f"{town.here}/")
    lan.click("text=Đăng xuất")
    lan.wait_for_url("**/oauth2/end_session?**")
    lan.click("button")  # at the issuer
    lan.wait_for_url("**/login?out=true")
    lan.go_back()
    lan.go_back()

    assert "Đăng xuất" not in lan.inner_text("body")
    assert lan.url.startswith(f"{town.here}/login")

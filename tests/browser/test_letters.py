"""A signer's desk in headless Chromium on a phone: each letter is looked at before it is signed, and three taps are enough."""

import asyncio
import base64
import io
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdf
import pytest
import uvicorn
from oidc_provider_mock import User
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.flow.support import D, System, at, received, small_system
from tests.real import skip
from tests.support.browsing import SCREENS, follow, look
from tests.support.front import front_at, issuer_on_loopback
from tests.support.ports import free_port
from tests.support.signing import look_and_sign

pytestmark = pytest.mark.browser
LETTERS, MOST_TAPS = 12, 3
UNITS = ["H37.12"]
HOA = User(sub="hoa", claims={"name": "Hoàng Đức Giả Định", "roles": ["signer"], "units": UNITS})
LAN = User(sub="lan", claims={"name": "Lý Thị Thử", "roles": ["officer", "unit-head"], "units": UNITS})
NAMES = [f"Nông Thị Mẫu {letter}" for letter in "ABCDEFGHIKLMN"]
ONE = D.format(LETTERS + 1)  # whose life is followed to the end
NO_PHONE = "H37.13-260302-0001"  # of another body, and nobody's phone is known
BINH = User(sub="binh", claims={"name": "Bế Thị Bình Minh Họa", "roles": ["officer"], "units": ["H37.13"]})
LINK = re.compile(r"https://\S+/thu/[a-z2-7]{16}")


@dataclass(frozen=True)
class Town:
    """All services behind a front, and a browser."""

    here: str
    system: System
    loop: asyncio.AbstractEventLoop
    browser: Browser

    def do(self, act: Callable[[], Any]) -> Any:
        """Something of the running system, from a test's own thread."""
        return asyncio.run_coroutine_threadsafe(act(), self.loop).result(60)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """On the morning of Thursday 5 March: letters that have to be signed, of dossiers that are about to be late."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    port = free_port()
    here = f"http://front.test:{port}"
    with _served(tmp_path_factory.mktemp("town") / "data", here, port) as (system, loop), sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield Town(here, system, loop, browser)
        browser.close()


@contextmanager
def _served(folder: Path, here: str, port: int) -> Iterator[tuple[System, asyncio.AbstractEventLoop]]:
    made: list[tuple[System, asyncio.AbstractEventLoop]] = []
    servers: list[uvicorn.Server] = []
    ready = threading.Event()

    async def main() -> None:
        async with small_system(folder, at(2, "10:00")) as system:
            no_phone = {"name": "Lục Thị Ví Dụ", "address": "Số 5, tổ Giả Định, phường Kỳ Lâm"}
            await system.send(
                *(received(D.format(one), "2026-03-02T09:00", contact=person(one)) for one in range(1, LETTERS + 2)),
                received(NO_PHONE, "2026-03-02T09:00", receiving_unit="H37.13", contact=no_phone),
            )
            await system.move(at(5, "10:00"))
            key = system.together.keys.signing_key
            with issuer_on_loopback(HOA, LAN, BINH) as issuer:
                async with front_at(issuer, public_url=here, signing_key=key) as front:
                    front.behind.real.update({name: service.app for name, service in system.together.services.items()})
                    config = uvicorn.Config(front.service.app, port=port, log_config=None, access_log=False)
                    servers.append(uvicorn.Server(config))
                    made.append((system, asyncio.get_running_loop()))
                    ready.set()
                    await servers[0]._serve()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(90)
    yield made[0]
    servers[0].should_exit = True
    thread.join(60)


def person(number: int) -> dict[str, str]:
    """Whom a dossier is of."""
    return {
        "name": NAMES[number - 1],
        "phone": f"09120000{number:02}",
        "address": f"Số {number}, thôn Tưởng Tượng, xã Hoàng Vân",
    }


def _opened(town: Town, login: str = "", size: tuple[int, int] = (390, 844)) -> Iterator[Page]:
    context = town.browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        has_touch=True,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        bypass_csp=True,
    )
    page = context.new_page()
    if login:
        page.goto(town.here)
        page.click("a.button")
        page.click(f"button[value={login}]")
        page.wait_for_url(f"{town.here}/")
    yield page
    context.close()


@pytest.fixture
def signer(town: Town) -> Iterator[Page]:
    """The chairman's phone."""
    yield from _opened(town, "hoa")


@pytest.fixture
def clerk(town: Town) -> Iterator[Page]:
    """An officer's desk."""
    yield from _opened(town, "lan", (1280, 900))


@pytest.fixture(params=[(390, 844), (1280, 900)], ids=["phone", "desk"])
def office(town: Town, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An officer of another body."""
    yield from _opened(town, "binh", request.param)


@pytest.fixture
def citizen(town: Town) -> Iterator[Page]:
    """Somebody's phone, in which nobody is logged in."""
    yield from _opened(town)


class Taps:
    """Counts fingers on the glass, as the pages feel them."""

    def __init__(self, context: BrowserContext) -> None:
        self.count = 0
        context.expose_function("tapped", self._tapped)
        context.add_init_script(
            "addEventListener('pointerdown', e => { if (e.isTrusted && e.pointerType === 'touch') tapped(); }, true)"
        )

    def _tapped(self) -> None:
        self.count += 1


FETCH = """async path => {
  const got = await fetch(path), bytes = new Uint8Array(await got.arrayBuffer());
  const text = bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
  return [got.status, got.headers.get("content-type"), btoa(text)];
}"""


def fetched(page: Page, path: str) -> tuple[int, str, bytes]:
    """Status, type and bytes of an address, as the browser of a page gets them."""
    status, kind, body = page.evaluate(FETCH, path)
    return status, kind, base64.b64decode(body)


def tap(place: Locator) -> None:
    """One finger, where it may be seen. Scrolling to it is no tap."""
    place.scroll_into_view_if_needed()
    place.tap()


def test_twelve_letters_are_signed_on_a_phone_each_after_it_was_shown_in_three_taps_each(town: Town, signer: Page) -> None:
    taps = Taps(signer.context)
    signer.goto(f"{town.here}/letters")
    look(signer, "many-desk")
    waiting = signer.locator("tbody a").all_inner_texts()
    assert len(waiting) == LETTERS + 1
    tap(signer.locator("tbody a").first)
    signer.wait_for_selector("#new_due_at")
    opening, spent = taps.count, dict[str, int]()
    for number in range(LETTERS + 1, 1, -1):
        code = signer.inner_text("h1").rpartition(" ")[2]
        before = taps.count
        assert f"Còn {number} thư chờ ký" in signer.inner_text("main")
        tap(signer.get_by_text("Hồ sơ có nội dung phức tạp, cần xác minh thêm"))
        tap(signer.get_by_role("button", name="Xem thư sẽ gửi"))
        paper = signer.locator("article")
        paper.wait_for(state="visible")
        shown = paper.inner_text()
        assert code in shown
        assert NAMES[int(code[-4:]) - 1] in shown
        assert "hồ sơ có nội dung phức tạp" in shown
        if number == LETTERS:
            look(signer, "many-preview")
        sign = signer.get_by_role("button", name="Ký, gửi và sang thư tiếp theo")
        assert paper.bounding_box()["y"] < sign.bounding_box()["y"], "the letter stands before the button"  # type: ignore[index]
        tap(sign)
        signer.wait_for_url(f"**/letters/*?signed={code}")
        spent[code] = taps.count - before
        assert code in signer.get_by_role("status").inner_text()
    look(signer, "many-next")
    print(f"letters {len(spent)}, taps {taps.count}, of them {opening} to begin; most of a letter {max(spent.values())}")  # noqa: T201 - the result

    assert list(spent) == waiting[:LETTERS]
    assert all(0 < each <= MOST_TAPS for each in spent.values()), spent
    assert opening == 1
    town.do(town.system.settle)
    signer.goto(f"{town.here}/letters?state=sent")
    assert sorted(signer.locator("tbody a").all_inner_texts()) == sorted(spent)
    numbers = sorted(re.findall(r"(\d\d)/PXL", signer.inner_text("main")))
    assert numbers == [f"{number:02}" for number in range(1, LETTERS + 1)]


def test_a_dossier_that_will_be_late_comes_to_a_letter_that_its_person_opens_and_is_counted_so(
    town: Town, signer: Page, citizen: Page, clerk: Page
) -> None:
    """R15, R16: from the draft to the figure, each step as its person does it."""
    signer.goto(f"{town.here}/letters")
    look(signer, "chain-desk")
    follow(signer, f"text={ONE}")
    look(signer, "chain-draft")
    signer.check("text=Số lượng hồ sơ tăng cao trong cùng thời gian")
    promised = signer.input_value("#new_due_at")
    follow(signer, "text=Xem thư sẽ gửi")
    shown = signer.inner_text("article")
    look(signer, "chain-preview")
    for words in (ONE, NAMES[LETTERS], "Số lượng hồ sơ tăng cao".lower(), "Hoàng Đức Giả Định"):
        assert words in shown
    assert "....." in shown, "number and day are open until it is signed"
    signer.click("button:text-is('Ký và gửi')")
    signer.wait_for_url(f"**/letters/{ONE}")
    town.do(town.system.settle)
    signer.reload()
    look(signer, "chain-sent")
    assert "Đã gửi, số 13/PXL" in signer.inner_text("main")
    _, _, pdf = fetched(signer, f"/v1/letters/{ONE}/pdf")

    assert town.system.fleet.phone is not None
    [sms] = [one for one in town.system.fleet.phone.shown() if "13/PXL" in one.text]
    [link] = LINK.findall(sms.text)
    citizen.goto(f"{town.here}/thu/{'a' * 16}")
    look(citizen, "chain-wrong-link")
    assert fetched(citizen, urlsplit(link).path) == (200, "application/pdf", pdf)
    read = " ".join(" ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    day = f"{promised[8:10]} tháng {int(promised[5:7])} năm {promised[:4]}"
    for words in ("Số: 13/PXL", f"Ông/Bà {NAMES[LETTERS]}", f"mã hồ sơ: {ONE}", day):
        assert words in read
    assert fetched(citizen, f"/thu/{'a' * 16}")[0] == 404
    _picture(pdf, "chain-letter")

    town.do(lambda: town.system.move(at(10, "10:00")))
    clerk.goto(f"{town.here}/figures?from=2026-03-02&to=2026-03-31")
    look(clerk, "chain-figures")
    assert re.search(r"13 có thư xin lỗi, 0 được miễn, 1 chưa", clerk.inner_text("main"))


def _picture(pdf: bytes, name: str) -> None:
    (SCREENS / f"{name}.pdf").write_bytes(pdf)
    if shutil.which("pdftoppm"):
        subprocess.run(["pdftoppm", "-r", "80", "-png", SCREENS / f"{name}.pdf", SCREENS / name], check=True)


def test_a_letter_that_reached_nobody_is_printed_comes_back_and_is_printed_again(town: Town, office: Page) -> None:
    town.do(lambda: town.system.move(at(10, "10:00")))  # the post takes its time
    client = town.system.clients["notifier"]
    if town.do(lambda: client.get(f"/v1/letters/{NO_PHONE}")).json()["state"] == "drafted":
        decided = {"reason": "system", "new_due_at": "2026-03-16T09:00:00+07:00"}
        assert town.do(lambda: look_and_sign(client, NO_PHONE, decided)).status_code == 202
        town.do(town.system.settle)
    office.goto(f"{town.here}/letters")
    follow(office, "text=Thư gửi trên giấy")
    look(office, "paper-wanted")
    assert "Lục Thị" not in office.inner_text("main")
    batches = office.locator("text=PDF đợt").count()
    with office.context.expect_page() as opened:
        office.click("text=In đợt mới (PDF)")
    opened.value.close()
    status, kind, pdf = fetched(office, f"/letters/on-paper/H37.13/2026/{batches + 1}.pdf")
    assert (status, kind) == (200, "application/pdf")
    cover, labels, letter = [" ".join(one.extract_text().split()) for one in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert f"DANH SÁCH THƯ GỬI, ĐỢT {batches + 1}/2026" in cover
    assert all("Lục Thị Ví Dụ" in text and "Số 5, tổ Giả Định" in text for text in (cover, labels, letter))
    _picture(pdf, "paper-batch")

    office.goto(f"{town.here}/letters/on-paper?state=printed&unit=H37.13")
    look(office, "paper-printed")
    office.get_by_label(f"Kết quả gửi thư {NO_PHONE}", exact=True).select_option("moved")
    office.get_by_label(f"Ngày có kết quả, thư {NO_PHONE}").fill("2026-03-10")
    follow(office, office.get_by_label(f"Ghi kết quả thư {NO_PHONE}"))
    assert "Không có thư nào chờ kết quả" in office.inner_text("main")
    follow(office, "nav >> text=Phải in")
    look(office, "paper-back")
    assert "Bị trả lại: đã chuyển đi" in office.inner_text("main")
    office.goto(f"{town.here}/letters/{NO_PHONE}")
    look(office, "paper-letter")
    assert "Bế Thị Bình Minh Họa" in office.inner_text("main")

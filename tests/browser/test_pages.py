"""The pages of a finished demo in headless Chromium, on a phone and on a desk: they fit, they are legible, they work."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright
from pypdf import PdfReader

from dunghen.demo.people import STORY
from dunghen.serving import NAMES, addresses
from tests.real import skip
from tests.support.browsing import SCREENS, answer, barriers, follow
from tests.support.month import PORT, SERVED, shared, shared_month
from tests.support.ports import free_row

pytestmark = pytest.mark.browser
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
# What is left of the width when text is at 200 % (1.4.4) or the screen is the narrowest that must do (1.4.10).
NARROW = {390: (320,), 1280: (640,)}
# Draws each letter of the page and compares it with one that no font has.
TOFU = """() => {
  const canvas = document.createElement("canvas"); canvas.width = canvas.height = 40;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.font = "24px " + getComputedStyle(document.body).fontFamily;
  const drawn = text => { pen.clearRect(0, 0, 40, 40); pen.fillText(text, 4, 30);
                          return pen.getImageData(0, 0, 40, 40).data.join(); };
  const missing = drawn(String.fromCodePoint(0x10FFFD));
  return [...new Set(document.body.innerText)].filter(c => c.trim() && drawn(c) === missing);
}"""


@dataclass(frozen=True)
class Site:
    """Addresses of a served demo, and a browser."""

    port: int
    browser: Browser

    def at(self, name: str) -> str:
        """Address of a service or of the phone."""
        return addresses(self.port)[name]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`demo --serve` as a person runs it, asked to stop at the end, when all its checks were green; or the one that CI runs."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        skip("no Chromium (on Debian: apt-get install chromium)")
    assert chromium is not None
    other = shared()
    if other is not None:
        shared_month(other)
        with playwright_browser(chromium) as browser:
            yield Site(PORT, browser)
        return
    port = free_row(len(NAMES) + 1)
    command = [sys.executable, "-u", "-m", "dunghen", "demo", "--serve", "--port", str(port)]
    demo = subprocess.Popen(
        [*command, "--out", str(tmp_path_factory.mktemp("demo"))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if SERVED in line:
            break
    with playwright_browser(chromium) as browser:
        yield Site(port, browser)
    demo.send_signal(signal.SIGTERM)
    with demo.stdout:
        rest = demo.stdout.read()
    assert demo.wait(60) == 0, rest


@contextmanager
def playwright_browser(chromium: str) -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=SIZES)
def page(site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of one size; what its console complains about fails the test."""
    width, height = SIZES[request.param]
    context = site.browser.new_context(
        viewport={"width": width, "height": height},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
    )
    page = context.new_page()
    complaints: list[str] = []
    ours = site.at("front").rpartition(":")[0]  # of loopback: what the page of the issuer lacks is no fault of ours
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and message.location.get("url", "").startswith(ours)
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "favicon" not in text and "status of 4" not in text] == []


def look(page: Page, name: str) -> None:
    """Keep a picture, and check what eyes would notice first: nothing sticks out, letters are drawn, everybody can use it."""
    size = page.viewport_size or {"width": 0, "height": 0}
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}-{size['width']}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{name} is wider than the screen"
    assert page.evaluate(TOFU) == []
    assert page.evaluate("document.documentElement.lang") == "vi"
    assert "None" not in page.inner_text("body")
    for narrow in NARROW[size["width"]]:
        page.set_viewport_size({"width": narrow, "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow, f"{name} is wider than {narrow} px"
    page.set_viewport_size(size)
    assert barriers(page) == []


def test_what_keeps_people_out_is_found(page: Page) -> None:
    page.set_content('<html lang="vi"><title>x</title><main><p style="color:#bbb">mờ</p><form><input></form></main></html>')

    assert {found.partition(":")[0] for found in barriers(page)} == {"color-contrast", "label"}


def enter(site: Site, page: Page, login: str) -> None:
    """Log in as one of the demo's people."""
    page.goto(site.at("front"))
    page.click("a.button")
    page.click(f"button[value={login}]")
    page.wait_for_url(f"{site.at('front')}/")


def opened(answer: Response | None) -> int:
    """The status of an answer."""
    assert answer is not None
    return answer.status


def test_the_dashboard_shows_the_province_and_its_frozen_period(site: Site, page: Page) -> None:
    enter(site, page, "bich")
    assert opened(page.goto(f"{site.at('front')}/figures?from=2026-01-08&to=2026-02-27")) == 200

    look(page, "dashboard")
    text = page.inner_text("main")
    assert "UBND phường Kỳ Lâm" in text
    assert re.search(r"có thư xin lỗi, \d+ được miễn, \d+ chưa", text)
    assert "Điều chỉnh lần 1" in text
    with page.expect_download() as download:
        page.click("text=Biểu II.06a")
    assert download.value.suggested_filename.endswith(".xlsx")
    follow(page, "text=Theo thủ tục")
    look(page, "procedures")
    assert page.locator("tbody tr").count() >= 10
    assert re.search(r"Đăng ký kết hôn.*\d+\s%", page.inner_text("main"), re.DOTALL)
    follow(page, "text=Kiểm tra số liệu")
    look(page, "checks")
    assert "Mọi biểu của các kỳ hiện tại giữ đúng quy tắc của mẫu." in page.inner_text("main")
    assert "toàn tỉnh bằng tổng các đơn vị" in page.inner_text("main")


def test_the_letter_desk_lists_letters_and_shows_one(site: Site, page: Page) -> None:
    enter(site, page, "minh")
    for state in ("drafted", "sent", "rejected", "withdrawn"):
        assert opened(page.goto(f"{site.at('front')}/letters?state={state}")) == 200
        assert page.locator("tbody tr").count() > 0
    page.goto(f"{site.at('front')}/letters")

    look(page, "letter-desk")
    follow(page, page.locator("tbody a").first)
    look(page, "letter-draft")
    page.goto(f"{site.at('front')}/letters/{STORY}")
    look(page, "letter-sent")
    assert re.search(r"số \d+/PXL", page.inner_text("main"))


def test_a_signer_signs_on_the_page_and_a_wrong_date_is_answered_in_words(site: Site, page: Page) -> None:
    enter(site, page, "minh")
    page.goto(f"{site.at('front')}/letters")
    links = page.locator("tbody a").all_inner_texts()
    dossier = next(name for name in links if _asks_for_a_date(site, page, name))
    proposed = page.input_value("#new_due_at")
    page.check("text=Cơ quan phối hợp chưa có ý kiến trả lời")
    page.fill("#new_due_at", f"{proposed[:11]}23:30")
    follow(page, "text=Xem thư sẽ gửi")
    assert "trong giờ làm việc" in page.inner_text("[role=alert]")
    look(page, "letter-refused")
    page.fill("#note", "đang chờ trả lời của cơ quan phối hợp")
    page.fill("#new_due_at", proposed)
    follow(page, "text=Xem thư sẽ gửi")
    assert "chưa có ý kiến trả lời; đang chờ trả lời" in page.inner_text("article")
    look(page, "letter-preview")
    follow(page, "text=Ký và gửi")

    page.wait_for_url(f"**/letters/{dossier}")
    assert page.inner_text("main tr:first-child td").startswith(("Đã ký", "Chờ cấp số", "Đã gửi"))


def _asks_for_a_date(site: Site, page: Page, dossier: str) -> bool:
    page.goto(f"{site.at('front')}/letters/{dossier}")
    return page.locator("#new_due_at").count() == 1 and " - " not in page.inner_text("main table")


def test_a_citizen_answers_from_the_message_once(site: Site, page: Page) -> None:
    page.goto(f"{site.at('phone')}/?survey_base={site.at('front')}")
    look(page, "phone")
    links = [str(link.get_attribute("href")) for link in page.locator("main a").all()]
    for link in links:
        page.goto(link)
        if page.locator("form").count():
            break

    look(page, "survey")
    assert page.locator("fieldset").count() == 5
    page.click("text=Gửi ý kiến")  # the browser keeps it: nothing is chosen
    assert page.locator("fieldset").count() == 5
    apology = page.locator("#ask-apology")
    seen = []
    for chosen in ("#appointment-3", "#appointment-0"):  # late; early
        page.check(chosen)
        seen.append(apology.is_visible())
    assert seen == [True, False]
    answer(page)
    follow(page, "text=Gửi ý kiến")
    assert "đã được ghi nhận" in page.inner_text("main")
    look(page, "survey-thanks")
    assert opened(page.goto(page.url)) == 404
    assert "chỉ đánh giá một lần" in page.inner_text("main")
    assert opened(page.goto(f"{site.at('front')}/y-kien/khong-dung")) == 404
    look(page, "survey-unknown")


def test_the_letter_is_a_page_one_can_look_at(site: Site, page: Page) -> None:
    if shutil.which("pdftoppm") is None:
        skip("no pdftoppm (on Debian: apt-get install poppler-utils)")
    enter(site, page, "minh")
    pdf = page.request.get(f"{site.at('front')}/v1/letters/{STORY}/pdf").body()
    SCREENS.mkdir(parents=True, exist_ok=True)
    (SCREENS / "letter.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "80", "-png", "-singlefile", SCREENS / "letter.pdf", SCREENS / "letter"], check=True)

    assert (SCREENS / "letter.png").stat().st_size > 20_000


def test_what_units_post_in_public_fits_a_screen_and_a_sheet_of_a4(site: Site, page: Page) -> None:
    assert opened(page.goto(f"{site.at('front')}/thu-tuc")) == 200
    look(page, "thu-tuc")

    follow(page, "text=UBND phường Kỳ Lâm")
    look(page, "thu-tuc-don-vi")
    assert "Thứ Bảy tiếp nhận: 07:30-11:00" in page.inner_text("main")
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert {(round(sheet.mediabox.width), round(sheet.mediabox.height)) for sheet in sheets.pages} == {(595, 842)}
    assert "Đăng ký kết hôn" in sheets.pages[0].extract_text()


def test_the_quality_of_what_systems_send_is_seen(site: Site, page: Page) -> None:
    enter(site, page, "lan")
    assert opened(page.goto(f"{site.at('front')}/quality?days=60")) == 200

    look(page, "quality")
    assert "demo" in page.inner_text("main")


def test_a_clerk_sees_the_day_and_why_a_dossier_is_due_then(site: Site, page: Page) -> None:
    page.goto(site.at("front"))
    look(page, "login")
    enter(site, page, "lan")
    look(page, "home")
    assert page.locator(".tiles b").count() == 7
    follow(page, "text=Đến hạn >> nth=0")
    look(page, "due")
    assert page.locator("tbody tr").count() > 0
    code = page.locator("tbody a").first.inner_text()
    follow(page, page.locator("tbody a").first)

    look(page, "dossier")
    assert f"Hồ sơ {code}" in page.inner_text("h1")
    assert "Vì sao hẹn ngày này" in page.inner_text("main")
    page.goto(f"{site.at('front')}/search?code={STORY.lower()}")
    look(page, "dossier-story")
    assert "Thư xin lỗi" in page.inner_text("main")
    page.goto(f"{site.at('front')}/figures/frozen/none")
    look(page, "not-here")
    page.click("text=Đăng xuất")
    page.wait_for_url("**/oauth2/end_session?**")
    page.click("button")  # at the issuer, which asks in its own words
    page.wait_for_url("**/login?out=true")
    assert "Bạn đã đăng xuất." in page.inner_text("main")


def test_an_inspector_reads_who_did_what(site: Site, page: Page) -> None:
    enter(site, page, "an")
    follow(page, "text=Nhật ký")

    look(page, "journal")
    assert "Ân Văn Ví Dụ" in page.inner_text("main")
    assert opened(page.goto(f"{site.at('front')}/letters")) == 403
    look(page, "not-yours")

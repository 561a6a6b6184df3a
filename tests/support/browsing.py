"""How the tests go from page to page in a real browser, and what they look at on each."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

SCREENS = Path(os.environ.get("DUNGHEN_SCREENS", "demo-out/screens"))
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


def follow(page: Page, what: str | Locator) -> None:
    """Click what leads to another page and wait for it: on a busy machine a click returns before that page is asked for."""
    with page.expect_navigation():
        (page.locator(what).first if isinstance(what, str) else what).click()


def answer(page: Page) -> None:
    """Choose the first answer of each question that is asked."""
    for fieldset in page.locator("fieldset").all():
        if fieldset.is_visible():
            fieldset.locator("label").first.click()


def look(page: Page, name: str) -> None:
    """Keep a picture, and check that nothing sticks out and nobody is kept out. Needs a browser with JavaScript."""
    keep(page, name)
    assert barriers(page) == []


def keep(page: Page, name: str) -> None:
    """Keep a picture, and check that nothing sticks out."""
    width = (page.viewport_size or {"width": 0})["width"]
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
    assert "None" not in page.inner_text("body")


def barriers(page: Page) -> list[str]:
    """What axe-core finds of WCAG 2.2 A and AA on the page, with the first place of each."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found if rule["impact"] in ("serious", "critical")]

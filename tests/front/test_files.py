"""A form with a file passes the wall where files are taken, in somebody's name, with the session's token, and nowhere else."""

import httpx
import pytest
from fastapi import Response

from services.front.domain import takes_files
from services.front.http.wall import MOST_BYTES, MOST_WITH_FILE
from tests.support.front import HERE, Front, form_token

PLACE = "/meetings/LD-0123456789abcdef/files"
CONTENT = b"%PDF-1.7 \xff\xfe %%EOF"


@pytest.fixture
async def lan(front: Front) -> httpx.AsyncClient:
    """An officer's browser."""
    return await front.log_in("lan", roles=["officer"], units=["H37.12"])


async def hand_in(browser: httpx.AsyncClient, path: str, token: str, content: bytes = CONTENT, origin: str = HERE) -> int:
    fields = {"form_token": token, "title": "Biên bản"}
    sent = await browser.post(path, data=fields, files={"file": ("x.pdf", content)}, headers={"origin": origin})
    return sent.status_code


async def test_a_file_goes_through_as_it_was_sent(front: Front, lan: httpx.AsyncClient) -> None:
    token = await form_token(lan)

    assert await hand_in(lan, PLACE, token) == 200
    asked = front.behind.asked[-1]
    assert (asked.service, asked.path, CONTENT in asked.body) == ("feedback", PLACE, True)
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert await hand_in(lan, PLACE, token, b"x" * (MOST_BYTES + 1)) == 200


async def test_without_its_token_from_elsewhere_too_large_or_at_another_page_it_does_not(
    front: Front, lan: httpx.AsyncClient
) -> None:
    token = await form_token(lan)
    before = len(front.behind.asked)

    assert await hand_in(lan, PLACE, "x") == 403
    assert await hand_in(lan, PLACE, token, origin="http://evil.test") == 403
    assert await hand_in(lan, PLACE, token, b"x" * MOST_WITH_FILE) == 413
    assert await hand_in(lan, "/meetings/LD-0123456789abcdef/cancel", token) == 415
    assert await hand_in(lan, "/gop-y", token) == 415
    assert await hand_in(front.browser(), PLACE, token) == 403
    odd = {"origin": HERE, "content-type": "multipart/form-data; boundary=x"}
    assert (await lan.post(PLACE, content=b"--y\r\nform_token=" + token.encode(), headers=odd)).status_code == 403
    assert len(front.behind.asked) == before


async def test_what_is_given_as_a_file_runs_nothing(front: Front, lan: httpx.AsyncClient) -> None:
    given = {"content-disposition": 'attachment; filename="x.pdf"', "content-security-policy": "default-src *"}
    front.behind.answers["feedback"] = lambda: Response(CONTENT, media_type="application/pdf", headers=given)
    got = await lan.get(f"{PLACE}/{'0' * 32}")

    assert (got.status_code, got.content) == (200, CONTENT)
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (got.headers["x-content-type-options"], got.headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        (PLACE, True),
        ("/petitions/PA-260212-7QK2M4XA/files", True),
        (f"{PLACE}/x/remove", False),
        ("/petitions/files", False),
        ("/letters/a/files", False),
        ("/petitions/../files", False),
        (f"{PLACE}\n", False),
    ],
)
def test_files_are_taken_in_two_places(path: str, takes: bool) -> None:
    assert takes_files(path) == takes

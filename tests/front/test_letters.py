"""/thu: the letter behind the link of a message, for whoever has the link; one answer to whoever has none, and slow."""

import logging

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from services.front.tries import OF_LINKS
from tests.support.front import HERE, Front

TOKEN = "ab2cd3ef4gh5jk6m"  # noqa: S105 - of no letter
PDF = b"%PDF-1.7 the letter"


def notifier_of(front: Front, status: int = 0) -> None:
    """A notifier with one letter; `status`: it says that whatever is asked."""

    def answer() -> Response:
        asked = front.behind.asked[-1]
        if status:
            return JSONResponse({"title": "khác"}, status)
        if asked.path != "/v1/linked-letter" or asked.headers.get("x-letter-token") != TOKEN:
            return JSONResponse({"title": "không mở được"}, 401)
        headers = {"content-disposition": 'inline; filename="thu-xin-loi.pdf"', "set-cookie": "a=b", "x-inner": "1"}
        return Response(PDF, media_type="application/pdf", headers=headers)

    front.behind.answers["notifier"] = answer


def at(front: Front, address: str = "203.0.113.7") -> httpx.AsyncClient:
    """A citizen's browser at an address."""
    transport = httpx.ASGITransport(app=front.service.app, client=(address, 5000))
    return httpx.AsyncClient(transport=transport, base_url=HERE)


async def test_the_letter_opens_for_whoever_has_its_link_and_is_kept_nowhere(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    notifier_of(front)
    got = await at(front).get(f"/thu/{TOKEN}")

    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-length"] == str(len(PDF))
    assert got.headers["content-disposition"] == 'inline; filename="thu-xin-loi.pdf"'
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["x-robots-tag"] == "noindex, nofollow"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert not {"set-cookie", "x-inner"} & set(got.headers)
    [asked] = front.behind.asked
    assert TOKEN not in asked.path + asked.query
    assert "authorization" not in asked.headers
    assert TOKEN not in caplog.text.replace(f"{HERE}/thu/{TOKEN}", "")  # but for this test's own client
    assert front.count("letters_opened", result="shown") == 1


async def test_whatever_is_wrong_is_answered_alike_with_a_way_on(front: Front) -> None:
    notifier_of(front)
    browser = at(front)
    wrong = [await browser.get(f"/thu/{token}") for token in ("ab2cd3ef4gh5jk6n", "x", "A" * 300, "%C3%A1", "<b>")]

    assert {one.status_code for one in wrong} == {404}
    assert len({one.text for one in wrong}) == 1
    assert "Không có thư nào mở được bằng liên kết này" in wrong[0].text
    assert 'href="/ho-so"' in wrong[0].text
    assert wrong[0].headers["referrer-policy"] == "no-referrer"


async def test_who_guesses_is_slowed_down_and_a_citizen_elsewhere_is_not(front: Front) -> None:
    notifier_of(front)
    guesser = at(front, "198.51.100.9")
    answers = [await guesser.get(f"/thu/ab2cd3ef4gh5{number:04d}") for number in range(400)]
    waits = [one for one in answers if one.status_code == 429]

    assert OF_LINKS.most <= len(front.behind.asked) <= OF_LINKS.most + 60
    assert len(waits) == 400 - len(front.behind.asked)
    assert "thử lại sau" in waits[-1].text
    assert 0 < int(waits[-1].headers["retry-after"]) <= OF_LINKS.seconds
    assert (await at(front).get(f"/thu/{TOKEN}")).status_code == 200


async def test_a_letter_that_is_opened_often_is_no_guess(front: Front) -> None:
    notifier_of(front)
    browser = at(front)

    assert {(await browser.get(f"/thu/{TOKEN}")).status_code for _ in range(OF_LINKS.most + 20)} == {200}


@pytest.mark.parametrize("status", [500, 503])
async def test_a_notifier_that_cannot_say_is_no_wrong_link(front: Front, status: int) -> None:
    notifier_of(front, status)
    browser = at(front)
    answers = [await browser.get(f"/thu/{TOKEN}") for _ in range(OF_LINKS.most + 5)]
    front.behind.away.add("notifier")
    answers.append(await browser.get(f"/thu/{TOKEN}"))

    assert {one.status_code for one in answers} == {503}
    assert "đang tạm ngừng" in answers[-1].text


async def test_nothing_is_changed_by_a_link(front: Front) -> None:
    notifier_of(front)

    assert (await at(front).post(f"/thu/{TOKEN}", headers={"origin": HERE})).status_code in (404, 405, 415)
    assert front.behind.asked == []

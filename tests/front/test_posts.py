"""What anybody may send without a log-in: much of it from one address has to wait, and no address is kept of anybody."""

import httpx
import pytest
from fastapi import Response

from runtime.store.memory import MemoryTables
from services.front.domain import networks
from services.front.tries import KEY_SECONDS, OF_ADDRESS, OF_LINKS, OF_SENDER, Post, Sending, TooOften, Tries
from tests.support.front import FORM, HERE, Front, Issuer, front_at
from tests.support.petitions import UNIT, pages

ADDRESS = "203.0.113.7"
OPINION = {"kind": "petition", "unit": UNIT, "text": "Phải đi lại nhiều lần"}


@pytest.fixture(autouse=True)
def now(front: Front, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's monotonic time, wound by hand."""
    wound = [1000.0]
    monkeypatch.setattr(front.machine, "monotonic", lambda: wound[0])
    return wound


def at(front: Front, address: str = ADDRESS) -> httpx.AsyncClient:
    """A citizen's browser at an address."""
    transport = httpx.ASGITransport(app=front.service.app, client=(address, 5000))
    return httpx.AsyncClient(transport=transport, base_url=HERE, headers=FORM)


async def statuses(browser: httpx.AsyncClient, path: str, number: int, **headers: str) -> dict[int, int]:
    """So many posts, one after the other: how often each status came."""
    found = dict[int, int]()
    for _ in range(number):
        answer = await browser.post(path, data=OPINION, headers=headers)
        found[answer.status_code] = found.get(answer.status_code, 0) + 1
    return found


async def test_after_a_thousand_posts_neither_store_holds_an_address_and_one_address_is_slowed_down(front: Front) -> None:
    async with pages("2026-03-02 09:00") as own:
        front.behind.real["feedback"] = own.service.app
        flood = at(front)
        took = [await flood.post("/gop-y", data={**OPINION, "once": f"number {number}"}) for number in range(900)]
        for number in range(100):
            one = await at(front, f"198.51.100.{number}").post("/gop-y", data={**OPINION, "once": f"other {number}"})
            assert one.status_code == 200
        kept = [_tables(own.store), _tables(front.store)]

    assert [answer.status_code for answer in took] == [200] * OF_SENDER.most + [429] * (900 - OF_SENDER.most)
    assert "PA-260302-" in kept[0]
    for held in (*kept, repr(vars(front.service.parts.telemetry)), repr(vars(own.broker))):
        assert (ADDRESS in held, "198.51.100." in held) == (False, False)
    assert front.count("posts_slowed", what="petition") == 900 - OF_SENDER.most


def _tables(store: object) -> str:
    """All that a store in memory holds."""
    (tables,) = [value for value in vars(store).values() if isinstance(value, MemoryTables)]
    return repr({name: {key: one.text for key, one in table.items()} for name, table in tables._tables.items()})


async def test_who_has_to_wait_is_told_how_long_and_that_nothing_written_is_lost(front: Front, now: list[float]) -> None:
    browser = at(front)
    assert await statuses(browser, "/gop-y", OF_SENDER.most) == {200: OF_SENDER.most}
    refused = await browser.post("/gop-y", data=OPINION)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "Xin gửi lại sau 1 phút" in refused.text
    assert "quay lại của trình duyệt" in refused.text
    assert 'href="/gop-y"' in refused.text
    assert len(front.behind.asked) == OF_SENDER.most
    assert (await at(front, "203.0.113.8").post("/gop-y", data=OPINION)).status_code == 200
    now[0] += 60
    assert await statuses(browser, "/gop-y", 2) == {200: 1, 429: 1}


async def test_a_form_with_faults_and_a_service_that_is_away_cost_nothing(front: Front) -> None:
    browser = at(front)
    front.behind.answers["feedback"] = lambda: Response("faults", 422)
    assert await statuses(browser, "/gop-y", OF_SENDER.most + 5) == {422: OF_SENDER.most + 5}
    front.behind.away.add("feedback")
    assert await statuses(browser, "/gop-y", OF_SENDER.most + 5) == {503: OF_SENDER.most + 5}
    front.behind.away.clear()
    del front.behind.answers["feedback"]
    assert await statuses(browser, "/gop-y", 1) == {200: 1}


@pytest.mark.parametrize(
    ("path", "most"),
    [("/gop-y/tra-cuu", OF_ADDRESS.most), ("/gop-y/bo-sung", OF_ADDRESS.most), ("/y-kien/x", OF_LINKS.most)],
)
async def test_of_codes_and_links_wrong_ones_alone_count(front: Front, path: str, most: int) -> None:
    browser = at(front)
    assert await statuses(browser, path, most + 50) == {200: most + 50}
    front.behind.answers["feedback"] = lambda: Response("wrong", 404)
    assert await statuses(browser, path, most + 7) == {404: most, 429: 7}
    assert (await browser.get(path)).status_code == 404  # reading a page is never slowed down


async def test_wrong_codes_of_dossiers_and_of_petitions_come_off_the_same_turn(front: Front) -> None:
    front.behind.answers["feedback"] = front.behind.answers["sla"] = lambda: Response("wrong", 404)
    browser = at(front)

    assert await statuses(browser, "/gop-y/tra-cuu", OF_ADDRESS.most) == {404: OF_ADDRESS.most}
    told = await browser.post("/ho-so", data={"ma-ho-so": "H37.12-260302-0001", "ma-tra-cuu": "ABCDEFGHIJ"})
    assert told.status_code == 429


async def test_of_where_a_post_comes_from_a_proxy_of_ours_alone_is_believed(issuer: Issuer) -> None:
    async with front_at(issuer, proxies=networks("10.0.0.0/8")) as front:
        stranger, proxy = at(front), at(front, "10.0.0.1")
        for number in range(OF_SENDER.most):
            told = {"x-forwarded-for": f"192.0.2.{number}"}
            assert await statuses(stranger, "/gop-y", 1, **told) == {200: 1}
            assert await statuses(proxy, "/gop-y", 1, **told) == {200: 1}
        told = {"x-forwarded-for": "192.0.2.250"}

        assert await statuses(stranger, "/gop-y", 1, **told) == {429: 1}
        assert await statuses(proxy, "/gop-y", 1, **told) == {200: 1}
        assert not any("forwarded" in name for asked in front.behind.asked for name in asked.headers)


def test_what_is_known_of_an_address_is_good_for_a_day(front: Front, now: list[float]) -> None:
    tries = Tries(front.machine)
    first = tries.begin_post(ADDRESS, Sending.PETITION)
    assert isinstance(first, Post)
    for _ in range(OF_SENDER.most - 1):
        assert isinstance(tries.begin_post(ADDRESS, Sending.PETITION), Post)
    assert isinstance(tries.begin_post(ADDRESS, Sending.PETITION), TooOften)
    now[0] += KEY_SECONDS
    later = tries.begin_post(ADDRESS, Sending.PETITION)

    assert isinstance(later, Post)
    assert first.address != later.address
    assert len(tries.senders) == 1
    tries.end_post(first, 422)  # of the day before: nothing of it is left
    assert len(tries.senders) == 1

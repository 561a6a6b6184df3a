"""The survey page over HTTP: one answer whatever the network does, and one page for every link that nobody can answer by."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx
import pytest
from aiokafka import TopicPartition

from contracts import load_catalogue
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.feedback.app import build
from services.feedback.domain import token_of
from services.feedback.store import DOSSIERS
from tests.support.described import watching
from tests.support.dossiers import DOSSIER, at
from tests.support.feedback import ANSWERS, DONE, PROMISED, REFERENCE, SETTINGS, answer, play

TOKEN = token_of(SETTINGS.token_key.get_secret_value().encode(), DOSSIER)
PATH = f"/y-kien/{TOKEN}"
INVITED = play([PROMISED, DONE])[0]


class Site:
    """feedback with some documents, on a store and a log in memory."""

    def __init__(self, client: httpx.AsyncClient, broker: MemoryBroker) -> None:
        self.client, self._broker = client, broker

    def said(self) -> int:
        """How many events it said."""
        return len(self._broker.records(TopicPartition("feedback.v1", 0)))


@asynccontextmanager
async def site(document: Document = INVITED, now: datetime = at(6)) -> AsyncIterator[Site]:  # noqa: B008 - constants
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(now.timestamp() * 1000))
    ports = Ports(store=MemoryDocuments(MemoryTables()), clock=SteppedClock(now), topics=MemoryLog("feedback", broker))
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    service = build(runtime, SETTINGS, reference=REFERENCE, ports=ports)
    for declare in service.collections:
        await declare()
    await service.parts.store.save_many(DOSSIERS, [{**document, "rev": 0}])
    service.health.waits_for = ""
    hooks = {"response": [watching(service.app)]}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://feedback", event_hooks=hooks
    ) as client:
        yield Site(client, broker)


async def test_an_answer_whose_thanks_got_lost_is_sent_again_and_counted_once() -> None:
    """R33."""
    async with site() as feedback:
        thanks = [await feedback.client.post(PATH, data=ANSWERS) for _ in range(3)]
        other = await feedback.client.post(PATH, data={**ANSWERS, "waiting": "4"})
        back = await feedback.client.get(PATH)

        assert [(each.status_code, "Cảm ơn" in each.text) for each in thanks] == [(200, True)] * 3
        assert [each.status_code for each in (other, back)] == [404, 404]
        assert all('href="/gop-y"' in each.text for each in (*thanks, other))  # whoever has more to say is told where
        assert feedback.said() == 1


async def test_a_double_click_is_one_answer() -> None:
    """R33."""
    async with site() as feedback:
        clicks = await asyncio.gather(*(feedback.client.post(PATH, data=ANSWERS) for _ in range(8)))

        assert [each.status_code for each in clicks] == [200] * 8
        assert feedback.said() == 1


async def test_every_link_that_nobody_can_answer_by_is_answered_alike() -> None:
    used = answer(INVITED, ANSWERS).document
    retired = {**INVITED, "invited": {**INVITED["invited"], "form": "retired-2020.1"}}
    pages = set()
    for document, now, path in (
        (INVITED, at(6), "/y-kien/khong-dung"),
        (INVITED, at(6) + timedelta(days=31), PATH),
        (used, at(6), PATH),
        (retired, at(6), PATH),
        (INVITED, at(6), f"/y-kien/{token_of(b'k' * 32, 'H37.12-260302-9999')}"),
    ):
        async with site(document, now) as feedback:
            got = await feedback.client.get(path)
            posted = await feedback.client.post(path, data={**ANSWERS, "waiting": "4"})
            pages |= {(each.status_code, each.text) for each in (got, posted)}
            assert feedback.said() == 0

    assert [status for status, _ in pages] == [404]


async def test_of_ten_thousand_forged_or_altered_tokens_none_is_accepted() -> None:
    drawn = random.Random(10)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    altered = [TOKEN[:place] + letter + TOKEN[place + 1 :] for place in range(len(TOKEN)) for letter in letters]
    odd = [
        TOKEN.upper(),
        TOKEN.lower(),
        TOKEN[:-1],
        TOKEN + "=",
        TOKEN + "A",
        TOKEN[::-1],
        "%00" + TOKEN,
        TOKEN + "%20",
        "٣" * 22,
        INVITED["token"],
    ]
    made = [token_of(drawn.randbytes(32), DOSSIER) for _ in range(3_000)]
    forged = {*altered, *odd, *made}
    forged |= {secrets.token_urlsafe(16) for _ in range(10_001 - len(forged))}
    forged.discard(TOKEN)

    async with site() as feedback:
        page = (await feedback.client.get("/y-kien/khong-dung")).content
        wrong = []
        for token in forged:
            answered = await feedback.client.post(f"/y-kien/{token}", data=ANSWERS)
            if (answered.status_code, answered.content) != (404, page):
                wrong.append(token)

        assert len(forged) >= 10_000
        assert wrong == []
        assert feedback.said() == 0
        assert (await feedback.client.post(PATH, data=ANSWERS)).status_code == 200


@pytest.mark.parametrize("place", ["9" * 5_000, "<script>alert(1)</script>", "", "-1"])
async def test_what_is_no_answer_is_asked_again_and_never_shown(place: str) -> None:
    async with site() as feedback:
        page = await feedback.client.post(PATH, data={**ANSWERS, "waiting": place})

        assert (page.status_code, "Còn 1 câu" in page.text, "<script" in page.text) == (422, True, False)
        assert (await feedback.client.post(PATH, content=b"a=" + b"b" * 10_000_000)).status_code == 413
        assert feedback.said() == 0


async def test_the_page_is_small_and_asks_late_ones_alone_about_an_apology() -> None:
    async with site() as feedback:
        page = await feedback.client.get(PATH)

    assert (page.status_code, len(page.content) < 50_000, "<script" in page.text) == (200, True, False)
    assert "Chỉ trả lời nếu ở câu 3 Ông/Bà chọn: Chậm không đáng kể; Chậm; Rất chậm." in page.text
    assert 'name="apology" value="0" required' not in page.text
    assert 'name="waiting" value="0" required' in page.text

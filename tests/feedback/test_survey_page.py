"""The survey page over HTTP: one answer whatever the network does, and one page for every link that nobody can answer by."""

import asyncio
import json
import random
import re
import secrets
from datetime import timedelta

import pytest

from contracts import Event
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackStopWished
from services.feedback.domain import token_of, wish_to_stop
from services.feedback.recovery import recall
from services.feedback.store import CODEC
from tests.support.dossiers import DOSSIER, at
from tests.support.feedback import ANSWERS, PAGE, context
from tests.support.survey import INVITED, PATH, TOKEN, site


async def test_an_answer_whose_thanks_got_lost_is_sent_again_and_counted_once() -> None:
    """R33."""
    async with site() as feedback:
        page = await feedback.client.get(PATH)
        numbers = re.findall(r'name="once" value="([^"]+)"', page.text)
        sent = {**ANSWERS, "once": numbers[0]}
        thanks = [await feedback.client.post(PATH, data=sent) for _ in range(3)]
        other = await feedback.client.post(PATH, data={**sent, "waiting": "4"})
        back = await feedback.client.get(PATH)

        assert [(each.status_code, "Cảm ơn" in each.text) for each in thanks] == [(200, True)] * 3
        assert [each.status_code for each in (other, back)] == [404, 404]
        assert all('href="/gop-y"' in each.text for each in (*thanks, other))  # whoever has more to say is told where
        assert len(await feedback.kept()) == 1


async def test_a_double_click_is_one_answer() -> None:
    """R33."""
    async with site() as feedback:
        clicks = await asyncio.gather(*(feedback.client.post(PATH, data=PAGE) for _ in range(8)))

        assert [each.status_code for each in clicks] == [200] * 8
        assert len(await feedback.kept()) == 1


async def test_every_link_that_nobody_can_answer_by_is_answered_alike() -> None:
    used = {**INVITED, "rating": {"at": 1, "form": "tthc-2026.1", "scores": {}}}  # as an earlier release kept it
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
            assert await feedback.kept() == []
    async with site() as feedback:
        await feedback.client.post(PATH, data=PAGE)
        for each in (await feedback.client.get(PATH), await feedback.client.post(PATH, data={**PAGE, "waiting": "4"})):
            pages.add((each.status_code, each.text))

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
        assert await feedback.kept() == []
        assert (await feedback.client.post(PATH, data=ANSWERS)).status_code == 200


@pytest.mark.parametrize("place", ["9" * 5_000, "<script>alert(1)</script>", "", "-1"])
async def test_what_is_no_answer_is_asked_again_and_never_shown(place: str) -> None:
    async with site() as feedback:
        page = await feedback.client.post(PATH, data={**ANSWERS, "waiting": place})

        assert (page.status_code, "Còn 1 câu" in page.text, "<script" in page.text) == (422, True, False)
        assert (await feedback.client.post(PATH, content=b"a=" + b"b" * 10_000_000)).status_code == 413
        assert await feedback.kept() == []


async def test_the_page_is_small_and_asks_late_ones_alone_about_an_apology() -> None:
    async with site() as feedback:
        page = await feedback.client.get(PATH)

    assert (page.status_code, len(page.content) < 50_000, "<script" in page.text) == (200, True, False)
    assert "Chỉ trả lời nếu ở câu 3 Ông/Bà chọn: Chậm không đáng kể; Chậm; Rất chậm." in page.text
    assert 'name="apology" value="0" required' not in page.text
    assert 'name="waiting" value="0" required' in page.text


# --- no more invitations (R29) --------------------------------------------------------------------------------------------


async def test_who_wants_no_more_invitations_says_so_once_and_with_it_nothing_of_an_answer() -> None:
    """R29."""
    async with site() as feedback:
        page = await feedback.client.get(PATH)
        clicks = await asyncio.gather(*(feedback.client.post(f"{PATH}?thoi-moi=true") for _ in range(5)))
        said = [json.loads(event) for event in feedback.said()]

        assert 'action="?thoi-moi=true"' in page.text
        assert {(each.status_code, "không nhận lời mời đánh giá" in each.text) for each in clicks} == {(200, True)}
        assert {(event["type"], event["subject"]) for event in said} == {("vn.dunghen.feedback.stop-wished.v1", DOSSIER)}
        assert len({event["id"] for event in said}) == 1
        assert set(said[0]["data"]) == {"at"}
        assert await feedback.kept() == []
        assert (await feedback.client.post(PATH, data=PAGE)).status_code == 200  # and may rate all the same


async def test_who_has_answered_may_still_say_it_and_who_holds_no_link_or_comes_from_elsewhere_may_not() -> None:
    async with site() as feedback:
        thanks = await feedback.client.post(PATH, data=PAGE)
        foreign = await feedback.client.post(f"{PATH}?thoi-moi=true", headers={"origin": "https://evil.example"})
        unknown = await feedback.client.post("/y-kien/khong-dung?thoi-moi=true")
        odd = await feedback.client.post(f"{PATH}?thoi-moi=xyz")
        assert feedback.said() == []
        wish = await feedback.client.post(f"{PATH}?thoi-moi=true")

        assert 'action="?thoi-moi=true"' in thanks.text
        assert (foreign.status_code, unknown.status_code, odd.status_code, wish.status_code) == (403, 404, 422, 200)
        assert len(feedback.said()) == 1


def test_a_wish_is_read_back_from_the_log() -> None:
    said = Event("wish", "/feedback", FeedbackStopWished.TYPE, DOSSIER, at(9), FeedbackStopWished(at=at(9)))
    known = recall(CODEC.read(INVITED), said, context())

    assert known.stopped_at == epoch_ms(at(9))
    assert recall(known, said, context()) is known
    assert wish_to_stop(known, at(10)).said == ()
    assert CODEC.read(CODEC.written(known, INVITED)) == known

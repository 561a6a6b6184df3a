"""An answer to the survey belongs to no dossier: in the store, in the log, and whatever dies on the way (R40)."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest

from contracts import EVENT_TYPES, decode
from contracts.feedback import FeedbackRatedV2
from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.store.memory import Result
from services.feedback.domain import digest
from services.feedback.responses import RESPONSE
from tests.support.dossiers import DOSSIER, at
from tests.support.feedback import ANSWERS, PAGE
from tests.support.survey import INVITED, MORE, PATH, Site, code, send, site, token

SCORES = {"attitude": 100, "waiting": 75, "appointment": 75, "apology": None, "facilities": 50}


def rated(feedback: Site) -> list[tuple[str, datetime, FeedbackRatedV2]]:
    """What was said: subject, time, content."""
    found = [decode(value, EVENT_TYPES) for value in feedback.said()]
    return [(event.subject, event.time, event.data) for event in found if isinstance(event.data, FeedbackRatedV2)]


async def test_what_is_kept_of_an_answer_and_of_who_gave_it_has_nothing_in_common() -> None:
    async with site() as feedback:
        assert (await feedback.client.post(PATH, data=PAGE)).status_code == 200
        mark, (answer,) = await feedback.mark(), await feedback.kept()

    assert {name: kept for name, kept in mark.items() if name != "key"} == {"_id": INVITED["token"], "rev": 2}
    assert {name: kept for name, kept in answer.items() if name != "_id"} == {
        "rev": 1,
        "unit": "H37.12",
        "procedure": "1.000894",
        "form": "tthc-2026.2",
        "month": "2026-03",
        "scores": SCORES,
        "day": "2026-03-06",
        "cell": "H37.12/1.000894/2026-03",
    }
    assert RESPONSE.written(RESPONSE.load(answer), answer) == answer
    assert not {DOSSIER, INVITED["token"], mark["key"]} & set(json.dumps(answer).split('"'))


async def test_the_dossier_itself_does_not_know_that_it_was_answered() -> None:
    async with site() as feedback:
        before = await feedback.parts.store.find("dossiers", {})
        await feedback.client.post(PATH, data=PAGE)

        assert await feedback.parts.store.find("dossiers", {}) == before


async def test_a_digest_does_not_give_away_the_scores_to_who_tries_all_of_them() -> None:
    """The key of a mark depends on the number of the page, which is kept nowhere."""
    keys = set()
    for once in ("the number of a page", "another number of a page"):
        async with site() as feedback:
            await feedback.client.post(PATH, data={**ANSWERS, "once": once})
            keys.add((await feedback.mark())["key"])
    for once in ("", "short"):  # whoever sends none is not known again: the key is chance
        async with site() as feedback:
            sent = [await feedback.client.post(PATH, data={**ANSWERS, "once": once}) for _ in range(2)]
            keys.add((await feedback.mark())["key"])
            assert [each.status_code for each in sent] == [200, 404]

    assert len(keys) == 4


async def test_five_answers_are_said_together_the_day_after_the_fifth_by_chance_and_without_a_time() -> None:
    """R40."""
    async with site(more=MORE) as feedback:
        for number in range(100, 104):
            assert await send(feedback, number) == 200
        feedback.clock.set(at(7))
        await feedback.work()
        assert rated(feedback) == []  # four
        assert await send(feedback, 104, waiting="4") == 200
        assert await send(feedback, 105) == 200
        await feedback.work()
        assert rated(feedback) == []  # not on the day of an answer
        feedback.clock.set(at(8, "16:45"))
        await feedback.work()
        await feedback.work()
        said, kept = rated(feedback), await feedback.kept()

    assert len(said) == 6
    assert [name for name, _, _ in said] == sorted(name for name, _, _ in said)
    assert {(time, data.at, data.month) for _, time, data in said} == {
        (datetime(2026, 3, 8, tzinfo=OFFICE_TIME), datetime(2026, 3, 1, tzinfo=OFFICE_TIME), "2026-03")
    }
    assert sorted(data.scores["waiting"] or 0 for _, _, data in said) == [0, 75, 75, 75, 75, 75]
    assert not [document for document in kept if "day" in document or "cell" in document]


async def test_few_answers_are_said_once_their_month_is_over_and_no_earlier() -> None:
    async with site(more=MORE) as feedback:
        await send(feedback, 100)
        feedback.clock.set(datetime(2026, 3, 31, 16, 59, tzinfo=UTC))
        await feedback.work()
        assert rated(feedback) == []
        feedback.clock.set(datetime(2026, 3, 31, 17, 0, tzinfo=UTC))
        await feedback.work()

        assert [data.month for _, _, data in rated(feedback)] == ["2026-03"]


async def test_no_record_names_or_resembles_a_dossier_or_the_order_of_answers() -> None:
    """R40: nothing that is said differs by who answered when."""
    async with site(more=MORE) as feedback:
        for number in range(100, 120):
            await send(feedback, number)
        feedback.clock.set(at(7))
        await feedback.work()
        records = [json.loads(value) for value in feedback.said()]

    text = json.dumps(records)
    assert len(records) == 20
    assert not [
        one for number in range(100, 120) for one in (code(number), token(number), digest(token(number))) if one in text
    ]
    assert {frozenset(record) for record in records} == {
        frozenset({"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"})
    }
    assert len({json.dumps({**record, "id": "", "subject": ""}) for record in records}) == 1


def failing(at_call: int) -> Any:
    """A store whose call of that number, counted over marks and responses, is made and never answered."""
    calls = [0]

    async def hook(operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        done = apply()
        if collection in ("marks", "responses") and operation != "declare":
            calls[0] += 1
            if calls[0] == at_call:
                raise Unavailable("no answer")
        return done

    return hook


@pytest.mark.parametrize("call", range(1, 5))  # all there are of one answer
async def test_whatever_call_to_the_store_is_never_answered_the_answer_counts_once_and_joins_to_nobody(call: int) -> None:
    async with site(hook=failing(call)) as feedback:
        statuses = [(await feedback.client.post(PATH, data=PAGE)).status_code for _ in range(3)]
        await feedback.work()
        await feedback.work()
        mark, kept = await feedback.mark(), await feedback.kept()

    assert statuses[-1] == 200
    assert set(statuses) <= {200, 503}
    assert (len(kept), set(mark) - {"_id", "rev", "key"}) == (1, set())


async def test_of_many_at_once_with_one_link_one_answers() -> None:
    """R33."""
    async with site() as feedback:
        posts = [{**PAGE, "once": f"browser number {number:03}", "waiting": str(number % 5)} for number in range(10)]
        sent = await asyncio.gather(*(feedback.client.post(PATH, data=given) for given in posts))
        kept = await feedback.kept()

    assert sorted(each.status_code for each in sent) == [200] + [404] * 9
    assert len(kept) == 1


class Calls:
    """What is asked of a slow store for answers."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def __call__(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        if collection in ("marks", "responses", "notes") and operation != "declare":
            self.made.append(f"{operation} {collection}")
            await asyncio.sleep(0.001)
        return apply()


async def test_answers_that_come_together_share_each_write_and_one_alone_writes_as_before() -> None:
    calls = Calls()
    async with site(more=MORE, hook=calls) as feedback:
        assert await send(feedback, 100) == 200
        alone = list(calls.made)
        calls.made.clear()
        assert await asyncio.gather(*(send(feedback, number) for number in range(101, 117))) == [200] * 16
        marks, kept = await feedback.parts.store.find("marks", {}), await feedback.kept()

    assert alone == ["get_many marks", "save_many marks", "save_many responses", "save_many marks"]
    assert len(calls.made) <= 3 * len(alone) + 2  # groups, not 16 times the same; two finds of this test
    assert (len(marks), len(kept)) == (17, 17)
    assert not [mark for mark in marks if set(mark) != {"_id", "rev", "key"}]


async def test_answers_of_one_write_lie_in_the_order_of_their_own_ids_and_not_of_their_marks() -> None:
    """R40: what was inserted in an order must not tell whose each was."""
    async with site(more=MORE) as feedback:
        written = list[list[str]]()
        real = feedback.parts.store.save_many

        async def noted(collection: str, documents: Any) -> set[str]:
            if collection == "responses":
                written.append([one["_id"] for one in documents])
            return await real(collection, documents)

        with mock.patch.object(feedback.parts.store, "save_many", noted):
            await asyncio.gather(*(send(feedback, number) for number in range(100, 116)))

    assert max(map(len, written)) > 1
    assert written == [sorted(ids) for ids in written]


async def test_the_same_page_twice_in_one_save_is_thanked_twice_and_counts_once_beside_one_that_lacks_an_answer() -> None:
    async with site(more=MORE) as feedback:
        lacking = {name: value for name, value in PAGE.items() if name != "waiting"}
        posts = [(PATH, lacking), (PATH, PAGE), (PATH, PAGE), (f"/y-kien/{token(100)}", {**PAGE, "waiting": "4"})]
        sent = await asyncio.gather(*(feedback.client.post(path, data=given) for path, given in posts))
        kept = await feedback.kept()

    assert [each.status_code for each in sent] == [422, 200, 200, 200]
    assert sorted(one["scores"]["waiting"] for one in kept) == [0, 75]

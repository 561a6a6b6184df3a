"""intake: requests of one item that come at the same time share a save (docs/decisions/0023-group-commit.md)."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import pytest

from runtime.errors import Invalid, Unavailable
from services import gathering
from services.gathering import MOST_SAVES, MOST_TOGETHER, QUIET_TURNS, Gathering
from services.stored import newer
from tests.runtime.hand import settled


class Hand:
    """Saves in a test's hand. What is asked is a text, `SUBJECT/REST`; its answer is the text with the number of the save."""

    def __init__(self) -> None:
        self.saves: list[list[str]] = []  # as they began
        self.ended: list[int] = []
        self.errors: dict[str, Exception] = {}  # a save fails that has one of these in it
        self.gates = defaultdict[int, asyncio.Event](asyncio.Event)
        self.free = False
        self.gathering: Gathering[str, str] = Gathering(self.save, lambda asked: asked.partition("/")[0])

    async def save(self, asked: Sequence[str]) -> list[str]:
        number = len(self.saves)
        self.saves.append(list(asked))
        if not self.free:
            await self.gates[number].wait()
        self.ended.append(number)
        for one in asked:
            if one in self.errors:
                raise self.errors[one]
        return [f"{one} in {number}" for one in asked]

    def let_go(self, *numbers: int) -> None:
        """Saves of these numbers end; without any, all of them."""
        self.free = not numbers
        for number in numbers or range(len(self.saves)):
            self.gates[number].set()

    def ask(self, *asked: str) -> list["asyncio.Task[str]"]:
        """So many requests, one after the other."""
        return [asyncio.create_task(self.gathering.ask(one)) for one in asked]

    async def busy(self) -> list["asyncio.Task[str]"]:
        """As many saves as there may be are under way."""
        tasks = []
        for number in range(MOST_SAVES):
            tasks += self.ask(f"first-{number}")
            await settled()
        return tasks


@pytest.fixture
def hand() -> Hand:
    """A hand that holds all saves."""
    return Hand()


async def told(tasks: Sequence["asyncio.Task[str]"]) -> list[str]:
    """Each one's answer, or what was raised."""
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [one if isinstance(one, str) else f"{type(one).__name__}: {one}" for one in found]


async def test_who_comes_alone_goes_at_once_and_alone(hand: Hand) -> None:
    task = hand.ask("a")
    await settled()
    assert hand.saves == [["a"]]

    hand.let_go()
    assert await told(task) == ["a in 0"]


async def test_who_comes_while_saves_are_under_way_goes_together_in_the_next_one_and_gets_its_own_answer(hand: Hand) -> None:
    first = await hand.busy()
    later = hand.ask("a", "b", "c")
    await settled()
    assert hand.saves == [[f"first-{number}"] for number in range(MOST_SAVES)]

    hand.let_go()
    assert await told(later) == [f"{name} in {MOST_SAVES}" for name in "abc"]
    assert await told(first) == [f"first-{number} in {number}" for number in range(MOST_SAVES)]


async def test_senders_who_stand_at_the_door_are_read_before_a_save_begins(hand: Hand) -> None:
    """Each is read in a turn of its own, as sockets are."""
    tasks = []
    for number in range(5):
        tasks += hand.ask(f"sender-{number}")
        await asyncio.sleep(0)
    await settled()
    assert hand.saves == [[f"sender-{number}" for number in range(5)]]

    hand.let_go()
    assert await told(tasks) == [f"sender-{number} in 0" for number in range(5)]


async def test_a_door_at_which_somebody_always_stands_does_not_hold_up_a_full_save(hand: Hand) -> None:
    tasks = []
    for number in range(MOST_TOGETHER + QUIET_TURNS):
        tasks += hand.ask(f"sender-{number}")
        await asyncio.sleep(0)
    assert [len(save) for save in hand.saves] == [MOST_TOGETHER]

    hand.let_go()
    await told(tasks)


async def test_no_save_holds_more_than_it_may(hand: Hand) -> None:
    first = await hand.busy()
    many = hand.ask(*(f"more-{number}" for number in range(MOST_TOGETHER + 1)))
    await settled()
    hand.let_go()
    await told([*first, *many])

    assert sorted(len(save) for save in hand.saves) == [*[1] * MOST_SAVES, 1, MOST_TOGETHER]


async def test_two_about_the_same_are_saved_in_the_order_in_which_they_came(hand: Hand) -> None:
    """In one save, or one after the other, though another save would be free."""
    first = hand.ask("a/1")
    await settled()
    later = hand.ask("a/2", "b/1", "a/3")
    await settled()
    assert hand.saves == [["a/1"], ["b/1"]]

    hand.let_go()
    assert await told([*first, *later]) == ["a/1 in 0", "a/2 in 2", "b/1 in 1", "a/3 in 2"]
    assert hand.ended.index(0) < hand.ended.index(2)


async def test_a_store_that_is_away_is_told_to_all_of_its_save_and_to_nobody_else(hand: Hand) -> None:
    first = await hand.busy()
    later = hand.ask("a", "b")
    hand.errors["a"] = Unavailable("no answer")
    hand.let_go()

    assert await told(later) == ["Unavailable: no answer", "Unavailable: no answer"]
    assert hand.saves[MOST_SAVES:] == [["a", "b"]]  # once: a store that is away is not asked again for each
    assert [answer.startswith("first") for answer in await told(first)] == [True] * MOST_SAVES
    assert await told(hand.ask("c")) == [f"c in {MOST_SAVES + 1}"]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (Invalid("too large"), "Invalid: too large"),
        (LookupError("nobody foresaw this"), "LookupError: nobody foresaw this"),
        (newer("document", "layout 9"), "Unavailable: "),
    ],
)
async def test_what_fails_because_of_one_request_harms_no_other_of_its_save(hand: Hand, error: Exception, raised: str) -> None:
    first = await hand.busy()
    later = hand.ask("a", "b", "c")
    hand.errors["b"] = error
    hand.let_go()

    a, b, c = await told(later)
    assert (a, c) == (f"a in {MOST_SAVES + 1}", f"c in {MOST_SAVES + 3}")
    assert b.startswith(raised)
    await told(first)


async def test_who_hangs_up_while_waiting_is_not_saved(hand: Hand) -> None:
    first = await hand.busy()
    a, b = hand.ask("a", "b")
    await settled()
    a.cancel()
    await settled()
    hand.let_go()

    assert await told([b]) == [f"b in {MOST_SAVES}"]
    assert hand.saves[MOST_SAVES:] == [["b"]]
    await told(first)


async def test_who_hangs_up_during_its_save_cancels_nobody(hand: Hand) -> None:
    first = await hand.busy()
    a, b = hand.ask("a", "b")
    hand.let_go(0)
    await settled()
    assert hand.saves[MOST_SAVES] == ["a", "b"]
    a.cancel()
    await settled()
    hand.let_go()

    assert await told([b]) == [f"b in {MOST_SAVES}"]
    assert a.cancelled()
    await told(first)


async def test_beyond_so_many_nobody_waits(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_WAITING", 2)
    first = await hand.busy()
    waiting = hand.ask("a", "b", "c")
    await settled()
    assert await told(waiting[2:]) == ["Unavailable: too many requests wait to be saved"]

    hand.let_go()
    assert await told(waiting[:2]) == [f"a in {MOST_SAVES}", f"b in {MOST_SAVES}"]
    assert await told(hand.ask("d")) == [f"d in {MOST_SAVES + 1}"]
    await told(first)


async def test_what_waits_when_the_service_stops_is_saved_and_who_comes_then_is_refused(hand: Hand) -> None:
    first = await hand.busy()
    waiting = hand.ask("a", "b")
    await settled()
    stopping = asyncio.create_task(hand.gathering.drain())
    await settled()
    assert await told(hand.ask("c")) == ["Unavailable: the service stops"]
    assert not stopping.done()

    hand.let_go()
    await stopping
    assert await told(waiting) == [f"a in {MOST_SAVES}", f"b in {MOST_SAVES}"]
    await told(first)


async def test_what_still_waits_when_the_time_to_stop_is_over_is_refused_and_not_saved_later(hand: Hand) -> None:
    first = await hand.busy()
    waiting = hand.ask("a", "b")
    await settled()
    stopping = asyncio.create_task(hand.gathering.drain())
    await settled()
    stopping.cancel()

    assert await told(waiting) == ["Unavailable: the service stops"] * 2
    hand.let_go()
    await told(first)
    await settled()
    assert len(hand.saves) == MOST_SAVES


async def test_who_asks_in_the_turn_in_which_the_last_saves_end_does_not_wait_for_the_next_one(hand: Hand) -> None:
    first = await hand.busy()
    hand.let_go()
    while not all(task.done() for task in first):  # until the very turn in which both have their answers
        await asyncio.sleep(0)

    async with asyncio.timeout(1):
        assert await hand.gathering.ask("late") == f"late in {MOST_SAVES}"

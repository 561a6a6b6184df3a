"""Steps with states in any order: what they say of pauses and ends is what the order of their times says (D15)."""

from collections.abc import Sequence
from itertools import permutations
from random import Random
from typing import Any

import pytest

from tests.intake.decided import RECEIVED, Life, at, event

PAUSES = (("supplement-requested", "supplemented"), ("fee-requested", "fee-paid"))
ENDS = ("completed", "refused", "withdrawn", "stopped", "returned")
Step = tuple[int, int]  # day, state


def step(day: int, state: int) -> dict[str, Any]:
    """A step of a day of March."""
    return event("progressed", at(day), state=state, step="Xử lý")


def held(life: Life) -> dict[str, Any]:
    """What holds of a dossier's pauses and ends: begin and end of each pause, the time of each end."""
    facts, found = life.dossier.facts, dict[str, Any]()
    for begin, end in PAUSES:
        over = facts.standing(end)
        pauses = ((fact.at, over[name].at if name in over else 0) for name, fact in facts.standing(begin).items())
        found[begin] = sorted(pauses)
        assert set(over) <= set(facts.standing(begin))
    return {**found, **{kind: [fact.at for fact in facts.standing(kind).values()] for kind in ENDS}}


def told(steps: Sequence[Step], *others: dict[str, Any]) -> dict[str, Any]:
    """What holds after steps came in an order."""
    life = Life()
    life.accepts(dict(RECEIVED), *others)
    for day, state in steps:
        life.accepts(step(day, state))
    return held(life)


def test_a_pause_that_is_told_after_the_work_went_on_is_over() -> None:
    """D15."""
    life = Life()
    life.accepts(step(6, 4))

    assert life.accepts(step(3, 5)) == [
        "progressed@03 08/2",
        "supplement-requested@03 08 reported",
        "supplemented@06 08 reported",
    ]


def test_work_that_went_on_before_a_pause_does_not_end_it() -> None:
    life = Life()
    life.accepts(step(6, 5))

    assert life.accepts(step(3, 4)) == ["progressed@03 08/2"]
    assert life.accepts(step(8, 4))[1:] == ["supplemented@08 08 reported"]


def test_work_that_is_told_late_ends_the_pause_when_it_went_on() -> None:
    life = Life()
    life.accepts(step(3, 5))
    life.accepts(step(8, 4))

    assert life.accepts(step(5, 4))[1:] == ["supplemented@05 08#2 reported"]


def test_what_steps_made_of_a_dossier_they_also_take_back() -> None:
    life = Life()
    life.accepts(step(8, 9))

    assert life.accepts(step(5, 7))[1:] == ["-completed@08 08#2 reported", "withdrawn@05 08 reported"]


LIVES: list[list[Step]] = [
    [(3, 5), (6, 4)],
    [(3, 5), (4, 5), (6, 4)],
    [(3, 5), (5, 4), (6, 5), (9, 4)],
    [(2, 4), (3, 6), (4, 5), (6, 4), (7, 6)],
    [(3, 5), (6, 4), (9, 9)],
    [(3, 5), (9, 9)],
    [(3, 5), (6, 4), (8, 9), (10, 10)],
    [(3, 5), (6, 7), (8, 9)],
    [(3, 2), (4, 5), (5, 2), (6, 4)],
    [(8, 9), (9, 5), (10, 4)],
    [(3, 9), (5, 9), (6, 10), (7, 10)],
]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: " ".join(f"{state}@{day}" for day, state in life))
def test_steps_in_any_order_end_as_in_the_order_of_their_times(life: list[Step]) -> None:
    """D15."""
    wanted = told(life)

    for order in permutations(life):
        assert told(order) == wanted, order
        assert told([*order, *order]) == wanted, order


@pytest.mark.parametrize("seed", range(20))
def test_random_steps_in_random_orders_end_as_in_the_order_of_their_times(seed: int) -> None:
    """D15."""
    chance = Random(seed)
    days = sorted(chance.sample(range(2, 20), 7))
    life = [(day, chance.choice([2, 4, 4, 5, 5, 6, 6, 7, 9, 10][: chance.choice([7, 10])])) for day in days]
    wanted = told(life)

    for _ in range(15):
        order = chance.sample(life, len(life))
        assert told(order) == wanted, (life, order)


def test_of_two_steps_of_one_moment_the_pause_comes_first() -> None:
    pair = [{**step(3, state), "occasion": str(state)} for state in (5, 4)]
    lives = [Life(), Life()]
    for life, order in zip(lives, (pair, pair[::-1]), strict=True):
        for each in order:
            life.accepts(each)

    assert held(lives[0]) == held(lives[1])
    assert [begin == end for begin, end in held(lives[0])["supplement-requested"]] == [True]


def test_what_the_sender_told_for_sure_is_not_moved_by_steps() -> None:
    asked, given = event("supplement-requested", at(3)), event("supplemented", at(5))
    wanted = told([], asked, given)

    for order in permutations([(4, 5), (6, 4)]):
        assert told(order, asked, given) == wanted


def test_a_pause_that_its_sender_took_back_does_not_come_back_with_a_late_step() -> None:
    life = Life()
    life.accepts(step(3, 5))
    life.accepts(event("retracted", at(3), fact="supplement-requested"))
    life.accepts(step(8, 4))
    life.accepts(step(6, 6))

    assert held(life)["supplement-requested"] == []
    assert held(life)["fee-requested"] == [(round(at(6).timestamp() * 1000), round(at(8).timestamp() * 1000))]

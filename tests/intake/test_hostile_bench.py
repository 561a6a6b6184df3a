"""`./dev bench hostile` runs, and says when a bound breaks."""

import pytest

from benchmarks import hostile
from benchmarks.watched import Cost

NAMES = ("JSON, 100,000 names twice", "workbook, entities of entities", "half a request, 100 senders")


async def test_the_bench_measures_what_an_input_costs() -> None:
    lines = await hostile.table(NAMES)

    assert [line.answer for line in lines] == ["413", "422", "hung up"]
    assert lines[1].cost.child_memory > 0
    assert all(line.cost.livez > 0 for line in lines)
    assert all(line.cost.computed < hostile.MOST_COMPUTED for line in lines)


@pytest.mark.parametrize(
    ("answer", "cost"),
    [
        ("200", Cost(memory=151)),
        ("200", Cost(computed=5.1)),
        ("200", Cost(child_memory=301)),
        ("200", Cost(child_computed=60.5)),
        ("200", Cost(blocked=101)),
        ("500", Cost()),
    ],
)
def test_each_bound_breaks_alone(answer: str, cost: Cost) -> None:
    assert len(hostile.Line("x", answer, cost).broken()) == 1
    assert hostile.Line("x", "422", Cost(memory=150, computed=5, child_memory=300, blocked=100)).broken() == []

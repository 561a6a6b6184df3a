"""Faults of gateways, at moments at which notifier itself dies, stops or loses its store; all with `./dev bench gateways`."""

import pytest

from tests.support.gateway_faults import Run, some_runs


@pytest.mark.parametrize(("fault", "way", "moment"), some_runs(), ids=lambda value: value.replace(" ", "_"))
async def test_nobody_is_told_twice_or_forgotten_and_no_neighbour_is_harmed(fault: str, way: str, moment: str) -> None:
    outcome = await Run(fault, way, moment).play()

    assert (outcome.twice, outcome.never, outcome.harmed) == (0, 0, 0), outcome

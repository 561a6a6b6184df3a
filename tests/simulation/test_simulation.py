"""Promises under simulated faults. Tests play seeds in processes of their own: a seed needs fixed hashes to play the same."""

import os
import subprocess
import sys

import pytest

from tests.simulation.faults import Fault
from tests.simulation.shrinking import shrink
from tests.simulation.virtual import Process, StuckError, VirtualLoop, play


def simulate(*arguments: str, hash_seed: str = "0") -> tuple[int, str]:
    """Exit code and output of `./dev simulate`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_four_hundred_seeds_of_the_toy_keep_every_promise() -> None:
    code, output = simulate("--service", "toy", "--seeds", "400")

    assert code == 0, output


def test_a_hundred_seeds_of_sla_keep_every_promise() -> None:
    code, output = simulate("--service", "sla", "--seeds", "100")

    assert code == 0, output


def test_sixty_seeds_of_notifier_and_its_gateways_keep_every_promise() -> None:
    code, output = simulate("--service", "notifier", "--seeds", "60")

    assert code == 0, output


def test_sixty_seeds_of_feedback_its_phones_and_its_desk_keep_every_promise() -> None:
    code, output = simulate("--service", "feedback", "--seeds", "60")

    assert code == 0, output


def test_two_instances_that_start_on_an_older_copy_do_not_wait_for_each_other() -> None:
    """One begins to read back while the other compares, which then finds no difference any more."""
    code, output = simulate("--service", "sla", "--first", "202", "--seeds", "1")

    assert code == 0, output


def test_every_known_fault_that_is_brought_back_is_found_by_its_seed() -> None:
    code, output = simulate("--planted")

    assert code == 0, output


@pytest.mark.parametrize("seed", ["toy-12", "sla-7", "feedback-20"])
def test_a_seed_plays_the_same_in_another_process_whatever_its_hashes(seed: str) -> None:
    first, second, third = (simulate("--digest", seed, hash_seed=hashes) for hashes in ("0", "0", "random"))

    assert first == second == third
    assert first[0] == 0
    assert first != simulate("--digest", seed + "1")


def test_a_failing_seed_is_told_with_the_few_faults_that_make_it_fail() -> None:
    code, output = simulate("--plant", "k1-intent-swept-before-its-save", "--seeds", "100")

    assert code == 0, output
    assert "faults are enough" in output
    struck = [line for line in output.splitlines() if line.startswith("    ")]
    assert 1 <= len(struck) <= 5, output


def test_shrinking_leaves_the_faults_that_are_needed_together() -> None:
    faults = [Fault(("log", "publish", "a", number), "stall") for number in range(40)]
    needed = {faults[3], faults[29]}

    assert set(shrink(faults, lambda some: needed <= set(some))) == needed
    assert shrink(faults, lambda _: True) == []


async def _write(told: list[float], loop: VirtualLoop) -> None:
    try:
        while True:
            await _seconds(loop, 1.0)
            told.append(loop.time())
    finally:
        told.append(-1.0)


async def _seconds(loop: VirtualLoop, seconds: float) -> None:
    waiting = loop.create_future()
    loop.call_later(seconds, waiting.set_result, None)
    await waiting


def test_a_stopped_process_goes_on_later_and_a_dead_one_does_nothing_any_more() -> None:
    told: list[float] = []

    async def life(loop: VirtualLoop) -> list[float]:
        process = Process("a", 1)
        loop.spawn(process, _write(told, loop))
        await _seconds(loop, 2.5)
        process.stop()
        await _seconds(loop, 5.0)
        process.go_on(loop)
        await _seconds(loop, 1.2)
        process.kill()
        await _seconds(loop, 60.0)
        return list(told)

    assert play(life) == [1.0, 2.0, 7.5, 8.5]


def test_a_world_in_which_nothing_will_happen_says_so() -> None:
    async def life(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(StuckError):
        play(life)

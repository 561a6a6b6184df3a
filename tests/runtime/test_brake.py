"""The brake: when it engages, that a restart keeps it, and that a person releases it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runtime.brake import Brake, release
from runtime.parts import STATE, Parts
from runtime.store import open_documents
from tests.runtime.alone import parts_on


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    """Parts with a window of ten records and a share of a fifth."""
    parts = parts_on(open_documents(f"sqlite:///{tmp_path}/store.db"), brake_window=10, brake_share=0.2)
    await parts.store.declare(STATE)
    yield parts
    await parts.store.close()


async def test_it_engages_only_above_its_share_of_a_full_window(parts: Parts) -> None:
    brake = Brake(parts)

    assert not brake.judge(failed=5, handled=9)  # too few records to judge
    assert not Brake(parts).judge(failed=2, handled=10)
    assert Brake(parts).judge(failed=3, handled=10)


async def test_a_batch_without_failures_never_engages_it(parts: Parts) -> None:
    brake = Brake(parts)
    brake.judge(failed=6, handled=6)

    assert not brake.judge(failed=0, handled=4)


async def test_it_forgets_what_left_the_window(parts: Parts) -> None:
    brake = Brake(parts)
    brake.judge(failed=9, handled=9)
    brake.judge(failed=0, handled=10)

    assert not brake.judge(failed=1, handled=1)


async def test_a_restarted_instance_stays_braked_until_a_person_releases_it(parts: Parts) -> None:
    await Brake(parts).engage("60 of 200 records failed: not a valid event")
    restarted = Brake(parts)
    await restarted.look()

    assert restarted.engaged == "60 of 200 records failed: not a valid event"
    assert await release(parts.store) == restarted.engaged
    await restarted.look()
    assert not restarted.engaged
    assert await release(parts.store) == ""


async def test_after_its_release_it_judges_new_records_only(parts: Parts) -> None:
    brake = Brake(parts)
    brake.judge(failed=9, handled=9)
    await brake.engage("9 of 9 records failed: x")
    await release(parts.store)
    await brake.look()

    assert not brake.judge(failed=1, handled=1)


async def test_an_instance_that_did_not_brake_itself_stops_when_another_did(parts: Parts) -> None:
    other, brake = Brake(parts), Brake(parts)
    await other.engage("too many")
    await brake.look()

    assert brake.engaged == "too many"

"""Two signers sign the same five hundred letters at once while notifier dies and stands still: each letter has one number."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest

from contracts.notices import LetterSent
from dunghen.log import event_of
from runtime.web import Role
from tests.support.signing import look_and_sign, signature
from tests.town import Story, Town

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

LETTERS = int(os.environ.get("SIGNED_LETTERS", "500"))
AT_ONCE = 6  # of each signer: one who clicks on while the last click is not answered yet
STILL_SECONDS = 8.0  # longer than a session: the group has given its partitions to others by then
PATIENCE_SECONDS = 120.0


async def sign_all(town: Town, story: Story, codes: Sequence[str], signer: str, door: int) -> Counter[int]:
    """Sign all of them by one instance's door, in this order, asking again until there is an answer; how it answered."""
    said: Counter[int] = Counter()
    headers = town.fleet.issuer.headers(Role.SIGNER, name=signer)
    end, turns = asyncio.get_running_loop().time() + PATIENCE_SECONDS, asyncio.Semaphore(AT_ONCE)
    base = f"http://127.0.0.1:{town.processes.port('notifier', door)}"
    async with httpx.AsyncClient(base_url=base, timeout=20, headers=headers) as client:

        async def sign(code: str) -> None:
            async with turns:
                while asyncio.get_running_loop().time() < end:
                    try:
                        answer = await look_and_sign(client, code, signature(story))
                    except httpx.TransportError:
                        await asyncio.sleep(0.2)
                        continue
                    if answer.status_code < 500:
                        said[answer.status_code] += 1
                        return
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(sign(code) for code in codes))
    return said


async def test_five_hundred_letters_signed_by_two_at_once_have_each_one_number_without_hole(town: Town) -> None:
    story = await town.new_day()
    for _ in range(LETTERS // 50):
        await town.fleet.post(story.opening(100))
    await town.fleet.settle()
    await town.evening()
    await town.fleet.settle()
    late = sorted({code for code, kind, _ in story.expected if kind == "letter.drafted"} & story.codes)
    assert len(late) >= LETTERS
    await town.join("notifier", 1)
    for code in late:
        story.signed(code)

    async def disturb() -> None:
        await asyncio.sleep(2)
        town.processes.signal("notifier", signal.SIGSTOP, 1)
        await asyncio.sleep(1)
        await town.processes.kill("notifier")
        await town.processes.start("notifier")
        await asyncio.sleep(STILL_SECONDS)
        town.processes.signal("notifier", signal.SIGCONT, 1)

    first, second, _ = await asyncio.gather(
        sign_all(town, story, late, "Lãnh đạo Thứ nhất", 0),
        sign_all(town, story, late[::-1], "Lãnh đạo Thứ hai", 1),
        disturb(),
    )
    await town.processes.ready("notifier")
    await town.leave("notifier", 1)
    await town.evening(minute=10)  # what the dead process had claimed is free again after two minutes
    records = await town.check(story)

    assert (first + second).keys() <= {202, 409}, (first, second)
    assert first.total() == second.total() == len(late)
    said = [event for r in records if (event := event_of(r)) is not None and event.subject in story.codes]
    numbers = [event.data.number for event in said if isinstance(event.data, LetterSent)]
    taken, late_clicks = ((first + second)[status] for status in (202, 409))
    print(f"letters {len(late)}, taken {taken}, were taken {late_clicks}, numbers {len(set(numbers))}")  # noqa: T201 - the result
    assert len(set(numbers)) == len(numbers) == len(late)

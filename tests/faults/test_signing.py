"""Two signers sign the same letters at once while notifier dies and stands still: each letter has one number, those of dossiers
and those that answer petitions."""

import asyncio
import os
import signal
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import time

import httpx
import pytest

from contracts import Event, encode
from contracts.letters import LetterSentV2
from contracts.notices import LetterSent
from contracts.petitions import PetitionUpheld, SuggestionAccepted
from dunghen.log import event_of
from runtime.web import Role
from tests.support.signing import look_and_answer, look_and_sign, signature
from tests.town import MORNING, Story, Town, at

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

LETTERS = int(os.environ.get("SIGNED_LETTERS", "500"))
ANSWERS = LETTERS // 4  # and as many of them thank for a suggestion, half of those without a number
AT_ONCE = 6  # of each signer: one who clicks on while the last click is not answered yet
STILL_SECONDS = 8.0  # longer than a session: the group has given its partitions to others by then
PATIENCE_SECONDS = 120.0


Sign = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]  # a letter, by its code


async def sign_all(town: Town, sign: Sign, codes: Sequence[str], signer: str, door: int) -> Counter[int]:
    """Sign all of them by one instance's door, in this order, asking again until there is an answer; how it answered."""
    said: Counter[int] = Counter()
    headers = town.fleet.issuer.headers(Role.SIGNER, name=signer)
    end, turns = asyncio.get_running_loop().time() + PATIENCE_SECONDS, asyncio.Semaphore(AT_ONCE)
    base = f"http://127.0.0.1:{town.processes.port('notifier', door)}"
    async with httpx.AsyncClient(base_url=base, timeout=20, headers=headers) as client:

        async def once(code: str) -> None:
            async with turns:
                while asyncio.get_running_loop().time() < end:
                    try:
                        answer = await sign(client, code)
                    except httpx.TransportError:
                        await asyncio.sleep(0.2)
                        continue
                    if answer.status_code < 500:
                        said[answer.status_code] += 1
                        return
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(once(code) for code in codes))
    return said


async def disturb(town: Town) -> None:
    """One instance stands still for longer than its session lasts, the other dies."""
    await asyncio.sleep(2)
    town.processes.signal("notifier", signal.SIGSTOP, 1)
    await asyncio.sleep(1)
    await town.processes.kill("notifier")
    await town.processes.start("notifier")
    await asyncio.sleep(STILL_SECONDS)
    town.processes.signal("notifier", signal.SIGCONT, 1)


async def signed_by_two(town: Town, sign: Sign, codes: Sequence[str]) -> Counter[int]:
    """Each of them by both, in opposite orders, while notifier is disturbed; how they were answered."""
    await town.join("notifier", 1)
    first, second, _ = await asyncio.gather(
        sign_all(town, sign, codes, "Lãnh đạo Thứ nhất", 0),
        sign_all(town, sign, codes[::-1], "Lãnh đạo Thứ hai", 1),
        disturb(town),
    )
    await town.processes.ready("notifier")
    await town.leave("notifier", 1)
    assert first.total() == second.total() == len(codes)
    return first + second


async def test_five_hundred_letters_signed_by_two_at_once_have_each_one_number_without_hole(town: Town) -> None:
    story = await town.new_day()
    for _ in range(LETTERS // 50):
        await town.fleet.post(story.opening(100))
    await town.fleet.settle()
    await town.evening()
    await town.fleet.settle()
    late = sorted({code for code, kind, _ in story.expected if kind == "letter.drafted"} & story.codes)
    assert len(late) >= LETTERS
    for code in late:
        story.signed(code)

    answers = await signed_by_two(town, lambda client, code: look_and_sign(client, code, signature(story)), late)
    await town.evening(minute=10)  # what the dead process had claimed is free again after two minutes
    records = await town.check(story)

    assert answers.keys() <= {202, 409}, answers
    events = {event.id: event for r in records if (event := event_of(r)) is not None}.values()  # one that died may say it again
    numbers = [one.data.number for one in events if isinstance(one.data, LetterSent) and one.subject in story.codes]
    print(f"letters {len(late)}, taken {answers[202]}, were taken {answers[409]}, numbers {len(set(numbers))}")  # noqa: T201 - the result
    assert len(set(numbers)) == len(numbers) == len(late)


def called_for(story: Story, number: int, model: type[PetitionUpheld | SuggestionAccepted]) -> Event:
    """Feedback says of a petition of this day that it calls for a letter."""
    when, name = at(story.day, MORNING), "".join("ABCDEFGHIJ"[int(digit)] for digit in f"{number:08}")
    more = {"kind": "petition", "error": True} if model is PetitionUpheld else {"kind": "suggestion"}
    data = model.model_validate({"at": when, "unit": "H37.12", "channel": "portal", "round": 1, "version": 5, **more})
    return Event(str(uuid.uuid4()), "/feedback", model.TYPE, f"PA-{story.day:%y%m%d}-{name}", when, data)


async def test_letters_that_answer_petitions_have_each_one_number_too_and_thanks_without_one_take_none(town: Town) -> None:
    """R22: in the series of their body, behind the numbers of dossiers' letters."""
    story = await town.new_day()
    calls = [called_for(story, number, PetitionUpheld if number % 2 else SuggestionAccepted) for number in range(2 * ANSWERS)]
    for call in calls:
        await town.write("feedback.v1", call.subject, encode(call))
        kind = "petition.upheld" if isinstance(call.data, PetitionUpheld) else "suggestion.accepted"
        story.codes.add(call.subject)
        story.expect(call.subject, kind, "letter.drafted", "letter.approved", "letter.sent")
    await town.fleet.settle()
    codes = [call.subject for call in calls]
    plain = {code for number, code in enumerate(codes) if number % 4 == 0}

    async def sign(client: httpx.AsyncClient, code: str) -> httpx.Response:
        return await look_and_answer(client, code, numbered=code not in plain)

    answers = await signed_by_two(town, sign, codes)
    await town.fleet.set_clock(at(story.day, time(10, 10)))  # what the dead process had claimed is free again after two minutes
    records = await town.check(story)

    assert answers.keys() <= {202, 409}, answers
    events = {event.id: event for r in records if (event := event_of(r)) is not None}.values()
    data = {event.subject: event.data for event in events if isinstance(event.data, LetterSentV2)}
    numbers = [one.number for code, one in data.items() if code not in plain]
    print(f"answers {len(codes)}, taken {answers[202]}, were taken {answers[409]}, numbers {len(set(numbers))}")  # noqa: T201 - the result
    assert {code for code, one in data.items() if one.number is None} == plain
    assert len(set(numbers)) == len(numbers) == len(codes) - len(plain)
    before = sum(isinstance(event.data, LetterSent) for event in events)
    assert sorted(one for one in numbers if one is not None) == list(range(before + 1, before + 1 + len(numbers)))

"""A store is put back as it was a while ago: what was said since is known from the log, and said no second time."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from contracts.notices import LetterSent
from dunghen.log import events_of
from dunghen.services import SERVICES
from runtime.kafka_admin import LogRecord
from tests.support.signing import sign_letters
from tests.town import Story, Town

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]
Copy = dict[str, list[dict[str, Any]]]


@contextmanager
def database(url: str) -> Iterator[Database[dict[str, Any]]]:
    """The database that a service keeps its documents in."""
    with MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()


def copy_of(url: str) -> Copy:
    """All documents, collection by collection, as a backup tool takes them from a running database."""
    with database(url) as found:
        return {name: list(found[name].find()) for name in found.list_collection_names()}


def put_back(url: str, copy: Copy) -> None:
    """Make the database hold what the copy holds, and no more."""
    with database(url) as found:
        for name in found.list_collection_names():
            found[name].delete_many({})
            if copy.get(name):
                found[name].insert_many(copy[name])


def register_of(records: Sequence[LogRecord]) -> dict[tuple[str, int, int], set[str]]:
    """The dossiers that each number of the letter register was given to."""
    given: dict[tuple[str, int, int], set[str]] = defaultdict(set)
    for event in events_of(record for record in records if record.topic == "notices.v1"):
        if isinstance(event.data, LetterSent):
            unit = event.subject.split("-")[0]
            given[unit, event.data.year, event.data.number].add(event.subject)
    return given


async def test_each_store_restored_from_a_copy_taken_in_mid_run(town: Town) -> None:
    """Services are stopped, put back and started one after the other. Time goes on meanwhile: figures are numbered by it.

    The first thing the restored intake hears is a correction of what it has forgotten.
    """
    fleet, processes, story = town.fleet, town.processes, await town.new_day()
    await fleet.post(story.opening(40))
    await fleet.settle()
    await town.evening(hour=17, minute=10)
    await fleet.settle()
    await sign_letters(town, story, 5)
    async with town.load(story):
        copies = {name: await asyncio.to_thread(copy_of, processes.store_url(name)) for name in SERVICES}
    await sign_letters(town, story, 5)
    later = story.opening(40)
    await fleet.post(later)
    await fleet.settle()

    for number, name in enumerate(SERVICES):
        await processes.terminate(name)
        await asyncio.to_thread(put_back, processes.store_url(name), copies[name])
        await town.evening(hour=17, minute=20 + number)
        await processes.start(name)
        if name == "intake":
            await fleet.post(corrected(story, later))
        await processes.ready(name)
        await fleet.post(story.opening(10))
    await fleet.settle()
    await sign_letters(town, story, 5)
    await town.evening()
    assert story.unanswered == []
    records = await town.check(story)

    numbers = register_of(records)
    print(f"letter numbers {len(numbers)}, given twice {sum(len(own) > 1 for own in numbers.values())}")  # noqa: T201
    assert len(numbers) >= 15
    assert all(len(dossiers) == 1 for dossiers in numbers.values())


def corrected(story: Story, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Completions that were five minutes later, and what the log must hold because of it: a second version of each."""
    completions = [item for item in items if item["type"] == "completed"][:3]
    for item in completions:
        for kind in ("dossier.completed", "deadline.settled"):
            story.expected[item["dossier"], kind, "1"] = 2
    return [{**item, "at": item["at"].replace("T09:45", "T09:50")} for item in completions]

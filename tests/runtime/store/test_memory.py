"""The document port in memory, and the hook that makes it fail as a network and a server do."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from runtime.errors import Unavailable
from runtime.store import Document, Documents, MemoryDocuments, MemoryTables
from tests.runtime.store.suite import DocumentSuite

Result = TypeVar("Result")


class TestMemory(DocumentSuite):
    """The whole suite in memory."""

    @pytest.fixture
    async def store(self) -> Documents:
        """A store on tables of its own."""
        return MemoryDocuments(MemoryTables())


async def test_instances_of_a_service_share_the_tables() -> None:
    tables = MemoryTables()
    one, other = MemoryDocuments(tables), MemoryDocuments(tables)
    await one.declare("things")
    await one.insert_unique("things", {"_id": "a"})

    assert not await other.insert_unique("things", {"_id": "a"})
    assert set(tables.get_many("things", ["a"])) == {"a"}


async def test_a_collection_nobody_declared_is_not_there() -> None:
    with pytest.raises(Unavailable, match="no collection things"):
        await MemoryDocuments(MemoryTables()).get_many("things", ["a"])


async def test_a_save_that_lands_late_carries_what_was_given_and_is_judged_when_it_lands() -> None:
    tables = MemoryTables()
    asked: list[tuple[str, str]] = []
    landing: list[Callable[[], object]] = []

    async def lose(operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        asked.append((operation, collection))
        landing.append(apply)
        raise Unavailable("lost")

    tables.declare("things")
    store = MemoryDocuments(tables, lose)
    document: Document = {"_id": "a", "rev": 0, "n": [1]}
    with pytest.raises(Unavailable):
        await store.save_many("things", [document])
    document["n"] = [2]
    with pytest.raises(Unavailable):
        await store.save_many("things", [document])

    assert tables.get_many("things", ["a"]) == {}
    assert [apply() for apply in landing] == [set(), {"a"}]
    assert tables.get_many("things", ["a"]) == {"a": {"_id": "a", "rev": 1, "n": [1]}}
    assert asked == [("save_many", "things")] * 2

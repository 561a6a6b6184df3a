"""The document port on SQLite, and what becomes of the errors of its file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runtime.errors import Invalid, Unavailable
from runtime.store import Documents, open_documents
from runtime.store.sqlite import SqliteDocuments
from tests.runtime.store.suite import DocumentSuite


class TestSqlite(DocumentSuite):
    """The whole suite on a file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Documents]:
        """A store on a fresh file."""
        store = open_documents(f"sqlite:///{tmp_path}/store.db")
        yield store
        await store.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteDocuments]:
    """A store with a document in it."""
    store = SqliteDocuments(tmp_path / "store.db")
    await store.declare("things")
    await store.insert_unique("things", {"_id": "a"})
    yield store
    await store.close()


async def pragma(store: SqliteDocuments, text: str) -> None:
    """Set something on the store's own connection."""

    def work() -> None:
        assert store._db is not None
        store._db.execute(f"pragma {text}").fetchall()

    await asyncio.get_running_loop().run_in_executor(store._thread, work)


async def test_documents_are_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    first = open_documents(url)
    await first.declare("things")
    await first.insert_unique("things", {"_id": "a"})
    await first.close()
    second = open_documents(url)
    await second.declare("things")

    assert set(await second.get_many("things", ["a"])) == {"a"}
    await second.close()


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(ValueError, match="sqlite:/// or mongodb://"):
        open_documents("postgres://x")


async def test_a_full_disk_is_unavailable_and_the_store_goes_on_when_there_is_room(store: SqliteDocuments) -> None:
    await pragma(store, "max_page_count=1")  # SQLite takes the pages it already has
    with pytest.raises(Unavailable, match="full"):
        await store.save_many("things", [{"_id": str(n), "rev": 0, "n": "x" * 100_000} for n in range(3)])
    await pragma(store, "max_page_count=100000")

    assert await store.save_many("things", [{"_id": "b", "rev": 0}]) == set()
    assert set(await store.get_many("things", ["a", "b", "0"])) == {"a", "b"}


async def test_a_file_that_may_not_be_written_is_unavailable(store: SqliteDocuments) -> None:
    await pragma(store, "query_only=on")
    with pytest.raises(Unavailable, match="readonly"):
        await store.save_many("things", [{"_id": "b", "rev": 0}])
    await pragma(store, "query_only=off")

    assert await store.save_many("things", [{"_id": "b", "rev": 0}]) == set()


async def test_a_file_that_somebody_else_has_locked_is_unavailable(store: SqliteDocuments, tmp_path: Path) -> None:
    await pragma(store, "busy_timeout=50")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(Unavailable, match="locked"):
        await store.save_many("things", [{"_id": "b", "rev": 0}])
    other.close()

    assert await store.save_many("things", [{"_id": "b", "rev": 0}]) == set()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database at all, " * 1000)
    store = open_documents(f"sqlite:///{tmp_path}/store.db")

    with pytest.raises(Unavailable, match="not a database"):
        await store.declare("things")
    await store.close()


async def test_a_damaged_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_documents(f"sqlite:///{path}")
    await store.declare("things")
    await store.save_many("things", [{"_id": f"d{n}", "rev": 0, "n": "x" * 1000} for n in range(200)])
    await store.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    damaged = open_documents(f"sqlite:///{path}")

    with pytest.raises(Unavailable, match="malformed"):
        await damaged.find("things", {})
    await damaged.close()


async def test_a_folder_that_cannot_be_made_is_unavailable_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file is in the way")
    store = open_documents(f"sqlite:///{tmp_path}/folder/store.db")
    with pytest.raises(Unavailable):
        await store.declare("things")
    (tmp_path / "folder").unlink()

    await store.declare("things")
    assert await store.insert_unique("things", {"_id": "a"})
    await store.close()


async def test_a_collection_nobody_declared_is_unavailable(store: SqliteDocuments) -> None:
    with pytest.raises(Unavailable, match="no such table"):
        await store.get_many("others", ["a"])


async def test_a_question_no_store_can_hold_is_invalid(store: SqliteDocuments) -> None:
    with pytest.raises(Invalid):
        await store.find("things", {"n": 2**64})
    with pytest.raises(Invalid):
        await store.get_many("things", ["\ud800"])


async def test_a_caller_that_gives_up_leaves_the_store_whole(store: SqliteDocuments) -> None:
    saving = asyncio.create_task(store.save_many("things", [{"_id": "b", "rev": 0}]))
    await asyncio.sleep(0)
    saving.cancel()

    assert await store.save_many("things", [{"_id": "c", "rev": 0}]) == set()
    assert "c" in await store.get_many("things", ["b", "c"])  # whether b was saved, nobody knows

"""The document port on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runtime.store import Documents, open_documents
from tests.runtime.store.suite import DocumentSuite


class TestSqlite(DocumentSuite):
    """The whole suite on a file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Documents]:
        """A store on a fresh file."""
        store = open_documents(f"sqlite:///{tmp_path}/store.db")
        yield store
        await store.close()


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

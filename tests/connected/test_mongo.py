"""The document port on a real MongoDB wire server."""

import secrets
from collections.abc import AsyncIterator

import pytest

from dunghen.demo.real import free_port
from runtime.errors import Unavailable
from runtime.store import Documents, open_documents
from runtime.store.mongo import drop_database
from tests.real import Real
from tests.runtime.store.suite import DocumentSuite

pytestmark = pytest.mark.connected


class TestMongo(DocumentSuite):
    """The whole suite on MongoDB."""

    @pytest.fixture
    async def store(self, real: Real) -> AsyncIterator[Documents]:
        """A database of this test's own."""
        url = f"{real.mongo.rstrip('/')}/test{secrets.token_hex(4)}"
        store = open_documents(url)
        yield store
        await store.close()
        await drop_database(url)


async def test_a_server_that_does_not_answer_is_unavailable() -> None:
    store = open_documents(f"mongodb://127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=300&timeoutMS=1000")

    with pytest.raises(Unavailable):
        await store.get_many("things", ["a"])
    await store.close()

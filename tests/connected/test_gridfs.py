"""The port of files on a real MongoDB wire server."""

import secrets
from collections.abc import AsyncIterator

import pytest

from runtime.blobs import Blobs, GridFsBlobs
from runtime.errors import Unavailable
from runtime.store.mongo import drop_database
from tests.real import Real
from tests.runtime.blobs.suite import BlobSuite
from tests.support.ports import free_port

pytestmark = pytest.mark.connected


@pytest.fixture
async def blobs(real: Real) -> AsyncIterator[Blobs]:
    """A database of this test's own."""
    url = f"{real.mongo.rstrip('/')}/test{secrets.token_hex(4)}"
    made = GridFsBlobs(url)
    yield made
    await made.close()
    await drop_database(url)


class TestGridFs(BlobSuite):
    """The suite on GridFS."""


async def test_a_server_that_is_away_is_unavailable() -> None:
    blobs = GridFsBlobs(f"mongodb://127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=200")
    for call in (blobs.put("a", b"x"), blobs.get("a"), blobs.delete_many(["a"])):
        with pytest.raises(Unavailable):
            await call
    await blobs.close()

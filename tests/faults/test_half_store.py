"""A store that answers, but with errors: the database behind the server is gone. Nothing may be blamed on a document."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from runtime.errors import Unavailable
from runtime.store import Documents, Index, open_documents
from runtime.store.mongo import drop_database
from tests.real import Real, skip

pytestmark = pytest.mark.faults

CALLS: dict[str, Callable[[Documents], Awaitable[object]]] = {
    "declare": lambda store: store.declare("others", [Index("due")]),
    "get_many": lambda store: store.get_many("things", ["a"]),
    "save_many, an insert": lambda store: store.save_many("things", [{"_id": "b", "rev": 0}]),
    "save_many, a replacement": lambda store: store.save_many("things", [{"_id": "a", "rev": 1}]),
    "find": lambda store: store.find("things", {}),
    "count_by": lambda store: store.count_by("things", {}),
    "insert_unique": lambda store: store.insert_unique("things", {"_id": "c"}),
    "delete_many": lambda store: store.delete_many("things", ["never-there"]),
}


@pytest.fixture
async def store(real: Real) -> AsyncIterator[Documents]:
    """A database of this test's own, with a document."""
    if "store-half-crash" not in real.commands:
        skip("no DUNGHEN_TEST_STORE_HALF_CRASH and _START: no command kills only the database behind the server")
    url = f"{real.mongo.rstrip('/')}/test{secrets.token_hex(4)}"
    store = open_documents(url)
    await store.declare("things", [Index("due")])
    await store.insert_unique("things", {"_id": "a"})
    yield store
    await store.close()
    await drop_database(url)


async def test_a_server_without_its_database_is_unavailable_for_every_call_until_it_is_back(
    real: Real, store: Documents
) -> None:
    real.do("store-half-crash")
    try:
        for name, call in CALLS.items():
            with pytest.raises(Unavailable):
                print(name, await call(store))  # noqa: T201 - what should not have been answered
    finally:
        real.do("store-half-start")

    for call in CALLS.values():
        await call(store)
    assert {name: d["rev"] for name, d in (await store.get_many("things", ["a", "b", "c"])).items()} == {"a": 2, "b": 1, "c": 1}

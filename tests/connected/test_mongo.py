"""The document port on a real MongoDB wire server."""

import secrets
from collections.abc import AsyncIterator

import pytest

from runtime.errors import Invalid, InvalidDocuments, Unavailable
from runtime.store import Document, Documents, open_documents
from runtime.store.mongo import drop_database
from tests.real import Real
from tests.runtime.store.suite import DocumentSuite, nested
from tests.support.ports import free_port

pytestmark = pytest.mark.connected


@pytest.fixture
async def store(real: Real) -> AsyncIterator[Documents]:
    """A database of this test's own."""
    url = f"{real.mongo.rstrip('/')}/test{secrets.token_hex(4)}"
    store = open_documents(url)
    yield store
    await store.close()
    await drop_database(url)


class TestMongo(DocumentSuite):
    """The whole suite on MongoDB."""


REFUSED: dict[str, Document] = {
    "a zero byte in a field name": {"a\0b": 1},
    "nesting beyond the server's limit": {"x": nested(900)},
    "a field name that begins with $": {"$x": 1},
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
async def test_a_document_that_driver_or_server_refuses_is_named_and_its_neighbours_can_be_saved(
    store: Documents, content: Document
) -> None:
    await store.declare("things")
    await store.save_many("things", [{"_id": name, "rev": 0} for name in ("a", "bad", "c")])
    batch: list[Document] = [{"_id": name, "rev": 1, **(content if name == "bad" else {})} for name in ("a", "bad", "c")]

    with pytest.raises(InvalidDocuments) as refused:
        await store.save_many("things", [*batch, {"_id": "new", "rev": 0}])

    assert refused.value.ids == ("bad",)
    await store.save_many("things", [batch[0], batch[2], {"_id": "new", "rev": 0}])
    revisions = {name: d["rev"] for name, d in (await store.get_many("things", ["a", "bad", "c", "new"])).items()}
    assert revisions == {"a": 2, "bad": 1, "c": 2, "new": 1}


async def test_a_refused_document_is_not_inserted(store: Documents) -> None:
    with pytest.raises(InvalidDocuments) as refused:
        await store.insert_unique("things", {"_id": "bad", "x": nested(900)})

    assert refused.value.ids == ("bad",)
    assert await store.get_many("things", ["bad"]) == {}


async def test_more_documents_than_a_server_takes_at_once_are_saved(store: Documents) -> None:
    await store.declare("things")
    documents: list[Document] = [{"_id": f"d{n}", "rev": 0} for n in range(25_001)]

    assert await store.save_many("things", documents) == set()
    assert await store.save_many("things", [{"_id": "new", "rev": 0}, documents[-1]]) == {documents[-1]["_id"]}
    assert (await store.count_by("things", {}))[0].count == 25_002


async def test_a_question_no_store_can_hold_is_invalid(store: Documents) -> None:
    with pytest.raises(Invalid):
        await store.find("things", {"n": 2**64})
    with pytest.raises(Invalid):
        await store.get_many("things", ["\ud800"])


async def test_a_save_is_marked_by_the_name_it_is_given(real: Real) -> None:
    url = f"{real.mongo.rstrip('/')}/test{secrets.token_hex(4)}"
    names = iter(["first", "second"])
    store = open_documents(url, new_id=lambda: next(names))
    await store.save_many("things", [{"_id": "a", "rev": 0}])
    await store.save_many("things", [{"_id": "a", "rev": 1}])

    assert (await store.get_many("things", ["a"]))["a"]["by"] == "second"
    await store.close()
    await drop_database(url)


async def test_what_is_inserted_together_does_not_show_it(store: Documents) -> None:
    """R40: nothing joins an answer to a survey to its dossier, nor to the answers that were written in the same moment."""
    await store.save_many("answers", [{"_id": name, "rev": 0} for name in ("a", "b")])

    found = await store.get_many("answers", ["a", "b"])
    assert found == {name: {"_id": name, "rev": 1} for name in ("a", "b")}


async def test_a_user_without_rights_is_unavailable(real: Real) -> None:
    store = open_documents(real.mongo.replace("://", "://nobody:wrong@").rstrip("/") + "/x?authSource=admin")

    with pytest.raises(Unavailable, match="18"):
        await store.get_many("things", ["a"])
    with pytest.raises(Unavailable, match="18"):
        await store.save_many("things", [{"_id": "a", "rev": 0}])
    await store.close()


async def test_a_server_that_does_not_answer_is_unavailable() -> None:
    store = open_documents(f"mongodb://127.0.0.1:{free_port()}/x?serverSelectionTimeoutMS=300&timeoutMS=1000")

    with pytest.raises(Unavailable):
        await store.get_many("things", ["a"])
    await store.close()

"""Reading documents page by page, and holding what was read, to be saved over just that."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from runtime.outputs import new_document
from runtime.store import Document, Documents
from services.reporting.store.names import PAGE, Where
from services.stored import LAYOUT, Codec

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Held(Generic[Thing]):
    """Something as it was read, with its document: what is saved over it is lost if it moved meanwhile."""

    thing: Thing
    document: Document


async def hold(store: Documents, collection: str, codec: Codec[Thing], keys: Collection[str]) -> dict[str, Held[Thing]]:
    """Things of a collection, those that are not there yet as empty ones; without those of a newer release."""
    found = await store.get_many(collection, keys)
    documents = [found.get(key) or new_document(key) for key in keys]
    return {document["_id"]: Held(thing, document) for document, thing in codec.readable(documents)}


async def every(store: Documents, collection: str, where: Where) -> AsyncIterator[Document]:
    """All documents that match, page by page, by their ids."""
    async for page in pages(store, collection, where):
        for document in page:
            yield document


async def pages(store: Documents, collection: str, where: Where, order: str = "_id") -> AsyncIterator[list[Document]]:
    behind = None
    while page := await store.find(collection, where, order=order, limit=PAGE, after=behind):
        behind = (page[-1][order], page[-1]["_id"])
        yield page


def is_newer(codec: Codec[Any], document: Document) -> bool:
    """Whether a newer release wrote it that this one cannot read: it is passed over, and hides no other. In place of
    `Codec.readable` where only what is summed becomes an object."""
    return bool(document.get(LAYOUT, 1) > codec.layout)

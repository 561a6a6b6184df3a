"""What a store of documents has to offer. A document is JSON: times are kept as whole milliseconds since 1970."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

# `_id` is a string; `rev` is 0 for a document that was never saved and grows by one with each save.
Document = dict[str, Any]
Scalar = str | int | float | bool

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024  # of one document in the store's own encoding: MongoDB's limit, kept by every adapter
INTEGERS = range(-(2**63), 2**63)  # what a document may hold


@dataclass(frozen=True, slots=True)
class Range:
    """Values from `low` to `high`, both included; None leaves an end open."""

    low: Scalar | None = None
    high: Scalar | None = None


@dataclass(frozen=True, slots=True)
class In:
    """Any of these values."""

    values: tuple[Scalar, ...]


Where = Mapping[str, Scalar | Range | In]


@dataclass(frozen=True, slots=True)
class Index:
    """An index on one field (dots reach into sub-documents). `many`: the field holds a list, each item is indexed."""

    field: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of `count_by`: the group's values, how many documents, the sums asked for."""

    group: tuple[Any, ...]
    count: int
    sums: tuple[int, ...]


def sort_key(value: object) -> tuple[int, Any]:
    """The order every adapter keeps among values of all kinds: nothing, then numbers, then text."""
    if isinstance(value, str):
        return 2, value
    return (0, 0) if value is None else (1, value)


class Documents(Protocol):
    """Seven calls, each one attempt: nobody retries in here but a driver within its time-out.

    Errors, of all calls:

    - `Unavailable`: the store did not answer, or answered with anything that is not provably about one document (no rights,
      disk full, not primary, internal error). **It says nothing about a write**: that may have happened, or may land later.
    - `Invalid`: the question itself holds a value that no store can hold (an integer beyond 64 bits, half a surrogate pair).
    - `InvalidDocuments`, an `Invalid` raised by `save_many` and `insert_unique` alone: it names the documents that the store
      refuses for what they are (too large, a value or a field name that it cannot hold).

    How callers react to each is written in docs/reactions.md.
    """

    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """Make the collection and its indexes if they are not there. Comes before every other call. Raises Unavailable."""
        ...

    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """The documents with these ids that exist. Raises Unavailable, Invalid."""
        ...

    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """Save each document if its revision is still the one it was loaded with; returns the ids that lost.

        `rev` 0 inserts, any other replaces. The stored revision is one higher, also when nothing else changed: once such a
        save was answered, no earlier save under the old revision can land any more. A document deleted meanwhile stays deleted.
        The ids of one call differ from each other. Not one transaction: some may be saved when others lose or the call fails.

        Raises Unavailable: each of the documents may have been saved, or be saved later. Raises InvalidDocuments when all were
        looked at: the ones it names were not saved and never will be, each of the others may or may not have been. The same
        documents saved again, one by one, tell: a revision that is lost now may have been lost to the first call.
        """
        ...

    async def find(
        self,
        collection: str,
        where: Where,
        *,
        order: str = "_id",
        limit: int = 500,
        after: tuple[Scalar, str] | None = None,
    ) -> list[Document]:
        """Documents that match, by (`order`, `_id`); `after` is the pair of the last document already seen.

        A field that is missing or null matches no test and comes first in the order. Raises Unavailable, Invalid.
        """
        ...

    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        """Count documents and sum numeric fields per group, in order of the group's values; a missing field counts as 0.

        No document: no row. Raises Unavailable, Invalid.
        """
        ...

    async def insert_unique(self, collection: str, document: Document) -> bool:
        """Insert with revision 1; False if the id is taken, be it by an earlier try of the same caller.

        Raises Unavailable (it may have been inserted, or be inserted later), InvalidDocuments.
        """
        ...

    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """Delete the documents with these ids; ids that do not exist do not matter. Raises Unavailable, Invalid."""
        ...

    async def time(self) -> datetime:
        """The clock of the store's machine, aware, UTC: a second opinion on what time it is."""
        ...

    async def close(self) -> None:
        """Give back connections and threads. Raises nothing."""
        ...

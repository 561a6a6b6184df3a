"""What a store of documents has to offer. A document is JSON: times are kept as whole milliseconds since 1970."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

# `_id` is a string; `rev` is 0 for a document that was never saved and grows by one with each save.
Document = dict[str, Any]
Scalar = str | int | float | bool


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


class Documents(Protocol):
    """Seven calls. All raise Unavailable when the store does not answer."""

    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """Make the collection and its indexes if they are not there."""
        ...

    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """The documents with these ids that exist."""
        ...

    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """Save each document if its revision is still the one it was loaded with; returns the ids that lost.

        `rev` 0 inserts, any other replaces. The stored revision is one higher. A document deleted meanwhile stays deleted.
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
        """Documents that match, by (`order`, `_id`); `after` is the pair of the last document already seen."""
        ...

    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        """Count documents and sum numeric fields per group; a missing field counts as 0. No document: no row."""
        ...

    async def insert_unique(self, collection: str, document: Document) -> bool:
        """Insert; False if the id is taken."""
        ...

    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """Delete the documents with these ids; ids that do not exist do not matter."""
        ...

    async def time(self) -> datetime:
        """The clock of the store's machine, aware, UTC: a second opinion on what time it is."""
        ...

    async def close(self) -> None:
        """Give back connections and threads."""
        ...

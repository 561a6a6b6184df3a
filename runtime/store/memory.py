"""The document port in memory: what tests and the simulation run on. It passes the suite of the real adapters."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol, TypeVar

import orjson

from runtime.errors import Unavailable
from runtime.machine import SystemClock
from runtime.store.encoding import encoded_all
from runtime.store.port import Document, GroupRow, In, Index, Range, Scalar, Where, sort_key

HERE = SystemClock()
Result = TypeVar("Result")


class Hook(Protocol):
    """Stands between a service and its store: decides whether, when and how often `apply` is called, and what is answered.

    `operation`: the name of the port's call. It may wait before or after, raise an error of the port instead, or keep `apply`
    and call it later: `apply` holds the documents as they were when the call was made, and reads what is there when it runs.
    """

    async def __call__(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        """What the service gets for an answer."""
        ...


async def answer_at_once(operation: str, collection: str, apply: Callable[[], Result]) -> Result:
    """The hook of a store without faults."""
    return apply()


@dataclass(frozen=True, slots=True)
class Frozen:
    """A document to be saved, as it was when it was given: JSON bytes that carry the revision after `rev`."""

    id: str
    rev: int
    text: bytes


@dataclass(frozen=True, slots=True)
class _Stored:
    rev: int
    text: bytes  # parsed anew for each reader, so that nobody holds the store's own
    parsed: Document  # for the store's own eyes


def freeze(documents: Sequence[Document]) -> list[Frozen]:
    """Documents that no later change by their owner reaches. Raises InvalidDocuments."""
    texts = encoded_all(documents)
    return [Frozen(document["_id"], document["rev"], text) for document, text in zip(documents, texts, strict=True)]


class MemoryTables:
    """What a database holds. It outlives the processes: several `MemoryDocuments` may stand on one. Plain calls, no waiting."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, _Stored]] = {}
        self._many: dict[str, set[str]] = {}

    def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """See the port."""
        self._tables.setdefault(collection, {})
        self._many.setdefault(collection, set()).update(index.field for index in indexes if index.many)

    def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """See the port."""
        table = self._table(collection)
        return {name: orjson.loads(table[name].text) for name in ids if name in table}

    def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """See the port."""
        return self.write(collection, freeze(documents))

    def write(self, collection: str, documents: Iterable[Frozen]) -> set[str]:
        """Save what was frozen before; returns the ids that lost. Raises Unavailable if the collection is not declared."""
        table = self._table(collection)
        lost = set()
        for document in documents:
            stored = table.get(document.id)
            if document.rev != (0 if stored is None else stored.rev):
                lost.add(document.id)
                continue
            table[document.id] = _Stored(document.rev + 1, document.text, orjson.loads(document.text))
        return lost

    def find(
        self,
        collection: str,
        where: Where,
        *,
        order: str = "_id",
        limit: int = 500,
        after: tuple[Scalar, str] | None = None,
    ) -> list[Document]:
        """See the port."""
        found = [((*sort_key(_value(s.parsed, order)), s.parsed["_id"]), s.text) for s in self._matching(collection, where)]
        if after is not None:
            behind = (*sort_key(after[0]), after[1])
            found = [pair for pair in found if pair[0] > behind]
        found.sort(key=itemgetter(0))
        return [orjson.loads(text) for _, text in found[:limit]]

    def count_by(self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()) -> list[GroupRow]:
        """See the port."""
        counts: dict[tuple[Any, ...], list[int]] = {}
        for stored in self._matching(collection, where):
            key = tuple(_value(stored.parsed, field) for field in group)
            totals = counts.setdefault(key, [0] * (1 + len(sums)))
            totals[0] += 1
            for number, field in enumerate(sums, start=1):
                value = _value(stored.parsed, field)
                totals[number] += value if isinstance(value, int) else 0
        rows = [GroupRow(key, totals[0], tuple(totals[1:])) for key, totals in counts.items()]
        return sorted(rows, key=lambda row: [sort_key(value) for value in row.group])

    def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """See the port."""
        table = self._table(collection)
        for name in ids:
            table.pop(name, None)

    def _table(self, collection: str) -> dict[str, _Stored]:
        if collection not in self._tables:
            raise Unavailable(f"memory: no collection {collection}")
        return self._tables[collection]

    def _matching(self, collection: str, where: Where) -> Iterator[_Stored]:
        many = self._many.get(collection, set())
        tests = [(field, _tester(test), field in many) for field, test in where.items()]
        for stored in self._table(collection).values():
            for field, holds, in_list in tests:
                value = _value(stored.parsed, field)
                if not (any(map(holds, value or ())) if in_list else holds(value)):
                    break
            else:
                yield stored


class MemoryDocuments:
    """One process's connection to the tables, with a hook that can fail as a network and a server do."""

    def __init__(self, tables: MemoryTables, hook: Hook = answer_at_once, now: Callable[[], datetime] = HERE.now) -> None:
        """`now`: the clock of the machine the tables are on."""
        self._tables, self._hook, self._now = tables, hook, now

    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """See the port."""
        await self._hook("declare", collection, lambda: self._tables.declare(collection, indexes))

    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """See the port."""
        wanted = list(ids)
        return await self._hook("get_many", collection, lambda: self._tables.get_many(collection, wanted))

    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """See the port."""
        frozen = freeze(documents)
        return await self._hook("save_many", collection, lambda: self._tables.write(collection, frozen))

    async def find(
        self,
        collection: str,
        where: Where,
        *,
        order: str = "_id",
        limit: int = 500,
        after: tuple[Scalar, str] | None = None,
    ) -> list[Document]:
        """See the port."""
        return await self._hook(
            "find", collection, lambda: self._tables.find(collection, where, order=order, limit=limit, after=after)
        )

    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        """See the port."""
        return await self._hook(
            "count_by", collection, lambda: self._tables.count_by(collection, where, group=group, sums=sums)
        )

    async def insert_unique(self, collection: str, document: Document) -> bool:
        """See the port."""
        frozen = freeze([{**document, "rev": 0}])
        return await self._hook("insert_unique", collection, lambda: not self._tables.write(collection, frozen))

    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """See the port."""
        wanted = list(ids)
        await self._hook("delete_many", collection, lambda: self._tables.delete_many(collection, wanted))

    async def time(self) -> datetime:
        """See the port."""
        return await self._hook("time", "", self._now)

    async def close(self) -> None:
        """Nothing to give back: the tables stay."""


def _value(document: Document, field: str) -> Any:  # noqa: ANN401 - whatever the document holds there
    if "." not in field:
        return document.get(field)
    value: Any = document
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _tester(test: Scalar | Range | In) -> Callable[[Any], bool]:
    """Whether a value passes; nothing passes no test."""
    if isinstance(test, In):
        wanted = frozenset(test.values)
        return lambda value: isinstance(value, Scalar) and value in wanted
    if isinstance(test, Range):
        low, high = test.low, test.high
        kind = sort_key(low if high is None else high)[0]
        if kind == 0:  # both ends are open
            return lambda value: value is not None
        return lambda value: sort_key(value)[0] == kind and (low is None or value >= low) and (high is None or value <= high)
    return lambda value: bool(value == test)

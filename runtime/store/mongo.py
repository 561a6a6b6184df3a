"""The document port on MongoDB, by motor: w=majority, journaled, reads from the primary. The only file that knows it."""

import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import IndexModel, InsertOne, ReplaceOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    PyMongoError,
    WTimeoutError,
)

from runtime.errors import Unavailable
from runtime.store.port import Document, GroupRow, In, Index, Range, Scalar, Where

DUPLICATE = 11000
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _or_unavailable(
    call: Callable[Arguments, Coroutine[Any, Any, Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Failures of the connection ask for another try; failures of the request stay what they are."""

    @wraps(call)
    async def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await call(*args, **kwargs)
        except (AutoReconnect, ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
            raise Unavailable(f"mongodb: {type(error).__name__}") from error
        except PyMongoError as error:
            if error.timeout or error.has_error_label("RetryableWriteError"):
                raise Unavailable(f"mongodb: {type(error).__name__}") from error
            raise

    return guarded


def _patience(url: str) -> dict[str, Any]:
    """How long to wait for a server, unless the URL says it."""
    given = {name.lower() for name in parse_qs(urlsplit(url).query)}
    usual = {"serverSelectionTimeoutMS": 5000, "timeoutMS": 30_000}
    return {name: value for name, value in usual.items() if name.lower() not in given}


class MongoDocuments:
    """One collection per collection; each save leaves a token, so that a lost race can tell who won it."""

    def __init__(self, url: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            uuidRepresentation="standard",
            w="majority",
            journal=True,
            **_patience(url),
        )
        self._db = self._client.get_default_database("dunghen")

    def _collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        return self._db[name]

    @_or_unavailable
    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        models = [IndexModel([(index.field, 1), ("_id", 1)]) for index in indexes]
        if models:
            await self._collection(collection).create_indexes(models)

    @_or_unavailable
    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        found = await self._collection(collection).find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: document for document in found}

    @_or_unavailable
    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        if not documents:
            return set()
        token = secrets.token_hex(6)
        writes: list[InsertOne[Document] | ReplaceOne[Document]] = []
        replaced = 0
        for document in documents:
            rev = document["rev"]
            after = {**document, "rev": rev + 1, "by": token}
            if rev == 0:
                writes.append(InsertOne(after))
            else:
                writes.append(ReplaceOne({"_id": document["_id"], "rev": rev}, after))
                replaced += 1
        lost: set[str] = set()
        try:
            matched = (await self._collection(collection).bulk_write(writes, ordered=False)).matched_count
        except BulkWriteError as error:
            lost = _taken(error)
            matched = error.details["nMatched"]
        if matched < replaced:
            lost |= await self._losers(collection, [d for d in documents if d["rev"] > 0], token)
        return lost

    async def _losers(self, collection: str, documents: Sequence[Document], token: str) -> set[str]:
        """Which replacements did not happen: their document carries no token of this save."""
        ids = [document["_id"] for document in documents]
        mine = self._collection(collection).find({"_id": {"$in": ids}, "by": token}, {"_id": 1})
        return set(ids) - {document["_id"] for document in await mine.to_list(None)}

    @_or_unavailable
    async def find(
        self,
        collection: str,
        where: Where,
        *,
        order: str = "_id",
        limit: int = 500,
        after: tuple[Scalar, str] | None = None,
    ) -> list[Document]:
        query = _query(where)
        if after is not None:
            value, last = after
            query = {"$and": [query, {"$or": [{order: {"$gt": value}}, {order: value, "_id": {"$gt": last}}]}]}
        by = [(order, 1)] if order == "_id" else [(order, 1), ("_id", 1)]
        return await self._collection(collection).find(query).sort(by).limit(limit).to_list(None)

    @_or_unavailable
    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        totals = {f"s{number}": {"$sum": f"${field}"} for number, field in enumerate(sums)}
        keys = {f"g{number}": f"${field}" for number, field in enumerate(group)}
        stages: list[Mapping[str, Any]] = [
            {"$match": _query(where)},
            {"$group": {"_id": keys or None, "n": {"$sum": 1}, **totals}},
        ]
        rows = await self._collection(collection).aggregate(stages).to_list(None)
        result = [
            GroupRow(
                group=tuple(row["_id"].get(key) for key in keys) if keys else (),
                count=int(row["n"]),
                sums=tuple(int(row[f"s{number}"]) for number in range(len(sums))),
            )
            for row in rows
        ]
        return sorted(result, key=lambda row: [str(value) for value in row.group])

    @_or_unavailable
    async def insert_unique(self, collection: str, document: Document) -> bool:
        try:
            await self._collection(collection).insert_one({**document, "rev": 1})
        except DuplicateKeyError:
            return False
        return True

    @_or_unavailable
    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        await self._collection(collection).delete_many({"_id": {"$in": list(ids)}})

    @_or_unavailable
    async def time(self) -> datetime:
        answer: datetime = (await self._client.admin.command("hello"))["localTime"]
        return answer

    async def close(self) -> None:
        self._client.close()


def _taken(error: BulkWriteError) -> set[str]:
    """Ids whose insert met an existing document. Raises the error again if anything else went wrong."""
    failures = error.details["writeErrors"]
    if any(failure["code"] != DUPLICATE for failure in failures) or error.details.get("writeConcernErrors"):
        raise error
    return {str(failure["op"]["_id"]) for failure in failures}


def _query(where: Where) -> dict[str, Any]:
    return {field: _test(test) for field, test in where.items()}


def _test(test: Scalar | Range | In) -> Any:  # noqa: ANN401 - a query document
    if isinstance(test, In):
        return {"$in": list(test.values)}
    if isinstance(test, Range):
        ends = {"$gte": test.low, "$lte": test.high}
        return {sign: value for sign, value in ends.items() if value is not None} or {"$exists": True, "$ne": None}
    return test


async def drop_database(url: str) -> None:
    """Delete the database a URL names, with all it holds: for runs that made it for themselves."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(url)
    try:
        await client.drop_database(client.get_default_database().name)
    finally:
        client.close()

"""The document port on MongoDB, by motor: w=majority, journaled, majority reads from the primary. Nobody else knows it."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit

import bson
from bson.errors import BSONError, InvalidDocument, InvalidStringData
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import IndexModel, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError, WriteError

from runtime.errors import Invalid, InvalidDocuments, Unavailable
from runtime.store.port import MAX_DOCUMENT_BYTES, Document, GroupRow, In, Index, Range, Scalar, Where, sort_key

DUPLICATE = 11000
# What a server says of one document, when it says it as the write error of that document. Said of a whole command, the same
# numbers mean something else (FerretDB answers 2 to half of everything), and the command is tried again.
REFUSED = {
    2: "bad value",
    14: "type mismatch",
    52: "field name begins with $",
    53: "bad _id",
    54: "bad _id",
    55: "bad reference",
    56: "empty field name",
    57: "field name with a dot",
    10334: "too large",
    17280: "key too large to index",
    17419: "too large",
    17420: "too large",
}
# MongoDB refuses a command over the nesting of one of its documents, without saying which: 15 Overflow, 22 InvalidBSON.
MALFORMED, MAX_DEPTH = frozenset({15, 22}), 100
UNWRITABLE = (InvalidDocument, InvalidStringData, OverflowError, UnicodeError, RecursionError)
SAVED_AT_ONCE = 10_000  # writes of one command; the servers' limits are 25,000 (FerretDB) and 100,000

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def reacting(
    call: Callable[Arguments, Coroutine[Any, Any, Result]],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Turn what driver and server say into the errors of the port."""

    @wraps(call)
    async def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await call(*args, **kwargs)
        except UNWRITABLE as error:  # writes have encoded their documents before: this is a question
            raise Invalid(f"mongodb: a value that is asked for cannot be written ({type(error).__name__})") from None
        except OperationFailure as error:  # its text repeats documents
            raise Unavailable(f"mongodb: {type(error).__name__} {error.code}") from None
        except (PyMongoError, BSONError) as error:
            raise Unavailable(f"mongodb: {type(error).__name__}") from error

    return guarded


def _patience(url: str) -> dict[str, Any]:
    """How long to wait for a server, unless the URL says it."""
    given = {name.lower() for name in parse_qs(urlsplit(url).query)}
    usual = {"serverSelectionTimeoutMS": 5000, "timeoutMS": 30_000}
    return {name: value for name, value in usual.items() if name.lower() not in given}


class MongoDocuments:
    """One collection per collection; each save leaves a token, so that a lost race can tell who won it."""

    def __init__(self, url: str, new_id: Callable[[], str]) -> None:
        """`new_id`: a token for each save, never the same twice. Raises ValueError for a malformed URL."""
        self._new_id = new_id
        try:
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                url,
                tz_aware=True,
                uuidRepresentation="standard",
                w="majority",
                journal=True,
                readConcernLevel="majority",  # what a failover can roll back decides nothing
                **_patience(url),
            )
            self._db = self._client.get_default_database("dunghen")
        except (PyMongoError, ValueError):  # its text may repeat what stands in the URL
            raise ValueError("STORE_URL is no address that MongoDB's driver takes") from None

    def _collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        return self._db[name]

    @reacting
    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """See the port."""
        models = [IndexModel([(index.field, 1), ("_id", 1)]) for index in indexes]
        if models:
            await self._collection(collection).create_indexes(models)

    @reacting
    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """See the port."""
        found = await self._collection(collection).find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: document for document in found}

    @reacting
    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """See the port. Refused documents are found before anything is sent, as far as this side can tell."""
        token = self._new_id()
        # What is inserted carries none: its duplicate tells. Answers to a survey must not show which were saved together.
        after = [
            {**document, "rev": document["rev"] + 1, "by": token} if document["rev"] else {**document, "rev": 1}
            for document in documents
        ]
        encoded = self._encoded(after)
        lost: set[str] = set()
        for start in range(0, len(documents), SAVED_AT_ONCE):
            part = slice(start, start + SAVED_AT_ONCE)
            lost |= await self._save(collection, documents[part], encoded[part], token)
        return lost

    async def _save(
        self, collection: str, documents: Sequence[Document], encoded: Sequence[RawBSONDocument], token: str
    ) -> set[str]:
        writes: list[InsertOne[Any] | ReplaceOne[Any]] = [
            ReplaceOne({"_id": document["_id"], "rev": document["rev"]}, after) if document["rev"] else InsertOne(after)
            for document, after in zip(documents, encoded, strict=True)
        ]
        replaced = [document["_id"] for document in documents if document["rev"]]
        lost: set[str] = set()
        try:
            matched = (await self._collection(collection).bulk_write(writes, ordered=False)).matched_count
        except BulkWriteError as error:
            taken, refused = sort_out(error.details)
            if refused:
                why = ", ".join(sorted(set(refused.values())))
                raise InvalidDocuments((documents[index]["_id"] for index in refused), f"mongodb: {why}") from None
            lost = {documents[index]["_id"] for index in taken}
            matched = error.details["nMatched"]
        except OperationFailure as error:
            raise of_command(error, documents) from None
        if matched < len(replaced):
            lost |= await self._losers(collection, replaced, token)
        return lost

    async def _losers(self, collection: str, ids: Sequence[str], token: str) -> set[str]:
        """Which replacements did not happen: their document carries no token of this save."""
        mine = self._collection(collection).find({"_id": {"$in": ids}, "by": token}, {"_id": 1})
        return set(ids) - {document["_id"] for document in await mine.to_list(None)}

    def _encoded(self, documents: Sequence[Document]) -> list[RawBSONDocument]:
        """The documents as they go over the wire, encoded here: a refusal names its document. Raises InvalidDocuments."""
        encoded, refused = [], {}
        for document in documents:
            try:
                raw = bson.encode(document, codec_options=self._db.codec_options)
            except UNWRITABLE as error:
                refused[document["_id"]] = type(error).__name__
                continue
            if len(raw) > MAX_DOCUMENT_BYTES:
                refused[document["_id"]] = "too large"
            else:
                encoded.append(RawBSONDocument(raw, codec_options=_RAW))
        if refused:
            raise InvalidDocuments(refused, f"mongodb: {', '.join(sorted(set(refused.values())))}")
        return encoded

    @reacting
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
        query = _query(where)
        if after is not None:
            value, last = after
            # By ids alone the rest of an index is a stretch of it; with an "or" it would be read from its beginning each time.
            behind: Mapping[str, Any] = {"$or": [{order: {"$gt": value}}, {order: value, "_id": {"$gt": last}}]}
            query = {"$and": [query, {"_id": {"$gt": last}} if order == "_id" else behind]}
        by = [(order, 1)] if order == "_id" else [(order, 1), ("_id", 1)]
        return await self._collection(collection).find(query).sort(by).limit(limit).to_list(None)

    @reacting
    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        """See the port."""
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
        return sorted(result, key=lambda row: [sort_key(value) for value in row.group])

    @reacting
    async def insert_unique(self, collection: str, document: Document) -> bool:
        """See the port."""
        [encoded] = self._encoded([{**document, "rev": 1}])
        try:
            await self._collection(collection).insert_one(encoded)
        except DuplicateKeyError:
            return False
        except WriteError as error:
            if error.code in REFUSED:
                raise InvalidDocuments([document["_id"]], f"mongodb: {REFUSED[error.code]}") from None
            raise
        except OperationFailure as error:
            raise of_command(error, [document]) from None
        return True

    @reacting
    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """See the port."""
        await self._collection(collection).delete_many({"_id": {"$in": list(ids)}})

    @reacting
    async def time(self) -> datetime:
        """See the port."""
        answer: datetime = (await self._client.admin.command("hello"))["localTime"]
        return answer.replace(tzinfo=UTC)

    async def close(self) -> None:
        """See the port."""
        self._client.close()


_RAW: bson.CodecOptions[RawBSONDocument] = bson.CodecOptions(document_class=RawBSONDocument)


def sort_out(details: Mapping[str, Any]) -> tuple[set[int], dict[int, str]]:
    """Of a bulk write's answer: the indexes of inserts that met an existing document, and of refused ones with the reason.

    Raises Unavailable when anything else went wrong with any of them: then nothing is known of the others either.
    """
    taken, refused = set(), {}
    for failure in details["writeErrors"]:
        if failure["code"] == DUPLICATE:
            taken.add(failure["index"])
        elif failure["code"] in REFUSED:
            refused[failure["index"]] = REFUSED[failure["code"]]
        else:
            raise Unavailable(f"mongodb: write error {failure['code']}")
    if details.get("writeConcernErrors"):
        raise Unavailable(f"mongodb: write concern error {details['writeConcernErrors'][0].get('code')}")
    return taken, refused


def of_command(error: OperationFailure, documents: Iterable[Document]) -> Exception:
    """What a refused command says of the documents in it: as a rule nothing."""
    deep = [document["_id"] for document in documents if _deeper(document, MAX_DEPTH)] if error.code in MALFORMED else []
    return InvalidDocuments(deep, "mongodb: nested too deeply") if deep else error


def _deeper(value: object, levels: int) -> bool:
    """Whether lists and objects are nested in each other more than so many levels deep."""
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inner(outer)]
    return any(isinstance(item, dict | list | tuple) for item in level)


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


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

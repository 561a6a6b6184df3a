"""The document port on one SQLite file: WAL, synchronous=FULL, one thread."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from runtime.errors import Invalid, Unavailable
from runtime.store.encoding import encoded_all
from runtime.store.port import Document, GroupRow, In, Index, Range, Scalar, Where

Result = TypeVar("Result")


class SqliteDocuments:
    """One table per collection; list fields that are indexed have a side table of their items."""

    def __init__(self, path: Path) -> None:
        """`path`: the file; it and its folder are made by the first call."""
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"sqlite-{path.stem}")
        self._many: dict[str, tuple[str, ...]] = {}
        self._db: sqlite3.Connection | None = None

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._path, isolation_level=None)
        try:
            db.execute("pragma busy_timeout=10000")
            db.execute("pragma journal_mode=wal")
            db.execute("pragma synchronous=full")
        except BaseException:
            db.close()
            raise
        return db

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do this in one transaction. All that SQLite or the disk says is Unavailable: documents were looked at before."""

        def in_transaction() -> Result:
            self._db = self._db or self._connect()
            self._db.execute("begin immediate")
            try:
                result = work(self._db)
                self._db.execute("commit")
            finally:
                if self._db.in_transaction:  # a full disk may have ended it already, and a commit that failed has not
                    self._db.execute("rollback")
            return result

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, in_transaction)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"sqlite: {error}") from error
        except (OverflowError, UnicodeError) as error:
            raise Invalid(f"sqlite: a value that is asked for cannot be written ({type(error).__name__})") from None

    async def declare(self, collection: str, indexes: Sequence[Index] = ()) -> None:
        """See the port."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(f'create table if not exists "{collection}" (id text primary key, rev integer, doc text) without rowid')
            for index in indexes:
                if index.many:
                    side = _side(collection, index.field)
                    db.execute(f'create table if not exists "{side}" (item, id text, primary key (item, id)) without rowid')
                    db.execute(f'create index if not exists "{side}/id" on "{side}" (id)')
                else:
                    path = _path(index.field)
                    db.execute(f'create index if not exists "{collection}/{index.field}" on "{collection}" (({path}), id)')

        self._many[collection] = tuple(index.field for index in indexes if index.many)
        await self._run(work)

    async def get_many(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """See the port."""
        wanted = list(ids)

        def work(db: sqlite3.Connection) -> dict[str, Document]:
            # One by one: json_each ends a text at its first zero byte, and such an id would never be found again.
            rows = [db.execute(f'select doc from "{collection}" where id = ?', (name,)).fetchone() for name in wanted]  # noqa: S608
            return {name: orjson.loads(row[0]) for name, row in zip(wanted, rows, strict=True) if row is not None}

        return await self._run(work)

    async def save_many(self, collection: str, documents: Sequence[Document]) -> set[str]:
        """See the port."""
        texts = [text.decode() for text in encoded_all(documents)]

        def work(db: sqlite3.Connection) -> set[str]:
            lost = set()
            for document, text in zip(documents, texts, strict=True):
                rev = document["rev"]
                if rev == 0:
                    cursor = db.execute(f'insert or ignore into "{collection}" values (?, 1, ?)', (document["_id"], text))  # noqa: S608
                else:
                    cursor = db.execute(
                        f'update "{collection}" set rev = rev + 1, doc = ? where id = ? and rev = ?',  # noqa: S608
                        (text, document["_id"], rev),
                    )
                if cursor.rowcount == 0:
                    lost.add(document["_id"])
                else:
                    self._index_lists(db, collection, document)
            return lost

        return await self._run(work)

    def _index_lists(self, db: sqlite3.Connection, collection: str, document: Document) -> None:
        for field in self._many.get(collection, ()):
            side = _side(collection, field)
            db.execute(f'delete from "{side}" where id = ?', (document["_id"],))  # noqa: S608
            items = dict.fromkeys(document.get(field) or ())
            db.executemany(f'insert into "{side}" values (?, ?)', [(item, document["_id"]) for item in items])  # noqa: S608

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
        behind = after[1] if after is not None and order == "_id" else None
        condition, values = self._condition(collection, where, behind)
        by = "id" if order == "_id" else _path(order)
        if behind is not None:
            condition += " and id > ?"
            values.append(behind)
        elif after is not None:
            condition += f" and ({by}, id) > (?, ?)"
            values += after

        def work(db: sqlite3.Connection) -> list[Document]:
            sql = f'select doc from "{collection}" where {condition} order by {by}, id limit ?'  # noqa: S608
            return [orjson.loads(row[0]) for row in db.execute(sql, (*values, limit))]

        return await self._run(work)

    async def count_by(
        self, collection: str, where: Where, *, group: Sequence[str] = (), sums: Sequence[str] = ()
    ) -> list[GroupRow]:
        """See the port."""
        condition, values = self._condition(collection, where)
        keys = [_path(field) for field in group]
        totals = [f"coalesce(sum({_path(field)}), 0)" for field in sums]
        grouping = f"group by {', '.join(keys)} order by {', '.join(keys)}" if keys else "having count(*) > 0"

        def work(db: sqlite3.Connection) -> list[GroupRow]:
            columns = ", ".join([*keys, "count(*)", *totals])
            rows = db.execute(f'select {columns} from "{collection}" where {condition} {grouping}', values)  # noqa: S608
            width = len(keys)
            return [GroupRow(tuple(row[:width]), row[width], tuple(row[width + 1 :])) for row in rows]

        return await self._run(work)

    async def insert_unique(self, collection: str, document: Document) -> bool:
        """See the port."""
        return not await self.save_many(collection, [{**document, "rev": 0}])

    async def delete_many(self, collection: str, ids: Iterable[str]) -> None:
        """See the port."""
        wanted = [(name,) for name in ids]

        def work(db: sqlite3.Connection) -> None:
            for table in [collection, *(_side(collection, field) for field in self._many.get(collection, ()))]:
                db.executemany(f'delete from "{table}" where id = ?', wanted)  # noqa: S608

        await self._run(work)

    async def time(self) -> datetime:
        """See the port."""

        def work(db: sqlite3.Connection) -> float:
            found: float = db.execute("select (julianday('now') - 2440587.5) * 86400.0").fetchone()[0]
            return found

        return datetime.fromtimestamp(await self._run(work), UTC)

    async def close(self) -> None:
        """See the port."""

        def close() -> None:
            if self._db is not None:
                self._db.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown()

    def _condition(self, collection: str, where: Where, behind: str | None = None) -> tuple[str, list[Any]]:
        """`behind`: only documents behind this id; said of the items of lists too, a page does not look at those before."""
        parts, values = ["1"], []
        for field, test in where.items():
            if field in self._many.get(collection, ()):
                items = list(test.values) if isinstance(test, In) else [test]
                side = _side(collection, field)
                later, more = ("", []) if behind is None else (" and id > ?", [behind])
                parts.append(f'id in (select id from "{side}" where item in (select value from json_each(?)){later})')  # noqa: S608
                values += [json.dumps(items), *more]
            else:
                sql, more = _test("id" if field == "_id" else _path(field), test)
                parts.append(sql)
                values += more
        return " and ".join(parts), values


def _test(expression: str, test: Scalar | Range | In) -> tuple[str, list[Any]]:
    if isinstance(test, In):
        return f"{expression} in (select value from json_each(?))", [json.dumps(test.values)]  # noqa: S608
    if isinstance(test, Range):
        ends = [(sign, value) for sign, value in ((">=", test.low), ("<=", test.high)) if value is not None]
        tests = [f"{expression} {sign} ?" for sign, _ in ends] or [f"{expression} is not null"]
        return " and ".join(tests), [value for _, value in ends]
    return f"{expression} = ?", [test]


def _path(field: str) -> str:
    return f"json_extract(doc, '$.{field}')"


def _side(collection: str, field: str) -> str:
    return f"{collection}/{field}/items"

"""Loops that no message starts: dossiers whose due moment passed, and cells that have to be counted again and published."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from contracts import statement_id, to_wire
from contracts.facts import milliseconds
from runtime.clock import epoch_ms, from_epoch_ms
from runtime.documents import Document, In, Range
from runtime.intents import Intents
from runtime.kafka import Wire
from runtime.outputs import Decision
from runtime.parts import Parts
from services.reporting.domain import DEFINITION, CellKey
from services.reporting.handlers import recount
from services.reporting.store import CELLS, ROWS

PAGE = 500
TOPIC = "metrics.v1"


class Cells:
    """Counts dirty cells again from the rows, never by adding to what stands there, and publishes them."""

    def __init__(self, parts: Parts, intents: Intents, then: Callable[[], Awaitable[None]]) -> None:
        """`then` is awaited when figures changed, and once after the start: a process may have died before it."""
        self._parts, self._intents, self._then = parts, intents, then
        self._changed = True

    async def flip(self) -> None:
        """Count dossiers again whose due moment has passed since they were counted."""
        now = epoch_ms(self._parts.clock.now())
        while due := await self._parts.store.find(ROWS, {"flip_at": Range(high=now)}, order="flip_at", limit=PAGE):
            await self._intents.change([row["_id"] for row in due], lambda row: Decision(recount(row, now)))

    async def flush(self) -> None:
        """Count and publish all touched cells, then clear the marks on the rows that touched them."""
        await self.flip()
        while rows := await self._parts.store.find(ROWS, {"dirty": 1}, limit=PAGE):
            keys = sorted({key for row in rows for key in row["touched"]})
            await self._publish(await self.count(keys))
            await self._clear(rows)
            self._changed = True
        if self._changed:
            await self._then()
            self._changed = False
        self._parts.telemetry.set("flushed_seconds", self._parts.clock.now().timestamp())

    async def measure(self) -> None:
        """Set the gauge of rows that are not in the published figures yet."""
        left = await self._parts.store.count_by(ROWS, {"dirty": 1})
        self._parts.telemetry.set("dirty_rows", left[0].count if left else 0)

    async def count(self, keys: Sequence[str]) -> list[Document]:
        """Count cells from the rows and save them; returns them as saved."""
        store, saved, waiting = self._parts.store, {}, set(keys)
        while waiting:
            known = await store.get_many(CELLS, waiting)  # read before counting: a row counted meanwhile moves the revision
            sums, as_of = await self._sums(waiting)
            now = milliseconds(self._parts.clock.now())
            cells = [_cell(key, known.get(key), sums.get(key, Counter()), as_of.get(key, 0), now) for key in sorted(waiting)]
            lost = await store.save_many(CELLS, cells)
            saved.update({cell["_id"]: cell for cell in cells if cell["_id"] not in lost})
            waiting = lost
        return [saved[key] for key in sorted(saved)]

    async def _sums(self, keys: Iterable[str]) -> tuple[dict[str, Counter[str]], dict[str, int]]:
        wanted = set(keys)
        sums: dict[str, Counter[str]] = {}
        as_of: dict[str, int] = {}
        after: tuple[str, str] | None = None
        while rows := await self._parts.store.find(ROWS, {"cells": In(tuple(wanted))}, limit=2000, after=after):
            after = (rows[-1]["_id"], rows[-1]["_id"])
            for row in rows:
                for key in wanted.intersection(row["adds"]):
                    sums.setdefault(key, Counter()).update(row["adds"][key])
                    as_of[key] = max(as_of.get(key, 0), row["as_of"])
        return sums, as_of

    async def _publish(self, cells: Sequence[Document]) -> None:
        """Publish until what was published is what stands: the topic is compacted, the last record must be the newest."""
        waiting = list(cells)
        while waiting:
            await self._parts.publisher.publish(Wire(TOPIC, cell["_id"], encode_cell(cell)) for cell in waiting)
            self._parts.crash.passed("after-publish")
            standing = await self._parts.store.get_many(CELLS, [cell["_id"] for cell in waiting])
            published = {cell["_id"]: cell["revision"] for cell in waiting}
            waiting = [cell for key, cell in standing.items() if cell["revision"] != published[key]]

    async def _clear(self, rows: Sequence[Document]) -> None:
        """Clear the marks of rows that did not change meanwhile; a row that did stays dirty and is counted again."""
        clean = []
        for row in rows:
            after = {key: value for key, value in row.items() if key not in ("touched", "dirty")}
            clean.append(after)
        await self._parts.store.save_many(ROWS, clean)


def _cell(key: str, known: Mapping[str, Any] | None, sums: Counter[str], as_of: int, now: int) -> Document:
    parsed = CellKey.parse(key)
    return {
        "_id": key,
        "rev": known["rev"] if known else 0,
        "role": parsed.role,
        "unit": parsed.unit,
        "procedure": parsed.procedure,
        "day": parsed.day.isoformat(),
        "counters": {name: value for name, value in sorted(sums.items()) if value},
        "as_of": max(as_of, known["as_of"] if known else 0),
        "revision": max(known["revision"] + 1 if known else 1, now),
    }


def encode_cell(cell: Mapping[str, Any]) -> bytes:
    """A cell as a record of metrics.v1."""
    as_of = from_epoch_ms(cell["as_of"]).isoformat()
    data = {name: cell[name] for name in ("role", "unit", "procedure", "day", "counters", "revision")}
    body = {
        "type": "vn.dunghen.metrics.cell.v1",
        "time": as_of,
        "data": {"at": as_of, **data, "definition": DEFINITION},
    }
    return to_wire("/reporting", cell["_id"], statement_id("reporting", cell["_id"], "cell", cell["revision"]), body)

"""Timers are fields in documents, swept by the owner of the document's partition, up to the partition's watermark.

So nothing fires before a fact that is already in the log has been handled, and no timer is lost with a process. A machine
whose clock runs ahead of the store's fires nothing before the store's clock has come there.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from runtime.clock import epoch_ms
from runtime.errors import Invalid
from runtime.intents import Intents
from runtime.loop import Loop
from runtime.outputs import Decision, EventT
from runtime.parts import Parts
from runtime.places import partition_of, watermarks
from runtime.store import Document, Range

MARGIN = timedelta(minutes=1)  # below the watermark, for clocks that differ a little
PAGE = 500  # documents that are saved together
AT_ONCE = 3  # pages on their way at one time: while one waits for the store or for Kafka, another is decided

Fire = Callable[[Document, datetime, datetime], Decision]
Limits = Mapping[int, datetime]  # partition number -> the moment up to which its timers may fire


class Timers:
    """Fires what is due. `fire` gets the document, the moment up to which the log is known, and the moment it is now."""

    def __init__(
        self, parts: Parts, loop: Loop[EventT], intents: Intents, field: str, fire: Fire, collection: str = ""
    ) -> None:
        """`collection`: of the documents and the intents, where it is not the loop's."""
        self.parts, self._loop, self._intents, self._field, self._fire = parts, loop, intents, field, fire
        self._collection = collection or loop.rules.collection
        self._swept: datetime | None = None

    async def sweep(self) -> None:
        """One pass over everything due in the partitions of this instance's lease. Raises Unavailable."""
        now, wall = self.parts.clock.now(), self.parts.machine.wall()  # together: either may be set anew while we wait
        if now == self._swept or self._loop.resting:
            return  # a stepped clock: the same reading is swept once, whatever arrives while it stands
        handled, ends = await self._loop.places()
        limits = {number: mark - MARGIN for number, mark in watermarks(now, handled, ends).items() if mark is not None}
        if limits:
            await self._fire_due(limits, now, wall)
        due = await self.parts.store.count_by(self._collection, {self._field: Range(high=epoch_ms(now - MARGIN))})
        self.parts.telemetry.set("jobs_due", due[0].count if due else 0)
        if limits and all(limit == now - MARGIN for limit in limits.values()) and not due:
            self._swept = now
            self.parts.telemetry.set("swept_seconds", now.timestamp())

    async def _fire_due(self, limits: Limits, now: datetime, wall: datetime) -> None:
        high, after, partitions = epoch_ms(max(limits.values())), None, self._loop.partitions
        ahead: timedelta | None = None
        while partitions:
            where = {self._field: Range(high=high)}
            found = await self.parts.store.find(self._collection, where, order=self._field, limit=PAGE * AT_ONCE, after=after)
            if not found:
                return
            if ahead is None:  # asked only when there is something to fire
                ahead = await self._ahead(wall)
                now, limits = now - ahead, {number: min(limit, now - ahead - MARGIN) for number, limit in limits.items()}
            after = (found[-1][self._field], found[-1]["_id"])
            until = {d["_id"]: limits.get(partition_of(d["_id"], partitions)) for d in found}
            mine = [d for d in found if _is_due(d[self._field], until[d["_id"]])]
            pages = [mine[start : start + PAGE] for start in range(0, len(mine), PAGE)]
            results = await asyncio.gather(*(self._fire_page(page, until, now) for page in pages), return_exceptions=True)
            for error in (result for result in results if isinstance(result, BaseException)):
                raise error

    async def _ahead(self, wall: datetime) -> timedelta:
        """How far this machine's clock was ahead of the store's when it stood at `wall`; what asking takes makes it less."""
        ahead = wall - await self.parts.store.time()
        self.parts.telemetry.set("clock_ahead_seconds", ahead.total_seconds())
        return max(timedelta(), ahead)

    async def _fire_page(self, page: list[Document], until: Mapping[str, datetime | None], now: datetime) -> None:
        documents = {document["_id"]: document for document in page}

        def decide(document: Document) -> Decision:
            limit = until[document["_id"]]
            if limit is None:
                return Decision(document)
            try:
                return self._fire(document, limit, now - MARGIN)
            except Exception:  # noqa: BLE001 - one document must not hold up all others
                self._cannot_fire(document["_id"])
                return Decision(document)

        try:
            # Behind what was said before, or the later word alone may outlive a store that is lost.
            await self._intents.apply(documents, decide, documents, sure_only=True)
        except Invalid:
            if len(page) == 1:
                self._cannot_fire(page[0]["_id"])
                return
            for document in page:  # found out one by one which of them cannot be saved or said
                await self._fire_page([document], until, now)

    def _cannot_fire(self, document: str) -> None:
        """It stays due, and `jobs_due` rings: a person has to look at that one document."""
        self.parts.telemetry.count("job_failures", job="timers")
        self.parts.log.exception("a timer cannot be fired", document=document)


def _is_due(due: int, limit: datetime | None) -> bool:
    return limit is not None and due <= epoch_ms(limit)

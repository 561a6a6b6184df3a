"""Requests that arrive while others are being saved are saved together in the next save (docs/decisions/0023-group-commit.md).

What a save costs is mostly the same for one item as for many, so that senders who come one by one share it. Nobody waits for
others to come: who finds a save free goes as soon as what stands in the sockets is read, which takes no time where nothing is,
and whoever arrives meanwhile goes next, in the order of arrival.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

from runtime.errors import Unavailable
from services.stored import NewerDocumentError

MOST_SAVES = 2  # at a time: while one waits for the store, the other is decided
MOST_TOGETHER = 64  # requests of one save: decided in one go, some milliseconds in which nobody else gets a turn
QUIET_TURNS = 3  # of the loop, in which nobody came: then nobody is at the door
MOST_WAITING = 1000  # requests: beyond these a sender is told at once to come again

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Group = Mapping[asyncio.Future[Answer], Asked]  # in the order of arrival
Save = Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]  # an answer for each, in their order


class Gathering(Generic[Asked, Answer]):
    """Gives what is asked to `save`, all that waits at a time, and each its own answer.

    `about`: what a request is about. Two about the same are decided in the order in which they came: in one save, or one save
    after the other.
    """

    def __init__(self, save: Save[Asked, Answer], about: Callable[[Asked], str]) -> None:
        self._save, self._about = save, about
        self._waiting: dict[asyncio.Future[Answer], Asked] = {}  # in the order of arrival
        self._under_way: set[str] = set()  # what is being saved is about
        self._workers: set[asyncio.Task[None] | None] = set()
        self._closed = False

    async def ask(self, asked: Asked) -> Answer:
        """The answer to what is asked, once it was saved.

        Raises Unavailable (the save failed, too many wait, or the service stops: it is safe to ask again), and what `save`
        raises for this one alone. Whoever is cancelled while waiting is forgotten; a save under way goes on.
        """
        if self._closed or len(self._waiting) >= MOST_WAITING:
            raise Unavailable("the service stops" if self._closed else "too many requests wait to be saved")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = asked
        if len(self._workers) < MOST_SAVES:
            self._workers.add(asyncio.create_task(self._work()))
        try:
            return await answer
        finally:
            self._waiting.pop(answer, None)

    async def drain(self) -> None:
        """Take nothing more, and wait until what waits was saved. If that is cancelled, what waits is refused."""
        self._closed = True
        try:
            while self._workers:
                await asyncio.wait([worker for worker in self._workers if worker is not None])
        finally:
            for answer in self._waiting:
                _refuse(answer, Unavailable("the service stops"))
            self._waiting.clear()

    async def _work(self) -> None:
        """Save what waits until nothing does. What is about the same as a save under way is left to the worker of that one."""
        try:
            while group := await self._gathered():
                about = {self._about(asked) for asked in group.values()}
                self._under_way |= about
                try:
                    await self._answer(group)
                finally:
                    self._under_way -= about
        finally:  # not by a callback: that comes a turn later, and who asks in between would find nobody to work
            self._workers.discard(asyncio.current_task())

    async def _gathered(self) -> Group[Answer, Asked]:
        """What goes into the next save, once those are read who knock at this moment: senders that were answered together come
        again together, and a save that took the first of them alone would leave all others to the next one."""
        quiet = 0
        while quiet < QUIET_TURNS and len(self._waiting) < MOST_TOGETHER:
            waited = len(self._waiting)
            await asyncio.sleep(0)
            quiet = 0 if len(self._waiting) > waited else quiet + 1
        return self._next()

    def _next(self) -> Group[Answer, Asked]:
        free = ((answer, asked) for answer, asked in self._waiting.items() if self._about(asked) not in self._under_way)
        group = dict(islice(free, MOST_TOGETHER))
        for answer in group:
            del self._waiting[answer]
        return group

    async def _answer(self, group: Group[Answer, Asked]) -> None:
        try:
            answers = await self._save([*group.values()])
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked gets it
            if len(group) > 1 and _may_be_of_one(error):
                for answer, asked in group.items():
                    await self._answer({answer: asked})
                return
            for answer in group:
                _refuse(answer, Unavailable(str(error)) if isinstance(error, Unavailable) else error)
        else:
            for answer, own in zip(group, answers, strict=True):
                if not answer.done():
                    answer.set_result(own)


def _may_be_of_one(error: Exception) -> bool:
    """Whether others of the group may go through without the one that it is about. A store that is away is away for all."""
    return not isinstance(error, Unavailable) or isinstance(error, NewerDocumentError)


def _refuse(answer: "asyncio.Future[Answer]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)

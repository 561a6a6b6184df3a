"""Virtual time for asyncio, and processes that can be stopped and killed at any await.

The loop has no selector: when nothing is ready it moves its clock to the next timer. Everything a process does runs in a
context that names the process, so that the loop itself holds back what a stopped process would do next, and forgets what a
dead one would: no `finally` of it runs while the world lasts, as none runs after SIGKILL.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

Result = TypeVar("Result")
PROCESS: ContextVar["Process | None"] = ContextVar("process", default=None)
STEPS_AT_MOST = 3_000_000  # of one world: more means that something spins


class StuckError(Exception):
    """The world does not end: nothing will ever happen again, or something spins."""


class Process:
    """One process of the world. `name` is the instance's, the same after a restart; `life` counts its starts."""

    __slots__ = ("_kept", "alive", "context", "life", "name", "stopped")

    def __init__(self, name: str, life: int) -> None:
        self.name, self.life = name, life
        self.alive, self.stopped = True, False
        self._kept: deque[asyncio.Handle] = deque()
        self.context = copy_context()
        self.context.run(PROCESS.set, self)

    @property
    def runs(self) -> bool:
        """Whether what it does next may be done now."""
        return self.alive and not self.stopped

    def keep(self, handle: asyncio.Handle) -> None:
        """Something it would have done; done when it goes on, never if it is dead."""
        if self.alive:
            self._kept.append(handle)

    def stop(self) -> None:
        """SIGSTOP."""
        self.stopped = True

    def go_on(self, loop: "VirtualLoop") -> None:
        """SIGCONT."""
        self.stopped = False
        loop.take_up(self._kept)
        self._kept = deque()

    def kill(self) -> None:
        """SIGKILL."""
        self.alive = False
        self._kept = deque()


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose seconds pass only when nothing is left to do."""

    _ready: deque[Any]  # asyncio's own, which typeshed does not declare
    _scheduled: list[Any]
    _stopping: bool
    _asyncgens: Any

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._steps = 0
        self._outside = Context()
        self._made: list[asyncio.Task[Any]] = []  # or a dead process's tasks would be collected, and their `finally` run
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        """Virtual seconds since the world began."""
        return self._seconds

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        """Do something that belongs to no process: it happens whoever is stopped or dead by then."""
        self.call_later(seconds, work, context=self._outside)

    def spawn(self, process: Process | None, work: Coroutine[Any, Any, Result], name: str = "") -> asyncio.Task[Result]:
        """A task of a process, or of nobody."""
        return self.create_task(work, name=name, context=process.context if process is not None else self._outside)

    def _make_task(self, _: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=self, context=context)
        self._made.append(task)
        return task

    def take_up(self, handles: deque[asyncio.Handle]) -> None:
        """What a stopped process left behind is to be done now."""
        self._ready.extend(handles)

    def finish(self) -> None:
        """End the world: what is still to be done is never done, and nobody is told."""
        self.set_exception_handler(lambda _loop, _context: None)
        for task in self._made:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with suppress(BaseException):
                    task.get_coro().close()
        self._ready.clear()
        self._scheduled.clear()
        self.close()

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """A generator that a dead process has left is not closed: no `finally` of it runs."""
        self._asyncgens.discard(agen)

    def _run_once(self) -> None:
        """asyncio's own step, without a selector and with a gate for each process."""
        ready, scheduled = self._ready, self._scheduled
        if not ready:
            self._advance()
        now = self._seconds
        while scheduled and scheduled[0]._when <= now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            process = handle._context.get(PROCESS)
            if process is None or process.runs:
                handle._run()
            else:
                process.keep(handle)
        self._steps += 1
        if self._steps > STEPS_AT_MOST:
            raise StuckError("the world spins")

    def _advance(self) -> None:
        scheduled = self._scheduled
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if scheduled:
            self._seconds = max(self._seconds, scheduled[0]._when)
        elif not self._stopping:
            raise StuckError("nothing will ever happen again")


def play(work: Callable[[VirtualLoop], Coroutine[Any, Any, Result]]) -> Result:
    """Run one world to its end in virtual time."""
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(work(loop))
    finally:
        asyncio.set_event_loop(None)
        loop.finish()

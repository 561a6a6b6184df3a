"""Figures on metrics.v1: what was said last of a key must be what stands."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Protocol, TypeVar

from runtime.log import Wire
from runtime.parts import Parts

SAID_AGAIN = timedelta(hours=48)  # what was counted since then is published once more after a start
Days = Mapping[str, Collection[str]]  # book -> days


class Counted(Protocol):
    """A day as it was counted last."""

    @property
    def revision(self) -> int:
        """Higher with each count."""


class Dated(Protocol):
    """A book of days (ISO)."""

    @property
    def days(self) -> Mapping[str, Counted]:
        """Those that were counted."""


BookT = TypeVar("BookT", bound=Dated)


async def publish_standing(
    parts: Parts,
    days: Days,
    standing: Callable[[Collection[str]], Awaitable[Mapping[str, BookT]]],
    wires: Callable[[BookT, Collection[str]], Iterable[Wire]],
) -> None:
    """Publish until what was published is what stands: the topic is compacted, the last record must be the newest. `standing`:
    those of some books that are there, by name; `wires`: the records of days of one."""
    waiting = {name: set(own) for name, own in days.items()}
    published: dict[tuple[str, str], int] = {}
    while waiting:
        books = await standing(waiting)
        waiting = {
            name: moved
            for name, book in books.items()
            if (moved := {day for day in waiting[name] if published.get((name, day)) != book.days[day].revision})
        }
        moved_days = [(name, sorted(own)) for name, own in sorted(waiting.items())]
        await parts.topics.publish(wire for name, own in moved_days for wire in wires(books[name], own))
        published |= {(name, day): books[name].days[day].revision for name, own in moved_days for day in own}
        parts.crash.passed("after-publish")

"""The log of a service that stands on none: whatever is asked of it is a fault of the caller."""

from typing import NoReturn

from runtime.log.port import Lease


def _refuse(*_: object) -> NoReturn:
    raise RuntimeError("this service stands on no log")


async def _refuse_later(*_: object) -> NoReturn:
    _refuse()


class NoLog:
    """Takes the place of a log; opens nothing."""

    lease: Lease | None = None
    subscribe = start_at = give_back = staticmethod(_refuse)
    cluster = partitions = begins = ends = committed = read = staticmethod(_refuse_later)
    publish = learn = set_back = commit = staticmethod(_refuse_later)

    async def leave(self) -> None:
        """There is no group."""

    async def close(self) -> None:
        """There is nothing to give back."""

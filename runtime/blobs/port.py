"""What a keeper of files has to offer. A file is bytes under a name of ours; what is in it, and for whom, others know."""

import re
from collections.abc import Iterable
from typing import Protocol

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}", re.ASCII)


def checked(name: str) -> str:
    """A name that means the same to every adapter. Raises ValueError: it was made by us, never taken from a request."""
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a blob has letters, digits and dashes alone")
    return name


class Blobs(Protocol):
    """Four calls, each one attempt. `Unavailable`: nothing is known of whether it was done."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file under a name that nobody else puts. Raises Unavailable, ValueError."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The file, all of it or None. Raises Unavailable, ValueError."""
        ...

    async def delete_many(self, names: Iterable[str]) -> None:
        """Delete files, also what is left of ones that were never put whole; names of none do not matter.

        Raises Unavailable, ValueError.
        """
        ...

    async def close(self) -> None:
        """Give back connections. Raises nothing."""
        ...

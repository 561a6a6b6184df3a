"""The port in memory: for tests, the simulation and the demo."""

from collections.abc import Iterable

from runtime.blobs.port import checked


class MemoryBlobs:
    """A dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, name: str, content: bytes) -> None:
        """See the port."""
        self.kept[checked(name)] = content

    async def get(self, name: str) -> bytes | None:
        """See the port."""
        return self.kept.get(checked(name))

    async def delete_many(self, names: Iterable[str]) -> None:
        """See the port."""
        for name in names:
            self.kept.pop(checked(name), None)

    async def close(self) -> None:
        """See the port."""

"""The port on a folder: a file of one's own each, there whole or not at all, also after a power cut."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

from runtime.blobs.port import checked
from runtime.errors import Unavailable

_COMING = ".coming"


class FileBlobs:
    """One folder, which only this user may open. It is made with the first file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, content: bytes) -> None:
        """See the port."""
        await asyncio.to_thread(self._put, checked(name), content)

    def _put(self, name: str, content: bytes) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            coming = self._folder / f"{name}{_COMING}"
            with coming.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            coming.replace(self._folder / name)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Unavailable(f"files: {type(error).__name__} {error.errno}") from None

    async def get(self, name: str) -> bytes | None:
        """See the port."""
        path = self._folder / checked(name)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"files: {type(error).__name__} {error.errno}") from None

    async def delete_many(self, names: Iterable[str]) -> None:
        """See the port."""
        paths = [self._folder / f"{checked(name)}{end}" for name in names for end in ("", _COMING)]
        try:
            for path in paths:
                await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise Unavailable(f"files: {type(error).__name__} {error.errno}") from None

    async def close(self) -> None:
        """See the port."""

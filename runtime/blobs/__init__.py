"""Files that are kept whole: one port, two adapters, and one in memory for tests and the demo."""

from pathlib import Path

from runtime.blobs.files import FileBlobs
from runtime.blobs.gridfs import GridFsBlobs
from runtime.blobs.memory import MemoryBlobs
from runtime.blobs.port import Blobs

__all__ = ["Blobs", "FileBlobs", "GridFsBlobs", "MemoryBlobs", "open_blobs"]


def open_blobs(url: str) -> Blobs:
    """Beside the documents of a STORE_URL: GridFS in the same database, or a folder `PATH.blobs` beside the file.

    Raises ValueError for another address; nothing is asked yet.
    """
    if url.startswith("sqlite:///"):
        return FileBlobs(Path(f"{url.removeprefix('sqlite:///')}.blobs"))
    return GridFsBlobs(url)

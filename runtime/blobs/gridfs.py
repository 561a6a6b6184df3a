"""The port on MongoDB's GridFS, by motor: in the database of the documents, written by a majority."""

from collections.abc import Iterable
from typing import Any

from bson.errors import BSONError
from gridfs.errors import FileExists, NoFile
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase, AsyncIOMotorGridFSBucket
from pymongo.errors import PyMongoError

from runtime.blobs.port import checked
from runtime.errors import Unavailable

BUCKET = "blobs"
_PATIENCE: dict[str, Any] = {"serverSelectionTimeoutMS": 5000, "socketTimeoutMS": 30_000}


class GridFsBlobs:
    """Collections `blobs.files` and `blobs.chunks`."""

    def __init__(self, url: str) -> None:
        """Raises ValueError for a malformed URL."""
        try:
            self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
                url, w="majority", journal=True, readConcernLevel="majority", **_PATIENCE
            )
            self._db: AsyncIOMotorDatabase[dict[str, Any]] = self._client.get_default_database("dunghen")
        except (PyMongoError, ValueError):  # its text may repeat what stands in the URL
            raise ValueError("STORE_URL is no address that MongoDB's driver takes") from None

    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        return AsyncIOMotorGridFSBucket(self._db, BUCKET)

    async def put(self, name: str, content: bytes) -> None:
        """See the port."""
        try:
            await self._bucket().upload_from_stream_with_id(checked(name), name, content)
        except (FileExists, PyMongoError, BSONError) as error:
            raise Unavailable(f"gridfs: {type(error).__name__}") from None

    async def get(self, name: str) -> bytes | None:
        """See the port."""
        try:
            stream = await self._bucket().open_download_stream(checked(name))
            found: bytes = await stream.read()
        except NoFile:
            return None
        except (PyMongoError, BSONError) as error:  # also CorruptGridFile: chunks that are missing
            raise Unavailable(f"gridfs: {type(error).__name__}") from None
        return found

    async def delete_many(self, names: Iterable[str]) -> None:
        """See the port."""
        try:
            for name in names:
                try:
                    await self._bucket().delete(checked(name))
                except NoFile:  # its chunks are gone with it all the same
                    continue
        except (PyMongoError, BSONError) as error:
            raise Unavailable(f"gridfs: {type(error).__name__}") from None

    async def close(self) -> None:
        """See the port."""
        self._client.close()

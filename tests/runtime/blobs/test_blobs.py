"""Files in a folder and in memory; which of them an address means."""

from pathlib import Path

import pytest

from runtime.blobs import Blobs, FileBlobs, GridFsBlobs, MemoryBlobs, open_blobs
from runtime.errors import Unavailable
from tests.runtime.blobs.suite import BlobSuite


class TestFiles(BlobSuite):
    """The suite on a folder."""

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Blobs:
        return FileBlobs(tmp_path / "store.blobs")


class TestMemory(BlobSuite):
    """The suite in memory."""

    @pytest.fixture
    def blobs(self) -> Blobs:
        return MemoryBlobs()


async def test_a_folder_is_this_user_s_alone_and_holds_nothing_half(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "made" / "store.blobs")
    await blobs.put("a", b"x")
    folder = tmp_path / "made" / "store.blobs"
    (folder / "b.coming").write_bytes(b"half")

    assert (folder.stat().st_mode & 0o777, sorted(path.name for path in folder.iterdir())) == (0o700, ["a", "b.coming"])
    assert await blobs.get("b") is None
    await blobs.delete_many(["b"])
    assert [path.name for path in folder.iterdir()] == ["a"]


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.blobs").write_bytes(b"a file where a folder should be")
    blobs = FileBlobs(tmp_path / "x.blobs")

    for call in (blobs.put("a", b"x"), blobs.get("a"), blobs.delete_many(["a"])):
        with pytest.raises(Unavailable):
            await call


async def test_files_lie_beside_the_documents_of_an_address(tmp_path: Path) -> None:
    folder, mongo = open_blobs(f"sqlite:///{tmp_path}/feedback.db"), open_blobs("mongodb://127.0.0.1:1/feedback")

    await folder.put("a", b"x")
    assert isinstance(folder, FileBlobs)
    assert (tmp_path / "feedback.db.blobs" / "a").read_bytes() == b"x"
    assert isinstance(mongo, GridFsBlobs)
    with pytest.raises(ValueError, match="no address") as error:
        open_blobs("http://name:password@host")
    assert "password" not in str(error.value)
    await mongo.close()

"""What every keeper of files has to do. A subclass gives the fixture `blobs`."""

import pytest

from runtime.blobs import Blobs


class BlobSuite:
    """Tests of the calls."""

    async def test_a_file_comes_back_as_it_was_and_goes_for_good(self, blobs: Blobs) -> None:
        content = bytes(range(256)) * 4000  # of several chunks
        await blobs.put("a1", content)
        await blobs.put("empty", b"")

        assert [await blobs.get(name) for name in ("a1", "empty", "b")] == [content, b"", None]
        await blobs.delete_many(["a1", "never-there"])
        await blobs.delete_many(["a1", "empty"])
        assert [await blobs.get(name) for name in ("a1", "empty")] == [None, None]

    @pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "a.b", "-a", "ế", "a\0", "a" * 101, "a\n"])
    async def test_a_name_that_is_none_of_ours_is_refused(self, blobs: Blobs, name: str) -> None:
        for call in (blobs.put(name, b"x"), blobs.get(name), blobs.delete_many([name])):
            with pytest.raises(ValueError, match="letters, digits and dashes"):
                await call

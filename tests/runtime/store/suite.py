"""One suite for the document port; each adapter inherits it, so that neither can be another than the port says."""

import pytest

from runtime.store import Document, Documents, GroupRow, In, Index, Range


class DocumentSuite:
    """Tests of the seven calls. A subclass gives the fixture `store`."""

    @pytest.fixture
    async def things(self, store: Documents) -> Documents:
        """A store with one declared collection."""
        await store.declare("things", [Index("due"), Index("tags", many=True), Index("nest.kind")])
        return store

    async def test_a_new_document_is_inserted_and_read_back(self, things: Documents) -> None:
        lost = await things.save_many("things", [{"_id": "a", "rev": 0, "name": "Đúng Hẹn", "list": [1, {"x": None}]}])

        assert lost == set()
        found = await things.get_many("things", ["a", "missing"])
        assert {k: v for k, v in found["a"].items() if k != "by"} == {
            "_id": "a",
            "rev": 1,
            "name": "Đúng Hẹn",
            "list": [1, {"x": None}],
        }
        assert set(found) == {"a"}

    async def test_only_the_loaded_revision_can_be_replaced(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0, "n": 1}])
        first, second = ({"_id": "a", "rev": 1, "n": n} for n in (2, 3))

        assert await things.save_many("things", [first]) == set()
        assert await things.save_many("things", [second]) == {"a"}
        assert (await things.get_many("things", ["a"]))["a"]["n"] == 2

    async def test_losers_are_named_and_winners_are_saved(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": name, "rev": 0} for name in "abc"])
        await things.save_many("things", [{"_id": "b", "rev": 1}])

        batch: list[Document] = [{"_id": name, "rev": 1, "n": 9} for name in "abc"]
        await things.save_many("things", [{"_id": "taken", "rev": 0}])
        lost = await things.save_many("things", [*batch, {"_id": "taken", "rev": 0, "n": 9}, {"_id": "d", "rev": 0, "n": 9}])

        assert lost == {"b", "taken"}
        found = await things.get_many("things", ["a", "b", "c", "d", "taken"])
        assert {name for name, document in found.items() if document.get("n") == 9} == {"a", "c", "d"}

    async def test_an_insert_of_a_taken_id_loses(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0, "n": 1}])

        assert await things.save_many("things", [{"_id": "a", "rev": 0, "n": 2}]) == {"a"}
        assert not await things.insert_unique("things", {"_id": "a"})
        assert await things.insert_unique("things", {"_id": "b"})

    async def test_a_deleted_document_is_not_revived_by_a_late_save(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0}])
        await things.delete_many("things", ["a", "never-there"])

        assert await things.save_many("things", [{"_id": "a", "rev": 1}]) == {"a"}
        assert await things.get_many("things", ["a"]) == {}

    async def test_find_by_range_goes_in_order_and_page_by_page(self, things: Documents) -> None:
        documents: list[Document] = [{"_id": f"d{n}", "rev": 0, "due": n // 2} for n in range(10)]
        await things.save_many("things", [*documents, {"_id": "none", "rev": 0}])

        first = await things.find("things", {"due": Range(high=3)}, order="due", limit=5)
        rest = await things.find(
            "things", {"due": Range(high=3)}, order="due", limit=5, after=(first[-1]["due"], first[-1]["_id"])
        )

        assert [d["_id"] for d in first + rest] == [f"d{n}" for n in range(8)]
        assert len(await things.find("things", {"due": Range(low=2)})) == 6
        assert len(await things.find("things", {"due": Range()})) == 10

    async def test_find_by_equality_membership_and_nested_field(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": f"d{n}", "rev": 0, "nest": {"kind": n % 3}, "n": n} for n in range(6)])

        assert [d["_id"] for d in await things.find("things", {"nest.kind": 1})] == ["d1", "d4"]
        assert [d["_id"] for d in await things.find("things", {"n": In((2, 5)), "nest.kind": 2})] == ["d2", "d5"]
        assert await things.find("things", {"n": In(())}) == []

    async def test_items_of_a_list_field_are_found_and_follow_changes(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0, "tags": ["x", "y"]}, {"_id": "b", "rev": 0, "tags": ["y"]}])
        await things.save_many("things", [{"_id": "a", "rev": 1, "tags": ["x"]}])

        assert [d["_id"] for d in await things.find("things", {"tags": In(("y", "z"))})] == ["b"]
        assert [d["_id"] for d in await things.find("things", {"tags": "x"})] == ["a"]
        await things.delete_many("things", ["a"])
        assert await things.find("things", {"tags": "x"}) == []

    async def test_counts_and_sums_by_group(self, things: Documents) -> None:
        rows: list[Document] = [
            {"_id": f"d{n}", "rev": 0, "nest": {"kind": n % 2}, "n": n, "c": {"x": 1} if n else {}} for n in range(4)
        ]
        await things.save_many("things", rows)

        grouped = await things.count_by("things", {}, group=["nest.kind"], sums=["n", "c.x"])
        total = await things.count_by("things", {"n": Range(low=1)}, sums=["n"])

        assert grouped == [GroupRow((0,), 2, (2, 1)), GroupRow((1,), 2, (4, 2))]
        assert total == [GroupRow((), 3, (6,))]
        assert await things.count_by("things", {"n": 99}) == []

    async def test_values_that_look_like_code_are_data(self, things: Documents) -> None:
        nasty = '\'; drop table "things"; -- $where {"$gt": 1}'
        await things.save_many("things", [{"_id": nasty, "rev": 0, "due": nasty, "tags": [nasty]}])

        assert len(await things.find("things", {"due": nasty})) == 1
        assert len(await things.find("things", {"tags": nasty})) == 1
        assert set(await things.get_many("things", [nasty])) == {nasty}

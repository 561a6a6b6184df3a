"""One suite for the document port; each adapter inherits it, so that neither can be another than the port says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.errors import InvalidDocuments
from runtime.store import Document, Documents, GroupRow, In, Index, Range
from runtime.store.port import MAX_DOCUMENT_BYTES


def nested(levels: int) -> Any:
    """Objects in each other."""
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


# What no store can hold, made late: a failing test need not print 17 MB.
UNHOLDABLE: dict[str, Callable[[], Any]] = {
    "too large": lambda: "a" * (MAX_DOCUMENT_BYTES + 1),
    "an integer beyond 64 bits": lambda: {"deep": [2**64]},
    "an integer without room for its sign": lambda: 2**63,
    "half a surrogate pair": lambda: "\ud800",
    "a field name that is no text": lambda: {1: 1},
    "a value that is no JSON": lambda: {1, 2},
    "nesting without end": lambda: nested(5000),
}
unholdable = pytest.mark.parametrize("value", UNHOLDABLE.values(), ids=UNHOLDABLE)


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

    @unholdable
    async def test_a_document_no_store_can_hold_is_named_and_its_neighbours_go_on(
        self, things: Documents, value: Callable[[], Any]
    ) -> None:
        await things.save_many("things", [{"_id": "old", "rev": 0}, {"_id": "bad-old", "rev": 0}])
        batch: list[Document] = [
            {"_id": "new", "rev": 0, "n": 1},
            {"_id": "bad-new", "rev": 0, "n": value()},
            {"_id": "old", "rev": 1, "n": 1},
            {"_id": "bad-old", "rev": 1, "n": value()},
        ]

        with pytest.raises(InvalidDocuments) as refused:
            await things.save_many("things", batch)

        assert set(refused.value.ids) == {"bad-new", "bad-old"}
        assert len(str(refused.value)) < 200
        for document in batch:  # what a caller does then; some may have been saved by the first call, and lose now
            if document["_id"] in refused.value.ids:
                with pytest.raises(InvalidDocuments):
                    await things.save_many("things", [document])
            else:
                await things.save_many("things", [document])
        found = await things.get_many("things", [document["_id"] for document in batch])
        assert {name: (document["rev"], document.get("n")) for name, document in found.items()} == {
            "new": (1, 1),
            "old": (2, 1),
            "bad-old": (1, None),
        }

    @unholdable
    async def test_a_document_no_store_can_hold_is_not_inserted(self, things: Documents, value: Callable[[], Any]) -> None:
        with pytest.raises(InvalidDocuments) as refused:
            await things.insert_unique("things", {"_id": "bad", "rev": 0, "n": value()})

        assert refused.value.ids == ("bad",)
        assert await things.find("things", {}) == []

    async def test_the_largest_integers_a_document_may_hold_come_back_as_they_were(self, things: Documents) -> None:
        values: list[Any] = [2**63 - 1, -(2**63), "9" * 30, 1.5, None, True]
        await things.save_many("things", [{"_id": "a", "rev": 0, "values": values}])

        assert (await things.get_many("things", ["a"]))["a"]["values"] == values

    async def test_a_save_that_changes_nothing_fences_off_an_earlier_one(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0, "n": 1}])
        late: Document = {"_id": "a", "rev": 1, "n": 2}

        assert await things.save_many("things", [(await things.get_many("things", ["a"]))["a"]]) == set()
        assert await things.save_many("things", [late]) == {"a"}
        stored = (await things.get_many("things", ["a"]))["a"]
        assert (stored["rev"], stored["n"]) == (2, 1)

    async def test_a_stub_fences_off_a_first_save_that_lands_late(self, things: Documents) -> None:
        late: Document = {"_id": "a", "rev": 0, "n": 2}

        assert await things.insert_unique("things", {"_id": "a"})
        assert await things.save_many("things", [late]) == {"a"}
        assert await things.save_many("things", [{**late, "rev": 1}]) == set()

    async def test_a_save_repeated_after_a_lost_answer_loses_and_changes_nothing(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0}])
        batch: list[Document] = [{"_id": "a", "rev": 1, "n": 1}, {"_id": "b", "rev": 0, "n": 1}]

        assert await things.save_many("things", batch) == set()
        assert await things.save_many("things", batch) == {"a", "b"}
        found = await things.get_many("things", ["a", "b"])
        assert {name: document["rev"] for name, document in found.items()} == {"a": 2, "b": 1}

    async def test_what_callers_do_to_their_documents_does_not_reach_the_store(self, things: Documents) -> None:
        given: Document = {"_id": "a", "rev": 0, "tags": ["x"], "nest": {"kind": 1}}
        await things.save_many("things", [given])
        given["nest"]["kind"] = 2
        given["tags"].append("y")
        for found in [(await things.get_many("things", ["a"]))["a"], *await things.find("things", {})]:
            assert (given["rev"], found["nest"], found["tags"]) == (0, {"kind": 1}, ["x"])
            found["nest"]["kind"] = 3
            found["tags"].append("z")

        assert [d["_id"] for d in await things.find("things", {"nest.kind": 1, "tags": "x"})] == ["a"]
        assert await things.find("things", {"tags": In(("y", "z"))}) == []

    async def test_nothing_asked_is_nothing_done(self, things: Documents) -> None:
        assert await things.save_many("things", []) == set()
        assert await things.get_many("things", []) == {}
        await things.delete_many("things", [])

    async def test_a_missing_or_empty_field_matches_no_test_and_comes_first(self, things: Documents) -> None:
        values: dict[str, Any] = {"a": {"due": "x"}, "b": {"due": 7}, "c": {}, "d": {"due": None}, "e": {"due": -1}}
        await things.save_many("things", [{"_id": name, "rev": 0, **value} for name, value in values.items()])

        assert [d["_id"] for d in await things.find("things", {}, order="due")] == ["c", "d", "e", "b", "a"]
        assert [d["_id"] for d in await things.find("things", {}, order="due", after=(-1, "e"), limit=1)] == ["b"]
        assert [d["_id"] for d in await things.find("things", {"due": Range()})] == ["a", "b", "e"]
        assert [d["_id"] for d in await things.find("things", {"due": Range(high=100)})] == ["b", "e"]
        assert [d["_id"] for d in await things.find("things", {"due": In((7, "x"))})] == ["a", "b"]

    async def test_text_is_ordered_by_its_characters_whatever_the_language(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": name, "rev": 0, "due": name} for name in ("đ", "z", "a", "Z", "ấ", "a1")])

        assert [d["_id"] for d in await things.find("things", {})] == ["Z", "a", "a1", "z", "đ", "ấ"]
        assert [d["due"] for d in await things.find("things", {"due": Range(low="a", high="z")})] == ["a", "a1", "z"]

    async def test_groups_come_in_order_of_their_values(self, things: Documents) -> None:
        kinds = [10, 9, None, "b", "a"]
        await things.save_many("things", [{"_id": f"d{n}", "rev": 0, "nest": {"kind": kind}} for n, kind in enumerate(kinds)])
        await things.save_many("things", [{"_id": "without", "rev": 0}])

        counted = await things.count_by("things", {}, group=["nest.kind"])
        assert [(row.group[0], row.count) for row in counted] == [(None, 2), (9, 1), (10, 1), ("a", 1), ("b", 1)]

    async def test_an_item_that_stands_twice_in_a_list_is_found_once(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a", "rev": 0, "tags": ["x", "x", "y"]}, {"_id": "b", "rev": 0}])

        assert [d["_id"] for d in await things.find("things", {"tags": In(("x", "y"))})] == ["a"]
        assert await things.count_by("things", {"tags": "x"}) == [GroupRow((), 1, ())]

    async def test_an_id_with_a_zero_byte_is_an_id_like_any_other(self, things: Documents) -> None:
        await things.save_many("things", [{"_id": "a\0b", "rev": 0, "due": "x\0y"}])

        assert {name: d["due"] for name, d in (await things.get_many("things", ["a", "a\0b"])).items()} == {"a\0b": "x\0y"}
        assert await things.save_many("things", [{"_id": "a\0b", "rev": 1}, {"_id": "a", "rev": 0}]) == set()
        await things.delete_many("things", ["a\0b"])
        assert [d["_id"] for d in await things.find("things", {})] == ["a"]

    async def test_declaring_again_changes_nothing(self, things: Documents) -> None:
        await things.insert_unique("things", {"_id": "a", "tags": ["x"]})
        await things.declare("things", [Index("due"), Index("tags", many=True), Index("nest.kind")])

        assert [d["rev"] for d in await things.find("things", {"tags": "x"})] == [1]

    async def test_the_store_tells_the_time_of_its_machine(self, things: Documents) -> None:
        here = datetime.now(UTC)

        assert abs(await things.time() - here) < timedelta(minutes=1)

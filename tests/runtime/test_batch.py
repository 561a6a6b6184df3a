"""One batch, without the loop around it: what is saved, recorded, parked and left out, to the byte."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runtime.batch import LARGEST_LETTER, LONGEST_REASON, Batches, Item, Saved, left_out, open_intents_of
from runtime.clock import epoch_ms
from runtime.errors import Invalid, Unavailable
from runtime.log import Lease, Partition, Record, Wire
from runtime.outputs import (
    LARGEST_OUTPUT,
    Cause,
    Decision,
    Output,
    Rules,
    drop_published,
    encoded,
    new_document,
    record_outputs,
    recorded_outputs,
)
from runtime.parts import INTENTS
from runtime.settings import version_of
from runtime.store import Document
from tests.runtime.hand import ASKS, IN, LETTERS, NOW, OUT, RULES, THINGS, Bench, Fact, decode, encode, fact, handle, say

PLACE = Partition(IN, 0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A store; nothing reads there."""
    bench = Bench()
    yield bench
    await bench.close()


def lease(committed: int = 0) -> Lease:
    """Both topics, of which so much is committed."""
    held = Lease([PLACE, Partition(ASKS, 0)])
    held.committed = {PLACE: committed}
    return held


def record(offset: int, value: bytes | None, *, key: bytes = b"a", topic: str = IN) -> Record:
    return Record(topic, 0, offset, epoch_ms(NOW), key, value)


async def saved(bench: Bench, *records: Record, rules: Rules[Fact] = RULES, committed: int = 0) -> Saved[Fact]:
    return await Batches(bench.member().parts, rules).save(lease(committed), records)


# --- records ------------------------------------------------------------------------


def test_a_records_time_is_when_it_was_appended_or_written_whichever_is_earlier() -> None:
    for written, time in ((NOW - timedelta(hours=1), NOW - timedelta(hours=1)), (NOW + timedelta(hours=1), NOW)):
        item = Item(record(0, b""), decode(fact("1", "a", time=written)))
        assert (item.time, item.partition) == (time, PLACE)
    bad: Item[Fact] = Item(record(0, b""), reason="not a fact")
    assert bad.time == NOW
    assert Saved([bad, Item(record(1, None))]) == Saved([bad, Item(record(1, None))], [])
    assert Saved([bad, Item(record(1, None))]).failed == [bad]


async def test_what_a_batch_says_stands_beside_the_record_that_caused_it(bench: Bench) -> None:
    done = await saved(bench, record(4, fact("1", "a")), record(5, None, topic=ASKS))

    assert (done.failed, [(wire.topic, wire.key) for wire in done.wires]) == ([], [(OUT, "a")])
    assert bench.thing() == {"_id": "a", "rev": 1, "facts": ["1"], "outbox": bench.thing()["outbox"]}
    assert bench.thing()["outbox"] == [{"c": "1", "out": [[OUT, "a", "a/1", {"text": ""}]], "p": "in.v1/0", "o": 4}]


async def test_a_null_value_may_say_something_and_says_it_again_when_it_is_repeated(bench: Bench) -> None:
    def forget(document: Document) -> Decision:
        if "forgotten" in document:
            return Decision(document)
        return Decision({**document, "forgotten": 1}, [say("a", "forgotten")])

    rules = Rules(THINGS, decode, handle, encode, forget={ASKS: forget})
    await saved(bench, record(0, fact("1", "a")))
    gone = record(7, None, topic=ASKS)
    first, again = await saved(bench, gone, rules=rules), await saved(bench, gone, rules=rules)

    assert [wire.value for wire in first.wires] == [encode(say("a", "forgotten"))] == [wire.value for wire in again.wires]
    assert [entry["c"] for entry in bench.thing()["outbox"]] == ["1", "asks.v1/0/7"]


@pytest.mark.provokes_failures
async def test_a_null_value_of_which_its_rule_fails_is_parked_with_no_value(bench: Bench) -> None:
    def broken(document: Document) -> Decision:
        raise LookupError(document["_id"])

    rules = Rules(THINGS, decode, handle, encode, forget={ASKS: broken})
    await saved(bench, record(0, fact("1", "a")))
    member = bench.member()
    batches = Batches(member.parts, rules)
    (item,) = (await batches.save(lease(), [record(7, None, topic=ASKS)])).failed
    letter = batches.dead_letter(item, NOW - timedelta(minutes=1), 3)

    assert bench.thing()["incomplete"] == ["asks.v1/0/7"]
    assert letter == Wire(
        LETTERS,
        "",
        b"",
        (
            ("reason", "handler failed: LookupError"),
            ("source-topic", ASKS),
            ("source-partition", "0"),
            ("source-offset", "7"),
            ("first-at", (NOW - timedelta(minutes=1)).isoformat()),
            ("last-at", NOW.isoformat()),
            ("attempts", "3"),
            ("service-version", version_of()),
        ),
        raw_key=b"a",
    )


async def test_reasons_are_told_in_their_first_two_thousand_letters(bench: Bench) -> None:
    def refusing(document: Document, new: Fact) -> Decision:
        raise Invalid("y" * 3000)

    def wordy(value: bytes | None) -> Fact:
        raise Invalid("x" * 3000)

    undecoded = await saved(bench, record(0, b""), rules=Rules(THINGS, wordy, handle, encode))
    undecided = await saved(bench, record(1, fact("1", "a")), rules=Rules(THINGS, decode, refusing, encode))

    assert LONGEST_REASON == 2000
    assert [item.reason for item in (*undecoded.failed, *undecided.failed)] == ["x" * 2000, "y" * 2000]
    assert bench.thing()["incomplete"] == ["in.v1/0/0", "in.v1/0/1"]


async def test_a_record_that_was_refused_before_and_is_handled_now_is_no_failure(bench: Bench) -> None:
    batches = Batches(bench.member().parts, RULES)
    item = Item(record(0, b""), decode(fact("1", "a")), reason="handler failed: LookupError")

    await batches._save([item], {})

    assert item.reason == ""
    assert bench.thing()["facts"] == ["1"]


async def test_what_the_store_refuses_alone_is_parked_and_its_document_marked_without_it(bench: Bench) -> None:
    done = await saved(bench, record(0, fact("1", "a")), record(1, fact("2", "b", "unsavable"), key=b"b"))

    assert [(item.record.offset, item.event, item.reason) for item in done.failed] == [
        (1, None, "could not be saved: InvalidDocuments")
    ]
    assert [wire.key for wire in done.wires] == ["a"]
    assert bench.thing("b") == {"_id": "b", "rev": 1, "incomplete": ["in.v1/0/1"]}


async def test_a_part_that_is_away_is_nobodys_fault(bench: Bench) -> None:
    member = bench.member()
    member.way.refuse(Unavailable("away"), "get_many things")

    with pytest.raises(Unavailable):
        await Batches(member.parts, RULES).save(lease(), [record(0, fact("1", "a"))])
    assert bench.thing() == {}


async def test_each_document_lost_to_another_writer_is_counted(bench: Bench) -> None:
    member = bench.member()
    documents = [new_document(name) for name in ("a", "b")]
    member.way.before_next("save_many things", lambda: bench.tables.save_many(THINGS, documents))

    await Batches(member.parts, RULES).save(lease(), [record(0, fact("1", "a")), record(1, fact("1", "b"), key=b"b")])

    assert member.counted("save_conflicts") == 2
    assert (bench.thing()["facts"], bench.thing("b")["facts"]) == (["1"], ["1"])


# --- what is too large ---------------------------------------------------------------


def test_a_record_that_is_left_out_is_its_place_size_and_digest() -> None:
    digest = hashlib.sha256(b"value").hexdigest()
    told = (("left-out", "too-large"), ("size", "5"), ("digest", digest))

    assert left_out(Wire(OUT, "kéy", b"value"), LETTERS) == Wire(
        LETTERS, "", b"", (("reason", f"too large for {OUT}"), *told), raw_key="kéy".encode()
    )
    letter = Wire(LETTERS, "", b"value", (("reason", "not a fact"),), raw_key=b"k" * 1001)
    assert left_out(letter, LETTERS) == Wire(LETTERS, "", b"", (("reason", "not a fact"), *told), raw_key=b"k" * 1000)
    assert left_out(replace(letter, raw_key=b""), LETTERS).raw_key == b""


async def test_a_letter_holds_its_record_up_to_900_000_bytes(bench: Bench) -> None:
    batches = Batches(bench.member().parts, RULES)
    whole, over = (
        batches.dead_letter(Item(record(0, b"x" * size, key=b""), reason="not a fact"), NOW, 1) for size in (900_000, 900_001)
    )

    assert LARGEST_LETTER == 900_000
    assert (len(whole.value), whole.raw_key) == (900_000, b"")
    assert (over.value, dict(over.headers)["size"], dict(over.headers)["source-topic"]) == (b"", "900001", IN)


def test_an_output_may_have_900_000_bytes_and_no_more() -> None:
    output = Output(OUT, "a", "a/1", {})

    assert encoded([output], lambda _: b"x" * LARGEST_OUTPUT) == [Wire(OUT, "a", b"x" * 900_000)]
    with pytest.raises(Invalid, match=r"an output for out\.v1 would have 900001 bytes, the log takes 900000"):
        encoded([output], lambda _: b"x" * 900_001)


# --- outputs beside their document ------------------------------------------------------

FIRST, SECOND = Output(OUT, "a", "a/1", {"n": 1}), Output(OUT, "b", "b/2", {"n": 2})


def kept() -> Document:
    """A document with what a record and an intent said."""
    document = new_document("a")
    record_outputs(document, Cause("fact", "in.v1/0", 4), [FIRST, SECOND])
    record_outputs(document, Cause("asked", intent="i-1"), [SECOND])
    record_outputs(document, Cause("silent", "in.v1/0", 5), [])
    return document


def test_outputs_are_found_again_by_their_cause_or_their_intent() -> None:
    document = kept()

    assert [list(entry) for entry in document["outbox"]] == [["c", "out", "p", "o"], ["c", "out", "i"]]
    assert recorded_outputs(document, cause="fact") == [FIRST, SECOND]
    assert recorded_outputs(document, intent="i-1") == [SECOND]
    assert recorded_outputs(document, cause="asked") == [SECOND]
    for nothing in ({}, {"cause": "silent"}, {"intent": "i-2"}, {"intent": "fact"}):
        assert recorded_outputs(document, **nothing) == []
    assert recorded_outputs(new_document("a"), cause="fact") == []


@pytest.mark.parametrize(
    ("committed", "open_intents", "left"),
    [
        ({}, {"i-1"}, ["fact", "asked"]),
        ({"in.v1/0": 4}, {"i-1"}, ["fact", "asked"]),
        ({"in.v1/0": 5}, {"i-1"}, ["asked"]),
        ({"in.v1/1": 9}, (), ["fact"]),
        ({"in.v1/0": 5}, {"i-2"}, []),
    ],
)
def test_outputs_stay_until_their_cause_is_committed_or_their_intent_done(
    committed: dict[str, int], open_intents: Any, left: list[str]
) -> None:
    document = kept()
    drop_published(document, committed, frozenset(open_intents))

    assert [entry["c"] for entry in document.get("outbox", [])] == left
    assert ("outbox" in document) == bool(left)
    bare = new_document("a")
    drop_published(bare, committed, frozenset(open_intents))
    assert bare == {"_id": "a", "rev": 0}


async def test_only_intents_that_documents_name_are_asked_for(bench: Bench) -> None:
    parts = bench.member().parts
    await parts.store.insert_unique(INTENTS, {"_id": "i-1", "at": 1})
    await parts.store.insert_unique(INTENTS, {"_id": "i-2", "at": 1})

    assert await open_intents_of(parts, [kept(), new_document("b")]) == {"i-1"}
    assert await open_intents_of(parts, [new_document("b")]) == frozenset()

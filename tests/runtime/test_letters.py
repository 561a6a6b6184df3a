"""Dead letters: what stands on the topic, what a document remembers of them, and that a letter is lifted once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from runtime.deadletters import (
    LONGEST_KEY,
    Letter,
    discard,
    document_of,
    letter_of,
    lift,
    mark_incomplete,
    recalled,
    replay,
    settlement,
    waiting,
)
from runtime.errors import Invalid
from runtime.store import Document
from tests.runtime.hand import NOW, RULES, Bench, Fact, decode, fact, handle

HEADERS = {"source-topic": "in.v1", "source-partition": "0", "source-offset": "7"}
PLACE, OTHER = "in.v1/0/7", "in.v1/0/8"
LETTER = Letter(PLACE, "a", b"a", b"garbage", HEADERS)
MENDED = fact("1", "a", "said", NOW)
REPLAYED = replace(LETTER, settled="replayed", value=MENDED)
EMPTY: Document = {"_id": "a", "rev": 1}
PARKED: Document = {**EMPTY, "incomplete": [PLACE]}
LIFTED: Document = {**EMPTY, "lifted": [PLACE]}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A store and a log."""
    bench = Bench()
    yield bench
    await bench.close()


def absorb(document: Document, event: Fact) -> Document:
    return handle(document, event).document


def test_a_record_of_the_topic_is_a_letter_if_it_names_its_place() -> None:
    assert letter_of(b"a", b"garbage", HEADERS) == LETTER
    settled = letter_of(None, None, {**HEADERS, "settled": "discarded"})
    assert settled is not None
    assert (settled.key, settled.raw_key, settled.value, settled.settled) == ("", b"", b"", "discarded")
    for missing in HEADERS:
        assert letter_of(b"a", b"x", {name: value for name, value in HEADERS.items() if name != missing}) is None


def test_a_letter_that_holds_no_record_says_so() -> None:
    assert not LETTER.is_left_out
    assert replace(LETTER, headers={**HEADERS, "left-out": "too-large"}).is_left_out


def test_a_key_names_a_document_if_it_is_text_of_some_length() -> None:
    longest = "x" * LONGEST_KEY

    assert [document_of(key) for key in (b"a", None, b"\xff", longest.encode(), f"{longest}x".encode())] == [
        *("a", "", "", longest),
        "",
    ]


def test_a_letter_waits_until_a_settlement_comes_after_it_and_stays_itself() -> None:
    again, other = replace(LETTER, value=b"more garbage"), replace(LETTER, place=OTHER)

    assert waiting([LETTER, again, other]) == {PLACE: (LETTER, True), OTHER: (other, True)}
    assert waiting([LETTER, other, REPLAYED, again]) == {PLACE: (LETTER, False), OTHER: (other, True)}
    assert waiting([REPLAYED]) == {PLACE: (REPLAYED, False)}


def test_a_settlement_names_the_place_of_its_letter_and_what_was_handled_in_its_stead() -> None:
    told = settlement("toy.dlq", LETTER, "replayed", MENDED)

    assert (told.topic, told.key, told.raw_key, told.value) == ("toy.dlq", "", b"a", MENDED)
    assert dict(told.headers) == {**HEADERS, "settled": "replayed"}
    assert letter_of(told.raw_key, told.value, dict(told.headers)) == replace(REPLAYED, headers=dict(told.headers))


def test_a_document_remembers_each_letter_once_and_none_that_was_lifted() -> None:
    assert mark_incomplete(EMPTY, PLACE) == PARKED
    assert mark_incomplete(PARKED, PLACE) is PARKED
    assert mark_incomplete(LIFTED, PLACE) is LIFTED
    assert mark_incomplete(PARKED, OTHER)["incomplete"] == [PLACE, OTHER]


def test_what_is_lifted_is_missing_no_more_and_other_letters_are() -> None:
    assert lift(PARKED, PLACE) == LIFTED
    assert lift(LIFTED, PLACE) is LIFTED
    assert lift(EMPTY, PLACE) == LIFTED
    assert lift({**PARKED, "lifted": [PLACE]}, PLACE) == LIFTED
    assert lift({**LIFTED, "incomplete": [OTHER, PLACE]}, OTHER) == {**LIFTED, "incomplete": [PLACE], "lifted": [PLACE, OTHER]}


def test_a_store_that_is_made_anew_learns_from_the_topic_what_is_missing_and_what_was_replayed() -> None:
    discarded, unread = replace(REPLAYED, settled="discarded"), replace(REPLAYED, value=b"garbage")
    stranger = replace(REPLAYED, value=fact("1", "b", "said", NOW))

    assert recalled(EMPTY, LETTER, decode, absorb) == PARKED
    assert recalled(PARKED, REPLAYED, decode, absorb) == {**LIFTED, "facts": ["1"]}
    assert recalled(LIFTED, REPLAYED, decode, absorb) is LIFTED
    assert recalled({**PARKED, "lifted": [PLACE]}, REPLAYED, decode, absorb) == {**LIFTED, "facts": ["1"]}
    for nothing in (discarded, unread, stranger, replace(REPLAYED, value=b"")):
        assert recalled(PARKED, nothing, decode, absorb) == LIFTED


async def test_a_letter_is_replayed_once_and_says_what_it_has_to_say_once(bench: Bench) -> None:
    member = bench.member()
    bench.tables.save_many("things", [{"_id": "a", "rev": 0, "incomplete": [PLACE, OTHER]}])
    for _ in range(2):
        await replay(RULES, member.intents, LETTER, MENDED)

    assert bench.said() == ["a/1"]
    assert (bench.thing()["facts"], bench.thing()["lifted"], bench.thing()["incomplete"]) == (["1"], [PLACE], [OTHER])
    assert bench.thing()["rev"] == 2


async def test_a_letter_that_was_lifted_and_is_parked_again_can_be_replayed(bench: Bench) -> None:
    bench.tables.save_many("things", [{"_id": "a", "rev": 0, "incomplete": [PLACE], "lifted": [PLACE]}])
    await replay(RULES, bench.member().intents, LETTER, MENDED)

    assert bench.said() == ["a/1"]
    assert "incomplete" not in bench.thing()


async def test_what_is_no_event_still_or_is_about_another_document_is_not_replayed(bench: Bench) -> None:
    for value in (b"garbage", fact("1", "b", "said", NOW)):
        with pytest.raises(Invalid):
            await replay(RULES, bench.member().intents, LETTER, value)

    assert (bench.said(), bench.thing(), bench.thing("b")) == ([], {}, {})


async def test_a_discarded_letter_leaves_its_document_whole_and_one_without_a_key_touches_none(bench: Bench) -> None:
    member = bench.member()
    bench.tables.save_many("things", [{"_id": "a", "rev": 0, "incomplete": [PLACE]}])
    await discard(member.intents, replace(LETTER, key=""))
    assert bench.thing()["incomplete"] == [PLACE]

    await discard(member.intents, LETTER)
    assert ("incomplete" in bench.thing(), bench.thing()["lifted"]) == (False, [PLACE])


# --- what the loop does with them -------------------------------------------------------


async def test_what_follows_a_lifted_letter_in_its_batch_is_handled(bench: Bench) -> None:
    bad = bench.put("a", b"garbage")
    first = await bench.reading()
    await bench.until_committed(1)
    await discard(first.intents, Letter(bad.place, "a", b"a", b"garbage", {}))
    await bench.leave(first)
    bench.tell("1", "2")
    bench.broker.group("toy").committed.clear()  # the group is set back

    await bench.reading("b")
    await bench.until_committed(3)
    assert (bench.thing()["facts"], bench.said()) == (["1", "2"], ["a/1", "a/2"])


async def test_records_without_a_gap_are_handled_where_gaps_are_refused(bench: Bench) -> None:
    bench.tell("1", "2", "3")
    bench.tell("1", topic="asks.v1")
    member = await bench.reading(refuse_gaps=True, max_records=1)

    await bench.until_committed(3)
    await bench.until_committed(1, topic="asks.v1")
    assert member.loop.state.gap == ""


async def test_an_instance_has_the_documents_of_its_lease_once_it_knows_how_many_partitions_there_are(bench: Bench) -> None:
    member = bench.member()
    assert not member.loop.owns("a")
    await member.start()
    assert not member.loop.owns("a")
    await member.loop.places()
    assert member.loop.owns("a")

    member.loop.resting = True
    assert not member.loop.owns("a")


async def test_of_two_instances_one_has_each_document() -> None:
    bench = Bench(partitions=2)
    members = [await bench.reading("a"), await bench.reading("b")]
    for member in members:
        await member.loop.places()

    assert [sum(member.loop.owns(f"thing-{number}") for member in members) for number in range(8)] == [1] * 8
    assert all(any(member.loop.owns(f"thing-{number}") for number in range(8)) for member in members)
    await bench.close()

"""How a record is handled: every promise of docs/architecture.md, on a store and a log in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import UnknownError

from runtime.batch import LARGEST_LETTER
from runtime.brake import BRAKE, release
from runtime.deadletters import Letter, discard
from runtime.errors import Invalid, Unavailable
from runtime.log import Partition
from runtime.outputs import Rules
from runtime.parts import STATE
from runtime.store import Document
from tests.runtime.hand import (
    ASKS,
    IN,
    RULES,
    THINGS,
    Bench,
    Fact,
    Member,
    decode,
    encode,
    fact,
    recorded,
    settled,
    until,
)

PLACE = Partition(IN, 0)
KEPT_BY_NOBODY = b"x" * 1_048_200  # what the log takes, and takes no more with a reason in its headers


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A broker and a store; what reads there is ended after the test."""
    bench = Bench()
    yield bench
    await bench.close()


def order(member: Member, *names: str) -> list[str]:
    """The requests of these names, in the order they arrived."""
    return [call for call in member.way.calls if call in names]


# --- the order of things --------------------------------------------------------


async def test_a_batch_is_saved_before_it_is_published_and_acknowledged_before_it_is_committed(bench: Bench) -> None:
    bench.tell("1", "2")
    member = bench.member()
    member.way.hold("save_many things", "publish")
    await member.start()

    await until(lambda: member.way.waiting == ["save_many things"])
    await settled()
    assert member.way.waiting == ["save_many things"]
    member.way.let_go("save_many things")
    await until(lambda: "publish" in member.way.waiting)
    await settled()
    assert (bench.thing()["facts"], bench.said(), member.way.count("commit")) == (["1", "2"], [], 0)
    member.way.let_go("publish")
    await bench.until_committed(2)
    assert order(member, "save_many things", "publish", "commit") == ["save_many things", "publish", "commit"]
    assert bench.said() == ["a/1", "a/2"]


async def test_what_was_published_and_not_acknowledged_is_not_committed(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    sent = member.way.late("publish")
    await member.start()

    await until(lambda: len(sent) >= 2)
    await settled()
    assert bench.committed() is None
    sent[0]()  # it was taken after all, and nobody was told
    member.way.mend()
    await bench.until_committed(1)
    assert bench.said() == ["a/1", "a/1"]


async def test_a_commit_is_exactly_one_past_the_last_record_of_each_partition() -> None:
    bench = Bench(partitions=2)
    for number in range(7):
        bench.tell("1", subject=f"thing-{number}")
    bench.tell("2", subject="thing-0", topic=ASKS)
    member = await bench.reading()
    ends = await member.log.ends([Partition(topic, number) for topic in (IN, ASKS) for number in (0, 1)])

    await until(lambda: all((bench.committed(p.topic, p.number) or 0) == end for p, end in ends.items()))
    assert sum(ends.values()) == 8
    assert sorted(ends.values())[0] == 0
    assert [bench.committed(p.topic, p.number) for p, end in ends.items() if end == 0] == [None]
    await bench.close()


async def test_a_batch_costs_one_find_and_one_write_however_many_documents_it_has(bench: Bench) -> None:
    for number in range(20):
        bench.tell("1", "2", subject=f"thing-{number}")
    member = await bench.reading()

    await bench.until_committed(40)
    assert (member.way.count("get_many things"), member.way.count("save_many things")) == (1, 1)
    assert len(bench.said()) == 40


async def test_the_next_batch_is_saved_while_one_is_published_and_never_more_than_one_ahead(bench: Bench) -> None:
    bench.tell("1", "2", "3")
    member = bench.member(max_records=1)
    member.way.hold("publish")
    await member.start()

    await until(lambda: bench.thing().get("facts") == ["1", "2"])
    await settled()
    assert bench.thing()["facts"] == ["1", "2"]
    assert member.way.waiting == ["publish"]
    member.way.let_go("publish")
    await bench.until_committed(3)
    assert bench.said() == ["a/1", "a/2", "a/3"]


# --- repetition -----------------------------------------------------------------


async def test_a_repeated_record_publishes_its_recorded_outputs_again_under_the_same_ids(bench: Bench) -> None:
    bench.tell("1", "2")
    dying = bench.member()
    dying.way.refuse(UnknownError(), "commit")
    await dying.start()
    await until(lambda: "refused commit" in dying.way.calls)
    assert bench.said() == ["a/1", "a/2"]
    await bench.leave(dying)

    following = await bench.reading("b")
    await bench.until_committed(2)
    assert bench.said() == ["a/1", "a/2"] * 2
    assert following.way.count("save_many things") == 0


async def test_a_repeated_record_whose_outputs_are_known_to_be_published_says_nothing(bench: Bench) -> None:
    bench.tell("1")
    member = await bench.reading()
    await bench.until_committed(1)
    bench.tell("2")
    await bench.until_committed(2)
    bench.tell("1")

    await bench.until_committed(3)
    assert bench.said() == ["a/1", "a/2"]
    assert member.way.count("save_many things") == 2


async def test_bodies_of_outputs_are_dropped_at_the_first_save_after_their_cause_is_committed(bench: Bench) -> None:
    bench.tell("1")
    await bench.reading()
    await bench.until_committed(1)
    assert recorded(bench.thing()) == ["a/1"]

    bench.tell("2")
    await bench.until_committed(2)
    assert recorded(bench.thing()) == ["a/2"]
    assert bench.thing()["facts"] == ["1", "2"]


async def test_bodies_of_outputs_are_not_dropped_before_their_cause_is_committed(bench: Bench) -> None:
    bench.tell("1", "2")
    member = bench.member(max_records=1)
    member.way.hold("commit")
    await member.start()

    await until(lambda: member.way.waiting == ["commit"] and bench.thing()["facts"] == ["1", "2"])
    assert recorded(bench.thing()) == ["a/1", "a/2"]
    assert bench.said() == ["a/1"]


# --- conflicts --------------------------------------------------------------------


async def test_a_document_whose_revision_was_lost_is_loaded_and_decided_again_and_its_neighbours_are_not(bench: Bench) -> None:
    bench.tell("1")
    bench.tell("1", subject="b")
    member = bench.member()
    other: Document = {"_id": "a", "rev": 0, "facts": ["0"]}
    member.way.before_next("save_many things", lambda: bench.tables.save_many(THINGS, [other]))
    await member.start()

    await bench.until_committed(2)
    assert bench.thing()["facts"] == ["0", "1"]
    assert (bench.thing()["rev"], bench.thing("b")["rev"]) == (2, 1)
    assert sorted(bench.said()) == ["a/1", "b/1"]
    assert member.counted("save_conflicts") == 1


async def test_a_fact_that_somebody_else_saved_meanwhile_is_published_with_what_was_recorded_then(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()

    def overtaken() -> None:
        entry = {"c": "1", "p": "in.v1/0", "o": 0, "out": [["out.v1", "a", "said by the other", {}]]}
        bench.tables.save_many(THINGS, [{"_id": "a", "rev": 0, "facts": ["1"], "outbox": [entry]}])

    member.way.before_next("save_many things", overtaken)
    await member.start()

    await bench.until_committed(1)
    assert bench.said() == ["said by the other"]


# --- bad records ------------------------------------------------------------------


async def test_a_bad_record_costs_one_dead_letter_with_its_reason_and_its_neighbours_go_on(bench: Bench) -> None:
    bench.tell("1")
    bad = bench.put("a", b"garbage")
    bench.tell("2")
    bench.tell("1", subject="b")
    member = await bench.reading()

    await bench.until_committed(4)
    (letter,) = bench.letters()
    assert (letter.key, letter.value) == (b"a", b"garbage")
    headers = {name: value for name, value in letter.headers.items() if name not in ("content-type", "service-version")}
    at = bench.machine.wall().isoformat()
    assert headers == {
        "reason": "not a fact",
        "source-topic": IN,
        "source-partition": "0",
        "source-offset": "1",
        "first-at": at,
        "last-at": at,
        "attempts": "1",
    }
    assert letter.headers["service-version"]
    assert bench.said() == ["a/1", "a/2", "b/1"]
    assert bench.thing()["facts"] == ["1", "2"]
    assert member.counted("records_dead_lettered", topic=IN, reason="not a fact") == 1
    assert bad.place == "in.v1/0/1"


async def test_the_document_that_a_bad_record_names_is_incomplete_without_it(bench: Bench) -> None:
    bad = bench.put("a", b"garbage")
    bench.tell("1", subject="b")
    await bench.reading()

    await bench.until_committed(2)
    assert bench.thing()["incomplete"] == [bad.place]
    assert "incomplete" not in bench.thing("b")


async def test_a_record_without_a_usable_key_costs_a_dead_letter_and_marks_nothing(bench: Bench) -> None:
    for key in (None, b"", b"\xff\xfe", b"k" * 129):
        bench.broker.append(TopicPartition(IN, 0), key, b"garbage")
    await bench.reading()

    await bench.until_committed(4)
    assert [letter.key for letter in bench.letters()] == [b"", b"", b"\xff\xfe", b"k" * 129]
    assert bench.tables.find(THINGS, {}) == []


@pytest.mark.provokes_failures
async def test_a_record_whose_handler_raises_what_nobody_foresaw_is_set_aside_alone(bench: Bench) -> None:
    bench.tell("1")
    bench.tell("2", kind="broken")
    bench.tell("3")
    await bench.reading()

    await bench.until_committed(3)
    (letter,) = bench.letters()
    assert letter.headers["reason"] == "handler failed: LookupError"
    assert (bench.thing()["facts"], bench.thing()["incomplete"]) == (["1", "3"], ["in.v1/0/1"])
    assert bench.said() == ["a/1", "a/3"]


async def test_a_record_that_makes_the_store_refuse_its_document_is_parked_and_its_neighbours_are_saved(bench: Bench) -> None:
    bench.tell("1")
    bench.tell("2", kind="unsavable")
    bench.tell("3")
    bench.tell("1", subject="b")
    await bench.reading()

    await bench.until_committed(4)
    (letter,) = bench.letters()
    assert letter.headers["reason"] == "could not be saved: InvalidDocuments"
    assert letter.value == fact("2", "a", "unsavable", bench.machine.now())
    assert (bench.thing()["facts"], bench.thing()["incomplete"]) == (["1", "3"], ["in.v1/0/1"])
    assert "number" not in bench.thing()
    assert sorted(bench.said()) == ["a/1", "a/3", "b/1"]


async def test_a_record_larger_than_the_log_takes_is_parked_as_place_and_digest_and_blocks_nothing(bench: Bench) -> None:
    large = bench.put("a", KEPT_BY_NOBODY)
    bench.tell("1")
    await bench.reading()

    await bench.until_committed(2)
    (letter,) = bench.letters()
    assert (letter.key, letter.value) == (b"a", b"")
    assert (letter.headers["source-topic"], letter.headers["source-offset"]) == (IN, "0")
    assert (letter.headers["left-out"], letter.headers["size"]) == ("too-large", str(len(KEPT_BY_NOBODY)))
    assert letter.headers["digest"] == hashlib.sha256(KEPT_BY_NOBODY).hexdigest()
    assert bench.thing()["incomplete"] == [large.place]
    assert bench.said() == ["a/1"]


@pytest.mark.parametrize(
    ("key", "size"),
    [(b"", LARGEST_LETTER), (b"k" * 400_000, 600_000), (b"k" * 1_047_500, 10)],
    ids=["its reason", "its key and its reason", "its key alone"],
)
async def test_what_only_its_headers_or_key_make_too_large_is_parked_too(bench: Bench, key: bytes, size: int) -> None:
    bench.broker.append(TopicPartition(IN, 0), key, b"x" * size)
    bench.tell("1")
    member = await bench.reading(rules=Rules(THINGS, wordy, RULES.handle, encode))

    await bench.until_committed(2)
    (letter,) = bench.letters()
    assert letter.headers["source-offset"] == "0"
    assert set(bench.said()) == {"a/1"}  # published again when the letter was refused, under the same id
    assert member.counted("batches_failed") == 0


def wordy(value: bytes | None) -> Fact:
    """A decoder that says a lot about what is wrong: one sentence for each of many items."""
    if value is not None and value.startswith(b"{"):
        return decode(value)
    raise Invalid("; ".join(f"items.{number}: not an item" for number in range(60_000)))


async def test_an_output_larger_than_the_log_takes_is_refused_before_it_is_saved(bench: Bench) -> None:
    bench.tell("1", kind="giant")
    bench.tell("2")
    await bench.reading()

    await bench.until_committed(2)
    (letter,) = bench.letters()
    assert "bytes, the log takes" in letter.headers["reason"]
    assert (bench.thing()["facts"], bench.thing()["incomplete"]) == (["2"], ["in.v1/0/0"])
    assert bench.said() == ["a/2"]


async def test_a_lifted_dead_letter_that_is_read_again_leaves_the_document_complete_and_writes_no_second_letter(
    bench: Bench,
) -> None:
    bad = bench.put("a", b"garbage")
    first = await bench.reading()
    await bench.until_committed(1)
    await discard(first.intents, Letter(bad.place, "a", b"a", b"garbage", {}))
    await bench.leave(first)
    bench.broker.group("toy").committed.clear()  # the group is set back

    await bench.reading("b")
    await bench.until_committed(1)
    assert "incomplete" not in bench.thing()
    assert bench.thing()["lifted"] == [bad.place]
    assert len(bench.letters()) == 1


# --- null values ------------------------------------------------------------------


async def test_a_null_value_is_ignored_and_counted(bench: Bench) -> None:
    bench.tell("1")
    bench.put("a", None)
    bench.put("b", None)
    member = await bench.reading()

    await bench.until_committed(3)
    assert member.counted("tombstones_ignored", topic=IN) == 2
    assert (bench.letters(), bench.thing("b"), bench.thing()["facts"]) == ([], {}, ["1"])


async def test_a_null_value_forgets_where_the_service_says_that_it_does(bench: Bench) -> None:
    bench.tell("1")
    member = await bench.reading()
    await bench.until_committed(1)
    bench.put("a", None, ASKS)
    bench.put("b", None, ASKS)

    await bench.until_committed(2, ASKS)
    assert bench.thing() == {"_id": "a", "rev": 2, "forgotten": 1}
    assert bench.thing("b") == {}
    assert member.counted("tombstones_ignored", topic=ASKS) == 1
    assert bench.letters() == []


# --- parts that do not answer -------------------------------------------------------


@pytest.mark.parametrize("request_", ["get_many things", "save_many things", "publish", "commit"])
async def test_while_a_part_is_away_nothing_is_committed_and_the_batch_goes_on_by_itself(bench: Bench, request_: str) -> None:
    bench.tell("1", "2")
    member = bench.member()
    error = UnknownError() if request_ in ("publish", "commit") else Unavailable("mongodb: OperationFailure 1")
    member.way.refuse(error, request_)
    await member.start()

    await until(lambda: member.way.calls.count(f"refused {request_}") > 5)
    assert bench.committed() is None
    member.way.mend()
    await bench.until_committed(2)
    assert bench.letters() == []
    assert bench.thing() == {"_id": "a", "rev": 1, "facts": ["1", "2"], "outbox": bench.thing()["outbox"]}
    assert set(bench.said()) == {"a/1", "a/2"}
    assert member.counted("backoffs") > 5


async def test_a_document_that_a_newer_release_wrote_waits_and_is_no_dead_letter(bench: Bench) -> None:
    bench.tables.save_many(THINGS, [{"_id": "a", "rev": 0, "newer": 1}])
    bench.tell("1")
    member = await bench.reading()

    await until(lambda: member.counted("backoffs") > 3)
    assert (bench.committed(), bench.letters()) == (None, [])
    bench.tables.save_many(THINGS, [{"_id": "a", "rev": 1}])
    await bench.until_committed(1)
    assert bench.thing()["facts"] == ["1"]


async def test_pauses_grow_while_a_part_is_away(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.refuse(Unavailable("away"), "get_many things")
    await member.start()

    await until(lambda: len(bench.machine.slept) > 8)
    assert bench.machine.slept[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_a_part_that_stays_away_costs_the_batch_its_turn_and_not_the_process_its_membership(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member(patience_seconds=180.0)
    member.way.refuse(Unavailable("away"), "save_many things")
    await member.start()
    lease = member.log.lease
    await until(lambda: len(bench.machine.slept) > 3)
    bench.machine.seconds += 181

    await until(lambda: member.way.count("fetch") == 2)
    member.way.mend()
    await bench.until_committed(1)
    assert member.log.lease is lease
    assert bench.said() == ["a/1"]


# --- what nobody foresaw --------------------------------------------------------------


@pytest.mark.parametrize("request_", ["save_many things", "get_many things"])
async def test_an_error_of_the_whole_batch_is_looked_for_record_by_record(bench: Bench, request_: str) -> None:
    bench.tell("1")
    bench.tell("1", subject="b")
    member = bench.member()
    member.way.before_next(request_, raising(LookupError("once")))
    await member.start()

    await bench.until_committed(2)
    assert bench.letters() == []
    assert sorted(bench.said()) == ["a/1", "b/1"]


def raising(error: Exception) -> Callable[[], None]:
    """Something that fails."""

    def fail() -> None:
        raise error

    return fail


async def test_an_unforeseen_error_gives_the_batch_back_instead_of_passing_it_over(bench: Bench) -> None:
    bench.tell("1", "2")
    member = bench.member(max_records=1)
    member.way.before_next("publish", raising(LookupError("nobody foresaw this")))
    await member.start()

    await bench.until_committed(2)
    assert list(dict.fromkeys(bench.said())) == ["a/1", "a/2"]
    assert member.counted("batches_failed") == 1


async def test_an_unforeseen_error_before_the_save_gives_the_batch_back_too(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    calls: list[int] = []

    def judge(failed: int, handled: int) -> bool:
        calls.append(handled - failed)
        if len(calls) == 1:
            raise LookupError("nobody foresaw this")
        return False

    member.loop.brake.judge = judge  # type: ignore[method-assign]
    await member.start()

    await bench.until_committed(1)
    assert calls == [1, 1]
    assert bench.said() == ["a/1"]


async def test_after_a_failed_publish_the_next_batch_goes_back_with_it_and_both_come_again_in_order(bench: Bench) -> None:
    bench.tell("1", "2", "3")
    member = bench.member(max_records=1)
    member.way.hold("publish")
    await member.start()
    await until(lambda: bench.thing().get("facts") == ["1", "2"])
    member.way.before_next("publish", raising(LookupError("nobody foresaw this")))
    member.way.let_go("publish")

    await bench.until_committed(3)
    assert bench.said() == ["a/1", "a/2", "a/3"]
    commits = [offset for offset in range(4) if offset]
    assert member.way.count("commit") == len(commits)


# --- leases ---------------------------------------------------------------------------


async def overtaken(bench: Bench, member: Member, held: str) -> Member:
    """Another process gets the partitions of one that hangs in a request; returns the other."""
    await until(lambda: held in member.way.waiting)
    member.way.hold("join")
    member.log.expire()
    await until(lambda: member.log.lease is None)
    return await bench.reading("b")


async def test_a_dead_lease_commits_nothing(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.hold("publish")
    await member.start()
    other = await overtaken(bench, member, "publish")
    await bench.until_committed(1)
    member.way.let_go("publish")

    await until(lambda: len(bench.said()) == 2)
    await settled()
    assert (member.way.count("commit"), other.way.count("commit")) == (0, 1)


async def test_partitions_that_go_away_and_come_back_never_move_a_commit_back(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.hold("publish")
    await member.start()
    other = await overtaken(bench, member, "publish")
    bench.tell("2", "3")
    await bench.until_committed(3)
    await bench.leave(other)
    member.way.let_go("join")
    await until(lambda: member.log.lease is not None)
    member.way.let_go("publish")

    await settled()
    assert bench.committed() == 3
    bench.tell("4")
    await bench.until_committed(4)
    lease = member.log.lease
    assert lease is not None
    await until(lambda: lease.handled[PLACE].next_offset == 4)
    assert list(dict.fromkeys(bench.said())) == ["a/1", "a/2", "a/3", "a/4"]


async def test_what_is_saved_and_not_published_survives_a_lost_lease(bench: Bench) -> None:
    bench.tell("1", "2")
    member = bench.member(max_records=1)
    member.way.refuse(UnknownError(), "publish")
    await member.start()
    await until(lambda: bench.thing().get("facts") == ["1", "2"])
    assert recorded(bench.thing()) == ["a/1", "a/2"]

    member.way.hold("join")
    member.log.expire()
    await bench.reading("b")
    bench.tell("3")
    await bench.until_committed(3)
    assert bench.said() == ["a/1", "a/2", "a/3"]


async def test_a_batch_saved_under_a_dead_lease_is_published_by_whoever_reads_it_again(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.hold("save_many things")
    await member.start()
    other = await overtaken(bench, member, "save_many things")
    await bench.until_committed(1)
    member.way.let_go("save_many things")

    await settled()
    assert bench.thing()["rev"] == 1
    assert other.way.count("commit") == 1
    assert member.way.count("commit") == 0


# --- the brake ------------------------------------------------------------------------


async def test_too_many_failures_stop_the_service_before_they_reach_the_dead_letters(bench: Bench) -> None:
    for number in range(10):
        bench.put(f"thing-{number}", b"garbage")
    member = await bench.reading(brake_window=10)

    await until(lambda: member.loop.brake.engaged)
    await settled()
    assert member.loop.brake.engaged == "10 of 10 records failed: not a fact"
    assert bench.tables.get_many(STATE, [BRAKE])[BRAKE]["reason"] == member.loop.brake.engaged
    assert (bench.letters(), bench.committed(), member.gauge("braked")) == ([], None, 1.0)


async def test_while_it_is_braked_a_service_handles_nothing_and_goes_on_when_it_is_released(bench: Bench) -> None:
    member = bench.member()
    await member.loop.brake.engage("somebody looks")
    bench.tell("1")
    await member.start()
    await until(lambda: member.way.count("fetch") > 5)
    assert (bench.thing(), bench.committed()) == ({}, None)

    await release(member.parts.store)
    await member.loop.brake.look()
    await bench.until_committed(1)
    assert bench.said() == ["a/1"]
    assert (1.0 in bench.machine.slept, member.counted("batches_failed")) == (True, 0)


async def test_a_released_brake_lets_the_batch_through_that_it_had_stopped_at(bench: Bench) -> None:
    for number in range(10):
        bench.put(f"thing-{number}", b"garbage")
    bench.tell("1")
    member = await bench.reading(brake_window=10)
    await until(lambda: member.loop.brake.engaged)

    await release(member.parts.store)
    await member.loop.brake.look()
    await bench.until_committed(11)
    assert len(bench.letters()) == 10
    assert bench.said() == ["a/1"]
    for number in range(10):
        bench.put(f"thing-{number}", b"more garbage")
    await until(lambda: member.loop.brake.engaged)
    assert len(bench.letters()) == 10


# --- stop -----------------------------------------------------------------------------


async def test_a_service_that_leaves_finishes_the_batch_it_publishes_and_takes_no_other(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member(max_records=1)
    member.way.hold("publish")
    await member.start()
    await until(lambda: "publish" in member.way.waiting)
    leaving = asyncio.create_task(member.loop.drain())
    await settled()
    bench.tell("2")
    assert not leaving.done()

    member.way.let_go("publish")
    await leaving
    assert (bench.said(), bench.committed(), bench.thing()["facts"]) == (["a/1"], 1, ["1"])


async def test_a_service_that_leaves_does_not_wait_for_parts_that_are_away(bench: Bench) -> None:
    bench.tell("1")
    member = bench.member()
    member.way.refuse(UnknownError(), "publish")
    await member.start()
    await until(lambda: "refused publish" in member.way.calls)

    await asyncio.wait_for(member.loop.drain(), 1)
    assert bench.committed() is None
    assert recorded(bench.thing()) == ["a/1"]

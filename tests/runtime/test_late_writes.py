"""What no record starts: intents, and saves that land when everybody has given them up (docs/decisions/0018-late-writes.md)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka.errors import UnknownError

from runtime.errors import Invalid, Unavailable
from runtime.intents import Intents
from runtime.outputs import UNSETTLED, Decision
from runtime.parts import INTENTS
from runtime.store import Document
from tests.runtime.hand import GIANT, THINGS, Bench, Member, encode, note, recorded, say, settled, until

LONG = timedelta(seconds=31)  # longer than the age at which an intent is swept


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A store and a log."""
    bench = Bench()
    yield bench
    await bench.close()


async def write(member: Member, name: str, subject: str = "a") -> None:
    """A request by HTTP: accepted once this returns."""
    await member.intents.apply([subject], note(name))


def answering(document: Document) -> Decision:
    """Somebody who only wants to know."""
    return Decision(document, answer=document["_id"])


def touching(document: Document) -> Decision:
    """The same, and changes each without a word."""
    return Decision({**document, "touched": 1}, answer=document["_id"])


# --- the usual way ------------------------------------------------------------------


async def test_an_intent_stands_in_the_store_before_its_save_is_sent(bench: Bench) -> None:
    member = bench.member()
    member.way.hold("insert_unique intents")
    writing = asyncio.create_task(write(member, "n"))
    await settled()
    assert (bench.thing(), member.way.waiting) == ({}, ["insert_unique intents"])

    member.way.let_go("insert_unique intents")
    await writing
    steps = ["insert_unique intents", "save_many things", "publish", "delete_many intents"]
    assert [call for call in member.way.calls if call in steps] == steps
    assert (bench.said(), bench.open_intents()) == (["a/n"], [])


async def test_an_intent_is_deleted_only_when_all_acknowledgements_are_there(bench: Bench) -> None:
    member = bench.member()
    member.way.hold("publish")
    writing = asyncio.create_task(write(member, "n"))
    await until(lambda: member.way.waiting)
    await settled()
    assert len(bench.open_intents()) == 1

    member.way.let_go("publish")
    await writing
    assert bench.open_intents() == []


async def test_what_was_just_saved_is_published_without_being_read_again(bench: Bench) -> None:
    member = bench.member()
    await member.intents.apply(["a", "b"], note("n"))

    assert (bench.said(), member.way.count("get_many things")) == (["a/n", "b/n"], 1)


async def test_an_intent_whose_outputs_could_not_be_published_is_kept_and_swept(bench: Bench) -> None:
    member = bench.member()
    member.way.refuse(UnknownError(), "publish")
    with pytest.raises(Unavailable):
        await write(member, "n")
    assert len(bench.open_intents()) == 1

    member.way.mend()
    await member.intents.sweep()
    assert bench.said() == []  # not yet: somebody may still be at it
    bench.machine.pass_by(LONG)
    await member.intents.sweep()
    assert (bench.said(), bench.open_intents()) == (["a/n"], [])


async def test_what_says_nothing_needs_no_intent_and_what_changes_nothing_is_not_saved(bench: Bench) -> None:
    member = bench.member()
    await member.intents.apply(["a"], lambda document: Decision({**document, "quiet": 1}))
    await member.intents.apply(["a"], Decision)

    assert bench.thing() == {"_id": "a", "rev": 1, "quiet": 1}
    assert member.way.count("insert_unique intents") == 0


async def test_outputs_of_an_intent_are_dropped_at_the_first_save_after_it_is_done_and_not_before(bench: Bench) -> None:
    member = bench.member()
    await member.intents.change(["a"], note("1"))
    await member.intents.change(["a"], note("2"))
    assert recorded(bench.thing()) == ["a/1", "a/2"]

    bench.machine.pass_by(LONG)
    await member.intents.sweep()
    await write(member, "3")
    assert recorded(bench.thing()) == ["a/3"]
    assert sorted(bench.said()) == ["a/1", "a/2", "a/3"]


async def test_who_asks_for_what_is_published_is_not_given_what_was_said_of_a_record_before_its_commit(bench: Bench) -> None:
    """What leaves the house because of it could not be told from the log after a crash (R24)."""
    bench.tell("1")
    member = bench.member()
    member.way.hold("publish")
    await member.start()
    await until(lambda: member.way.waiting == ["publish"])

    assert await member.intents.apply(["a", "b"], answering, sure_only=True) == {"b": "b"}
    member.way.let_go("publish")
    await bench.until_committed(1)
    assert await member.intents.apply(["a", "b"], answering, sure_only=True) == {"a": "a", "b": "b"}


async def test_who_asks_for_what_is_published_is_not_given_what_was_said_under_an_open_intent(bench: Bench) -> None:
    member = bench.member()
    member.way.hold("publish")
    writing = asyncio.create_task(write(member, "n"))
    await until(lambda: member.way.waiting)

    assert await member.intents.apply(["a"], answering, sure_only=True) == {}
    member.way.let_go("publish")
    await writing
    assert await member.intents.apply(["a"], answering, sure_only=True) == {"a": "a"}


async def test_who_asks_for_what_is_published_is_not_given_what_a_record_overtook(bench: Bench) -> None:
    """Its save is refused, since a record changed the document meanwhile; what the record said is not published yet."""
    member, other = bench.member(), bench.member()
    member.way.hold("save_many things")
    asking = asyncio.create_task(member.intents.apply(["a", "b"], touching, sure_only=True))
    await until(lambda: member.way.waiting)
    other.way.hold("publish")
    writing = asyncio.create_task(write(other, "n"))
    await until(lambda: other.way.waiting == ["publish"])
    member.way.let_go("save_many things")

    assert await asking == {"b": "b"}
    assert "touched" not in bench.thing()
    other.way.let_go("publish")
    await writing
    assert await member.intents.apply(["a"], touching, sure_only=True) == {"a": "a"}


async def test_who_asks_for_what_is_sure_is_not_given_what_was_brought_back_and_not_compared(bench: Bench) -> None:
    bench.tables.save_many(THINGS, [{"_id": "a", "rev": 0, UNSETTLED: 1}])
    member = bench.member()

    assert await member.intents.apply(["a", "b"], answering, sure_only=True) == {"b": "b"}


async def test_what_another_instance_has_committed_is_published_too(bench: Bench) -> None:
    bench.tell("1")
    await bench.reading()
    await bench.until_committed(1)
    another = bench.member()

    assert recorded(bench.thing()) == ["a/1"]
    assert await another.intents.apply(["a"], answering, sure_only=True) == {"a": "a"}


async def test_an_output_larger_than_the_log_takes_is_refused_before_anything_is_saved(bench: Bench) -> None:
    member = bench.member()
    with pytest.raises(Invalid, match="the log takes"):
        await member.intents.apply(["a"], lambda document: Decision({**document, "x": 1}, [say("a", "giant", GIANT)]))

    assert (bench.thing(), bench.open_intents()) == ({}, [])


async def test_who_changes_documents_gets_what_was_decided_about_each(bench: Bench) -> None:
    def decide(document: Document) -> Decision:
        return Decision({**document, "n": 1}, [say(document["_id"], "n")], f"told of {document['_id']}")

    assert await bench.member().intents.apply(["a", "b"], decide) == {"a": "told of a", "b": "told of b"}


# --- late saves -----------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False], ids=["a known document", "a new document"])
async def test_a_save_that_lands_after_its_intent_was_swept_never_lands_and_the_repetition_is_published(
    bench: Bench, known: bool
) -> None:
    member = bench.member()
    if known:
        await write(member, "before")
    late = member.way.late("save_many things")
    with pytest.raises(Unavailable):
        await write(member, "n")
    member.way.mend()
    bench.machine.pass_by(LONG)
    await member.intents.sweep()
    assert bench.open_intents() == []

    assert [land() for land in late] == [{"a"}]  # it lost its revision
    assert "n" not in bench.thing().get("notes", [])
    await write(member, "n")
    assert bench.said().count("a/n") == 1
    assert bench.open_intents() == []


async def test_a_save_that_lands_just_before_the_fence_is_published_by_the_sweeper(bench: Bench) -> None:
    member = bench.member()
    late = member.way.late("save_many things")
    with pytest.raises(Unavailable):
        await write(member, "n")
    member.way.mend()
    bench.machine.pass_by(LONG)
    member.way.before_next("save_many things", late[0])
    await member.intents.sweep()

    assert bench.thing()["notes"] == ["n"]
    assert (bench.said(), bench.open_intents()) == (["a/n"], [])


async def test_a_save_that_landed_without_an_answer_is_published_by_the_sweeper(bench: Bench) -> None:
    member = bench.member()
    late = member.way.late("save_many things")
    with pytest.raises(Unavailable):
        await write(member, "n")
    late[0]()
    member.way.mend()
    bench.machine.pass_by(LONG)
    await member.intents.sweep()

    assert (bench.thing()["rev"], bench.said(), bench.open_intents()) == (1, ["a/n"], [])


async def test_a_document_that_does_not_exist_is_fenced_by_a_stub_without_content(bench: Bench) -> None:
    member = bench.member()
    late = member.way.late("save_many things")
    with pytest.raises(Unavailable):
        await write(member, "n")
    member.way.mend()
    bench.machine.pass_by(LONG)
    await member.intents.sweep()

    assert bench.thing() == {"_id": "a", "rev": 1}
    assert late[0]() == {"a"}
    await write(member, "m")
    assert (bench.thing()["notes"], bench.said()) == (["m"], ["a/m"])


async def test_an_intent_whose_save_was_never_sent_ends(bench: Bench) -> None:
    dead = bench.member()
    dead.way.hold("save_many things")
    writing = asyncio.create_task(write(dead, "n"))
    await until(lambda: dead.way.waiting)
    other = bench.member("b")
    bench.machine.pass_by(LONG)
    await other.intents.sweep()

    assert (bench.open_intents(), bench.said()) == ([], [])
    dead.way.let_go("save_many things")  # it was not dead, only slow: it decides again
    await writing
    assert (bench.thing()["notes"], bench.said(), bench.open_intents()) == (["n"], ["a/n"], [])


async def test_a_document_whose_revision_was_lost_goes_under_an_intent_of_its_own(bench: Bench) -> None:
    member = bench.member()
    other: Document = {"_id": "a", "rev": 0, "notes": ["theirs"]}
    member.way.before_next("save_many things", lambda: bench.tables.save_many(THINGS, [other]))
    intents = (await member.intents.change(["a", "b"], note("n"))).intents

    assert [intent.ids for intent in intents] == [("b",), ("a",)]
    assert len({intent.id for intent in intents}) == 2
    assert {entry["i"] for entry in bench.thing()["outbox"]} == {intents[1].id}
    assert bench.thing()["notes"] == ["theirs", "n"]
    for intent in intents:
        await member.intents.deliver(intent)
    assert (sorted(bench.said()), bench.open_intents()) == (["a/n", "b/n"], [])


async def test_a_fence_costs_a_slow_writer_another_round_and_nothing_else(bench: Bench) -> None:
    slow = bench.member()
    await write(slow, "before")
    slow.way.hold("save_many things")
    writing = asyncio.create_task(write(slow, "n"))
    await until(lambda: slow.way.waiting)
    bench.machine.pass_by(LONG)
    await bench.member("b").intents.sweep()
    slow.way.let_go("save_many things")

    await writing
    assert (bench.said(), bench.open_intents()) == (["a/before", "a/n"], [])
    assert slow.counted("save_conflicts") == 1


# --- the sweeper ------------------------------------------------------------------------


@pytest.mark.parametrize("request_", ["save_many things", "publish"])
async def test_the_sweeper_leaves_alone_what_this_process_is_saving_or_delivering(bench: Bench, request_: str) -> None:
    member = bench.member()
    member.way.hold(request_)
    writing = asyncio.create_task(write(member, "n"))
    await until(lambda: member.way.waiting)
    bench.machine.pass_by(LONG)
    await member.intents.sweep()
    assert member.way.waiting == [request_]
    assert len(bench.open_intents()) == 1

    member.way.let_go(request_)
    await writing
    assert (bench.said(), bench.open_intents()) == (["a/n"], [])
    assert member.counted("save_conflicts") == 0


async def test_intents_of_one_collection_are_not_touched_by_the_sweeper_of_another(bench: Bench) -> None:
    member = bench.member()
    bench.tables.declare("others")
    await member.intents.change(["a"], note("n"))
    bench.machine.pass_by(LONG)
    await Intents(member.parts, "others", encode).sweep()

    assert len(bench.open_intents()) == 1
    assert bench.tables.find("others", {}) == []
    await member.intents.sweep()
    assert (bench.said(), bench.open_intents()) == (["a/n"], [])


async def test_the_sweeper_goes_through_more_intents_than_fit_on_a_page(bench: Bench) -> None:
    member = bench.member()
    for number in range(120):
        await member.intents.change([f"thing-{number}"], note("n"))
    bench.machine.pass_by(LONG)
    await member.intents.sweep()

    assert (len(bench.said()), bench.open_intents()) == (120, [])


async def test_of_several_documents_of_an_intent_only_those_that_show_it_are_published(bench: Bench) -> None:
    member = bench.member()
    (intent,) = (await member.intents.change(["a"], note("n"))).intents
    entry = bench.tables.get_many(INTENTS, [intent.id])[intent.id]
    bench.tables.save_many(INTENTS, [{**entry, "ids": ["a", "b"]}])
    bench.machine.pass_by(LONG)
    await member.intents.sweep()

    assert bench.said() == ["a/n"]
    assert (bench.thing("a")["rev"], bench.thing("b")) == (1, {"_id": "b", "rev": 1})

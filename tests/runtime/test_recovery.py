"""A store that is empty, older than the log, or of another log: what a start says and does."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition

from runtime.alive import note_alive
from runtime.deadletters import Letter, letter_of, settlement
from runtime.errors import CannotStartError, Invalid
from runtime.intents import Intents
from runtime.log import Partition, Wire
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.loop import Loop
from runtime.machine import SystemMachine
from runtime.outputs import UNSETTLED, Decision, Output, Rules
from runtime.parts import STATE
from runtime.recovery import LOG, Anchor, Recall, Recovery, empty, note_restored, open_intents
from runtime.store import Document, Index
from runtime.store.memory import MemoryDocuments, MemoryTables
from tests.runtime.alone import parts_on

TOYS, FACTS, WORDS = "toys", "facts", "words"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Toy:
    """An event: a fact with a number, or a word about the sum of all facts so far."""

    id: str
    subject: str
    number: int
    time: datetime = START


def decode(value: bytes | None) -> Toy:
    try:
        raw = json.loads(value or b"")
        return Toy(raw["id"], raw["subject"], raw["number"])
    except (ValueError, KeyError) as error:
        raise Invalid("no toy") from error


def encode(output: Output) -> bytes:
    return json.dumps({"id": output.id, "subject": output.key, **output.body}).encode()


def fact(subject: str, number: int) -> Wire:
    return Wire(FACTS, subject, json.dumps({"id": f"{subject}/{number}", "subject": subject, "number": number}).encode())


def absorb(document: Document, event: Toy) -> Document:
    known = document.get("facts", {})
    return document if event.id in known else {**document, "facts": {**known, event.id: event.number}}


def settle(document: Document) -> Decision:
    """One word per fact; where words are missing, one about all."""
    facts, words = document.get("facts", {}), document.get("words", {})
    if len(words) >= len(facts):
        return Decision(document)
    identity = f"{document['_id']}#{len(facts)}"
    after = {**document, "words": {**words, identity: sum(facts.values())}}
    return Decision(after, [Output(WORDS, document["_id"], identity, {"number": sum(facts.values())})])


def handle(document: Document, event: Toy) -> Decision:
    after = absorb(document, event)
    return Decision(document) if after is document else settle(after)


def recall(document: Document, event: Toy) -> Document:
    known = document.get("words", {})
    return document if event.id in known else {**document, "words": {**known, event.id: event.number}}


RULES: Rules[Toy] = Rules(TOYS, decode, handle, encode)
RECOVERY: Recovery[Toy] = Recovery(
    collection=TOYS,
    decode=decode,
    made_from_log=(TOYS,),
    recalls=(Recall(WORDS, TOYS, recall),),
    absorb=absorb,
    settle=settle,
)


class Wall(SystemMachine):
    """A machine whose wall clock a test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = timedelta()

    def wall(self) -> datetime:
        return START + self.moved

    def monotonic(self) -> float:
        return self.moved.total_seconds()


@dataclass
class Bench:
    """A broker that outlives processes, and the tables of one service."""

    broker: MemoryBroker = field(
        default_factory=lambda: MemoryBroker({FACTS: 2, WORDS: 2, "toy.dlq": 2}, lambda: round(START.timestamp() * 1000))
    )
    tables: MemoryTables = field(default_factory=MemoryTables)
    machine: Wall = field(default_factory=Wall)

    def process(self, **changes: Any) -> "Process":
        return Process(self, replace(RECOVERY, **changes))

    async def publish(self, *wires: Wire) -> None:
        await MemoryLog("writer", self.broker).publish(wires)

    async def words(self) -> list[str]:
        """Ids of everything that was said, in order, per partition; readers drop the ids they know."""
        log = MemoryLog("reader", self.broker)
        places = dict.fromkeys(await _partitions(log, WORDS), 0)
        found = await log.read(places, 1000)
        return list(dict.fromkeys(decode(record.value).id for records in found.values() for record in records))

    def documents(self) -> dict[str, Document]:
        return {d["_id"]: {k: v for k, v in d.items() if k not in ("rev", "outbox")} for d in self.tables.find(TOYS, {})}

    def copy(self) -> MemoryTables:
        """The store as it is now."""
        copied = MemoryTables()
        copied._tables = {name: dict(table) for name, table in self.tables._tables.items()}
        copied._many = {name: set(many) for name, many in self.tables._many.items()}
        return copied


async def _partitions(log: MemoryLog, topic: str) -> list[Any]:
    return [Partition(topic, number) for number in range((await log.partitions([topic]))[topic])]


class Process:
    """One process of the toy service."""

    def __init__(self, bench: Bench, recovery: Recovery[Toy]) -> None:
        self.bench = bench
        self.log = MemoryLog("toy", bench.broker)
        self.parts = parts_on(MemoryDocuments(bench.tables), self.log, bench.machine)
        self.intents = Intents(self.parts, TOYS, encode)
        self.anchor: Anchor[Toy] = Anchor(self.parts, recovery, [FACTS], self.intents)
        self.loop = Loop(self.parts, self.anchor.guard(RULES), [FACTS])
        self.log.subscribe([FACTS], self.loop.handle)
        self.anchor.hold(self.loop)

    async def start(self) -> "Process":
        for collection in (TOYS, STATE):
            await self.parts.store.declare(collection, [Index(UNSETTLED)])
        await self.intents.declare()
        await self.anchor.begin()
        await self.log.start()
        return self

    async def quiet(self) -> "Process":
        """Until all is read and settled."""
        async with asyncio.timeout(10):
            while True:
                self.bench.machine.moved += timedelta(seconds=6)
                await self.anchor.tick()
                ends = await self.log.ends(await _partitions(self.log, FACTS))
                done = await self.log.committed(ends)
                if not self.anchor.running and all(done.get(place, 0) >= end for place, end in ends.items()):
                    await self.anchor.tick()
                    return self
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        await self.loop.drain()
        await self.log.stop()


async def lived(bench: Bench, *wires: Wire) -> None:
    """A process that handles these and stops."""
    process = await bench.process().start()
    await bench.publish(*wires)
    await (await process.quiet()).stop()


async def test_a_new_store_in_front_of_a_new_log_begins_without_a_word() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2), fact("b", 5))

    assert sorted(await bench.words()) == ["a#1", "a#2", "b#1"]


async def test_a_restart_changes_nothing_and_says_nothing() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2))
    before, words = bench.documents(), await bench.words()

    await lived(bench)

    assert bench.documents() == before
    assert await bench.words() == words


async def test_an_empty_store_of_a_service_that_has_spoken_is_refused_with_what_helps() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    bench.tables = MemoryTables()

    with pytest.raises(CannotStartError, match="dunghen rebuild toy"):
        await bench.process().start()


async def test_an_emptied_store_comes_back_to_the_last_document_and_says_nothing_again() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2), fact("b", 5))
    before, words = bench.documents(), await bench.words()

    assert await empty(MemoryDocuments(bench.tables), [TOYS]) == 2
    await lived(bench)

    assert bench.documents() == before
    assert await bench.words() == words


async def test_a_lost_store_comes_back_too_once_somebody_has_said_so() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2))
    before, words = bench.documents(), await bench.words()
    bench.tables = MemoryTables()

    await empty(MemoryDocuments(bench.tables), [TOYS])
    await lived(bench)

    assert (bench.documents(), await bench.words()) == (before, words)


async def test_a_store_restored_from_an_older_copy_learns_what_was_said_since() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("b", 5))
    copy = bench.copy()
    await lived(bench, fact("a", 2), fact("b", 6), fact("c", 7))
    before, words = bench.documents(), await bench.words()

    bench.tables = copy
    await lived(bench)

    assert (bench.documents(), await bench.words()) == (before, words)


async def test_a_copy_that_a_person_says_was_put_back_is_compared_though_the_log_says_nothing_new() -> None:
    """What was handed over before anything was said of it is known to nobody but the person (docs/simulation.md)."""
    bench = Bench()
    await lived(bench, fact("a", 1), fact("b", 5))
    before, words = bench.documents(), await bench.words()

    await note_restored(MemoryDocuments(bench.tables))
    process = await bench.process().start()
    assert process.anchor.running
    await (await process.quiet()).stop()
    assert (bench.documents(), await bench.words()) == (before, words)

    again = await bench.process().start()
    assert not again.anchor.running
    await again.stop()


async def test_an_instance_that_looks_slowly_does_not_begin_again_what_another_has_recovered() -> None:
    """It would wait for a group without members, and the others for it."""
    bench = Bench()
    await lived(bench, fact("a", 1))
    copy = bench.copy()
    await lived(bench, fact("a", 2), fact("b", 5))
    before, words, bench.tables = bench.documents(), await bench.words(), copy
    late = bench.process()
    differs, looks = late.anchor._differs, list[bool]()

    async def slowly(known: Document, look: Any) -> bool:
        looks.append(await differs(known, look))
        if len(looks) == 1:
            await lived(bench)
        return looks[-1]

    late.anchor._differs = slowly  # type: ignore[method-assign]
    await late.start()

    assert looks == [True, False]
    assert not late.anchor.running
    await (await late.quiet()).stop()
    assert (bench.documents(), await bench.words()) == (before, words)


async def test_of_a_store_that_is_used_nobody_says_that_it_was_put_back() -> None:
    """The next restart of one instance would begin recovery, and that waits until all others have stopped."""
    bench = Bench()
    await lived(bench, fact("a", 1))
    store = MemoryDocuments(bench.tables, now=bench.machine.wall)
    await note_alive(bench.process().parts)

    with pytest.raises(CannotStartError, match="đang được dùng"):
        await note_restored(store)
    bench.machine.moved += timedelta(seconds=31)
    await note_restored(store)


async def test_nothing_can_be_said_of_a_store_that_knows_no_log() -> None:
    with pytest.raises(CannotStartError, match="chưa biết nhật ký"):
        await note_restored(MemoryDocuments(MemoryTables()))


async def test_a_copy_taken_before_the_first_mark_was_closed_reads_all_again() -> None:
    """Of a service that only folds what it reads, nothing else tells that its store is older than its group's offsets."""
    bench = Bench()

    async def read(*wires: Wire) -> None:
        process = await bench.process(recalls=(), absorb=None, settle=None).start()
        await bench.publish(*wires)
        await (await process.quiet()).stop()

    await (await bench.process(recalls=(), absorb=None, settle=None).start()).stop()
    copy = bench.copy()
    await read(fact("a", 1), fact("b", 5))
    before = bench.documents()
    bench.tables = copy

    await read(fact("c", 7))
    assert {name: document["facts"] for name, document in bench.documents().items() if name != "c"} == {
        name: document["facts"] for name, document in before.items()
    }


async def test_what_came_while_the_store_was_away_is_said_after_recovery_and_once() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    await empty(MemoryDocuments(bench.tables), [TOYS])
    await bench.publish(fact("a", 2), fact("b", 3))

    await lived(bench)
    await lived(bench)

    assert sorted(await bench.words()) == ["a#1", "a#2", "b#1"]


async def test_a_recovery_that_dies_at_any_point_is_gone_on_with() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2), fact("b", 5))
    before, words = bench.documents(), await bench.words()
    await empty(MemoryDocuments(bench.tables), [TOYS])

    dead = await bench.process().start()  # read back, and dead before the first tick
    await dead.log.stop()
    assert UNSETTLED in bench.documents()["a"]
    await lived(bench)

    assert (bench.documents(), await bench.words()) == (before, words)


async def test_a_group_that_lost_its_offsets_begins_at_the_mark() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("a", 2))
    for _ in range(4):
        bench.machine.moved += timedelta(minutes=2)
        await lived(bench)
    before, words = bench.documents(), await bench.words()
    bench.broker.group("toy").committed.clear()

    process = await bench.process().start()

    assert sum(bench.broker.group("toy").committed.values()) == 2
    await (await process.quiet()).stop()
    assert (bench.documents(), await bench.words()) == (before, words)


async def test_another_cluster_is_another_log() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    bench.broker.cluster = "elsewhere"

    with pytest.raises(CannotStartError, match="cluster memory"):
        await bench.process().start()


@pytest.mark.parametrize("topic", [FACTS, WORDS])
async def test_a_topic_that_was_made_anew_is_found_out(topic: str) -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    for partition in bench.broker._topics[topic].partitions:
        partition.clear()

    with pytest.raises(CannotStartError, match="made anew"):
        await bench.process().start()


async def test_a_store_of_an_earlier_release_is_taken_as_it_is() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    bench.tables.delete_many(STATE, [LOG])

    await lived(bench, fact("a", 2))

    assert sorted(await bench.words()) == ["a#1", "a#2"]


async def test_a_store_made_by_another_version_is_not_gone_on_with() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))

    with pytest.raises(CannotStartError, match="version 1, this is 2"):
        await bench.process(version="2").start()


async def test_garbage_and_nulls_on_an_own_topic_cost_nothing_but_a_note() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    await bench.publish(Wire(WORDS, "a", b"oops"))
    for place in [p for p in (await _places(bench)) if bench.broker.end(p)]:
        bench.broker.append(place, b"a", None)
    before = bench.documents()
    await empty(MemoryDocuments(bench.tables), [TOYS])

    await lived(bench)

    assert bench.documents() == before


async def _places(bench: Bench) -> list[Any]:
    return [TopicPartition(WORDS, number) for number in range(2)]


async def test_a_dead_letter_and_what_became_of_it_come_back_with_the_store() -> None:
    bench = Bench()
    bad = Wire(FACTS, "a", b"{broken")
    await lived(bench, fact("a", 1), bad, bad)
    assert len(bench.documents()["a"]["incomplete"]) == 2
    letters = await _letters(bench)
    mended = json.dumps({"id": "a/9", "subject": "a", "number": 9}).encode()
    await bench.publish(settlement("toy.dlq", letters[0], "replayed", mended), settlement("toy.dlq", letters[1], "discarded"))
    await empty(MemoryDocuments(bench.tables), [TOYS])

    await lived(bench)

    document = bench.documents()["a"]
    assert "incomplete" not in document
    assert document["lifted"] == [letter.place for letter in letters]
    assert document["facts"] == {"a/1": 1, "a/9": 9}


async def _letters(bench: Bench) -> list[Letter]:
    log = MemoryLog("reader", bench.broker)
    found = await log.read(dict.fromkeys(await _partitions(log, "toy.dlq"), 0), 100)
    letters = [letter_of(r.key, r.value, r.headers) for records in found.values() for r in records]
    return [letter for letter in letters if letter is not None]


async def test_while_it_recovers_timers_and_senders_rest() -> None:
    bench = Bench()
    await lived(bench, fact("a", 1), fact("b", 2))
    await empty(MemoryDocuments(bench.tables), [TOYS])

    process = await bench.process().start()

    assert process.anchor.running
    assert process.loop.resting
    assert process.anchor.waiting == "recovering: 2 records to read"
    await (await process.quiet()).stop()
    assert not process.loop.resting
    assert process.anchor.waiting == ""


async def test_a_service_is_not_ready_before_what_it_read_back_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    await lived(bench, fact("a", 1))
    await empty(MemoryDocuments(bench.tables), [TOYS])
    process, reasons, settle = await bench.process().start(), list[str](), Anchor._settle

    async def noted(anchor: Anchor[Any]) -> None:
        reasons.append(anchor.waiting)
        await settle(anchor)

    monkeypatch.setattr(Anchor, "_settle", noted)
    await (await process.quiet()).stop()

    assert (reasons[0], reasons[-1]) == ("recovering: comparing what was read with what was said", "")
    assert process.anchor.waiting == ""


async def test_a_document_that_is_not_settled_yet_is_decided_by_nobody() -> None:
    guarded = Bench().process()
    guarded.anchor._now_running(False)
    document: Document = {"_id": "a", "rev": 1, UNSETTLED: 1}

    decision = guarded.loop.rules.handle(document, Toy("a/1", "a", 1))

    assert decision.document == {**document, "facts": {"a/1": 1}}
    assert not decision.outputs


async def test_the_mark_a_start_begins_from_is_older_than_a_copy_takes() -> None:
    bench = Bench()
    process = await bench.process().start()
    bench.machine.moved += timedelta(seconds=6)
    await process.anchor.tick()
    await bench.publish(fact("a", 1))
    await process.quiet()

    def begins_from() -> int:
        return sum(bench.tables.get_many(STATE, [LOG])[LOG]["marks"][0]["inputs"].values())

    assert begins_from() == 0
    marks = 0
    async with asyncio.timeout(10):
        while begins_from() == 0:  # a tick that finds no lease, after a leap of a minute, marks nothing new
            bench.machine.moved += timedelta(seconds=61)
            await process.anchor.tick()
            marks += 1
            await asyncio.sleep(0.01)
    assert marks >= 2
    assert begins_from() == 1
    await process.stop()


async def test_a_new_store_recovers_in_silence_where_the_service_wants_that() -> None:
    bench = Bench()
    await bench.publish(fact("a", 1), fact("a", 2))

    process = await bench.process(quiet_start=True).start()
    assert process.anchor.running
    await (await process.quiet()).stop()

    assert await bench.words() == ["a#2"]


async def test_open_intents_are_counted_before_a_rebuild() -> None:
    bench = Bench()
    process = await bench.process().start()
    await process.intents.change(["a"], lambda document: settle({**document, "facts": {"x": 1}}))

    assert await open_intents(process.parts.store) == 1
    await process.stop()

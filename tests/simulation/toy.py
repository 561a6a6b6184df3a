"""A toy service: small enough that a world costs milliseconds, and it uses all of the runtime.

Each input record makes one output under a derived id; `start` sets a timer that fires `overdue` once unless `done` came first;
notes come "by HTTP", through intents. What must be in the log is known when the workload is made.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import orjson
from aiokafka import TopicPartition

from runtime.errors import Invalid, Unavailable
from runtime.intents import Intent, Intents
from runtime.jobs import Job
from runtime.loop import Loop
from runtime.outputs import Decision, Output, Rules
from runtime.parts import Parts
from runtime.places import partition_of
from runtime.store import Document, Index
from runtime.timers import Timers
from tests.simulation.world import WORK_SECONDS, Node, Verdict, World

IN, ASKS, OUT = "in.v1", "asks.v1", "out.v1"
THINGS, DUE = "things", "due"
GIANT_BYTES = 1_048_450  # near what the log takes: with a reason in its headers it takes it no more


@dataclass(frozen=True, slots=True)
class Fact:
    """A decoded record: something of a thing."""

    id: str
    subject: str
    kind: str
    time: datetime
    minutes: float = 0.0


def decode(value: bytes | None) -> Fact:
    """Raises Invalid."""
    try:
        data = orjson.loads(value or b"")
        time = datetime.fromtimestamp(data["ms"] / 1000, UTC)
        return Fact(data["id"], data["subject"], data["kind"], time, data.get("minutes", 0.0))
    except (ValueError, KeyError, TypeError):
        raise Invalid("not a fact") from None


def encode(output: Output) -> bytes:
    """One output as a record."""
    return orjson.dumps({"id": output.id, "subject": output.key, **output.body})


def say(subject: str, kind: str, occasion: str) -> Output:
    """An effect, named by its occasion."""
    return Output(OUT, subject, str(uuid5(NAMESPACE_OID, f"{subject}/{kind}/{occasion}")), {"kind": kind, "occasion": occasion})


def handle(document: Document, fact: Fact) -> Decision:
    """A known fact is nothing new; any other is said once more."""
    seen: Mapping[str, int] = document.get("seen", {})
    if fact.id in seen:
        return Decision(document)
    after: Document = {**document, "seen": {**seen, fact.id: 1}}
    if fact.kind == "start" and "done" not in document:
        after[DUE] = round((fact.time + timedelta(minutes=fact.minutes)).timestamp() * 1000)
    if fact.kind == "done":
        after["done"] = 1
        after.pop(DUE, None)
    return Decision(after, [say(fact.subject, fact.kind, fact.id)])


def fire(document: Document, until: datetime, _now: datetime) -> Decision:
    """The timer."""
    due = document.get(DUE)
    if due is None or due > until.timestamp() * 1000:
        return Decision(document)
    after = {key: value for key, value in document.items() if key != DUE}
    return Decision({**after, "fired": 1}, [say(document["_id"], "overdue", "1")])


def note(document: Document, name: str) -> Decision:
    """What somebody writes by HTTP."""
    notes: list[str] = document.get("notes", [])
    if name in notes:
        return Decision(document)
    return Decision({**document, "notes": [*notes, name]}, [say(document["_id"], "note", name)])


async def write_note(subject: str, name: str, node: Node) -> None:
    """The request: accepted when it is saved; what cannot be published now the sweeper publishes."""
    intents = (await node.intents.change([subject], partial(note, name=name))).intents
    for intent in intents:
        asyncio.create_task(_deliver(node.intents, intent))  # noqa: RUF006 - the loop holds it while it waits


async def _deliver(intents: Intents, intent: Intent) -> None:
    with suppress(Unavailable):  # the sweeper comes
        await intents.deliver(intent)


@dataclass(slots=True)
class Toy:
    """The scenario."""

    name: str = "toy"
    topics: tuple[str, ...] = (IN, ASKS)
    writes: tuple[str, ...] = (OUT,)
    collection: str = THINGS
    timer: str = DUE
    made_from_log: tuple[str, ...] = ()
    things: int = 6
    inputs: dict[str, set[str]] = field(default_factory=dict)
    expected: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)  # at least, at most
    early_if: set[str] = field(default_factory=set)

    def node(self, parts: Parts) -> Node:
        """Loop, intents and timers, as an app puts them together."""
        loop = Loop(parts, Rules(THINGS, decode, handle, encode), self.topics)
        intents = Intents(parts, THINGS, encode)
        timers = Timers(parts, loop, intents, DUE, fire)
        every = parts.settings.sweep_seconds
        jobs = (Job("timers", every, timers.sweep), Job("intents", every, intents.sweep))
        return Node(loop, intents, jobs, partial(parts.store.declare, THINGS, [Index(DUE)]))

    async def work(self, world: World) -> None:
        """Facts of some things over three minutes, some with a completion before or after their time, notes by HTTP."""
        chance, moments = world.chance, list[tuple[float, Any]]()
        for number in range(world.setup.garbage):
            moments.append((1.0 + number / 10, partial(self._append, world, IN, f"thing-{number}", b"garbage")))
        if world.setup.giant:
            moments.append((chance.uniform(5, 60), partial(self._append, world, IN, "thing-0", b"g" * GIANT_BYTES)))
        for number in range(self.things):
            moments += self._life(world, f"thing-{number}")
        notes = []
        for number, (at, do) in enumerate(sorted(moments, key=lambda moment: moment[0])):
            await asyncio.sleep(max(0.0, at - world.loop.time()))
            do()
            if number % 3 == 0:
                subject, name = f"thing-{chance.randrange(self.things)}", f"note-{number}"
                self._expect(subject, "note", name)
                notes.append(world.loop.spawn(None, world.insist(partial(write_note, subject, name))))
        for written in notes:
            await written

    def _life(self, world: World, subject: str) -> list[tuple[float, Any]]:
        chance = world.chance
        begin = chance.uniform(1.0, WORK_SECONDS * 0.6)
        minutes = chance.choice((0.5, 1.0, 1.5, 2.0))
        due = begin + minutes * 60
        moments = [(begin, partial(self._fact, world, IN, subject, "start", minutes))]
        end = chance.choice((None, due - 3.0, due - 25.0, due + 5.0, due + 70.0))
        if end is not None:
            moments.append((max(end, begin), partial(self._fact, world, IN, subject, "done", 0.0)))
        at_least, at_most = (1, 1) if end is None else (0, 0) if end < due else (0, 1)
        self.expected[subject, "overdue", "1"] = (at_least, at_most)
        for _ in range(chance.randrange(4)):
            topic = chance.choice((IN, ASKS))
            moments.append((chance.uniform(1.0, WORK_SECONDS), partial(self._fact, world, topic, subject, "ask", 0.0)))
        return moments

    def _fact(self, world: World, topic: str, subject: str, kind: str, minutes: float) -> None:
        known = self.inputs.setdefault(subject, set())
        identity = f"{subject}/{kind}/{len(known)}"
        known.add(identity)
        self._expect(subject, kind, identity)
        data = {"id": identity, "subject": subject, "kind": kind, "ms": world.milliseconds(), "minutes": minutes}
        self._append(world, topic, subject, orjson.dumps(data))

    def _append(self, world: World, topic: str, subject: str, value: bytes) -> None:
        place = TopicPartition(topic, partition_of(subject, world.setup.partitions))
        world.broker.append(place, subject.encode(), value)

    def _expect(self, subject: str, kind: str, occasion: str) -> None:
        self.expected[subject, kind, occasion] = (1, 1)

    def judge(self, world: World, verdict: Verdict) -> None:
        """Count each effect by distinct id, and compare the documents with what came in."""
        said = Counter(self._effects(world))
        for thing, (at_least, at_most) in self.expected.items():
            if said[thing] < at_least:
                verdict.lost.append("/".join(thing))
            if said[thing] > at_most:
                (verdict.early if at_most == 0 else verdict.doubled).append("/".join(thing))
        verdict.doubled += ["/".join(thing) for thing in said.keys() - self.expected.keys()]
        for document in world.documents():
            if "seen" in document and set(document["seen"]) != self.inputs.get(document["_id"], set()):
                verdict.wrong.append(f"{document['_id']} has not the facts of the log")
        known = {document["_id"] for document in world.documents()}
        verdict.wrong += [f"{subject} has no document" for subject in self.inputs if subject not in known]

    def _effects(self, world: World) -> set[tuple[str, str, str]] | list[tuple[str, str, str]]:
        ids = {orjson.loads(value)["id"]: orjson.loads(value) for value in world.values(OUT)}
        return [(event["subject"], event["kind"], event["occasion"]) for event in ids.values()]

"""A toy service on parts in memory, with its time and the way of its requests in a test's hand.

Nothing here waits for seconds: the machine's clocks stand until a test sets them, its sleep only lets others go on, and what
a test waits for is a condition.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson
from aiokafka import TopicPartition

from runtime.clock import epoch_ms
from runtime.errors import Invalid, Unavailable
from runtime.intents import Intents
from runtime.log import Record
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.loop import Loop
from runtime.outputs import Decision, Output, Rules
from runtime.parts import INTENTS, STATE, Parts
from runtime.places import partition_of
from runtime.store import Document, Index, MemoryDocuments, MemoryTables
from runtime.timers import Timers
from tests.runtime.alone import parts_on

Result = TypeVar("Result")
IN, ASKS, OUT, LETTERS = "in.v1", "asks.v1", "out.v1", "toy.dlq"
THINGS, DUE = "things", "due"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE = 5.0  # seconds until a test says that what it waits for does not come
GIANT = 1_000_000  # bytes that no output may have


class HandMachine:
    """A machine whose clocks a test sets, and whose sleep takes no time."""

    def __init__(self) -> None:
        self.business, self.clock, self.seconds = NOW, NOW, 0.0
        self.slept: list[float] = []
        self.died = 0
        self._ids = 0

    def pass_by(self, time: timedelta) -> None:
        """All its clocks go on."""
        self.business, self.clock, self.seconds = self.business + time, self.clock + time, self.seconds + time.total_seconds()

    def now(self) -> datetime:
        """Business time."""
        return self.business

    def wall(self) -> datetime:
        """Its own clock."""
        return self.clock

    def monotonic(self) -> float:
        """Stands with the others."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let others go on."""
        self.slept.append(float(seconds))
        await asyncio.sleep(0)

    def jitter(self, low: float, _high: float) -> float:
        """No chance in it."""
        return low

    def new_id(self) -> str:
        """In order."""
        self._ids += 1
        return f"id-{self._ids}"

    def end_within(self, seconds: float) -> None:
        """Not here."""

    def die(self) -> None:
        """Counted."""
        self.died += 1


class Way:
    """How the requests of one process travel to its store and its log: noted in order, held up, refused, or let land late.

    Requests of the store are named by operation and collection ("save_many things"), those of the log by operation.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []  # what arrived, in order
        self.waiting: list[str] = []  # what is held up
        self._gates: dict[str, asyncio.Event] = {}
        self._refused: dict[str, Exception] = {}
        self._late: dict[str, list[Callable[[], object]]] = {}
        self._before: dict[str, Callable[[], object]] = {}

    async def store(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        """The hook of a store."""
        return await self._travel(f"{operation} {collection}".strip(), apply)

    async def log(self, operation: str, apply: Callable[[], Result], /) -> Result:
        """The hook of a log."""
        return await self._travel(operation, apply)

    async def _travel(self, name: str, apply: Callable[[], Result]) -> Result:
        await asyncio.sleep(0)  # a network never answers at once
        gate = self._gates.get(name)
        if gate is not None:
            self.waiting.append(name)
            await gate.wait()
        if name in self._refused:
            self.calls.append(f"refused {name}")
            raise self._refused[name]
        if name in self._late:
            self._late[name].append(apply)
            raise Unavailable("no answer")
        before = self._before.pop(name, None)
        if before is not None:
            before()
        self.calls.append(name)
        return apply()

    def hold(self, *names: str) -> None:
        """Requests of these names arrive when they are let go."""
        for name in names:
            self._gates[name] = asyncio.Event()

    def let_go(self, *names: str) -> None:
        """They go on, and later ones of these names too."""
        for name in names:
            self._gates.pop(name).set()

    def refuse(self, error: Exception, *names: str) -> None:
        """Requests of these names fail with this."""
        self._refused |= dict.fromkeys(names, error)

    def late(self, name: str) -> list[Callable[[], object]]:
        """The caller gets no answer; what should have been done is kept here, to be done when a test calls it."""
        return self._late.setdefault(name, [])

    def before_next(self, name: str, do: Callable[[], object]) -> None:
        """Do something in the moment before the next request of that name arrives."""
        self._before[name] = do

    def mend(self) -> None:
        """Whatever arrives from now on is done at once."""
        self._refused, self._late = {}, {}

    def count(self, name: str) -> int:
        """How many of that name arrived."""
        return self.calls.count(name)


# --- the toy's rules ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """A decoded record."""

    id: str
    subject: str
    kind: str
    time: datetime


def fact(identity: str, subject: str, kind: str = "said", time: datetime = NOW) -> bytes:
    """As a record."""
    return orjson.dumps({"id": identity, "subject": subject, "kind": kind, "time": time.isoformat()})


def decode(value: bytes | None) -> Fact:
    """Raises Invalid."""
    try:
        data = orjson.loads(value or b"")
        return Fact(data["id"], data["subject"], data["kind"], datetime.fromisoformat(data["time"]))
    except (ValueError, KeyError, TypeError):
        raise Invalid("not a fact") from None


def encode(output: Output) -> bytes:
    """One output as a record."""
    return orjson.dumps({"id": output.id, **output.body})


def say(subject: str, identity: str, size: int = 0) -> Output:
    """An output of a thing."""
    return Output(OUT, subject, f"{subject}/{identity}", {"text": "x" * size})


def handle(document: Document, new: Fact) -> Decision:
    """A known fact is nothing new; any other is said once, unless its kind is a misfortune."""
    if "newer" in document:
        raise Unavailable("a newer release wrote this document")
    if new.id in document.get("facts", ()):
        return Decision(document)
    after: Document = {**document, "facts": [*document.get("facts", ()), new.id]}
    if new.kind == "broken":
        raise LookupError("nobody foresaw this")
    if new.kind == "unsavable":
        after["number"] = 2**70
    if new.kind == "due":
        after[DUE] = round(new.time.timestamp() * 1000)
    return Decision(after, [say(new.subject, new.id, GIANT if new.kind == "giant" else 0)])


def forget(document: Document) -> Decision:
    """What a null value on `asks.v1` means."""
    return Decision({"_id": document["_id"], "rev": document["rev"], "forgotten": 1})


def fire(document: Document, until: datetime, now: datetime) -> Decision:
    """A timer that fires once; one of a thing called faulty raises."""
    due = document.get(DUE)
    if due is None or due > until.timestamp() * 1000:
        return Decision(document)
    if document["_id"].startswith("faulty"):
        raise LookupError("nobody foresaw this")
    after = {key: value for key, value in document.items() if key != DUE}
    return Decision({**after, "fired_at": epoch_ms(now)}, [say(document["_id"], "overdue")])


def note(name: str) -> Callable[[Document], Decision]:
    """What somebody writes by HTTP."""

    def decide(document: Document) -> Decision:
        notes: list[str] = document.get("notes", [])
        if name in notes:
            return Decision(document)
        return Decision({**document, "notes": [*notes, name]}, [say(document["_id"], name)])

    return decide


RULES = Rules(THINGS, decode, handle, encode, forget={ASKS: forget})


# --- the service on its parts ---------------------------------------------------


@dataclass
class Member:
    """One process of the toy service."""

    parts: Parts
    log: MemoryLog
    way: Way
    machine: HandMachine
    loop: Loop[Fact]
    intents: Intents
    timers: Timers

    async def start(self) -> None:
        """Join the group, and wait for a lease."""
        self.log.subscribe(self.loop.topics, self.loop.handle)
        await self.log.start()
        await until(lambda: self.log.lease is not None)

    def gauge(self, name: str, **labels: str) -> float:
        """What its metrics say."""
        value = self.parts.telemetry.registry.get_sample_value(f"dunghen_{name}", {"service": "toy", **labels})
        return value if value is not None else 0.0

    def counted(self, name: str, **labels: str) -> float:
        """What a counter says."""
        return self.gauge(f"{name}_total", **labels)


@dataclass
class Bench:
    """A broker and a store in memory, and the processes of the toy service around them."""

    partitions: int = 1
    tables: MemoryTables = field(default_factory=MemoryTables)
    machine: HandMachine = field(default_factory=HandMachine)
    members: list[Member] = field(default_factory=list)
    store_ahead: timedelta = timedelta()  # the clock of the store's machine, against the processes'

    def __post_init__(self) -> None:
        topics = dict.fromkeys((IN, ASKS, OUT), self.partitions)
        self.broker = MemoryBroker({**topics, LETTERS: 1}, lambda: round(self.machine.wall().timestamp() * 1000))
        for collection, indexes in ((THINGS, [Index(DUE)]), (INTENTS, [Index("at")]), (STATE, [])):
            self.tables.declare(collection, indexes)

    def member(
        self,
        name: str = "a",
        *,
        max_records: int = 500,
        machine: HandMachine | None = None,
        rules: Rules[Fact] = RULES,
        **settings: Any,
    ) -> Member:
        """A process that does not read yet."""
        way, machine = Way(), machine or self.machine
        log = MemoryLog("toy", self.broker, way.log, member=name, max_records=max_records)
        store = MemoryDocuments(self.tables, way.store, lambda: self.machine.wall() + self.store_ahead)
        parts = parts_on(store, log, machine, **settings)
        loop = Loop(parts, rules, (IN, ASKS))
        intents = Intents(parts, THINGS, encode)
        member = Member(parts, log, way, machine, loop, intents, Timers(parts, loop, intents, DUE, fire))
        self.members.append(member)
        return member

    async def reading(self, name: str = "a", **more: Any) -> Member:
        """A process that reads."""
        member = self.member(name, **more)
        await member.start()
        return member

    async def close(self) -> None:
        """End all processes."""
        for member in self.members:
            member.loop.leave()
            member.way.mend()
            member.way.let_go(*member.way._gates)
            await member.log.stop()
            await member.loop.drain()

    async def leave(self, member: Member) -> None:
        """One process ends without another word, as a dead one does: what it holds in hand is never done."""
        self.members.remove(member)
        member.loop.leave()
        await member.log.stop()

    def places(self) -> list[TopicPartition]:
        """The partitions that are read."""
        return [TopicPartition(topic, number) for topic in (IN, ASKS) for number in range(self.partitions)]

    def grow(self, partitions: int) -> None:
        """Add partitions to the topics that are read, as an operator does."""
        self.partitions = partitions
        for topic in (IN, ASKS):
            known = self.broker._topics[topic]
            known.partitions += [[] for _ in range(partitions - len(known.partitions))]
            known.begins += [0] * (partitions - len(known.begins))

    # --- what is in the log -----------------------------------------------------

    def put(self, subject: str, value: bytes | None, topic: str = IN) -> Record:
        """Append a record."""
        place = TopicPartition(topic, partition_of(subject, self.partitions))
        return self.broker.append(place, subject.encode(), value)

    def tell(self, *identities: str, subject: str = "a", kind: str = "said", topic: str = IN) -> None:
        """Append facts of one thing."""
        for identity in identities:
            self.put(subject, fact(identity, subject, kind, self.machine.now()), topic)

    def said(self) -> list[str]:
        """The ids of the outputs in the log, in order."""
        return [orjson.loads(record.value or b"")["id"] for record in self._all(OUT)]

    def letters(self) -> list[Record]:
        """The dead letters."""
        return self._all(LETTERS)

    def _all(self, topic: str) -> list[Record]:
        numbers = self.broker.partitions_for_topic(topic) or set()
        return [record for number in sorted(numbers) for record in self.broker.records(TopicPartition(topic, number))]

    def committed(self, topic: str = IN, number: int = 0) -> int | None:
        """What the group has committed."""
        return self.broker.group("toy").committed.get(TopicPartition(topic, number))

    async def until_committed(self, offset: int, topic: str = IN, number: int = 0) -> None:
        """Wait for a commit, and until who made it knows."""
        await until(lambda: self.committed(topic, number) == offset)
        await settled(20)

    # --- what is in the store -----------------------------------------------------

    def thing(self, name: str = "a") -> Document:
        """A document; {} if there is none."""
        return self.tables.get_many(THINGS, [name]).get(name, {})

    def open_intents(self) -> list[str]:
        """Their ids."""
        return [entry["_id"] for entry in self.tables.find(INTENTS, {})]


def recorded(document: Mapping[str, Any]) -> list[str]:
    """The ids of the outputs that a document still holds."""
    return [item[2] for entry in document.get("outbox", ()) for item in entry["out"]]


async def until(condition: Callable[[], object]) -> None:
    """Let others go on until it holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)


async def settled(steps: int = 200) -> None:
    """Let others go on for as long as anything that could happen by itself would take."""
    for _ in range(steps):
        await asyncio.sleep(0)


def places(records: Iterable[Record]) -> list[str]:
    """Where records stand."""
    return [record.place for record in records]

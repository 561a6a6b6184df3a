"""The world of one seed: a broker, a store, one to three instances of a real service, and what happens to them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NoReturn, Protocol, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, KafkaTimeoutError, UnknownError

from reference import OFFICE_TIME
from runtime import brake, recovery
from runtime.crash import CrashPoints
from runtime.errors import CannotStartError, Unavailable
from runtime.intents import Intents
from runtime.jobs import Job, repeat
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker, MemoryConsumer
from runtime.loop import Loop
from runtime.outputs import UNSETTLED
from runtime.parts import INTENTS, STATE, Parts
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from tests.simulation.faults import RESTORE, Counted, Drawn, Fault, Pace, Plan, allowed, latency
from tests.simulation.machine import SimMachine
from tests.simulation.quiet import QuietLogger, QuietTelemetry
from tests.simulation.virtual import Process, VirtualLoop, play

Result = TypeVar("Result")
START = datetime(2026, 3, 2, 16, 50, tzinfo=OFFICE_TIME)  # a Monday
FAULTS_SECONDS = 200.0  # the faults end then
WORK_SECONDS = 150.0  # the workload by then
LAST_TIMERS_SECONDS = 120.0  # after the faults: what is due by then fires
LOOK_SECONDS = 15.0  # between looks whether all is quiet
QUIET_SECONDS = 1800.0  # what is not quiet by then never will be
ANSWER_SECONDS = 15.0  # patience of whoever calls by HTTP
BROKEN = ("lost", "doubled", "early", "wrong", "stuck")  # the promises of a verdict


@dataclass(frozen=True, slots=True)
class Setup:
    """What a seed draws before anything happens."""

    seed: str
    instances: int
    partitions: int
    batch: int
    sweep_seconds: float
    pace: Pace
    brake_window: int
    giant: bool  # a record near the log's limit comes
    garbage: int  # broken records among the first

    @classmethod
    def draw(cls, seed: str) -> "Setup":
        """From the seed."""
        chance = Random(f"{seed}/setup")
        return cls(
            seed,
            chance.choice((1, 2, 2, 3)),
            chance.choice((1, 2, 3)),
            chance.choice((1, 3, 10, 50)),
            chance.uniform(6.0, 20.0),
            Pace.draw(chance),
            10,
            chance.random() < 0.08,
            chance.choice((0, 0, 0, 0, 1, 3)),
        )

    def settings(self) -> RuntimeSettings:
        """As the service gets them."""
        return RuntimeSettings.model_construct(
            kafka_bootstrap_servers="memory",
            store_url="memory",
            sweep_seconds=self.sweep_seconds,
            batch_max_records=self.batch,
            patience_seconds=self.pace.patience,
            intent_age_seconds=self.pace.intent_age,
            brake_window=self.brake_window,
        )


@dataclass(slots=True)
class Verdict:
    """What a world ended with; all empty is what must be."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # documents that are not the fold of the log
    stuck: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.early or self.wrong or self.stuck)

    def lines(self) -> list[str]:
        """One line for each broken promise."""
        return [f"{name}: {what}" for name in BROKEN for what in getattr(self, name)]


@dataclass(slots=True)
class Node:
    """A service on its parts, as its app puts it together. `declare`: makes its collections."""

    loop: Loop[Any]
    intents: Intents
    jobs: Sequence[Job]
    declare: Callable[[], Awaitable[None]]
    begin: Callable[[], Awaitable[None]] | None = None  # holds the store to the log, before the first record


class Scenario(Protocol):
    """A service, what is done to it, and what must come of it."""

    name: str
    topics: tuple[str, ...]  # that it reads
    writes: tuple[str, ...]  # that it and its world write beside
    collection: str
    timer: str
    made_from_log: tuple[str, ...]  # collections, if it can be brought back from an older store or none

    def node(self, parts: Parts) -> Node:
        """The service on these parts."""
        ...

    async def work(self, world: "World") -> None:
        """The workload."""
        ...

    def judge(self, world: "World", verdict: Verdict) -> None:
        """Add what is lost, doubled, early or wrong."""
        ...


@dataclass(slots=True)
class Instance:
    """A name under which processes of the service run, one after the other, on one machine."""

    name: str
    life: int = 0
    process: Process | None = None
    machine: SimMachine | None = None
    log: MemoryLog | None = None
    node: Node | None = None
    ready: bool = False
    offset: float = 0.0


class World:
    """One world. `plan`: where faults strike; by default what the seed draws."""

    def __init__(self, loop: VirtualLoop, scenario: Scenario, setup: Setup, plan: Plan | None = None) -> None:
        self.loop, self.scenario, self.setup = loop, scenario, setup
        self.plan = plan or Drawn(setup.seed, setup.pace, restores=bool(scenario.made_from_log))
        self.settings = setup.settings()
        self.chance = Random(f"{setup.seed}/world")
        self.tables = MemoryTables()
        topics = dict.fromkeys((*scenario.topics, *scenario.writes), setup.partitions)
        self.broker = MemoryBroker({**topics, f"{scenario.name}.dlq": 1}, self.milliseconds)
        self.instances = {name: Instance(name) for name in "abc"[: setup.instances]}
        self.struck: list[Fault] = []
        self.trace: list[tuple[object, ...]] = []
        self.told: list[str] = []
        self._calls = Counted()
        self._outages: dict[str, float] = {}  # until when a part is away
        self.ended: list[str] = []  # who asked for its own end
        self._late = 0  # writes that are still on their way
        self._ghosts = 0
        self._restored = 0  # how often the store was
        self._released = 0  # how often the brake was

    # --- time -----------------------------------------------------------------

    @property
    def was_restored(self) -> bool:
        """Whether the store went back to an older copy."""
        return self._restored > 0

    def now(self) -> datetime:
        """The right time."""
        return START + timedelta(seconds=self.loop.time())

    def milliseconds(self) -> int:
        """The right time, as the broker writes it."""
        return round(self.now().timestamp() * 1000)

    @property
    def faulty(self) -> bool:
        """Whether faults still strike."""
        return self.loop.time() < FAULTS_SECONDS

    # --- requests -------------------------------------------------------------

    async def ask_store(self, process: Process, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        """The hook of a process's store."""
        return await self._ask(process, "store", f"{operation} {collection}".strip(), apply)

    async def ask_log(self, process: Process, operation: str, apply: Callable[[], Result]) -> Result:
        """The hook of a process's log."""
        return await self._ask(process, "log", operation, apply)

    async def _ask(self, process: Process, part: str, operation: str, apply: Callable[[], Result]) -> Result:
        key = self._calls.next_key(part, operation, process.name)
        there, back = latency(self.setup.seed, key)
        fault = self.plan.fault_at(key) if self.faulty else None
        self.trace.append((self.loop.time(), *key, fault.kind if fault else ""))
        if fault is None and self.loop.time() < self._outages.get(part, 0.0) and allowed(part, operation, "error"):
            await asyncio.sleep(0.01)
            raise _odd_answer(part, key[3])
        if fault is not None:
            self.struck.append(Fault(fault.key, fault.kind, fault.seconds, self.loop.time()))
            return await self._struck(fault, process, apply)
        if not back:
            await asyncio.sleep(there)
            return apply()
        result = apply()
        await asyncio.sleep(back)
        return result

    async def _struck(self, fault: Fault, process: Process, apply: Callable[[], Result]) -> Result:
        part, kind = fault.key[0], fault.kind
        if kind == "crash":
            await self._die(process)
        self._strike_process(fault, process)
        if kind == "outage":
            self._outages[part] = self.loop.time() + fault.seconds
        if kind == "late":
            self._late += 1
            self.loop.later(fault.seconds, partial(self._land, apply, self._restored))
            await asyncio.sleep(min(fault.seconds, self.setup.pace.store_timeout))
            raise _no_answer(part)
        await asyncio.sleep(fault.seconds if kind == "stall" else 0.01)
        if kind == "refused":
            raise _no_answer(part)
        if kind in ("error", "outage"):
            raise _odd_answer(part, fault.key[3])
        result = apply()
        if kind == "crash-after":
            await self._die(process)
        if kind == "lost":
            await asyncio.sleep(self.setup.pace.store_timeout)
            raise _no_answer(part)
        return result

    def _land(self, apply: Callable[[], object], restored: int) -> None:
        """A late write; nobody is there to hear of an error. None lands in a store that was restored meanwhile."""
        self._late -= 1
        if restored != self._restored:
            return
        with suppress(KafkaError, Unavailable):
            apply()

    # --- processes ------------------------------------------------------------

    def _strike_process(self, fault: Fault, process: Process) -> None:
        if fault.kind == "stop":
            self.stop(process, fault.seconds)
        elif fault.kind == "move":
            self.visit(fault.seconds)
        elif fault.kind == "jump":
            self._set_clock(self.instances[process.name], fault.seconds)

    async def _die(self, process: Process) -> NoReturn:
        self.crash(process)
        await asyncio.get_running_loop().create_future()  # never: the process is dead
        raise AssertionError

    def _end(self, process: Process) -> None:
        self.ended.append(f"{process.name} ended itself")
        self.crash(process)

    def crash(self, process: Process, back_in: float = 0.0) -> None:
        """SIGKILL; the broker hears of it by silence, and somebody starts another process."""
        instance = self.instances[process.name]
        process.kill()
        instance.ready = False
        log = instance.log
        if log is not None:
            self.loop.later(self.setup.pace.session_timeout, log.expire)
        self.loop.later(back_in + self.chance.uniform(0.5, 25.0), partial(self.start, instance))

    def stop(self, process: Process, seconds: float) -> None:
        """SIGSTOP and, later, SIGCONT."""
        log = self.instances[process.name].log
        process.stop()
        if seconds > self.setup.pace.session_timeout and log is not None:
            self.loop.later(self.setup.pace.session_timeout, log.expire)
        self.loop.later(seconds, partial(process.go_on, self.loop))

    def visit(self, seconds: float) -> None:
        """Another member joins, takes its share of the partitions, does nothing, and leaves."""
        self._ghosts += 1
        name = f"{self.chance.choice('0bz')}-ghost-{self._ghosts}"
        consumer = MemoryConsumer(self.broker, self.scenario.name, self.scenario.topics, name)
        self.loop.spawn(None, consumer.start(_Nobody()))
        self.loop.later(seconds, lambda: self.loop.spawn(None, consumer.stop()))

    async def _restore(self, fault: Fault) -> None:
        """Copy the store; some time later kill everybody and go on with the copy."""
        age = self.chance.uniform(5.0, 80.0)
        await asyncio.sleep(fault.seconds - age)
        copy = {name: dict(table) for name, table in self.tables._tables.items()}
        await asyncio.sleep(age)
        self.struck.append(Fault(fault.key, fault.kind, fault.seconds, self.loop.time()))
        self._kill_all()
        self.tables._tables = copy if fault.kind != "restore-nothing" else {}
        self._restored += 1
        if fault.kind == "restore-reset":
            self.broker.group(self.scenario.name).committed.clear()

    async def _rebuild(self) -> None:
        """What a person does when a service says that its store does not belong to the log: `dunghen rebuild`."""
        self._kill_all()
        await recovery.empty(MemoryDocuments(self.tables), self.scenario.made_from_log)

    def _kill_all(self) -> None:
        """Every process; they come back when the group has forgotten them."""
        for process in [instance.process for instance in self.instances.values()]:
            if process is not None and process.alive:
                self.crash(process, back_in=self.setup.pace.session_timeout + 5.0)

    def _set_clock(self, instance: Instance, seconds: float) -> None:
        instance.offset = seconds
        if instance.machine is not None:
            instance.machine.offset = seconds

    def start(self, instance: Instance) -> None:
        """A fresh process under this name."""
        instance.life += 1
        process = instance.process = Process(instance.name, instance.life)
        machine = instance.machine = SimMachine(
            self.loop, process, START, self.setup.seed, ended=partial(self._end, process), died=partial(self.crash, process)
        )
        machine.offset = instance.offset
        log = instance.log = MemoryLog(
            self.scenario.name,
            self.broker,
            partial(self.ask_log, process),
            member=f"{instance.name}-{instance.life}",
            max_records=self.setup.batch,
        )
        parts = Parts(
            name=self.scenario.name,
            settings=self.settings,
            store=MemoryDocuments(self.tables, partial(self.ask_store, process), self.now),
            topics=log,
            machine=machine,
            log=QuietLogger(partial(self._tell, process)),
            telemetry=QuietTelemetry(),
            crash=CrashPoints(None, machine.die),
        )
        instance.node = self.scenario.node(parts)
        self.loop.spawn(process, self._run_or_end(instance, parts, log))

    async def _run_or_end(self, instance: Instance, parts: Parts, log: MemoryLog) -> None:
        process, node = instance.process, instance.node
        assert process is not None
        assert node is not None
        try:
            await self._run(instance, parts, node, log)
        except CannotStartError:
            self.loop.spawn(None, self._rebuild())
        except Exception as error:  # noqa: BLE001 - a process that cannot start ends, and is started again
            self._tell(process, "critical", "cannot start", {"error": repr(error)})
            self.crash(process)

    async def _run(self, instance: Instance, parts: Parts, node: Node, log: MemoryLog) -> None:
        """As runtime.service starts a service."""
        looks = Job("brake", self.settings.sweep_seconds, node.loop.brake.look)
        steps: list[Callable[[], Awaitable[None]]] = [
            partial(parts.store.declare, STATE),
            node.loop.brake.look,
            node.intents.declare,
            node.declare,
        ]
        steps += [node.begin] if node.begin is not None else []
        for step in steps:
            await _patiently(step, parts)
        log.subscribe(self.scenario.topics, node.loop.handle)
        await log.start()
        for job in (*node.jobs, looks):
            asyncio.create_task(repeat(job, parts), name=job.name)  # noqa: RUF006 - the loop holds it while it waits
        instance.ready = True

    def _tell(self, process: Process, level: str, event: str, values: dict[str, Any]) -> None:
        if level in ("error", "exception", "critical", "warning"):
            what = " ".join(f"{name}={value}" for name, value in values.items())
            self.told.append(f"{self.loop.time():8.2f} s  {process.name}{process.life}  {level}: {event} {what}")

    # --- doing ----------------------------------------------------------------

    async def insist(self, request: Callable[[Node], Awaitable[object]]) -> None:
        """As an HTTP client that repeats its request, at any instance that is up, until it is accepted."""
        while True:
            up = [instance for instance in self.instances.values() if instance.ready and instance.process and instance.node]
            if up:
                instance = self.chance.choice(up)
                assert instance.node is not None
                answer = self.loop.spawn(instance.process, _served(request, instance.node))
                done, _ = await asyncio.wait({answer}, timeout=ANSWER_SECONDS)
                if done and answer.result():
                    return
            await asyncio.sleep(self.chance.uniform(0.5, 5.0))

    # --- the end ----------------------------------------------------------------

    async def run(self) -> Verdict:
        """From the first start to the verdict."""
        for instance in self.instances.values():
            self.loop.later(self.chance.uniform(0.0, 2.0), partial(self.start, instance))
        work = self.loop.spawn(None, self.scenario.work(self))
        restore = self.plan.fault_at(RESTORE)
        if restore is not None:
            self.loop.spawn(None, self._restore(restore))
        verdict = Verdict()
        await asyncio.sleep(FAULTS_SECONDS)
        for instance in self.instances.values():
            self._set_clock(instance, 0.0)
        await asyncio.sleep(LAST_TIMERS_SECONDS)
        while not work.done() or (stuck := self._stuck()):
            self._look_after_the_brake()
            if self.loop.time() > QUIET_SECONDS:
                verdict.stuck = stuck if work.done() else ["the workload does not end"]
                break
            await asyncio.sleep(LOOK_SECONDS)
        if work.done():
            work.result()
        verdict.stuck += self.ended
        self.scenario.judge(self, verdict)
        return verdict

    def _look_after_the_brake(self) -> None:
        """A person: releases it; if it engages again, on the same records, lets them pass by a setting and a restart."""
        if not any(entry["_id"] == brake.BRAKE for entry in self._documents(STATE)):
            return
        self.tables.delete_many(STATE, [brake.BRAKE])
        self._released += 1
        if self._released > 1:
            self.settings = self.settings.model_copy(update={"brake_share": 1.0})
            self._kill_all()

    def _stuck(self) -> list[str]:
        """What is not quiet yet."""
        stuck = [f"{name} is not up" for name, instance in self.instances.items() if not (instance.ready and instance.process)]
        committed = self.broker.group(self.scenario.name).committed
        for topic in self.scenario.topics:
            for number in range(self.setup.partitions):
                place = TopicPartition(topic, number)
                if committed.get(place, 0) != self.broker.end(place):
                    stuck.append(f"{topic}/{number} is committed to {committed.get(place, 0)} of {self.broker.end(place)}")
        if self._late:
            stuck.append(f"{self._late} writes on their way")
        stuck += [f"intent {entry['_id'][:8]} is open" for entry in self._documents(INTENTS)]
        stuck += [f"braked: {entry['reason']}" for entry in self._documents(STATE) if entry["_id"] == brake.BRAKE]
        made = dict.fromkeys((self.scenario.collection, *self.scenario.made_from_log))
        stuck += [f"{d['_id']} is not settled" for name in made for d in self._documents(name) if UNSETTLED in d]
        due = self.milliseconds() - 61_000
        late = [d["_id"] for d in self._documents(self.scenario.collection) if (d.get(self.scenario.timer) or due + 1) <= due]
        return stuck + [f"the timer of {name} has not fired" for name in late]

    def _documents(self, collection: str) -> list[dict[str, Any]]:
        with suppress(Unavailable):
            return self.tables.find(collection, {}, limit=10_000)
        return []

    def documents(self, collection: str = "") -> list[dict[str, Any]]:
        """The service's documents, as they stand in the store; of another collection, if it is named."""
        return self._documents(collection or self.scenario.collection)

    def values(self, topic: str) -> list[bytes]:
        """All values of a topic."""
        found = []
        for number in sorted(self.broker.partitions_for_topic(topic) or ()):
            found += [record.value for record in self.broker.records(TopicPartition(topic, number)) if record.value is not None]
        return found

    def digest(self) -> str:
        """What happened, in short: equal for equal worlds."""
        logs = [(topic, self.values(topic)) for topic in self.scenario.writes]
        return hashlib.blake2b(repr((self.trace, self.documents(), logs)).encode(), digest_size=16).hexdigest()


async def _served(request: Callable[[Node], Awaitable[object]], node: Node) -> bool:
    """An answer: accepted, or 503, or 500."""
    try:
        await request(node)
    except Exception:  # noqa: BLE001 - whatever it is, the client knows only that it was not accepted
        return False
    return True


async def _patiently(step: Callable[[], Awaitable[None]], parts: Parts) -> None:
    while True:
        try:
            return await step()
        except Unavailable:
            await parts.machine.sleep(1.0)


class _Nobody:
    """Listens to a rebalance and does nothing."""

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing to end."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Nothing to begin."""


def _no_answer(part: str) -> Exception:
    return KafkaTimeoutError() if part == "log" else Unavailable("store: no answer")


def _odd_answer(part: str, number: int) -> Exception:
    """Errors that are not about this document or record: some of those a store or broker has."""
    if part == "log":
        error: Exception = (UnknownError, GroupAuthorizationFailedError)[number % 2]()
        return error
    return Unavailable(f"store: {('not primary', 'disk full', 'unauthorized', 'interrupted', 'internal error')[number % 5]}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one world came to."""

    seed: str
    verdict: Verdict
    struck: tuple[Fault, ...]
    digest: str
    told: tuple[str, ...]


def run_world(scenario: Scenario, seed: str, plan: Plan | None = None, *, digest: bool = False) -> Outcome:
    """Play one seed to its end."""

    async def life(loop: VirtualLoop) -> Outcome:
        world = World(loop, scenario, Setup.draw(seed), plan)
        verdict = await world.run()
        return Outcome(seed, verdict, tuple(world.struck), world.digest() if digest else "", tuple(world.told))

    return play(life)

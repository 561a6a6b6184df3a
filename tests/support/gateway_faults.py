"""Every fault of a gateway at every moment at which notifier may die, stop or lose its store: what reaches the phones."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import httpx

from runtime.clock import SteppedClock
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.machine import SystemMachine
from runtime.parts import INTENTS, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.notifier.gateways.calling import Caller
from services.notifier.gateways.http import HttpGateway
from services.notifier.gateways.kannel import KannelGateway
from services.notifier.gateways.opening import open_gateways
from services.notifier.gateways.port import Gateway
from services.notifier.gateways.wscpmt import WsCpMtGateway
from services.notifier.handlers import Context
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.store import CODEC, DOSSIERS, TEXTS
from services.notifier.telemetry import METRICS
from services.speaking import encode
from tests.support.dossiers import at
from tests.support.notifier import REFERENCE, desk
from tests.support.notifier_hears import DONE, PERSON, PROMISED, contact, play
from tests.support.sms_server import FAULTS, Kind, SmsServer

Result = TypeVar("Result")
VICTIM, BESIDE = 3, 10  # which of how many messages meets the fault
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # once: reading all authorities takes longer than a run
SECONDS = 0.8  # that a step of a call may take here
MOMENTS = (
    "nothing else",
    "dies after the claim",
    "dies after the answer",
    "is stopped",
    "the answer to the claim is lost",
    "the claim is not saved at first",
    "the answer to the settling is lost",
    "nothing can be settled at first",
)
WAYS: dict[str, tuple[Kind, bool]] = {
    "http, drops repeats": ("http", True),
    "http": ("http", False),
    "kannel": ("kannel", False),
    "wscpmt": ("wscpmt", False),
}
NO_CONNECTION = "no connection"  # for everybody, at first


class DeadError(BaseException):
    """This process was killed: nothing of it may do anything any more."""


class TestMachine(SystemMachine):
    """Dies by an exception; its seconds go by with the stepped clock."""

    __test__ = False

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__(clock)
        self.dead = False

    def monotonic(self) -> float:
        """Seconds of the stepped clock, and those that a run itself takes."""
        return self.clock.now().timestamp() + super().monotonic()

    async def sleep(self, seconds: float) -> None:
        """As short as can be."""
        await super().sleep(min(seconds, 0.005))

    def die(self) -> None:
        """Killed."""
        self.dead = True
        raise DeadError


class Everything:
    """The loop of an instance that owns all dossiers."""

    def owns(self, _: str) -> bool:
        """Whether a dossier is its own."""
        return True


class Saves:
    """The store of one process: it may lose one save, and hears nothing from the dead."""

    def __init__(self, machine: TestMachine, lost: int, *, lands: bool) -> None:
        """`lost`: which save of dossiers is not answered, from 1 on, 0: none; `lands`: whether it is saved all the same."""
        self._machine, self._lost, self._lands, self._saves = machine, lost, lands, 0

    async def __call__(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        """See the hook of the store in memory."""
        if self._machine.dead:
            raise DeadError
        if operation == "save_many" and collection == DOSSIERS:
            self._saves += 1
            if self._saves == self._lost:
                if self._lands:
                    apply()
                raise Unavailable("no answer")
        return apply()


@dataclass
class Outcome:
    """What one run came to."""

    fault: str
    way: str
    moment: str
    victim: str
    twice: int = 0
    never: int = 0  # neither on a phone nor on the list of what a person has to look at
    harmed: int = 0  # others that did not go out once and quietly, though no process died


@dataclass
class Run:
    """Ten messages of ten dossiers; one of them meets a fault, at a moment."""

    fault: str
    way: str
    moment: str
    tables: MemoryTables = field(default_factory=MemoryTables)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(at(6, "10:00")))

    async def play(self) -> Outcome:
        """The first pass with all that goes wrong, and then as many as it takes."""
        kind, deduplicates = WAYS[self.way]
        server = SmsServer(kind, deduplicates)
        await server.start()
        if self.fault == NO_CONNECTION:
            await server.stop()
        else:
            server.planted[number(VICTIM)[-4:]] = [FAULTS[self.fault]]
        await self._fill()
        try:
            await self._first_pass(server)
            if self.fault == NO_CONNECTION:
                await server.start()
            for minutes in (1, 2, 3, 5, 5, 20, 60):
                self.clock.set(self.clock.now() + timedelta(minutes=minutes))
                await self._pass(server)
            return await self._outcome(server)
        finally:
            await server.stop()

    async def _fill(self) -> None:
        store = MemoryDocuments(self.tables)
        await store.declare(DOSSIERS)
        await store.declare(TEXTS)
        await store.declare(INTENTS)
        document, _ = play([PROMISED, contact(), DONE])
        documents: list[Document] = []
        for one in range(BESIDE):
            own = contact(person={**PERSON, "phone": f"0{number(one)[2:]}"})
            sealed = play([PROMISED, own, DONE])[0]["contact"]
            documents.append({**document, "_id": f"H37.12-260302-{one:04d}", "rev": 0, "contact": sealed})
        await store.save_many(DOSSIERS, documents)

    async def _first_pass(self, server: SmsServer) -> None:
        crash = {"dies after the claim": "after-claim", "dies after the answer": "after-send"}.get(self.moment)
        lost, lands = {
            "the answer to the claim is lost": (1, True),
            "the claim is not saved at first": (1, False),
            "the answer to the settling is lost": (2, True),
            "nothing can be settled at first": (2, False),
        }.get(self.moment, (0, False))
        await self._pass(server, crash=crash, lost=lost, lands=lands, stopped=self.moment == "is stopped")

    async def _pass(
        self, server: SmsServer, *, crash: str | None = None, lost: int = 0, lands: bool = False, stopped: bool = False
    ) -> None:
        """A process from its start to its end."""
        machine = TestMachine(self.clock)
        store = MemoryDocuments(self.tables, Saves(machine, lost, lands=lands))
        dispatcher, close = self._dispatcher(server, machine, store, crash)
        sender = asyncio.ensure_future(dispatcher.run())
        if stopped:
            while not server.tries and not sender.done():
                await asyncio.sleep(0.001)
            sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        await dispatcher.drain()
        await close()

    def _dispatcher(
        self, server: SmsServer, machine: TestMachine, store: MemoryDocuments, crash: str | None
    ) -> tuple[Dispatcher, Callable[[], Awaitable[None]]]:
        topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", for_tests_only=True, crash_at=crash)
        parts, _ = make_parts("notifier", runtime, METRICS, Ports(store=store, topics=topics, machine=machine))
        usual = desk(at(6), deduplicates=server.deduplicates)
        settings = usual.settings.model_copy(update={"gateway_per_second": 1000.0})
        board = open_gateways(settings, parts, gateway_of(server))
        own = Desk(board, usual.opener, settings, Context(REFERENCE, self.clock))
        return Dispatcher(parts, Everything(), Intents(parts, DOSSIERS, encode), own), board.close  # type: ignore[arg-type]

    async def _outcome(self, server: SmsServer) -> Outcome:
        found = await MemoryDocuments(self.tables).find(DOSSIERS, {})
        states = {
            number(index): type(dossier.messages["result-ready"]).__name__
            for index, dossier in enumerate(CODEC.read_all(found))
        }
        told = Outcome(self.fault, self.way, self.moment, states[number(VICTIM)])
        for phone, state in states.items():
            rang, listed = server.arrived[phone], state in ("Uncertain", "Failed")
            told.twice += rang > 1
            told.never += rang == 0 and not listed
            died = self.moment.startswith("dies") and not server.deduplicates
            told.harmed += phone != number(VICTIM) and not died and (rang != 1 or state != "Accepted")
        return told


def number(index: int) -> str:
    """The phone of one of them; invented."""
    return f"8491200{index:04d}"


def gateway_of(server: SmsServer) -> Gateway:
    """The adapter for a server, with little patience."""
    client = httpx.AsyncClient(timeout=SECONDS, trust_env=False, verify=TLS)
    caller = Caller(server.url, SECONDS, BESIDE, client)
    match server.kind:
        case "kannel":
            return KannelGateway("u", "p", caller, lambda client_id: f"http://127.0.0.1/r?id={client_id}")
        case "wscpmt":
            return WsCpMtGateway(("u", "p", "c"), caller)
    return HttpGateway(server.url, "t", limits=(SECONDS, BESIDE), client=client)


def all_runs() -> list[tuple[str, str, str]]:
    """Fault, way, moment: every one with every other."""
    return [(fault, way, moment) for fault in (*FAULTS, NO_CONNECTION) for way in WAYS for moment in MOMENTS]


def some_runs() -> list[tuple[str, str, str]]:
    """Each fault twice, each way and moment often: no two runs that differ in one thing alone."""
    faults, ways = (*FAULTS, NO_CONNECTION), tuple(WAYS)
    return [
        (fault, ways[(index + turn) % len(ways)], MOMENTS[(index * 3 + turn * 5) % len(MOMENTS)])
        for index, fault in enumerate(faults)
        for turn in range(2)
    ]


def table(outcomes: list[Outcome]) -> str:
    """What became of the message that met the fault, by fault and way, and what must be 0."""
    rows = [f"{'fault':26}" + "".join(f"{way:>24}" for way in WAYS)]
    for fault in dict.fromkeys(outcome.fault for outcome in outcomes):
        cells = []
        for way in WAYS:
            states = Counter(outcome.victim for outcome in outcomes if (outcome.fault, outcome.way) == (fault, way))
            cells.append(" ".join(f"{state.lower()} {count}" for state, count in sorted(states.items())))
        rows.append(f"{fault:26}" + "".join(f"{cell:>24}" for cell in cells))
    sums = [sum(getattr(outcome, name) for outcome in outcomes) for name in ("twice", "never", "harmed")]
    rows.append(f"{len(outcomes)} runs of {BESIDE} messages: twice {sums[0]}, never {sums[1]}, neighbours harmed {sums[2]}")
    return "\n".join(rows)

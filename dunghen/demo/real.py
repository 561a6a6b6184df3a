"""The same demo on a real Kafka and MongoDB: one process per service, all consumers killed with -9 in mid-run."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from dunghen import PROVINCE
from dunghen.commands.topics import apply_topics, remove_topics
from dunghen.demo.checks import Check, Result
from dunghen.demo.driver import (
    ClockReaders,
    DemoStuckError,
    Fleet,
    Restart,
    demo_days,
    demo_start,
    groups_of,
    load_month,
    run_month,
    steps,
)
from dunghen.demo.embedded import finish
from dunghen.demo.evidence import Evidence
from dunghen.demo.people import People
from dunghen.demo.phone import Phone
from dunghen.demo.view import Progress
from dunghen.identity import LocalIssuer
from dunghen.services import SERVICES
from dunghen.together import Keys, all_headers, demo_environment
from reference import load_reference
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags
from runtime.store import open_documents
from runtime.store.mongo import drop_database
from services.intake.domain.keys import Wanted
from services.intake.keys import create_key
from services.intake.store import declare_keys

KILLED = ("sla", "notifier", "feedback", "reporting")
READY_SECONDS = 180.0
HOLD_SECONDS = 0.3  # how long a question for the time waits for the clock to move


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


Command = Callable[[str, Mapping[str, str]], Sequence[str]]
Member = tuple[str, int]  # a service, and the number of an instance of it


def as_module(name: str, _environment: Mapping[str, str]) -> list[str]:
    """Run a service as its README says."""
    return [sys.executable, "-m", f"services.{name}"]


class Processes:
    """Operating system processes, one per instance of a service, with what each needs in its environment.

    Instances of a service are numbered; 0 is the one that is always there.
    """

    def __init__(
        self,
        common: Mapping[str, str],
        store_url: Callable[[str], str],
        logs: Path,
        readers: ClockReaders,
        command: Command = as_module,
    ) -> None:
        """`command` makes the command line of a service from its name and its settings."""
        self._command, self._readers, self._starts = command, readers, Counter[Member]()
        self._ports: dict[Member, int] = {}
        self.kills = 0
        self._common, self._store_url, self._logs = common, store_url, logs
        self._running: dict[Member, asyncio.subprocess.Process] = {}
        self._asked: set[Member] = set()  # who was told to end
        self._files: list[IO[bytes]] = []

    async def start(self, name: str, number: int = 0, **more: str) -> None:
        """Start an instance; its log goes to a file."""
        member = name, number
        self._starts[member] += 1
        self._asked.discard(member)
        settings = {**self.environment(name, number), **more}
        log = self._log_of(member).open("ab")
        self._files.append(log)
        command, environment = self._command(name, settings), {**os.environ, **settings}
        self._running[member] = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)

    def environment(self, name: str, number: int = 0) -> dict[str, str]:
        """The settings of an instance, as its deployment would give them."""
        port = str(self.port(name, number))
        own = {"STORE_URL": self.store_url(name), "HTTP_PORT": port, "INSTANCE_ID": f"{name}-{number}"}
        reader = self._reader((name, number))
        clock = {"CLOCK_URL": f"{self._common['CLOCK_URL']}/{reader}"} if "CLOCK_URL" in self._common else {}
        return {**self._common, **own, **clock}

    def store_url(self, name: str) -> str:
        """Where a service keeps its documents."""
        return self._store_url(name)

    def port(self, name: str, number: int = 0) -> int:
        """The HTTP port of an instance, the same after each start."""
        return self._ports.setdefault((name, number), free_port())

    def _reader(self, member: Member) -> str:
        """The name this start of an instance reads the clock under."""
        return f"{member[0]}-{member[1]}-{self._starts[member]}"

    def _log_of(self, member: Member) -> Path:
        return self._logs / f"{member[0]}-{member[1]}.log"

    def pids(self) -> dict[str, int]:
        """Process ids of the first instances, by service."""
        return {name: process.pid for (name, number), process in self._running.items() if number == 0}

    def log_text(self) -> str:
        """What all services have logged so far."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self._logs.glob("*.log")))

    def log_lines(self) -> list[dict[str, Any]]:
        """The same, line by line; what is no line of a log is left out."""
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{") and line.endswith("}")]

    def ended(self) -> dict[str, int]:
        """Exit statuses of the instances that do not run any more and were not told to end."""
        found = {f"{m[0]}-{m[1]}": process.returncode for m, process in self._running.items() if m not in self._asked}
        return {name: status for name, status in found.items() if status is not None}

    def signal(self, name: str, what: signal.Signals, number: int = 0) -> None:
        """Send a signal to an instance."""
        self._running[name, number].send_signal(what)

    async def terminate(self, name: str, number: int = 0) -> int:
        """Ask an instance to stop; returns its exit status."""
        self._asked.add((name, number))
        self.signal(name, signal.SIGTERM, number)
        return await asyncio.wait_for(self.died(name, number), 30)

    async def kill(self, name: str, number: int = 0) -> None:
        """SIGKILL, no goodbye."""
        process = self._running[name, number]
        self._asked.add((name, number))
        if process.returncode is None:
            process.kill()
        await self.died(name, number)
        self.kills += 1

    async def died(self, name: str, number: int = 0) -> int:
        """Wait until an instance has ended; returns its exit status, negative for a signal."""
        status = await self._running[name, number].wait()
        self._readers.forget(self._reader((name, number)))
        return status

    async def stop(self) -> None:
        """Ask all to stop, insist after a while."""
        left = [process for process in self._running.values() if process.returncode is None]
        for process in left:
            process.send_signal(signal.SIGTERM)
        for process in left:
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                process.kill()
                await process.wait()
        for file in self._files:
            file.close()

    async def ready(self, name: str, number: int = 0) -> None:
        """Wait until an instance says that it is ready."""
        end = asyncio.get_running_loop().time() + READY_SECONDS
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port(name, number)}") as client:
            while True:
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0)
                if asyncio.get_running_loop().time() > end or self._running[name, number].returncode is not None:
                    tail = self._log_of((name, number)).read_text("utf-8", "replace")[-1500:]
                    raise DemoStuckError(f"{name}-{number} did not become ready:\n{tail}")
                await asyncio.sleep(0.1)


@asynccontextmanager
async def demo_server(clock: SteppedClock, phone: Phone, readers: ClockReaders) -> AsyncIterator[str]:
    """Serve a stepped clock and the phone to the processes; yields the address."""
    app, port = FastAPI(), free_port()

    @app.get("/now/{reader}")
    async def now(reader: str, after: datetime | None = None) -> PlainTextResponse:
        begin = asyncio.get_running_loop().time()
        while clock.now() == after and asyncio.get_running_loop().time() - begin < HOLD_SECONDS:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        moment = clock.now()
        readers.tell(reader, moment)
        return PlainTextResponse(moment.isoformat())

    phone.add_routes(app)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    task = asyncio.create_task(server._serve())  # noqa: SLF001 - serve() would take the signals of this process
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def service_environment(
    bootstrap: str, prefix: str, server: str | None, *, deduplicates: bool = True, issuer: LocalIssuer | None = None
) -> dict[str, str]:
    """What all processes of one run share. `server`: address of the clock and the phone; None: the system's clock. `issuer`:
    whose tokens of people are believed; None: nobody's."""
    common = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "TOPIC_PREFIX": prefix,
        **demo_environment(Keys.new(), PROVINCE),
        **(issuer.environment() if issuer is not None else {}),
        "SWEEP_SECONDS": "0.04",
        "REPORTING_FLUSH_SECONDS": "0.3",
        "SESSION_TIMEOUT_MS": "6000",
        "LOG_LEVEL": "info",
    }
    demo = {
        "FOR_TESTS_ONLY": "true",
        "CLOCK_URL": f"{server}/now",  # each process adds its name
        "NOTIFIER_GATEWAY_URL": f"{server}/sms",
        "NOTIFIER_GATEWAY_DEDUPLICATES": str(deduplicates),
    }
    return common | (demo if server else {})


async def demo_key(store_url: str) -> str:
    """A key for the demo in the store of an intake."""
    store = open_documents(store_url)
    try:
        await declare_keys(store)
        return await create_key(store, Wanted("demo"), datetime.now(UTC))
    finally:
        await store.close()


@asynccontextmanager
async def real_parts(bootstrap: str, mongo: str, prefix: str, partitions: int = 24) -> AsyncIterator[Callable[[str], str]]:
    """Topics and databases of one run, removed at its end; yields the store URL of a service."""

    def store_url(name: str) -> str:
        return f"{mongo.rstrip('/')}/{prefix.replace('.', '-')}{name}"

    await apply_topics(bootstrap, prefix, replication=1, partitions=partitions)
    try:
        yield store_url
    finally:
        await remove_topics(bootstrap, prefix)
        for name in SERVICES:
            await drop_database(store_url(name))


@asynccontextmanager
async def real_fleet(  # noqa: PLR0913, PLR0917 - what a run may differ in
    bootstrap: str,
    mongo: str,
    clock: SteppedClock,
    partitions: int = 24,
    phone: Phone | None = None,
    command: Command = as_module,
    prefix: str | None = None,
) -> AsyncIterator[tuple[Fleet, Processes, str]]:
    """All services as processes on real parts of their own; yields the fleet, its processes, and the topic prefix."""
    prefix, screen, readers = prefix or f"demo{secrets.token_hex(3)}.", phone or Phone(), ClockReaders()
    with tempfile.TemporaryDirectory(prefix="dunghen-logs-") as logs:
        async with real_parts(bootstrap, mongo, prefix, partitions) as store_url, demo_server(clock, screen, readers) as server:
            issuer = LocalIssuer.new()
            environment = service_environment(bootstrap, prefix, server, deduplicates=screen.deduplicates, issuer=issuer)
            processes = Processes(environment, store_url, Path(logs), readers, command)
            try:
                for name in SERVICES:
                    await processes.start(name)
                for name in SERVICES:
                    await processes.ready(name)
                shown = all_headers(issuer, await demo_key(store_url("intake")))
                async with AsyncExitStack() as stack:
                    clients = {
                        name: await stack.enter_async_context(
                            httpx.AsyncClient(
                                base_url=f"http://127.0.0.1:{processes.port(name)}", timeout=60, headers=shown[name]
                            )
                        )
                        for name in SERVICES
                    }
                    lags = await stack.enter_async_context(Lags(bootstrap, groups_of(prefix)))
                    secret = environment["NOTIFIER_RECEIPTS_SECRET"]
                    fleet = Fleet(clients, lags, clock, prefix, screen, readers).acting(issuer, secret)
                    yield fleet, processes, prefix
            finally:
                await processes.stop()


async def run_real(bootstrap: str, mongo: str, folder: Path, progress: Progress) -> tuple[Evidence, int]:
    """Run the month on real parts; returns the evidence and how many processes were killed."""
    rows = load_month()
    clock = SteppedClock(demo_start(rows))
    reference = load_reference(PROVINCE)
    moments = list(steps(reference.timeline("H37"), *demo_days(rows)))
    kill_at = {len(moments) * (2 * n + 1) // (2 * len(KILLED) + 1): KILLED for n in range(len(KILLED))}
    async with real_fleet(bootstrap, mongo, clock) as (fleet, processes, prefix):

        async def disturb(number: int) -> Restart | None:
            names = kill_at.get(number, ())
            for name in names:
                await processes.kill(name)

            async def restart() -> None:
                for name in names:
                    await processes.start(name)

            return restart if names else None

        progress.start("Kafka và MongoDB thật", len(moments))
        people = People(fleet, rows, reference)
        await run_month(fleet, rows, moments, progress.step, people.act, disturb)
        return await finish(fleet, bootstrap, prefix, folder, processes.log_text), processes.kills


def compare(embedded: Result, real: Result) -> Check:
    """How many figures and dossiers ended differently on real parts."""
    return Check("lệch so với bộ phận nhúng", len(differences(embedded, real)), 0)


def differences(embedded: Result, real: Result) -> list[str]:
    """The figures and dossiers that ended differently on real parts, both ends of each."""
    there, here = embedded.figures.model_dump(), real.figures.model_dump()
    pairs: list[tuple[str, object, object]] = [(name, there[name], here[name]) for name in there]
    codes = {*embedded.dossiers, *real.dossiers}
    pairs += [(code, embedded.dossiers.get(code), real.dossiers.get(code)) for code in codes]
    return [f"{name}: {one} / {other}" for name, one, other in sorted(pairs, key=lambda pair: pair[0]) if one != other]

"""A service put together: parts, loop, jobs, HTTP; started and stopped as one.

HTTP opens first and says "live, not ready" with the reason, however long a part stays away. Asked to stop, a service ends
within STOP_SECONDS, whatever is down: what it could not publish is in its store, and is published after the next start.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError
from fastapi import FastAPI
from faststream.kafka import KafkaBroker

from runtime.alive import alive_lately, note_alive
from runtime.clock import RemoteClock
from runtime.crash import CrashPoints
from runtime.errors import CANNOT_START, CannotStartError, SettingsError, Unavailable
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job, repeat
from runtime.log.kafka import KafkaLog, make_broker
from runtime.log.none import NoLog
from runtime.logs import configure_logs, get_log
from runtime.loop import Loop
from runtime.machine import SystemMachine, on_stop_signals
from runtime.parts import STATE, Parts, Ports
from runtime.settings import RuntimeSettings, settings_from_environment, version_of
from runtime.store import open_documents
from runtime.telemetry import RUNTIME_METRICS, Metric, Telemetry
from runtime.web.access import access_of
from runtime.web.doors import servers_of

MEASURE_SECONDS = 0.5  # between measurements for probes; /metrics measures when it is asked
ALIVE_SECONDS = 15.0  # between notes in the store that it is in use
AGAIN_SECONDS = 1.0  # between looks for a part that is not there yet
LEAVE_SECONDS = 3.0  # for saying goodbye to the group
AWAY_SECONDS = 5.0  # after so long without an answer the log is away
Step = Callable[[], Awaitable[None]]
Broker = KafkaBroker  # services hold one and do not know what it is


def make_parts(name: str, settings: RuntimeSettings, metrics: Sequence[Metric], ports: Ports) -> tuple[Parts, KafkaBroker]:
    """Open the parts a service runs on; those given in `ports` are taken as they are."""
    telemetry = _telemetry(name, metrics)
    broker = make_broker(settings, get_log(name))
    topics = ports.topics or KafkaLog(name, settings, broker, telemetry)
    return _parts(name, settings, telemetry, replace(ports, topics=topics)), broker


def parts_without_log(name: str, settings: RuntimeSettings, metrics: Sequence[Metric], ports: Ports) -> Parts:
    """The parts of a service that stands on no log: nothing is opened to Kafka, now or later."""
    telemetry = _telemetry(name, metrics)
    return _parts(name, settings, telemetry, replace(ports, topics=NoLog()))


def _telemetry(name: str, metrics: Sequence[Metric]) -> Telemetry:
    telemetry = Telemetry(name, (*RUNTIME_METRICS, *metrics))
    telemetry.set("build", 1, version=version_of())
    return telemetry


def _parts(name: str, settings: RuntimeSettings, telemetry: Telemetry, ports: Ports) -> Parts:
    machine = ports.machine or SystemMachine(ports.clock or (RemoteClock(settings.clock_url) if settings.clock_url else None))
    return Parts(
        name=name,
        settings=settings,
        store=ports.store or open_documents(settings.store_url, machine.new_id),
        topics=ports.topics or NoLog(),
        machine=machine,
        log=get_log(name),
        telemetry=telemetry,
        crash=CrashPoints(settings.crash_at, machine.die),
    )


async def _nothing() -> None:
    """For a service whose store needs no log."""


@dataclass(frozen=True)
class Service:
    """Everything of one service. `collections` (in its store), `from_log` and `anchor` are awaited before it takes its first
    record; `jobs` run beside the loop."""

    parts: Parts
    broker: KafkaBroker | None  # None: it stands on no log
    app: FastAPI
    health: Health
    collections: Sequence[Step]
    from_log: Sequence[Step] = ()
    anchor: Step = _nothing  # holds the store against the log
    topics: Sequence[str] = ()  # that must be there
    loop: Loop[Any] | None = None
    intents: Intents | None = None
    jobs: Sequence[Job] = ()
    drains: Sequence[Step] = ()  # to wait for before the broker stops
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Raises CannotStartError for a route that does not declare who may use it."""
        access_of(self.app)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """Start everything and wait until it has started; on leaving, stop it. Raises CannotStartError."""
        async with self.starting() as starting:
            await starting
            yield self

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[asyncio.Task[None]]:
        """Start store, broker, loop and jobs beside; on leaving, stop them in the opposite order, within STOP_SECONDS.

        Yields the task of the start: `health` says what it waits for, and it fails with CannotStartError.
        """
        starting = asyncio.create_task(self._start(), name="start")
        try:
            yield starting
        finally:
            self.parts.log.info("stopping")
            await self._stop(starting)

    # --- start --------------------------------------------------------------

    async def _start(self) -> None:
        for step in (self._state, *self.collections):
            await self._patiently(step)
        for step in (self._topics_are_there, *self.from_log, self.anchor, self._join):
            await self._patiently(step, without_log=self.loop is None)
        self._open()

    def _open(self) -> None:
        """Answer requests and run the jobs, if that has not begun."""
        if self.health.waits_for == "":
            return
        self.health.waits_for = ""
        jobs = (
            Job("measure", MEASURE_SECONDS, self.health.measure),
            Job("alive", ALIVE_SECONDS, partial(note_alive, self.parts)),
            *self.jobs,
        )
        self._tasks.extend(asyncio.create_task(repeat(job, self.parts), name=job.name) for job in jobs)
        self.parts.log.info("started", version=version_of(), member=self.parts.settings.member_name)

    async def _was_alive(self) -> bool:
        """Whether this store was in use until just now: then it is hardly an older copy, to be held against the log first."""
        try:
            return await alive_lately(self.parts)
        except Unavailable:
            return False

    async def _patiently(self, step: Step, *, without_log: bool = False) -> None:
        """Wait for a part that is not up yet, as in a cluster that starts as a whole.

        `without_log`: go on taking requests while the log is away, if this store was in use until just now; what is taken in is
        published once the log answers. A log that is there is asked first: even a young store may have been put back.
        """
        machine = self.parts.machine
        begin = machine.monotonic()
        while True:
            try:
                await step()
            except Unavailable as error:
                self.health.waits_for = self.health.waits_for and str(error)
                self.parts.log.warning("waiting for a part", reason=str(error))
                if without_log and machine.monotonic() - begin > AWAY_SECONDS and await self._was_alive():
                    self._open()
                await machine.sleep(AGAIN_SECONDS)
            else:
                return

    async def _state(self) -> None:
        await self.parts.store.declare(STATE)
        if self.loop is not None:
            await self.loop.brake.look()
        clock = getattr(self.parts.machine, "clock", None)
        if isinstance(clock, RemoteClock) and not self._tasks:
            self._tasks.append(asyncio.create_task(clock.follow(), name="clock"))

    async def _topics_are_there(self) -> None:
        if self.broker is None:
            return
        known = await self.parts.topics.partitions(self.topics)
        missing = sorted(set(self.topics) - known.keys())
        if missing:
            raise Unavailable(f"kafka has no topic {', '.join(missing)}: run `dunghen topics apply`")

    async def _join(self) -> None:
        if self.broker is None:
            return
        try:
            await self.broker.start()
        except (KafkaError, OSError) as error:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(self.broker.stop(), AGAIN_SECONDS * 5)
            raise Unavailable(f"kafka: {type(error).__name__}") from error

    # --- stop ---------------------------------------------------------------

    async def _stop(self, starting: asyncio.Task[None]) -> None:
        """Each step gets what is left of the time; what does not end by then is in the store."""
        machine = self.parts.machine
        end = machine.monotonic() + self.parts.settings.stop_seconds * 0.8
        if self.loop is not None:
            self.loop.leave()
        tasks = [starting, *self._tasks]
        for task in tasks:
            task.cancel()
        steps: list[tuple[str, Callable[[], Awaitable[Any]]]] = [("jobs", lambda: _ended(tasks))]
        if self.loop is not None:
            steps.append(("loop", self.loop.drain))
        steps += [("drain", drain) for drain in self.drains]
        if self.broker is not None:
            steps += [("broker", self.broker.stop), ("group", self._leave_group)]
        steps += [("reader", self.parts.topics.close), ("store", self.parts.store.close)]
        for name, step in steps:
            try:
                await asyncio.wait_for(_awaited(step), max(0.1, end - machine.monotonic()))
            except TimeoutError:
                self.parts.log.warning("not waited for any longer; what is unsent is in the store", step=name)
            except Exception as error:
                if self.health.waits_for == "":
                    self.parts.log.exception("stopping failed", step=name, error=type(error).__name__)

    async def _leave_group(self) -> None:
        """Not told, the group waits for the end of this instance's session; nothing else is lost."""
        try:
            await asyncio.wait_for(self.parts.topics.leave(), LEAVE_SECONDS)
        except (Unavailable, TimeoutError) as error:
            self.parts.log.warning("the group was not told that this instance stops", reason=str(error))


async def _awaited(step: Callable[[], Awaitable[Any]]) -> None:
    await step()


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for cancelled tasks, and cancel again where a library swallowed it. How a start ended is its waiter's to hear."""
    left = set(tasks)
    while left:
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS / 5)
        for task in left:
            task.cancel()


def calm_garbage_collector() -> None:
    """Decoding batches makes many young objects; the default thresholds cost half of the throughput."""
    gc.set_threshold(50_000, 50, 100)


async def serve(service: Service) -> None:
    """Run a service with its HTTP server until SIGTERM or SIGINT. Raises CannotStartError."""
    settings = service.parts.settings
    servers = servers_of(service.app, settings)

    def stop_answering() -> None:
        for server in servers:
            server.leave()

    def leave() -> None:
        stop_answering()
        service.parts.machine.end_within(settings.stop_seconds)

    on_stop_signals(leave)
    async with service.starting() as starting:
        starting.add_done_callback(lambda task: stop_answering() if not task.cancelled() and task.exception() else None)
        await asyncio.gather(*(server.serve() for server in servers))
        if starting.done():
            starting.result()  # why it could not start


def run(
    name: str,
    own: type[Any],
    build: Callable[[RuntimeSettings, Any], Service],
    common: type[RuntimeSettings] = RuntimeSettings,
) -> None:
    """Entry point of `python -m services.NAME`: settings from the environment, `build` called inside the event loop.

    What a person has to do first (settings, topics, a rebuild) is said in one sentence each, and the exit status is 78.
    """
    try:
        settings, more = settings_from_environment(own, common)
        configure_logs(settings.log_level)
        calm_garbage_collector()

        async def main() -> None:
            await serve(build(settings, more))

        asyncio.run(main())
    except (SettingsError, CannotStartError, ValueError) as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"{name}: {line}\n")
        sys.exit(CANNOT_START)

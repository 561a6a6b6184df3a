"""A service put together: parts, loop, jobs, HTTP; started and stopped as one."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI
from faststream.kafka import KafkaBroker

from runtime.clock import Clock, RemoteClock, SystemClock
from runtime.crash import CrashPoints
from runtime.store import Documents, open_documents
from runtime.errors import Unavailable
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job, repeat
from runtime.kafka import Publisher, make_broker
from runtime.logs import configure_logs, get_log
from runtime.loop import Loop
from runtime.parts import Parts
from runtime.settings import RuntimeSettings, version_of
from runtime.telemetry import RUNTIME_METRICS, Metric, Telemetry


def make_parts(
    name: str,
    settings: RuntimeSettings,
    metrics: Sequence[Metric],
    *,
    store: Documents | None = None,
    clock: Clock | None = None,
) -> tuple[Parts, KafkaBroker]:
    """Open the parts a service runs on; store and clock may be given, as tests and the demo do."""
    log = get_log(name)
    telemetry = Telemetry(name, (*RUNTIME_METRICS, *metrics))
    broker = make_broker(settings, log)
    parts = Parts(
        name=name,
        settings=settings,
        store=store or open_documents(settings.store_url),
        clock=clock or (RemoteClock(settings.clock_url) if settings.clock_url else SystemClock()),
        log=log,
        telemetry=telemetry,
        crash=CrashPoints(settings.crash_at),
        publisher=Publisher(broker, settings, telemetry),
    )
    return parts, broker


MEASURE_SECONDS = 0.5  # between measurements for probes; /metrics measures when it is asked


@dataclass(frozen=True)
class Service:
    """Everything of one service. `declare` makes its collections; `jobs` run beside the loop."""

    parts: Parts
    broker: KafkaBroker
    app: FastAPI
    health: Health
    collections: Sequence[Any]  # coroutine functions that declare collections
    loop: Loop[Any] | None = None
    intents: Intents | None = None
    jobs: Sequence[Job] = ()
    drains: Sequence[Any] = ()  # coroutine functions to wait for before the broker stops

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """Start store, broker, loop and jobs; on leaving, stop them in the opposite order."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.parts.store.close)
            for declare in self.collections:
                await _patiently(declare, self.parts)
            await self.broker.start()
            stack.push_async_callback(self.broker.stop)
            for drain in (*self.drains, *((self.loop.drain,) if self.loop is not None else ())):
                stack.push_async_callback(drain)
            measure = Job("measure", MEASURE_SECONDS, self.health.measure)
            tasks = [asyncio.create_task(repeat(job, self.parts), name=job.name) for job in (measure, *self.jobs)]
            if isinstance(self.parts.clock, RemoteClock):
                tasks.append(asyncio.create_task(self.parts.clock.follow(), name="clock"))
            stack.push_async_callback(_end, tasks)
            self.parts.log.info("started", version=version_of(), member=self.parts.settings.member_name)
            yield self
            self.parts.log.info("stopping")


async def _patiently(declare: Any, parts: Parts) -> None:  # noqa: ANN401 - a coroutine function
    """Wait for a part that is not up yet, as in a cluster that starts as a whole."""
    while True:
        try:
            await declare()
        except Unavailable as error:
            parts.log.warning("waiting for a part", reason=str(error))
            await asyncio.sleep(1)
        else:
            return


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def calm_garbage_collector() -> None:
    """Decoding batches makes many young objects; the default thresholds cost half of the throughput."""
    gc.set_threshold(50_000, 50, 100)


class _Server(uvicorn.Server):
    """uvicorn raises a caught signal again when it has stopped, which would end the process before the loop is stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def leave(self) -> None:
        """Stop answering and return from `serve`."""
        self.should_exit = True


async def serve(service: Service) -> None:
    """Run a service with its HTTP server until SIGTERM or SIGINT."""
    settings = service.parts.settings
    config = uvicorn.Config(
        service.app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.leave)
    async with service.running():
        await server.serve()


def run(service_of: Any, settings: RuntimeSettings) -> None:  # noqa: ANN401 - a function that builds a Service
    """Entry point of `python -m services.NAME`: `service_of()` is called inside the event loop."""
    configure_logs(settings.log_level)
    calm_garbage_collector()

    async def main() -> None:
        await serve(service_of())

    asyncio.run(main())

"""`dunghen drill`: instances of a service come, go and are restarted under load, as processes on real parts."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from contracts import load_catalogue
from dunghen.demo.driver import ClockReaders, DemoStuckError, Fleet, groups_of
from dunghen.demo.phone import Phone
from dunghen.demo.real import Processes, demo_key, demo_server, real_parts, service_environment
from dunghen.drill.judged import EXPECTED, FACTS, Figures, Phase, figures, handled_by
from dunghen.drill.load import Load, now_ms
from dunghen.log import events_of, read_broker
from dunghen.together import bearer
from runtime.clock import SteppedClock
from runtime.kafka_admin import Lags

# What the demo sets to hurry: a drill is about services as they come, or as the environment of the drill sets them.
PHONE_PER_SECOND = 1000  # it takes each at once; with the default, what is measured would be the wait for a turn
HURRIED = ("SWEEP_SECONDS", "REPORTING_FLUSH_SECONDS", "SESSION_TIMEOUT_MS", "LOG_LEVEL")


@dataclass(frozen=True, slots=True)
class Plan:
    """From how many instances to how many and back, at how many facts a second; `seconds`: of each phase at rest. With as many
    at the top as at the bottom they are restarted only."""

    service: str
    few: int
    many: int
    rate: float
    seconds: float
    partitions: int


class _Drill:
    """The service of a plan in a running system: how many instances of it there are."""

    def __init__(self, plan: Plan, fleet: Fleet, processes: Processes) -> None:
        self._plan, self._fleet, self._processes = plan, fleet, processes
        self._clients: list[httpx.AsyncClient] = []

    async def rest(self) -> None:
        """Nothing changes for a while."""
        await asyncio.sleep(self._plan.seconds)

    async def grow(self, to: int) -> None:
        """Start instances together, until all partitions are theirs."""
        service, numbers = self._plan.service, range(len(self._clients), to)
        await asyncio.gather(*(self._processes.start(service, number) for number in numbers))
        await asyncio.gather(*(self._processes.ready(service, number) for number in numbers))
        for number in numbers:
            url = f"http://127.0.0.1:{self._processes.port(service, number)}"
            self._clients.append(httpx.AsyncClient(base_url=url, timeout=60))
        await self._shared_out()

    async def shrink(self, to: int) -> None:
        """Stop the instances that came last, one after the other as Kubernetes does, until the others have their partitions."""
        while len(self._clients) > to:
            await self._clients.pop().aclose()
            await self._processes.terminate(self._plan.service, len(self._clients))
        await self._shared_out()

    async def restart(self) -> None:
        """Restart each instance under its name, the last one first as Kubernetes does, the next one when it is ready."""
        service = self._plan.service
        for number in reversed(range(len(self._clients))):
            await self._processes.terminate(service, number)
            await self._processes.start(service, number)
            await self._processes.ready(service, number)
            await self._shared_out()

    async def _shared_out(self) -> None:
        service = self._plan.service
        wanted = len(load_catalogue().read_by(service)) * self._plan.partitions
        busy = min(len(self._clients), self._plan.partitions)
        self._fleet.clients = {**self._fleet.clients, service: self._clients[0]}
        self._fleet.others[service] = self._clients[1:]

        async def spread() -> bool:
            held = [gauges.get("partitions_held", 0) for gauges in await self._fleet.all_gauges(service)]
            return sum(held) == wanted and sum(one > 0 for one in held) == busy

        await self._fleet.until(f"the partitions of {service} to be shared out", spread)

    async def close(self) -> None:
        """Give up the connections."""
        for client in self._clients:
            await client.aclose()


def _steps(drill: _Drill, few: int, many: int) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """What is done, by the names of the phases."""
    yield f"{few}", drill.rest
    if many > few:
        yield f"{few} -> {many}", lambda: drill.grow(many)
        yield f"{many}", drill.rest
    yield f"{many} restarted", drill.restart
    if many > few:
        yield f"{many} -> {few}", lambda: drill.shrink(few)
    yield f"{few} again", drill.rest


async def run_drill(bootstrap: str, mongo: str, plan: Plan, say: Callable[[str], None]) -> list[Figures]:
    """Run the drill; returns the figures of its phases. `say` is told which begins. Raises DemoStuckError, Unavailable."""
    prefix = f"drill{secrets.token_hex(3)}."
    async with system(bootstrap, mongo, prefix, plan.partitions) as (fleet, processes):
        drill = _Drill(plan, fleet, processes)
        await drill.grow(plan.few)
        phases, load = list[Phase](), Load(fleet, plan.rate)
        async with load.running():
            for name, step in _steps(drill, plan.few, plan.many):
                say(f"{plan.service}: {name}")
                begin = now_ms()
                await step()
                phases.append(Phase(name, begin, now_ms()))
        phases[-1] = replace(phases[-1], end=now_ms() + 1)  # with what was completed at the end
        await fleet.published()
        await fleet.handled(plan.service)
        await drill.close()
        topics = {FACTS, *(effect.topic for effect in EXPECTED[plan.service].values())}
        records = await read_broker(bootstrap, prefix, sorted(topics))
    missing = len(fleet.answers.ids - {event.id for event in events_of(records)})
    if missing or fleet.answers.refused or fleet.answers.held:
        raise DemoStuckError(f"{missing} facts that intake took are not in the log, {fleet.answers.refused} were refused")
    return figures(handled_by(plan.service, records), phases)


@asynccontextmanager
async def system(
    bootstrap: str,
    mongo: str,
    prefix: str,
    partitions: int,
    services: Sequence[str] = ("intake",),
    clock: SteppedClock | None = None,
) -> AsyncIterator[tuple[Fleet, Processes]]:
    """Topics, stores, a phone, and these services as they come, without the demo's hurry. `clock`: None for the system's."""
    phone, readers, time = Phone(), ClockReaders(), clock or SteppedClock(datetime.now(UTC))
    async with AsyncExitStack() as stack:
        logs = stack.enter_context(tempfile.TemporaryDirectory(prefix="dunghen-logs-"))
        store_url = await stack.enter_async_context(real_parts(bootstrap, mongo, prefix, partitions))
        server = await stack.enter_async_context(demo_server(time, phone, readers))
        environment = service_environment(bootstrap, prefix, server if clock else None)
        environment |= {"NOTIFIER_GATEWAY_URL": f"{server}/sms", "NOTIFIER_GATEWAY_PER_SECOND": str(PHONE_PER_SECOND)}
        common = {name: value for name, value in environment.items() if name not in HURRIED}
        processes = Processes(common, store_url, Path(logs), readers)
        stack.push_async_callback(processes.stop)
        await asyncio.gather(*(processes.start(name) for name in services))
        await asyncio.gather(*(processes.ready(name) for name in services))
        shown = {"intake": bearer(await demo_key(store_url("intake")))}
        clients = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{processes.port(name)}", timeout=60, headers=shown.get(name))
            )
            for name in services
        }
        lags = await stack.enter_async_context(Lags(bootstrap, groups_of(prefix)))
        yield Fleet(clients, lags, time, prefix, phone), processes

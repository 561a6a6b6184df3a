"""intake as a process of its own on embedded parts, and what it costs while somebody talks to it: memory, computing, /livez."""

import asyncio
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contracts import load_catalogue
from dunghen.demo.real import demo_key, free_port, service_environment
from runtime.embedded import EmbeddedBroker

LOOK_SECONDS = 0.005  # between two looks at a child
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 400.0  # seconds for one answer


@dataclass
class Cost:
    """Of one input. Memory in MB, of the serving process what goes beyond idle; times in seconds.

    `livez`: the worst answer in ms; `blocked`: the most that intake computed while one was waited for.
    """

    memory: int = 0
    computed: float = 0.0
    child_memory: int = 0
    child_computed: float = 0.0
    took: float = 0.0
    livez: float = 0.0
    blocked: float = 0.0


class Probed(Protocol):
    """What the prober keeps, shared between processes: by the places below, in seconds."""

    def __getitem__(self, place: int, /) -> float: ...
    def __setitem__(self, place: int, value: float, /) -> None: ...


WORST, BLOCKED, NUMBER = 0, 1, 2  # the number of answers


class Served:
    """A running intake and its numbers."""

    def __init__(self, pid: int, port: int, key: str, probed: Probed) -> None:
        self.pid, self.port, self.key, self._probed = pid, port, key, probed

    @asynccontextmanager
    async def costs(self) -> AsyncIterator[Cost]:
        """What is done meanwhile, counted."""
        cost, idle, begun = Cost(), _kilobytes(self.pid, "VmRSS"), time.monotonic()
        _forget_peak(self.pid)
        own, children = computed(self.pid)
        self._probed[WORST] = self._probed[BLOCKED] = 0.0
        watch = asyncio.create_task(self._watch_children(cost))
        try:
            yield cost
            cost.took = time.monotonic() - begun
            await asyncio.sleep(0.1)  # what an abandoned request does afterwards is its own
            await answered(self._probed)
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        after, children_after = computed(self.pid)
        cost.computed, cost.child_computed = after - own, children_after - children
        cost.memory = max(0, _kilobytes(self.pid, "VmHWM") - idle) // 1024
        cost.livez, cost.blocked = self._probed[WORST] * 1000, self._probed[BLOCKED] * 1000

    async def _watch_children(self, cost: Cost) -> None:
        while True:
            for child in _children(self.pid):
                cost.child_memory = max(cost.child_memory, _kilobytes(child, "VmHWM") // 1024)
            await asyncio.sleep(LOOK_SECONDS)


def _forget_peak(pid: int) -> None:
    """VmHWM begins anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "utf-8")


def _children(pid: int) -> list[int]:
    """Of all threads: the one that began a child is its parent."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += [int(child) for child in (task / "children").read_text("utf-8").split()]
    return found


def computed(pid: int) -> tuple[float, float]:
    """Seconds of computing of a process, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    own, children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return own / TICKS, children / TICKS


def _kilobytes(pid: int, name: str) -> int:
    """A line of its status; 0 if it is gone."""
    lines: list[str] = []
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _nanoseconds(pid: int) -> int:
    """What all threads of a process have computed."""
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += int((task / "schedstat").read_text("utf-8").split()[0])
    return found


def probe(pid: int, port: int, probed: Probed) -> None:
    """Ask /livez over and over on one connection, and keep the worst answer (seconds). Runs in a process of its own."""
    request = b"GET /livez HTTP/1.1\r\nhost: intake\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        while True:
            begun, computed = time.monotonic(), _nanoseconds(pid)
            line.sendall(request)
            if not line.recv(65_536):
                return
            took = time.monotonic() - begun
            probed[WORST] = max(probed[WORST], took)
            probed[BLOCKED] = max(probed[BLOCKED], min(took, (_nanoseconds(pid) - computed) / 1e9))
            probed[NUMBER] += 1
            time.sleep(0.01)


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    """Start it; it is gone at the end."""
    broker, port = EmbeddedBroker(load_catalogue().topics), free_port()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        store = f"sqlite:///{folder}/intake.db"
        environment = {**os.environ, **service_environment(broker.bootstrap_servers, "", None)}
        environment |= {"STORE_URL": store, "HTTP_PORT": str(port), "LOG_LEVEL": "error", "SWEEP_SECONDS": "1"}
        environment |= {"INTAKE_ITEMS_PER_MINUTE": "100000000"}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.intake", env=environment)
        spawned = multiprocessing.get_context("spawn")
        probed: Probed = spawned.Array("d", 3, lock=False)
        prober = spawned.Process(target=probe, args=(process.pid, port, probed), daemon=True)
        try:
            await _ready(port)
            key = await demo_key(store)
            prober.start()
            await answered(probed)
            yield Served(process.pid, port, key, probed)
        finally:
            if prober.pid is not None:
                prober.terminate()
            process.terminate()
            await process.wait()


async def _ready(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while b" 200 " not in await said(port, b"GET /readyz HTTP/1.1\r\nhost: intake\r\nconnection: close\r\n\r\n"):
        if time.monotonic() > end:
            raise TimeoutError("intake does not become ready")
        await asyncio.sleep(0.2)


async def answered(probed: Probed) -> None:
    """Wait until /livez was asked and answered twice more: the first answer may be to an earlier question."""
    before = probed[NUMBER]
    while probed[NUMBER] < before + 2:
        await asyncio.sleep(0.01)


async def said(port: int, *pieces: bytes, pause: float = 0.0, hang_up: bool = False) -> bytes:
    """Send pieces on a connection of their own; the beginning of the answer, or empty if there was none."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    try:
        sending = asyncio.create_task(_write(writer, pieces, pause))
        if hang_up:
            await sending
            return b""
        answer = await asyncio.wait_for(reader.read(65_536), PATIENCE)
        sending.cancel()
        return answer
    except OSError:
        return b""
    finally:
        writer.close()


async def _write(writer: asyncio.StreamWriter, pieces: tuple[bytes, ...], pause: float) -> None:
    with suppress(OSError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

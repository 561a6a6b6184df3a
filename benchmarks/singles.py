"""Single items, so many senders at a time: each with a save of its own, and those that come together in one save."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from benchmarks.intake import Running, items, running
from benchmarks.watched import computed

SENDERS = (16, 1)  # at a time
EACH = 256  # requests of one measurement: short ones, in turn, meet the same weather on a machine that others use too
TIMES = 8  # measurements of a round


@dataclass
class Measured:
    """What one way came to: seconds of each measurement and of each request, and what intake computed."""

    seconds: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    computed: float = 0.0

    @property
    def rate(self) -> float:
        """Requests/s of all measurements together."""
        return len(self.took) / sum(self.seconds)

    def say(self) -> str:
        """For people."""
        p50, p99 = (statistics.quantiles(self.took, n=100)[place] * 1000 for place in (49, 98))
        each = self.computed / len(self.took) * 1000
        return f"{self.rate:,.0f}/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, intake computes {each:.1f} ms of each"


async def run(kafka: str, mongo: str, rounds: int) -> None:
    """Two intakes side by side, alternately loaded; the same requests to each."""
    async with running(kafka, mongo, "benchmarks.ungrouped") as alone, running(kafka, mongo) as together:
        intakes = {"each with a save of its own": alone, "saved together": together}
        first = 5_000_000
        for senders in SENDERS:
            measured = {way: Measured() for way in intakes}
            count = EACH if senders > 1 else EACH // 10
            for _ in range(rounds * TIMES):
                bodies = [orjson.dumps(item) for item in items(first, count)]
                first += count
                for way, intake in intakes.items():
                    await _measure(intake, bodies, senders, measured[way])
            before, after = (one.rate for one in measured.values())
            for way, one in measured.items():
                print(f"intake:   single items, {senders} at a time, {way}: {one.say()}")
            print(f"intake:   single items, {senders} at a time: ratio {after / before:.2f}")


async def _measure(intake: Running, bodies: list[bytes], senders: int, measured: Measured) -> None:
    waiting = iter(bodies)

    async def sender() -> None:
        async with _connected(intake) as connection:
            for body in waiting:
                begin = time.perf_counter()
                assert await connection.post(body) == b"202"  # noqa: S101 - a benchmark that sends nonsense measures nothing
                measured.took.append(time.perf_counter() - begin)

    begin, (before, _) = time.perf_counter(), computed(intake.pid)
    await asyncio.gather(*(sender() for _ in range(senders)))
    measured.seconds.append(time.perf_counter() - begin)
    measured.computed += computed(intake.pid)[0] - before


@dataclass(frozen=True)
class Connection:
    """As little of HTTP as is needed: a client that does everything costs as much of the machine as what is measured."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes

    async def post(self, body: bytes) -> bytes:
        """Send a body; the status of the answer."""
        self.writer.write(b"%s%d\r\n\r\n%s" % (self.head, len(body), body))
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        await self.reader.readexactly(int(rest.partition(b"\r\n")[0]))
        return head.split(b" ", 2)[1]


@asynccontextmanager
async def _connected(intake: Running) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    head = f"POST /v1/dossiers/events HTTP/1.1\r\nHost: intake\r\nAuthorization: Bearer {intake.key}\r\n"
    try:
        yield Connection(reader, writer, f"{head}Content-Type: application/json\r\nContent-Length: ".encode())
    finally:
        writer.close()
        await writer.wait_closed()

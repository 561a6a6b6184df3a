"""A gateway in this process, over TCP, that speaks as the real ones do and fails as networks and servers do."""

import asyncio
import gzip
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Kind = Literal["http", "kannel", "wscpmt"]
Writer = asyncio.StreamWriter
LONG = 30.0  # seconds: longer than anybody waits here
RESULT = "<?xml version='1.0'?><e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>{}</e:Body></e:Envelope>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one try. `takes`: whether the message is on its way to the phone all the same."""

    takes: bool
    play: Callable[[Writer, Kind], Awaitable[None]]


def answer(status: int, body: bytes = b"", kind: str = "text/plain", more: str = "") -> bytes:
    """An HTTP answer."""
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def taken(kind: Kind) -> bytes:
    """What a gateway says to a message that it takes."""
    match kind:
        case "kannel":
            return answer(202, b"0: Accepted for delivery", "text/html")
        case "wscpmt":
            found = '<r:wsCpMtResponse xmlns:r="http://impl.bulkSms.ws/"><return><message>Insert MT_QUEUE: OK</message>'
            return answer(200, RESULT.format(f"{found}<result>1</result></return></r:wsCpMtResponse>").encode(), "text/xml")
    return answer(200, b'{"status": "accepted"}', "application/json")


def _bytes(said: bytes) -> Callable[[Writer, Kind], Awaitable[None]]:
    """Say that, and hang up."""

    async def play(writer: Writer, _: Kind) -> None:
        writer.write(said)
        await writer.drain()

    return play


async def _hang(_: Writer, __: Kind) -> None:
    await asyncio.sleep(LONG)


async def _drip(writer: Writer, _: Kind) -> None:
    """A byte now and then, each in time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\n")
    for _second in range(300):
        writer.write(b"0")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _nearly(writer: Writer, kind: Kind) -> None:
    """The right answer without its last bytes."""
    writer.write(taken(kind)[:-5])
    await writer.drain()


def _status(status: int, more: str = "") -> Callable[[Writer, Kind], Awaitable[None]]:
    return _bytes(answer(status, b"no", more=more))


FAULTS: dict[str, Fault] = {
    "hangs, never took it": Fault(False, _hang),
    "hangs, took it": Fault(True, _hang),
    "hangs up, never took it": Fault(False, _bytes(b"")),
    "hangs up, took it": Fault(True, _bytes(b"")),
    "half a head": Fault(True, _bytes(b"HTTP/1.1 200 OK\r\ncontent-le")),
    "half a body": Fault(True, _nearly),
    "no HTTP": Fault(True, _bytes(b"\x00\x01SMPP\r\n\r\n")),
    "drips": Fault(True, _drip),
    "broken content-encoding": Fault(True, _bytes(answer(200, b"no gzip at all", more="content-encoding: gzip\r\n"))),
    "half a gzip": Fault(True, _bytes(answer(200, gzip.compress(b"x" * 999)[:20], more="content-encoding: gzip\r\n"))),
    "no text": Fault(True, _bytes(answer(200, b"\xff\xfe\xfa", "application/json"))),
    "a huge answer": Fault(True, _bytes(answer(200, b"x" * 300_000))),
    "a log-in page": Fault(False, _bytes(answer(200, b"<html>log in</html>", "text/html"))),
    "301": Fault(False, _status(301, "location: /elsewhere\r\n")),
    "302 to itself": Fault(False, _status(302, "location: /\r\n")),
    "307": Fault(False, _status(307, "location: http://127.0.0.1:1/\r\n")),
    "400": Fault(False, _status(400)),
    "401": Fault(False, _status(401)),
    "402": Fault(False, _status(402)),
    "403": Fault(False, _status(403)),
    "404": Fault(False, _status(404)),
    "405": Fault(False, _status(405)),
    "407": Fault(False, _status(407)),
    "408": Fault(False, _status(408)),
    "409, took it": Fault(True, _status(409)),
    "413": Fault(False, _status(413)),
    "415": Fault(False, _status(415)),
    "429": Fault(False, _status(429, "retry-after: 20\r\n")),
    "500, never took it": Fault(False, _status(500)),
    "500, took it": Fault(True, _status(500)),
    "501": Fault(False, _status(501)),
    "502, took it": Fault(True, _status(502)),
    "503": Fault(False, _status(503)),
    "504, took it": Fault(True, _status(504)),
    "511": Fault(False, _status(511)),
    "999": Fault(True, _status(999)),
}


@dataclass
class SmsServer:
    """Takes messages, and plays the faults that are planted for a number, one per try. `deduplicates`: by client id."""

    kind: Kind = "http"
    deduplicates: bool = False
    planted: dict[str, list[Fault]] = field(default_factory=dict)  # by the last digits of a number
    arrived: Counter[str] = field(default_factory=Counter)  # number -> how often its phone rang
    tries: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    port: int = 0
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens, or listened."""
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Listen, on the port it had before."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, and what was said with it."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: Writer) -> bool:
        """One request and what is said to it; False: hang up."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        client_id, number = self._message(headers, body)
        self.tries[number] += 1
        faults = self.planted.get(number[-4:])
        fault = faults.pop(0) if faults else None
        if fault is None or fault.takes:
            if not (self.deduplicates and client_id in self.known):
                self.arrived[number] += 1
            self.known.add(client_id)
        if fault is None:
            writer.write(taken(self.kind))
            await writer.drain()
            return True
        await fault.play(writer, self.kind)
        return False

    def _message(self, headers: dict[str, str], body: str) -> tuple[str, str]:
        match self.kind:
            case "kannel":
                receipt = parse_qs(urlsplit(headers.get("x-kannel-dlr-url", "")).query)
                return receipt.get("id", [""])[0], headers["x-kannel-to"].removeprefix("+")
            case "wscpmt":
                found = re.search(r"<ReceiverID>(\d+)<", body)
                assert found is not None
                return found.group(1), found.group(1)
        said: dict[str, str] = json.loads(body)
        return said["client_id"], said["to"].removeprefix("+")

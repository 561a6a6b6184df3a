"""One HTTP call to a gateway: connections are kept, everything has a limit, and every way it can end is a value."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from services.notifier.domain.outcome import Answer
from services.notifier.gateways.answers import of_error, of_status

MOST_BYTES = 64 * 1024  # of an answer; what is longer is none of a gateway's
IDLE_SECONDS = 3.0  # shorter than servers keep idle connections: one that is closed just as we write leaves a doubt
LONGEST_PAUSE = 900.0  # seconds that a gateway may ask to be left alone


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. `kind`: its media type, lower case; `text`: None if it could not be read as a whole."""

    status: int
    kind: str
    text: str | None
    pause: float | None = None

    @property
    def is_page(self) -> bool:
        """Whether it is a web page: somebody else answered, such as a proxy that asks for a log-in."""
        return self.kind in ("text/html", "application/xhtml+xml") and (self.text or "").lstrip().startswith("<")

    def by_status(self) -> Answer:
        """What its status alone says. A body that cannot be read leaves a doubt about what was said to be taken."""
        outcome = of_status(self.status)
        if outcome == "taken" and self.is_page:
            return Answer("broken", f"{self.status} {self.kind}")
        if outcome == "taken" and self.text is None:
            return Answer("uncertain", f"{self.status} unreadable")
        return Answer(outcome, str(self.status), self.pause)

    def believed(self, answer: Answer) -> Answer:
        """What its body says, unless that is that the message was taken, and its status says otherwise: then nobody knows."""
        contradicts = answer.outcome == "taken" and of_status(self.status) != "taken"
        return Answer("uncertain", f"{self.status} with a body that says taken") if contradicts else answer

    def by_status_alone(self) -> Answer:
        """The same of a gateway that says in words what is wrong with a recipient: a status is never about one."""
        answer = self.by_status()
        return Answer("odd", answer.reason) if answer.outcome == "refused" else answer


class Caller:
    """Posts to one address, at most `width` at a time. `client`: given by tests.

    Each call that runs has a client with one connection of its own: a pool looks through all of its connections twice a call,
    which costs a quarter of what sending a message takes. The one used last is taken first, so that few are kept open.
    """

    def __init__(self, url: str, seconds: float, width: int, client: httpx.AsyncClient | None = None) -> None:
        self._url, self._seconds = url, seconds
        self._clients = [_client(seconds) for _ in range(width)] if client is None else [client]
        self._free = list(self._clients)

    async def post(self, content: bytes, headers: dict[str, str]) -> Reply | Answer:
        """The reply, or what it means that there is none."""
        try:
            # httpx allows each step its share: a drip would never end
            async with asyncio.timeout(3 * self._seconds), self._one() as client:
                request = client.build_request("POST", self._url, content=content, headers=headers)
                response = await client.send(request, stream=True)
                try:
                    return Reply(response.status_code, _kind_of(response), await _text_of(response), _pause_of(response))
                finally:
                    await _let_go(response)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            httpx.CookieConflict,
            httpx.StreamError,
            OSError,
            UnicodeEncodeError,
        ) as error:
            return Answer(*of_error(error))

    @asynccontextmanager
    async def _one(self) -> AsyncIterator[httpx.AsyncClient]:
        """A free client; one call too many waits for a connection, in vain after `seconds`: it surely did not leave."""
        if not self._free:
            yield self._clients[0]
            return
        client = self._free.pop()
        try:
            yield client
        finally:
            self._free.append(client)

    async def close(self) -> None:
        """Give back connections."""
        await asyncio.gather(*(client.aclose() for client in self._clients))


def _client(seconds: float) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncClient(timeout=seconds, limits=limits, follow_redirects=False, trust_env=False, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """Whom a gateway's certificate must be of, read once: for each client anew it takes a fiftieth of a second."""
    return httpx.create_ssl_context(trust_env=False)


def _kind_of(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _text_of(response: httpx.Response) -> str | None:
    """The body, if it comes, is not too long, and is text: its status has been said by then, and counts."""
    pieces, size = list[bytes](), 0
    try:
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                return None
        return b"".join(pieces).decode("utf-8")
    except (httpx.HTTPError, httpx.StreamError, UnicodeDecodeError, OSError):
        return None


async def _let_go(response: httpx.Response) -> None:
    """Close it; what was said has been said, whatever closing says."""
    try:
        await response.aclose()
    except (httpx.HTTPError, OSError):
        return


def _pause_of(response: httpx.Response) -> float | None:
    """Seconds that it asks to be left alone (Retry-After); a date is not read."""
    asked = response.headers.get("retry-after", "")
    return min(float(asked), LONGEST_PAUSE) if asked.isascii() and asked.isdigit() else None

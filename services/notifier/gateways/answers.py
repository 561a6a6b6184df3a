"""What every answer of a gateway means: tables, which docs/gateways.md shows.

Two questions decide. Did the message surely not get to the gateway? Then it is free again, and the gateway is left alone for a
while. May it have got there? Then it is uncertain. Final is only what the gateway says of the recipient.
"""

import ssl
from collections.abc import Iterator, Mapping

import httpx

from services.notifier.domain.outcome import Outcome

STATUS: Mapping[int, Outcome] = {
    400: "refused",
    408: "broken",
    409: "uncertain",
    413: "odd",
    414: "odd",
    421: "busy",
    422: "refused",
    425: "busy",
    429: "busy",
    431: "odd",
    501: "broken",
    503: "busy",
    505: "broken",
    511: "broken",
}
CLASSES: Mapping[int, Outcome] = {1: "uncertain", 2: "taken", 3: "broken", 4: "broken", 5: "uncertain"}

# By the nearest class that is named here. What is not named may have left.
ERRORS: Mapping[type[BaseException], Outcome] = {
    httpx.ConnectError: "busy",
    httpx.ConnectTimeout: "busy",
    httpx.PoolTimeout: "busy",
    httpx.ReadError: "uncertain",
    httpx.ReadTimeout: "uncertain",
    httpx.WriteError: "uncertain",
    httpx.WriteTimeout: "uncertain",
    httpx.CloseError: "uncertain",
    httpx.RemoteProtocolError: "uncertain",
    httpx.DecodingError: "uncertain",
    httpx.StreamError: "uncertain",
    httpx.LocalProtocolError: "broken",
    httpx.UnsupportedProtocol: "broken",
    httpx.ProxyError: "broken",
    httpx.TooManyRedirects: "broken",
    httpx.InvalidURL: "broken",
    httpx.CookieConflict: "broken",
    TimeoutError: "uncertain",
    UnicodeEncodeError: "broken",
    ssl.SSLError: "broken",
}
TLS = "tls"


def of_status(status: int) -> Outcome:
    """What an HTTP status means, where the gateway says nothing more in the answer's body."""
    return STATUS.get(status) or CLASSES.get(status // 100, "uncertain")


def of_error(error: BaseException) -> tuple[Outcome, str]:
    """What an exception of a call means, and its name. A handshake that failed is a matter of settings."""
    if isinstance(error, httpx.ConnectError) and any(isinstance(one, ssl.SSLError) for one in _causes(error)):
        return "broken", TLS
    known = next((kind for kind in type(error).__mro__ if kind in ERRORS), None)
    return "uncertain" if known is None else ERRORS[known], type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__

"""Doors as ports of their own: a listener that answers for the routes of some doors alone, as if there were no others."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import h11
import uvicorn
from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from runtime.settings import RuntimeSettings
from runtime.web.access import GuardedRoute, declared
from runtime.web.identity import Door
from runtime.web.problems import Problem, problem_response

ALL_DOORS = frozenset(Door)
HEAD_SECONDS = 20.0  # for all of a request before its body
READ_AT_ONCE = 32 * 1024  # bytes of one connection, before it is the turn of the next: a hundred large bodies hold up no probe
MOST_HELD = 65_536  # bytes of an answer that wait for the end of a turn


def listeners(settings: RuntimeSettings) -> Mapping[int, frozenset[Door]]:
    """Which doors each port answers for. What has no port of its own is at HTTP_PORT; without any, all is there."""
    own = {Door.OFFICERS: settings.officers_port, Door.OPERATIONS: settings.operations_port}
    found: dict[int, frozenset[Door]] = {settings.http_port: frozenset()}
    for door in Door:
        port = own.get(door)
        at = settings.http_port if port is None else port
        found[at] = found.get(at, frozenset()) | {door}
    return found


class AtDoors:
    """An application as it is at some of its doors. A path of another door is not there: 404."""

    def __init__(self, app: FastAPI, doors: frozenset[Door]) -> None:
        self._app, self._doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what belongs to these doors, and what belongs to none."""
        if scope["type"] == "http" and self._is_elsewhere(scope):
            await problem_response(Problem("http-404", "Không có ở đây / not here", 404))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_elsewhere(self, scope: Scope) -> bool:
        found = (
            route for route in self._app.routes if isinstance(route, GuardedRoute) and route.matches(scope)[0] != Match.NONE
        )
        accesses = [access for route in found if (access := declared(route)) is not None]
        return bool(accesses) and all(access.door not in self._doors for access in accesses)


class InOnePiece:
    """A transport that sends together what is written in one turn of the loop: uvicorn writes the head of an answer and its
    body one after the other, and each write is a call of the system, and as a rule a packet and a wake-up at the asker's."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._pieces = bytearray()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the transport's
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon; what is large at once: it is not copied, and the transport tells its writer to wait."""
        if len(self._pieces) + len(data) > MOST_HELD:
            self._flush()
            self._transport.write(data)
        elif data:
            if not self._pieces:
                self._loop.call_soon(self._flush)
            self._pieces += data

    def close(self) -> None:
        """Send what was written, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pieces:
            data, self._pieces = bytes(self._pieces), bytearray()
            self._transport.write(data)


class InTimeProtocol(H11Protocol):
    """HTTP/1.1 that waits for the head of a request for so long only: uvicorn waits for ever, and a few thousand silent
    connections would leave no room for anybody else. How long a body may take is the application's to say."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connects."""
        transport.max_size = READ_AT_ONCE  # type: ignore[attr-defined]  # of asyncio's own socket transports
        super().connection_made(cast("asyncio.Transport", InOnePiece(transport, self.loop)))
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes of a head or of a body."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next head may have begun to come already."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Count from the connection, or from the answer before, to the end of a head."""
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(uvicorn.Server):
    """uvicorn raises a caught signal again when it has stopped, which would end the process before the loop is stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def leave(self) -> None:
        """Stop answering and return from `serve`."""
        self.should_exit = True


def servers_of(app: FastAPI, settings: RuntimeSettings) -> list[Server]:
    """A server for each port."""
    return [
        Server(
            uvicorn.Config(
                app if doors == ALL_DOORS else AtDoors(app, doors),
                host=settings.http_host,
                port=port,
                log_config=None,
                access_log=False,
                http=InTimeProtocol,
                proxy_headers=False,  # whose word of where a request comes from is believed is said by FRONT_PROXIES alone
                timeout_graceful_shutdown=max(1, round(settings.stop_seconds / 5)),
            )
        )
        for port, doors in listeners(settings).items()
    ]

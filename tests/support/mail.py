"""A real SMTP server on loopback, and the faults that one may have."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "dunghen", "mat-khau-cua-thu-nghiem"


@dataclass
class Box:
    """What a server was given, and what it says to whom. `says`: answers to RCPT by mailbox; `to_data`: the answer to a
    message; `before`: awaited at a step (`MAIL`, `RCPT`, `DATA`)."""

    taken: list[Envelope] = field(default_factory=list)
    connections: int = 0
    says: dict[str, str] = field(default_factory=dict)
    to_data: str = "250 OK"
    before: dict[str, Callable[[SMTP], Awaitable[None]]] = field(default_factory=dict)

    async def _at(self, step: str, server: SMTP) -> None:
        if step in self.before:
            await self.before[step](server)

    async def handle_EHLO(self, server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802
        """Count who comes."""
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        """Take a sender."""
        await self._at("MAIL", server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        """Take a mailbox, unless it says something else."""
        await self._at("RCPT", server)
        said = self.says.get(address, "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return said

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message, and say what is to be said."""
        if self.to_data.startswith("250"):
            self.taken.append(envelope)
        await self._at("DATA", server)
        return self.to_data

    def letters(self) -> list[EmailMessage]:
        """As a person's program reads them."""
        return [message_from_bytes(raw, _class=EmailMessage, policy=default) for raw in self.raw()]

    def raw(self) -> list[bytes]:
        """As they came."""
        return [each.content for each in self.taken if isinstance(each.content, bytes)]


@dataclass
class Place:
    """Where a server is, and what it got."""

    port: int
    box: Box


async def cut(server: SMTP) -> None:
    """The line goes dead."""
    transport: Any = server.transport
    transport.abort()


async def hang(_: SMTP) -> None:
    """Nothing comes."""
    await asyncio.sleep(30)


@asynccontextmanager
async def smtp_server(*, tls: trustme.CA | None = None) -> AsyncIterator[Place]:
    """A server that takes e-mail; with a certificate it wants STARTTLS, and then a name and a password."""
    box = Box()
    more: dict[str, Any] = {}
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.issue_cert("localhost").configure_cert(context)
        more = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": _check}
    servers: list[_Server] = []

    def make() -> SMTP:
        servers.append(_Server(box, hostname="localhost", **more))
        return servers[-1]

    listening = await asyncio.get_running_loop().create_server(make, "localhost", 0)
    try:
        yield Place(listening.sockets[0].getsockname()[1], box)
    finally:
        listening.close()
        for server in servers:
            server.end()
        await asyncio.sleep(0.01)  # what was aborted is gone with the next turn of the loop


class _Server(SMTP):
    """One connection, and all transports it had: under TLS one lies in the other."""

    def __init__(self, box: Box, **more: Any) -> None:
        super().__init__(box, **more)
        self._had: list[Any] = []

    def connection_made(self, transport: Any) -> None:
        self._had.append(transport)
        super().connection_made(transport)

    def end(self) -> None:
        """Leave nothing open."""
        for transport in self._had:
            transport.abort()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()


def _check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, shown: Any) -> AuthResult:
    good = isinstance(shown, LoginPassword) and (shown.login, shown.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)

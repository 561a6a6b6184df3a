"""What the routes of the front work with, and what is known of a request once it has passed the wall."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from fastapi import Request

from runtime.parts import Parts
from services.front.domain import Network, Session, Told, source_of
from services.front.issuer import Issuer
from services.front.journal import Journal
from services.front.sessions import Sessions
from services.front.tokens import Bearers
from services.front.tries import Tries


@dataclass(frozen=True, slots=True)
class Room:
    """The parts of the front. `origins`: our own addresses; `services`: a client of each service; `proxies`: whose word of
    where a request comes from is believed."""

    parts: Parts
    origins: tuple[str, ...]
    sessions: Sessions
    issuer: Issuer
    bearers: Bearers
    journal: Journal
    services: Mapping[str, httpx.AsyncClient]
    tries: Tries
    proxies: tuple[Network, ...]

    def origin_of(self, host: str) -> str | None:
        """Our address with this host, if it is one of ours."""
        return next((origin for origin in self.origins if origin.partition("://")[2] == host.lower()), None)

    def headers(self, session: Session) -> dict[str, str]:
        """What a service is told of who asks."""
        now = self.sessions.now()
        bearer = self.bearers.bearer(session.person, session.form, now, reads_only=session.unanswered())
        return {"authorization": f"Bearer {bearer}"}


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that passed the wall: our address it came to, the path as it was written, whose it is, and its form."""

    origin: str
    path: str
    session: Session | None
    name: str  # that the browser holds of the session; empty without
    body: bytes = b""

    def somebody(self) -> Session:
        """Whose request it is, where the wall lets nobody through without a session."""
        assert self.session is not None  # noqa: S101
        return self.session


def visit_of(request: Request) -> Visit:
    """What the wall found out."""
    visit = request.scope["visit"]
    assert isinstance(visit, Visit)  # noqa: S101
    return visit


def source(room: Room, request: Request) -> str:
    """The address that a request comes from, as far as our own proxies tell it."""
    peer = "" if request.client is None else request.client.host
    return source_of(peer, request.headers.getlist("x-forwarded-for"), room.proxies)


def told_of(request: Request) -> Told:
    """What a browser tells of where a request came from."""
    given = request.headers
    return Told(request.method, given.get("origin"), given.get("sec-fetch-site"), given.get("content-type"))


def cookie_name(origin: str, what: str) -> str:
    """Of a cookie of ours: over https a browser takes one of this name from this host alone, and sends it nowhere else."""
    return f"__Host-dunghen-{what}" if origin.startswith("https:") else f"dunghen-{what}"

"""A front in a test's hand: its own clock, an issuer on loopback, services that say what they were asked."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from oidc_provider_mock import User, run_server_in_thread

from runtime.machine import SystemMachine
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import WithoutLog
from runtime.store import Documents, MemoryDocuments, MemoryTables
from services.front.app import build, client_of
from services.front.settings import FrontSettings

HERE = "http://front.test"
SEED = base64.b64encode(bytes(range(32))).decode()
SERVICES = ("intake", "sla", "notifier", "feedback", "reporting")
FORM = {"content-type": "application/x-www-form-urlencoded", "origin": HERE}


class WoundMachine(SystemMachine):
    """A real machine whose own clock a test winds forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def wall(self) -> datetime:
        """The system's time, and what was wound."""
        return datetime.now(UTC) + self.ahead


@dataclass
class Issuer:
    """The issuer of log-ins on loopback, as a test sees it."""

    port: int
    client: httpx.Client

    @property
    def url(self) -> str:
        """What it calls itself."""
        return f"http://localhost:{self.port}"

    def tell(self, subject: str, **claims: Any) -> None:
        """What it says of somebody from now on."""
        self.client.put(f"{self.url}/users/{subject}", json={"name": subject, **claims}).raise_for_status()

    def revoke(self, subject: str) -> None:
        """Take somebody's tokens back."""
        self.client.post(f"{self.url}/users/{subject}/revoke-tokens").raise_for_status()

    def code(self, address: str, subject: str) -> str:
        """Log somebody in where the front sent a browser; the address that the browser is sent back to."""
        return self.client.post(address, data={"sub": subject}).headers["location"]


@contextmanager
def issuer_on_loopback(*users: User, access_token_seconds: int = 3600) -> Iterator[Issuer]:
    """Run one."""
    with (
        run_server_in_thread(user_claims=users, access_token_max_age=timedelta(seconds=access_token_seconds)) as server,
        httpx.Client(verify=False) as client,  # noqa: S501 - no TLS
    ):
        yield Issuer(server.server_port, client)


@dataclass
class Asked:
    """A request as a service got it."""

    service: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Behind:
    """The services behind a front: each answers with `answers[service]`, or says what it was asked; one in `real` is itself."""

    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    real: dict[str, FastAPI] = field(default_factory=dict)

    def clients(self) -> dict[str, httpx.AsyncClient]:
        """A client of each."""
        return {name: client_of(f"http://{name}", _MayBeAway(self, name)) for name in SERVICES}

    def app(self, name: str) -> FastAPI:
        """One of them."""
        app = FastAPI(docs_url=None, openapi_url=None)

        @app.api_route("/{rest:path}", methods=["GET", "HEAD", "POST"])
        async def answer(request: Request) -> Response:
            path = request.scope["raw_path"].decode()
            body = await request.body()
            self.asked.append(Asked(name, request.method, path, request.url.query, dict(request.headers), body))
            made = self.answers.get(name)
            return JSONResponse({"service": name, "path": path}) if made is None else made()

        return app


class _MayBeAway(httpx.ASGITransport):
    def __init__(self, behind: Behind, name: str) -> None:
        super().__init__(app=behind.app(name))
        self._behind, self._name = behind, name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._name in self._behind.away:
            raise httpx.ConnectError("refused")
        if self._name in self._behind.real:
            return await httpx.ASGITransport(self._behind.real[self._name]).handle_async_request(request)
        return await super().handle_async_request(request)


@dataclass
class Front:
    """A front, what is behind it, and its time."""

    service: Service
    machine: WoundMachine
    behind: Behind
    issuer: Issuer
    store: Documents

    def browser(self, origin: str = HERE, **cookies: str) -> httpx.AsyncClient:
        """A browser that has not been here, or one that holds these cookies (`_` for `-`)."""
        held = {name.replace("_", "-"): value for name, value in cookies.items()}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.service.app), base_url=origin, cookies=held)

    async def log_in(self, subject: str, origin: str = HERE, target: str = "/", **claims: Any) -> httpx.AsyncClient:
        """A browser in which somebody has logged in."""
        self.issuer.tell(subject, **claims)
        browser = self.browser(origin)
        sent = await browser.get("/login/start", params={"next": target})
        back = await browser.get(self.issuer.code(sent.headers["location"], subject))
        assert (back.status_code, back.headers["location"]) == (303, target), back.text
        return browser

    def count(self, name: str, **labels: str) -> float:
        """A counter of the front."""
        value = self.service.parts.telemetry.registry.get_sample_value(f"dunghen_{name}_total", {"service": "front", **labels})
        return value or 0.0


@asynccontextmanager
async def front_at(issuer: Issuer, **settings: Any) -> AsyncIterator[Front]:
    """A front that asks this issuer."""
    machine, behind, store = WoundMachine(), Behind(), MemoryDocuments(MemoryTables())
    given = {
        "public_url": HERE,
        "plain_http": True,  # front.test is this machine
        "oidc_issuer": issuer.url,
        "oidc_client_id": "dunghen-front",
        "oidc_client_secret": "not-known-to-browsers",
        "signing_key": SEED,
        **{f"{name}_url": f"http://{name}" for name in SERVICES},
    }
    clients = behind.clients()
    service = build(
        WithoutLog(store_url="memory"),
        FrontSettings.model_validate(given | settings, by_name=True),
        ports=Ports(store=store, machine=machine),
        services=clients,
    )
    for step in service.collections:
        await step()
    yield Front(service, machine, behind, issuer, store)
    for client in clients.values():
        await client.aclose()


async def form_token(browser: httpx.AsyncClient) -> str:
    """What forms of this session carry."""
    page = (await browser.get("/")).text
    return page.partition('name="form_token" value="')[2].partition('"')[0]


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

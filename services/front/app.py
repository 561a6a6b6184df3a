"""front put together: it takes browsers' requests and stands on no log, so that it serves while Kafka is away."""

from collections.abc import Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from runtime.health import Health
from runtime.jobs import Job
from runtime.parts import INTENTS, Ports
from runtime.service import Service, parts_without_log
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.web import make_app
from services.front import store
from services.front.http import Room, make_front
from services.front.issuer import Issuer
from services.front.journal import Journal
from services.front.people import PeopleFile
from services.front.sessions import Sessions
from services.front.settings import FrontSettings
from services.front.telemetry import METRICS
from services.front.tokens import Bearers
from services.front.tries import Tries

FORGET_SECONDS = 600.0
# A register of a year takes its time; a service that is down says so at once, or not at all.
SERVICE_TIMES = httpx.Timeout(70.0, connect=2.0, pool=5.0)
MOST_CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def build(
    runtime: RuntimeSettings,
    settings: FrontSettings,
    *,
    ports: Ports | None = None,
    services: Mapping[str, httpx.AsyncClient] | None = None,
) -> Service:
    """Build the front from settings; ports and clients of the services may be given. Raises ValueError for a key or a file of
    people that is none."""
    if runtime.officers_port is not None or runtime.operations_port is not None:
        raise ValueError("OFFICERS_PORT, OPERATIONS_PORT: the front has one port, HTTP_PORT")
    parts = parts_without_log("front", runtime, METRICS, ports or Ports())
    bearers = Bearers(settings.signing_key.get_secret_value(), settings.bearer_issuer)
    people = PeopleFile(settings.people_file, parts.log)
    issuer = Issuer(settings, parts.machine.wall)
    clients = services or {name: client_of(url) for name, url in settings.service_urls().items()}
    sessions = Sessions(parts, issuer, settings.limits(), people.grants)
    room = Room(
        parts=parts,
        origins=settings.public_url,
        sessions=sessions,
        issuer=issuer,
        bearers=bearers,
        journal=Journal(parts),
        services=clients,
        tries=Tries(parts.machine),
        proxies=settings.proxies,
    )
    health = Health(parts, None)
    probes = make_app("Đúng Hẹn front", health, parts.telemetry)

    async def close() -> None:
        for client in clients.values():
            await client.aclose()

    return Service(
        parts=parts,
        broker=None,
        app=make_front(room, probes),
        health=health,
        collections=(partial(_declare, parts.store),),
        jobs=(Job("sessions", FORGET_SECONDS, sessions.forget_old),),
        drains=(close,),
    )


def client_of(url: str, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """For asking a service. What the environment says of proxies does not concern what is behind the front; and no cookie is
    kept: one that a service gave in an answer to somebody would go along with everybody's requests."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(
        base_url=url,
        timeout=SERVICE_TIMES,
        limits=MOST_CONNECTIONS,
        trust_env=False,
        cookies=no_cookies,
        transport=transport,
    )


async def _declare(documents: Documents) -> None:
    await store.declare(documents)
    await documents.declare(INTENTS)  # none are ever kept; the measurement of every service counts them

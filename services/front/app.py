"""front put together: it takes browsers' requests and stands on no log, so that it serves while Kafka is away."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from runtime.health import Health
from runtime.jobs import Job
from runtime.mail import Mail, SmtpMail
from runtime.parts import INTENTS, Ports
from runtime.service import Service, parts_without_log
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.web import make_app
from services.front import store
from services.front.digests import Digests, Questions
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
DIGEST_SECONDS = 60.0  # between looks at which digests are due
# A register of a year takes its time; a service that is down says so at once, or not at all.
SERVICE_TIMES = httpx.Timeout(70.0, connect=2.0, pool=5.0)
MOST_CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def build(
    runtime: RuntimeSettings,
    settings: FrontSettings,
    *,
    ports: Ports | None = None,
    services: Mapping[str, httpx.AsyncClient] | None = None,
    mail: Mail | None = None,
) -> Service:
    """Build the front from settings; ports, clients of the services and a way to send e-mail may be given. Raises ValueError
    for a key or a file of people that is none."""
    if runtime.officers_port is not None or runtime.operations_port is not None:
        raise ValueError("OFFICERS_PORT, OPERATIONS_PORT: the front has one port, HTTP_PORT")
    parts = parts_without_log("front", runtime, METRICS, ports or Ports())
    bearers = Bearers(settings.signing_key.get_secret_value(), settings.bearer_issuer)
    people = PeopleFile(settings.people_file, parts.log)
    issuer = Issuer(settings, parts.machine.wall)
    clients = services or {name: client_of(url) for name, url in settings.service_urls().items()}
    sessions = Sessions(parts, issuer, settings.limits(), people.grants)
    journal = Journal(parts, timedelta(days=settings.journal_days))
    room = Room(
        parts=parts,
        origins=settings.public_url,
        sessions=sessions,
        issuer=issuer,
        bearers=bearers,
        journal=journal,
        services=clients,
        tries=Tries(parts.machine),
        proxies=settings.proxies,
    )
    health = Health(parts, None)
    probes = make_app("Đúng Hẹn front", health, parts.telemetry)

    way = mail or (SmtpMail(settings) if settings.mail_host else None)
    digests = None if way is None else Digests(parts, Questions(parts, bearers, clients), way, journal, settings.public_url[0])

    async def close() -> None:
        if digests is not None:
            await digests.drain()
        for client in clients.values():
            await client.aclose()

    return Service(
        parts=parts,
        broker=None,
        app=make_front(room, probes),
        health=health,
        collections=(partial(_declare, parts.store),),
        jobs=(
            Job("sessions", FORGET_SECONDS, sessions.forget_old),
            Job("old-journal", FORGET_SECONDS, journal.forget_old),
            *_jobs_of(digests),
        ),
        drains=(close,),
    )


def _jobs_of(digests: Digests | None) -> tuple[Job, ...]:
    """Without a mail server there are none."""
    if digests is None:
        return ()
    return (Job("digests", DIGEST_SECONDS, digests.run), Job("old-digests", FORGET_SECONDS, digests.forget_old))


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

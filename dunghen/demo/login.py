"""Logging in on a laptop: an issuer of invented people, one per role, and the front that asks it. For the demo and for a run of
all services in one process; no production image holds that issuer."""

import logging
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from authlib.deprecate import AuthlibDeprecationWarning

from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import WithoutLog
from runtime.store import MemoryDocuments, MemoryTables
from services.front.app import build
from services.front.domain import ROLES
from services.front.settings import FrontSettings

MISSING = 'đăng nhập thử cần gói oidc-provider-mock: pip install "dunghen[demo]"'
UNIT = "H37.12"  # whom those are of that are not of the whole province


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who can log in: what is chosen at the issuer, a name, a role, and the units it holds for."""

    login: str
    name: str
    role: str
    units: str = UNIT


PEOPLE = (
    Invented("lan", "Lương Thị Lan Tưởng Tượng", "officer"),
    Invented("hung", "Hà Hùng Minh Họa", "unit-head"),
    Invented("minh", "Mạc Minh Giả Định", "signer"),
    Invented("an", "Ân Văn Ví Dụ", "inspector", "*"),
    Invented("bich", "Bùi Bích Minh Họa", "reporter", "*"),
    Invented("son", "Sầm Sơn Ví Dụ", "supervisor", "*"),
    Invented("vinh", "Vi Vinh Giả Định", "operator", "*"),
    Invented("quan", "Quách Quân Tưởng Tượng", "administrator", "*"),
)


def possible() -> bool:
    """Whether the package of the issuer is installed."""
    return find_spec("oidc_provider_mock") is not None


def told() -> list[str]:
    """The log-ins, a line each."""
    return [f"{one.login:6} {ROLES[one.role]}" for one in PEOPLE]


@contextmanager
def issuer(port: int) -> Iterator[str]:
    """An issuer on loopback at which anybody is whom he says; yields what it calls itself. Raises ValueError if its package is
    not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # it asks for a module that is to be renamed
            from oidc_provider_mock import User, run_server_in_thread  # noqa: PLC0415 - in no production image
    except ImportError:
        raise ValueError(MISSING) from None
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # one line per request otherwise
    users = [User(sub=one.login, claims={"name": one.name, "roles": [one.role], "units": [one.units]}) for one in PEOPLE]
    with run_server_in_thread(port, user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


def front_of(addresses: Mapping[str, str], issuer_url: str, signing_key: str) -> Service:
    """The front of services at these addresses. Sessions and journal are gone with the process."""
    here = addresses["front"]
    settings = FrontSettings.model_validate(
        {
            "public_url": (here, here.replace("127.0.0.1", "localhost")),
            "oidc_issuer": issuer_url,
            "oidc_client_id": "dunghen-front",
            "oidc_client_secret": secrets.token_urlsafe(24),
            "signing_key": signing_key,
            **{f"{name}_url": addresses[name] for name in ("intake", "sla", "notifier", "feedback", "reporting")},
        },
        by_name=True,
    )
    return build(WithoutLog(store_url="memory"), settings, ports=Ports(store=MemoryDocuments(MemoryTables())))

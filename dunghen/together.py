"""All services in one process on embedded parts: for the demo, for tests, for a laptop."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from nacl.public import PrivateKey
from pydantic_settings import BaseSettings

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.demo.phone import Phone
from dunghen.identity import LocalIssuer, front_of
from dunghen.services import SERVICES
from reference import ReferenceData, load_reference
from runtime.clock import Clock
from runtime.parts import Ports
from runtime.service import Service, calm_garbage_collector
from runtime.settings import RuntimeSettings, environment_name
from runtime.web import Role
from services.intake.domain.keys import Wanted
from services.intake.keys import create_key
from services.notifier.gateways.http import HttpGateway

Settings = TypeVar("Settings", bound=BaseSettings)


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys made for one run; nothing of them is ever a default."""

    private: PrivateKey
    hash_key: str
    token_key: str
    receipts_secret: str
    signing_key: str  # of the front
    lookup_key: str
    petition_key: str
    letter_key: str
    wishes_key: str

    @classmethod
    def new(cls) -> "Keys":
        """Fresh keys."""
        return cls(
            PrivateKey.generate(),
            secrets.token_hex(16),
            secrets.token_hex(32),
            secrets.token_hex(32),
            base64.b64encode(secrets.token_bytes(32)).decode(),
            f"1:{secrets.token_hex(32)}",
            secrets.token_hex(32),
            secrets.token_hex(32),
            secrets.token_hex(16),
        )

    def environment(self) -> dict[str, str]:
        """As the settings of the services name them."""
        public = base64.b64encode(bytes(self.private.public_key)).decode()
        private = base64.b64encode(bytes(self.private)).decode()
        keys = {"CONTACTS_PUBLIC_KEY": f"1:{public}", "CONTACTS_PRIVATE_KEYS": f"1:{private}"}
        keys |= {"CONTACTS_HASH_KEYS": self.hash_key, "FEEDBACK_TOKEN_KEY": self.token_key}
        keys |= {
            "LOOKUP_KEY": self.lookup_key,
            "FEEDBACK_PETITION_KEY": self.petition_key,
            "NOTIFIER_LETTER_KEY": self.letter_key,
        }
        keys |= {"NOTIFIER_HASH_KEYS": self.wishes_key}
        return keys | {"NOTIFIER_RECEIPTS_SECRET": self.receipts_secret, "FRONT_SIGNING_KEY": self.signing_key}


@dataclass(frozen=True)
class Together:
    """The running services and how to reach their broker."""

    services: dict[str, Service]
    bootstrap_servers: str
    reference: ReferenceData
    keys: Keys
    phone: Phone
    key: str  # for sending to intake
    operator_key: str
    issuer: LocalIssuer  # whose tokens of people the services believe

    def headers(self) -> dict[str, dict[str, str]]:
        """How somebody who may do everything asks each service: intake by key, the others by token."""
        return all_headers(self.issuer, self.key)


def bearer(key: str) -> dict[str, str]:
    """The header that says who sends."""
    return {"authorization": f"Bearer {key}"}


def all_headers(issuer: LocalIssuer, key: str) -> dict[str, dict[str, str]]:
    """How somebody who may do everything asks each service: intake by a key, the others by a token."""
    everybody = issuer.headers(*Role, name="Người điều khiển (thử)")
    return {name: bearer(key) if name == "intake" else everybody for name in SERVICES}


def demo_environment(keys: Keys, reference_dir: Path) -> dict[str, str]:
    """What the services' own settings are in a run on one machine: fresh keys, and the demo's phone as gateway."""
    return {
        "REFERENCE_DIR": str(reference_dir),
        **keys.environment(),
        "NOTIFIER_GATEWAY_URL": "http://phone/sms",
        "NOTIFIER_GATEWAY_DEDUPLICATES": "true",
        "FEEDBACK_PUBLIC_URL": "https://dichvucong.lamgiang.example/y-kien",
        "NOTIFIER_LOOKUP_URL": "https://dichvucong.lamgiang.example/ho-so",
        "NOTIFIER_LETTER_URL": "https://dichvucong.lamgiang.example/thu",
    }


def from_environment(model: type[Settings], environment: Mapping[str, str]) -> Settings:
    """Settings as a process with this environment, and no other, would read them."""
    names = {name: environment_name(model, name) for name in model.model_fields}
    return model.model_validate({name: environment[key] for name, key in names.items() if key in environment}, by_name=True)


def prepare_folder(data: Path) -> None:
    """Make the folder of a run. Raises ValueError if it was used before: the embedded broker starts with an empty log,
    and a store that remembers another log would be wrong about it."""
    data.mkdir(parents=True, exist_ok=True)
    used = [path.name for path in sorted(data.glob("*.db")) if path.stat().st_size]
    if used:
        raise ValueError(f"{data} holds documents of an earlier run ({', '.join(used)}): use an empty folder")


@asynccontextmanager
async def run_together(
    data: Path,
    *,
    clock: Clock | None = None,
    reference_dir: Path = PROVINCE,
    reference: ReferenceData | None = None,
    sweep_seconds: float = 1.0,
) -> AsyncIterator[Together]:
    """Start an embedded broker and all services, each with its own SQLite file in `data`, on one reading of the folder."""
    from runtime.embedded import EmbeddedBroker  # noqa: PLC0415 - librdkafka is in no production image

    prepare_folder(data)
    calm_garbage_collector()
    keys, issuer, reference = Keys.new(), LocalIssuer.new(), reference or load_reference(reference_dir)
    broker = EmbeddedBroker(load_catalogue().topics)

    def runtime(name: str) -> RuntimeSettings:
        return RuntimeSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers,
            store_url=f"sqlite:///{data / name}.db",
            fetch_max_wait_ms=10,  # the mock cluster does not wake a waiting fetch
            linger_ms=0,
            session_timeout_ms=6000,
            sweep_seconds=sweep_seconds,
            refuse_gaps=True,
            identity_issuers=(issuer.trusted(), front_of(keys.signing_key)),
        )

    phone, screen = Phone(), FastAPI()
    phone.add_routes(screen)
    gateway = HttpGateway("http://phone/sms", client=httpx.AsyncClient(transport=httpx.ASGITransport(app=screen)))
    more: dict[str, dict[str, Any]] = {"notifier": {"gateway": gateway}}
    environment = demo_environment(keys, reference_dir) | {"REPORTING_FLUSH_SECONDS": str(sweep_seconds)}
    built = {
        name: kind.build(
            runtime(name),
            from_environment(kind.settings, environment),
            reference=reference,
            ports=Ports(clock=clock),
            **more.get(name, {}),
        )
        for name, kind in SERVICES.items()
    }
    async with AsyncExitStack() as stack:
        # Together, not one after the other: each waits three seconds for the mock cluster to form its group.
        running = [await stack.enter_async_context(AsyncExitStack()) for _ in built]
        await asyncio.gather(
            *(own.enter_async_context(service.running()) for own, service in zip(running, built.values(), strict=True))
        )
        store, now = built["intake"].parts.store, datetime.now(UTC)
        key = await create_key(store, Wanted("demo"), now)
        operator_key = await create_key(store, Wanted("demo", role="operate"), now)
        yield Together(built, broker.bootstrap_servers, reference, keys, phone, key, operator_key, issuer)

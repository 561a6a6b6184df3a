"""notifier over a store, a log and a gateway in memory, with dossiers whose survey is due."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from aiokafka import TopicPartition
from nacl.public import SealedBox
from pydantic import SecretStr

from contracts import Event, load_catalogue
from contracts.contacts import ContactSealed
from contracts.feedback import FeedbackInvited, FeedbackStopWished
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import Hook, MemoryDocuments, MemoryTables, answer_at_once
from services.notifier.app import build
from services.notifier.domain import Dossier
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.store import DOSSIERS, find_one
from tests.support.described import watching
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.identity import ISSUER
from tests.support.notifier import HASH_KEY, KEY, REFERENCE, desk, handle
from tests.support.notifier import context as at_moment
from tests.support.notifier_hears import PROMISED

NUMBER, TYPED = "+84912000007", "0912 000 007"
SECRET = "x" * 40
NOW = at(9, "10:00")  # three days after the result: the survey is due


class Phones:
    """A gateway that takes everything."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []

    async def send(self, message: Sms) -> Answer:
        """Taken."""
        self.sent.append(message)
        return Answer("taken")

    async def close(self) -> None:
        """Nothing to close."""


def _box(value: dict[str, str]) -> str:
    return base64.b64encode(SealedBox(KEY.public_key).encrypt(json.dumps(value).encode())).decode()


def contact_of(phone: str = TYPED, sequence: int = 1) -> Event:
    """The contact of a dossier."""
    person = {"name": "Nông Thị Mẫu", "phone": phone, "email": "", "address": ""}
    data = ContactSealed(at=at(2), contact_sequence=sequence, key_epoch=1, sealed=_box(person))
    return Event(f"contact {sequence}", "/intake", ContactSealed.TYPE, DOSSIER, at(2), data)


def wish_event(when: datetime = NOW) -> Event:
    """The holder of the link wants no more."""
    return Event("wish", "/feedback", FeedbackStopWished.TYPE, DOSSIER, when, FeedbackStopWished(at=when))


def surveyed(code: str = DOSSIER, phone: str = TYPED, *more: Event) -> Document:
    """A dossier whose result was told and whose person is to be asked."""
    link = _box({"link": "https://example.org/y-kien/AAAAAAAAAAAAAAAAAAAAAA"})
    data = FeedbackInvited(at=at(6), form="tthc-2026.1", key_epoch=1, sealed=link)
    asked = Event("invited", "/feedback", FeedbackInvited.TYPE, DOSSIER, at(6), data)
    document: Document = {"_id": code, "rev": 0}
    for event in (PROMISED, contact_of(phone), fact("completed", at(6)), asked, *more):
        document = handle(document, event, at_moment(at(6))).document
    return {**document, "rev": 0, "outbox": []}


@dataclass
class Notifier:
    """One instance, which owns every partition."""

    service: Service
    client: httpx.AsyncClient
    store: MemoryDocuments
    phones: Phones
    clock: SteppedClock
    broker: MemoryBroker

    async def sends(self) -> None:
        """One pass over what is due."""
        await next(job.run for job in self.service.jobs if job.name == "sender")()

    async def dossier(self, code: str = DOSSIER) -> Dossier:
        """As it is kept."""
        found = await find_one(self.store, code)
        assert found is not None
        return found

    async def states(self, code: str = DOSSIER) -> dict[str, str]:
        """Of its messages; of those that were skipped, why."""
        messages = (await self.dossier(code)).messages
        return {name: getattr(one, "reason", "") or type(one).__name__ for name, one in messages.items()}

    def said(self) -> list[dict[str, object]]:
        """What it said, in order."""
        records = [self.broker.records(TopicPartition("notices.v1", 0))]
        return [json.loads(record.value or b"{}") for own in records for record in own]

    async def everything_kept(self) -> str:
        """All that its store holds."""
        names = (DOSSIERS, "stop_wishes")
        return str([await self.store.find(name, {}) for name in names])


@dataclass
class Province:
    """What instances share."""

    tables: MemoryTables = field(default_factory=MemoryTables)
    phones: Phones = field(default_factory=Phones)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))

    @asynccontextmanager
    async def notifier(
        self, *documents: Document, keys: str = HASH_KEY, cooldown: int = 0, hook: Hook = answer_at_once
    ) -> AsyncIterator[Notifier]:
        """An instance with these secrets; `documents`: put into the store before."""
        store = MemoryDocuments(self.tables, hook)
        broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(NOW.timestamp() * 1000))
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
        ports = Ports(store=store, topics=MemoryLog("notifier", broker), clock=self.clock)
        settings = desk(NOW, hash_keys=keys, cooldown_days={"survey": cooldown} if cooldown else {}).settings.model_copy(
            update={"receipts_secret": SecretStr(SECRET)}
        )
        service = build(runtime, settings, reference=REFERENCE, ports=ports, gateway=self.phones)
        assert service.loop is not None
        service.loop.owns = lambda key: True  # type: ignore[method-assign]
        for declare in service.collections:
            await declare()
        if documents:
            await store.save_many(DOSSIERS, list(documents))
        service.health.waits_for = ""
        hooks = {"response": [watching(service.app)]}
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier", event_hooks=hooks) as client:
            yield Notifier(service, client, store, self.phones, self.clock, broker)

    def later(self, days: int = 0, minutes: int = 11) -> None:
        """Time goes on."""
        self.clock.set(self.clock.now() + timedelta(days=days, minutes=minutes))

"""A notifier with one letter that is due, on a store of its own; and what it issues, read."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pypdf

from contracts import Event
from reference import ReferenceData
from runtime.clock import SteppedClock
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Parts, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.web import Person, Role
from services.notifier.domain import Dossier
from services.notifier.domain.signing import Approval
from services.notifier.domain.telling import forget
from services.notifier.http.desk import LetterDesk
from services.notifier.issuing import issue_letter
from services.notifier.jobs import Desk
from services.notifier.signatures import NO_KEYS, Signatures
from services.notifier.store import CODEC, DOSSIERS, find_one
from services.notifier.telemetry import METRICS
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, approve, context, desk, handle
from tests.support.notifier_hears import DUE, NEAR, PROMISED, promise

SIGNER = Person("s", "Người ký", frozenset({Role.SIGNER}), frozenset({"*"}))
MORNING = at(6, "10:00")


def heard(*whom: Event) -> dict[str, Any]:
    """A signed letter whose date sla granted."""
    document: Any = {"_id": DOSSIER, "rev": 0}
    for event in (PROMISED, *whom, promise(1, DUE), NEAR):
        document = handle(document, event, context(at(5))).document
    approval = Approval("workload", "Hoàng Đức Giả Định", new_due_at=at(11))
    document = approve(document, approval, context(at(6))).document
    return {**handle(document, promise(2, at(11), "reappointed"), context(at(6))).document, "outbox": []}


class Office:
    """A store with one letter that is due, and whoever issues it."""

    def __init__(self, store: Documents, signatures: Signatures = NO_KEYS) -> None:
        self.store, self.clock, self.signatures = store, SteppedClock(MORNING), signatures
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
        topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
        self.parts: Parts = make_parts("notifier", runtime, METRICS, Ports(store=store, topics=topics, clock=self.clock))[0]
        self.intents = Intents(self.parts, DOSSIERS, encode)

    def desk(self, reference: ReferenceData = REFERENCE) -> Desk:
        return replace(desk(self.clock.now(), reference=reference), signatures=self.signatures)

    async def issue(self) -> None:
        own = self.desk()
        await issue_letter(self.parts, self.intents, own.press, own.ground, await self.dossier(), timedelta(minutes=5))

    async def dossier(self) -> Dossier:
        found = await find_one(self.store, DOSSIER)
        assert found is not None
        return found

    async def pdf(self, reference: ReferenceData = REFERENCE) -> bytes:
        return await LetterDesk(self.parts, self.intents, self.desk(reference)).pdf(DOSSIER, SIGNER)

    async def erase(self) -> None:
        document = (await self.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
        gone = forget(await self.dossier(), self.desk().ground()).after
        assert await self.store.save_many(DOSSIERS, [CODEC.written(gone, document)]) == set()


def renamed() -> ReferenceData:
    """A province whose unit has another letterhead since."""
    unit = REFERENCE.units["H37.12"]
    assert unit.letterhead is not None
    head = unit.letterhead.model_copy(update={"place": "Nơi Khác"})
    return replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit.model_copy(update={"letterhead": head})})


def words(pdf: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())

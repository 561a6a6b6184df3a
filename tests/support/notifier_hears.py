"""What notifier is told of one dossier by intake and sla, and what it says to that."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nacl.public import PrivateKey, SealedBox

from contracts import Event, fact_id
from contracts.contacts import ContactSealed
from contracts.deadlines import DeadlineApologyDue, DeadlineMoved, DeadlineOverdue, DeadlinePaused, DeadlineSettled
from contracts.feedback import FeedbackInvited
from runtime.clock import SteppedClock
from runtime.outputs import Output
from runtime.store import Document
from services.notifier.handlers import Context
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import KEY, REFERENCE, handle

PERSON = {"name": "Nông Thị Mẫu", "phone": "0912 000 007", "email": "", "address": ""}


def contact(sequence: int = 1, person: dict[str, str] = PERSON, epoch: int = 1, key: PrivateKey = KEY) -> Event:
    sealed = base64.b64encode(SealedBox(key.public_key).encrypt(json.dumps(person).encode())).decode()
    data = ContactSealed(at=at(2), contact_sequence=sequence, key_epoch=epoch, sealed=sealed)
    return Event(fact_id(DOSSIER, "contact", "1", sequence), "/intake", ContactSealed.TYPE, DOSSIER, at(2), data)


def invited(link: str = "https://example.org/y-kien/AAAAAAAAAAAAAAAAAAAAAA", epoch: int = 1) -> Event:
    sealed = base64.b64encode(SealedBox(KEY.public_key).encrypt(json.dumps({"link": link}).encode())).decode()
    data = FeedbackInvited(at=at(6), form="tthc-2026.1", key_epoch=epoch, sealed=sealed)
    return Event("invited", "/feedback", FeedbackInvited.TYPE, DOSSIER, at(6), data)


def said(outputs: Sequence[Output]) -> list[str]:
    return [f"{o.body['type'].split('.')[-2]} {o.body['data'].get('reason', '')}".strip() for o in outputs]


PROMISED = received(contact_sequence=1)


DONE = fact("completed", at(6))


def play(events: Sequence[Event], now: datetime | None = None) -> tuple[Document, list[Output]]:
    document: Document = {"_id": DOSSIER, "rev": 0}
    outputs: list[Output] = []
    context = Context(REFERENCE, SteppedClock(now or at(6)))
    for event in events:
        decision = handle(document, event, context)
        document = decision.document
        outputs += decision.outputs
    return document, outputs


DUE = at(9)


def sla(model: type[Any], when: datetime, **more: Any) -> Event:
    recorded, correlation = more.pop("recorded", when), more.pop("correlation", None)
    data = model.model_validate({"at": when, "unit": "H37.12", **more})
    identity = f"{model.TYPE}/{when}/{more.get('version')}"
    return Event(identity, "/sla", model.TYPE, DOSSIER, recorded, data, correlation=correlation)


def promise(version: int, due: datetime | None, basis: str = "computed") -> Event:
    model = DeadlinePaused if due is None else DeadlineMoved
    return sla(model, at(5), version=version, due_at=due, basis=basis, calendar_version="x")


def settled(version: int, outcome: str, end: datetime) -> Event:
    return sla(DeadlineSettled, end, version=version, outcome=outcome, state=9, ended_at=end, due_at=DUE)


NEAR = sla(DeadlineApologyDue, at(5), due_at=DUE, sign_by=at(6))


OVER = sla(DeadlineOverdue, DUE, due_at=DUE)


REFUSED = {"rule": "R16: không quá một lần hẹn lại", "text": "Ngày hẹn trả chỉ được hẹn lại một lần.", "code": "R16"}


def completed(epoch: int, key: PrivateKey) -> Document:
    """A dossier whose result is ready, with a contact that was sealed at an epoch."""
    return play([PROMISED, contact(epoch=epoch, key=key), DONE])[0]

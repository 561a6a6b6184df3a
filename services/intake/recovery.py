"""intake brought back to what it said, so that no version and no sequence is ever given twice.

dossiers.v1 holds every fact as its sender told it; the digest that tells a repetition from a correction is made from that.
What is not on the log: whether a contact changed (its keyed digest), which of a sender's supplement numbers is which occasion,
and how far its snapshots had come. So the next reception seals its contact anew, under the next sequence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts import Event
from contracts.contacts import ContactSealed
from contracts.dossiers import Fact, Received, Retracted
from contracts.facts import epoch_ms
from runtime.recovery import Recall, Recovery
from runtime.store import Document
from services import wiring
from services.intake.domain.facts import STAMPS, SURE, digest_of
from services.intake.store import DOSSIERS, MADE_FROM_LOG

DECODE = wiring.decoder()


@dataclass(frozen=True, slots=True)
class Told:
    """An event of ours, with its data as it stands on the wire: digests are of the very words."""

    event: Event
    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Of the event."""
        return self.event.id

    @property
    def subject(self) -> str:
        """The dossier."""
        return self.event.subject

    @property
    def time(self) -> datetime:
        """When it was recorded."""
        return self.event.time


def decode(value: bytes | None) -> Told:
    """Decode one record. Raises Invalid."""
    return Told(DECODE(value), json.loads(value or b"{}")["data"])


def recovery() -> Recovery[Told]:
    """What intake tells the runtime of itself. It has no inputs: once what it said is read back, it is whole."""
    return Recovery(
        collection=DOSSIERS,
        decode=decode,
        made_from_log=MADE_FROM_LOG,
        recalls=(Recall("dossiers.v1", DOSSIERS, recall), Recall("contacts.v1", DOSSIERS, recall)),
    )


def recall(document: Document, told: Told) -> Document:
    """The document with one fact or contact that intake published; the document itself if it knows."""
    data = told.event.data
    if isinstance(data, ContactSealed):
        return _with_contact(document, data.contact_sequence)
    if not isinstance(data, Fact):
        return document
    after = _with_fact(document, told, data)
    if told.event.sequence is not None and told.event.sequence > after.get("sequence", 0):
        after = {**after, "sequence": told.event.sequence}
    if isinstance(data, Received) and data.contact_sequence is not None:
        after = _with_contact(after, data.contact_sequence)
    return after


def _with_fact(document: Document, told: Told, data: Fact) -> Document:
    key = f"{data.series}/{data.occasion}"
    facts = document.get("facts", {})
    if key in facts and facts[key]["v"] >= data.version:
        return document
    at, content = epoch_ms(data.at), {name: value for name, value in told.raw.items() if name not in STAMPS}
    observed = epoch_ms(told.time) if data.observed_at is None else epoch_ms(data.observed_at)
    fact: dict[str, Any] = {"v": data.version, "h": digest_of(content, at, data.SERIES), "o": observed, "at": at}
    if isinstance(data, Retracted):
        fact["x"] = True
    if data.sure is not None:
        fact["c"] = SURE.index(data.sure)
    after = {**document, "facts": {**facts, key: fact}}
    return {**after, "received": content} if isinstance(data, Received) else after


def _with_contact(document: Document, sequence: int) -> Document:
    known = document.get("contact", {})
    return document if known.get("seq", 0) >= sequence else {**document, "contact": {"seq": sequence, "h": ""}}

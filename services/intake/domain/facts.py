"""From items to facts: same content = nothing new, other content = the next version, an older observation changes nothing."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts import fact_id
from contracts.facts import milliseconds
from reference import OFFICE_TIME, ReferenceData
from services.intake.domain.items import (
    REPEATING,
    Contact,
    Item,
    ProgressedItem,
    ReappointedItem,
    ReceivedItem,
    RetractedItem,
)
from services.intake.domain.problems import Fault

EARLIEST = datetime(2015, 1, 1, tzinfo=OFFICE_TIME)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The item holds; `id` is the id of its fact, the same however often it is sent."""

    id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The item is given back to the sender."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The item is kept for a person to look at."""

    reason: str


Answer = Accepted | Refused | Quarantined


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A new fact to state: its id, full type, sequence and payload; or a contact to seal."""

    id: str
    kind: str
    sequence: int
    data: Mapping[str, Any]
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fact may be, at this moment."""

    now: datetime
    latest: datetime
    max_facts: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one item: the dossier's state after it, the answer, and what to publish."""

    state: Mapping[str, Any]
    answer: Answer
    outgoing: tuple[Outgoing, ...] = ()


HashContact = Callable[[Contact], str]


def take_in(state: Mapping[str, Any], item: Item, reference: ReferenceData, limits: Limits, hash_contact: HashContact) -> Taken:
    """Merge one item into a dossier's state {facts, sequence, contact}.

    A fact is kept as {v: version, h: digest of its content, o: observed at, at, x: it was retracted} under `type/occasion`.
    """
    faults = _faults_of(item, reference, limits)
    if faults:
        return Taken(state, Refused(tuple(faults)))
    kind = item.fact if isinstance(item, RetractedItem) else item.type
    facts: Mapping[str, Any] = state.get("facts", {})
    occasion = _occasion_of(item, kind, facts)
    key = f"{kind}/{occasion}"
    known = facts.get(key)
    contact_state, contact_out = _contact_of(state, item, hash_contact)
    content = _content(item, contact_state)
    digest = _digest({**content, "at": milliseconds(item.at), "type": item.type})
    observed = milliseconds(item.observed_at or limits.now)
    if isinstance(item, RetractedItem) and known is None:
        return Taken(state, Refused((Fault("fact", "unknown-fact", "không có sự kiện nào như vậy để rút lại"),)))
    if known is not None and (known["h"] == digest or (item.observed_at is not None and observed <= known["o"])):
        return Taken(state, Accepted(fact_id(item.dossier, kind, occasion, known["v"])))
    if known is None and len(facts) >= limits.max_facts:
        return Taken(state, Quarantined("too-many-facts"))
    version = known["v"] + 1 if known is not None else 1
    sequence = max(state.get("sequence", 0) + 1, milliseconds(limits.now))
    identity = fact_id(item.dossier, kind, occasion, version)
    stamp = {"occasion": occasion, "version": version}
    if item.observed_at is not None:
        stamp["observed_at"] = item.observed_at.isoformat()
    data = {"at": item.at.isoformat(), **stamp, **content, **_reference_values(item, reference)}
    fact = {"v": version, "h": digest, "o": observed, "at": milliseconds(item.at)}
    if isinstance(item, RetractedItem):
        fact["x"] = True
    after = {
        **state,
        "facts": {**facts, key: fact},
        "sequence": sequence,
        **({"contact": contact_state} if contact_state else {}),
    }
    outgoing = Outgoing(identity, item.type, sequence, data)
    return Taken(after, Accepted(identity), (outgoing, *contact_out))


def _faults_of(item: Item, reference: ReferenceData, limits: Limits) -> list[Fault]:
    faults = []
    if item.at > limits.latest:
        faults.append(Fault("at", "future", "thời điểm nằm ở tương lai"))
    if item.at < EARLIEST:
        faults.append(Fault("at", "too-old", "thời điểm trước năm 2015"))
    if isinstance(item, ReceivedItem):
        faults += _reference_faults(item, reference)
    return faults


def _reference_faults(item: ReceivedItem, reference: ReferenceData) -> list[Fault]:
    faults = []
    for field, code in (("receiving_unit", item.receiving_unit), ("competent_unit", item.competent_unit)):
        if code is not None and code not in reference.units:
            faults.append(Fault(field, "unknown-unit", "mã đơn vị không có trong danh mục"))
    procedure = reference.procedures.get(item.procedure)
    if procedure is None:
        faults.append(Fault("procedure", "unknown-procedure", "mã thủ tục không có trong danh mục"))
    elif procedure.version_at(item.at) is None:
        faults.append(Fault("procedure", "no-version", "thủ tục chưa có hiệu lực vào thời điểm tiếp nhận"))
    return faults


def _occasion_of(item: Item, kind: str, facts: Mapping[str, Any]) -> str:
    """The sender's own number; else 1 for what happens once; else the occasion with this very time, or the next ordinal."""
    if item.occasion is not None:
        return item.occasion
    if kind not in REPEATING:
        return "1"
    known = {key.partition("/")[2]: fact for key, fact in facts.items() if key.startswith(f"{kind}/")}
    at = milliseconds(item.at)
    same = [occasion for occasion, fact in known.items() if fact["at"] == at]
    return same[0] if same else str(len(known) + 1)


def _contact_of(
    state: Mapping[str, Any], item: Item, hash_contact: HashContact
) -> tuple[Mapping[str, Any], tuple[Outgoing, ...]]:
    """The contact known after this item, and what to seal if it is another one. A missing contact changes nothing."""
    known: Mapping[str, Any] = state.get("contact", {})
    contact = item.contact if isinstance(item, ReceivedItem) else None
    if contact is None or contact.is_empty():
        return known, ()
    digest = hash_contact(contact)
    if known.get("h") == digest:
        return known, ()
    sequence = known.get("seq", 0) + 1
    identity = fact_id(item.dossier, "contact", "1", sequence)
    data = {"at": item.at.isoformat(), "contact_sequence": sequence}
    return {"seq": sequence, "h": digest}, (Outgoing(identity, "contact", sequence, data, contact),)


def _content(item: Item, contact: Mapping[str, Any]) -> dict[str, Any]:
    """What the sender says in this item, beside when and which."""
    if isinstance(item, RetractedItem):
        return {"fact": item.fact}
    if isinstance(item, ReceivedItem):
        content: dict[str, Any] = {
            "procedure": item.procedure,
            "receiving_unit": item.receiving_unit,
            "competent_unit": item.competent_unit or item.receiving_unit,
            "channel": item.channel,
        }
        if item.promised_at is not None:
            content["promised_at"] = item.promised_at.isoformat()
        if contact:
            content["contact_sequence"] = contact["seq"]
        return content
    if isinstance(item, ReappointedItem):
        return {"new_due_at": item.new_due_at.isoformat()}
    if isinstance(item, ProgressedItem):
        times = {"started_at": item.started_at, "step_due_at": item.step_due_at}
        optional = {"department": item.department, **{k: t.isoformat() for k, t in times.items() if t is not None}}
        return {"step": item.step, **{k: v for k, v in optional.items() if v is not None}}
    return {}


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _reference_values(item: Item, reference: ReferenceData) -> dict[str, Any]:
    """The terms of the procedure version in force at reception; the dossier keeps them for ever (rule 1.9)."""
    if not isinstance(item, ReceivedItem):
        return {}
    version = reference.procedures[item.procedure].version_at(item.at)
    if version is None:
        raise AssertionError("checked before")
    return {
        "terms": {
            "procedure_version": version.name,
            "limit": {"value": version.limit.value, "unit": version.limit.unit},
            "pause_on_fee": version.pause_on_fee,
            "pause_on_agency": version.pause_on_agency,
            "strategy": version.strategy,
        }
    }

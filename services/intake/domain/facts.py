"""From events to facts: same content = nothing new, other content = the next version, an older observation changes nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NotRequired, TypedDict

import orjson

from contracts import dossiers, fact_id
from contracts.dossiers import Fact, LimitUnit, Received, Strategy, Sure, Terms
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from reference.phones import mobile
from services.intake.domain.answers import Accepted, Ground, NewContact, Outgoing, Quarantined, Refused, Taken
from services.intake.domain.items import (
    REPEATING,
    EventItem,
    PlainItem,
    PlainKind,
    ReappointedItem,
    ReceivedItem,
    RetractedItem,
    SuspendedItem,
)
from services.intake.domain.problems import Fault

EARLIEST = epoch_ms(datetime(2015, 1, 1, tzinfo=OFFICE_TIME))
LATE = 48 * 3_600_000  # ms

ENDS = ("completed/1", "returned/1", "withdrawn/1", "stopped/1")

# How sure the time of a fact is: taken from when we heard of it, from a step's report, from the sender's own field.
GUESSED, REPORTED, STATED = 0, 1, 2
SURE: tuple[Sure, ...] = ("guessed", "reported")  # as facts say it on the wire; stated is not said
STAMPS = ("at", "occasion", "version", "observed_at", "sure", "terms")  # of a fact's data what is not the sender's content


@dataclass(frozen=True, slots=True)
class Manner:
    """How a fact is said: how sure its time is, whether it may only fill what is unknown, which field it was in."""

    sure: int = STATED
    fill: bool = False
    field: str = "at"


PLAINLY = Manner()


def take_event(state: Mapping[str, Any], item: EventItem, ground: Ground, manner: Manner = PLAINLY) -> Taken:
    """Merge one event into a dossier's state {facts, sequence, contact, received}.

    A fact is kept as {v: version, h: digest of its content, o: observed at, at, x: it was retracted, c: how sure, if less than
    stated} under `type/occasion`; of the reception, the content is kept too. Refuses and quarantines without change.
    """
    at = epoch_ms(item.at)
    answer = _faults_of(at, ground, manner) or _unknown(item, ground)
    if answer is not None:
        return Taken(state, answer)
    kind = item.fact if item.type == "retracted" else item.type
    facts: Mapping[str, Any] = state.get("facts", {})
    occasion = occasion_of(item, kind, facts)
    key = f"{kind}/{occasion}"
    known = facts.get(key)
    if item.type == "retracted" and known is None:
        return Taken(state, Refused((Fault("fact", "unknown-fact", "không có sự kiện nào như vậy để rút lại"),)))
    contact_state, contact_out, notes = _contact_of(state, item, ground, fill=manner.fill)
    content = _content(item, contact_state, state.get("received", {}), fill=manner.fill)
    if manner.fill and known is not None:
        at = known["at"]
        item = item.model_copy(update={"at": moment(at)})
    now = ground.limits.ms
    digest = digest_of(content, at, item.type)
    observed = epoch_ms(item.observed_at) if item.observed_at else now
    if known is not None and _stands(known, digest, observed if item.observed_at else None, manner):
        return Taken(state, Accepted((fact_id(item.dossier, kind, occasion, known["v"]),)), notes=tuple(notes))
    if known is None and len(facts) >= ground.limits.max_facts:
        return Taken(state, Quarantined("too-many-facts"))
    version = known["v"] + 1 if known is not None else 1
    sequence = max(state.get("sequence", 0) + 1, now)
    said = _said(item, _stamp(item, occasion, version, manner), content, ground)
    fact = {"v": version, "h": digest, "o": observed, "at": at}
    if item.type == "retracted":
        fact["x"] = True
    if manner.sure != STATED:
        fact["c"] = manner.sure
    after = {
        **state,
        "facts": {**facts, key: fact},
        "sequence": sequence,
        **({"contact": contact_state} if contact_state else {}),
        **({"received": content} if item.type == "received" else {}),
    }
    notes += ["corrections"] if version > 1 else []
    notes += ["contradictions"] if _ends_before_it_began(after["facts"], key) else []
    notes += ["late_reports"] if now - at > LATE else []
    identity = fact_id(item.dossier, kind, occasion, version)
    return Taken(after, Accepted((identity,)), (Outgoing(identity, said, sequence), *contact_out), tuple(notes))


class Stamp(TypedDict):
    """What a fact says of itself beside its content."""

    at: datetime
    occasion: str
    version: int
    observed_at: NotRequired[datetime]
    sure: NotRequired[Sure]


def _stamp(item: EventItem, occasion: str, version: int, manner: Manner) -> Stamp:
    stamp: Stamp = {"at": item.at, "occasion": occasion, "version": version}
    if item.observed_at is not None:
        stamp = {**stamp, "observed_at": item.observed_at}
    if manner.sure != STATED:
        stamp["sure"] = SURE[manner.sure]
    return stamp


PLAIN: Mapping[PlainKind, type[Fact]] = {
    "supplement-requested": dossiers.SupplementRequested,
    "supplemented": dossiers.Supplemented,
    "fee-requested": dossiers.FeeRequested,
    "fee-paid": dossiers.FeePaid,
    "resumed": dossiers.Resumed,
    "completed": dossiers.Completed,
    "returned": dossiers.Returned,
    "refused": dossiers.Refused,
    "withdrawn": dossiers.Withdrawn,
    "stopped": dossiers.Stopped,
}


def _said(item: EventItem, stamp: Stamp, content: Mapping[str, Any], ground: Ground) -> Fact:
    """An item as a fact. A reception says what is known of it by now, so it is made from the content."""
    if isinstance(item, PlainItem):  # most are
        return PLAIN[item.type](**stamp)
    if isinstance(item, ReceivedItem):
        return _received(stamp, content, _terms(content["procedure"], item.at, ground))
    if isinstance(item, RetractedItem):
        return dossiers.Retracted(**stamp, fact=item.fact)
    if isinstance(item, ReappointedItem):
        return dossiers.Reappointed(**stamp, new_due_at=item.new_due_at)
    if isinstance(item, SuspendedItem):
        return dossiers.Suspended(**stamp, reason=item.reason, decision=item.decision)
    return dossiers.Progressed(
        **stamp,
        step=item.step,
        department=item.department,
        started_at=item.started_at,
        step_due_at=item.step_due_at,
    )


def _received(stamp: Stamp, content: Mapping[str, Any], terms: Terms) -> Received:
    linked, promised_at = content.get("linked"), content.get("promised_at")
    return Received(
        **stamp,
        procedure=content["procedure"],
        receiving_unit=content["receiving_unit"],
        competent_unit=content["competent_unit"],
        channel=content["channel"],
        terms=terms,
        return_method=content.get("return_method"),
        out_of_area=content.get("out_of_area"),
        linked=None if linked is None else tuple(dossiers.Linked.model_validate(part) for part in linked),
        promised_at=None if promised_at is None else datetime.fromisoformat(promised_at),
        contact_sequence=content.get("contact_sequence"),
    )


def _ends_before_it_began(facts: Mapping[str, Mapping[str, Any]], key: str) -> bool:
    """Whether the fact just taken in makes a dossier end before its reception: one of the two was mistyped."""
    received = facts.get("received/1")
    if received is None or received.get("x"):
        return False
    ends = (key,) if key in ENDS else ENDS if key == "received/1" else ()
    found = [facts[end] for end in ends if end in facts]
    return any(not end.get("x") and end["at"] < received["at"] for end in found) if found else False


def _stands(known: Mapping[str, Any], digest: str, observed: int | None, manner: Manner) -> bool:
    """Whether what is known stands against what was said now."""
    less_sure = manner.sure < STATED and manner.sure <= known.get("c", STATED)
    older = observed is not None and observed <= known["o"]
    return bool(known["h"] == digest or older or (less_sure and not known.get("x")))


def _faults_of(at: int, ground: Ground, manner: Manner) -> Refused | None:
    if at > ground.limits.latest:
        return Refused((Fault(manner.field, "future", "thời điểm nằm ở tương lai"),))
    if at < EARLIEST:
        return Refused((Fault(manner.field, "too-old", "thời điểm trước năm 2015"),))
    return None


def _unknown(item: EventItem, ground: Ground) -> Quarantined | None:
    """What the catalogues do not know may be their fault: it is held for a person, not refused."""
    if item.type != "received":
        return None
    day = item.at.astimezone(OFFICE_TIME).date()
    for field, code in (("receiving_unit", item.receiving_unit), ("competent_unit", item.competent_unit)):
        if code is None:
            continue
        unit = ground.reference.units.get(code)
        if unit is None:
            return Quarantined("unknown-unit", field)
        if not unit.in_use(day):
            return Quarantined("unit-not-in-use", field)
    procedure = ground.reference.procedures.get(item.procedure)
    if procedure is None:
        return Quarantined("unknown-procedure", "procedure")
    return Quarantined("no-version", "procedure") if procedure.version_on(day) is None else None


def occasion_of(item: EventItem, kind: str, facts: Mapping[str, Any]) -> str:
    """The sender's own number; else 1 for what happens once; else the occasion with this very time, or the next ordinal."""
    if item.occasion is not None:
        return item.occasion
    if kind not in REPEATING:
        return "1"
    known = {key.partition("/")[2]: fact for key, fact in facts.items() if key.startswith(f"{kind}/")}
    at = epoch_ms(item.at)
    same = [occasion for occasion, fact in known.items() if fact["at"] == at]
    return same[0] if same else str(len(known) + 1)


def _contact_of(
    state: Mapping[str, Any], item: EventItem, ground: Ground, *, fill: bool
) -> tuple[Mapping[str, Any], tuple[NewContact, ...], list[str]]:
    """The contact known after this item, and what to seal if it is another one. A missing contact changes nothing."""
    known: Mapping[str, Any] = state.get("contact", {})
    if item.type != "received":
        return known, (), []
    contact = item.contact
    if contact is None or contact.is_empty():
        return known, (), [] if known else ["missing_contacts"]
    number = mobile(contact.phone)
    notes = ["junk_phones"] if number is None else []
    if ground.sender.mode == "pilot" and (number is None or ground.digests.digest_number(number) not in ground.sender.numbers):
        return known, (), notes
    digest = ground.digests.digest(contact)
    if known.get("h") == digest or (fill and known):
        return known, (), notes
    sequence = known.get("seq", 0) + 1
    return {"seq": sequence, "h": digest}, (NewContact(item.at, sequence, contact),), notes


def _content(item: EventItem, contact: Mapping[str, Any], known: Mapping[str, Any], *, fill: bool) -> dict[str, Any]:
    """What the sender says in this item, beside when and which."""
    if isinstance(item, PlainItem):
        return {}
    if isinstance(item, RetractedItem):
        return {"fact": item.fact}
    if isinstance(item, ReceivedItem):
        return _reception(item, contact, known, fill=fill)
    if isinstance(item, ReappointedItem):
        return {"new_due_at": item.new_due_at.isoformat()}
    if isinstance(item, SuspendedItem):
        return item.model_dump(include={"reason", "decision"}, exclude_none=True)
    times = {"started_at": item.started_at, "step_due_at": item.step_due_at}
    optional = {"department": item.department, **{k: t.isoformat() for k, t in times.items() if t is not None}}
    return {"step": item.step, **{k: v for k, v in optional.items() if v is not None}}


def _reception(item: ReceivedItem, contact: Mapping[str, Any], known: Mapping[str, Any], *, fill: bool) -> dict[str, Any]:
    """The reception with what was said before and is left out now; with `fill`, what was said before wins."""
    given: dict[str, Any] = {
        "procedure": item.procedure,
        "receiving_unit": item.receiving_unit,
        "competent_unit": item.competent_unit,
        "channel": item.channel,
        "return_method": item.return_method,
        "out_of_area": item.out_of_area,
        "linked": [part.model_dump(exclude_none=True) for part in item.linked] if item.linked else None,
        "promised_at": item.promised_at.isoformat() if item.promised_at else None,
    }
    said = {key: value for key, value in given.items() if value is not None}
    if known:
        whole = {**said, **known} if fill else {**known, **said}
        said = {name: whole[name] for name in (*given, "contact_sequence") if name in whole}
    said.setdefault("competent_unit", said["receiving_unit"])
    said.setdefault("channel", 1)
    if contact:
        said["contact_sequence"] = contact["seq"]
    return said


def digest_of(content: Mapping[str, Any], at: int, kind: str) -> str:
    """Digest of what a sender said: equal for equal content, time (ms) and type of event."""
    said = {**content, "at": at, "type": kind}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _terms(procedure: str, at: datetime, ground: Ground) -> Terms:
    """The terms of the procedure version in force at reception; the dossier keeps them for ever (rule 1.9)."""
    version = ground.reference.procedures[procedure].version_at(at)
    if version is None:
        raise AssertionError("checked before")
    limit = version.limit
    return _told(version.name, limit.value, limit.unit, version.pause_on_fee, version.pause_on_agency, version.strategy)


# By what they say: a catalogue has few of them, and another reading of it may say something else of the same version.
@lru_cache(maxsize=1024)
def _told(name: str, value: int, unit: LimitUnit, on_fee: bool, on_agency: bool, strategy: Strategy) -> Terms:
    return Terms(
        procedure_version=name,
        limit=dossiers.Limit(value=value, unit=unit),
        pause_on_fee=on_fee,
        pause_on_agency=on_agency,
        strategy=strategy,
    )

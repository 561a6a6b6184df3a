"""From events to facts: same content = nothing new, other content = the next version, an older observation changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from contracts import fact_id
from contracts.contacts import ContactSealed
from contracts.dossiers import Fact, Sure
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from reference.phones import read
from services.changes import Answering, Because
from services.intake.domain.answers import Accepted, Decided, Ground, Quarantined, Refused, Taken
from services.intake.domain.bounds import promised
from services.intake.domain.content import Words, digest_of, reception_of, submission_of, words_of
from services.intake.domain.dossier import STATED, Dossier, Facts, Known, KnownContact, Reception, Submission
from services.intake.domain.items import (
    REPEATING,
    Contact,
    EventItem,
    OtherItem,
    ReceivedItem,
    RetractedItem,
    SubmittedItem,
)
from services.intake.domain.problems import Fault
from services.intake.domain.saying import Stamp, fact_of, received, submitted

LATE = 48 * 3_600_000  # ms

ENDS = ("completed/1", "returned/1", "withdrawn/1", "stopped/1", "refused/1")
STEPS = frozenset({"progressed"})
PAUSES = REPEATING - STEPS

Notes = tuple[str, ...]
NO_NOTES: Notes = ()
SURE: tuple[Sure, ...] = ("guessed", "reported")  # as facts say it on the wire; stated is not said


@dataclass(frozen=True, slots=True)
class Manner:
    """How a fact is said: how sure its time is, whether it may only fill what is unknown, which field it was in.
    `anew`: whether it says more than what was told as surely before."""

    sure: int = STATED
    fill: bool = False
    field: str = "at"
    anew: bool = False


PLAINLY = Manner()


def take_event(dossier: Dossier, item: EventItem, ground: Ground, manner: Manner = PLAINLY) -> Decided:
    """Merge one event into a dossier. Refuses and quarantines without change."""
    at, facts = epoch_ms(item.at), dossier.facts
    fault = None
    wrong: Refused | Quarantined | None = _unknown(item, ground)
    if wrong is not None:
        return Answering(dossier, Taken(wrong))
    kind = item.fact if isinstance(item, RetractedItem) else item.type
    occasion = occasion_of(dossier, item, kind)
    known = facts.get(f"{kind}/{occasion}")
    if known is None and isinstance(item, RetractedItem):
        fault = Fault("fact", "unknown-fact", "không có sự kiện nào như vậy để rút lại")
        return Answering(dossier, Taken(Refused((fault,))))
    told_at = item.at
    if manner.fill and known is not None:
        at = known.at
        told_at = moment(at)

    contact, reception, submission, notes = dossier.contact, dossier.reception, dossier.submission, NO_NOTES
    new: Contact | None = None
    words: Words
    say: Callable[[Stamp], Fact]
    if isinstance(item, ReceivedItem):
        contact, new, notes = _contact_of(dossier, item, ground, fill=manner.fill)
        reception = reception_of(item, contact, reception, fill=manner.fill)
        words, say = reception.words(), partial(received, reception, ground)
    else:
        submission, words, say = _other(item, submission)
    digest, now = digest_of(words, at, item.type), ground.limits.ms
    observed = None if item.observed_at is None else epoch_ms(item.observed_at)
    if known is not None and _stands(known, digest, observed, manner):
        known_again = new is None and contact is not dossier.contact  # by an earlier secret: its digest is another one now
        same = dossier._replace(contact=contact) if known_again else dossier
        return Answering(same, Taken(Accepted((fact_id(item.dossier, kind, occasion, known.version),)), notes))
    if isinstance(item, ReceivedItem) and reception is not None:
        fault = _promised_before(reception, at, item, ground, manner)
    wrong = Refused((fault,)) if fault else None if known is not None else _over_budget(facts, kind, ground)
    if wrong is not None:
        return Answering(dossier, Taken(wrong))

    version = 1 if known is None else known.version + 1
    key, sequence = f"{kind}/{occasion}", max(dossier.sequence + 1, now)
    fact = Known(version, digest, now if observed is None else observed, at, isinstance(item, RetractedItem), manner.sure)
    after = Dossier(dossier.code, facts.having(key, fact), sequence, contact, reception, dossier.seen, submission)
    if _ends_before_it_began(after.facts, key):
        return Answering(dossier, Taken(Quarantined("ends-before-reception", manner.field), ("contradictions",)))
    identity = fact_id(item.dossier, kind, occasion, version)
    # Each fact is the beginning of a chain; a contact is of the chain of its reception.
    said = [Because(say(_stamp(item, told_at, occasion, version, manner)), identity, sequence)]
    if contact is not None and new is not None:
        said.append(Because(_sealed(item.at, contact.sequence, new, ground), identity))
    return Answering(after, Taken(Accepted((identity,)), notes + _notes_of(fact, now)), said)


def _other(
    item: SubmittedItem | OtherItem, known: Submission | None
) -> tuple[Submission | None, Words, Callable[[Stamp], Fact]]:
    """The submission known after an event that is no reception, what the event says, and how it is said."""
    if isinstance(item, SubmittedItem):
        now = submission_of(item, known)
        return now, now.words(), partial(submitted, now)
    return known, words_of(item), partial(fact_of, item)


def _stamp(item: EventItem, at: datetime, occasion: str, version: int, manner: Manner) -> Stamp:
    stamp: Stamp = {"at": at, "occasion": occasion, "version": version}
    if item.observed_at is not None:
        stamp = {**stamp, "observed_at": item.observed_at}
    if manner.sure != STATED:
        stamp["sure"] = SURE[manner.sure]
    return stamp


def _notes_of(fact: Known, now: int) -> Notes:
    """What there is to note about a fact that was just taken in."""
    notes: Notes = ("corrections",) if fact.version > 1 else ()
    return (*notes, "late_reports") if now - fact.at > LATE else notes


def _ends_before_it_began(facts: Facts, key: str) -> bool:
    """Whether a fact makes a dossier end before its reception: one of the two was mistyped, and a person has to say which."""
    received = facts.get("received/1") if key in ENDS or key == "received/1" else None
    if received is None or received.retracted:
        return False
    ends = (key,) if key in ENDS else ENDS
    found = [facts.get(end) for end in ends]
    return any(end is not None and not end.retracted and end.at < received.at for end in found)


def _stands(known: Known, digest: str, observed: int | None, manner: Manner) -> bool:
    """Whether what is known stands against what was said now."""
    less_sure = manner.sure < STATED and (manner.sure < known.sure or (manner.sure == known.sure and not manner.anew))
    older = observed is not None and observed <= known.observed
    return known.digest == digest or older or (less_sure and not known.retracted)


def _over_budget(facts: Facts, kind: str, ground: Ground) -> Quarantined | None:
    """Steps, pauses and what else befalls a dossier have so many facts each: many steps never hold back a result."""
    most = ground.limits.max_facts
    if len(facts) < most:
        return None
    kinds = [key.partition("/")[0] for key in facts]
    if kind in STEPS:
        return Quarantined("too-many-steps") if sum(each in STEPS for each in kinds) >= most else None
    pausing = kind in PAUSES
    used = sum(each in PAUSES if pausing else each not in REPEATING for each in kinds)
    return Quarantined("too-many-facts") if used >= most else None


def _promised_before(reception: Reception, at: int, item: ReceivedItem, ground: Ground, manner: Manner) -> Fault | None:
    """What is wrong with the promise that holds after a reception, which may have been told before it."""
    if reception.promised_at is None:
        return None
    field = manner.field if item.promised_at is None else "promised_at"
    return promised(field, epoch_ms(datetime.fromisoformat(reception.promised_at)), at, ground.limits)


def _unknown(item: EventItem, ground: Ground) -> Quarantined | None:
    """What the catalogues do not know may be their fault: it is held for a person, not refused."""
    if not isinstance(item, ReceivedItem | SubmittedItem):
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


def occasion_of(dossier: Dossier, item: EventItem, kind: str) -> str:
    """The sender's own number; else 1 for what happens once; else the occasion with this very time, or the next ordinal."""
    if item.occasion is not None:
        return item.occasion
    if kind not in REPEATING:
        return "1"
    known, at = dossier.facts.of(kind), epoch_ms(item.at)
    same = [occasion for occasion, fact in known.items() if fact.at == at]
    return same[0] if same else str(len(known) + 1)


def _contact_of(
    dossier: Dossier, item: ReceivedItem, ground: Ground, *, fill: bool
) -> tuple[KnownContact | None, Contact | None, Notes]:
    """The contact known after this item, what to seal if it is another one, what to note. A missing one changes nothing."""
    known, contact = dossier.contact, item.contact
    if contact is None or contact.is_empty():
        return known, None, () if known else ("missing_contacts",)
    phones = read(contact.phone)
    number = phones.first
    notes: Notes = () if number else ("landline_phones",) if phones.reason == "landline" else ("junk_phones",)
    if ground.sender.mode == "pilot" and (number is None or not ground.secrets.is_among(number, ground.sender.numbers)):
        return known, None, notes
    digest = ground.secrets.digest(contact)
    if known is not None and (known.digest == digest or fill):
        return known, None, notes
    if known is not None and ground.secrets.is_digest(known.digest, contact):  # made with an earlier secret, which will go
        return KnownContact(known.sequence, digest), None, notes
    return KnownContact(1 if known is None else known.sequence + 1, digest), contact, notes


def _sealed(at: datetime, sequence: int, contact: Contact, ground: Ground) -> ContactSealed:
    secrets = ground.secrets
    return ContactSealed(at=at, contact_sequence=sequence, key_epoch=secrets.epoch, sealed=secrets.seal(contact))

"""intake brought back to what it said, so that no version and no sequence is ever given twice.

dossiers.v1 holds every fact as its sender told it; the digest that tells a repetition from a correction is made from that.
What is not on the log: whether a contact changed (its keyed digest), which of a sender's supplement numbers is which occasion,
and how far its snapshots had come. So the next reception seals its contact anew, under the next sequence.

A step says the state after it since its contract has that field. Of older ones, a fact that steps alone told (`sure: reported`)
says when and what one of them said, so that a step which is told late finds those that changed something; one that changed
nothing, because nothing was paused, is lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from contracts import Event
from contracts.contacts import ContactSealed
from contracts.dossiers import Fact, Progressed, Received, ReceivedV2, Retracted, Submitted
from contracts.facts import epoch_ms
from runtime.recovery import Recall, Recovery
from services import wiring
from services.intake.domain import Dossier, Json, Known, KnownContact, Reception, Submission
from services.intake.domain.content import digest_of
from services.intake.domain.dossier import REPORTED, STATED, Seen, StepSeen
from services.intake.domain.facts import SURE
from services.intake.domain.phases import PHASES
from services.intake.domain.stepping import with_step, with_step_behind
from services.intake.store import CODEC, DOSSIERS, MADE_FROM_LOG

DECODE = wiring.decoder()
SOURCE = "/intake"
STAMPS = ("at", "occasion", "version", "observed_at", "sure", "terms", "state")  # of a fact what is no content of its sender


@dataclass(frozen=True, slots=True)
class Told:
    """An event of ours, with its data as it stands on the wire: digests are of the very words."""

    event: Event
    raw: Mapping[str, Json]

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
        recalls=tuple(Recall(topic, DOSSIERS, CODEC.folding(recall)) for topic in ("dossiers.v1", "contacts.v1")),
    )


def recall(dossier: Dossier, told: Told) -> Dossier:
    """The dossier with one fact or contact that intake published; the dossier itself if it knows. Contacts that another service
    seals on contacts.v1 are of its own keys, and none of intake's business."""
    data = told.event.data
    if told.event.source != SOURCE:
        return dossier
    if isinstance(data, ContactSealed):
        return _with_contact(dossier, data.contact_sequence)
    if not isinstance(data, Fact):
        return dossier
    after = _with_fact(dossier, told, data)
    if told.event.sequence is not None and told.event.sequence > after.sequence:
        after = after._replace(sequence=told.event.sequence)
    if isinstance(data, Received | ReceivedV2) and data.contact_sequence is not None:
        after = _with_contact(after, data.contact_sequence)
    return after


def _with_fact(dossier: Dossier, told: Told, data: Fact) -> Dossier:
    key = f"{data.series}/{data.occasion}"
    known = dossier.facts.get(key)
    if known is not None and known.version >= data.version:
        return dossier
    at, words = epoch_ms(data.at), {name: value for name, value in told.raw.items() if name not in STAMPS}
    observed = epoch_ms(told.time) if data.observed_at is None else epoch_ms(data.observed_at)
    sure = STATED if data.sure is None else SURE.index(data.sure)
    digest = digest_of(words, at, data.SERIES)
    fact = Known(data.version, digest, observed, at, isinstance(data, Retracted), sure)
    reception = _reception(data, words.get("promised_at")) if isinstance(data, Received | ReceivedV2) else dossier.reception
    submission = _submission(data) if isinstance(data, Submitted) else dossier.submission
    seen = dossier.seen if fact.retracted else _with_step(dossier.seen, at, data, sure)
    return dossier._replace(facts=dossier.facts.having(key, fact), reception=reception, submission=submission, seen=seen)


def _with_step(seen: Seen, at: int, data: Fact, sure: int) -> Seen:
    """What of the steps a fact tells: a step its state, a fact that a step made that there was one."""
    if isinstance(data, Progressed):
        return seen if data.state is None else _with_state(seen, StepSeen(at, data.state))
    return with_step_behind(seen, at, data.SERIES) if sure == REPORTED else seen


def _with_state(seen: Seen, step: StepSeen) -> Seen:
    """With a step that said its state: that phase is reached."""
    return replace(with_step(seen, step), order=max(seen.order or (0, 0), (PHASES[step.state], 0)))


def _submission(data: Submitted) -> Submission:
    return Submission(data.procedure, data.receiving_unit, data.competent_unit, data.channel)


def _reception(data: Received | ReceivedV2, promised_at: Json) -> Reception:
    return Reception(
        data.procedure,
        data.receiving_unit,
        data.competent_unit,
        data.channel,
        data.return_method,
        data.out_of_area,
        data.linked or (),
        promised_at if isinstance(promised_at, str) else None,
        data.contact_sequence,
    )


def _with_contact(dossier: Dossier, sequence: int) -> Dossier:
    known = dossier.contact
    if known is not None and known.sequence >= sequence:
        return dossier
    return dossier._replace(contact=KnownContact(sequence, ""))

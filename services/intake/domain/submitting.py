"""Submissions (state 1): handed in and not accepted yet (D20).

A refusal ends the waiting. A later submission under the same code is a new attempt: it takes the refusal back, so that the
dossier can be received, and what was told of the attempt before it says nothing of the new one.
"""

from dataclasses import replace
from datetime import datetime

from contracts import fact_id
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, State, moment
from services.intake.domain.answers import Ground
from services.intake.domain.bounds import happened
from services.intake.domain.dossier import GUESSED, Dossier
from services.intake.domain.facts import Manner
from services.intake.domain.items import UNREADABLE, RetractedItem, SnapshotItem, SubmittedItem
from services.intake.domain.naming import Named, named_in
from services.intake.domain.phases import PHASES, Explained, Said
from services.intake.domain.problems import Fault
from services.intake.domain.times import FORMS

KEY, REFUSED = "submitted/1", "refused/1"


def submitted_anew(dossier: Dossier, snapshot: SnapshotItem, word: State) -> bool:
    """Whether a snapshot tells of a submission after the refusal that stands."""
    told = snapshot.submitted_at
    return word == 1 and isinstance(told, datetime) and _after_refusal(dossier, told)


def of_earlier_attempt(dossier: Dossier, snapshot: SnapshotItem, word: State) -> bool:
    """Whether a snapshot tells of an attempt that was refused, of a dossier that was submitted again since."""
    told = snapshot.submitted_at
    if word == 3 and snapshot.completed_at is not None:
        told = snapshot.completed_at
    return word in (1, 3) and isinstance(told, datetime) and refused_before(dossier, told) is not None


def refused_before(dossier: Dossier, at: datetime) -> str | None:
    """The id of the refusal that a new submission took back, if a moment is not after it: nothing new then."""
    refused = dossier.facts.get(REFUSED)
    if refused is None or not refused.retracted:
        return None
    newest = max((attempt.at for attempt in dossier.facts.standing("submitted").values()), default=0)
    before = epoch_ms(at) <= refused.at < newest
    return fact_id(dossier.code, "refused", "1", refused.version) if before else None


def explain_submission(dossier: Dossier, item: SubmittedItem) -> Explained:
    """A submission as an event of its own."""
    said = Said(item)
    if not _after_refusal(dossier, item.at):
        return Explained((said,), seen=dossier.seen)
    return Explained((_taking_back(dossier), said), seen=replace(dossier.seen, order=(PHASES[1], 0)))


def snapshot_submitted(dossier: Dossier, snapshot: SnapshotItem, ground: Ground, *, straggler: bool) -> Explained:
    """What a snapshot in state 1 says. Without NgayNopHoSo, we know when we heard of it.

    A straggler adds a submission that was unknown, and changes none.
    """
    told, known, named = snapshot.submitted_at, dossier.facts.get(KEY), named_in(snapshot, dossier, ground.reference)
    faults = _faults(told, named, ground)
    if faults or named.procedure is None or named.receiving_unit is None:
        return Explained(faults=faults)
    if (straggler and known is not None) or (told is None and (straggler or dossier.facts.standing("submitted"))):
        return Explained()
    at = told if isinstance(told, datetime) else snapshot.observed_at or ground.limits.now.astimezone(OFFICE_TIME)
    item = SubmittedItem.model_construct(
        dossier=snapshot.dossier,
        type="submitted",
        at=at,
        occasion=None,
        observed_at=None if told is None else snapshot.observed_at,
        procedure=named.procedure,
        receiving_unit=named.receiving_unit,
        competent_unit=named.competent_unit,
        channel=snapshot.channel,
    )
    if told is None:
        return Explained((Said(item, Manner(GUESSED, field="state")),), notes=("guessed_times",))
    said = Said(item, Manner(fill=straggler, field="submitted_at"))
    anew = not straggler and _after_refusal(dossier, at)
    return Explained((_taking_back(dossier), said) if anew else (said,))


def _faults(told: datetime | str | None, named: Named, ground: Ground) -> tuple[Fault, ...]:
    faults = []
    if told == UNREADABLE:
        faults.append(Fault("submitted_at", "invalid", f"không phải ngày giờ: cần dạng {FORMS}"))
    elif isinstance(told, datetime) and (wrong := happened("submitted_at", told, ground.limits)) is not None:
        faults.append(wrong)
    wanted = {"procedure": named.procedure, "receiving_unit": named.receiving_unit}
    return (*faults, *(Fault(name, "missing", "bắt buộc phải có") for name, value in wanted.items() if value is None))


def _after_refusal(dossier: Dossier, at: datetime) -> bool:
    """Whether a submission is later than the refusal that stands. What was received once is not submitted again."""
    refused = dossier.facts.get(REFUSED)
    if refused is None or refused.retracted or dossier.facts.standing("received"):
        return False
    return refused.at < epoch_ms(at)


def _taking_back(dossier: Dossier) -> Said:
    at = moment(dossier.facts[REFUSED].at)
    return Said(RetractedItem(dossier=dossier.code, type="retracted", fact="refused", at=at), Manner(field="submitted_at"))

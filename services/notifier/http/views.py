"""What the letter desk shows: one letter as words, without personal data, and the text for its PDF."""

from dataclasses import dataclass
from datetime import datetime

from reference import moment, moment_or_none
from services.notifier.domain import NOBODY, Completed, Dossier, Ground, Received, Sending
from services.notifier.domain.apologies import may_promise
from services.notifier.domain.letter import Approved, Back, Drafted, Issuing, Letter, Rejected, Sent, Signature, Withdrawn
from services.notifier.domain.locked import Locked
from services.notifier.domain.texts import REASONS, Decided, LetterText, Subject, compose, symbol
from services.notifier.store import LETTER_STATES, LetterState

STATES: dict[LetterState, str] = {
    "drafted": "Chờ ký",
    "approved": "Đã ký, chờ cấp ngày hẹn",
    "issuing": "Chờ cấp số",
    "sent": "Đã gửi",
    "rejected": "Không gửi",
    "withdrawn": "Đã rút",
}


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter for the page and the API."""

    dossier: str
    unit: str
    unit_name: str
    procedure_name: str
    state: LetterState
    state_name: str
    received_at: datetime | None
    due_at: datetime | None
    sign_by: datetime | None
    new_due_at: datetime | None
    remark: str
    reason_name: str
    symbol: str
    refusal: str
    needs_date: bool
    signer: str


def view(dossier: Dossier, letter: Letter, ground: Ground) -> LetterView:
    """A dossier's letter in words."""
    draft, reference, state = letter.draft, ground.reference, LETTER_STATES[type(letter)]
    received = dossier.facts.first(Received)
    procedure = "" if received is None else received.procedure
    known, unit = reference.procedures.get(procedure), reference.units.get(draft.unit)
    refusal, signed = _back(letter).refusal, signed_of(letter)
    return LetterView(
        dossier=dossier.code,
        unit=draft.unit,
        unit_name=unit.name if unit else draft.unit,
        procedure_name=known.name if known else procedure,
        state=state,
        state_name=STATES[state],
        received_at=None if received is None else moment(received.at),
        due_at=moment_or_none(_due(dossier, letter)),
        sign_by=moment_or_none(draft.sign_by),
        new_due_at=moment_or_none(new_due_of(letter)),
        remark=_back(letter).remark,
        reason_name=REASONS[signed.reason] if signed else "",
        symbol=symbol(letter.number) if isinstance(letter, Sent) else "",
        refusal=f"{refusal.text} ({refusal.rule})" if refusal else "",
        needs_date=_back(letter).granted is None and may_promise(dossier, draft, _back(letter)),
        signer=unit.letterhead.on(ground.now.date()).signer if unit and unit.letterhead else "",
    )


def _due(dossier: Dossier, letter: Letter) -> int | None:
    """The date that passes: in a draft the one in force, None while paused; in a signed letter the one it was signed for."""
    in_force = isinstance(letter, Drafted) and dossier.promise is not None
    return dossier.promise.due if in_force and dossier.promise is not None else letter.draft.due


def _back(letter: Letter) -> Back:
    return letter.back if isinstance(letter, Drafted | Rejected | Withdrawn) else Back()


def signed_of(letter: Letter) -> Signature | None:
    """What was decided about a letter that was signed."""
    return letter.signed if isinstance(letter, Approved | Issuing | Sent) else None


def new_due_of(letter: Letter) -> int | None:
    """The new date of a signed letter, or the one that was granted to a draft already."""
    return letter.new_due if isinstance(letter, Approved | Issuing | Sent) else _back(letter).granted


def text_of(dossier: Dossier, letter: Letter, ground: Sending) -> LetterText | Locked | None:
    """The letter in full, with name and address (none if their key was given up); None if the unit has no letterhead or the
    reception is unknown. Locked if the key to name and address is not here: a letter to nobody is not what was issued."""
    received, unit = dossier.facts.first(Received), ground.reference.units.get(letter.draft.unit)
    if received is None or unit is None or unit.letterhead is None:
        return None
    procedure, completed = ground.reference.procedures.get(received.procedure), dossier.facts.first(Completed)
    sent, signed = letter if isinstance(letter, Sent) else None, signed_of(letter)
    known = completed is not None and (sent is None or completed.at <= sent.at)
    subject = Subject(
        dossier=dossier.code,
        procedure=procedure.name if procedure else received.procedure,
        received_at=moment(received.at),
        due_at=moment(letter.draft.due),
        ended_at=moment(completed.at) if completed is not None and known else None,
    )
    decided = Decided(
        reason=signed.reason if signed else None,
        note=(signed.note or "") if signed else "",
        new_due_at=moment_or_none(new_due_of(letter)) if signed else None,
        number=sent.number if sent else None,
        at=moment_or_none(sent.at) if sent else None,
    )
    contact = sent.contact if sent is not None and sent.contact is not None else dossier.known_contact
    person = NOBODY if contact is None else ground.person_of(contact) or NOBODY
    if isinstance(person, Locked):
        return person
    day = decided.at or ground.now
    return compose(unit.letterhead.on(day.date()), ground.reference.province, subject, person, decided)

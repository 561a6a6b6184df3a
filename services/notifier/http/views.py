"""What the letter desk shows: one letter as words, without personal data, and its history."""

from dataclasses import dataclass
from datetime import datetime

from reference import moment, moment_or_none
from services.notifier.domain import Dossier, Ground, Received
from services.notifier.domain.dates import Proposed, propose
from services.notifier.domain.letter import (
    Approved,
    Back,
    Drafted,
    Issuing,
    Letter,
    LetterStep,
    Rejected,
    Sent,
    Withdrawn,
    signature_of,
)
from services.notifier.domain.letter_text import REASONS, REJECTIONS, symbol
from services.notifier.domain.signing import may_promise, may_take_back
from services.notifier.domain.unsigned import WORDS
from services.notifier.store import LETTER_STATES, LetterState, place_of

STATES: dict[LetterState, str] = {
    "drafted": "Chờ ký",
    "approved": "Đã ký, chờ cấp ngày hẹn",
    "issuing": "Chờ cấp số",
    "sent": "Đã gửi",
    "rejected": "Không gửi",
    "withdrawn": "Đã rút",
}
STEPS: dict[str, str] = {
    "drafted": "Lập dự thảo",
    "returned": "Đưa lại bàn ký",
    "approved": "Ký",
    "rejected": "Quyết định không gửi",
    "withdrawn": "Rút dự thảo: hồ sơ xong đúng hẹn",
    "sent": "Cấp số và gửi",
}
WHY: dict[str, str] = {str(code): words for code, words in (*REASONS.items(), *REJECTIONS.items())}


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
    waits: str
    reason_name: str
    symbol: str
    refusal: str
    needs_date: bool
    signer: str
    proposed: Proposed | None
    may_be_taken_back: bool
    place: str

    @property
    def proposed_at(self) -> datetime | None:
        """The date that is proposed."""
        return None if self.proposed is None else self.proposed.at


def view(dossier: Dossier, letter: Letter, ground: Ground) -> LetterView:
    """A dossier's letter in words."""
    draft, reference, state = letter.draft, ground.reference, LETTER_STATES[type(letter)]
    received = dossier.facts.first(Received)
    procedure = "" if received is None else received.procedure
    known, unit = reference.procedures.get(procedure), reference.units.get(draft.unit)
    refusal, signed = _back(letter).refusal, signature_of(letter)
    needs_date = _back(letter).granted is None and may_promise(dossier, draft, _back(letter))
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
        waits=WORDS[letter.waits] if isinstance(letter, Issuing) and letter.waits is not None else "",
        reason_name=REASONS[signed.reason] if signed else REJECTIONS[letter.why] if isinstance(letter, Rejected) else "",
        symbol=symbol(letter.number) if isinstance(letter, Sent) else "",
        refusal=f"{refusal.text} ({refusal.rule})" if refusal else "",
        needs_date=needs_date,
        signer=unit.letterhead.on(ground.now.date()).signer if unit and unit.letterhead else "",
        proposed=propose(dossier, draft.unit, ground) if needs_date and isinstance(letter, Drafted) else None,
        may_be_taken_back=may_take_back(dossier, ground),
        place=place_of(dossier),
    )


def _due(dossier: Dossier, letter: Letter) -> int | None:
    """The date that passes: in a draft the one in force, None while paused; in a signed letter the one it was signed for."""
    in_force = isinstance(letter, Drafted) and dossier.promise is not None
    return dossier.promise.due if in_force and dossier.promise is not None else letter.draft.due


def _back(letter: Letter) -> Back:
    return letter.back if isinstance(letter, Drafted | Rejected | Withdrawn) else Back()


def new_due_of(letter: Letter) -> int | None:
    """The new date of a signed letter, or the one that was granted to a draft already."""
    return letter.new_due if isinstance(letter, Approved | Issuing | Sent) else _back(letter).granted


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a letter's history, with who decided it: for who may read names."""

    at: datetime
    what: str
    by: str
    why: str


def history(dossier: Dossier) -> list[StepView]:
    """What became of a dossier's letter, in order."""
    return [_step(step) for step in sorted(dossier.history, key=lambda step: step.at)]


def _step(step: LetterStep) -> StepView:
    what = STEPS["returned" if step.state == "drafted" and step.draft > 1 else step.state]
    nobody = "(không còn lưu)" if step.state in ("approved", "rejected") else ""
    return StepView(moment(step.at), what, step.by or nobody, WHY.get(step.why, ""))

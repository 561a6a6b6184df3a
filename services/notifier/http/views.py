"""What the letter desk shows: one letter as words, without personal data, and its history."""

from dataclasses import dataclass
from datetime import datetime

from reference import moment, moment_or_none
from services.notifier.domain import Dossier, Ground, Received
from services.notifier.domain.answer_text import GIVEN, TITLES, UNSENT, answer_symbol
from services.notifier.domain.dates import Proposed, propose
from services.notifier.domain.letter import (
    Approved,
    Back,
    Draft,
    Drafted,
    Issuing,
    Letter,
    LetterKind,
    LetterStep,
    PaperStep,
    Rejected,
    Sent,
    Withdrawn,
    signature_of,
)
from services.notifier.domain.letter_text import REASONS, REJECTIONS, TITLE, symbol
from services.notifier.domain.on_paper import OUTCOMES, last_step, on_paper
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
CALLED_OFF = "Rút dự thảo: người gửi phản ánh lại"
WHY: dict[str, str] = {str(code): words for code, words in (*REASONS.items(), *REJECTIONS.items())}
WHY_UNSENT: dict[str, str] = {str(code): words for code, words in UNSENT.items()}


@dataclass(frozen=True, slots=True)
class LetterView:
    """One letter for the page and the API. `dossier`: or the petition that it answers; `procedure_name`: or what it answers;
    `about`: the dossier that the error was made in; `paper`: how far it is on paper, "" of one that does not go so."""

    dossier: str
    kind: LetterKind
    kind_name: str
    about: str
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
    paper: str

    @property
    def proposed_at(self) -> datetime | None:
        """The date that is proposed."""
        return None if self.proposed is None else self.proposed.at


def view(dossier: Dossier, letter: Letter, ground: Ground) -> LetterView:
    """A dossier's letter in words."""
    draft, reference, state = letter.draft, ground.reference, LETTER_STATES[type(letter)]
    received, unit = dossier.facts.first(Received), reference.units.get(draft.unit)
    refusal = _back(letter).refusal
    needs_date = draft.answers is None and _back(letter).granted is None and may_promise(dossier, draft, _back(letter))
    return LetterView(
        dossier=dossier.code,
        kind=draft.kind,
        kind_name=TITLE if draft.answers is None else TITLES[draft.answers],
        about=draft.about or "",
        unit=draft.unit,
        unit_name=unit.name if unit else draft.unit,
        procedure_name=_procedure(received, ground) if draft.answers is None else _matter(dossier, draft),
        state=state,
        state_name=STATES[state],
        received_at=None if received is None else moment(received.at),
        due_at=moment_or_none(_due(dossier, letter)) if draft.answers is None else None,
        sign_by=moment_or_none(draft.sign_by),
        new_due_at=moment_or_none(new_due_of(letter)),
        remark=_back(letter).remark,
        waits=WORDS[letter.waits] if isinstance(letter, Issuing) and letter.waits is not None else "",
        reason_name=_why(letter),
        symbol=_symbol(letter),
        refusal=f"{refusal.text} ({refusal.rule})" if refusal else "",
        needs_date=needs_date,
        signer=unit.letterhead.on(ground.now.date()).signer if unit and unit.letterhead else "",
        proposed=propose(dossier, draft.unit, ground) if needs_date and isinstance(letter, Drafted) else None,
        may_be_taken_back=may_take_back(dossier, ground),
        place=place_of(dossier),
        paper=_on_paper(dossier),
    )


def _on_paper(dossier: Dossier) -> str:
    step = last_step(dossier)
    if step is None:
        return "Phải in và gửi" if on_paper(dossier) else ""
    return f"{paper_words(step)}, {step.day:%d/%m/%Y}"


def paper_words(step: PaperStep) -> str:
    """One line of a letter's way on paper, without its day."""
    if step.what == "printed":
        return f"Đã in để gửi, đợt {step.batch}"
    return OUTCOMES[step.what]


def _procedure(received: Received | None, ground: Ground) -> str:
    if received is None:
        return ""
    known = ground.reference.procedures.get(received.procedure)
    return known.name if known else received.procedure


def _matter(dossier: Dossier, draft: Draft) -> str:
    """What a letter that answers a petition is about."""
    owed = dossier.owed
    if draft.kind == "apology-error":
        return "Phản ánh đúng về sai sót"
    if owed is None or owed.given is None:
        return "Góp ý được tiếp thu"
    return f"Đóng góp {GIVEN[owed.given]} của {'tập thể' if owed.giver == 'group' else 'cá nhân'}"


def _why(letter: Letter) -> str:
    """Why the result is late, or why no letter is sent; "" where that was not decided."""
    signed = signature_of(letter)
    if isinstance(letter, Rejected):
        return (WHY if letter.draft.answers is None else WHY_UNSENT)[letter.why]
    return "" if signed is None or signed.reason is None else REASONS[signed.reason]


def _symbol(letter: Letter) -> str:
    if not isinstance(letter, Sent) or letter.number is None:
        return ""
    return symbol(letter.number) if letter.draft.answers is None else answer_symbol(letter.draft.answers, letter.number)


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
    letter = dossier.letter
    answers = letter is not None and letter.draft.answers is not None
    lines = [_step(step, answers=answers) for step in dossier.history]
    paper = letter.paper if isinstance(letter, Sent) else ()
    lines += [StepView(moment(step.at), f"{paper_words(step)}, {step.day:%d/%m/%Y}", step.by.name, "") for step in paper]
    return sorted(lines, key=lambda line: line.at)


def _step(step: LetterStep, *, answers: bool) -> StepView:
    what = STEPS["returned" if step.state == "drafted" and step.draft > 1 else step.state]
    if answers and step.state in ("withdrawn", "sent"):
        what = CALLED_OFF if step.state == "withdrawn" else "Ban hành"
    nobody = "(không còn lưu)" if step.state in ("approved", "rejected") else ""
    return StepView(moment(step.at), what, step.by or nobody, (WHY_UNSENT if answers else WHY).get(step.why, ""))

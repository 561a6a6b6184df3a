"""Letters that answer petitions: drafted once something calls for one (R18, R20), signed in the signer's own words, or not
sent.

There is at most one per petition, kept under its id. It is numbered and issued as those of dossiers are (`apologies`).
"""

from dataclasses import dataclass, replace

from contracts.letters import LetterApprovedV2, LetterRejectedV2, UnsentReason
from contracts.petitions import PetitionStated
from reference import moment, silence
from services.changes import Changed
from services.notifier.domain import letter as states
from services.notifier.domain.apologies import back_to_desk, moved, put_on_desk, withdraw
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import By, Draft, Drafted, Issuing, Rejected, Signature, Withdrawn
from services.notifier.domain.lines import cleaned
from services.notifier.domain.notice import WRITER
from services.notifier.domain.owed import Owed
from services.notifier.domain.preview import Preview, digest_of
from services.notifier.domain.refusals import NOTE_MAX, NotAllowedError, looked_at, on_the_desk, with_letterhead

RAISED_AGAIN = "Người gửi đã phản ánh lại; kết quả xử lý trước đó không còn là căn cứ của thư."


@dataclass(frozen=True, slots=True)
class AnswerApproval:
    """What the signer decides of a letter that answers a petition. `note`: what went wrong, or what is thanked for; `done`:
    what was done about an error; `numbered`: whether thanks take a number (R22), as an apology always does. `by`, `subject`,
    `previewed`: as of an `Approval`."""

    by: str
    note: str = ""
    done: str = ""
    numbered: bool = False
    subject: str | None = None
    previewed: str = ""


# --- what feedback says --------------------------------------------------------------


def on_petition(dossier: Dossier, data: PetitionStated, ground: Ground) -> Changed[Dossier]:
    """It calls for a letter, or calls it off because it was raised again."""
    after = dossier.owing(data)
    return Changed(dossier) if after is dossier else answer_owed(after, ground)


def answer_owed(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """Bring the letter to where its petition has it. What happened before a unit went live is silent."""
    owed, letter = dossier.owed, dossier.letter
    if owed is None:
        return Changed(dossier)
    if owed.kind is None:
        return _called_off(dossier, ground)
    if silence(moment(owed.at), moment(owed.at), ground.reference.units.get(owed.unit)) is not None:
        return Changed(dossier)
    if letter is None:
        return put_on_desk(dossier, Drafted(_draft(owed, 1)), ground)
    if isinstance(letter, Withdrawn | Rejected) and letter.draft.at < owed.at:  # answered anew since
        return put_on_desk(dossier, Drafted(_draft(owed, letter.draft.number + 1)), ground)
    return Changed(dossier)


def _called_off(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """A letter that nobody began to number is taken back."""
    letter = dossier.letter
    if isinstance(letter, Drafted):
        return withdraw(dossier, letter, ground)
    if isinstance(letter, Issuing) and not letter.claimed:
        return back_to_desk(dossier, letter, states.Back(remark=RAISED_AGAIN), ground)
    return Changed(dossier)


def _draft(owed: Owed, number: int) -> Draft:
    return Draft(number, owed.unit, owed.at, owed.at, kind=owed.kind or "thanks", about=owed.dossier)


# --- what the signer says ------------------------------------------------------------


def preview_answer(dossier: Dossier, approval: AnswerApproval, ground: Ground) -> Preview:
    """The letter as it would go if it were signed now. Raises NotAllowedError naming the rule, as `approve_answer` does."""
    letter, now = _waiting(dossier), ground.now_ms
    with_letterhead(letter, ground)
    apology = letter.draft.kind == "apology-error"
    note = _words(approval.note, "note", "Ghi rõ sai sót là gì." if apology else "Ghi rõ cảm ơn về việc gì.")
    done = _words(approval.done, "done", "Ghi rõ đã làm gì để khắc phục sai sót.") if apology else ""
    ask = LetterApprovedV2.event_id(WRITER, dossier.code, str(letter.draft.number))
    numbered = approval.numbered or apology
    signed = Signature(None, now, ask, note, approval.by, approval.subject, done=done, numbered=numbered)
    would = states.release(letter, signed, None, now)
    digest = digest_of(dossier, would, ground)
    if digest is None:
        raise NotAllowedError("received", "Chưa có thông tin của ý kiến, chưa lập được thư.")
    return Preview(replace(would, signed=replace(signed, previewed=digest)), digest)


def approve_answer(dossier: Dossier, approval: AnswerApproval, ground: Ground) -> Changed[Dossier]:
    """Have it issued. Raises NotAllowedError naming the rule; `preview` if what was seen is not what would be sent."""
    seen = preview_answer(dossier, approval, ground)
    looked_at(approval.previewed, seen.digest)
    own = seen.letter.draft
    said = LetterApprovedV2(at=ground.now, unit=own.unit, kind=own.answers or "thanks", draft=own.number)
    return moved(dossier, seen.letter, said, ground, By(approval.by, approval.subject))


def reject_answer(
    dossier: Dossier, reason: UnsentReason, by: str, ground: Ground, subject: str | None = None
) -> Changed[Dossier]:
    """Send none. Raises NotAllowedError: `covered` names the letter of a dossier, so there has to be one (R17)."""
    letter = _waiting(dossier)
    own = letter.draft
    if reason == "covered" and own.about is None:
        raise NotAllowedError("R17", "Ý kiến này không về hồ sơ nào, nên không có thư xin lỗi nào nói thay.")
    said = LetterRejectedV2(at=ground.now, unit=own.unit, kind=own.answers or "thanks", draft=own.number, reason=reason)
    return moved(dossier, states.reject(letter, reason, by, subject), said, ground, By(by, subject))


def _waiting(dossier: Dossier) -> Drafted:
    letter = on_the_desk(dossier)
    if letter.draft.answers is None:
        raise NotAllowedError("kind", "Đây là thư xin lỗi của hồ sơ, không phải thư trả lời ý kiến.")
    return letter


def _words(given: str, name: str, missing: str) -> str:
    text = cleaned(given)
    if len(text) > NOTE_MAX:
        raise NotAllowedError(name, f"Dài quá {NOTE_MAX} chữ.")
    if not any(letter.isalpha() for letter in text):
        raise NotAllowedError(name, missing)
    return text

"""What the signer says to a draft: sees the very letter and signs it, does not send it, or takes that back."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.facts import epoch_ms
from contracts.notices import LateReason, LetterApproved, LetterRejected, RejectReason
from contracts.repromise import Bar, Promised, bar_to_any
from reference import moment, moment_or_none
from reference.derivation import say_instant
from services.changes import Changed
from services.notifier.domain import letter as states
from services.notifier.domain.apologies import is_granted, moved, put_on_desk
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import Approved, Back, By, Draft, Drafted, Rejected, Signature
from services.notifier.domain.lines import cleaned
from services.notifier.domain.notice import WRITER
from services.notifier.domain.preview import Preview, digest_of, signed_for
from services.notifier.domain.refusals import NOTE_MAX, NotAllowedError, looked_at, on_the_desk, with_letterhead
from services.repromise import barred


@dataclass(frozen=True, slots=True)
class Approval:
    """What the signer decides: why it is late, the new date, and who signs. The note is printed in the letter. `subject`: what
    the issuer of the signer's token calls the signer, whose name others may have. `previewed`: the digest of the letter that
    the signer saw; "" where none was seen yet."""

    reason: LateReason
    by: str
    note: str = ""
    new_due_at: datetime | None = None
    subject: str | None = None
    previewed: str = ""


def preview(dossier: Dossier, approval: Approval, ground: Ground) -> Preview:
    """The letter as it would go if it were signed now. Raises NotAllowedError naming the rule, as `approve` does."""
    letter, now = _of_a_dossier(dossier), ground.now_ms
    with_letterhead(letter, ground)
    if dossier.incomplete:
        raise NotAllowedError("incomplete", "Một bản ghi của hồ sơ đang bị giữ lại; xử lý bản ghi đó trước khi ký thư.")
    note, granted = _note(approval), _granted(dossier, letter, approval)
    new_due = None if granted is not None else _new_due(dossier, letter, approval, ground)
    ask = LetterApproved.event_id(WRITER, dossier.code, str(letter.draft.number))
    signed = Signature(approval.reason, now, ask, note, approval.by, approval.subject)
    today = replace(letter, draft=signed_for(dossier, letter))
    would = states.release(today, signed, granted, now) if new_due is None else states.ask(today, signed, new_due)
    digest = digest_of(dossier, would, ground)
    if digest is None:
        raise NotAllowedError("received", "Chưa có thông tin tiếp nhận của hồ sơ, chưa lập được thư.")
    return Preview(replace(would, signed=replace(signed, previewed=digest)), digest)


def approve(dossier: Dossier, approval: Approval, ground: Ground) -> Changed[Dossier]:
    """Approve a draft: ask sla for the new date, or, where there is none to promise, have it numbered at once.

    Raises NotAllowedError naming the rule; `preview` if what was seen is not what would be sent.
    """
    seen = preview(dossier, approval, ground)
    looked_at(approval.previewed, seen.digest)
    asks = seen.letter.new_due if isinstance(seen.letter, Approved) else None
    own = seen.letter.draft
    said = LetterApproved(
        at=ground.now, unit=own.unit, draft=own.number, reason=approval.reason, new_due_at=moment_or_none(asks)
    )
    return moved(dossier, seen.letter, said, ground, By(approval.by, approval.subject))


def _note(approval: Approval) -> str:
    note = cleaned(approval.note)
    if len(note) > NOTE_MAX:
        raise NotAllowedError("note", f"Phần nói rõ thêm dài quá {NOTE_MAX} chữ.")
    if approval.reason == "other" and not any(letter.isalpha() for letter in note):
        raise NotAllowedError("note", "Chọn “lý do khác” thì phải ghi rõ lý do; lý do được in trong thư.")
    return note


def _granted(dossier: Dossier, letter: Drafted, approval: Approval) -> int | None:
    """The date (ms) that sla granted to this very letter before it came back to the desk: it needs no second grant.

    Raises NotAllowedError for another date.
    """
    granted = letter.back.granted
    if granted is None or dossier.ended or not is_granted(dossier, granted):
        return None
    if approval.new_due_at is not None and epoch_ms(approval.new_due_at) != granted:
        raise NotAllowedError("new_due_at", f"Hồ sơ đã được hẹn lại đến {say_instant(moment(granted))}; thư phải ghi ngày đó.")
    return granted


def may_promise(dossier: Dossier, draft: Draft, back: Back) -> bool:
    """Whether a letter promises a new date at all: not where the dossier has ended, or had its one re-promise (R16)."""
    return bar_to_any(_promised(dossier, draft, back)) not in (Bar.ENDED, Bar.ONCE)


def _promised(dossier: Dossier, draft: Draft, back: Back) -> Promised:
    """The promise as the desk knows it; sla, which grants, knows all of it. Who has a letter was received."""
    due = draft.due if dossier.promise is None else dossier.promise.due
    return Promised(due, dossier.ended, back.was_promised_anew)


def _new_due(dossier: Dossier, letter: Drafted, approval: Approval, ground: Ground) -> int | None:
    """The new date (ms), checked (R15); None where none may be given."""
    promised, new = _promised(dossier, letter.draft, letter.back), approval.new_due_at
    if not may_promise(dossier, letter.draft, letter.back):
        return None
    if promised.due is not None and new is None:
        raise NotAllowedError("new_due_at", "Thiếu thời gian hẹn trả kết quả lại.")
    unit, asked = letter.draft.unit, 0 if new is None else epoch_ms(new.replace(second=0, microsecond=0))
    line, most = ground.reference.timeline(unit), ground.reference.repromise_max_days(unit)
    why = barred(promised, ground.now_ms, asked, line, most)
    if why is not None:
        raise NotAllowedError("paused" if why.bar is Bar.PAUSED else "new_due_at", why.text)
    return asked


def reject(dossier: Dossier, reason: RejectReason, by: str, ground: Ground, subject: str | None = None) -> Changed[Dossier]:
    """Reject a draft: in time after all, or exempt (R19). Raises NotAllowedError."""
    letter = _of_a_dossier(dossier)
    said = LetterRejected(at=ground.now, unit=letter.draft.unit, draft=letter.draft.number, reason=reason)
    return moved(dossier, states.reject(letter, reason, by, subject), said, ground, By(by, subject))


def may_take_back(dossier: Dossier, ground: Ground) -> bool:
    """Whether "not sent" can be taken back: until the date passes, and while the dossier is open; of a letter that answers a
    petition, until that is raised again."""
    letter = dossier.letter
    if not isinstance(letter, Rejected) or dossier.ended:
        return False
    if letter.draft.answers is not None:
        return dossier.owed is None or dossier.owed.kind is not None
    due = letter.draft.due if dossier.promise is None else dossier.promise.due
    return due is None or ground.now_ms <= due


def take_back(dossier: Dossier, by: By, ground: Ground) -> Changed[Dossier]:
    """The letter is on the desk again, as its next draft. Raises NotAllowedError."""
    letter = dossier.letter
    if not isinstance(letter, Rejected):
        raise NotAllowedError("state", "Thư này không ở trạng thái “Không gửi”.")
    if not may_take_back(dossier, ground):
        if letter.draft.answers is not None:
            raise NotAllowedError("state", "Người gửi đã phản ánh lại: kết quả xử lý trước không còn là căn cứ của thư.")
        raise NotAllowedError("state", "Đã qua ngày hẹn hoặc hồ sơ đã kết thúc: không rút lại quyết định không gửi được nữa.")
    return put_on_desk(dossier, states.again(letter, letter.back), ground, by)


def _of_a_dossier(dossier: Dossier) -> Drafted:
    letter = on_the_desk(dossier)
    if letter.draft.answers is not None:
        raise NotAllowedError("kind", "Đây là thư trả lời một ý kiến, không phải thư xin lỗi của hồ sơ.")
    return letter

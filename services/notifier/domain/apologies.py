"""What becomes of a dossier's apology letter: what sla says, what the signer says, and the number of the register.

There is at most one letter per dossier. Each draft comes to a state once.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts import Event
from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineRefused, DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from contracts.notices import (
    LateReason,
    LetterApproved,
    LetterDrafted,
    LetterRejected,
    LetterSent,
    LetterStated,
    LetterWithdrawn,
    RejectReason,
)
from contracts.repromise import Bar, Promised, bar_to_any
from reference import moment, silence
from reference.derivation import say_instant
from services.changes import Answering, Changed, Once
from services.notifier.domain import letter as states
from services.notifier.domain.dossier import Call, Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import (
    Approved,
    Back,
    Draft,
    Drafted,
    Issuing,
    Letter,
    Refusal,
    Rejected,
    Signature,
    Withdrawn,
)
from services.notifier.domain.notice import APOLOGY, WRITER
from services.notifier.domain.telling import queue
from services.repromise import barred


class NotAllowedError(Exception):
    """A letter cannot be approved or rejected now; `rule` and `text` say why, in Vietnamese."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(rule)
        self.rule, self.text = rule, text


@dataclass(frozen=True, slots=True)
class Approval:
    """What the signer decides: why it is late, the new date, and who signs. The note is printed in the letter. `subject`: what
    the issuer of the signer's token calls the signer, whose name others may have."""

    reason: LateReason
    by: str
    note: str = ""
    new_due_at: datetime | None = None
    subject: str | None = None


# --- what sla says ----------------------------------------------------------------


def on_rung(dossier: Dossier, data: DeadlineApologyDue | DeadlineOverdue, event: Event, ground: Ground) -> Changed[Dossier]:
    """The dossier is about to be late, or is: draft its letter, unless there is one. Each rung calls once."""
    after = dossier.called(event)
    if after is dossier:
        return Changed(dossier)
    call = Call.of_rung(event, data)
    return draft(after, call, ground) if is_wanted(after, call) else Changed(after)


def is_wanted(dossier: Dossier, call: Call) -> bool:
    """Whether a call makes a draft. A rung: there is none, it was withdrawn, or it was rejected as in time and is overdue now;
    a late end: there is none."""
    letter = dossier.letter
    if call.kind == "late":
        return letter is None and dossier.settled is not None and dossier.settled.outcome == "late"
    if dossier.ended:
        return False
    if letter is None or isinstance(letter, Withdrawn):
        return True
    return call.kind == "overdue" and isinstance(letter, Rejected) and letter.why == "in-time"


def on_settled(dossier: Dossier, data: DeadlineSettled, event: Event, ground: Ground) -> Changed[Dossier]:
    """In time after all: the draft is gone. Late without a letter: draft one. Open again: the draft is back."""
    after = dossier.ended_by(data)
    if after is dossier:
        return Changed(dossier)
    if after.in_time and isinstance(after.letter, Drafted):
        return withdraw(after, after.letter, ground)
    if data.outcome == "open" and isinstance(after.letter, Withdrawn):
        return put_on_desk(after, states.again(after.letter))
    call = Call.of_end(event, data)
    return Changed(after) if call is None or not is_wanted(after, call) else draft(after, call, ground)


def on_deadline(dossier: Dossier, data: DeadlineStated, ground: Ground) -> Changed[Dossier]:
    """The promise in force. If it is the date an approved letter asked for, the letter may be numbered and sent."""
    after = dossier.promised(data)
    letter = after.letter
    if after is dossier or not isinstance(letter, Approved) or not is_granted(after, letter.new_due):
        return Changed(after)
    return Changed(after._replace(letter=states.grant(letter, ground.now_ms)))


def is_granted(dossier: Dossier, new_due: int) -> bool:
    """Whether the promise in force is a date that sla gave anew."""
    promise = dossier.promise
    return promise is not None and promise.basis == "reappointed" and promise.due == new_due


def on_refused(dossier: Dossier, data: DeadlineRefused, event: Event, ground: Ground) -> Changed[Dossier]:
    """sla does not grant the date a letter asked for: the letter is back on the desk, with the rule."""
    letter = dossier.letter
    if not isinstance(letter, Approved) or event.correlation != letter.signed.ask:
        return Changed(dossier)
    return back_to_desk(dossier, letter, Back(refusal=Refusal(data.rule, data.text, data.code)), ground)


# --- what the signer says ---------------------------------------------------------


def approve(dossier: Dossier, approval: Approval, ground: Ground) -> Changed[Dossier]:
    """Approve a draft: ask sla for the new date, or, where there is none to promise, have it numbered at once.

    Raises NotAllowedError naming the rule.
    """
    letter, now = _on_the_desk(dossier), ground.now_ms
    unit = ground.reference.units.get(letter.draft.unit)
    if unit is None or unit.letterhead is None:
        raise NotAllowedError("letterhead", "Danh mục chưa có thể thức thư và người ký của đơn vị này.")
    if dossier.incomplete:
        raise NotAllowedError("incomplete", "Một bản ghi của hồ sơ đang bị giữ lại; xử lý bản ghi đó trước khi ký thư.")
    granted = _granted(dossier, letter, approval)
    new_due = None if granted is not None else _new_due(dossier, letter, approval, ground)
    ask = LetterApproved.event_id(WRITER, dossier.code, str(letter.draft.number))
    signed = Signature(approval.reason, now, ask, approval.note, approval.by, approval.subject)
    after: Letter = (
        states.release(letter, signed, granted, now) if new_due is None else states.ask(letter, signed, epoch_ms(new_due))
    )
    said = LetterApproved(
        at=ground.now, unit=letter.draft.unit, draft=letter.draft.number, reason=approval.reason, new_due_at=new_due
    )
    return Changed(dossier._replace(letter=after), [_once(said)])


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


def _new_due(dossier: Dossier, letter: Drafted, approval: Approval, ground: Ground) -> datetime | None:
    """The new date, checked (R15); None where none may be given."""
    promised, new = _promised(dossier, letter.draft, letter.back), approval.new_due_at
    if not may_promise(dossier, letter.draft, letter.back):
        return None
    if promised.due is not None and new is None:
        raise NotAllowedError("new_due_at", "Thiếu thời gian hẹn trả kết quả lại.")
    unit, asked = letter.draft.unit, 0 if new is None else epoch_ms(new)
    line, most = ground.reference.timeline(unit), ground.reference.repromise_max_days(unit)
    why = barred(promised, ground.now_ms, asked, line, most)
    if why is not None:
        raise NotAllowedError("paused" if why.bar is Bar.PAUSED else "new_due_at", why.text)
    return None if new is None else new.replace(second=0, microsecond=0)


def reject(dossier: Dossier, reason: RejectReason, by: str, ground: Ground, subject: str | None = None) -> Changed[Dossier]:
    """Reject a draft: in time after all, or exempt (R19). Raises NotAllowedError."""
    letter = _on_the_desk(dossier)
    said = LetterRejected(at=ground.now, unit=letter.draft.unit, draft=letter.draft.number, reason=reason)
    return Changed(dossier._replace(letter=states.reject(letter, reason, by, subject)), [_once(said)])


def _on_the_desk(dossier: Dossier) -> Drafted:
    if not isinstance(dossier.letter, Drafted):
        raise NotAllowedError("state", "Hồ sơ này không có dự thảo thư nào đang chờ ký.")
    return dossier.letter


# --- issuing ----------------------------------------------------------------------


def claim_letter(dossier: Dossier, until: int, ground: Ground) -> Answering[Dossier, str]:
    """Keep others from numbering a letter that is due; the answer is the body whose register it is for, "" if none is due."""
    letter = dossier.letter
    if not isinstance(letter, Issuing) or letter.next_at is None or letter.next_at > ground.now_ms:
        return Answering(dossier, "")
    return Answering(dossier._replace(letter=replace(letter, next_at=until)), letter.draft.unit)


def issue(dossier: Dossier, number: int, year: int, ground: Ground) -> Changed[Dossier]:
    """Bind the number of the register, keep the contact it goes to, and tell the citizen."""
    letter, now = dossier.letter, ground.now_ms
    if not isinstance(letter, Issuing):
        return Changed(dossier)
    sent = states.number(letter, number, year, now, dossier.known_contact)
    new_due = None if sent.new_due is None else moment(sent.new_due)
    said = LetterSent(
        at=ground.now, unit=sent.draft.unit, draft=sent.draft.number, number=number, year=year, new_due_at=new_due
    )
    issued = Changed(dossier._replace(letter=sent), [_once(said)])
    return issued.then(lambda after: queue(after, APOLOGY, now, ground))


# --- common -----------------------------------------------------------------------


def draft(dossier: Dossier, call: Call, ground: Ground) -> Changed[Dossier]:
    """Put a draft on the desk; history is silent here too, and what was silent once stays so."""
    if APOLOGY in dossier.messages:
        return Changed(dossier)
    reason = silence(call.at, call.recorded, ground.reference.units.get(call.unit))
    if reason is not None:
        return queue(dossier, APOLOGY, epoch_ms(call.at), ground, reason=reason)
    number = 1 if dossier.letter is None else dossier.letter.draft.number + 1
    sign_by = None if call.sign_by is None else epoch_ms(call.sign_by)
    return put_on_desk(dossier, Drafted(Draft(number, call.unit, epoch_ms(call.due_at), epoch_ms(call.at), sign_by)))


def put_on_desk(dossier: Dossier, letter: Drafted) -> Changed[Dossier]:
    """A draft waits for its signer."""
    own = letter.draft
    sign_by = None if own.sign_by is None else moment(own.sign_by)
    said = LetterDrafted(at=moment(own.at), unit=own.unit, draft=own.number, due_at=moment(own.due), sign_by=sign_by)
    return Changed(dossier._replace(letter=letter), [_once(said)])


def back_to_desk(dossier: Dossier, letter: Approved | Issuing, back: Back, ground: Ground) -> Changed[Dossier]:
    """A signed letter that cannot go is the next draft; withdrawn at once if the dossier has ended in time."""
    drafted = states.again(letter, back)
    return withdraw(dossier, drafted, ground) if dossier.in_time else put_on_desk(dossier, drafted)


def withdraw(dossier: Dossier, letter: Drafted, ground: Ground) -> Changed[Dossier]:
    """Take a draft back."""
    said = LetterWithdrawn(at=ground.now, unit=letter.draft.unit, draft=letter.draft.number)
    return Changed(dossier._replace(letter=states.withdraw(letter)), [_once(said)])


def _once(said: LetterStated) -> Once:
    """Each draft comes to a state once."""
    return Once(said, str(said.draft))

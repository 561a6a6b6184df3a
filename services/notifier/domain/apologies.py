"""What becomes of a dossier's apology letter: what sla says of it; and of every letter: the number of the register.

There is at most one letter per dossier. Each draft comes to a state once. What the signer says is in `signing`; which letters
answer petitions is in `answers`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts import Event
from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineRefused, DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from reference import silence
from services.changes import Answering, Changed, Once
from services.notifier.domain import letter as states
from services.notifier.domain.dossier import Call, Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import (
    NOBODYS,
    Approved,
    Back,
    By,
    Draft,
    Drafted,
    Entry,
    Issuing,
    Letter,
    Refusal,
    Rejected,
    Withdrawn,
)
from services.notifier.domain.letter_said import Said, drafted, sent, step_of, withdrawn
from services.notifier.domain.notice import APOLOGY
from services.notifier.domain.preview import digest_of
from services.notifier.domain.telling import queue, queue_mail
from services.notifier.domain.unsigned import LOOK_AGAIN, Obstacle

CHANGED = "Thông tin hồ sơ đã thay đổi sau khi ký, thư không còn như bản đã xem; cần xem và ký lại."


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
        return put_on_desk(after, states.again(after.letter), ground)
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


# --- issuing ----------------------------------------------------------------------


def claim_letter(dossier: Dossier, until: int, ground: Ground) -> Answering[Dossier, str]:
    """Keep others from numbering a letter that is due; the answer is the body whose register it is for, "" if none is due.

    A letter that would no longer say what its signer saw is back on the desk, unless somebody began to number it.
    """
    letter = dossier.letter
    if not isinstance(letter, Issuing) or letter.next_at is None or letter.next_at > ground.now_ms:
        return Answering(dossier, "")
    if is_changed(dossier, letter, ground):
        changed = resubmit(dossier, letter, ground)
        return Answering(changed.after, "", changed.said)
    return Answering(dossier._replace(letter=replace(letter, next_at=until, claimed=True)), letter.draft.unit)


def hold_letter(dossier: Dossier, why: Obstacle, ground: Ground) -> Changed[Dossier]:
    """A letter that cannot be signed with the key of its body waits, and keeps the number that it may have. One without any
    that would no longer say what its signer saw is back on the desk."""
    letter = dossier.letter
    if not isinstance(letter, Issuing) or letter.next_at is None:
        return Changed(dossier)
    if is_changed(dossier, letter, ground):
        return resubmit(dossier, letter, ground)
    return Changed(dossier._replace(letter=replace(letter, next_at=epoch_ms(ground.now + LOOK_AGAIN), waits=why)))


def is_changed(dossier: Dossier, letter: Issuing, ground: Ground) -> bool:
    """Whether a letter that nobody began to number would no longer say what its signer saw."""
    return not letter.claimed and letter.signed.previewed not in (None, digest_of(dossier, letter, ground))


def resubmit(dossier: Dossier, letter: Issuing, ground: Ground) -> Changed[Dossier]:
    """Have it looked at again; a date that sla has granted stays granted."""
    granted = letter.new_due if letter.new_due is not None and is_granted(dossier, letter.new_due) else None
    return back_to_desk(dossier, letter, Back(remark=CHANGED, granted=granted), ground)


@dataclass(frozen=True, slots=True)
class Issued:
    """What is known of a letter's paper once it is made: the moment that it bears, which was set before a crash perhaps (None:
    there is none, and now is), the digest of the token that opens it, and whether the key of its body signed it (None: nobody
    wrote that down). `mail`: whether there is a mail server that a letter could go by."""

    at: datetime | None = None
    link: str = ""
    signed: bool | None = None
    mail: bool = False


NO_PAPER = Issued()


def issue(dossier: Dossier, entry: Entry, ground: Ground, paper: Issued = NO_PAPER) -> Changed[Dossier]:
    """Bind the number of the register, keep the contact it goes to, and tell the citizen.

    A letter that answers a petition is told of by no SMS, which speaks of dossiers alone (R28): an apology goes by e-mail, if
    there is a way and somebody to go to, and on paper otherwise; thanks, which nobody has to send (R29), on paper."""
    letter, now, day = dossier.letter, ground.now_ms, paper.at or ground.now
    if not isinstance(letter, Issuing):
        return Changed(dossier)
    issued = states.numbered(letter, entry, epoch_ms(day), dossier.known_contact)
    issued = replace(issued, link=paper.link, stamped=paper.signed)
    changed = moved(dossier, issued, sent(issued, day), ground)
    if issued.draft.answers is None:
        return changed.then(lambda after: queue(after, APOLOGY, now, ground))
    mails = issued.draft.answers == "apology-error" and paper.mail and issued.contact is not None
    return changed.then(lambda after: queue_mail(after, APOLOGY, now, ground)) if mails else changed


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
    return put_on_desk(dossier, Drafted(Draft(number, call.unit, epoch_ms(call.due_at), epoch_ms(call.at), sign_by)), ground)


def put_on_desk(dossier: Dossier, letter: Drafted, ground: Ground, by: By = NOBODYS) -> Changed[Dossier]:
    """A draft waits for its signer. `by`: who took it back, if anybody did."""
    return moved(dossier, letter, drafted(letter.draft), ground, by)


def back_to_desk(dossier: Dossier, letter: Approved | Issuing, back: Back, ground: Ground) -> Changed[Dossier]:
    """A signed letter that cannot go is the next draft; withdrawn at once if nothing calls for it any more."""
    anew = states.again(letter, back)
    gone = dossier.in_time or (letter.draft.answers is not None and dossier.owed is not None and dossier.owed.kind is None)
    return withdraw(dossier, anew, ground) if gone else put_on_desk(dossier, anew, ground)


def withdraw(dossier: Dossier, letter: Drafted, ground: Ground) -> Changed[Dossier]:
    """Take a draft back."""
    return moved(dossier, states.withdraw(letter), withdrawn(letter.draft, ground.now), ground)


def moved(dossier: Dossier, letter: Letter, said: Said, ground: Ground, by: By = NOBODYS) -> Changed[Dossier]:
    """The letter in another state, with a line of its history. Each draft comes to a state once."""
    after = dossier.stepped(step_of(said, ground.now_ms, by))
    return Changed(after._replace(letter=letter), [Once(said, str(said.draft))])

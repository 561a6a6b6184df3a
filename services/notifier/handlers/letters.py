"""The apology letter of a dossier (Mẫu 04): drafted, approved, answered by sla, issued; or rejected, or withdrawn.

A letter is `letter` in the dossier's document: {n: which draft, s: state, due, sign_by, ...}. States: drafted, approved (sla
is asked for the new date), issuing (to be numbered), sent, rejected, withdrawn. There is at most one per dossier.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from contracts.rules import Rule, is_refused_by
from reference import moment, silence
from reference.derivation import say_instant
from reference.timeline import DAY, to_minute
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.notifier.handlers.common import Context, plan_next
from services.notifier.handlers.messages import APOLOGY, contact_of, queue
from services.speaking import say_once

DRAFT = ("unit", "due", "at", "sign_by")  # what a letter has from its draft on; the rest belongs to one decision about it


class NotAllowedError(Exception):
    """A letter cannot be approved or rejected now; `rule` and `text` say why, in Vietnamese."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(rule)
        self.rule, self.text = rule, text


@dataclass(frozen=True, slots=True)
class Approval:
    """What the signer decides: why it is late, the new date, and who signs. The note is printed in the letter."""

    reason: LateReason
    by: str
    note: str = ""
    new_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What calls for a letter: when it happened and when it was recorded, the body, the date that passes, the lawful lead."""

    at: datetime
    recorded: datetime
    unit: str
    due_at: datetime
    sign_by: datetime | None = None


# --- what sla says ----------------------------------------------------------------


def on_rung(document: Document, event: Event, context: Context) -> Decision:
    """The dossier is about to be late, or is: draft its letter, unless there is one. Each rung calls once."""
    data = event.data
    if not isinstance(data, DeadlineApologyDue | DeadlineOverdue) or event.id in document.get("rungs", ()):
        return Decision(document)
    after = {**document, "rungs": [*document.get("rungs", ()), event.id]}
    if ended(document) or not may_draft(document.get("letter"), overdue=isinstance(data, DeadlineOverdue)):
        return Decision(after)
    return Decision(after, draft(after, call_of(event, data), context))


def call_of(event: Event, data: DeadlineApologyDue | DeadlineOverdue) -> Call:
    """A rung as a call for a letter."""
    return Call(data.at, event.time, data.unit, data.due_at, getattr(data, "sign_by", None))


def may_draft(letter: Mapping[str, Any] | None, *, overdue: bool) -> bool:
    """Whether a rung makes a draft: there is none, it was withdrawn, or it was rejected as in time and is overdue now."""
    if letter is None or letter["s"] == "withdrawn":
        return True
    return overdue and letter["s"] == "rejected" and letter["why"] == "in-time"


def on_settled(document: Document, event: Event, context: Context) -> Decision:
    """In time after all: the draft is gone. Late without a letter: draft one. Open again: the draft is back."""
    data = event.data
    if not isinstance(data, DeadlineSettled) or document.get("settled", {}).get("v", 0) >= data.version:
        return Decision(document)
    after = {**document, "settled": {"v": data.version, "outcome": data.outcome}}
    letter = after.get("letter", {})
    if in_time(after) and letter.get("s") == "drafted":
        return Decision(after, [withdraw(after, context)])
    if data.outcome == "open" and letter.get("s") == "withdrawn":
        after["letter"] = again(letter)
        return Decision(after, [drafted(after, context)])
    if data.outcome == "late" and not letter and data.due_at is not None:
        return Decision(after, draft(after, Call(data.at, event.time, data.unit, data.due_at), context))
    return Decision(after)


def in_time(document: Document) -> bool:
    """Whether the dossier has ended in time."""
    return document.get("settled", {}).get("outcome") in ("early", "on_time")


def again(letter: Mapping[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """A letter back on the desk as its next draft: what was decided about the one before is left behind."""
    return {"n": letter["n"] + 1, "s": "drafted", **{name: letter[name] for name in DRAFT if name in letter}, **more}


def on_deadline(document: Document, event: Event, context: Context) -> Decision:
    """The promise in force. If it is the date an approved letter asked for, the letter may be numbered and sent."""
    data = event.data
    if not isinstance(data, DeadlineStated) or document.get("deadline", {}).get("v", 0) >= data.version:
        return Decision(document)
    after = {**document, "deadline": deadline_of(data)}
    if is_granted(after):
        after["letter"] = {**after["letter"], "s": "issuing", "next": epoch_ms(context.clock.now())}
        plan_next(after)
    return Decision(after)


def deadline_of(data: DeadlineStated) -> dict[str, Any]:
    """The promise in force as a document keeps it: version, date (ms), where it comes from."""
    return {"v": data.version, "due": None if data.due_at is None else epoch_ms(data.due_at), "basis": data.basis}


def is_granted(document: Document) -> bool:
    """Whether the promise in force is the date that the approved letter asked for."""
    letter, deadline = document.get("letter", {}), document.get("deadline", {})
    return bool(
        letter.get("s") == "approved" and deadline.get("basis") == "reappointed" and deadline["due"] == letter["new_due"]
    )


def on_refused(document: Document, event: Event, context: Context) -> Decision:
    """sla does not grant the date a letter asked for: the letter is back on the desk, with the rule."""
    data, letter = event.data, document.get("letter", {})
    if not isinstance(data, DeadlineRefused) or letter.get("s") != "approved" or event.correlation != letter["ask"]:
        return Decision(document)
    after = {**document, "letter": again(letter, refusal=[data.rule, data.text, data.code])}
    return Decision(after, [withdraw(after, context) if in_time(after) else drafted(after, context)])


# --- what the signer says ---------------------------------------------------------


def approve(document: Document, approval: Approval, context: Context) -> Decision:
    """Approve a draft: ask sla for the new date, or, where there is none to promise, have it numbered at once.

    Raises NotAllowedError naming the rule.
    """
    letter, now = _on_the_desk(document), context.clock.now()
    unit = context.reference.units.get(letter["unit"])
    if unit is None or unit.letterhead is None:
        raise NotAllowedError("letterhead", "Danh mục chưa có thể thức thư và người ký của đơn vị này.")
    if document.get("incomplete"):
        raise NotAllowedError("incomplete", "Một bản ghi của hồ sơ đang bị giữ lại; xử lý bản ghi đó trước khi ký thư.")
    granted = _granted(document, letter, approval)
    new_due = None if granted is not None else _new_due(document, letter, approval, context)
    approved: dict[str, Any] = {
        "n": letter["n"],
        **{name: letter[name] for name in DRAFT if name in letter},
        "reason": approval.reason,
        "note": approval.note,
        "by": approval.by,
        "approved_at": epoch_ms(now),
    }
    if new_due is None:
        approved |= {"s": "issuing", "next": epoch_ms(now)} | ({} if granted is None else {"new_due": granted})
    else:
        approved |= {"s": "approved", "new_due": epoch_ms(new_due)}
    after = {**document, "letter": approved}
    said = LetterApproved(at=now, unit=letter["unit"], draft=letter["n"], reason=approval.reason, new_due_at=new_due)
    output = _say(after, said, context)
    after["letter"]["ask"] = output.id
    plan_next(after)
    return Decision(after, [output])


def _granted(document: Document, letter: Mapping[str, Any], approval: Approval) -> int | None:
    """The date (ms) that sla granted to this very letter before it came back to the desk: it needs no second grant.

    Raises NotAllowedError for another date.
    """
    granted: int | None = letter.get("granted")
    deadline = document.get("deadline", {})
    if granted is None or ended(document) or (deadline.get("basis"), deadline.get("due")) != ("reappointed", granted):
        return None
    if approval.new_due_at is not None and epoch_ms(approval.new_due_at) != granted:
        raise NotAllowedError("new_due_at", f"Hồ sơ đã được hẹn lại đến {say_instant(moment(granted))}; thư phải ghi ngày đó.")
    return granted


def _new_due(document: Document, letter: dict[str, Any], approval: Approval, context: Context) -> datetime | None:
    """The new date, checked (R15); None where none may be given: the dossier has ended late, or had its one re-promise."""
    if ended(document) or was_promised_anew(letter):
        return None
    due, new = document.get("deadline", {}).get("due", letter["due"]), approval.new_due_at
    if due is None:
        raise NotAllowedError("paused", "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ: chưa có ngày hẹn để hẹn lại.")
    if new is None:
        raise NotAllowedError("new_due_at", "Thiếu thời gian hẹn trả kết quả lại.")
    if new <= max(context.clock.now(), moment(due)):
        raise NotAllowedError("new_due_at", "Thời gian hẹn lại phải sau lúc này và sau ngày hẹn cũ.")
    if not context.reference.timeline(letter["unit"]).is_counted(to_minute(new) // DAY):
        raise NotAllowedError("new_due_at", "Ngày hẹn lại phải là ngày làm việc của đơn vị.")
    return new


def reject(document: Document, reason: RejectReason, by: str, context: Context) -> Decision:
    """Reject a draft: in time after all, or exempt (R19). Raises NotAllowedError."""
    letter = _on_the_desk(document)
    after = {**document, "letter": {**letter, "s": "rejected", "why": reason, "by": by}}
    rejected = LetterRejected(at=context.clock.now(), unit=letter["unit"], draft=letter["n"], reason=reason)
    return Decision(after, [_say(after, rejected, context)])


def issue(document: Document, number: int, year: int, context: Context) -> Decision:
    """Bind the number of the register, keep the contact it goes to, and tell the citizen."""
    letter = document.get("letter", {})
    if letter.get("s") != "issuing":
        return Decision(document)
    now = context.clock.now()
    sent = {key: value for key, value in letter.items() if key != "next"}
    sent |= {"s": "sent", "number": number, "year": year, "sent_at": epoch_ms(now)}
    contact = contact_of(document)
    if contact is not None:
        sent["contact"] = contact
    after = {**document, "letter": sent}
    new_due = moment(sent["new_due"]) if "new_due" in sent else None
    issued = LetterSent(at=now, unit=sent["unit"], draft=sent["n"], number=number, year=year, new_due_at=new_due)
    outputs = [_say(after, issued, context), queue(after, APOLOGY, sent["sent_at"], context)]
    plan_next(after)
    return Decision(after, outputs)


# --- common -----------------------------------------------------------------------


def was_promised_anew(letter: Mapping[str, Any]) -> bool:
    """sla said that the dossier had its one re-promise (R16). Letters of an earlier release keep no code."""
    words, _, code = (*letter.get("refusal", ("", "")), None)[:3]
    return is_refused_by(Rule.R16, code, words)


def ended(document: Document) -> bool:
    """Whether the dossier has an outcome."""
    return bool(document.get("settled", {}).get("outcome", "open") != "open")


def _on_the_desk(document: Document) -> dict[str, Any]:
    letter: dict[str, Any] = document.get("letter", {})
    if letter.get("s") != "drafted":
        raise NotAllowedError("state", "Hồ sơ này không có dự thảo thư nào đang chờ ký.")
    return letter


def draft(after: Document, call: Call, context: Context) -> list[Output]:
    """Put a draft on the desk; history is silent here too, and what was silent once stays so. Changes `after`."""
    if APOLOGY in after.get("notices", {}):
        return []
    reason = silence(call.at, call.recorded, context.reference.units.get(call.unit))
    if reason is not None:
        return [queue(after, APOLOGY, epoch_ms(call.at), context, reason=reason)]
    letter = {"n": after.get("letter", {}).get("n", 0) + 1, "s": "drafted", "unit": call.unit}
    letter |= {"due": epoch_ms(call.due_at), "at": epoch_ms(call.at)}
    if call.sign_by is not None:
        letter["sign_by"] = epoch_ms(call.sign_by)
    after["letter"] = letter
    return [drafted(after, context)]


def drafted(after: Document, context: Context) -> Output:
    """What says that a draft is on the desk."""
    letter = after["letter"]
    sign_by = moment(letter["sign_by"]) if "sign_by" in letter else None
    said = LetterDrafted(
        at=moment(letter["at"]), unit=letter["unit"], draft=letter["n"], due_at=moment(letter["due"]), sign_by=sign_by
    )
    return _say(after, said, context)


def withdraw(after: Document, context: Context) -> Output:
    """Take the draft back. Changes `after`."""
    letter = after["letter"] = {**after["letter"], "s": "withdrawn"}
    return _say(after, LetterWithdrawn(at=context.clock.now(), unit=letter["unit"], draft=letter["n"]), context)


def _say(after: Document, letter: LetterStated, context: Context) -> Output:
    """What became of a draft; each draft comes to a state once."""
    return say_once(letter, str(letter.draft), after["_id"], context.clock.now())


def person_of(document: Document) -> Mapping[str, Any] | None:
    """The sealed contact a letter goes to: the one it was issued to, else the newest; None if it is unknown or forgotten."""
    found: Mapping[str, Any] | None = document.get("letter", {}).get("contact") or contact_of(document)
    return found

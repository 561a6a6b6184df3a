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
from contracts.notices import LateReason, RejectReason
from contracts.rules import Rule, is_refused_by
from reference import moment, silence
from reference.timeline import DAY, to_minute
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.notifier.handlers.common import Context, plan_next, speak
from services.notifier.handlers.messages import APOLOGY, queue


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


# --- what sla says ----------------------------------------------------------------


def on_rung(document: Document, event: Event, context: Context) -> Decision:
    """The dossier is about to be late, or is: draft its letter, unless there is one."""
    data = event.data
    if not isinstance(data, DeadlineApologyDue | DeadlineOverdue) or _ended(document):
        return Decision(document)
    letter = document.get("letter", {})
    overdue = isinstance(data, DeadlineOverdue)
    again = letter.get("s") == "withdrawn" or (overdue and letter.get("s") == "rejected" and letter["why"] == "in-time")
    if letter and not again:
        return Decision(document)
    after = {**document}
    return Decision(after, _draft(after, event, data.unit, data.due_at, getattr(data, "sign_by", None), context))


def on_settled(document: Document, event: Event, context: Context) -> Decision:
    """In time after all: the draft is gone. Late without a letter: draft one. Open again: the draft is back."""
    data = event.data
    if not isinstance(data, DeadlineSettled) or document.get("settled", {}).get("v", 0) >= data.version:
        return Decision(document)
    after = {**document, "settled": {"v": data.version, "outcome": data.outcome}}
    letter = after.get("letter", {})
    if data.outcome in ("early", "on_time") and letter.get("s") == "drafted":
        return Decision(after, [_withdraw(after, context)])
    if data.outcome == "open" and letter.get("s") == "withdrawn":
        after["letter"] = {**letter, "s": "drafted", "n": letter["n"] + 1}
        return Decision(after, [_drafted(after, context)])
    if data.outcome == "late" and not letter and data.due_at is not None:
        return Decision(after, _draft(after, event, data.unit, data.due_at, None, context))
    return Decision(after)


def on_deadline(document: Document, event: Event, context: Context) -> Decision:
    """The promise in force. If it is the date an approved letter asked for, the letter may be numbered and sent."""
    data = event.data
    if not isinstance(data, DeadlineStated) or document.get("deadline", {}).get("v", 0) >= data.version:
        return Decision(document)
    due = epoch_ms(data.due_at) if data.due_at is not None else None
    after: Document = {**document, "deadline": {"v": data.version, "due": due}}
    letter = after.get("letter", {})
    if letter.get("s") == "approved" and data.basis == "reappointed" and due == letter["new_due"]:
        after["letter"] = {**letter, "s": "issuing", "next": epoch_ms(context.clock.now())}
        plan_next(after)
    return Decision(after)


def on_refused(document: Document, event: Event, context: Context) -> Decision:
    """sla does not grant the date a letter asked for: the letter is back on the desk, with the rule."""
    data, letter = event.data, document.get("letter", {})
    if not isinstance(data, DeadlineRefused) or letter.get("s") != "approved" or event.correlation != letter["ask"]:
        return Decision(document)
    after = {
        **document,
        "letter": {**letter, "s": "drafted", "n": letter["n"] + 1, "refusal": [data.rule, data.text, data.code]},
    }
    if after.get("settled", {}).get("outcome") in ("early", "on_time"):
        return Decision(after, [_withdraw(after, context)])
    return Decision(after, [_drafted(after, context)])


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
    new_due = _new_due(document, letter, approval, context)
    approved: dict[str, Any] = {
        **{key: value for key, value in letter.items() if key != "refusal"},
        "reason": approval.reason,
        "note": approval.note,
        "by": approval.by,
        "approved_at": epoch_ms(now),
    }
    data: dict[str, Any] = {"at": now.isoformat(), "reason": approval.reason}
    if new_due is None:
        approved |= {"s": "issuing", "next": epoch_ms(now)}
    else:
        approved |= {"s": "approved", "new_due": epoch_ms(new_due)}
        data["new_due_at"] = new_due.isoformat()
    after = {**document, "letter": approved}
    output = _say(after, "approved", data, context)
    after["letter"]["ask"] = output.id
    plan_next(after)
    return Decision(after, [output])


def _new_due(document: Document, letter: dict[str, Any], approval: Approval, context: Context) -> datetime | None:
    """The new date, checked (R15); None where none may be given: the dossier has ended late, or had its one re-promise."""
    if _ended(document) or was_promised_anew(letter):
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
    return Decision(after, [_say(after, "rejected", {"at": context.clock.now().isoformat(), "reason": reason}, context)])


def issue(document: Document, number: int, year: int, context: Context) -> Decision:
    """Bind the number of the register, keep the contact it goes to, and tell the citizen."""
    letter = document.get("letter", {})
    if letter.get("s") != "issuing":
        return Decision(document)
    now = context.clock.now()
    sent = {key: value for key, value in letter.items() if key != "next"}
    sent |= {"s": "sent", "number": number, "year": year, "sent_at": epoch_ms(now)}
    if "contact" in document:
        sent["contact"] = document["contact"]
    after = {**document, "letter": sent}
    data: dict[str, Any] = {"at": now.isoformat(), "number": number, "year": year}
    if "new_due" in sent:
        data["new_due_at"] = moment(sent["new_due"]).isoformat()
    outputs = [_say(after, "sent", data, context)]
    outputs.append(queue(after, APOLOGY, sent["sent_at"], context))
    plan_next(after)
    return Decision(after, outputs)


# --- common -----------------------------------------------------------------------


def was_promised_anew(letter: Mapping[str, Any]) -> bool:
    """sla said that the dossier had its one re-promise (R16). Letters of an earlier release keep no code."""
    words, _, code = (*letter.get("refusal", ("", "")), None)[:3]
    return is_refused_by(Rule.R16, code, words)


def _ended(document: Document) -> bool:
    return bool(document.get("settled", {}).get("outcome", "open") != "open")


def _on_the_desk(document: Document) -> dict[str, Any]:
    letter: dict[str, Any] = document.get("letter", {})
    if letter.get("s") != "drafted":
        raise NotAllowedError("state", "Hồ sơ này không có dự thảo thư nào đang chờ ký.")
    return letter


def _draft(
    after: Document, event: Event, unit: str, due_at: datetime, sign_by: datetime | None, context: Context
) -> list[Output]:
    """Put a draft on the desk; history is silent here too, and what was silent once stays so."""
    if APOLOGY in after.get("notices", {}):
        return []
    at = getattr(event.data, "at", event.time)
    reason = silence(at, event.time, context.reference.units.get(unit))
    if reason is not None:
        return [queue(after, APOLOGY, epoch_ms(at), context, reason=reason)]
    draft = {"n": after.get("letter", {}).get("n", 0) + 1, "s": "drafted", "unit": unit, "due": epoch_ms(due_at)}
    draft["at"] = epoch_ms(at)
    if sign_by is not None:
        draft["sign_by"] = epoch_ms(sign_by)
    after["letter"] = draft
    return [_drafted(after, context)]


def _drafted(after: Document, context: Context) -> Output:
    letter = after["letter"]
    data = {"at": moment(letter["at"]).isoformat(), "due_at": moment(letter["due"]).isoformat()}
    if "sign_by" in letter:
        data["sign_by"] = moment(letter["sign_by"]).isoformat()
    return _say(after, "drafted", data, context)


def _withdraw(after: Document, context: Context) -> Output:
    after["letter"] = {**after["letter"], "s": "withdrawn"}
    return _say(after, "withdrawn", {"at": context.clock.now().isoformat()}, context)


def _say(after: Document, state: str, data: dict[str, Any], context: Context) -> Output:
    letter = after["letter"]
    stamp = {"unit": letter["unit"], "draft": letter["n"]}
    return speak(after, f"letter.{state}", str(letter["n"]), {**data, **stamp}, context)


def person_of(document: Document) -> dict[str, Any] | None:
    """The sealed contact a letter goes to: the one it was issued to, else the newest."""
    found: dict[str, Any] | None = document.get("letter", {}).get("contact") or document.get("contact")
    return found

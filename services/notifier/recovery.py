"""notifier brought back to what it said: nobody is told twice, no number is given twice, and what nobody knows is not guessed.

notices.v1 says what became of each message and letter. It does not say that a message was claimed: one whose last word is
`queued` may have reached its person, so it becomes uncertain, unless it cannot have gone out (its time is still to come, its
contact is not there) or the gateway knows its client id again. It does not hold a letter's note and signer: an approved letter
that was not sent goes back to the desk, and a date that sla granted to it needs no second grant.

While a dossier recovers, its document keeps under `recovered`: `asks` (approvals by id, with their draft), `refusals` (sla's
answers by the ask), `calls` (rungs, and the late end, that may call for a letter), `sent` (the letter was, after this copy).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from contracts import Event
from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineRefused, DeadlineSettled, DeadlineStated
from contracts.dossiers import Fact
from contracts.facts import epoch_ms, first_standing
from contracts.notices import (
    LetterApproved,
    LetterDrafted,
    LetterRejected,
    LetterSent,
    LetterStated,
    Notice,
    NoticeStated,
    NoticeUncertain,
)
from reference import moment
from runtime.outputs import Decision, Output
from runtime.recovery import Recall, Recovery
from runtime.store import Document, Range
from services import wiring
from services.notifier.domain import next_window
from services.notifier.handlers import HANDLERS, letters, messages
from services.notifier.handlers.common import TOPIC, Context, plan_next, state_of
from services.notifier.handlers.letters import (
    DRAFT,
    Call,
    again,
    deadline_of,
    drafted,
    in_time,
    is_granted,
    may_draft,
    withdraw,
)
from services.notifier.handlers.messages import SMS, SURVEY, SURVEY_AFTER, client_id, contact_of
from services.notifier.sending import contact_is_here
from services.notifier.store import DOSSIERS, MADE_FROM_LOG, NEXT_SEND, REGISTER

FORGOTTEN = "(không còn lưu)"
SIGN_AGAIN = "Thư đã được duyệt trước khi dữ liệu được khôi phục; ghi chú và người ký không còn lưu, cần duyệt và ký lại."
RESTING = (NEXT_SEND,)
# How far a message has come; what is said of it later never takes it back.
COME = {"queued": 0, "claimed": 0, "skipped": 1, "accepted": 1, "uncertain": 1, "failed": 2, "delivered": 3}
STEPS = {"drafted": 0, "approved": 1, "issuing": 1, "sent": 2, "rejected": 2, "withdrawn": 2}


def recovery(context: Context, *, deduplicates: bool) -> Recovery[Event]:
    """What notifier tells the runtime of itself. `deduplicates`: the gateway drops a repeated client id."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(Recall(TOPIC, DOSSIERS, recall), Recall(TOPIC, REGISTER, recall_number, number_of)),
        absorb=absorb,
        settle=partial(settle, context=context, deduplicates=deduplicates),
        doubtful={NEXT_SEND: Range(low=0)},
    )


# --- reading back --------------------------------------------------------------------------------------------------------


def recall(document: Document, event: Event) -> Document:
    """The document with one thing that notifier said of it; the document itself if it knows."""
    data = event.data
    if isinstance(data, NoticeStated):
        return _recall_message(document, event, data)
    return _recall_letter(document, event, data) if isinstance(data, LetterStated) else document


def _recall_message(document: Document, event: Event, data: NoticeStated) -> Document:
    name, state = data.notice, state_of(data)
    known = document.get("notices", {}).get(name)
    if known is not None and COME[known["s"]] >= COME[state]:
        return document
    notice = {"s": state, "at": epoch_ms(data.at) if known is None else known["at"]}
    if state == "queued":
        notice["next"] = epoch_ms(next_window(event.time))
    after = _resting({**document, "notices": {**document.get("notices", {}), name: notice}})
    if state not in ("queued", "skipped"):  # its receipt may still come
        after["client_ids"] = sorted({*after.get("client_ids", ()), client_id(document["_id"], name)})
    return after


def _recall_letter(document: Document, event: Event, data: LetterStated) -> Document:
    state = state_of(data)
    known = document.get("letter")
    if known is not None and (known["n"], STEPS[known["s"]]) >= (data.draft, STEPS[state]):
        return document
    letter: dict[str, Any] = {} if isinstance(data, LetterDrafted) else dict(known or {})
    if letter.get("n") != data.draft:
        letter = {name: letter[name] for name in DRAFT if name in letter}
    letter = {name: value for name, value in letter.items() if name not in ("next", "refusal", "remark", "granted")}
    letter |= {"n": data.draft, "s": state, "unit": data.unit}
    after = _resting(dict(document))
    if known is not None and "ask" in known:
        after = _with(after, asks={**after.get("recovered", {}).get("asks", {}), known["ask"]: known["n"]})
    if isinstance(data, LetterDrafted):
        letter |= {"at": epoch_ms(data.at), "due": epoch_ms(data.due_at)}
        letter |= {} if data.sign_by is None else {"sign_by": epoch_ms(data.sign_by)}
    elif isinstance(data, LetterApproved):
        after = _with(after, asks={**after.get("recovered", {}).get("asks", {}), event.id: data.draft})
        letter |= {"reason": data.reason, "approved_at": epoch_ms(data.at), "ask": event.id}
        letter |= {"s": "issuing"} if data.new_due_at is None else {"new_due": epoch_ms(data.new_due_at)}
    elif isinstance(data, LetterRejected):
        letter |= {"why": data.reason, "by": FORGOTTEN}
    elif isinstance(data, LetterSent):
        after = _with(after, sent=True)
        letter |= {"number": data.number, "year": data.year, "sent_at": epoch_ms(data.at)}
        letter |= {} if data.new_due_at is None else {"new_due": epoch_ms(data.new_due_at)}
    return {**after, "letter": letter}


def number_of(event: Event) -> str:
    """The entry of the register that an event stands for; "" for what is no letter sent."""
    data = event.data
    return f"{data.unit}/{data.year}/{data.number}" if isinstance(data, LetterSent) else ""


def recall_number(entry: Document, event: Event) -> Document:
    """A number back into the register, so that it is never given again."""
    data = event.data
    if "dossier" in entry or not isinstance(data, LetterSent):
        return entry
    return {**entry, "series": f"{data.unit}/{data.year}", "number": data.number, "year": data.year, "dossier": event.subject}


# --- absorbing -----------------------------------------------------------------------------------------------------------


def absorb(document: Document, event: Event) -> Document:
    """The document with what one record says, and nothing decided; the document itself if it says nothing new."""
    after = _absorb(document, event)
    return document if after is document else _resting(after)


def _absorb(document: Document, event: Event) -> Document:
    data = event.data
    if isinstance(data, DeadlineStated):
        newer = data.version > document.get("deadline", {}).get("v", 0)
        return {**document, "deadline": deadline_of(data)} if newer else document
    if isinstance(data, DeadlineSettled):
        return _absorb_end(document, event, data)
    if isinstance(data, DeadlineApologyDue | DeadlineOverdue):
        return _absorb_rung(document, event, data)
    if isinstance(data, DeadlineRefused):
        return _absorb_refusal(document, event, data)
    if isinstance(data, Fact) or event.type not in HANDLERS:
        return messages.fold_fact(document, event)
    return messages.fold_invited(messages.fold_contact(document, event), event)


def _absorb_end(document: Document, event: Event, data: DeadlineSettled) -> Document:
    if document.get("settled", {}).get("v", 0) >= data.version:
        return document
    after = {**document, "settled": {"v": data.version, "outcome": data.outcome}}
    if data.outcome != "late" or data.due_at is None:
        return after
    return _called(after, event.id, Call(data.at, event.time, data.unit, data.due_at), "late")


def _absorb_rung(document: Document, event: Event, data: DeadlineApologyDue | DeadlineOverdue) -> Document:
    if event.id in document.get("rungs", ()):
        return document
    after = {**document, "rungs": [*document.get("rungs", ()), event.id]}
    kind = "overdue" if isinstance(data, DeadlineOverdue) else "apology-due"
    return _called(after, event.id, letters.call_of(event, data), kind)


def _absorb_refusal(document: Document, event: Event, data: DeadlineRefused) -> Document:
    told, ask = document.get("recovered", {}), event.correlation or ""
    if ask in told.get("refusals", {}) or (ask not in told.get("asks", {}) and ask != document.get("letter", {}).get("ask")):
        return document
    return _with(document, refusals={**told.get("refusals", {}), ask: [data.rule, data.text, data.code]})


def _called(document: Document, identity: str, call: Call, kind: str) -> Document:
    times = {"at": call.at, "recorded": call.recorded, "due_at": call.due_at, "sign_by": call.sign_by}
    said = {name: time.isoformat() for name, time in times.items() if time is not None}
    calls = document.get("recovered", {}).get("calls", {})
    return _with(document, calls={**calls, identity: {"kind": kind, "unit": call.unit, **said}})


def _with(document: Document, **more: Any) -> Document:  # noqa: ANN401 - JSON values
    return {**document, "recovered": {**document.get("recovered", {}), **more}}


def _resting(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in RESTING}


# --- settling ------------------------------------------------------------------------------------------------------------


def settle(document: Document, context: Context, *, deduplicates: bool) -> Decision:
    """What the facts say beyond what was said; the document as it would be had nothing been lost."""
    told: Mapping[str, Any] = document.get("recovered", {})
    after = {name: value for name, value in document.items() if name != "recovered"}
    outputs = [*_settle_letter(after, told, context), *_draft_called(after, told, context)]
    for name in list(after.get("notices", {})):
        decision = _settle_message(after, name, context, deduplicates=deduplicates)
        after, outputs = decision.document, [*outputs, *decision.outputs]
    decision = messages.plan(dict(after), context)
    after = decision.document
    after.pop("held", None)
    if any(notice["s"] == "uncertain" for notice in after.get("notices", {}).values()):
        after["held"] = 1
    plan_next(after)
    return Decision(after, [*outputs, *decision.outputs])


def _settle_letter(after: Document, told: Mapping[str, Any], context: Context) -> list[Output]:
    """Bring the letter to where sla's answers and the dossier's end have it. Changes `after`."""
    letter = after.get("letter")
    if letter is None:
        return []
    refusals = told.get("refusals", {})
    if letter["s"] in ("approved", "issuing"):
        return _settle_approved(after, letter, refusals.get(letter["ask"]), context)
    for ask, draft in told.get("asks", {}).items():
        if ask in refusals and letter["n"] == draft + 1 and letter["s"] in ("drafted", "withdrawn", "rejected"):
            letter = after["letter"] = {**letter, "refusal": refusals[ask]}
    if letter["s"] == "sent" and "sent" in told and (contact := contact_of(after)) is not None:
        after["letter"] = {**letter, "contact": contact}
    if letter["s"] == "drafted" and in_time(after):
        return [withdraw(after, context)]
    if letter["s"] == "withdrawn" and after.get("settled", {}).get("outcome") == "open":
        after["letter"] = again(letter)
        return [drafted(after, context)]
    return []


def _settle_approved(after: Document, letter: Mapping[str, Any], refusal: list[str] | None, context: Context) -> list[Output]:
    """A letter that was approved and not sent. Without its signer it is on the desk again: nobody signed what it would say."""
    if refusal is None and "by" in letter:
        if is_granted(after):
            after["letter"] = {**letter, "s": "issuing", "next": epoch_ms(context.clock.now())}
        return []
    if refusal is not None:
        after["letter"] = again(letter, refusal=refusal)
    else:
        granted = {"granted": letter["new_due"]} if is_granted({**after, "letter": {**letter, "s": "approved"}}) else {}
        after["letter"] = again(letter, remark=SIGN_AGAIN, **granted)
    return [withdraw(after, context) if in_time(after) else drafted(after, context)]


def _draft_called(after: Document, told: Mapping[str, Any], context: Context) -> list[Output]:
    """Draft what a rung or a late end called for and nobody drafted. Changes `after`.

    A letter's `at` is that of what called for it, so what happened by then was answered.
    """
    outputs: list[Output] = []
    for said in sorted(told.get("calls", {}).values(), key=lambda call: str(call["at"])):
        letter, call = after.get("letter"), _call(said)
        if letter is not None and epoch_ms(call.at) <= letter["at"]:
            continue
        if said["kind"] == "late":
            wanted = letter is None and after.get("settled", {}).get("outcome") == "late"
        else:
            wanted = not letters.ended(after) and may_draft(letter, overdue=said["kind"] == "overdue")
        if wanted:
            outputs += letters.draft(after, call, context)
    return outputs


def _call(said: Mapping[str, str]) -> Call:
    at, recorded, due_at = (datetime.fromisoformat(said[name]) for name in ("at", "recorded", "due_at"))
    return Call(at, recorded, said["unit"], due_at, datetime.fromisoformat(said["sign_by"]) if "sign_by" in said else None)


def _settle_message(document: Document, name: Notice, context: Context, *, deduplicates: bool) -> Decision:
    """A message that was queued or claimed: it goes on waiting, goes out under its client id, or is uncertain."""
    notice, now = document["notices"][name], epoch_ms(context.clock.now())
    if notice["s"] not in ("queued", "claimed"):
        return Decision(document)
    due = _due(document, name, notice)
    if notice["s"] == "queued" and (due > now or not contact_is_here(document)):
        soon = epoch_ms(next_window(context.clock.now()))
        waits = {} if due > now else {"waits": True}
        return Decision(messages.change(document, name, next=due if due > now else soon, **waits))
    if deduplicates:
        return Decision(messages.change(document, name, next=epoch_ms(next_window(context.clock.now()))))
    uncertain = NoticeUncertain(at=context.clock.now(), notice=name, channel=SMS)
    decision = messages.settle(document, uncertain, context)
    ids = sorted({*decision.document.get("client_ids", ()), client_id(document["_id"], name)})
    return Decision({**decision.document, "client_ids": ids}, decision.outputs)


def _due(document: Document, name: Notice, notice: Mapping[str, Any]) -> int:
    """When a queued message was to go out (ms). An invitation waits two days for the result to be fetched."""
    due: int = notice.get("next", 0)
    completed = first_standing(document.get("facts", {}), "completed")
    if name != SURVEY or completed is None or first_standing(document["facts"], "returned") is not None:
        return due
    return max(due, epoch_ms(next_window(moment(completed["at"]) + SURVEY_AFTER)))

"""Messages: when one becomes due, for what reason there is none, and how it ends. Sending is a job."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from contracts import Event, effect_id
from contracts.contacts import ContactSealed
from contracts.dossiers import Completed
from contracts.facts import epoch_ms, first_standing, merge_fact
from contracts.feedback import FeedbackInvited
from contracts.notices import Notice, NoticeDelivered, NoticeFailed, NoticeQueued, NoticeSkipped, NoticeStated, SkipReason
from reference import moment, silence
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.notifier.domain import FIELDS, next_window
from services.notifier.handlers.common import Context, plan_next, state_of
from services.speaking import say_once

RESULT: Literal["result-ready"] = "result-ready"
APOLOGY: Literal["apology"] = "apology"
SURVEY: Literal["survey"] = "survey"
SMS: Literal["sms"] = "sms"
SURVEY_AFTER = timedelta(hours=48)  # a result that nobody fetched: ask then


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier; the first completion that stands makes the message due, once."""
    after = fold_fact(document, event)
    return Decision(document) if after is document else plan(after, context)


def fold_fact(document: Document, event: Event) -> Document:
    """The document with a fact; the document itself if it says nothing new."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return document
    after = {**document, "facts": facts}
    if isinstance(event.data, Completed):
        after["reported_at"] = min(epoch_ms(event.time), document.get("reported_at", 1 << 60))
    return after


def on_contact(document: Document, event: Event, context: Context) -> Decision:
    """A sealed contact; the highest sequence holds. Messages that waited for it are due now."""
    after = fold_contact(document, event)
    return Decision(document) if after is document else plan(_wake(after, context), context)


def fold_contact(document: Document, event: Event) -> Document:
    """The document with a contact; the document itself for one that is not newer than what is known, or was forgotten."""
    data = event.data
    if not isinstance(data, ContactSealed) or document.get("contact", {}).get("seq", 0) >= data.contact_sequence:
        return document
    return {**document, "contact": {"seq": data.contact_sequence, "epoch": data.key_epoch, "sealed": data.sealed}}


def forget(document: Document, context: Context) -> Decision:
    """A null on contacts.v1: the person's contact is to be forgotten, also the one that an issued letter was kept with.

    It stands for all contacts before it in the partition, which are those up to the sequence known here; one that is sent anew
    has a higher sequence and counts again. Messages that wait find nobody to go to and say so at their turn.
    """
    known, letter = document.get("contact", {}), document.get("letter", {})
    if known.get("gone") and "contact" not in letter:
        return Decision(document)
    after = {**document, "contact": {"seq": known.get("seq", 0), "gone": True}}
    if "contact" in letter:
        after["letter"] = {name: value for name, value in letter.items() if name != "contact"}
    after = _wake(after, context)
    if "next_send_at" in document:
        plan_next(after)
    return Decision(after)


def contact_of(document: Document) -> Mapping[str, Any] | None:
    """The newest sealed contact {seq, epoch, sealed}; None if none came, or it was forgotten."""
    known: Mapping[str, Any] | None = document.get("contact")
    return None if known is None or known.get("gone") else known


def _wake(after: Document, context: Context) -> Document:
    """Messages that wait for a contact are due now."""
    if not any(state["s"] == "queued" and state.get("waits") for state in after.get("notices", {}).values()):
        return after
    now = epoch_ms(next_window(context.clock.now()))
    notices = {
        name: {**state, "next": now} if state["s"] == "queued" and state.get("waits") else state
        for name, state in after["notices"].items()
    }
    return {**after, "notices": notices}


def on_invited(document: Document, event: Event, context: Context) -> Decision:
    """An invitation to rate: told with the result in hand, or two days after it was ready."""
    after = fold_invited(document, event)
    return Decision(document) if after is document else plan(after, context)


def fold_invited(document: Document, event: Event) -> Document:
    """The document with an invitation; the document itself if it has one."""
    data = event.data
    if not isinstance(data, FeedbackInvited) or "invited" in document:
        return document
    return {**document, "invited": {"epoch": data.key_epoch, "sealed": data.sealed}}


def plan(after: Document, context: Context) -> Decision:
    """Queue or skip what the facts make due and nothing was decided about yet."""
    facts = after.get("facts", {})
    received, completed = first_standing(facts, "received"), first_standing(facts, "completed")
    if received is None or completed is None:
        plan_next(after)
        return Decision(after)
    outputs = []
    if RESULT not in after.get("notices", {}):
        unit = context.reference.units.get(received["competent_unit"])
        reason = silence(moment(completed["at"]), moment(after["reported_at"]), unit)
        outputs.append(queue(after, RESULT, completed["at"], context, reason=reason))
    if "invited" in after:
        returned = first_standing(facts, "returned")
        wanted = moment(completed["at"]) + SURVEY_AFTER if returned is None else context.clock.now()
        due = epoch_ms(next_window(max(wanted, context.clock.now())))
        if SURVEY not in after.get("notices", {}):
            outputs.append(queue(after, SURVEY, completed["at"], context, due=due))
        elif returned is not None and after["notices"][SURVEY]["s"] == "queued":
            _set(after, SURVEY, next=min(due, after["notices"][SURVEY]["next"]))
    plan_next(after)
    return Decision(after, outputs)


def queue(
    after: Document, name: Notice, at: int, context: Context, *, reason: SkipReason | None = None, due: int | None = None
) -> Output:
    """Put a message into the queue for `due` (default: now, in allowed hours), or note why there is none."""
    received = first_standing(after.get("facts", {}), "received")
    if reason is None and received is not None and "contact_sequence" not in received:
        reason = "no-contact"
    if reason is not None:
        _set(after, name, s="skipped", at=at)
        return say(after, NoticeSkipped(at=moment(at), notice=name, channel=SMS, reason=reason), context)
    _set(after, name, s="queued", at=at, next=epoch_ms(next_window(context.clock.now())) if due is None else due)
    return say(after, NoticeQueued(at=moment(at), notice=name, channel=SMS), context)


def _set(after: Document, name: str, **state: Any) -> None:  # noqa: ANN401 - JSON values
    notices = after.get("notices", {})
    after["notices"] = {**notices, name: {**notices.get(name, {}), **state}}


def change(document: Document, name: str, **state: Any) -> Document:  # noqa: ANN401 - JSON values
    """The document with a message in another state, and with what is due next planned anew."""
    after = {**document}
    _set(after, name, **state)
    plan_next(after)
    return after


def settle(document: Document, end: NoticeStated, context: Context) -> Decision:
    """The end of a message: accepted, delivered, failed, uncertain or skipped."""
    kept = {key: value for key, value in document["notices"][end.notice].items() if key not in ("next", "waits")}
    after = {**document, "notices": {**document["notices"], end.notice: {**kept, "s": state_of(end)}}}
    plan_next(after)
    if any(notice["s"] == "uncertain" for notice in after["notices"].values()):
        after["held"] = 1  # listed for a person to look at
    else:
        after.pop("held", None)
    return Decision(after, [say(after, end, context)])


def skip(document: Document, name: Notice, reason: SkipReason, context: Context) -> Decision:
    """A message that was due and is not sent after all, since its cause."""
    cause = moment(document["notices"][name]["at"])
    return settle(document, NoticeSkipped(at=cause, notice=name, channel=SMS, reason=reason), context)


def on_receipt(document: Document, name: Notice, *, delivered: bool, context: Context) -> Decision:
    """What the gateway reports of a message it took: repeated receipts and those of messages never taken change nothing."""
    notice = document.get("notices", {}).get(name, {})
    if notice.get("s") not in ("accepted", "claimed", "uncertain"):
        return Decision(document)
    now = context.clock.now()
    if delivered:
        return settle(document, NoticeDelivered(at=now, notice=name, channel=SMS), context)
    return settle(document, NoticeFailed(at=now, notice=name, channel=SMS, reason="undelivered"), context)


def say(document: Document, notice: NoticeStated, context: Context) -> Output:
    """What became of a message; each message comes to a state once."""
    return say_once(notice, notice.notice, document["_id"], context.clock.now())


def client_id(dossier: str, name: Notice) -> str:
    """The id a message keeps at the gateway, over all tries."""
    return effect_id("notifier", dossier, "sms", name)

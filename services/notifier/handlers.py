"""What notifier does with each message: (document, event, context) -> (document, outputs). Sending is a job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts import Event, effect_id, to_wire
from contracts.contacts import ContactSealed
from contracts.dossiers import DOSSIER_TYPES, Completed
from contracts.facts import first_standing, merge_fact, milliseconds
from reference import OFFICE_TIME, ReferenceData
from runtime.clock import Clock, epoch_ms
from runtime.documents import Document
from runtime.outputs import Decision, Output
from services.notifier.domain import FIELDS, next_window, skip_reason

TOPIC, SOURCE, NOTICE = "notices.v1", "/notifier", "result-ready"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    reference: ReferenceData
    clock: Clock


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier; the first completion that stands makes the message due, once."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return Decision(document)
    after = {**document, "facts": facts}
    if isinstance(event.data, Completed):
        after["reported_at"] = min(milliseconds(event.time), document.get("reported_at", 1 << 60))
    return _plan(after, context)


def on_contact(document: Document, event: Event, context: Context) -> Decision:
    """A sealed contact; the highest sequence holds. A message that waited for it is due now."""
    data = event.data
    if not isinstance(data, ContactSealed) or document.get("contact", {}).get("seq", 0) >= data.contact_sequence:
        return Decision(document)
    contact = {"seq": data.contact_sequence, "epoch": data.key_epoch, "sealed": data.sealed}
    after = {**document, "contact": contact}
    if "next_send_at" in after and after["notices"][NOTICE]["s"] == "queued":
        after["next_send_at"] = epoch_ms(next_window(context.clock.now()))
    return _plan(after, context)


def _plan(after: Document, context: Context) -> Decision:
    """Queue or skip the message when both reception and completion are known and nothing was decided yet."""
    received, completed = (
        first_standing(after.get("facts", {}), "received"),
        first_standing(after.get("facts", {}), "completed"),
    )
    if received is None or completed is None or NOTICE in after.get("notices", {}):
        return Decision(after)
    at, reported = _moment(completed["at"]), _moment(after["reported_at"])
    reason = skip_reason(received, at, reported, context.reference.units.get(received["competent_unit"]))
    state: dict[str, Any] = {"s": "queued", "at": completed["at"]}
    if reason is not None:
        state = {"s": "skipped", "at": completed["at"]}
        after["notices"] = {NOTICE: state}
        return Decision(after, [say(after, "skipped", {"reason": reason}, context)])
    after["notices"] = {NOTICE: state}
    after["next_send_at"] = epoch_ms(next_window(context.clock.now()))
    return Decision(after, [say(after, "queued", {}, context)])


def settle(document: Document, state: str, more: Mapping[str, Any], context: Context) -> Decision:
    """The end of a message: accepted, failed, uncertain or skipped."""
    notice = {**document["notices"][NOTICE], "s": state}
    after = {key: value for key, value in document.items() if key != "next_send_at"}
    after["notices"] = {NOTICE: notice}
    return Decision(after, [say(after, state, more, context)])


def say(document: Document, state: str, more: Mapping[str, Any], context: Context) -> Output:
    """The event that says what became of a message."""
    at = _moment(document["notices"][NOTICE]["at"]).isoformat()
    data = {"at": at, "notice": NOTICE, "channel": "sms", **more}
    body = {"type": f"vn.dunghen.notice.{state}.v1", "time": context.clock.now().isoformat(), "data": data}
    return Output(TOPIC, document["_id"], effect_id("notifier", document["_id"], f"notice.{state}", NOTICE), body)


def client_id(dossier: str) -> str:
    """The id a message keeps at the gateway, over all tries."""
    return effect_id("notifier", dossier, "sms", NOTICE)


def encode(output: Output) -> bytes:
    """An output as a record."""
    return to_wire(SOURCE, output.key, output.id, output.body)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(OFFICE_TIME)


HANDLERS = {model.TYPE: on_fact for model in DOSSIER_TYPES} | {ContactSealed.TYPE: on_contact}


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)

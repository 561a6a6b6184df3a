"""Claiming a message, and what the gateway's answer means for it: pure but for the clock, the key and the reference data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.facts import first_standing
from contracts.notices import Notice, NoticeAccepted, NoticeFailed, NoticeUncertain, SkipReason
from reference import moment
from runtime.clock import epoch_ms
from runtime.outputs import Decision
from runtime.sealing import Opener
from runtime.store import Document
from services.notifier.domain import apology, mobile, next_window, result_ready, size_of, survey
from services.notifier.gateway import Answer, Gateway, Message
from services.notifier.handlers.common import Context
from services.notifier.handlers.messages import APOLOGY, SMS, SURVEY, change, client_id, contact_of, settle, skip
from services.notifier.settings import NotifierSettings

RETRY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a message needs: the gateway, the key to the contact, and the settings."""

    gateway: Gateway
    opener: Opener
    settings: NotifierSettings
    context: Context


def claim(document: Document, name: Notice, desk: Desk, found: list[Message]) -> Decision:
    """Mark a due message as claimed and put it into `found`; or say why there is none."""
    notice, now = document["notices"][name], desk.context.clock.now()
    if notice.get("next", 1 << 60) > epoch_ms(now):
        return Decision(document)
    if notice["s"] == "claimed" and not desk.settings.gateway_deduplicates:
        # Its process died between claim and answer.
        return settle(document, NoticeUncertain(at=now, notice=name, channel=SMS), desk.context)
    # Citizens are not told at night, nor while a record of their dossier is parked.
    later = now + RETRY if document.get("incomplete") else next_window(now)
    if later > now:
        return Decision(change(document, name, next=epoch_ms(later)))
    if not contact_is_here(document):
        return _wait_for_contact(document, name, desk, now)
    contact = document["contact"]
    number = mobile(str(desk.opener.open(contact["epoch"], contact["sealed"]).get("phone", "")))
    if number is None or (name == SURVEY and not _link(document, desk)):  # no number, or the key of the link is gone
        reason: SkipReason = "no-mobile-number" if number is None else "contact-missing"
        return skip(document, name, reason, desk.context)
    message = _message(document, name, number, desk)
    found.append(message)
    until = epoch_ms(now + timedelta(seconds=desk.settings.claim_seconds))
    after = change(document, name, s="claimed", next=until)
    after["client_ids"] = sorted({*after.get("client_ids", ()), message.client_id})
    return Decision(after)


def contact_is_here(document: Document) -> bool:
    """Whether the contact that the reception promised has come, or a newer one."""
    received, contact = first_standing(document["facts"], "received"), contact_of(document)
    return received is not None and contact is not None and contact["seq"] >= received.get("contact_sequence", 1)


def contact_is_forgotten(document: Document) -> bool:
    """Whether the contact that the reception promised was erased."""
    received, contact = first_standing(document["facts"], "received") or {}, document.get("contact", {})
    return bool(contact.get("gone")) and contact["seq"] >= received.get("contact_sequence", 1)


def _wait_for_contact(document: Document, name: Notice, desk: Desk, now: datetime) -> Decision:
    """The reception promised a contact that has not come yet: wait, and after a day give up."""
    wait = timedelta(hours=desk.settings.contact_wait_hours).total_seconds() * 1000
    if contact_is_forgotten(document) or document["notices"][name]["at"] + wait < epoch_ms(now):
        return skip(document, name, "contact-missing", desk.context)
    return Decision(change(document, name, next=epoch_ms(now + RETRY), waits=True))


def _message(document: Document, name: Notice, number: str, desk: Desk) -> Message:
    received = first_standing(document["facts"], "received") or {}
    reference, dossier, letter = desk.context.reference, document["_id"], document.get("letter", {})
    unit = reference.units.get(letter["unit"] if name == APOLOGY else received["receiving_unit"])
    place = unit.name if unit else received["receiving_unit"]
    if name == APOLOGY:
        new_due = moment(letter["new_due"]) if "new_due" in letter else None
        text = apology(dossier, place, letter["number"], new_due)
    elif name == SURVEY:
        text = survey(dossier, _link(document, desk))
    else:
        procedure = reference.procedures.get(received["procedure"])
        text = result_ready(dossier, procedure.name if procedure else received["procedure"], place)
    return Message(client_id(dossier, name), number, unit.brand if unit else "", text)


def _link(document: Document, desk: Desk) -> str:
    invited = document["invited"]
    return str(desk.opener.open(invited["epoch"], invited["sealed"]).get("link", ""))


def settle_answer(document: Document, name: Notice, answer: Answer, message: Message, desk: Desk) -> Decision:
    """What the gateway's answer means for a claimed message."""
    if document["notices"][name]["s"] != "claimed":
        return Decision(document)
    now = desk.context.clock.now()
    if answer.outcome == "taken":
        taken = NoticeAccepted(at=now, notice=name, channel=SMS, parts=size_of(message.text).parts)
        return settle(document, taken, desk.context)
    if answer.outcome == "refused":
        return settle(document, NoticeFailed(at=now, notice=name, channel=SMS, reason=answer.reason[:80]), desk.context)
    if answer.outcome == "uncertain" and not desk.settings.gateway_deduplicates:
        return settle(document, NoticeUncertain(at=now, notice=name, channel=SMS), desk.context)
    state = "queued" if answer.outcome == "busy" else "claimed"
    return Decision(change(document, name, s=state, next=epoch_ms(now + RETRY)))

"""Sending: claim first, one client id over all tries, and a claim that got stuck is uncertain, never free."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.facts import first_standing
from runtime.clock import epoch_ms
from runtime.documents import Document, Range
from runtime.intents import Decide, Intents
from runtime.loop import Loop
from runtime.outputs import Decision, EventT
from runtime.parts import Parts
from services.notifier.domain import mobile, next_window, result_ready, size_of
from services.notifier.gateway import Answer, Gateway, Message
from services.notifier.handlers import NOTICE, Context, client_id, settle
from services.notifier.opening import Opener
from services.notifier.settings import NotifierSettings
from services.notifier.store import DOSSIERS, NEXT_SEND

PAGE, AT_ONCE = 200, 20
RETRY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a message needs: the gateway, the key to the contact, and the settings."""

    gateway: Gateway
    opener: Opener
    settings: NotifierSettings
    context: Context


class Sender:
    """Sends what is due in the partitions of this instance."""

    def __init__(self, parts: Parts, loop: Loop[EventT], intents: Intents, desk: Desk) -> None:
        self._parts, self._loop, self._intents, self._desk = parts, loop, intents, desk
        self._active = 0
        self._sending: asyncio.Future[list[None]] | None = None

    async def run(self) -> None:
        """One pass over everything that is due."""
        now = self._parts.clock.now()
        where, after = {NEXT_SEND: Range(high=epoch_ms(now))}, None
        while page := await self._parts.store.find(DOSSIERS, where, order=NEXT_SEND, limit=PAGE, after=after):
            after = (page[-1][NEXT_SEND], page[-1]["_id"])
            mine = [document["_id"] for document in page if self._loop.owns(document["_id"])]
            for start in range(0, len(mine), AT_ONCE):
                await asyncio.shield(self._all(mine[start : start + AT_ONCE]))
        self._parts.telemetry.set("sent_seconds", now.timestamp())

    async def _all(self, dossiers: Sequence[str]) -> None:
        """Send a few at once. Shielded: a service that stops finishes what it claimed, or it would be uncertain."""
        self._sending = asyncio.gather(*(self._one(dossier) for dossier in dossiers))
        await self._sending

    async def drain(self) -> None:
        """Wait for what is being sent."""
        if self._sending is not None:
            await self._sending

    async def measure(self) -> None:
        """Set the gauges of messages that are due, and of those a person has to look at."""
        due = await self._parts.store.count_by(DOSSIERS, {NEXT_SEND: Range(high=epoch_ms(self._parts.clock.now()))})
        self._parts.telemetry.set("notices_due", self._active + (due[0].count if due else 0))
        held = await self._parts.store.count_by(DOSSIERS, {f"notices.{NOTICE}.s": "uncertain"})
        self._parts.telemetry.set("notices_uncertain", held[0].count if held else 0)

    async def _one(self, dossier: str) -> None:
        """Claim, send, settle one message."""
        self._active += 1
        try:
            message = await self._claim(dossier)
            if message is None:
                return
            self._parts.crash.passed("after-claim")
            answer = await self._desk.gateway.send(message)
            self._parts.crash.passed("after-send")
            self._parts.telemetry.count("messages", outcome=answer.outcome)
            await self._change(dossier, lambda document: settle_answer(document, answer, message, self._desk))
        finally:
            self._active -= 1

    async def _claim(self, dossier: str) -> Message | None:
        """Take a message before it is sent; None if it is not to be sent now, or by somebody else."""
        found: list[Message] = []

        def decide(document: Document) -> Decision:
            found.clear()
            return claim(document, self._desk, found)

        await self._change(dossier, decide)
        return found[0] if found else None

    async def _change(self, dossier: str, decide: Decide) -> None:
        intent = await self._intents.change([dossier], decide)
        if intent is not None:
            await self._intents.deliver(intent, [dossier])


def claim(document: Document, desk: Desk, found: list[Message]) -> Decision:
    """Mark a due message as claimed and put it into `found`; or say why there is none."""
    notice, now = document["notices"][NOTICE], desk.context.clock.now()
    if document.get(NEXT_SEND, 1 << 60) > epoch_ms(now):
        return Decision(document)
    if notice["s"] == "claimed" and not desk.settings.gateway_deduplicates:
        return settle(document, "uncertain", {}, desk.context)  # its process died between claim and answer
    # Citizens are not told at night, nor while a record of their dossier is parked.
    later = now + RETRY if document.get("incomplete") else next_window(now)
    if later > now:
        return Decision({**document, NEXT_SEND: epoch_ms(later)})
    if not _contact_is_here(document):
        return _wait_for_contact(document, desk, now)
    number = mobile(desk.opener.phone(document["contact"]) or "")
    if number is None:
        return settle(document, "skipped", {"reason": "no-mobile-number"}, desk.context)
    found.append(_message(document, number, desk))
    until = epoch_ms(now + timedelta(seconds=desk.settings.claim_seconds))
    return Decision({**document, "notices": {NOTICE: {**notice, "s": "claimed"}}, NEXT_SEND: until})


def _contact_is_here(document: Document) -> bool:
    received = first_standing(document["facts"], "received")
    return received is not None and document.get("contact", {}).get("seq", 0) >= received.get("contact_sequence", 1)


def _wait_for_contact(document: Document, desk: Desk, now: datetime) -> Decision:
    """The reception promised a contact that has not come yet: wait, and after a day give up."""
    wait = timedelta(hours=desk.settings.contact_wait_hours).total_seconds() * 1000
    if document["notices"][NOTICE]["at"] + wait < epoch_ms(now):
        return settle(document, "skipped", {"reason": "contact-missing"}, desk.context)
    return Decision({**document, NEXT_SEND: epoch_ms(now + RETRY)})


def _message(document: Document, number: str, desk: Desk) -> Message:
    received = first_standing(document["facts"], "received") or {}
    unit = desk.context.reference.units.get(received["receiving_unit"])
    procedure = desk.context.reference.procedures.get(received["procedure"])
    names = (procedure.name if procedure else received["procedure"], unit.name if unit else received["receiving_unit"])
    return Message(client_id(document["_id"]), number, unit.brand if unit else "", result_ready(document["_id"], *names))


def settle_answer(document: Document, answer: Answer, message: Message, desk: Desk) -> Decision:
    """What the gateway's answer means for a claimed message."""
    notice = document["notices"][NOTICE]
    if notice["s"] != "claimed":
        return Decision(document)
    if answer.outcome == "taken":
        return settle(document, "accepted", {"parts": size_of(message.text).parts}, desk.context)
    if answer.outcome == "refused":
        return settle(document, "failed", {"reason": answer.reason[:80]}, desk.context)
    if answer.outcome == "uncertain" and not desk.settings.gateway_deduplicates:
        return settle(document, "uncertain", {}, desk.context)
    state = "queued" if answer.outcome == "busy" else "claimed"
    again = epoch_ms(desk.context.clock.now() + RETRY)
    return Decision({**document, "notices": {NOTICE: {**notice, "s": state}}, NEXT_SEND: again})

"""Sending and issuing: claim first, and a claim that got stuck is picked up by a rule, never by chance."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from runtime.clock import epoch_ms
from runtime.documents import Document, Range
from runtime.intents import Decide, Intents
from runtime.loop import Loop
from runtime.outputs import Decision, EventT
from runtime.parts import Parts
from services.notifier.gateway import Message
from services.notifier.handlers.common import moment, plan_next
from services.notifier.handlers.letters import issue
from services.notifier.register import bind
from services.notifier.sending import Desk, claim, settle_answer
from services.notifier.store import DOSSIERS, NEXT_SEND

PAGE, AT_ONCE = 200, 20
Claimed = TypeVar("Claimed")


class Sender:
    """Sends and issues what is due in the partitions of this instance."""

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
            mine = [document for document in page if self._loop.owns(document["_id"])]
            for start in range(0, len(mine), AT_ONCE):
                await asyncio.shield(self._all(mine[start : start + AT_ONCE]))
        self._parts.telemetry.set("sent_seconds", now.timestamp())

    async def _all(self, documents: Sequence[Document]) -> None:
        """Send a few at once. Shielded: a service that stops finishes what it claimed, or it would be uncertain."""
        self._sending = asyncio.gather(*(self._one(document) for document in documents))
        await self._sending

    async def drain(self) -> None:
        """Wait for what is being sent."""
        if self._sending is not None:
            await self._sending

    async def measure(self) -> None:
        """Set the gauges of what is due, and of messages a person has to look at."""
        due = await self._parts.store.count_by(DOSSIERS, {NEXT_SEND: Range(high=epoch_ms(self._parts.clock.now()))})
        self._parts.telemetry.set("notices_due", self._active + (due[0].count if due else 0))
        held = await self._parts.store.count_by(DOSSIERS, {"held": 1})
        self._parts.telemetry.set("notices_uncertain", held[0].count if held else 0)
        drafts = await self._parts.store.count_by(DOSSIERS, {"letter.s": "drafted"})
        self._parts.telemetry.set("letters_drafted", drafts[0].count if drafts else 0)

    async def _one(self, document: Document) -> None:
        """Everything that is due of one dossier."""
        now = epoch_ms(self._parts.clock.now())
        self._active += 1
        try:
            if document.get("letter", {}).get("next", now + 1) <= now:
                await self._issue(document["_id"])
            for name, notice in document.get("notices", {}).items():
                if notice.get("next", now + 1) <= now:
                    await self._send(document["_id"], name)
        finally:
            self._active -= 1

    async def _send(self, dossier: str, name: str) -> None:
        """Claim, send, settle one message."""

        def take(document: Document, found: list[Message]) -> Decision:
            return claim(document, name, self._desk, found)

        message = await self._claimed(dossier, take)
        if message is None:
            return
        self._parts.crash.passed("after-claim")
        answer = await self._desk.gateway.send(message)
        self._parts.crash.passed("after-send")
        self._parts.telemetry.count("messages", outcome=answer.outcome)
        await self._change(dossier, lambda document: settle_answer(document, name, answer, message, self._desk))

    async def _issue(self, dossier: str) -> None:
        """Claim a letter, bind its number, send it. After a crash between the two the register still knows the number."""

        def take(document: Document, found: list[str]) -> Decision:
            letter, now = document.get("letter", {}), self._parts.clock.now()
            if letter.get("s") != "issuing" or letter["next"] > epoch_ms(now):
                return Decision(document)
            found.append(letter["unit"])
            until = epoch_ms(now + timedelta(seconds=self._desk.settings.claim_seconds))
            after = {**document, "letter": {**letter, "next": until}}
            plan_next(after)
            return Decision(after)

        unit = await self._claimed(dossier, take)
        if unit is None:
            return
        year = moment(epoch_ms(self._parts.clock.now())).year
        number, year = await bind(self._parts.store, unit, year, dossier)
        self._parts.crash.passed("after-bind")
        await self._change(dossier, lambda document: issue(document, number, year, self._desk.context))

    async def _claimed(self, dossier: str, take: Callable[[Document, list[Claimed]], Decision]) -> Claimed | None:
        """What was claimed under the document's revision; None if somebody else has it, or it is not due."""
        found: list[Claimed] = []

        def decide(document: Document) -> Decision:
            found.clear()
            return take(document, found)

        await self._change(dossier, decide)
        return found[0] if found else None

    async def _change(self, dossier: str, decide: Decide) -> None:
        intent = await self._intents.change([dossier], decide)
        if intent is not None:
            await self._intents.deliver(intent, [dossier])

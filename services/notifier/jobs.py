"""Sending and issuing: claim first, and a claim that got stuck is picked up by a rule, never by chance."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from contracts.notices import Notice
from reference import moment
from runtime.clock import epoch_ms
from runtime.intents import Intents
from runtime.loop import Loop
from runtime.outputs import Decision, EventT, Output
from runtime.parts import Parts
from runtime.store import Document, Range
from services.notifier.gateway import Answer, Message
from services.notifier.handlers.common import plan_next
from services.notifier.handlers.letters import issue
from services.notifier.register import bind
from services.notifier.sending import Desk, claim, settle_answer
from services.notifier.store import DOSSIERS, NEXT_SEND

PAGE, AT_ONCE = 200, 20
Claims = dict[str, dict[Notice, Message]]  # dossier -> which message -> what is to be sent


class Dispatcher:
    """Sends and issues what is due in the partitions of this instance."""

    def __init__(self, parts: Parts, loop: Loop[EventT], intents: Intents, desk: Desk) -> None:
        self._parts, self._loop, self._intents, self._desk = parts, loop, intents, desk
        self._active = 0
        self._sending: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """One pass over everything that is due."""
        now = self._parts.clock.now()
        where, after = {NEXT_SEND: Range(high=epoch_ms(now))}, None
        while page := await self._parts.store.find(DOSSIERS, where, order=NEXT_SEND, limit=PAGE, after=after):
            after = (page[-1][NEXT_SEND], page[-1]["_id"])
            mine = [document for document in page if self._loop.owns(document["_id"])]
            for start in range(0, len(mine), AT_ONCE):
                await self._shielded(mine[start : start + AT_ONCE])
        self._parts.telemetry.set("sent_seconds", now.timestamp())

    async def _shielded(self, documents: Sequence[Document]) -> None:
        """Handle a few at once. Shielded: a service that stops finishes what it claimed, or it would be uncertain."""
        self._active = len(documents)
        self._sending = asyncio.create_task(self._few(documents))
        try:
            await asyncio.shield(self._sending)
        finally:
            self._active = 0

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

    async def _few(self, documents: Sequence[Document]) -> None:
        """Letters first: the message about a letter is due once it is numbered."""
        now = epoch_ms(self._parts.clock.now())
        for document in documents:
            if document.get("letter", {}).get("next", now + 1) <= now:
                await self._issue(document["_id"])
        await self._send([document["_id"] for document in documents])

    # --- messages -----------------------------------------------------------------

    async def _send(self, dossiers: Sequence[str]) -> None:
        """Claim what is due of these dossiers, send it, settle it: each in one save for all of them."""
        claims: Claims = {}

        def take(document: Document) -> Decision:
            claims[document["_id"]] = {}
            return self._each(document, list(document.get("notices", {})), lambda d, name: self._claim(d, name, claims))

        await self._intents.apply(dossiers, take)
        claimed = [(dossier, name, message) for dossier, own in claims.items() for name, message in own.items()]
        if not claimed:
            return
        self._parts.crash.passed("after-claim")
        answers = await asyncio.gather(*(self._desk.gateway.send(message) for _, _, message in claimed))
        self._parts.crash.passed("after-send")
        by_place = {(dossier, name): answer for (dossier, name, _), answer in zip(claimed, answers, strict=True)}
        told = [dossier for dossier, own in claims.items() if own]
        await self._intents.apply(told, lambda document: self._settle(document, claims, by_place))
        for answer in answers:
            self._parts.telemetry.count("messages", outcome=answer.outcome)

    def _claim(self, document: Document, name: Notice, claims: Claims) -> Decision:
        found: list[Message] = []
        decision = claim(document, name, self._desk, found)
        if found:
            claims[document["_id"]][name] = found[0]
        return decision

    def _settle(self, document: Document, claims: Claims, answers: dict[tuple[str, Notice], Answer]) -> Decision:
        own = claims[document["_id"]]
        return self._each(
            document,
            list(own),
            lambda d, name: settle_answer(d, name, answers[d["_id"], name], own[name], self._desk),
        )

    @staticmethod
    def _each(document: Document, names: Sequence[Notice], decide: Callable[[Document, Notice], Decision]) -> Decision:
        """One decision after the other on the same document."""
        outputs: list[Output] = []
        for name in names:
            decision = decide(document, name)
            document, outputs = decision.document, [*outputs, *decision.outputs]
        return Decision(document, outputs)

    # --- letters ------------------------------------------------------------------

    async def _issue(self, dossier: str) -> None:
        """Claim a letter, bind its number, send it. After a crash between the two the register still knows the number."""
        units: list[str] = []

        def take(document: Document) -> Decision:
            units.clear()
            letter, now = document.get("letter", {}), self._parts.clock.now()
            if letter.get("s") != "issuing" or letter["next"] > epoch_ms(now):
                return Decision(document)
            units.append(letter["unit"])
            until = epoch_ms(now + timedelta(seconds=self._desk.settings.claim_seconds))
            after = {**document, "letter": {**letter, "next": until}}
            plan_next(after)
            return Decision(after)

        await self._intents.apply([dossier], take)
        if not units:
            return
        year = moment(epoch_ms(self._parts.clock.now())).year
        number, year = await bind(self._parts.store, units[0], year, dossier)
        self._parts.crash.passed("after-bind")
        await self._intents.apply([dossier], lambda document: issue(document, number, year, self._desk.context))

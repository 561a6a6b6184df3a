"""Sending and issuing: claim first, and a claim that got stuck is picked up by a rule, never by chance."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from contracts.facts import epoch_ms
from contracts.notices import Notice
from reference import moment
from runtime.intents import Intents
from runtime.loop import Loop
from runtime.outputs import EventT
from runtime.parts import Parts
from runtime.sealing import Opener, Shut
from services.notifier.domain import Contact, Dossier, Invitation, Person, Sending
from services.notifier.domain.apologies import claim_letter, issue
from services.notifier.domain.letter import Issuing
from services.notifier.domain.locked import Locked
from services.notifier.domain.sending import Claims, Tried, claim_due, settle_all
from services.notifier.gateway import Gateway
from services.notifier.handlers import Context
from services.notifier.register import bind
from services.notifier.settings import NotifierSettings
from services.notifier.store import CODEC, count_waiting, find_due

PAGE, AT_ONCE = 200, 20
Answers = Mapping[str, Mapping[Notice, Tried]]  # dossier -> which message -> what became of it


@dataclass(frozen=True, slots=True)
class Desk:
    """What a message needs: the gateway, the key to the contact, and the settings."""

    gateway: Gateway
    opener: Opener
    settings: NotifierSettings
    context: Context

    def ground(self) -> Sending:
        """What sending may look at now."""
        return Sending(
            now=self.context.clock.now(),
            reference=self.context.reference,
            person_of=self.person_of,
            link_of=self.link_of,
            deduplicates=self.settings.gateway_deduplicates,
            claim_for=timedelta(seconds=self.settings.claim_seconds),
            contact_wait=timedelta(hours=self.settings.contact_wait_hours),
        )

    def person_of(self, contact: Contact) -> Person | Locked | None:
        """Whom a sealed contact names; None if its key was given up."""
        opened = self.opener.open(contact.epoch, contact.sealed)
        if isinstance(opened, str):
            return _locked(contact.epoch, opened)
        return Person(str(opened.get("name", "")), str(opened.get("phone", "")), str(opened.get("address", "")))

    def link_of(self, invitation: Invitation) -> str | Locked | None:
        """Where a person may rate; None if its key was given up."""
        opened = self.opener.open(invitation.epoch, invitation.sealed)
        if isinstance(opened, str):
            return _locked(invitation.epoch, opened)
        return str(opened.get("link", ""))


def _locked(epoch: int, why: Shut) -> Locked | None:
    return None if why == "retired" else Locked(epoch, why)


class Dispatcher:
    """Sends and issues what is due in the partitions of this instance."""

    def __init__(self, parts: Parts, loop: Loop[EventT], intents: Intents, desk: Desk) -> None:
        self._parts, self._loop, self._intents, self._desk = parts, loop, intents, desk
        self._active = 0
        self._locks = frozenset[Locked]()  # what waited for keys at the last measurement
        self._sending: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """One pass over everything that is due."""
        now = self._parts.clock.now()
        async for page in find_due(self._parts.store, epoch_ms(now), PAGE):
            mine = [dossier for dossier in page if self._loop.owns(dossier.code)]
            for start in range(0, len(mine), AT_ONCE):
                await self._shielded(mine[start : start + AT_ONCE])
        self._parts.telemetry.set("sent_seconds", now.timestamp())

    async def _shielded(self, dossiers: Sequence[Dossier]) -> None:
        """Handle a few at once. Shielded: a service that stops finishes what it claimed, or it would be uncertain."""
        self._active = len(dossiers)
        self._sending = asyncio.create_task(self._few(dossiers))
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
        waiting = await count_waiting(self._parts.store, epoch_ms(self._parts.clock.now()))
        self._parts.telemetry.set("notices_due", self._active + waiting.due)
        self._parts.telemetry.set("notices_uncertain", waiting.held)
        self._parts.telemetry.set("letters_drafted", waiting.drafted)
        self._measure_locked(waiting.locked)

    def _measure_locked(self, locked: Mapping[Locked, int]) -> None:
        """What waits for keys: a person has to set them right. What is over is told as 0, or its alarm would stay."""
        for lock in self._locks | locked.keys():
            self._parts.telemetry.set("notices_locked", locked.get(lock, 0), epoch=str(lock.epoch), reason=lock.why)
        for lock in locked.keys() - self._locks:
            self._parts.log.error("messages wait for a key", epoch=lock.epoch, reason=lock.why, dossiers=locked[lock])
        for lock in self._locks - locked.keys():
            self._parts.log.info("no message waits for this key any more", epoch=lock.epoch, reason=lock.why)
        self._locks = frozenset(locked)

    async def _few(self, dossiers: Sequence[Dossier]) -> None:
        """Letters first: the message about a letter is due once it is numbered."""
        for dossier in dossiers:
            if isinstance(dossier.letter, Issuing):
                await self._issue(dossier.code)
        await self._send([dossier.code for dossier in dossiers])

    # --- messages -----------------------------------------------------------------

    async def _send(self, codes: Sequence[str]) -> None:
        """Claim what is due of these dossiers, send it, settle it: each in one save for all of them."""
        found = await CODEC.ask(
            self._intents, codes, lambda dossier: claim_due(dossier, self._desk.ground()), self._parts.clock
        )
        claimed = {code: claims for code, claims in found.items() if claims}
        if not claimed:
            return
        self._parts.crash.passed("after-claim")
        answers = await self._hand_over(claimed)
        self._parts.crash.passed("after-send")
        await CODEC.change(
            self._intents,
            answers,
            lambda dossier: settle_all(dossier, answers[dossier.code], self._desk.ground()),
            self._parts.clock,
        )
        for tried in (tried for own in answers.values() for tried in own.values()):
            self._parts.telemetry.count("messages", outcome=tried.answer.outcome)

    async def _hand_over(self, claimed: Mapping[str, Claims]) -> Answers:
        """Everything to the gateway at once."""
        places = [(code, name, sms) for code, claims in claimed.items() for name, sms in claims.items()]
        answers = await asyncio.gather(*(self._desk.gateway.send(sms) for _, _, sms in places))
        tried: dict[str, dict[Notice, Tried]] = {code: {} for code in claimed}
        for (code, name, sms), answer in zip(places, answers, strict=True):
            tried[code][name] = Tried(sms, answer)
        return tried

    # --- letters ------------------------------------------------------------------

    async def _issue(self, code: str) -> None:
        """Claim a letter, bind its number, send it. After a crash between the two the register still knows the number."""
        intents, context, clock = self._intents, self._desk.context, self._parts.clock
        claim_for = timedelta(seconds=self._desk.settings.claim_seconds)
        until = epoch_ms(clock.now() + claim_for)
        claimed = await CODEC.ask(intents, [code], lambda dossier: claim_letter(dossier, until, context.ground()), clock)
        if not claimed[code]:
            return
        number, year = await bind(self._parts.store, claimed[code], moment(epoch_ms(clock.now())).year, code)
        self._parts.crash.passed("after-bind")
        await CODEC.change(intents, [code], lambda dossier: issue(dossier, number, year, context.ground()), clock)

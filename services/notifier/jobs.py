"""Sending and issuing: claim first, and a claim that got stuck is picked up by a rule, never by chance."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import get_args

from contracts.facts import epoch_ms
from contracts.notices import Notice, NoticeKind
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.loop import Loop
from runtime.outputs import EventT
from runtime.parts import Parts
from runtime.sealing import Opener, Shut
from services.changes import Answering
from services.notifier.domain import Contact, Dossier, Invitation, Person, Sending
from services.notifier.domain.ground import Heeded, Lookup
from services.notifier.domain.letter import Issuing
from services.notifier.domain.letter_links import LetterLinks
from services.notifier.domain.locked import Locked
from services.notifier.domain.notice import APOLOGY, EMAIL
from services.notifier.domain.outcome import Answer, Tried, settle_all
from services.notifier.domain.saying import skip_reasons
from services.notifier.domain.sending import Claims, Outgoing, claim_due
from services.notifier.domain.unsigned import Obstacle
from services.notifier.gateways.lines import Switchboard
from services.notifier.handlers import Context
from services.notifier.heeding import Heeding, wish_book
from services.notifier.issuing import issue_letter
from services.notifier.papers import Press, paper_of
from services.notifier.patience import patiently
from services.notifier.settings import NotifierSettings
from services.notifier.shelf import Shelf
from services.notifier.signatures import NO_KEYS, Signatures
from services.notifier.store import CODEC, count_waiting, find_one
from services.notifier.turns import Turns

Answers = Mapping[str, Mapping[Notice, Tried]]  # dossier -> which message -> what became of it
HeededBy = Mapping[tuple[str, NoticeKind], Heeded]
AT_ONCE = 20  # dossiers claimed in one save
LOOK_SECONDS = 1.0  # while messages are on their way it is looked so often for more
CLOSED_SECONDS = 20.0  # while no gateway takes anything, what needs none is done so often


@dataclass(frozen=True, slots=True)
class Desk:
    """What a message needs: the gateways, the key to the contact, and the settings; and a letter, the keys of who signs."""

    board: Switchboard
    opener: Opener
    settings: NotifierSettings
    context: Context
    lookup: Lookup | None = None
    letters: LetterLinks | None = None
    shelf: Shelf = field(default_factory=Shelf)
    signatures: Signatures = NO_KEYS

    @property
    def press(self) -> Press:
        """What papers are made with."""
        return Press(self.opener, self.signatures)

    def ground(self, via: str = "", claim: str = "", spread: float = 1.0) -> Sending:
        """What sending may look at now. `via`, `claim`, `spread`: of messages that go out now."""
        return Sending(
            now=self.context.clock.now(),
            reference=self.context.reference,
            person_of=self.person_of,
            link_of=self.link_of,
            lookup=self.lookup,
            letters=self.letters,
            texts=self.shelf.texts,
            claim_for=timedelta(seconds=self.settings.claim_seconds),
            contact_wait=timedelta(hours=self.settings.contact_wait_hours),
            public_url=self.settings.public_url,
            gateways=self.board.deduplicating,
            via=via,
            opened=self.board.opened(),
            claim=claim,
            spread=spread,
            receipts=self.board.with_receipts,
            patience={kind: timedelta(minutes=wait) for kind, wait in self.settings.receipt_minutes.items()},
        )

    def person_of(self, contact: Contact) -> Person | Locked | None:
        """Whom a sealed contact names; None if its key was given up."""
        opened = self.opener.open(contact.epoch, contact.sealed)
        if isinstance(opened, str):
            return _locked(contact.epoch, opened)
        return Person(*(str(opened.get(name, "")) for name in ("name", "phone", "address", "email")))

    def link_of(self, invitation: Invitation) -> str | Locked | None:
        """Where a person may rate; None if its key was given up."""
        opened = self.opener.open(invitation.epoch, invitation.sealed)
        if isinstance(opened, str):
            return _locked(invitation.epoch, opened)
        return str(opened.get("link", ""))


def _locked(epoch: int, why: Shut) -> Locked | None:
    return None if why == "retired" else Locked(epoch, why)


@dataclass(frozen=True, slots=True)
class Flight:
    """A message on its way, under a claim."""

    code: str
    name: Notice
    outgoing: Outgoing
    claim: str


class Dispatcher:
    """Sends and issues what is due in the partitions of this instance.

    What is claimed is on its way at once, and each answer is settled when it comes: none waits for a slower one beside it.
    """

    def __init__(self, parts: Parts, loop: Loop[EventT], intents: Intents, desk: Desk) -> None:
        self._parts, self._loop, self._intents, self._desk = parts, loop, intents, desk
        self._flights: dict[asyncio.Task[Answer], Flight] = {}
        self._pass: asyncio.Task[None] | None = None
        self._heeding = Heeding(parts, intents, wish_book(parts, desk.settings))
        self._claim_for = timedelta(seconds=desk.settings.claim_seconds)
        self._in_hand, self._leaving, self._closed_until = 0, False, 0.0
        self._locks = frozenset[Locked]()  # what waited for keys at the last measurement

    async def run(self) -> None:
        """One pass over everything that is due. A service that stops finishes what it claimed, or it would be uncertain."""
        now = self._parts.clock.now()
        self._pass = asyncio.create_task(self._all_due())
        try:
            await asyncio.shield(self._pass)
        except asyncio.CancelledError:
            self._leaving = True
            raise
        self._parts.telemetry.set("sent_seconds", now.timestamp())

    async def drain(self) -> None:
        """Wait for what is being sent; nothing more is claimed."""
        self._leaving = True
        if self._pass is not None:
            await asyncio.gather(self._pass, return_exceptions=True)

    async def measure(self) -> None:
        """Set the gauges of what is due, of messages that a person has to look at, and of the gateways."""
        waiting = await count_waiting(self._parts.store, epoch_ms(self._parts.clock.now()))
        self._parts.telemetry.set("notices_due", self._in_hand + len(self._flights) + waiting.due)
        self._parts.telemetry.set("notices_uncertain", waiting.held)
        self._parts.telemetry.set("notices_failed", waiting.failed)
        self._parts.telemetry.set("notices_unreached", waiting.unreached)
        self._parts.telemetry.set("notices_taken_back", waiting.taken_back)
        self._parts.telemetry.set("letters_drafted", waiting.drafted)
        for why in get_args(Obstacle):
            self._parts.telemetry.set("letters_unsigned", waiting.unsigned.get(why, 0), reason=why)
        for unit, end in self._desk.signatures.ends().items():
            self._parts.telemetry.set("certificate_ends_seconds", end.timestamp(), unit=unit)
        self._desk.board.measure()
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

    async def _all_due(self) -> None:
        """Take what is due while there is room for it, and settle what is answered."""
        turns, more = Turns(self._parts, self._loop.owns), True
        try:
            while (more and not self._leaving) or self._flights:
                room = self._desk.board.room()
                taking = not self._leaving and more and (room is not None or not self._flights)
                more = (
                    await self._take(turns, "" if room is None else room.via, room.count if room else AT_ONCE)
                    if taking
                    else more
                )
                await self._settle_answered(wait=not taking or not more)
                more = more or bool(self._flights)
        finally:
            if self._flights:  # an error of the pass: what is on its way is settled all the same
                await asyncio.wait(self._flights)
                await self._settle_answered(wait=False)

    async def _take(self, turns: Turns, via: str, count: int) -> bool:
        """Begin what comes next; False if nothing is due, or nothing that needs no gateway while none is open."""
        await patiently(self._parts, lambda: self._desk.shelf.refresh(self._parts))
        now = self._parts.machine.monotonic()
        if not via and now < self._closed_until:
            return False
        dossiers = await turns.next(min(count, AT_ONCE))
        self._in_hand = len(dossiers)
        try:
            for dossier in dossiers:  # letters first: the message about a letter is due once it is numbered
                if isinstance(dossier.letter, Issuing):
                    press, ground = self._desk.press, self._desk.ground
                    await issue_letter(self._parts, self._intents, press, ground, dossier, self._claim_for)
            await patiently(self._parts, lambda: self._heeding.keep(dossiers, self._ground("", "")))
            await self._begin(dossiers, via)
        finally:
            self._in_hand = 0
        if not via and not dossiers:
            self._closed_until = now + CLOSED_SECONDS
        return bool(dossiers)

    # --- messages -----------------------------------------------------------------

    async def _begin(self, dossiers: Sequence[Dossier], via: str) -> None:
        """Claim what is due of these dossiers, in one save for all, and send it on its way."""
        if not dossiers:
            return
        ground = self._ground(via, "")
        heeded = await patiently(self._parts, lambda: self._heeding.heeded(dossiers, ground)) if via else {}
        claim, asked = self._parts.machine.new_id(), self._parts.machine.monotonic()
        codes = [dossier.code for dossier in dossiers]
        claimed = {code: claims for code, claims in (await self._claim(codes, via, claim, heeded)).items() if claims}
        if not claimed:
            return
        self._parts.crash.passed("after-claim")
        give_up_at = asked + self._desk.settings.claim_seconds / 2
        for code, claims in claimed.items():
            for name, outgoing in claims.items():
                sending = self._hand_over(code, name, outgoing, give_up_at)
                self._flights[asyncio.create_task(sending)] = Flight(code, name, outgoing, claim)

    async def _hand_over(self, code: str, name: Notice, outgoing: Outgoing, give_up_at: float) -> Answer:
        """To its gateway; the e-mail about a letter takes the letter along, and waits for a store that does not answer."""
        sms = outgoing.sms
        if name == APOLOGY and outgoing.via == EMAIL:
            try:
                sms = replace(sms, pdf=await self._paper(code))
            except Unavailable:
                return Answer("busy", "no paper yet")
        return await self._desk.board.send(outgoing.via, sms, give_up_at)

    async def _paper(self, code: str) -> bytes:
        """The letter of a dossier as it was issued; nothing where it is not kept, so that its message tells of it alone."""
        try:
            dossier = await find_one(self._parts.store, code)
            paper = None if dossier is None else await paper_of(self._parts, self._desk.opener, dossier)
        except Unavailable:
            raise
        except Exception:
            self._parts.log.exception("the paper of a letter could not be read", dossier=code)
            return b""
        return paper if isinstance(paper, bytes) else b""

    async def _claim(self, codes: Sequence[str], via: str, claim: str, heeded: HeededBy) -> Mapping[str, Claims]:
        """Asked again until it is known to be saved: under the same claim it is the same. What cannot be decided about one
        dossier does not hold up the others. What is due waits until the log has it, and until a store that was brought
        back was compared with the log: from there alone it learns who may have been told."""
        skipped = dict[str, list[str]]()

        def decide(dossier: Dossier) -> Answering[Dossier, Claims]:
            found = claim_due(dossier, replace(self._ground(via, claim), heeded=heeded))
            skipped[dossier.code] = skip_reasons(found.said)
            return found

        def once() -> Awaitable[Mapping[str, Claims]]:
            return CODEC.ask(self._intents, codes, decide, self._parts.clock, sure_only=True)

        try:
            claims = await patiently(self._parts, once)
        except Exception:
            if len(codes) == 1:
                self._parts.log.exception("a message could not be claimed", dossier=codes[0])
                return {}
            return {code: claims for one in codes for code, claims in (await self._claim([one], via, claim, heeded)).items()}
        for reason in (reason for reasons in skipped.values() for reason in reasons):  # once it is saved
            self._parts.telemetry.count("notices_skipped", reason=reason)
        return claims

    def _ground(self, via: str, claim: str) -> Sending:
        return self._desk.ground(via, claim, self._parts.machine.jitter(0.8, 1.2))

    async def _settle_answered(self, *, wait: bool) -> None:
        """Settle what is answered, in one save. `wait`: nothing else is to be done before the next answer."""
        if not self._flights:
            return
        done, _ = await asyncio.wait(self._flights, timeout=LOOK_SECONDS if wait else 0, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            return
        self._parts.crash.passed("after-send")
        room, answers = self._desk.board.room(), dict[str, dict[Notice, Tried]]()
        for task in done:
            flight = self._flights[task]
            elsewhere = room is not None and flight.outgoing.via not in (room.via, EMAIL)
            tried = Tried(flight.outgoing.sms, _answer_of(task), flight.claim, elsewhere)
            answers.setdefault(flight.code, {})[flight.name] = tried
        await self._settle(answers)
        for task in done:
            del self._flights[task]
        for tried in (tried for own in answers.values() for tried in own.values()):
            self._parts.telemetry.count("messages", outcome=tried.answer.outcome)

    async def _settle(self, answers: Answers) -> None:
        """Note what the gateways said, again and again until it is saved. One that cannot be saved spoils no other."""

        def once() -> Awaitable[None]:
            return CODEC.change(
                self._intents,
                answers,
                lambda dossier: settle_all(dossier, answers[dossier.code], self._ground("", "")),
                self._parts.clock,
            )

        try:
            await patiently(self._parts, once)
        except Exception:
            if len(answers) == 1:
                self._parts.log.exception("an answer could not be noted", dossier=next(iter(answers)))
                return
            for code, own in answers.items():
                await self._settle({code: own})


def _answer_of(task: asyncio.Task[Answer]) -> Answer:
    """What a message's own task ended with: whatever that is, it is this message's alone."""
    with suppress(asyncio.CancelledError):
        return task.result()
    return Answer("uncertain", "cancelled")

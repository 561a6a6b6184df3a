"""The job that sends digests: looks what is due, claims it in the store, sends it, and writes down what became of it.

Claimed first: of two fronts one sends, and one that dies in between leaves a claim, which ends as uncertain and is never sent
again by itself.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.mail import Mail, Mailing
from runtime.parts import Parts
from services.front import store
from services.front.digests.questions import Questions
from services.front.domain.digests import Kind, Slot, UnitToday, Written, slots_of, written
from services.front.domain.mailed import Became, Mailed, State, claimed, quiet, settled
from services.front.journal import Journal

KEPT = timedelta(days=90)
WORDS: Mapping[State, str] = {
    State.SENT: "đã gửi",
    State.REFUSED: "máy chủ thư từ chối hộp thư",
    State.UNCERTAIN: "không rõ đã gửi hay chưa, không gửi lại",
    State.MISSED: "không gửi được trong ngày",
}
Known = Mapping[str, tuple[Mailed, int]]


class _LaterError(Exception):
    """What everything needs does not answer: the rest waits for the next run."""


class Digests:
    """Digests of all units. `address`: where officers reach the pages."""

    def __init__(self, parts: Parts, questions: Questions, mail: Mail, journal: Journal, address: str) -> None:
        self._parts, self._questions, self._mail, self._journal = parts, questions, mail, journal
        self._address = address
        self._unsure: set[str] = set()  # claims that the store did not confirm: nothing was sent under them
        self._unsaved: list[tuple[Mailed, int]] = []  # what became of digests, and the store does not know yet
        self._sending: asyncio.Task[Mailed] | None = None
        self._away = False  # whether the server took nothing the last time

    async def run(self) -> None:
        """One look at all units. Raises Unavailable."""
        now = self._parts.clock.now()
        await self._finish()
        units = await self._questions.units()
        if units is None:
            return
        without = sum(unit.working and not unit.mailboxes for unit in units)
        self._parts.telemetry.set("digest_units_without_mailbox", without)
        due = [(unit, slot) for unit in units if unit.mailboxes for slot in slots_of(unit, now)]
        known = await store.digests(self._parts.store, [slot.id for _, slot in due])
        try:
            for unit, slot in due:
                await self._one(unit, slot, known)
        except _LaterError:
            return
        finally:
            await self._mail.rest()
        self._parts.telemetry.set("digests_seconds", now.timestamp())

    async def drain(self) -> None:
        """Wait for what is being sent, and give the connection back."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        await self._mail.rest()

    async def forget_old(self) -> None:
        """Forget what became of digests of long ago. Raises Unavailable."""
        day = self._parts.clock.now().astimezone(OFFICE_TIME).date() - KEPT
        await store.forget_digests(self._parts.store, day)

    # --- one digest ---------------------------------------------------------------------------------------------------------

    async def _one(self, unit: UnitToday, slot: Slot, known: Known) -> None:
        """Raises _LaterError, Unavailable."""
        before, rev = known.get(slot.id, (None, 0))
        if before is not None and not self._goes_on(before):
            return
        content = await self._questions.of(unit.unit)
        if content is None:
            raise _LaterError
        if not content.worth(slot.kind):
            if content.whole:
                await self._quiet(slot, rev)
            return
        mailed = await self._claim(slot, before, unit.mailboxes, rev)
        if mailed is not None:
            now = self._parts.clock.now()
            await self._sent(mailed, rev + 1, written(slot.kind, unit, content, now, self._address))

    async def _quiet(self, slot: Slot, rev: int) -> None:
        if await store.save_digest(self._parts.store, quiet(slot, self._parts.machine.wall()), rev):
            self._count(slot.kind, State.QUIET)

    async def _claim(self, slot: Slot, before: Mailed | None, boxes: tuple[str, ...], rev: int) -> Mailed | None:
        """The digest as ours, one revision on; None if it is another's. Raises Unavailable: then it may be ours."""
        mine = claimed(slot, before, boxes, self._parts.machine.new_id(), self._parts.machine.wall())
        self._unsure.add(mine.claim)
        got = await store.save_digest(self._parts.store, mine, rev)
        self._unsure -= {mine.claim, "" if before is None else before.claim}
        return mine if got else None

    def _goes_on(self, before: Mailed) -> bool:
        """Whether it is to be tried again, or was claimed by us without our knowing."""
        unsure = before.state is State.CLAIMED and before.claim in self._unsure
        return unsure or before.due(self._parts.machine.wall())

    async def _sent(self, mailed: Mailed, rev: int, words: Written) -> None:
        """Send what is claimed. Shielded: a service that stops finishes it, or nobody would know. Raises _LaterError."""
        self._sending = asyncio.create_task(self._send(mailed, rev, words))
        after = await asyncio.shield(self._sending)
        if after.state is State.WAITING and self._away:
            raise _LaterError

    async def _send(self, mailed: Mailed, rev: int, words: Written) -> Mailed:
        name = mailed.id.replace("/", ".")
        answers = await self._mail.send(Mailing(name, mailed.pending, words.subject, words.text, self._parts.clock.now()))
        became = {box: Became(answer.outcome) for box, answer in answers.items()}
        self._away = Became.AWAY in became.values()
        self._parts.telemetry.set("mail_away", int(self._away))
        why = sorted({answer.why for answer in answers.values() if answer.outcome != "taken"})
        if why:
            self._parts.log.warning("a digest was not taken by all", digest=mailed.id, why=why)
        self._parts.telemetry.count("digest_mailboxes_refused", sum(each is Became.REFUSED for each in became.values()))
        after = settled(mailed, became, self._parts.machine.wall())
        await self._note(after, rev)
        return after

    # --- what became of them ------------------------------------------------------------------------------------------------

    async def _note(self, after: Mailed, rev: int) -> None:
        try:
            kept = await store.save_digest(self._parts.store, after, rev)
        except Unavailable:
            self._unsaved.append((after, rev))
            kept = True
        if kept:
            self._count(Kind.WARNING if f"/{Kind.WARNING}" in after.id else Kind.MORNING, after.state)
            if after.state is not State.WAITING:
                await self._journal.mailed(after.id, _words(after))

    async def _finish(self) -> None:
        """Write down what could not be, and end what nobody can finish. Raises Unavailable."""
        while self._unsaved:
            await store.save_digest(self._parts.store, *self._unsaved[0])
            self._unsaved.pop(0)
        now, wall = self._parts.clock.now(), self._parts.machine.wall()
        waiting = 0
        for mailed, rev in await store.unfinished(self._parts.store):
            after = mailed if mailed.claim in self._unsure else mailed.ended(now, wall)
            waiting += after.state is State.WAITING
            if after is not mailed:
                self._parts.log.error("a digest was not sent, or nobody knows", digest=after.id, became=after.state.value)
                await self._note(after, rev)
        self._parts.telemetry.set("digests_waiting", waiting)

    def _count(self, kind: Kind, became: State) -> None:
        self._parts.telemetry.count("digests", kind=kind.value, became=became.value)


def _words(mailed: Mailed) -> str:
    """For the journal: what became of it, and of how many mailboxes."""
    counted = ((mailed.taken, "hộp thư nhận"), (mailed.refused, "bị từ chối"), (mailed.uncertain, "không rõ"))
    parts = [f"{len(boxes)} {words}" for boxes, words in counted if boxes]
    return WORDS[mailed.state] + (f" ({', '.join(parts)})" if parts else "")

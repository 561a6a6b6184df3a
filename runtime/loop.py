"""The consumer loop: decode, load, decide, save, publish, wait for acks, commit. Nothing lost, nothing twice.

For records the uncommitted offset is the outbox. A crash anywhere repeats the batch; a repeated record finds its fact
known and publishes the outputs recorded beside it again, under the same ids.

While one batch is published, the next is decoded, decided and saved: never more than one ahead, and published in order.
What a part says that is not about one record makes the loop wait; docs/reactions.md has the table.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from runtime.batch import Batches, Item, Saved, left_out
from runtime.brake import Brake
from runtime.errors import Unavailable
from runtime.log import Handled, Lease, Partition, Record, TooLargeError, Wire
from runtime.log.group import first_offsets
from runtime.outputs import EventT, Rules
from runtime.parts import Parts
from runtime.places import partition_of

Result = TypeVar("Result")
PAUSE = 1.0  # seconds between looks while braked, and after a failure nobody foresaw


class _GivenUpError(Exception):
    """A part stayed away for too long, or the partitions went: the batch goes back to the log."""


@dataclass(slots=True)
class LoopState:
    """What the loop says of itself; read by health and metrics. What is known of partitions lies in the lease."""

    gap: str = ""  # why it refuses to go on: records have vanished (setting refuse_gaps)
    moved_at: datetime | None = None  # wall clock of the last sign of progress, waiting with a reason included


class Loop(Generic[EventT]):
    """One consumer group and one loop per service, over all its dossier-keyed topics."""

    def __init__(self, parts: Parts, rules: Rules[EventT], topics: Sequence[str]) -> None:
        self.parts, self.rules, self.topics = parts, rules, tuple(topics)
        self.state = LoopState()
        self.brake = Brake(parts)
        self.batches = Batches(parts, rules)
        self.partitions = 0  # how many the topics have, as far as known
        self._publishing: asyncio.Task[bool] | None = None
        self.resting = False  # while the store is brought back nothing is decided: timers and senders rest
        self._counted_for: Lease | None = None
        self._leaving = False
        self._seen: dict[Partition, int] = {}  # next offset per partition, for refuse_gaps

    def leave(self) -> None:
        """Take no further batch, and wait no longer for parts that do not answer."""
        self._leaving = True

    async def drain(self) -> None:
        """Take no further batch, and finish the one being published."""
        self.leave()
        if self._publishing is not None:
            await self._publishing

    # --- one batch ----------------------------------------------------------

    async def handle(self, lease: Lease, records: Sequence[Record]) -> None:
        """Save a batch while the one before is being published; then publish and commit it in the background."""
        started = False
        try:
            if self._leaving:
                await self.parts.machine.sleep(PAUSE / 4)  # it comes again until the broker stops
                return
            if self.brake.engaged or self.state.gap:
                await self.parts.machine.sleep(PAUSE)
            else:
                started = await self._save_and_start(lease, records)
        except _GivenUpError:
            self.parts.log.warning("a batch goes back to the log", records=len(records))
        except Exception:
            self.parts.telemetry.count("batches_failed")
            self.parts.log.exception("a batch failed and goes back to the log")
            await self.parts.machine.sleep(PAUSE)
        finally:
            if not started:
                self.parts.topics.give_back(lease, first_offsets(records))

    async def _save_and_start(self, lease: Lease, records: Sequence[Record]) -> bool:
        """False if the batch before could not be published, or the brake engages: this one has to come again."""
        if not self._without_gap(records):
            return False
        first_seen = self.parts.machine.wall()
        begun = self.parts.machine.monotonic()
        saved, attempts = await self._patiently(lease, lambda: self.batches.save(lease, records))
        self.parts.telemetry.observe("batch_seconds", self.parts.machine.monotonic() - begun)
        failed = saved.failed
        if self.brake.judge(len(failed), len(saved.items)):
            await self.brake.engage(f"{len(failed)} of {len(records)} records failed: {failed[-1].reason}")
            return False
        self.parts.crash.passed("after-save")
        saved.wires += [self.batches.dead_letter(item, first_seen, attempts) for item in failed]
        if self._publishing is not None and not await self._publishing:
            self._publishing = None
            return False
        self._publishing = asyncio.create_task(self._publish(lease, saved))
        return True

    async def _publish(self, lease: Lease, saved: Saved[EventT]) -> bool:
        """Publish and commit a saved batch; False if it went back to the log."""
        try:
            await self._patiently(lease, lambda: self._publish_all(saved.wires))
            self.parts.crash.passed("after-publish")
            if await self._commit(lease, saved.items):
                return True
        except _GivenUpError:
            self.parts.log.warning("a batch goes back to the log unpublished", records=len(saved.items))
        except Exception:
            self.parts.telemetry.count("batches_failed")
            self.parts.log.exception("publishing failed; the batch goes back to the log")
        self.parts.topics.give_back(lease, first_offsets(item.record for item in saved.items))
        return False

    async def _publish_all(self, wires: list[Wire]) -> None:
        """Publish; what the log will never take is parked as a note of its place and digest. Raises Unavailable."""
        if not wires:
            return
        try:
            await self.parts.topics.publish(wires)
        except TooLargeError as error:
            for number in error.numbers:
                self.parts.telemetry.count("records_too_large", topic=wires[number].topic)
                self.parts.log.critical("a record is larger than the log takes", topic=wires[number].topic)
                wires[number] = left_out(wires[number], f"{self.parts.name}.dlq")
            await self.parts.topics.publish(wires)

    async def _patiently(self, lease: Lease, work: Callable[[], Awaitable[Result]]) -> tuple[Result, int]:
        """Do it until no part is unavailable; returns the result and the number of tries.

        Raises _GivenUpError before the group would take this instance for stuck, and when the lease has ended meanwhile.
        """
        machine = self.parts.machine
        give_up, attempts = machine.monotonic() + self.parts.settings.patience_seconds, 0
        while True:
            attempts += 1
            try:
                return await work(), attempts
            except Unavailable as error:
                self.parts.telemetry.count("backoffs")
                self.parts.log.warning("waiting for a part", reason=str(error), attempts=attempts)
                self._moved()
                if machine.monotonic() > give_up or self._leaving or not lease.alive:
                    raise _GivenUpError from error
                await machine.sleep(min(10.0, 0.1 * 2 ** min(attempts, 7)) * machine.jitter(0.5, 1.0))

    async def _commit(self, lease: Lease, items: Sequence[Item[EventT]]) -> bool:
        """Commit what was published; False if the lease has ended: whoever has the partitions now reads it again."""
        ends = {item.partition: item for item in items}
        offsets = {partition: item.record.offset + 1 for partition, item in ends.items()}
        done, _ = await self._patiently(lease, lambda: self.parts.topics.commit(lease, offsets))
        if not done:
            self.parts.log.warning("partitions moved before the commit; the batch comes again")
            return False
        for partition, item in ends.items():
            lease.handled[partition] = Handled(item.record.offset + 1, item.time)
        for topic, count in Counter(item.record.topic for item in items).items():
            self.parts.telemetry.count("records_handled", count, topic=topic)
        self._moved()
        self.parts.crash.passed("after-commit")
        return True

    def _moved(self) -> None:
        self.state.moved_at = self.parts.machine.wall()

    def _without_gap(self, records: Sequence[Record]) -> bool:
        """The embedded broker drops its oldest records silently: refuse to go on over a hole (setting refuse_gaps)."""
        if not self.parts.settings.refuse_gaps:
            return True
        for record in records:
            partition = Partition(record.topic, record.partition)
            expected = self._seen.get(partition, 0)
            if record.offset > expected:
                self.state.gap = f"{partition}: offset {expected} is gone"
                self.parts.log.critical("records have vanished from the log", reason=self.state.gap)
                return False
            self._seen[partition] = record.offset + 1
        return True

    # --- where we are -------------------------------------------------------

    def owns(self, key: str) -> bool:
        """Whether this instance's lease holds the documents of a key. Only avoids work: the revision decides."""
        lease = self.parts.topics.lease
        if lease is None or not self.partitions or self.resting:
            return False
        return Partition(self.topics[0], partition_of(key, self.partitions)) in lease.partitions

    async def places(self) -> tuple[dict[Partition, Handled], dict[Partition, int]]:
        """How far each partition of the lease was handled, and where its log ends; nothing without a lease.

        Raises Unavailable.
        """
        lease = self.parts.topics.lease
        if lease is None:
            return {}, {}
        await self.parts.topics.learn(lease)
        ends = await self.parts.topics.ends(lease.partitions)
        if not lease.alive:
            return {}, {}
        if self._counted_for is not lease:  # more partitions than before come with another lease
            self.partitions = (await self.parts.topics.partitions(self.topics[:1])).get(self.topics[0], 0)
            self._counted_for = lease
        return {partition: replace(at) for partition, at in lease.handled.items()}, ends

"""Known faults, brought back one at a time: each is a small variation of the real code that the simulation must find.

planted.json says which seed finds each. A change of the code moves what happens in a seed: `./dev simulate --record` finds
them anew and writes the file; a fault that is no longer found within its bound is a fault of the simulation.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

import runtime.batch
import runtime.intents
import runtime.timers
import tests.simulation.world
from contracts import Event
from contracts.petitions import PetitionStated
from runtime.batch import Batches, Item, Saved
from runtime.brake import Brake
from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.log import Handled, Lease, Offsets, Partition, Record, TooLargeError, Wire
from runtime.log.group import Group
from runtime.log.memory import MemoryLog
from runtime.loop import Loop, _GivenUpError
from runtime.parts import INTENTS
from runtime.store import Document, Documents, Range
from runtime.store.memory import MemoryDocuments
from runtime.timers import Timers
from services.changes import Answering, Changed
from services.feedback import petitions, responses
from services.feedback import recovery as feedback_recovery
from services.feedback.domain.clocks import Clocks
from services.feedback.domain.petition import Petition, Running
from services.feedback.responses import ResponseRoom
from services.feedback.vault import Vault
from services.feedback.waiting import CELL, DAY
from services.notifier.domain import Dossier, Sending, client_id, outcome, sending
from services.notifier.domain.notice import Claimed, put_back
from services.notifier.domain.outcome import Sms

Patch = tuple[Any, str, Any]  # owner, name, what stands there instead


# --- the store ------------------------------------------------------------------------------------------------------


async def _fenced_without_fence(self: Intents, identity: str, ids: Iterable[str]) -> list[Document]:
    documents = await self.parts.store.get_many(self._collection, ids)
    return [document for document in documents.values() if runtime.intents._shows(document, identity)]


def _odd_answers_are_no_unavailable(real: Callable[[str, int], Exception]) -> Callable[[str, int], Exception]:
    class OperationFailureError(Exception):
        """What a driver raises."""

    return lambda part, number: OperationFailureError(str(number)) if part == "store" else real(part, number)


def _blind_save_many(real: Any, of: str = "") -> Any:
    """Nobody hears which documents were lost. `of`: in this collection alone; "" in all."""

    async def save_many(self: MemoryDocuments, collection: str, documents: Sequence[Document]) -> set[str]:
        lost: set[str] = await real(self, collection, documents)
        return lost if of and of != collection else set()

    return save_many


# --- intents --------------------------------------------------------------------------------------------------------


async def _save_without_intent(self: Intents, _identity: str, _ids: tuple[str, ...], changed: Sequence[Document]) -> set[str]:
    return await self._save_changed(changed)


async def _save_then_intent(self: Intents, identity: str, ids: tuple[str, ...], changed: Sequence[Document]) -> set[str]:
    lost = await self._save_changed(changed)
    at = epoch_ms(self.parts.machine.wall())
    if ids:
        entry = {"_id": identity, "at": at, "of": self._collection, "ids": list(ids)}
        await self.parts.store.insert_unique(INTENTS, entry)
    return lost


def _publish_after_delete(real: Any) -> Any:
    async def publish(self: Intents, identity: str, wires: Sequence[Wire]) -> None:
        await self.parts.store.delete_many(INTENTS, [identity])
        await real(self, identity, wires)

    return publish


# --- the log --------------------------------------------------------------------------------------------------------


async def _publish_too_large_again(self: Loop[Any], wires: list[Wire]) -> None:
    try:
        await self.parts.topics.publish(wires)
    except TooLargeError as error:
        raise Unavailable("kafka: MessageSizeTooLargeError") from error


def _publish_without_acks(real: Any) -> Any:
    sent: list[asyncio.Task[None]] = []

    async def quietly(self: MemoryLog, records: list[Wire]) -> None:
        try:
            await real(self, records)
        except Unavailable:
            return

    async def publish(self: MemoryLog, records: Iterable[Wire]) -> None:
        sent.append(asyncio.create_task(quietly(self, list(records))))
        await asyncio.sleep(0)

    return publish


async def _commit_and_end(self: Loop[Any], lease: Lease, items: Sequence[Item[Any]]) -> bool:
    offsets = {item.partition: item.record.offset + 1 for item in items}
    done, _ = await self._patiently(lease, lambda: self.parts.topics.commit(lease, offsets))
    if not done:
        self.parts.machine.end_within(0.0)
    for item in items:
        lease.handled[item.partition] = Handled(item.record.offset + 1, item.time)
    return done


async def _commit_whatever_moved(self: Group, lease: Lease, offsets: Offsets) -> bool:
    try:
        await self._consumer().commit({self._place(partition): offset for partition, offset in offsets.items()})
    except runtime.log.group.MOVED:
        return False
    except Exception as error:
        raise Unavailable(str(error)) from error
    lease.committed.update(offsets)
    return True


def _commit_too_far(real: Any) -> Any:
    async def commit(self: MemoryLog, lease: Lease, offsets: Offsets) -> bool:
        done: bool = await real(self, lease, {partition: offset + 1 for partition, offset in offsets.items()})
        return done

    return commit


def _offsets_behind(records: Iterable[Record]) -> dict[Partition, int]:
    return {Partition(record.topic, record.partition): record.offset + 1 for record in records}


def _commit_then_save(real: Any) -> Any:
    async def save_and_start(self: Loop[Any], lease: Lease, records: Sequence[Record]) -> bool:
        await self._patiently(lease, lambda: self.parts.topics.commit(lease, _offsets_behind(records)))
        started: bool = await real(self, lease, records)
        return started

    return save_and_start


def _commit_then_publish(real: Any) -> Any:
    async def publish(self: Loop[Any], lease: Lease, saved: Saved[Any]) -> bool:
        offsets = _offsets_behind(item.record for item in saved.items)
        try:
            await self._patiently(lease, lambda: self.parts.topics.commit(lease, offsets))
        except _GivenUpError:
            return False
        published: bool = await real(self, lease, saved)
        return published

    return publish


def _assigned_with_old_knowledge(real: Any) -> Any:
    async def assigned(self: Group, places: Iterable[TopicPartition]) -> None:
        known: dict[Partition, Handled] = self.__dict__.setdefault("known", {})
        await real(self, places)
        if self.lease is not None:
            self.lease.handled = known  # of whatever lease it was learned under

    return assigned


def _learned_nothing_new(real: Any) -> Any:
    def learned(self: Group, lease: Lease, partition: Partition, committed: int) -> None:
        before = lease.handled.get(partition)
        real(self, lease, partition, committed)
        if before is not None:
            lease.handled[partition] = before

    return learned


def _save_with_position_for_committed(real: Any) -> Any:
    async def save(self: Batches[Any], lease: Lease, records: Sequence[Record]) -> Saved[Any]:
        known, lease.committed = lease.committed, dict(lease.committed)
        for record in reversed(records):
            lease.committed[Partition(record.topic, record.partition)] = record.offset
        try:
            saved: Saved[Any] = await real(self, lease, records)
        finally:
            lease.committed = known
        return saved

    return save


# --- brake and timers -----------------------------------------------------------------------------------------------


def _judge_without_failures(self: Brake, failed: int, handled: int) -> bool:
    settings = self._parts.settings
    self._outcomes.extend([False] * (handled - failed) + [True] * failed)
    return len(self._outcomes) >= settings.brake_window and sum(self._outcomes) > settings.brake_share * len(self._outcomes)


def _handle_and_swallow(real: Any) -> Any:
    async def handle(self: Loop[Any], lease: Lease, records: Sequence[Record]) -> None:
        start = self._save_and_start

        async def start_or_forget(lease: Lease, records: Sequence[Record]) -> bool:
            try:
                return await start(lease, records)
            except IndexError:
                return True  # neither published nor given back

        self._save_and_start = start_or_forget  # type: ignore[method-assign]
        try:
            await real(self, lease, records)
        finally:
            del self._save_and_start

    return handle


def _no_watermarks(
    now: datetime, handled: Mapping[Partition, Handled], _ends: Mapping[Partition, int]
) -> dict[int, datetime | None]:
    return {partition.number: now for partition in handled}


async def _never_ahead(_self: Timers, _wall: datetime) -> timedelta:
    return timedelta()


# --- messages -------------------------------------------------------------------------------------------------------


def _claim_again(dossier: Dossier, name: str, message: Claimed, ground: Sending) -> Answering[Dossier, Sms | None]:
    return sending._claim_now(dossier, name, message, ground)


async def _always_sure(*_: object) -> frozenset[str]:
    return frozenset()


class _NeverTakenBack(frozenset[str]):
    """Names what is unsure to whoever asks of one, and nothing to whoever takes back what was decided of all."""

    def __iter__(self) -> Iterator[str]:
        return iter(())


def _decided_stays(unsure_of: Callable[..., Awaitable[frozenset[str]]]) -> Callable[..., Awaitable[frozenset[str]]]:
    async def unsure(*args: Any) -> frozenset[str]:
        return _NeverTakenBack(await unsure_of(*args))

    return unsure


def _queue_again(dossier: Dossier, name: str, message: Claimed, ground: Sending) -> Changed[Dossier]:
    return Changed(dossier.with_message(name, put_back(message, ground.now_ms)))


def _fail_at_once(dossier: Dossier, name: str, message: Claimed, ground: Sending) -> Changed[Dossier]:
    return outcome.fail(dossier, name, message, ("technical", "500"), ground)


def _another_id() -> Callable[..., str]:
    tries = count()
    return lambda dossier, name, serial=1, channel="sms": client_id(dossier, name, serial + next(tries), channel)


def _nothing(*_: object) -> None:
    return None


# --- surveys and petitions ------------------------------------------------------------------------------------------------


async def _take_each_try(self: ResponseRoom, asking: Any, given: Mapping[str, str]) -> str | None:
    response = self._response(self.asked(asking), given)
    await self.parts.store.insert_unique(responses.RESPONSES, {"_id": response.id, **responses.dump(response)})
    return response.form


def _named_by_try() -> Callable[..., tuple[str, str]]:
    tries, real = count(), Vault.name
    return lambda self, once, text: real(self, f"{once}/{next(tries)}", text)


def _stands_as_said(petition: Petition, event: Event, _: Clocks) -> Petition:
    data = event.data
    if not isinstance(data, PetitionStated) or data.version <= petition.version:
        return petition
    at, due = epoch_ms(data.at), None if data.due_at is None else epoch_ms(data.due_at)
    clock = None if data.clock is None or due is None else Running(data.clock, at, due, due, warned=True)
    return petition._replace(
        kind=data.kind,
        unit=data.unit,
        channel=data.channel,
        round=data.round,
        version=data.version,
        received=petition.received or at,
        begun=petition.begun or at,
        clock=clock,
    )


def _due_at_once(waiting: Iterable[Any], _: date) -> list[str]:
    return sorted(one.id for one in waiting if one.day is not None)


async def _every_cell(store: Documents, collection: str, _: date) -> list[str]:
    rows = await store.count_by(collection, {DAY: Range("")}, group=(CELL,))
    return [str(row.group[0]) for row in rows]


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault: how it is brought back, and within how many seeds it has to be found."""

    name: str
    patches: Callable[[], Sequence[Patch]]
    within: int
    service: str = "toy"  # whose worlds find it


PLANTS = (
    Plant("k1-intent-swept-before-its-save", lambda: [(Intents, "_fenced", _fenced_without_fence)], 500),
    Plant(
        "k2-store-errors-taken-for-invalid",
        lambda: [(tests.simulation.world, "_odd_answer", _odd_answers_are_no_unavailable(tests.simulation.world._odd_answer))],
        500,
    ),
    Plant(
        "k3-too-large-retried-for-ever",
        lambda: [(Loop, "_publish_all", _publish_too_large_again), (runtime.batch, "LARGEST_LETTER", 1 << 30)],
        200,
    ),
    Plant("k9-ends-itself-when-partitions-move", lambda: [(Loop, "_commit", _commit_and_end)], 200),
    Plant("k10-committed-too-far", lambda: [(Batches, "save", _save_with_position_for_committed(Batches.save))], 5000),
    Plant("k15-commit-under-another-generation", lambda: [(Group, "commit", _commit_whatever_moved)], 200),
    Plant(
        "k16-knowledge-outlives-its-lease",
        lambda: [
            (Group, "on_partitions_assigned", _assigned_with_old_knowledge(Group.on_partitions_assigned)),
            (Group, "_learned", _learned_nothing_new(Group._learned)),
        ],
        200,
    ),
    Plant(
        "k17-brake-without-failures",
        lambda: [(Brake, "judge", _judge_without_failures), (Loop, "handle", _handle_and_swallow(Loop.handle))],
        500,
    ),
    Plant("acks-not-awaited", lambda: [(MemoryLog, "publish", _publish_without_acks(MemoryLog.publish))], 200),
    Plant("commit-one-too-far", lambda: [(MemoryLog, "commit", _commit_too_far(MemoryLog.commit))], 200),
    Plant("commit-before-save", lambda: [(Loop, "_save_and_start", _commit_then_save(Loop._save_and_start))], 200),
    Plant("commit-before-publish", lambda: [(Loop, "_publish", _commit_then_publish(Loop._publish))], 200),
    Plant("outbox-forgotten", lambda: [(runtime.batch, "record_outputs", _nothing)], 200),
    Plant("intent-not-written", lambda: [(Intents, "_save", _save_without_intent)], 200),
    Plant("intent-after-the-save", lambda: [(Intents, "_save", _save_then_intent)], 200),
    Plant("intent-deleted-early", lambda: [(Intents, "_publish", _publish_after_delete(Intents._publish))], 200),
    Plant(
        "lost-revision-not-decided-again",
        lambda: [(MemoryDocuments, "save_many", _blind_save_many(MemoryDocuments.save_many))],
        200,
    ),
    Plant("no-rewind", lambda: [(MemoryLog, "give_back", _nothing)], 200),
    Plant("watermark-ignored", lambda: [(runtime.timers, "watermarks", _no_watermarks)], 1000),
    Plant("clock-ahead-believed", lambda: [(Timers, "_ahead", _never_ahead)], 500),
    Plant("a-stuck-claim-is-free", lambda: [(sending, "_stuck", _claim_again)], 200, "notifier"),
    Plant("told-before-the-log-knows-of-it", lambda: [(runtime.intents, "unsure_of", _always_sure)], 500, "notifier"),
    Plant(
        "done-though-its-save-was-refused",
        lambda: [(runtime.intents, "unsure_of", _decided_stays(runtime.batch.unsure_of))],
        500,
        "notifier",
    ),
    Plant("what-is-uncertain-is-tried-again", lambda: [(outcome, "_unknown", _queue_again)], 200, "notifier"),
    Plant("one-odd-answer-is-final", lambda: [(outcome, "_unknown", _fail_at_once)], 200, "notifier"),
    Plant("a-client-id-of-each-try", lambda: [(sending, "client_id", _another_id())], 200, "notifier"),
    Plant("an-answer-of-each-try", lambda: [(ResponseRoom, "take", _take_each_try)], 200, "feedback"),
    Plant("an-answer-sent-again-is-refused", lambda: [(responses, "_key", lambda _: "")], 200, "feedback"),
    Plant(
        "answers-said-as-they-come",
        lambda: [(responses, "due", _due_at_once), (responses, "due_cells", _every_cell)],
        200,
        "feedback",
    ),
    Plant("a-petition-of-each-try", lambda: [(Vault, "name", _named_by_try())], 200, "feedback"),
    Plant(
        "a-copy-forgets-what-clocks-said", lambda: [(feedback_recovery, "recall_petition", _stands_as_said)], 200, "feedback"
    ),
    Plant("a-petition-rings-by-a-wrong-clock", lambda: [(Timers, "_ahead", _never_ahead)], 500, "feedback"),
    Plant(
        "what-the-desk-did-is-undone",
        lambda: [(MemoryDocuments, "save_many", _blind_save_many(MemoryDocuments.save_many, petitions.PETITIONS))],
        200,
        "feedback",
    ),
)
FOUND_BY = Path(__file__).with_name("planted.json")  # plant -> seed


@contextmanager
def planted(plant: Plant | None) -> Iterator[None]:
    """The real code with this fault in it."""
    with ExitStack() as stack:
        for owner, name, replacement in plant.patches() if plant is not None else ():
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, replacement)
        yield

"""Whether a store belongs to the log, and how one that does not, or not wholly, is brought back to it.

A decision once said is a fact: it is read back from the topic it was said on and never taken anew. One mechanism serves an
empty store, a full store whose group lost its offsets, and a store restored from an older copy
(docs/decisions/0019-rebuild-and-restore.md):

1. A document of the store, `state/log`, remembers up to where the log was in the store: three *marks*, the first two at least
   a minute older than the last, because a copy of a running store is not one moment. A start begins from the first.
2. Before the first record, the service's own topics are read back from there. What they say is known, unless the store is
   older than what was said: then the service *recovers*.
3. While it recovers, records are absorbed: their facts are kept, nothing is decided, nothing is said.
4. Once the inputs are read up to where they ended at the start, each document is settled: what its facts say is compared with
   what was said, and only the difference is said. In a system without faults there is none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic

from runtime.alive import ALIVE
from runtime.clock import epoch_ms
from runtime.deadletters import Changes, letter_of, recalled
from runtime.errors import CannotStartError, Invalid
from runtime.log import Partition, Record
from runtime.loop import Loop
from runtime.outputs import UNSETTLED, Decision, EventT, Rules, new_document
from runtime.parts import INTENTS, STATE, Parts
from runtime.store import Document, Documents, Where

EARLIER = "rebuild"  # where an earlier release noted which version made the store
LOG = "log"  # id of the document in the collection `state`
SAID = "said"  # field of a document that recovers
MARK_MS = 60_000  # so long is a mark open; a copy of a store has to take less
IN_USE_MS = 30_000  # since the last note of `runtime.alive`, which comes every 15 s
ANCHOR_SECONDS = 1.0  # between looks at what recovers
NOTE_SECONDS = 5.0  # between notes of how far an instance has come
PAGE, AT_ONCE = 2000, 200
Places = dict[str, int]  # topic/partition -> offset
Step = Callable[[Document], Document]


def _subject(event: Any) -> str:  # noqa: ANN401 - any event
    return str(event.subject)


@dataclass(frozen=True, slots=True)
class Recall(Generic[EventT]):
    """How one of a service's own topics is read back into one collection.

    `fold` gives the document itself back when it knows all that the event says. `id_of` names the document; "": none.
    """

    topic: str
    collection: str
    fold: Callable[[Document, EventT], Document]
    id_of: Callable[[EventT], str] = _subject


@dataclass(frozen=True, slots=True)
class Recovery(Generic[EventT]):
    """What a service tells of itself. `absorb` and `settle`: None for a service that decides nothing from records.

    `made_from_log`: the collections that `dunghen rebuild` empties. `doubtful`: documents in which something was due when the
    store was copied. `version`: of what is made from the log; a store made by another must not be gone on with. `quiet_start`:
    a new store in front of a log that is not new recovers too.
    """

    collection: str
    decode: Callable[[bytes | None], EventT]
    made_from_log: tuple[str, ...]
    recalls: tuple[Recall[EventT], ...] = ()
    absorb: Callable[[Document, EventT], Document] | None = None
    settle: Callable[[Document], Decision] | None = None
    doubtful: Where | None = None
    version: str = "1"
    quiet_start: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """The log as it stands: where the own topics and the inputs end, what the group has committed, on which cluster."""

    cluster: str
    own: Places
    inputs: Places
    committed: Places


class Anchor(Generic[EventT]):
    """Holds a service's store to the log. `begin` before the first record and request, `tick` about once a second."""

    def __init__(self, parts: Parts, recovery: Recovery[EventT], inputs: Sequence[str], changes: Changes | None = None) -> None:
        """`inputs`: the topics of the group. `changes`: of the dossiers' documents; needed where the service settles."""
        self._parts, self._recovery, self._changes = parts, recovery, changes
        self._inputs = tuple(inputs)
        self._letters = f"{parts.name}.dlq"
        own = dict.fromkeys(recall.topic for recall in recovery.recalls)
        self._own = (*own, self._letters) if inputs else tuple(own)
        self._running, self._left = False, 0
        self._unsettled = False  # whether what recovered has not been settled once since
        self._noted_at: float | None = None
        self._loops: list[Loop[EventT]] = []

    # --- what others ask -------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether, as far as this instance knows, the log has not been caught up with."""
        return self._running

    @property
    def waiting(self) -> str:
        """Why the service is not ready; empty if it is not for this."""
        if self._running:
            return f"recovering: {self._left} records to read"
        return "recovering: comparing what was read with what was said" if self._unsettled else ""

    def hold(self, loop: Loop[EventT]) -> Loop[EventT]:
        """Keep this loop's timers and senders at rest while the log has not been caught up with; returns it."""
        self._loops.append(loop)
        loop.resting = self._running
        return loop

    def _now_running(self, running: bool) -> None:
        self._running, self._unsettled = running, self._unsettled or running
        for loop in self._loops:
            loop.resting = running

    def guard(self, rules: Rules[EventT]) -> Rules[EventT]:
        """The rules, with absorbing in place of deciding for whatever recovers: also for a document that another instance
        brought back and that is not settled yet."""
        absorb = self._recovery.absorb
        if absorb is None:
            return rules

        def handle(document: Document, event: EventT) -> Decision:
            if not self._running and UNSETTLED not in document:
                return rules.handle(document, event)
            after = absorb(document, event)
            return Decision(document if after is document else {**after, UNSETTLED: 1})

        return replace(rules, handle=handle)

    # --- the start -------------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Find out where this store stands in the log, read back what was said since, and see to where each input begins.

        Raises Unavailable, also while the group has members and has to be set back; CannotStartError.
        """
        await self._parts.store.declare(STATE)
        known = await self._state() or await self._first()
        look = await self._look()
        if "emptied" in known:
            known = await self._change(lambda document: _emptied(document, look, self._recovery.version))
        self._check(known, look)
        known = await self._compared(known, look)
        if "recovering" in known:
            known, self._unsettled = await self._read_back(known, look), True
        if "recovering" not in known:
            await self._begin_at(known["marks"][0]["inputs"], look)
        self._left = known.get("recovering", {}).get("left", 0)
        self._now_running("recovering" in known)

    async def _compared(self, known: Document, look: _Look) -> Document:
        """The document, with recovery begun if this store differs from the log. What another instance noted meanwhile may be
        that it has recovered all: then it is looked at again, or both would wait for each other."""
        while "recovering" not in known and ("restored" in known or await self._differs(known, look)):
            begun = _begun(known, look)
            if not await self._parts.store.save_many(STATE, [begun]):
                return begun
            known = await self._state() or known
        # Another instance may have begun to read back, and what it has saved hides that anything differs.
        return known if "recovering" in known else await self._state() or known

    async def _begin_at(self, marked: Places, look: _Look) -> None:
        """Take again what was handled since the mark: this store may be a copy from before. What it knows costs little."""
        places = {Partition.of(place): marked.get(place, 0) for place in look.inputs}
        if any(places.values()) and not look.committed:  # the group's offsets have expired, or somebody deleted them
            await self._parts.topics.set_back(places)
        self._parts.topics.start_at(places)

    async def _first(self) -> Document:
        """Make the document of a store that has none. Raises CannotStartError for an empty store of a log that is not new."""
        look, store = await self._look(), self._parts.store
        empty = not [name for name in self._recovery.made_from_log if await store.find(name, {}, limit=1)]
        known = await self._state()  # another instance may have made it meanwhile, and gone on to read and to speak
        if known is not None:
            return known
        if empty and any((*look.own.values(), *look.committed.values())):
            raise CannotStartError(
                f"the store of {self._parts.name} is empty, and {self._group} has read and spoken before: restore the store"
                f" from a copy, or run `dunghen rebuild {self._parts.name}`"
            )
        mark = _mark({}, {}) if empty else _mark(look.own, look.committed)
        made: Document = {"_id": LOG, "cluster": look.cluster, "version": await self._version(), "marks": [mark] * 3}
        if empty and self._recovery.quiet_start and any(look.inputs.values()):
            made = _begun(made, look)
        await store.insert_unique(STATE, made)
        return await self._state() or made

    async def _version(self) -> str:
        """What made this store: an earlier release kept it in a collection of its own."""
        await self._parts.store.declare(EARLIER)
        kept = (await self._parts.store.get_many(EARLIER, ["state"])).get("state", {})
        return str(kept.get("version", self._recovery.version))

    def _check(self, known: Document, look: _Look) -> None:
        name = self._parts.name
        if known["cluster"] != look.cluster:
            raise CannotStartError(
                f"the store of {name} remembers the log of cluster {known['cluster']}, this is {look.cluster}: give it the"
                " store that belongs to this log, or an empty one"
            )
        if known["version"] != self._recovery.version:
            raise CannotStartError(
                f"the store of {name} was made by version {known['version']}, this is {self._recovery.version}: stop the"
                f" service and run `dunghen rebuild {name}`"
            )
        newest = known["marks"][-1]
        for place, mark in (newest["own"] | newest["inputs"]).items():
            end = (look.own | look.inputs).get(place, 0)
            if end < mark:
                raise CannotStartError(
                    f"{place} ends at {end} and the store of {name} has seen it up to {mark}: the topic was made anew; give"
                    f" back the old one, or run `dunghen rebuild {name}`"
                )

    async def _look(self) -> _Look:
        log = self._parts.topics
        own, inputs = await self._partitions(self._own), await self._partitions(self._inputs)
        ends = await log.ends([*own, *inputs]) if own or inputs else {}
        committed = await log.committed(inputs) if inputs else {}
        return _Look(
            cluster=await log.cluster(),
            own={str(place): ends.get(place, 0) for place in own},
            inputs={str(place): ends.get(place, 0) for place in inputs},
            committed=_by_name(committed),
        )

    async def _partitions(self, topics: Iterable[str]) -> list[Partition]:
        counts = await self._parts.topics.partitions(topics)
        return [Partition(topic, number) for topic, count in sorted(counts.items()) for number in range(count)]

    @property
    def _group(self) -> str:
        return self._parts.settings.topic_prefix + self._parts.name

    # --- reading back ----------------------------------------------------------------------------------------------------

    async def _differs(self, known: Document, look: _Look) -> bool:
        """Whether something was said that this store does not know: it is older than the log."""
        marked = known["marks"][0]["own"]
        places = {Partition.of(name): marked.get(name, 0) for name in look.own}
        while records := await self._next(places, look):
            for collection, steps in self._steps(records, places).items():
                before, after = await self._fold(collection, steps)
                if any(after[name] is not before[name] for name in steps):
                    return True
        return False

    async def _read_back(self, known: Document, look: _Look) -> Document:
        """Bring every document up to what was said, and note on each what it was. Done once for all instances."""
        if "told" in known["recovering"]:
            return known
        if self._recovery.doubtful is not None:
            await self._doubt(self._recovery.doubtful)
        said = known["recovering"]["own"]
        places = {Partition.of(name): said.get(name, 0) for name in look.own}
        count = 0
        while records := await self._next(places, look):
            count += len(records)
            for collection, steps in self._steps(records, places).items():
                await self._save(collection, steps)
        self._parts.log.info("what was said is read back", records=count)
        if look.inputs:
            start = known["recovering"]["from"]
            await self._parts.topics.set_back({Partition.of(place): start.get(place, 0) for place in look.inputs})
        after = await self._change(_told)
        if "recovering" not in after:
            return after  # another instance was faster
        return after if after["recovering"]["left"] else await self._change(_caught_up)

    async def _next(self, places: Mapping[Partition, int], look: _Look) -> list[Record]:
        """The next records of the own topics; none behind where they ended at the start: others may go on speaking."""
        left = {place: offset for place, offset in places.items() if offset < look.own[str(place)]}
        found = await self._parts.topics.read(left, PAGE) if left else {}
        return [record for records in found.values() for record in records]

    def _steps(self, records: Sequence[Record], places: dict[Partition, int]) -> dict[str, dict[str, list[tuple[str, Step]]]]:
        """What the records change, by collection and document: the event's id and the change. Moves `places` on."""
        found: dict[str, dict[str, list[tuple[str, Step]]]] = {}
        for record in records:
            places[Partition(record.topic, record.partition)] = record.offset + 1
            for collection, name, identity, step in self._steps_of(record):
                found.setdefault(collection, {}).setdefault(name, []).append((identity, step))
        return found

    def _steps_of(self, record: Record) -> Iterable[tuple[str, str, str, Step]]:
        own = self._recovery
        if record.topic == self._letters:
            letter = letter_of(record.key, record.value, record.headers)
            if letter is not None and letter.key:
                absorb = own.absorb or (lambda document, _: document)
                yield own.collection, letter.key, "", partial(recalled, letter=letter, decode=own.decode, absorb=absorb)
            return
        if record.value is None:
            return
        try:
            event = own.decode(record.value)
        except Invalid as error:
            self._parts.log.warning("a record on an own topic is no event", place=record.place, reason=str(error))
            return
        for recall in own.recalls:
            name = recall.id_of(event) if recall.topic == record.topic else ""
            if name:
                yield recall.collection, name, event.id, partial(_folded, recall.fold, event)

    async def _fold(
        self, collection: str, steps: Mapping[str, Sequence[tuple[str, Step]]]
    ) -> tuple[dict[str, Document], dict[str, Document]]:
        """The documents as they are, and with what was said."""
        found = await self._parts.store.get_many(collection, steps)
        before = {name: found.get(name) or new_document(name) for name in steps}
        after = dict(before)
        for name, own in steps.items():
            for _, step in own:
                after[name] = step(after[name])
        return before, after

    async def _save(self, collection: str, steps: Mapping[str, Sequence[tuple[str, Step]]]) -> None:
        settles = collection == self._recovery.collection and self._recovery.settle is not None
        while steps:
            before, after = await self._fold(collection, steps)
            if settles:
                after = {name: _noted(after[name], steps[name]) for name in steps}
            changed = [after[name] for name in steps if after[name] is not before[name]]
            lost = await self._parts.store.save_many(collection, changed) if changed else set()
            steps = {name: own for name, own in steps.items() if name in lost}

    async def _doubt(self, where: Where) -> None:
        """Documents in which something was due have to be settled, whether or not more was said of them."""
        (field,) = where
        after = None
        while page := await self._parts.store.find(self._recovery.collection, where, order=field, limit=AT_ONCE, after=after):
            after = (page[-1][field], page[-1]["_id"])
            await self._parts.store.save_many(self._recovery.collection, [{**document, UNSETTLED: 1} for document in page])

    # --- while it runs ---------------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Write down how far this instance has come; settle what is unsettled once the log is caught up with.

        Raises Unavailable.
        """
        done, known = self._done(), await self._state()
        if known is None or "emptied" in known:
            return  # taken away under us: this process is about to be started again
        if "recovering" in known:
            known = await self._come_closer(known)
        elif self._noted_at is None or self._parts.machine.monotonic() - self._noted_at >= NOTE_SECONDS:
            ends = _by_name(await self._parts.topics.ends(await self._partitions(self._own)))
            known = await self._change(lambda document: _marked(document, ends, done, epoch_ms(self._parts.machine.wall())))
            self._noted_at = self._parts.machine.monotonic()
        self._left = known.get("recovering", {}).get("left", 0)
        self._now_running("recovering" in known)
        if not self._running:
            await self._settle()
            self._unsettled = False

    async def _come_closer(self, known: Document) -> Document:
        """How much is left to read, by what the group has committed since it was set back; over when nothing is."""
        if "told" not in known["recovering"]:
            return known
        committed = _by_name(await self._parts.topics.committed(await self._partitions(self._inputs)))
        known = await self._change(lambda document: _closer(document, committed))
        if known["recovering"]["left"] if "recovering" in known else 0:
            return known
        self._parts.log.info("caught up with the log")
        return await self._change(_caught_up)

    async def over(self) -> bool:
        """Whether the log has been caught up with, as the store knows it. Raises Unavailable."""
        if self._running:
            await self.tick()
        return not self._running

    def _done(self) -> Places:
        """Up to where this instance handled inputs itself: saved comes before handled."""
        lease = self._parts.topics.lease
        if lease is None or not lease.alive:
            return {}
        return {str(place): at.next_offset for place, at in lease.handled.items()}

    async def _settle(self) -> None:
        """Compare what facts say with what was said, of every document that recovered. Never over: another instance may
        absorb a last record after this one has heard that all is read."""
        if self._recovery.settle is None or self._changes is None:
            return
        after = None
        while page := await self._parts.store.find(self._recovery.collection, {UNSETTLED: 1}, limit=AT_ONCE, after=after):
            after = (page[-1]["_id"], page[-1]["_id"])
            await self._changes.apply([document["_id"] for document in page], self._settled)

    def _settled(self, document: Document) -> Decision:
        settle = self._recovery.settle
        if UNSETTLED not in document or settle is None:
            return Decision(document)
        said = frozenset(document.get(SAID, ()))
        bare = {key: value for key, value in document.items() if key not in (UNSETTLED, SAID)}
        try:
            decision = settle(bare)
        except Exception:
            self._parts.log.exception("a document could not be settled", document=document["_id"])
            self._parts.telemetry.count("job_failures", job="settle")
            return Decision(document)
        outputs = [output for output in decision.outputs if output.id not in said]
        if outputs:
            self._parts.log.info("said after recovery", document=document["_id"], count=len(outputs))
        return Decision(decision.document, outputs)

    # --- the document ----------------------------------------------------------------------------------------------------

    async def _state(self) -> Document | None:
        return (await self._parts.store.get_many(STATE, [LOG])).get(LOG)

    async def _change(self, step: Step) -> Document:
        """Change the document, whoever else does; a step gives it back as it is where nothing is to be changed."""
        while True:
            before = await self._state()
            if before is None:
                raise CannotStartError(f"the store of {self._parts.name} was emptied while it ran")
            after = step(before)
            if after is before or not await self._parts.store.save_many(STATE, [after]):
                return after


# --- steps of the document, and of what recovers -----------------------------------------------------------------------------


def _mark(own: Places, inputs: Places) -> dict[str, Any]:
    return {"own": own, "inputs": inputs}


def _emptied(document: Document, look: _Look, version: str) -> Document:
    """A store that `dunghen rebuild` emptied begins with this log, at its beginning."""
    if "emptied" not in document:
        return document
    bare = {"_id": LOG, "rev": document["rev"], "cluster": look.cluster, "version": version, "marks": [_mark({}, {})] * 3}
    return _begun(bare, look)


def _begun(document: Document, look: _Look) -> Document:
    """Recovery, from the mark on: of the own topics, and of the inputs to their `ends` of now."""
    if "recovering" in document:
        return document
    own, start = document["marks"][0]["own"], document["marks"][0]["inputs"]
    bare = {key: value for key, value in document.items() if key != "restored"}
    return {**bare, "recovering": {"own": own, "from": start, "ends": look.inputs, "left": _left(look.inputs, start)}}


def _left(ends: Places, done: Places) -> int:
    return sum(max(0, end - done.get(place, 0)) for place, end in ends.items())


def _told(document: Document) -> Document:
    return {**document, "recovering": {**document["recovering"], "told": True}} if "recovering" in document else document


def _closer(document: Document, committed: Places) -> Document:
    recovering = document.get("recovering")
    if recovering is None:
        return document
    left = _left(recovering["ends"], committed)
    return document if left == recovering["left"] else {**document, "recovering": {**recovering, "left": left}}


def _caught_up(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "recovering"}


def _marked(document: Document, ends: Places, done: Places, now: int) -> Document:
    """The last mark with what is known now; once it was open for a minute it is closed and moves forward."""
    first, second, last = document["marks"]
    known = _mark(_higher(last["own"], ends), _higher(last["inputs"], done))
    if "at" not in document or now - document["at"] >= MARK_MS or now < document["at"]:
        return {**document, "at": now, "marks": [second, known, known]}
    if known == last or "recovering" in document:
        return document
    return {**document, "marks": [first, second, known]}


def _higher(one: Places, other: Places) -> Places:
    return one | {place: offset for place, offset in other.items() if offset > one.get(place, 0)}


def _by_name(places: Mapping[Partition, int]) -> Places:
    return {str(place): offset for place, offset in places.items()}


def _folded(fold: Callable[[Document, EventT], Document], event: EventT, document: Document) -> Document:
    return fold(document, event)


def _noted(document: Document, steps: Sequence[tuple[str, Step]]) -> Document:
    """The document with the ids of what was said of it, to be settled."""
    known: list[str] = document.get(SAID, [])
    said = list(dict.fromkeys([*known, *(identity for identity, _ in steps if identity)]))
    return document if said == known and UNSETTLED in document else {**document, SAID: said, UNSETTLED: 1}


# --- dunghen rebuild, dunghen restored -------------------------------------------------------------------------------------


async def open_intents(store: Documents) -> int:
    """How many intents of a service that does not run are open: what they name is not on the log yet. Raises Unavailable."""
    await store.declare(INTENTS)
    counted = await store.count_by(INTENTS, {})
    return counted[0].count if counted else 0


async def note_restored(store: Documents) -> None:
    """A person says that this store is a copy that was put back: the next start recovers, even if the log says nothing that the
    copy does not know. For a service that does not run. Raises CannotStartError for a store that knows no log, or that somebody
    used within the last half minute, Unavailable."""
    await store.declare(STATE)
    kept = await store.get_many(STATE, [LOG, ALIVE])
    known, used = kept.get(LOG), kept.get(ALIVE, {"at": 0})["at"]
    if 0 <= epoch_ms(await store.time()) - used < IN_USE_MS:  # else the next restart of one instance would stop all
        raise CannotStartError("kho đang được dùng: dừng hết các tiến trình của dịch vụ, đợi nửa phút rồi gọi lại")
    if known is None or "marks" not in known:
        raise CannotStartError("kho chưa biết nhật ký nào, không có gì để đối chiếu")
    if await store.save_many(STATE, [{**known, "restored": True}]):
        raise CannotStartError("dịch vụ vừa khởi động: dừng hết các tiến trình của dịch vụ trước")


async def empty(store: Documents, collections: Iterable[str]) -> int:
    """Forget what was made from the log, and note that, so that the next start makes it anew; returns how many documents went.

    For a service that does not run. What a crash leaves behind half done is gone on with by doing it again. Raises Unavailable.
    """
    await store.declare(STATE)
    await store.delete_many(STATE, [LOG, ALIVE])
    await store.insert_unique(STATE, {"_id": LOG, "emptied": True})
    gone = 0
    for collection in collections:
        await store.declare(collection)
        while page := await store.find(collection, {}, limit=2000):
            await store.delete_many(collection, [document["_id"] for document in page])
            gone += len(page)
    return gone

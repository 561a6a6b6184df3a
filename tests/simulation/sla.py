"""sla itself in the simulated world: its real handlers, timers and reference data; what must come of it is known beforehand.

Each dossier leads one of a few lives, with a printed date inside the world's few minutes. Its office reports on dossiers.v1;
a signed letter asks on notices.v1, when the deadline it answers to has been said, as notifier would.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

import orjson
from aiokafka import TopicPartition

from contracts import EVENT_TYPES, Event, decode, effect_id, encode, fact_id
from contracts.dossiers import DOSSIER_TYPES
from contracts.facts import Facts, merge_fact
from contracts.notices import LetterApproved
from dunghen import PROVINCE
from reference import OFFICE_TIME, ReferenceData, load_reference
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.loop import Loop
from runtime.parts import INTENTS, Parts
from runtime.places import partition_of
from runtime.recovery import Anchor
from runtime.store import Document
from runtime.timers import Timers
from services import wiring
from services.sla import handlers, store
from services.sla.app import rules_of, timer_of
from services.sla.domain import KINDS
from services.sla.recovery import recovery
from services.sla.settings import SlaSettings
from tests.simulation.toy import GIANT_BYTES
from tests.simulation.world import START, WORK_SECONDS, Node, Verdict, World

DOSSIERS, NOTICES, DEADLINES = "dossiers.v1", "notices.v1", "deadlines.v1"
MODELS = {model.SERIES: model for model in reversed(DOSSIER_TYPES)}  # of a reception, its version 1
UNIT = "H37.12"
STATED = ("set", "moved", "paused", "resumed")  # the four ways to state a promise share their versions
NEXT_WEEK = datetime(2026, 3, 9, 9, 0, tzinfo=OFFICE_TIME)

# What a service that is brought back may leave out: a statement that was overtaken before anybody heard it.
SKIPPED = frozenset((("deadline", "2"), ("deadline", "3"), ("settled", "1"), ("settled", "2")))

Thing = tuple[str, str, str]  # dossier, kind, occasion
DECODE = wiring.decoder()


@lru_cache(maxsize=1)
def reference_data() -> ReferenceData:
    """Read once for all worlds: no world here changes the calendar."""
    return load_reference(PROVINCE)


@lru_cache(maxsize=1)
def sla_settings() -> SlaSettings:
    """The defaults."""
    return SlaSettings(reference_dir=PROVINCE)


@dataclass(slots=True)
class Life:
    """What happens to one dossier: moments in virtual seconds, and how often each thing must be said (at least, at most)."""

    dossier: str
    moments: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    expected: dict[Thing, tuple[int, int]] = field(default_factory=dict)
    due: datetime | None = None  # the promise that stands in the end; None while it waits
    ended: bool = False

    def expect(self, kind: str, occasion: str = "1", at_least: int = 1, at_most: int = 1) -> None:
        """How often."""
        self.expected[self.dossier, kind, occasion] = (at_least, at_most)


@dataclass(slots=True)
class Sla:
    """The scenario."""

    name: str = "sla"
    topics: tuple[str, ...] = (DOSSIERS, NOTICES)
    writes: tuple[str, ...] = (DEADLINES,)
    collection: str = store.DOSSIERS
    timer: str = store.NEXT_RUNG
    made_from_log: tuple[str, ...] = (store.DOSSIERS, INTENTS)
    dossiers: int = 6
    lives: list[Life] = field(default_factory=list)

    def node(self, parts: Parts) -> Node:
        """As services.sla.app puts it together, without HTTP and without changes of the calendar."""
        context = handlers.Context.of(reference_data(), sla_settings(), parts.clock)
        rules = rules_of(context)
        intents = Intents(parts, store.DOSSIERS, rules.encode)
        anchor = Anchor(parts, recovery(context), self.topics, intents)
        loop = anchor.hold(Loop(parts, anchor.guard(rules), self.topics))
        timers = Timers(parts, loop, intents, store.NEXT_RUNG, timer_of(context))
        every = parts.settings.sweep_seconds
        sweeps = (("timers", timers.sweep), ("intents", intents.sweep), ("anchor", anchor.tick))
        jobs = tuple(Job(name, every, sweep) for name, sweep in sweeps)
        return Node(loop, intents, jobs, partial(store.declare, parts.store), anchor.begin)

    # --- the workload -----------------------------------------------------------

    async def work(self, world: World) -> None:
        """Lives of some dossiers, side by side."""
        if world.setup.giant:
            world.broker.append(TopicPartition(DOSSIERS, 0), b"H37.12-giant", b"g" * GIANT_BYTES)
        self.lives = [self._life(world, f"H37.12-260302-{number:04}") for number in range(self.dossiers)]
        asking = [world.loop.spawn(None, self._ask(world, life)) for life in self.lives if world.chance.random() < 0.25]
        moments = sorted((moment for life in self.lives for moment in life.moments), key=lambda moment: moment[0])
        for at, do in moments:
            await asyncio.sleep(max(0.0, at - world.loop.time()))
            do()
        for asked in asking:
            await asked

    def _life(self, world: World, dossier: str) -> Life:
        chance, life = world.chance, Life(dossier)
        begin = chance.uniform(1.0, WORK_SECONDS * 0.5)
        due = round(begin + chance.uniform(40.0, 100.0), 3)
        life.due = START + timedelta(seconds=due)
        same_day = chance.random() < 0.6
        limit = {"value": 1, "unit": "same_day"} if same_day else {"value": 2, "unit": "working_day"}
        more = {
            "procedure": "1.000894",
            "receiving_unit": UNIT,
            "competent_unit": UNIT,
            "channel": 2,
            "terms": {"procedure_version": "1", "limit": limit},
            "promised_at": START + timedelta(seconds=due),
        }
        received = START.replace(hour=9, minute=0) - timedelta(days=0 if same_day else 3)
        life.moments.append((begin, partial(self._report, world, dossier, "received", received, more)))
        life.expect("deadline", "1")
        if not same_day:
            for kind, occasion in (("warned", "24h"), ("warned", "4h"), ("apology-due", "1")):
                life.expect(kind, occasion, 0)
        self._end(world, life, begin, due)
        return life

    def _end(self, world: World, life: Life, begin: float, due: float) -> None:
        """How it goes on: nothing comes, an end in time or late, a pause that stays, a pause of a minute."""
        chance, report = world.chance, partial(self._report, world, life.dossier)
        before, after = chance.uniform(begin, due - 3.0), due + chance.uniform(3.0, 90.0)
        kind = chance.choice(("late", "in-time", "after", "paused", "resumed", "retracted"))
        if kind in ("in-time", "after", "retracted"):
            at = after if kind == "after" else before
            life.moments.append((at, partial(report, "completed", START + timedelta(seconds=at), {})))
            life.expect("settled", "1")
            life.expect("overdue", "1", 0, int(kind == "after"))
            life.ended = kind != "retracted"
        if kind == "retracted":  # the end is taken back before the date: open again, and late in the end
            at = chance.uniform(before, due - 2.0)
            life.moments.append((at, partial(report, "retracted", START + timedelta(seconds=at), {"fact": "completed"})))
            life.expect("settled", "2")
        if kind in ("paused", "resumed"):
            life.moments.append((before, partial(report, "supplement-requested", START.replace(minute=10), {})))
            life.expect("deadline", "2")
            life.expect("overdue", "1", 0, 0)
            life.due = None
        if kind == "resumed":  # a minute of waiting: the date is a minute later
            at = chance.uniform(before, due)
            life.moments.append((at, partial(report, "supplemented", START.replace(minute=11), {})))
            life.expect("deadline", "3")
            life.due = START + timedelta(seconds=due + 60.0)
        if kind in ("late", "retracted", "resumed"):
            life.expect("overdue")

    async def _ask(self, world: World, life: Life) -> None:
        """Two signed letters, when the deadline was said and has passed: the first is granted, the second refused."""
        if set(life.expected) & {(life.dossier, "settled", "1"), (life.dossier, "deadline", "2")}:
            return  # whether it is granted would depend on which comes first
        while not {(life.dossier, "deadline", "1"), (life.dossier, "overdue", "1")} <= self._said(world).keys():
            await asyncio.sleep(5.0)
        life.expect("deadline", "2")
        life.due = NEXT_WEEK
        for draft in (1, 2):
            event_id = effect_id("notifier", life.dossier, "letter.approved", str(draft))
            data = LetterApproved.model_validate(
                {"at": world.now(), "unit": UNIT, "draft": draft, "reason": "workload", "new_due_at": NEXT_WEEK}
            )
            event = Event(event_id, "/notifier", LetterApproved.TYPE, life.dossier, world.now(), data)
            self._append(world, NOTICES, event)
            if draft == 2:
                life.expect("refused", event_id)

    def _report(self, world: World, dossier: str, kind: str, at: datetime, more: Mapping[str, Any]) -> None:
        model = MODELS[kind]
        version = 2 if kind == "retracted" else 1
        data = model.model_validate({"at": at, "occasion": "1", "version": version, **more})
        identity = fact_id(dossier, str(more.get("fact", kind)), "1", version)
        self._append(world, DOSSIERS, Event(identity, "/intake", model.TYPE, dossier, world.now(), data))

    def _append(self, world: World, topic: str, event: Event) -> None:
        place = TopicPartition(topic, partition_of(event.subject, world.setup.partitions))
        world.broker.append(place, event.subject.encode(), encode(event))

    # --- the oracle ---------------------------------------------------------------

    def judge(self, world: World, verdict: Verdict) -> None:
        """Count what was said, and compare documents with the fold of both logs."""
        said = self._said(world)
        expected = {thing: count for life in self.lives for thing, count in life.expected.items()}
        for thing, (at_least, at_most) in expected.items():
            count = len(said.get(thing, ()))
            if count < at_least and not (world.was_restored and thing[1:] in SKIPPED):
                verdict.lost.append("/".join(thing))
            if count > at_most:
                (verdict.early if at_most == 0 else verdict.doubled).append("/".join(thing))
        verdict.doubled += ["/".join(thing) for thing in sorted(said.keys() - expected.keys())]
        documents = {document["_id"]: document for document in world.documents()}
        facts = self._facts(world)
        for life in self.lives:
            verdict.wrong += _differences(documents.get(life.dossier), facts.get(life.dossier, {}), said)
            verdict.wrong += self._last_words(world, life)

    def _last_words(self, world: World, life: Life) -> list[str]:
        """In what the newest statements are not what must stand in the end."""
        due: tuple[int, str | None] = (0, None)
        outcome: tuple[int, str | None] = (0, None)
        for value in world.values(DEADLINES):
            event = orjson.loads(value)
            kind, data = event["type"].split(".")[-2], event["data"]
            if event["subject"] == life.dossier and kind in STATED:
                due = max(due, (data["version"], data.get("due_at")), key=itemgetter(0))
            if event["subject"] == life.dossier and kind == "settled":
                outcome = max(outcome, (data["version"], data["outcome"]), key=itemgetter(0))
        stands = datetime.fromisoformat(due[1]) if due[1] is not None else None
        wrong = [] if stands == life.due else [f"{life.dossier}: the date said last is {stands}, not {life.due}"]
        if (outcome[1] not in (None, "open")) is not life.ended:
            wrong.append(f"{life.dossier}: the outcome said last is {outcome[1]}")
        return wrong

    def _said(self, world: World) -> dict[Thing, set[str]]:
        """Distinct ids of each thing on deadlines.v1."""
        ids: dict[Thing, set[str]] = defaultdict(set)
        for value in world.values(DEADLINES):
            event = orjson.loads(value)
            kind = event["type"].split(".")[-2]
            ids[event["subject"], "deadline" if kind in STATED else kind, _occasion(kind, event)].add(event["id"])
        return ids

    def _facts(self, world: World) -> dict[str, Facts]:
        """All facts of dossiers.v1, folded."""
        folded: dict[str, Facts] = {}
        for value in world.values(DOSSIERS):
            if value.startswith(b"{"):
                event = decode(value, EVENT_TYPES)
                folded[event.subject] = merge_fact(folded.get(event.subject, {}), event, KINDS.fields) or folded[event.subject]
        return folded


def _occasion(kind: str, event: Mapping[str, Any]) -> str:
    data = event["data"]
    if kind == "refused":
        return str(event.get("correlationid", ""))
    return str(data.get("version") or data.get("rung") or 1)


def _differences(document: Document | None, facts: Facts, said: Mapping[Thing, set[str]]) -> list[str]:
    """In what a document is not what the logs say."""
    if document is None:
        return ["a dossier has no document"]
    own = {kind: occasions for kind, occasions in document.get("facts", {}).items() if kind != "reappointed"}
    name = document["_id"]
    wrong = [] if own == facts else [f"{name} has not the facts of the log"]
    for kind, field_name in (("deadline", "deadline"), ("settled", "settled")):
        version = document.get(field_name, {}).get("v", 0)
        newest = max((int(thing[2]) for thing in said if thing[:2] == (name, kind)), default=0)
        if version != newest:
            wrong.append(f"{name}: {kind} is at version {version}, the log at {newest}")
    return wrong

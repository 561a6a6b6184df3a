"""notifier itself in the simulated world, with a gateway that has faults of its own: its real handlers, sender, recovery.

Each dossier comes with its contact, its result is ready within the world's few minutes, and its invitation comes while that is
told. Beside what happens to store, log
and processes, the gateway takes a message and does not say so, answers 500, asks to be left alone, says that a message arrived
before it says that it was taken; some gateways drop a repeated client id. What must hold: nobody is told twice, nobody is
neither told nor on a list for a person, and what one message meets harms no other.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache, partial
from random import Random
from typing import Any, Literal

import orjson
from aiokafka import TopicPartition
from pydantic import SecretStr

from contracts import Event, encode, fact_id
from contracts.contacts import ContactSealed
from contracts.feedback import FeedbackInvited
from dunghen import PROVINCE
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.loop import Loop
from runtime.parts import INTENTS, Parts
from runtime.places import partition_of
from runtime.recovery import Anchor
from runtime.sealing import Opener
from runtime.store import Document
from services.notifier import handlers, store
from services.notifier.app import rules_of
from services.notifier.domain import RESULT, Contact, Person, client_id
from services.notifier.domain.locked import Locked
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.domain.receipts import Receipt, on_receipts
from services.notifier.gateways.lines import Line, Switchboard
from services.notifier.gateways.plans import Plan
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.recovery import recovery
from services.notifier.settings import NotifierSettings
from tests.simulation.sla import MODELS, UNIT, reference_data
from tests.simulation.world import LOOK_SECONDS, START, WORK_SECONDS, Node, Verdict, World

DOSSIERS, CONTACTS, FEEDBACK, NOTICES = "dossiers.v1", "contacts.v1", "feedback.v1", "notices.v1"
INVITED_WITHIN = 5.0  # seconds after the result: while the message about it is being sent
Trouble = Literal["taken", "silent", "500", "busy", "refused", "receipt-first"]
TROUBLES: tuple[Trouble, ...] = ("taken", "silent", "500", "busy", "receipt-first")
LISTED = frozenset(("uncertain", "failed"))
ENDED = LISTED | {"accepted", "delivered", "skipped"}
KEY = "1:" + "A" * 43 + "="  # opens nothing: contacts are in clear here


@lru_cache(maxsize=2)
def notifier_settings(deduplicates: bool) -> NotifierSettings:
    """As a province has them; a claim is stuck sooner than the world ends."""
    return NotifierSettings.model_validate(
        {
            "reference_dir": PROVINCE,
            "contacts_private_keys": SecretStr(KEY),
            "hash_keys": SecretStr("a secret of the simulation"),
            "public_url": "https://example.org/y-kien",
            "gateway_url": "http://gateway/sms",
            "gateway_deduplicates": deduplicates,
        },
        by_name=True,
    )


class OpenDesk(Desk):
    """Contacts stand in clear: chance in boxes would make no two worlds alike."""

    def person_of(self, contact: Contact) -> Person | Locked | None:
        """Whom a contact names."""
        return Person(**json.loads(contact.sealed))


@dataclass(slots=True)
class Phones:
    """What gateways took, by client id, and what reached a phone."""

    deduplicates: bool
    chance: Random
    taken: set[str] = field(default_factory=set)
    arrived: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)  # how often a message met a fault; no more than thrice

    def trouble(self, identity: str, *, faulty: bool) -> Trouble:
        """What a try meets."""
        if not faulty or self.struck[identity] >= 3 or self.chance.random() < 0.5:
            return "taken"
        self.struck[identity] += 1
        return self.chance.choice(TROUBLES)

    def take(self, identity: str) -> None:
        """The gateway has it; a repeated client id is dropped where it does so."""
        if identity not in self.taken or not self.deduplicates:
            self.arrived[identity] += 1
        self.taken.add(identity)


class SimGateway:
    """One process's way to the gateway, with the world's faults."""

    def __init__(self, scenario: "Notifier", parts: Parts) -> None:
        self._scenario, self._parts = scenario, parts

    async def send(self, message: Sms) -> Answer:
        """See the port."""
        phones, identity = self._scenario.phones, message.client_id
        trouble = phones.trouble(identity, faulty=self._scenario.world.faulty)
        await self._parts.machine.sleep(phones.chance.uniform(0.01, 0.5))
        if trouble == "busy":
            return Answer("busy", "429", 2.0)
        if trouble == "500":
            return Answer("uncertain", "500")
        phones.take(identity)
        if trouble == "receipt-first" or phones.chance.random() < 0.5:
            self._scenario.receipt(identity, 0.0 if trouble == "receipt-first" else phones.chance.uniform(0.5, 30.0))
        if trouble == "silent":
            await self._parts.machine.sleep(10.0)
            return Answer("uncertain", "timeout")
        await self._parts.machine.sleep(phones.chance.uniform(0.01, 3.0))
        return Answer("taken")

    async def close(self) -> None:
        """See the port."""


@dataclass(slots=True)
class Notifier:
    """The scenario."""

    name: str = "notifier"
    topics: tuple[str, ...] = (DOSSIERS, CONTACTS, FEEDBACK)
    writes: tuple[str, ...] = (NOTICES,)
    collection: str = store.DOSSIERS
    timer: str = store.NEXT_SEND
    made_from_log: tuple[str, ...] = (store.DOSSIERS, INTENTS)
    dossiers: int = 8
    codes: list[str] = field(default_factory=list)
    phones: Phones = field(default_factory=lambda: Phones(True, Random(0)))
    _world: World | None = None

    @property
    def world(self) -> World:
        """The one it is played in."""
        assert self._world is not None
        return self._world

    def node(self, parts: Parts) -> Node:
        """As services.notifier.app puts it together, without HTTP, letters and mail."""
        context = handlers.Context(reference_data(), parts.clock)
        settings = notifier_settings(self.phones.deduplicates)
        plan = Plan(name="first", url=settings.gateway_url, deduplicates=self.phones.deduplicates)
        board = Switchboard([Line(plan, SimGateway(self, parts), parts.machine)], parts)
        rules = rules_of(context)
        intents = Intents(parts, store.DOSSIERS, rules.encode)
        anchor = Anchor(parts, recovery(context, deduplicates=board.drops_all_repeats), self.topics, intents)
        loop = anchor.hold(Loop(parts, anchor.guard(rules), self.topics))
        desk = OpenDesk(board, Opener.parse(KEY), settings, context)
        sender = Dispatcher(parts, loop, intents, desk)
        every = parts.settings.sweep_seconds

        async def places() -> None:  # as health looks, so that the loop knows how many partitions there are
            await loop.places()

        sweeps = (("health", places), ("sender", sender.run), ("intents", intents.sweep), ("anchor", anchor.tick))
        jobs = tuple(Job(name, every, sweep) for name, sweep in sweeps)
        return Node(loop, intents, jobs, partial(store.declare, parts.store), anchor.begin)

    # --- the workload -----------------------------------------------------------

    async def work(self, world: World) -> None:
        """Results of some dossiers become ready, their contacts come before or behind them, invitations just behind."""
        self._world = world
        chance, later = world.chance, Random(f"{world.setup.seed}/invitations")
        self.phones = Phones(chance.random() < 0.5, Random(f"{world.setup.seed}/gateway"))
        self.codes = [f"{UNIT}-260302-{number:04}" for number in range(self.dossiers)]
        moments = []
        for code in self.codes:
            begin = chance.uniform(1.0, WORK_SECONDS * 0.6)
            ready = begin + chance.uniform(1.0, WORK_SECONDS * 0.4 - 1.0)
            moments += [
                (begin, partial(self._receive, world, code)),
                (chance.uniform(begin, ready + 5.0), partial(self._contact, world, code)),
                (ready, partial(self._complete, world, code, ready)),
                (ready + later.uniform(0.0, INVITED_WITHIN), partial(self._invite, world, code)),
            ]
        for at, do in sorted(moments, key=lambda moment: moment[0]):
            await asyncio.sleep(max(0.0, at - world.loop.time()))
            do()
        while self._waits(world):  # pauses between tries are longer than the faults last
            await asyncio.sleep(LOOK_SECONDS)

    def _waits(self, world: World) -> bool:
        """Whether a message is still to be tried."""
        documents = {document["_id"]: document for document in world.documents()}
        return any(_state(documents.get(code)) not in ENDED for code in self.codes)

    def receipt(self, identity: str, seconds: float) -> None:
        """The operator says that a message arrived, to whichever instance is up, until it is taken."""
        told: Mapping[str, Receipt] = {identity: "delivered"}

        async def say(node: Node) -> None:
            codes = await store.find_by_client_ids(node.intents.parts.store, [identity])
            ground = handlers.Context(reference_data(), node.intents.parts.clock).ground()
            await store.CODEC.change(node.intents, codes, lambda one: on_receipts(one, told, ground), node.intents.parts.clock)

        world = self.world
        world.loop.later(seconds, lambda: world.loop.spawn(None, world.insist(say)))

    def _receive(self, world: World, code: str) -> None:
        more = {
            "procedure": "1.000894",
            "receiving_unit": UNIT,
            "competent_unit": UNIT,
            "channel": 2,
            "contact_sequence": 1,
            "terms": {"procedure_version": "1", "limit": {"value": 2, "unit": "working_day"}},
        }
        self._report(world, code, "received", START - timedelta(days=3), more)

    def _complete(self, world: World, code: str, seconds: float) -> None:
        self._report(world, code, "completed", START + timedelta(seconds=seconds), {})

    def _report(self, world: World, code: str, kind: str, at: Any, more: Mapping[str, Any]) -> None:
        model = MODELS[kind]
        data = model.model_validate({"at": at, "occasion": "1", "version": 1, **more})
        _append(world, DOSSIERS, Event(fact_id(code, kind, "1", 1), "/intake", model.TYPE, code, world.now(), data))

    def _contact(self, world: World, code: str) -> None:
        person = json.dumps({"name": "", "phone": f"09120{code[-4:]}0", "address": "", "email": ""})
        data = ContactSealed(at=world.now(), contact_sequence=1, key_epoch=1, sealed=person)
        event = Event(fact_id(code, "contact", "1", 1), "/intake", ContactSealed.TYPE, code, world.now(), data)
        _append(world, CONTACTS, event)

    def _invite(self, world: World, code: str) -> None:
        """What changes a dossier, and says something, while its message is claimed; it is due in two days."""
        data = FeedbackInvited(at=world.now(), form="tthc-2026.1", key_epoch=1, sealed="AA==")
        event = Event(fact_id(code, "invited", "1", 1), "/feedback", FeedbackInvited.TYPE, code, world.now(), data)
        _append(world, FEEDBACK, event)

    # --- the oracle ---------------------------------------------------------------

    def judge(self, world: World, verdict: Verdict) -> None:
        """Nobody told twice; nobody neither told nor listed; nothing said of a message that is not so."""
        documents = {document["_id"]: document for document in world.documents()}
        said = _said(world)
        for code in self.codes:
            arrived = self.phones.arrived[client_id(code, RESULT)]
            state = _state(documents.get(code))
            if arrived > 1:
                verdict.doubled.append(f"{code} was told {arrived} times")
            if not arrived and state not in LISTED:
                verdict.lost.append(f"{code} was told nothing, and is {state}")
            if state == "failed":
                verdict.wrong.append(f"{code} failed, and no gateway refused it")
            if state in ("accepted", "delivered") and not said[code, state]:
                verdict.wrong.append(f"{code} is {state}, and nobody said so")
            if not arrived and (said[code, "accepted"] or said[code, "delivered"]):
                verdict.wrong.append(f"{code} is said to be told")
        strange = self.phones.arrived.keys() - {client_id(code, RESULT) for code in self.codes}
        verdict.doubled += [f"a message under the unknown id {identity}" for identity in sorted(strange)]


def _append(world: World, topic: str, event: Event) -> None:
    place = TopicPartition(topic, partition_of(event.subject, world.setup.partitions))
    world.broker.append(place, event.subject.encode(), encode(event))


def _state(document: Document | None) -> str:
    if document is None:
        return "without a document"
    return str(document.get("notices", {}).get(RESULT, {}).get("s", "without a message"))


def _said(world: World) -> Counter[tuple[str, str]]:
    """How many things of each kind were said of each dossier."""
    events = {event["id"]: event for event in map(orjson.loads, world.values(NOTICES))}
    return Counter((event["subject"], event["type"].split(".")[-2]) for event in events.values())

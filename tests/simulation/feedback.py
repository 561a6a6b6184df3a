"""feedback itself in the simulated world: its real handlers, its survey, the desk of petitions, their clocks, its recovery.

Phones answer the survey behind links of dossiers, and send the page again when nothing came back; people bring something
forward and add to it; officers take it, pass it on, answer. Clocks are about to ring: what is written down was said at a
reception ten working days ago. The survey's clock stands before midnight, so that answers are said within the world's few
minutes. What must hold: one answer of a dossier, said once and never with fewer than four others before its month is over;
nothing lost that was accepted, nothing of a desk undone; each clock speaks once and not before its time; what was said, by its
versions, is how documents stand.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, Literal

import orjson
from aiokafka import TopicPartition

from contracts import Event, encode, fact_id
from contracts.facts import epoch_ms
from contracts.petitions import PetitionChannel, PetitionClock, PetitionKind
from reference import OFFICE_TIME, moment
from runtime.blobs import MemoryBlobs
from runtime.clock import Clock
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.loop import Loop
from runtime.parts import INTENTS, Parts
from runtime.places import partition_of
from runtime.recovery import Anchor
from runtime.sealing import Locker, Sealer
from runtime.timers import Timers
from services.changes import By, Changed
from services.feedback import handlers, petitions, responses, store
from services.feedback.app import declare, rules_of, timer_of
from services.feedback.domain import CannotAnswerError, digest, token_of, wish_to_stop
from services.feedback.domain.clocks import LIMITS, Clocks
from services.feedback.domain.handling import (
    Ground,
    NotAllowedError,
    Outcome,
    add,
    answer,
    classify,
    conclude,
    forward,
    publish,
    reraise,
    take,
)
from services.feedback.domain.meetings import Meeting, Note
from services.feedback.domain.petition import Gift, Petition
from services.feedback.domain.responses import FEWEST
from services.feedback.petition_room import Draft, PetitionRoom
from services.feedback.recovery import recovery
from services.feedback.responses import ResponseRoom
from services.feedback.vault import Vault
from services.speaking import encode as to_record
from tests.simulation.sla import MODELS, UNIT, reference_data
from tests.simulation.world import START, WORK_SECONDS, Node, Verdict, World
from tests.support.feedback import FORMS, SETTINGS

DOSSIERS, CONTACTS, FEEDBACK = "dossiers.v1", "contacts.v1", "feedback.v1"
OTHER = "H37.15"
CLERK = By("Cán bộ Mẫu", "clerk")
PROCEDURE = "1.000894"
MIDNIGHTS = (datetime(2026, 3, 1, tzinfo=OFFICE_TIME), datetime(2026, 3, 3, tzinfo=OFFICE_TIME))  # of a month, of a day
SHORTLY = timedelta(minutes=1, seconds=1)  # a timer fires a minute behind its time
Rung = Literal["due", "warn"]
Rule = Callable[[Petition, Ground], Changed[Petition]]


class OpenSealer(Sealer):
    """Seals nothing: chance in boxes would make no two worlds alike."""

    def seal(self, value: Mapping[str, Any]) -> str:
        """The value as it is."""
        return json.dumps(value)


class OpenLocker(Locker):
    """Locks nothing, for the same reason."""

    def lock(self, value: Mapping[str, Any]) -> str:
        """The value as it is."""
        return json.dumps(value)

    def unlock(self, locked: str) -> dict[str, Any]:
        """It again."""
        opened: dict[str, Any] = json.loads(locked)
        return opened


@dataclass(frozen=True, slots=True)
class Shifted:
    """The clock of whoever asks in the survey: midnight comes within the world."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        """See the port."""
        return self.clock.now() + self.by


@dataclass(slots=True, kw_only=True)
class FeedbackNode(Node):
    """A process of feedback, and what its pages ask."""

    room: PetitionRoom
    answers: ResponseRoom
    anchor: Anchor[Event]


@dataclass(slots=True)
class Phone:
    """One page of the survey in somebody's hand, and what came back."""

    dossier: str
    page: dict[str, str]
    heard: list[str] = field(default_factory=list)  # "thanks", "dead"

    @property
    def scores(self) -> tuple[str, ...]:
        """The answers, by which they are known again."""
        return tuple(self.page[name] for name in ASKED)


ASKED = ("attitude", "waiting", "facilities")


@dataclass(slots=True)
class Act:
    """What somebody does with a petition. `said`: the event that has to come of it, "" if none. `round`: of the page that it is
    done on. `heard`: "done", "refused"."""

    at: float
    said: str
    rule: Rule
    round: int = 1
    heard: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Matter:
    """Something that somebody brings forward. `rings`: the moment (ms) that its clock was aimed at, and which of both it is."""

    draft: Draft
    at: float
    rings: tuple[Rung, int] | None = None
    acts: list[Act] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    tries: int = 0

    @property
    def is_left(self) -> bool:
        """Whether nobody does anything that moves its clock."""
        return not any(act.said for act in self.acts)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was said of a petition. Times in ms; `logged`: when the log took it first."""

    subject: str
    id: str
    series: str
    logged: int
    data: Mapping[str, Any]

    @property
    def at(self) -> int:
        """When it happened."""
        return _ms(self.data["at"]) or 0

    @property
    def clock(self) -> tuple[int, str, int | None]:
        """The clock that runs after it."""
        return self.data["round"], self.data.get("clock", ""), _ms(self.data.get("due_at"))


@lru_cache(maxsize=512)
def begun_for(clock: PetitionClock, rung: Rung, at: int) -> int:
    """When a clock began that speaks then (ms)."""
    clocks = Clocks(reference_data(), LIMITS)
    for days in range(1, 50):
        for minutes in (0, -540):  # half an hour beyond a day is the next morning
            since = at - days * 86_400_000 + minutes * 60_000
            running = clocks.running(clock, since, UNIT)
            if getattr(running, rung) == at:
                return since
    raise AssertionError(f"no {clock} has its {rung} at {moment(at)}")


def _judge_phones(verdict: Verdict, dossier: str, phones: Sequence[Phone], counted: Mapping[tuple[str, ...], int]) -> None:
    """One answer of a dossier, and it is that of the page that was thanked, however often that was sent."""
    number = sum(counted.get(phone.scores, 0) for phone in phones)
    if number != 1:
        (verdict.doubled if number else verdict.lost).append(f"{dossier}: {number} answers")
    for phone in phones:
        if len(set(phone.heard)) > 1:
            verdict.wrong.append(f"{dossier}: one page was told {sorted(set(phone.heard))}")
        if "thanks" in phone.heard and not counted.get(phone.scores):
            verdict.lost.append(f"{dossier}: thanked for an answer that is not there")


@dataclass(slots=True)
class Feedback:
    """The scenario."""

    name: str = "feedback"
    topics: tuple[str, ...] = (DOSSIERS,)
    writes: tuple[str, ...] = (FEEDBACK, CONTACTS)
    collection: str = petitions.PETITIONS
    timer: str = petitions.NEXT_AT
    made_from_log: tuple[str, ...] = (store.DOSSIERS, INTENTS)
    dossiers: int = 7
    phones: list[Phone] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    shift: timedelta = timedelta()
    midnight: datetime = START  # of the survey's clock, in the world's time

    def node(self, parts: Parts) -> Node:
        """As services.feedback.app puts it together, without HTTP and without changes of the calendar."""
        sealer = OpenSealer(Sealer.parse(SETTINGS.contacts_public_key).key, 1)
        context = handlers.Context(reference_data(), parts.clock, SETTINGS, sealer, FORMS)
        vault = Vault((b"p" * 32,), OpenLocker((b"",)))
        rules = rules_of(context)
        intents = Intents(parts, store.DOSSIERS, to_record)
        anchor = Anchor(parts, recovery(context), self.topics, intents)
        loop = anchor.hold(Loop(parts, anchor.guard(rules), self.topics))
        said, desk = Intents(parts, responses.RESPONSES, to_record), Intents(parts, petitions.PETITIONS, to_record)
        in_the_evening = replace(context, clock=Shifted(parts.clock, self.shift))
        answers = ResponseRoom(parts, said, in_the_evening, vault)
        room = PetitionRoom(parts, desk, context, vault, self.blobs)
        timers = Timers(parts, loop, desk, petitions.NEXT_AT, timer_of(context), petitions.PETITIONS)
        sweeps = (
            ("timers", timers.sweep),
            ("intents", intents.sweep),
            ("petitions", desk.sweep),
            ("responses", answers.work),
            ("said-responses", said.sweep),
            ("retention", room.forget_old),
            ("anchor", anchor.tick),
        )
        jobs = tuple(Job(name, parts.settings.sweep_seconds, sweep) for name, sweep in sweeps)
        declared = partial(declare, parts.store)
        return FeedbackNode(loop, intents, jobs, declared, anchor.begin, room=room, answers=answers, anchor=anchor)

    # --- the workload -----------------------------------------------------------

    async def work(self, world: World) -> None:
        """Dossiers are done and their people answer; others bring something forward, and officers are at work."""
        chance = world.chance
        self.midnight = START + timedelta(seconds=chance.uniform(60.0, 150.0))
        self.shift = chance.choice(MIDNIGHTS) - self.midnight
        lives = [self._dossier(world, number) for number in range(self.dossiers)]
        self.matters = [self._matter(world, number) for number in range(10)]
        lives += [self._follow(world, matter) for matter in self.matters]
        await asyncio.gather(*(world.loop.spawn(None, life) for life in lives))

    async def _until(self, world: World, at: float) -> None:
        await asyncio.sleep(max(0.0, at - world.loop.time()))

    async def _dossier(self, world: World, number: int) -> None:
        """A dossier is done, its person is asked and answers, often twice, sometimes on two phones."""
        chance, code = world.chance, f"{UNIT}-260302-{number:04}"
        begin = chance.uniform(1.0, WORK_SECONDS * 0.2)
        twice, other, stops = chance.random() < 0.5, chance.random() < 0.3, chance.random() < 0.3
        own = [self._phone(code, 2 * number + serial) for serial in range(2 if other else 1)]
        self.phones += own
        times = sorted(chance.uniform(begin, WORK_SECONDS) for _ in range(4))
        await self._until(world, begin)
        self._report(world, code, "received", START - timedelta(days=3), RECEIVED)
        await self._until(world, times[0])
        self._report(world, code, "completed", START + timedelta(seconds=times[0]), {})
        while code not in {event["subject"] for event in said_of(world, "feedback.invited")}:
            await asyncio.sleep(3.0)
        await self._until(world, times[1])
        tapping = [world.loop.spawn(None, world.insist(partial(self._tap, phone))) for phone in own]
        if stops:
            self.stopped.append(code)
            tapping.append(world.loop.spawn(None, world.insist(partial(self._stop, code))))
        for tapped in tapping:
            await tapped
        if twice:
            await self._until(world, times[3])
            await world.insist(partial(self._tap, own[0]))

    def _phone(self, dossier: str, number: int) -> Phone:
        digits = {name: str(number // 5**place % 5) for place, name in enumerate(ASKED)}
        return Phone(dossier, {**digits, "appointment": "1", "once": f"the number of page {number}"})

    async def _tap(self, phone: Phone, node: Node) -> None:
        """Send the page; whatever is answered is heard at most once."""
        answers = _feedback(node).answers
        token = token_of(SETTINGS.token_key.get_secret_value().encode(), phone.dossier)
        found = await node.intents.parts.store.find(store.DOSSIERS, {store.TOKEN: digest(token)}, limit=1)
        if not found:
            phone.heard.append("dead")
            return
        try:
            await answers.take(store.CODEC.read(found[0]), phone.page)
        except CannotAnswerError:
            phone.heard.append("dead")
        else:
            phone.heard.append("thanks")

    async def _stop(self, dossier: str, node: Node) -> None:
        clock = _feedback(node).intents.parts.clock
        now = clock.now()
        await store.CODEC.change(node.intents, [dossier], lambda one: wish_to_stop(one, now), clock)

    # --- what people bring forward -----------------------------------------------

    def _matter(self, world: World, number: int) -> Matter:
        chance, at = world.chance, world.chance.uniform(1.0, WORK_SECONDS * 0.5)
        kind: PetitionKind = chance.choice(KINDS)
        who = {"name": f"Người Mẫu {number}", "phone": ""} if chance.random() < 0.5 else {}
        gift = Gift("goods", "person") if kind == "contribution" else None
        draft = Draft(kind, "portal", UNIT, f"Nội dung {number}", f"the number of form {number}", who=who, gift=gift, by=CLERK)
        rings = None
        if kind in AIMED and chance.random() < 0.7:
            rung: Rung = chance.choice(("due", "due", "warn"))
            due = epoch_ms(START + timedelta(minutes=chance.choice((1, 2, 3, 4))))
            since = begun_for(AIMED[kind], rung, due)
            channel: PetitionChannel = chance.choice(("reception", "dialogue"))
            meeting = Meeting("LD-1", UNIT, "reception", since, "Chủ tịch", "Phòng họp", "", Note(since, CLERK))
            rings, draft = (rung, due), replace(draft, channel=channel, meeting=meeting)
        matter = Matter(draft, at, rings)
        matter.acts = self._acts(world, matter)
        return matter

    def _acts(self, world: World, matter: Matter) -> list[Act]:
        """One of the lives of its kind, at times around those at which its clock rings."""
        rules = world.chance.choice(LIVES[matter.draft.kind])
        last = WORK_SECONDS + 40.0
        times = sorted(world.chance.uniform(matter.at, last) for _ in rules)
        return [Act(at, said, rule) for at, (said, rule) in zip(times, rules, strict=True)]

    async def _follow(self, world: World, matter: Matter) -> None:
        """It is sent, sometimes again by a second click, and then one thing after the other is done with it."""
        await self._until(world, matter.at)
        sending = [world.loop.spawn(None, world.insist(partial(self._send, matter)))]
        if world.chance.random() < 0.3:
            sending.append(world.loop.spawn(None, world.insist(partial(self._send, matter))))
        for sent in sending:
            await sent
        for act in matter.acts:
            await self._until(world, act.at)
            shown = [one for one in world.documents(petitions.PETITIONS) if one["_id"] in matter.names]
            act.round = shown[0].get("round", 1) if shown else 1
            await world.insist(partial(self._do, matter, act))

    async def _send(self, matter: Matter, node: Node) -> None:
        matter.tries += 1
        received = await _feedback(node).room.receive(matter.draft)
        matter.names.add(received.id)
        matter.codes.add(received.code)

    async def _do(self, matter: Matter, act: Act, node: Node) -> None:
        room = _feedback(node).room
        ground = room.ground()
        try:
            await room.change(min(matter.names), act.round, lambda petition: act.rule(petition, ground))
        except NotAllowedError:
            act.heard.append("refused")
        else:
            act.heard.append("done")

    def _report(self, world: World, code: str, kind: str, at: datetime, more: Mapping[str, Any]) -> None:
        model = MODELS[kind]
        data = model.model_validate({"at": at, "occasion": "1", "version": 1, **more})
        event = Event(fact_id(code, kind, "1", 1), "/intake", model.TYPE, code, world.now(), data)
        place = TopicPartition(DOSSIERS, partition_of(code, world.setup.partitions))
        world.broker.append(place, code.encode(), encode(event))

    # --- the oracle ---------------------------------------------------------------

    def judge(self, world: World, verdict: Verdict) -> None:
        """Answers, then petitions, then what the store has beside the log."""
        self._judge_dossiers(world, verdict)
        self._judge_answers(world, verdict)
        told = statements(world)
        for matter in self.matters:
            self._judge_matter(world, verdict, matter, told)
        documents = {document["_id"]: petitions.CODEC.read(document) for document in world.documents()}
        known = {name: petition for name, petition in documents.items() if petition.known}
        strange = known.keys() - {name for matter in self.matters for name in matter.names}
        verdict.doubled += [f"a petition that nobody was told of: {name}" for name in sorted(strange)]
        for name in sorted(known.keys() | told.keys()):
            _judge_log(world, verdict, name, known.get(name), told.get(name, []))

    def _judge_dossiers(self, world: World, verdict: Verdict) -> None:
        invited = Counter(event["subject"] for event in said_of(world, "feedback.invited"))
        wished = Counter(event["subject"] for event in said_of(world, "feedback.stop-wished"))
        for number in range(self.dossiers):
            code = f"{UNIT}-260302-{number:04}"
            if invited[code] != 1:
                (verdict.doubled if invited[code] else verdict.lost).append(f"{code} was invited {invited[code]} times")
            if wished[code] != self.stopped.count(code) and not world.was_restored:
                verdict.lost.append(f"{code}: {wished[code]} wishes to be left alone")
        for document in world.documents(store.DOSSIERS):
            dossier = store.CODEC.read(document)
            if dossier.token is None or (dossier.stopped_at is not None) is not (wished[dossier.code] == 1):
                verdict.wrong.append(f"{dossier.code} is not as it was said")

    def _judge_answers(self, world: World, verdict: Verdict) -> None:
        """One of each dossier, said once or waiting; said early only with enough others."""
        kept = {one.id: one for one in map(responses.load, world.documents(responses.RESPONSES))}
        said = {event["subject"]: event for event in said_of(world, "feedback.rated")}
        verdict.stuck += [f"mark {m['_id'][:6]} moves" for m in world.documents(responses.MARKS) if responses.MOVING in m]
        counted = Counter(_places(one["data"]["scores"]) for one in said.values())
        counted += Counter(_places(one.scores) for one in kept.values() if one.id not in said)
        by_dossier: dict[str, list[Phone]] = defaultdict(list)
        for phone in self.phones:
            by_dossier[phone.dossier].append(phone)
        for dossier, phones in by_dossier.items():
            if not any("thanks" in phone.heard for phone in phones):
                verdict.lost.append(f"{dossier}: nobody was thanked")
            if not world.was_restored:  # marks and answers that wait are in the store alone: a copy has those of its time
                _judge_phones(verdict, dossier, phones, counted)
        for name, one in kept.items():
            again = world.was_restored and one.day is not None  # it waits in the copy, and is said once more under its id
            if (one.day is None) is not (name in said) and not again:
                verdict.wrong.append(f"an answer is {'waiting' if one.day else 'said'}, and the log says otherwise")
        verdict.early += self._too_few(world)

    def _too_few(self, world: World) -> list[str]:
        """Answers that were said with fewer than four others before their month was over (R40)."""
        ahead = max((fault.seconds for fault in world.struck if fault.kind == "jump"), default=0.0)
        over = epoch_ms(self.midnight) - 1000 * max(0.0, ahead)
        first = [time for time, event in timed(world) if event["type"].endswith("feedback.rated.v2")]
        if any(time < over for time in first):
            return ["an answer was said before its day was over"]
        day_only = self.midnight + self.shift == MIDNIGHTS[1]
        number = len({event["id"] for event in said_of(world, "feedback.rated")})
        return [f"{number} answers were said together"] if day_only and 0 < number < FEWEST else []

    def _judge_matter(self, world: World, verdict: Verdict, matter: Matter, told: Mapping[str, Sequence[Told]]) -> None:
        what = f"{matter.draft.kind} {matter.draft.text!r}"
        if len(matter.names) != 1 or len(matter.codes) != 1:
            verdict.doubled.append(f"{what} was taken in as {len(matter.names)}")
            return
        (name,) = matter.names
        own = told.get(name, [])
        sure = not world.was_restored  # what a copy does not have is asked for again by whoever was not answered
        if not own:
            if sure or matter.tries == 1:
                verdict.lost.append(f"{what} was accepted, and nothing says so")
            return
        count = Counter(one.series for one in own)
        for act in matter.acts:
            if act.said and count[act.said] != 1 and (sure or count[act.said] > 1):
                verdict.wrong.append(f"{what}: {act.said} was heard as {act.heard[-1:]} and said {count[act.said]} times")
        contacts = {event["id"] for event in said_of(world, "contact", CONTACTS) if event["subject"] == name}
        wanted = int(bool(matter.draft.who) and matter.draft.kind != "denunciation")
        if len(contacts) > wanted or (sure and len(contacts) < wanted):  # with its words goes a contact that waited
            verdict.wrong.append(f"{what}: {len(contacts)} contacts")
        self._judge_texts(world, verdict, matter, name)
        self._judge_rings(world, verdict, matter, own)

    def _judge_texts(self, world: World, verdict: Verdict, matter: Matter, name: str) -> None:
        """What was written is there, once each."""
        document = next((one for one in world.documents() if one["_id"] == name), None)
        written = [] if document is None else [one["locked"] for one in document.get("texts") or ()]
        more = sum(act.rule in (_add, _reraise) for act in matter.acts)
        if not world.was_restored and len(written) != 1 + more:
            verdict.wrong.append(f"{name}: {len(written)} texts of {1 + more}")

    def _judge_rings(self, world: World, verdict: Verdict, matter: Matter, own: Sequence[Told]) -> None:
        """One that nobody answers rings as it was aimed: with the date that it had from the beginning."""
        if matter.rings is None or not matter.is_left:
            return
        rung, at = matter.rings
        overdue = [one for one in own if one.series == "petition.overdue"]
        warned = [one for one in own if one.series == "petition.warned"]
        if rung == "due" and [one.at for one in overdue] != [at]:
            verdict.lost.append(f"{own[0].subject}: overdue at {[str(moment(one.at)) for one in overdue]}, not {moment(at)}")
        if rung == "warn" and ([one.at for one in warned] != [at] or overdue):
            verdict.lost.append(f"{own[0].subject}: warned at {[str(moment(one.at)) for one in warned]}, not {moment(at)}")


def _ms(text: str | None) -> int | None:
    return None if text is None else epoch_ms(datetime.fromisoformat(text))


def timed(world: World, topic: str = FEEDBACK) -> list[tuple[int, dict[str, Any]]]:
    """Every record of a topic with the time at which the log took it, in ms."""
    places = [TopicPartition(topic, number) for number in sorted(world.broker.partitions_for_topic(topic) or ())]
    records = [record for place in places for record in world.broker.records(place)]
    return [(record.timestamp, orjson.loads(record.value)) for record in records if record.value is not None]


def said_of(world: World, series: str, topic: str = FEEDBACK) -> list[dict[str, Any]]:
    """The events of a series, each once by its id."""
    events = {event["id"]: event for _, event in timed(world, topic)}
    return [event for event in events.values() if event["type"].removeprefix("vn.dunghen.").startswith(series)]


def statements(world: World) -> dict[str, list[Told]]:
    """What was said of each petition, by version, each id once as it was said first."""
    found: dict[str, dict[str, Told]] = defaultdict(dict)
    for logged, event in sorted(timed(world), key=lambda pair: pair[0]):
        series = event["type"].removeprefix("vn.dunghen.").rpartition(".")[0]
        if event["subject"].startswith("PA-"):
            told = Told(event["subject"], event["id"], series, logged, event["data"])
            found[told.subject].setdefault(told.id, told)
    return {name: sorted(own.values(), key=lambda told: told.data["version"]) for name, own in found.items()}


def _judge_log(world: World, verdict: Verdict, name: str, petition: Petition | None, own: Sequence[Told]) -> None:
    """What was said of one petition, and whether it is how its document stands."""
    if petition is None or not own:
        verdict.lost.append(f"{name} has {'no document' if petition is None else 'nothing that was said'}")
        return
    if [told.data["version"] for told in own] != list(range(1, len(own) + 1)):
        verdict.doubled.append(f"{name}: versions {[(told.data['version'], told.series) for told in own]}")
    rung = Counter((told.series, told.clock) for told in own if told.series in ("petition.warned", "petition.overdue"))
    verdict.doubled += [f"{name}: {series} of {clock} {n} times" for (series, clock), n in rung.items() if n > 1]
    for told in own:
        if (told.series, told.clock) in rung and told.logged < told.at:
            verdict.early.append(f"{name}: {told.series} {(told.at - told.logged) / 1000:.0f} s before its time")
    for before, after in pairwise(own):
        if after.series in ("petition.warned", "petition.overdue") and before.clock != after.clock:
            verdict.wrong.append(f"{name}: {after.series} of {after.clock}, and it was {before.clock}")
    last = own[-1]
    _, clock, due = last.clock
    if due is not None and moment(due) + SHORTLY < world.now() and not rung["petition.overdue", last.clock]:
        verdict.lost.append(f"{name}: {clock} ended at {moment(due)} and nobody was told")
    running = petition.clock
    stands = (petition.round, "" if running is None else running.name, None if running is None else running.due)
    if (petition.version, petition.unit, petition.kind, stands) != (
        last.data["version"],
        last.data["unit"],
        last.data["kind"],
        last.clock,
    ):
        verdict.wrong.append(f"{name} stands at {petition.version} {stands}, and {last.data['version']} {last.clock} was said")
    ended = [told for told in own if told.series == "petition.answered" and told.data["round"] == petition.round]
    if bool(ended) is not (petition.answer is not None):
        verdict.wrong.append(f"{name} was{'' if ended else ' not'} answered, and its document says otherwise")


def _places(scores: Mapping[str, int | None]) -> tuple[str, ...]:
    """Scores as the places of their answers in the form."""
    return tuple(str((100 - (scores[name] or 0)) // 25) for name in ASKED)


def _feedback(node: Node) -> FeedbackNode:
    """The process that answers. Raises Unavailable, as its pages do while its store is brought back."""
    assert isinstance(node, FeedbackNode)
    if node.anchor.waiting:
        raise Unavailable(node.anchor.waiting)
    return node


# --- what officers and people do ------------------------------------------------------------------------------------------


RECEIVED: Mapping[str, Any] = {
    "procedure": PROCEDURE,
    "receiving_unit": UNIT,
    "competent_unit": UNIT,
    "channel": 2,
    "contact_sequence": 1,
    "terms": {"procedure_version": "1", "limit": {"value": 2, "unit": "working_day"}},
}


def _take(petition: Petition, ground: Ground) -> Changed[Petition]:
    return take(petition, CLERK, ground)


def _forward(petition: Petition, ground: Ground) -> Changed[Petition]:
    return forward(petition, OTHER, CLERK, ground)


def _answer(petition: Petition, ground: Ground) -> Changed[Petition]:
    return answer(petition, Outcome("resolved", "locked"), CLERK, ground)


def _conclude(petition: Petition, ground: Ground) -> Changed[Petition]:
    return conclude(petition, Outcome("resolved", "locked", upheld=True, error=True), CLERK, ground)


def _uphold(petition: Petition, ground: Ground) -> Changed[Petition]:
    return answer(petition, Outcome("resolved", "locked", upheld=True, error=True), CLERK, ground)


def _accept(petition: Petition, ground: Ground) -> Changed[Petition]:
    return answer(petition, Outcome("resolved", "locked", accepted=True), CLERK, ground)


def _publish(petition: Petition, ground: Ground) -> Changed[Petition]:
    return publish(petition, "Đã trả lời", CLERK, ground)


def _complaint(petition: Petition, ground: Ground) -> Changed[Petition]:
    return classify(petition, "complaint", None, CLERK, ground)


def _add(petition: Petition, ground: Ground) -> Changed[Petition]:
    return add(petition, "locked", ground, "added")


def _reraise(petition: Petition, ground: Ground) -> Changed[Petition]:
    return reraise(petition, "locked", ground, "raised")


Doing = tuple[str, Rule]
TAKE: Doing = ("petition.taken", _take)
FORWARD: Doing = ("petition.forwarded", _forward)
ANSWER: Doing = ("petition.answered", _answer)
UPHOLD: Doing = ("petition.upheld", _uphold)
ACCEPT: Doing = ("suggestion.accepted", _accept)
PUBLISH: Doing = ("petition.published", _publish)
COMPLAINT: Doing = ("petition.classified", _complaint)
CONCLUDE: Doing = ("petition.answered", _conclude)
RERAISE: Doing = ("petition.reraised", _reraise)
ADD: Doing = ("", _add)
NOTHING: tuple[Doing, ...] = ()
KINDS: tuple[PetitionKind, ...] = (
    "petition",
    "petition",
    "petition",
    "suggestion",
    "complaint",
    "denunciation",
    "praise",
    "contribution",
)
AIMED: Mapping[PetitionKind, PetitionClock] = {
    "petition": "hand-over",
    "suggestion": "hand-over",
    "denunciation": "check",
}
LIVES: Mapping[PetitionKind, tuple[tuple[Doing, ...], ...]] = {
    "petition": (
        NOTHING,
        NOTHING,
        (ADD,),
        (TAKE, ANSWER),
        (FORWARD, TAKE, ANSWER),
        (ANSWER, PUBLISH),
        (UPHOLD, PUBLISH),
        (COMPLAINT, TAKE),
        (ANSWER, RERAISE),
        (ADD, TAKE, ANSWER, PUBLISH),
    ),
    "suggestion": (NOTHING, (ACCEPT, PUBLISH), (FORWARD,)),
    "complaint": (NOTHING, (TAKE, CONCLUDE), (FORWARD, TAKE)),
    "denunciation": (NOTHING, (TAKE, CONCLUDE)),
    "praise": (NOTHING,),
    "contribution": (NOTHING,),
}

"""intake over HTTP, on a store and a log in memory: what holds of each request when several share a save."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.together import Keys, bearer, demo_environment, from_environment
from runtime.errors import Unavailable
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.log.reader import LogReader
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document, MemoryDocuments, MemoryTables
from runtime.web import Patience
from services import gathering
from services.gathering import MOST_SAVES
from services.intake import app
from services.intake.domain import take_all
from services.intake.domain.keys import Wanted
from services.intake.keys import create_key
from services.intake.settings import IntakeSettings
from tests.intake.alone import NOW, received
from tests.runtime.hand import HandMachine, Way, settled, until

SAVE, INTENT = "save_many dossiers", "insert_unique intents"
STEPS = (INTENT, SAVE, "publish", "delete_many intents")
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
Answers = list["asyncio.Task[httpx.Response]"]


class Mortal(HandMachine):
    """Its death is noted, with the last step of a save that was done before."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self._way = way
        self.deaths: list[str] = []

    def die(self) -> None:
        """Noted."""
        self.deaths.append(next(call for call in reversed(self._way.calls) if call in STEPS))


@dataclass
class Held:
    """An intake whose requests to store and log are in a test's hand."""

    service: Service
    client: httpx.AsyncClient
    tables: MemoryTables
    broker: MemoryBroker
    machine: Mortal
    way: Way
    first: Answers = field(default_factory=list)

    async def key(self, system: str = "motcua", **wanted: Any) -> dict[str, str]:
        """The header of a new key."""
        return bearer(await create_key(self.service.parts.store, Wanted(system, **wanted), NOW))

    def send(self, key: Mapping[str, str], body: object, path: str = "/v1/dossiers/events") -> "asyncio.Task[httpx.Response]":
        """A request on its way."""
        return asyncio.create_task(self.client.post(path, json=body, headers=dict(key)))

    async def busy(self, key: Mapping[str, str]) -> None:
        """As many saves as there may be are under way and held up; what comes now goes together."""
        self.way.hold(SAVE)
        for number in range(MOST_SAVES):
            self.first.append(self.send(key, received(9000 + number)))
            await until(lambda wanted=number + 1: len(self.way.waiting) == wanted)  # type: ignore[misc]

    async def together(self, key: Mapping[str, str], *bodies: object) -> list[httpx.Response]:
        """The answers to requests that share a save."""
        return await self.answers(key, *[(key, body) for body in bodies])

    async def answers(self, key: Mapping[str, str], *requests: tuple[Mapping[str, str], object]) -> list[httpx.Response]:
        """The same, each under its own key and with its own headers."""
        await self.busy(key)
        sent = []
        for own, body in requests:
            sent.append(self.send(own, body))
            await settled()
        self.way.let_go(SAVE)
        answers = await asyncio.gather(*sent)
        await asyncio.gather(*self.first)
        return answers

    def stored(self, collection: str) -> list[Document]:
        """Everything in a collection."""
        return self.tables.find(collection, {}, limit=1000)

    @property
    def saves(self) -> int:
        """How many saves of dossiers there were beside those that kept the way busy."""
        return self.way.count(SAVE) - MOST_SAVES


async def start(*, patience: float = 60.0, crash_at: str | None = None, **settings: str) -> Held:
    """One that answers; it has no jobs."""
    way, tables = Way(), MemoryTables()
    machine = Mortal(way)
    machine.business = machine.clock = NOW
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(NOW.timestamp() * 1000))
    ports = Ports(MemoryDocuments(tables, way.store), None, machine, MemoryLog("intake", broker, way.log))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", crash_at=crash_at, for_tests_only=True)
    environment = demo_environment(Keys.new(), PROVINCE) | settings
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "Patience", partial(Patience, change=patience))
        service = app.build(runtime, from_environment(IntakeSettings, environment), ports=ports)
    for declare in service.collections:
        await declare()
    service.health.waits_for = ""
    way.calls.clear()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=service.app), base_url="http://intake", timeout=60)
    return Held(service, client, tables, broker, machine, way)


@pytest.fixture
async def intake() -> AsyncIterator[Held]:
    """One that waits long."""
    held = await start()
    async with held.client:
        yield held


def status(answer: httpx.Response) -> str:
    """What became of the only item."""
    (item,) = answer.json()["items"]
    return str(item["status"])


async def test_requests_that_come_together_share_one_intent_and_one_save(intake: Held) -> None:
    key = await intake.key()
    alone = await intake.send(key, received(1))
    await settled()
    intake.way.calls.clear()

    answers = await intake.together(key, *[received(number) for number in (2, 3, 4)])
    await settled()
    assert [status(answer) for answer in (alone, *answers)] == ["accepted"] * 4
    assert len({answer.json()["items"][0]["id"] for answer in answers}) == 3
    assert {step: intake.way.count(step) - MOST_SAVES for step in STEPS} == dict.fromkeys(STEPS, 1)
    assert intake.stored("intents") == []


async def test_what_one_sender_gets_is_not_what_another_gets(intake: Held) -> None:
    key = await intake.key()
    mine, theirs = await intake.key("mine", units=("H37.12",)), await intake.key("theirs", units=("H37.13",))
    await intake.send(mine, received(5))
    done = {"dossier": received(5)["dossier"], "type": "completed", "at": "2026-03-19T15:00+07:00"}
    unknown = received(6, procedure="9.999999", contact=PERSON)

    stranger, held, fine, broken = await intake.answers(
        key, (theirs, done), (mine, unknown), (mine, done), (mine, {"type": "received"})
    )
    assert [status(answer) for answer in (stranger, held, fine, broken)] == ["refused", "quarantined", "accepted", "refused"]
    assert stranger.json()["items"][0]["problem"]["errors"][0]["rule"] == "not-your-unit"
    assert [(kept["system"], kept["dossier"]) for kept in intake.stored("quarantine")] == [("mine", unknown["dossier"])]
    assert intake.saves == 2  # the reception before, and these


async def test_two_of_one_dossier_are_decided_in_the_order_in_which_they_came(intake: Held) -> None:
    key = await intake.key()
    first, second = await intake.together(key, received(1, channel=1), received(1, channel=2))

    assert [status(first), status(second)] == ["accepted", "accepted"]
    (document,) = [one for one in intake.stored("dossiers") if one["_id"] == received(1)["dossier"]]
    assert (document["received"]["channel"], document["rev"]) == (2, 1)


async def test_a_fault_over_one_item_is_answered_to_its_sender_alone(intake: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await intake.key()

    def failing(dossier: Any, items: Any) -> Any:
        if dossier.code == received(2)["dossier"]:
            raise LookupError("nobody foresaw this")
        return take_all(dossier, items)

    monkeypatch.setattr("services.intake.handlers.take_all", failing)
    intake.client._transport = httpx.ASGITransport(app=intake.service.app, raise_app_exceptions=False)
    answers = await intake.together(key, *[received(number) for number in (1, 2, 3)])

    assert [answer.status_code for answer in answers] == [202, 500, 202]


async def test_a_store_that_fails_is_told_to_all_and_their_repetition_is_taken_once(intake: Held) -> None:
    key = await intake.key()
    await intake.busy(key)
    sent = [intake.send(key, received(number)) for number in (1, 2)]
    await settled()
    intake.way.refuse(Unavailable("no answer"), SAVE)
    intake.way.let_go(SAVE)
    answers = await asyncio.gather(*sent, *intake.first)
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(503, "5")}

    intake.way.mend()
    again = await asyncio.gather(*[intake.send(key, received(number)) for number in (1, 2)])
    await settled()
    assert [status(answer) for answer in again] == ["accepted", "accepted"]
    assert len(await said(intake)) == 2


async def said(intake: Held) -> list[str]:
    """The dossiers of the facts that stand in the log, as often as they do."""
    topic = intake.service.parts.topics
    page = await LogReader(topic, ("dossiers.v1",)).read({}, 1000)
    return sorted((record.key or b"").decode() for record in page.records)


async def test_a_save_that_hangs_is_answered_after_the_limit_of_each_request_and_ends_by_itself() -> None:
    intake = await start(patience=0.05)
    key = await intake.key()
    await intake.busy(key)
    answers = await asyncio.gather(intake.send(key, received(1)), *intake.first)
    assert [answer.status_code for answer in answers] == [503] * (MOST_SAVES + 1)

    intake.way.let_go(SAVE)
    await settled()
    assert await said(intake) == [
        received(9000 + number)["dossier"] for number in range(MOST_SAVES)
    ]  # what waited was not sent
    assert intake.stored("intents") == []
    again = await intake.send(key, received(9000))
    assert (status(again), len(await said(intake))) == ("accepted", MOST_SAVES)


async def test_beyond_its_bound_the_queue_is_closed_with_a_time_to_come_again(
    intake: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_WAITING", 1)
    first, second = await intake.together(await intake.key(), received(1), received(2))
    assert (first.status_code, second.status_code, second.headers["retry-after"]) == (202, 503, "5")


async def test_a_list_does_not_wait_for_single_items_nor_they_for_it(intake: Held) -> None:
    key = await intake.key()
    await intake.busy(key)
    single = intake.send(key, received(1))
    await settled()
    assert len(intake.way.waiting) == MOST_SAVES
    listed = intake.send(key, [received(2), received(3)])
    await settled()
    assert len(intake.way.waiting) == MOST_SAVES + 1

    intake.way.let_go(SAVE)
    await asyncio.gather(single, listed, *intake.first)
    assert intake.saves == 2


async def test_a_test_key_stores_nothing_and_waits_for_nobody(intake: Held) -> None:
    key, test = await intake.key(), await intake.key(mode="test")
    await intake.busy(key)
    assert status(await intake.send(test, received(1))) == "accepted"

    intake.way.let_go(SAVE)
    await asyncio.gather(*intake.first)
    assert len(intake.stored("dossiers")) == MOST_SAVES


async def test_items_are_counted_by_their_sender_before_they_wait() -> None:
    intake = await start(INTAKE_ITEMS_PER_MINUTE="2")
    key, slow = await intake.key(), await intake.key("slow")
    answers = await intake.answers(key, *[(slow, received(number)) for number in (1, 2, 3)])
    assert [answer.status_code for answer in answers] == [202, 202, 429]


async def test_an_idempotency_key_is_of_its_request_and_not_of_the_save(intake: Held) -> None:
    key = await intake.key()
    one, other = {**key, "idempotency-key": "one"}, {**key, "idempotency-key": "other"}
    first, same, another = await intake.answers(key, (one, received(1)), (one, received(1)), (other, received(2)))

    assert first.json() == same.json() != another.json()
    assert [answer.headers.get("idempotency-replayed") for answer in (first, same, another)] == [None, "true", None]
    assert len(intake.stored("answers")) == 2
    assert len(await said(intake)) == MOST_SAVES + 2


async def test_a_request_with_an_idempotency_key_costs_two_commands_more(intake: Held) -> None:
    key = await intake.key()
    await intake.send({**key, "idempotency-key": "one"}, received(1))
    assert [call for call in intake.way.calls if call.endswith(" answers")] == ["insert_unique answers", "save_many answers"]


async def test_what_a_list_has_for_a_person_is_kept_in_one_command_and_once(intake: Held) -> None:
    key = await intake.key()
    unknown = [received(number, procedure="9.999999") for number in (1, 2, 3, 3)]
    for _ in range(2):
        answer = await intake.send(key, unknown)
        assert [item["status"] for item in answer.json()["items"]] == ["quarantined"] * 4

    assert [call for call in intake.way.calls if call.endswith(" quarantine")] == ["save_many quarantine"] * 2
    assert len(intake.stored("quarantine")) == 3


async def test_a_call_of_the_portal_with_one_dossier_shares_a_save_too(intake: Held) -> None:
    key = await intake.key()
    dossier = {"MaHoSo": "H37.12-260319-0001", "MaTTHC": "1.000894", "TrangThaiHoSo": "2", "NgayTiepNhan": "20260319090000"}
    await intake.busy(key)
    call = {"service": "DongBoHoSoMC", "madonvi": "H37.12", "data": [dossier]}
    portal, plain = intake.send(key, call, "/mapi/g"), intake.send(key, received(2))
    await settled()
    intake.way.let_go(SAVE)

    assert (await portal).json()["error_code"] == "00", (await portal).json()
    assert status(await plain) == "accepted"
    await asyncio.gather(*intake.first)
    assert intake.saves == 1


@pytest.mark.parametrize(("point", "last"), [("after-intent", INTENT), ("after-save", SAVE), ("after-publish", "publish")])
async def test_a_save_of_several_passes_each_crash_point_once_and_at_its_place(point: str, last: str) -> None:
    intake = await start(crash_at=f"{point}:{MOST_SAVES + 1}")
    key = await intake.key()
    await intake.together(key, *[received(number) for number in (1, 2, 3)])
    await settled()

    assert intake.machine.deaths == [last]


async def test_what_waits_when_the_service_stops_is_saved_and_published(intake: Held) -> None:
    key = await intake.key()
    await intake.busy(key)
    waiting = intake.send(key, received(1))
    await settled()
    stopping = asyncio.create_task(_stop(intake))
    await settled()
    late = await intake.send(key, received(2))
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")

    intake.way.let_go(SAVE)
    await stopping
    assert status(await waiting) == "accepted"
    assert len(await said(intake)) == MOST_SAVES + 1
    await asyncio.gather(*intake.first)


async def _stop(intake: Held) -> None:
    for drain in intake.service.drains:
        await drain()

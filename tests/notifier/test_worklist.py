"""Messages that are uncertain or failed: who sees them, who decides, and receipts of Kannel at the public door."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr

from contracts import Event
from contracts.notices import NoticeAccepted, NoticeQueued
from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.outputs import Output
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.changes import By, Once
from services.notifier.app import build
from services.notifier.domain import RESULT, Dossier, client_id
from services.notifier.domain.notice import Accepted, Failed, Message, Queued, Uncertain, Way
from services.notifier.domain.outcome import Answer
from services.notifier.domain.worklist import NotListedError, known_after_all, listed, send_again
from services.notifier.gateways.opening import signature
from services.notifier.store import CODEC, DOSSIERS, declare, find_one, load
from services.speaking import encode
from services.wiring import decoder
from tests.support.dossiers import DOSSIER, at
from tests.support.identity import ISSUER, as_person
from tests.support.notifier import REFERENCE, claimed, desk, recall, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play

BY = By("Nông Văn Thử", "u-1")
SECRET = "x" * 40
NOW = at(9, "10:00")
CLERK = as_person(Role.OFFICER, units=("H37.12",), name=BY.name)
SECOND = "supplement-wanted/88121"
AGAIN, KNOWN = f"/v1/messages/{DOSSIER}/{RESULT}/again", f"/v1/messages/{DOSSIER}/{RESULT}/known"


# --- rules ------------------------------------------------------------------------------


def dossier(message: Message) -> Dossier:
    return load(play([PROMISED, contact(), DONE])[0])._replace(messages={RESULT: message})


@pytest.mark.parametrize(("message", "serial"), [(Uncertain(1), 1), (Failed(1, kind="permanent", reason="400"), 2)])
def test_what_goes_out_again_is_news_of_now_and_of_the_next_round(message: Message, serial: int) -> None:
    ground = desk(NOW).ground()
    changed = send_again(dossier(message), RESULT, BY, ground)

    way = Way(round=2, serial=serial, by=BY)
    assert changed.after.messages[RESULT] == Queued(epoch_ms(NOW), epoch_ms(NOW), way=way)
    said = NoticeQueued(at=NOW, notice=RESULT, channel="sms", round=2)
    assert changed.said == [Once(said, "2/result-ready")]
    assert listed(changed.after) == {}
    with pytest.raises(NotListedError):
        send_again(changed.after, RESULT, BY, ground)


def test_what_its_reader_knows_is_over_and_who_said_so_is_kept() -> None:
    changed = known_after_all(dossier(Uncertain(1)), RESULT, BY, 1, desk(NOW).ground())

    assert changed.after.messages[RESULT] == Accepted(1, Way(round=2, by=BY))
    said = NoticeAccepted(at=NOW, notice=RESULT, channel="sms", parts=1, confirmed=True, round=2)
    assert changed.said == [Once(said, "2/result-ready")]
    with pytest.raises(NotListedError):
        known_after_all(dossier(Accepted(1)), RESULT, BY, 1, desk(NOW).ground())


def test_a_second_round_is_sent_under_its_own_client_id_and_read_back_from_the_log() -> None:
    life: list[Event] = []

    def say(outputs: Sequence[Output]) -> None:
        life.extend(decoder()(encode(output)) for output in outputs)

    document, outputs = play([PROMISED, contact(), DONE])
    say(outputs)
    by = desk(NOW)
    document, first = claimed(document, by)
    refused = settle_answer(document, RESULT, Answer("refused", "400"), first, by)
    say(refused.outputs)
    again = CODEC.decide(refused.document, lambda one: send_again(one, RESULT, BY, by.ground()), NOW)
    say(again.outputs)
    document, second = claimed(again.document, by)
    taken = settle_answer(document, RESULT, Answer("taken"), second, by)
    say(taken.outputs)

    assert (first.client_id, second.client_id) == (client_id(DOSSIER, RESULT), client_id(DOSSIER, RESULT, 2))
    assert len({event.id for event in life}) == len(life) == 4
    rebuilt: Document = {"_id": DOSSIER, "rev": 0}
    for event in life:
        rebuilt = recall(rebuilt, event)
    kept = load(rebuilt)
    assert kept.messages[RESULT] == Accepted(epoch_ms(NOW), Way(round=2, serial=2))
    assert set(kept.client_ids) == {first.client_id, second.client_id}
    assert all(recall(taken.document, event) is taken.document for event in life)


# --- over HTTP --------------------------------------------------------------------------


@dataclass
class Desk:
    """notifier's HTTP over a store in memory."""

    client: httpx.AsyncClient
    store: MemoryDocuments

    async def state(self) -> str:
        found = await find_one(self.store, DOSSIER)
        assert found is not None
        return type(found.messages[RESULT]).__name__


@pytest.fixture
async def own() -> AsyncIterator[Desk]:
    by, store = desk(NOW), MemoryDocuments(MemoryTables())
    document, sms = claimed(play([PROMISED, contact(), DONE])[0], by)
    uncertain = settle_answer(document, RESULT, Answer("uncertain"), sms, by).document
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [{**uncertain, "rev": 0, "outbox": []}])
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
    ports, settings = Ports(store=store, topics=topics, clock=SteppedClock(NOW)), by.settings
    settings = settings.model_copy(update={"receipts_secret": SecretStr(SECRET)})
    service = build(runtime, settings, reference=REFERENCE, ports=ports)
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notifier") as client:
        yield Desk(client, store)


async def test_a_clerk_sees_what_is_uncertain_and_has_it_sent_again_once(own: Desk) -> None:
    listing = (await own.client.get("/v1/messages", headers=CLERK)).json()
    [message] = listing["messages"]
    first = await own.client.post(AGAIN, headers=CLERK)
    second = await own.client.post(AGAIN, headers=CLERK)

    assert (message["dossier"], message["notice"], message["state"]) == (DOSSIER, RESULT, "uncertain")
    assert "912000007" not in str(listing)
    assert "Nông" not in str(listing)
    assert (first.status_code, second.status_code, await own.state()) == (202, 409, "Queued")
    assert (await own.client.get("/v1/messages", headers=CLERK)).json() == {"messages": [], "after": None}
    kept = (await own.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]["notices"][RESULT]
    assert (kept["by"], kept["round"]) == (BY.name, 2)


async def test_what_its_reader_knows_leaves_the_list(own: Desk) -> None:
    answer = await own.client.post(KNOWN, headers=CLERK)

    assert (answer.status_code, await own.state()) == (202, "Accepted")


async def test_messages_of_other_units_are_not_there_and_readers_decide_nothing(own: Desk) -> None:
    other = as_person(Role.OFFICER, units=("H37.13",))
    reader = as_person(Role.SUPERVISOR, units=("*",))

    assert (await own.client.get("/v1/messages", headers=other)).json()["messages"] == []
    assert (await own.client.post(AGAIN, headers=other)).status_code == 404
    assert (await own.client.post(AGAIN, headers=reader)).status_code == 403
    assert "Gửi lại</button>" not in (await own.client.get("/messages", headers=reader)).text
    assert await own.state() == "Uncertain"


async def test_a_clerk_of_a_small_unit_sees_her_one_message_behind_hundreds_of_others(own: Desk) -> None:
    theirs = (await own.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
    first = theirs["facts"]["received"]["1"]
    facts = {**theirs["facts"], "received": {"1": {**first, "receiving_unit": "H37.13", "competent_unit": "H37.13"}}}
    code = "H37.99-260302-0001"  # behind all others
    await own.store.save_many(DOSSIERS, [{**theirs, "_id": code, "rev": 0, "facts": facts, "outbox": []}])
    others = [{**theirs, "_id": f"H37.12-260303-{number:04}", "rev": 0, "outbox": []} for number in range(250)]
    await own.store.save_many(DOSSIERS, others)
    clerk = as_person(Role.OFFICER, units=("H37.13",))
    answer = (await own.client.get("/v1/messages", headers=clerk)).json()

    assert [message["dossier"] for message in answer["messages"]] == [code]


async def test_the_page_lists_decides_and_says_when_somebody_was_faster(own: Desk) -> None:
    page = await own.client.get("/messages", headers=CLERK)
    again = await own.client.post(f"/messages/{DOSSIER}/{RESULT}/again?state=uncertain", headers=CLERK)
    late = await own.client.post(f"/messages/{DOSSIER}/{RESULT}/known", headers=CLERK)

    assert page.status_code == 200
    assert DOSSIER in page.text
    assert "Gửi lại</button>" in page.text
    assert (again.status_code, again.headers["location"]) == (303, "/messages?state=uncertain")
    assert (late.status_code, "không còn chờ quyết định" in late.text) == (409, True)
    assert "Không có tin nhắn nào" in (await own.client.get("/messages?state=failed", headers=CLERK)).text


async def test_a_clerk_decides_about_one_request_by_its_occasion(own: Desk) -> None:
    """The desk's dossier has one uncertain message; the second request beside it failed."""
    kept = (await own.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
    failed = {"s": "failed", "at": epoch_ms(NOW), "kind": "permanent", "reason": "400"}
    await own.store.save_many(DOSSIERS, [{**kept, "notices": {**kept["notices"], SECOND: failed}, "failed": 1}])

    async def decide(path: str, occasion: str) -> httpx.Response:
        return await own.client.post(f"{path}/{DOSSIER}/supplement-wanted/again", params={"occasion": occasion}, headers=CLERK)

    [listed] = (await own.client.get("/v1/messages?state=failed", headers=CLERK)).json()["messages"]
    page = (await own.client.get("/messages?state=failed", headers=CLERK)).text
    wrong = [(await decide("/v1/messages", occasion)).status_code for occasion in ("1", "2", "x" * 300)]
    right = await decide("/v1/messages", "88121")
    late = await decide("/messages", "88121")

    assert (listed["notice"], listed["occasion"], listed["notice_name"]) == ("supplement-wanted", "88121", "Báo cần bổ sung")
    assert f"/messages/{DOSSIER}/supplement-wanted/again?state=failed&amp;occasion=88121" in page
    assert (wrong, right.status_code, late.status_code) == ([409, 409, 422], 202, 409)
    assert right.json() == {"dossier": DOSSIER, "notice": "supplement-wanted", "occasion": "88121", "state": "queued"}
    found = await find_one(own.store, DOSSIER)
    assert found is not None
    assert isinstance(found.messages[SECOND], Queued)


# --- receipts of Kannel -----------------------------------------------------------------


async def receipt(own: Desk, status: int, sign: str | None = None, identity: str = "") -> httpx.Response:
    identity = identity or client_id(DOSSIER, RESULT)
    proof = signature(SECRET, identity) if sign is None else sign
    return await own.client.get("/v1/receipts/kannel", params={"id": identity, "sign": proof, "status": status})


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, "Delivered"), (2, "Failed"), (16, "Failed"), (34, "Failed"), (4, "Uncertain"), (8, "Uncertain"), (3, "Uncertain")],
)
async def test_what_kannel_reports_by_its_bits(own: Desk, status: int, state: str) -> None:
    for _ in range(2):
        assert (await receipt(own, status)).status_code == 200
        assert await own.state() == state


async def test_only_an_address_that_was_signed_for_the_message_is_believed(own: Desk) -> None:
    other = signature(SECRET, "another message")
    unknown = await receipt(own, 1, identity="another message")

    assert [(await receipt(own, 1, sign)).status_code for sign in ("", "x" * 40, other, "é")] == [401] * 4
    assert (unknown.status_code, unknown.json()) == (200, {"known": 0})
    assert await own.state() == "Uncertain"

"""A completion that is taken back after its message: nothing more goes out by itself, and a person tells the citizen."""

from typing import Literal

import httpx
import pytest

from contracts import Event
from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.changes import By
from services.notifier.app import build
from services.notifier.domain import RESULT
from services.notifier.domain.notice import Accepted, Delivered, Queued, Way
from services.notifier.domain.outcome import Answer
from services.notifier.domain.worklist import Decision, NotListedError, corrected, decisions, listed, send_again
from services.notifier.store import CODEC, DOSSIERS, TAKEN_BACK, count_waiting, declare, load
from tests.support.dossiers import DOSSIER, at, fact
from tests.support.identity import ISSUER, as_person
from tests.support.notifier import REFERENCE, claim, claimed, context, desk, handle, on_receipt, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play

BY = By("Nông Văn Thử", "u-1")
NOW = at(9, "10:00")
BACK = fact("retracted", at(9, "11:00"), version=2, fact="completed")
ANEW = fact("completed", at(10), version=3)
BACK_AGAIN = fact("retracted", at(11), version=4, fact="completed")
CLERK = as_person(Role.OFFICER, units=("H37.12",), name=BY.name)


def sent() -> Document:
    document, sms = claimed(play([PROMISED, contact(), DONE])[0], desk(NOW))
    return settle_answer(document, RESULT, Answer("taken"), sms, desk(NOW)).document


def hearing(document: Document, *events: Event) -> Document:
    for event in events:
        decision = handle(document, event, context(NOW))
        assert not decision.outputs, "something was told by itself"
        document = decision.document
    return document


def told(document: Document) -> Document:
    """A person told the citizen that there is no result after all."""
    return CODEC.decide(document, lambda one: corrected(one, RESULT, BY), NOW).document


def stands(document: Document) -> tuple[bool, tuple[Decision, ...]]:
    """Whether it stands on the list, by its index, and what may be decided."""
    dossier = load(document)
    assert (listed(dossier) == {RESULT: "taken-back"}) == (document.get(TAKEN_BACK) == 1)
    return document.get(TAKEN_BACK) == 1, decisions(dossier, RESULT)


@pytest.mark.parametrize("receipt", [None, "delivered"], ids=["taken by the gateway", "delivered"])
def test_a_completion_taken_back_after_its_message_is_listed_until_a_new_one_comes(
    receipt: Literal["delivered"] | None,
) -> None:
    """R24."""
    document = sent() if receipt is None else on_receipt(sent(), RESULT, receipt, context(NOW)).document

    assert stands(document) == (False, ())
    assert stands(hearing(document, BACK)) == (True, ("corrected",))
    assert stands(hearing(document, BACK, ANEW)) == (False, ())
    assert stands(hearing(document, BACK, ANEW, BACK_AGAIN)) == (True, ("corrected",))
    assert claim(hearing(document, BACK, ANEW), RESULT, desk(at(12))).answer is None


def test_who_told_the_citizen_that_there_is_no_result_is_kept_and_the_dossier_leaves_the_list() -> None:
    document = told(hearing(sent(), BACK))

    message = load(document).messages[RESULT]
    assert isinstance(message, Accepted)
    assert message.way == Way(by=BY, corrected=True)
    assert stands(document) == (False, ())
    with pytest.raises(NotListedError):
        corrected(load(document), RESULT, BY)
    assert stands(hearing(document, fact("returned", at(10)))) == (False, ())


def test_who_was_told_that_there_is_no_result_is_a_persons_to_tell_of_the_next_one() -> None:
    """Else nobody would tell: by itself a result is told once (R24)."""
    again = hearing(told(hearing(sent(), BACK)), ANEW)

    assert stands(again) == (True, ("again", "posted", "known"))
    assert stands(hearing(again, BACK_AGAIN)) == (False, ())  # which is what its reader believes
    assert stands(hearing(again, fact("returned", at(11)))) == (False, ())
    queued = CODEC.decide(again, lambda one: send_again(one, RESULT, BY, desk(NOW).ground()), NOW).document
    assert load(queued).messages[RESULT] == Queued(epoch_ms(NOW), epoch_ms(NOW), way=Way(round=2, serial=2, by=BY))
    document, sms = claimed(queued, desk(at(12)))
    assert "da co ket qua" in sms.text
    assert stands(settle_answer(document, RESULT, Answer("taken"), sms, desk(at(12))).document) == (False, ())


def test_a_result_taken_back_before_it_was_sent_anew_is_listed_when_the_next_one_comes() -> None:
    again = hearing(told(hearing(sent(), BACK)), ANEW)
    queued = CODEC.decide(again, lambda one: send_again(one, RESULT, BY, desk(NOW).ground()), NOW).document
    dropped = claim(hearing(queued, BACK_AGAIN), RESULT, desk(at(12))).document

    assert stands(dropped) == (False, ())
    assert stands(hearing(dropped, fact("completed", at(13), version=5))) == (True, ("again", "posted", "known"))


def test_a_receipt_that_comes_late_changes_nothing_of_what_a_person_said() -> None:
    document = on_receipt(told(hearing(sent(), BACK)), RESULT, "delivered", context(NOW)).document

    assert isinstance(load(document).messages[RESULT], Delivered)
    assert stands(document) == (False, ())


async def test_the_clerk_sees_why_says_that_the_citizen_was_told_and_a_second_tab_is_told_that() -> None:
    store = MemoryDocuments(MemoryTables())
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [{**hearing(sent(), BACK), "rev": 0, "outbox": []}])
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),))
    ports = Ports(store=store, topics=topics, clock=SteppedClock(NOW))
    service = build(runtime, desk(NOW).settings, reference=REFERENCE, ports=ports)
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notifier") as client:
        [message] = (await client.get("/v1/messages?state=taken-back", headers=CLERK)).json()["messages"]
        page = (await client.get("/messages?state=taken-back", headers=CLERK)).text
        waiting = (await count_waiting(store, 0)).taken_back
        wrong = await client.post(f"/v1/messages/{DOSSIER}/{RESULT}/again", headers=CLERK)
        done = await client.post(f"/messages/{DOSSIER}/{RESULT}/corrected?state=taken-back", headers=CLERK)
        late = await client.post(f"/messages/{DOSSIER}/{RESULT}/corrected?state=taken-back", headers=CLERK)
        left = (await client.get("/v1/messages?state=taken-back", headers=CLERK)).json()["messages"]

    assert (message["dossier"], message["decisions"], waiting) == (DOSSIER, ["corrected"], 1)
    assert "sau đó kết quả bị rút lại" in message["why"]
    assert "Đã báo người dân</button>" in page
    assert "Gửi lại</button>" not in page
    assert (wrong.status_code, done.status_code, late.status_code, left) == (409, 303, 409, [])
    assert "không còn chờ quyết định" in late.text
    kept = (await store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]["notices"][RESULT]
    assert (kept["corrected"], kept["by"]) == (True, BY.name)

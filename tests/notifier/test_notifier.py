"""notifier: hours, and the life of a message from fact to answer."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts import Event
from contracts.notices import Notice, NoticeFailed
from runtime.clock import SteppedClock, epoch_ms
from runtime.store import Document
from services.changes import Once
from services.notifier.domain import RESULT, SURVEY, client_id, next_window
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.outcome import Answer, Sms, Tried, settle_all
from services.notifier.domain.receipts import Receipt, on_receipts
from services.notifier.gateways.http import HttpGateway
from services.notifier.handlers import Context
from services.notifier.store import load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import REFERENCE, claim, claimed, desk, handle, on_receipt, settle_answer
from tests.support.notifier_hears import DONE, PERSON, PROMISED, contact, invited, play, said


@pytest.mark.parametrize(
    ("time", "sent"), [("06:59", (2, "07:00")), ("07:00", (2, "07:00")), ("20:59", (2, "20:59")), ("21:00", (3, "07:00"))]
)
def test_nothing_is_sent_at_night(time: str, sent: tuple[int, str]) -> None:
    """R24."""
    assert next_window(at(2, time)) == at(*sent)


# --- the life of a message ------------------------------------------------------


def test_a_completion_queues_one_message_whatever_the_order() -> None:
    """R24."""
    for events in ([PROMISED, contact(), DONE], [DONE, contact(), PROMISED], [contact(), DONE, PROMISED]):
        document, outputs = play(events)

        assert said(outputs) == ["queued"]
        assert document["next_send_at"] == epoch_ms(at(6))


def test_a_corrected_or_repeated_completion_queues_nothing_new() -> None:
    """R24."""
    again = [DONE, fact("completed", at(6, "08:00"), version=2), fact("retracted", at(6), version=3, fact="completed")]

    assert said(play([PROMISED, contact(), *again, fact("completed", at(6), version=4)])[1]) == ["queued"]


def test_history_before_go_live_is_silent() -> None:
    unit = REFERENCE.units["H37.12"].model_copy(update={"go_live": at(10)})
    reference = replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit})
    document: Document = {"_id": DOSSIER, "rev": 0}
    for event in (PROMISED, contact()):
        document = handle(document, event, Context(reference, SteppedClock(at(12)))).document

    assert said(list(handle(document, DONE, Context(reference, SteppedClock(at(12)))).outputs)) == ["skipped before-go-live"]


def test_a_completion_reported_two_days_late_is_no_news() -> None:
    late = Event(DONE.id, DONE.source, DONE.type, DONE.subject, at(8, "09:01"), DONE.data)

    assert said(play([PROMISED, contact(), late])[1]) == ["skipped too-old"]


def test_without_contact_nothing_is_sent_for_a_reason() -> None:
    assert said(play([received(), DONE])[1]) == ["skipped no-contact"]


def test_a_message_waits_for_the_contact_that_was_promised_and_gives_up_after_a_day() -> None:
    document, _ = play([PROMISED, DONE])

    waiting = claim(document, RESULT, desk(at(6)))
    assert (waiting.answer, list(waiting.outputs)) == (None, [])
    assert waiting.document["next_send_at"] == epoch_ms(at(6) + timedelta(minutes=1))
    assert said(list(claim(waiting.document, RESULT, desk(at(9))).outputs)) == ["skipped contact-missing"]


def test_a_service_that_stood_still_for_days_waits_for_a_contact_that_it_has_not_read_yet() -> None:
    document, _ = play([PROMISED, DONE])

    by = Context(REFERENCE, SteppedClock(at(9)))
    missed = claim(document, RESULT, desk(at(9)))  # three days after its cause: the facts are read, the contacts are not
    told = handle(missed.document, contact(), by).document

    assert list(missed.outputs) == []
    assert claimed(told, desk(at(9)))[1].to == "+84912000007"


def test_a_due_message_is_claimed_before_it_is_sent_under_one_client_id() -> None:
    document, message = claimed(play([PROMISED, contact(), DONE])[0], desk(at(6)))

    assert (message.to, message.brand, message.client_id) == ("+84912000007", "HOANGVAN", client_id(DOSSIER, RESULT))
    assert document["notices"]["result-ready"]["s"] == "claimed"
    assert claim(document, RESULT, desk(at(6))).document is document  # nobody else can take it now


@pytest.mark.parametrize(
    ("answer", "deduplicates", "says"),
    [
        (Answer("taken"), False, ["accepted"]),
        (Answer("refused", "400"), False, ["failed 400"]),
        (Answer("uncertain"), False, ["uncertain"]),
        (Answer("uncertain"), True, []),  # sent again: the gateway drops a repetition
        (Answer("busy"), False, []),  # certainly not taken: tried again
    ],
)
def test_an_answer_ends_a_message_or_asks_for_another_try(answer: Answer, deduplicates: bool, says: list[str]) -> None:
    at_desk = desk(at(6), deduplicates=deduplicates)
    document, message = claimed(play([PROMISED, contact(), DONE])[0], at_desk)
    decision = settle_answer(document, RESULT, answer, message, at_desk)

    assert said(list(decision.outputs)) == says
    assert ("next_send_at" in decision.document) == (says in ([], ["failed 400"]))  # what failed looks for another channel
    if not says:
        _, again = claimed(decision.document, desk(at(6, "09:05"), deduplicates=deduplicates))
        assert again == message


def test_a_message_about_a_result_names_dossier_procedure_and_receiving_unit_and_is_of_the_units_brand() -> None:
    """R28."""
    _, message = claimed(play([PROMISED, contact(), DONE])[0], desk(at(6)))
    unit, procedure = REFERENCE.units["H37.12"], REFERENCE.procedures["1.000894"]

    text = f"Ho so {DOSSIER} (Dang ky ket hon) da co ket qua. Moi Ong/Ba nhan theo hinh thuc da dang ky. UBND xa Hoang Van."
    assert (procedure.name, unit.name) == ("Đăng ký kết hôn", "UBND xã Hoàng Vân")
    assert message == Sms(client_id(DOSSIER, RESULT), "+84912000007", unit.brand, text)
    elsewhere = received(contact_sequence=1, receiving_unit="H99.99", procedure="9.999999")
    _, message = claimed(play([elsewhere, contact(), DONE])[0], desk(at(6)))
    text = f"Ho so {DOSSIER} (9.999999) da co ket qua. Moi Ong/Ba nhan theo hinh thuc da dang ky. H99.99."
    assert (message.brand, message.text) == ("", text)


def test_answers_to_several_messages_of_a_dossier_are_settled_together() -> None:
    document = play([PROMISED, contact(), DONE, invited()])[0]
    by = desk(at(9, "10:00"))
    document, result = claimed(document, by)
    document, survey = claimed(document, by, SURVEY)
    tried: dict[Notice, Tried] = {
        RESULT: Tried(result, Answer("taken")),
        SURVEY: Tried(survey, Answer("refused", "x" * 90)),
    }
    changed = settle_all(load(document), tried, by.ground())

    assert [type(one).__name__ for one in (changed.after.messages[RESULT], changed.after.messages[SURVEY])] == [
        "Accepted",
        "Failed",
    ]
    assert [one.occasion for one in changed.said if isinstance(one, Once)] == [RESULT, SURVEY]
    failed = changed.said[1]
    assert isinstance(failed, Once)
    assert isinstance(failed.event, NoticeFailed)
    assert failed.event.reason == "x" * 80


def test_receipts_for_several_messages_are_taken_by_their_client_ids() -> None:
    document = play([PROMISED, contact(), DONE, invited()])[0]
    by = desk(at(9, "10:00"))
    for name in (RESULT, SURVEY):
        document, _ = claimed(document, by, name)
    assert document["client_ids"] == sorted(client_id(DOSSIER, name) for name in (RESULT, SURVEY))  # receipts find it by them
    receipts: dict[str, Receipt] = {
        client_id(DOSSIER, RESULT): "delivered",
        client_id(DOSSIER, SURVEY): "undelivered",
        "?": "delivered",
    }
    changed = on_receipts(load(document), receipts, by.context.ground())

    assert [type(one).__name__ for one in (changed.after.messages[RESULT], changed.after.messages[SURVEY])] == [
        "Delivered",
        "Failed",
    ]
    assert [type(one.event).__name__ for one in changed.said if isinstance(one, Once)] == ["NoticeDelivered", "NoticeFailed"]
    assert on_receipts(changed.after, receipts, by.context.ground()).after is changed.after
    assert on_receipts(load(document), {"nobody's": "delivered"}, by.context.ground()).said == ()


def test_a_stuck_claim_is_uncertain_and_sent_again_only_where_repetitions_are_dropped() -> None:
    document, message = claimed(play([PROMISED, contact(), DONE])[0], desk(at(6)))
    stuck = claim(document, RESULT, desk(at(6, "09:05")))

    assert (said(list(stuck.outputs)), stuck.answer) == (["uncertain"], None)
    assert claim(document, RESULT, desk(at(6, "09:05"), deduplicates=True)).answer == message


@pytest.mark.parametrize("person", [{**PERSON, "phone": "0205 381 2345"}, {**PERSON, "phone": ""}])
def test_a_person_without_a_mobile_number_is_skipped(person: dict[str, str]) -> None:
    document, _ = play([PROMISED, contact(person=person), DONE])

    assert said(list(claim(document, RESULT, desk(at(6))).outputs)) == ["skipped no-mobile-number"]


def test_an_incomplete_dossier_keeps_its_message_until_the_record_is_lifted() -> None:
    document = {**play([PROMISED, contact(), DONE])[0], "incomplete": ["dossiers.v1/0/7"]}

    decision = claim(document, RESULT, desk(at(6)))
    assert (decision.answer, list(decision.outputs)) == (None, [])
    assert decision.document["next_send_at"] > epoch_ms(at(6))


def test_neither_document_nor_event_holds_the_person_in_clear() -> None:
    document, outputs = play([PROMISED, contact(), DONE])
    after, message = claimed(document, desk(at(6)))
    done = settle_answer(after, RESULT, Answer("taken"), message, desk(at(6)))
    text = str(done.document) + str([o.body for o in (*outputs, *done.outputs)])

    assert "912000007" not in text
    assert "Nông" not in text


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (httpx.Response(200), "taken"),
        (httpx.Response(202), "taken"),
        (httpx.Response(400), "refused"),
        (httpx.Response(429), "busy"),
        (httpx.Response(503), "busy"),
        (httpx.Response(500), "uncertain"),
        (httpx.ConnectError("x"), "busy"),
        (httpx.ReadTimeout("x"), "uncertain"),
        (httpx.RemoteProtocolError("x"), "uncertain"),
    ],
)
async def test_what_a_gateway_says_or_does_not_say(reply: httpx.Response | Exception, outcome: str) -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        if isinstance(reply, Exception):
            raise reply
        return reply

    gateway = HttpGateway("http://gateway/sms", client=httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    result = await gateway.send(Sms("id-1", "+84912000007", "HOANGVAN", "Ho so"))
    await gateway.close()

    assert result.outcome == outcome
    assert asked == [{"client_id": "id-1", "to": "+84912000007", "brand": "HOANGVAN", "text": "Ho so"}]


# --- receipts, and the invitation to rate -----------------------------------------


def test_the_invitation_goes_out_with_the_result_in_hand_or_two_days_after_it_was_ready() -> None:
    waiting, outputs = play([PROMISED, contact(), DONE, invited(), invited()])
    fetched, more = play([PROMISED, contact(), invited(), DONE, fact("returned", at(6, "08:55"))])
    _, sms = claimed(fetched, desk(at(6)), "survey")

    assert said(outputs) == said(more) == ["queued", "queued"]
    assert waiting["notices"]["survey"]["next"] == epoch_ms(at(8))
    assert fetched["notices"]["survey"]["next"] == epoch_ms(at(6))
    assert sms.text.endswith("(1 phut): https://example.org/y-kien/AAAAAAAAAAAAAAAAAAAAAA")
    assert size_of(sms.text).parts == 1


def test_a_receipt_ends_a_message_once_and_takes_it_off_the_list_of_uncertain_ones() -> None:
    document, message = claimed(play([PROMISED, contact(), DONE])[0], desk(at(6)))
    uncertain = settle_answer(document, RESULT, Answer("uncertain"), message, desk(at(6))).document
    context = Context(REFERENCE, SteppedClock(at(6)))
    delivered = on_receipt(uncertain, RESULT, "delivered", context)

    assert uncertain["held"] == 1
    assert said(list(delivered.outputs)) == ["delivered"]
    assert "held" not in delivered.document
    assert not on_receipt(delivered.document, RESULT, "undelivered", context).outputs
    assert not on_receipt({"_id": DOSSIER, "rev": 0}, RESULT, "delivered", context).outputs

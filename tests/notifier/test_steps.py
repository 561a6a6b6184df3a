"""What a person is told between reception and result, and what is old news by the time it could be told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import Event
from contracts.notices import Notice
from reference import ReferenceData
from reference.catalogue import Messages
from runtime.clock import SteppedClock, epoch_ms
from runtime.outputs import Output
from runtime.store import Document
from services.notifier.domain import RESULT, client_id
from services.notifier.domain.outcome import Answer
from services.notifier.domain.saying import skip_reasons
from services.notifier.domain.sending import claim_message
from services.notifier.handlers import Context
from services.notifier.store import load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import REFERENCE, claim, claimed, desk, handle, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, invited, promise

CONTACT = contact()
NOW = at(4, "10:00")
WANTED = fact("supplement-requested", NOW)


def with_messages(**settings: Any) -> ReferenceData:
    """The province, in which xã Hoàng Vân has its own settings of messages."""
    unit = REFERENCE.units["H37.12"].model_copy(update={"messages": Messages(**settings)})
    return replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit})


def play(
    *events: Event, now: datetime = NOW, reference: ReferenceData = REFERENCE, document: Document | None = None
) -> tuple[Document, list[str]]:
    """What notifier knows and says after events."""
    known: Document = document or {"_id": DOSSIER, "rev": 0}
    said: list[Output] = []
    for event in events:
        decision = handle(known, event, Context(reference, SteppedClock(now)))
        known = decision.document
        said += decision.outputs
    return known, told(said)


def told(outputs: Sequence[Output]) -> list[str]:
    """State, kind, occasion or reason, and version of what was said."""
    found = []
    for output in outputs:
        data, (_, _, _, state, version) = output.body["data"], output.body["type"].split(".")
        words = (state, data["notice"], data.get("occasion", ""), data.get("reason", ""), version)
        found.append(" ".join(word for word in words if word))
    return found


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("supplement-requested", "supplement-wanted", "duoc yeu cau bo sung giay to."),
        ("fee-requested", "fee-due", "can Ong/Ba thuc hien nghia vu tai chinh"),
        ("refused", "refused", "khong duoc tiep nhan."),
        ("stopped", "stopped", "khong duoc giai quyet tiep (dung xu ly)."),
    ],
)
def test_each_step_that_is_for_the_person_is_told_once_in_any_order(kind: str, name: Notice, sentence: str) -> None:
    step = fact(kind, NOW)
    for events in (
        (PROMISED, CONTACT, step),
        (step, PROMISED, CONTACT),
        (CONTACT, step, PROMISED),
        (PROMISED, CONTACT, step, step),
    ):
        document, said = play(*events)
        assert said == [f"queued {name} 1 v2"]
    document, sms = claimed(document, desk(NOW), name)

    assert sentence in sms.text
    assert (sms.to, sms.client_id) == ("+84912000007", client_id(DOSSIER, name))
    done = settle_answer(document, name, Answer("taken"), sms, desk(NOW))
    assert told(done.outputs) == [f"accepted {name} 1 v2"]
    assert done.document["texts"] == {name: sms.text}


@pytest.mark.parametrize("kind", ["progressed", "supplemented", "fee-paid", "suspended", "resumed", "withdrawn"])
def test_of_the_offices_own_steps_and_of_what_the_person_did_nobody_is_told(kind: str) -> None:
    more: dict[str, Any] = {"step": "Thẩm định"} if kind == "progressed" else {}

    assert play(PROMISED, CONTACT, fact(kind, NOW, **more))[1] == []


def test_each_request_for_papers_is_told_under_its_own_id() -> None:
    second = fact("supplement-requested", at(5), occasion="88121")
    document, said = play(PROMISED, CONTACT, WANTED, fact("supplemented", NOW), second, now=at(5))

    assert said == ["queued supplement-wanted 1 v2", "queued supplement-wanted 88121 v2"]
    _, sms = claimed(document, desk(at(5)), "supplement-wanted/88121")
    assert "phieu yeu cau ngay 05/03/2026 cua" in sms.text  # so that nobody takes it for the first one, sent twice
    assert sms.client_id == client_id(DOSSIER, "supplement-wanted/88121") != client_id(DOSSIER, "supplement-wanted")


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        ("supplement-requested", [fact("supplemented", NOW)]),
        ("supplement-requested", [fact("retracted", NOW, version=2, fact="supplement-requested")]),
        ("supplement-requested", [fact("completed", NOW)]),
        ("supplement-requested", [fact("withdrawn", NOW)]),
        ("supplement-requested", [fact("stopped", NOW)]),
        ("fee-requested", [fact("fee-paid", NOW)]),
        ("fee-requested", [fact("returned", NOW)]),
        ("refused", [fact("retracted", NOW, version=2, fact="refused")]),
        ("refused", [fact("completed", NOW)]),
        ("stopped", [fact("retracted", NOW, version=2, fact="stopped")]),
        ("stopped", [fact("withdrawn", NOW)]),
    ],
)
def test_what_is_no_longer_so_when_its_turn_comes_is_not_sent(asked: str, then: list[Event]) -> None:
    """A request at night that was answered before seven: whoever is told of it then looks for papers that came."""
    document, said = play(PROMISED, CONTACT, fact(asked, at(4, "22:00")), *then, now=at(4, "22:00"))
    name = said[0].split()[1]
    dropped = claim(document, name, desk(at(5, "07:00")))

    assert dropped.answer is None
    assert told(dropped.outputs) == [f"skipped {name} 1 overtaken v2"]
    assert claim(dropped.document, name, desk(at(5, "08:00"))).answer is None


def test_an_end_before_its_request_was_heard_leaves_nothing_to_ask_for() -> None:
    assert play(PROMISED, CONTACT, fact("supplemented", NOW), WANTED)[1] == []
    assert play(PROMISED, CONTACT, fact("withdrawn", NOW), fact("stopped", NOW))[1] == []
    assert play(PROMISED, CONTACT, fact("completed", NOW), fact("stopped", NOW))[1] == ["queued result-ready v1"]


def test_history_is_silent_for_steps_too() -> None:
    late = fact("refused", at(2))
    late = Event(late.id, late.source, late.type, late.subject, at(4, "09:01"), late.data)
    unit = REFERENCE.units["H37.12"].model_copy(update={"go_live": at(10)})
    before = replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit})

    assert play(PROMISED, CONTACT, late)[1] == ["skipped refused 1 too-old v2"]
    assert play(PROMISED, CONTACT, WANTED, reference=before)[1] == ["skipped supplement-wanted 1 before-go-live v2"]
    assert play(received(), WANTED)[1] == ["skipped supplement-wanted 1 no-contact v2"]


def test_steps_at_night_wait_for_the_morning() -> None:
    document, _ = play(PROMISED, CONTACT, WANTED, now=at(4, "21:30"))

    assert document["next_send_at"] == epoch_ms(at(5, "07:00"))


# --- what a unit chooses (R29) ----------------------------------------------------------


def test_a_unit_may_tell_of_receptions_with_the_date_that_is_promised() -> None:
    """R29."""
    reference, opened = with_messages(received=True), at(2, "09:00")
    document, said = play(PROMISED, CONTACT, promise(1, at(9, "16:30")), now=opened, reference=reference)

    assert said == ["queued received 1 v2"]
    assert document["next_send_at"] == epoch_ms(opened + timedelta(minutes=5))
    _, sms = claimed(document, desk(at(2, "09:05"), reference=reference), "received")
    assert sms.text == (
        f"Ho so {DOSSIER} (Dang ky ket hon) da duoc UBND xa Hoang Van tiep nhan. Hen tra ket qua: 16:30 ngay 09/03/2026."
    )
    assert play(PROMISED, CONTACT, now=opened)[1] == []


def test_a_unit_that_begins_to_tell_of_receptions_tells_of_new_ones() -> None:
    """R29."""
    old, _ = play(PROMISED, CONTACT, now=at(2))

    assert play(WANTED, reference=with_messages(received=True), document=old, now=at(5))[1] == ["queued supplement-wanted 1 v2"]


def test_a_unit_may_invite_nobody_to_rate() -> None:
    """R29."""
    events = (PROMISED, contact(), DONE, invited(), fact("returned", at(6)))

    assert play(*events, now=at(6))[1] == ["queued result-ready v1", "queued survey v1"]
    assert play(*events, now=at(6), reference=with_messages(survey=False))[1] == ["queued result-ready v1"]


def test_a_unit_may_write_with_accents() -> None:
    document, _ = play(PROMISED, CONTACT, WANTED)
    _, sms = claimed(document, desk(NOW, reference=with_messages(accents=True)), "supplement-wanted")

    assert sms.text == (
        f"Hồ sơ {DOSSIER} (Đăng ký kết hôn) được yêu cầu bổ sung giấy tờ. "
        "Mời Ông/Bà xem phiếu yêu cầu ngày 04/03/2026 của UBND xã Hoàng Vân."
    )


# --- the text follows the facts (R24, R28) ----------------------------------------------


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("counter", "Moi Ong/Ba den nhan tai UBND xa Hoang Van."),
        ("post", "qua buu chinh cong ich"),
        ("online", "tren Cong Dich vu cong quoc gia"),
        ("home", "tai nha Ong/Ba"),
        ("ceremony", "tai buoi le"),
        (None, "theo hinh thuc da dang ky"),
    ],
)
def test_how_the_result_is_had_is_as_the_reception_says(way: str | None, says: str) -> None:
    """R28."""
    document, _ = play(received(contact_sequence=1, return_method=way), CONTACT, DONE, now=at(6))
    _, sms = claimed(document, desk(at(6)))

    assert says in sms.text
    assert ("den nhan" in sms.text) is (way == "counter")


def test_a_corrected_reception_changes_the_words_of_a_message_that_waits() -> None:
    """R28."""
    first = received(contact_sequence=1, return_method="counter")
    second = received(contact_sequence=1, return_method="post", version=2)
    _, sms = claimed(play(first, CONTACT, DONE, second, now=at(6))[0], desk(at(6)))

    assert "buu chinh" in sms.text


def test_a_fee_that_is_open_is_said_and_one_that_was_paid_is_not() -> None:
    """R28."""
    fee, taken = fact("fee-requested", at(5)), received(contact_sequence=1, return_method="counter")
    _, owing = claimed(play(taken, CONTACT, fee, DONE, now=at(6))[0], desk(at(6)))
    _, paid = claimed(play(taken, CONTACT, fee, fact("fee-paid", at(5)), DONE, now=at(6))[0], desk(at(6)))

    assert "den hoan thanh nghia vu tai chinh va nhan tai" in owing.text
    assert "nghia vu" not in paid.text


def test_a_result_that_was_handed_over_before_its_message_is_said_to_be() -> None:
    """R24."""
    _, sms = claimed(play(PROMISED, CONTACT, DONE, fact("returned", at(6)), now=at(6))[0], desk(at(6)))

    assert "da duoc tra ket qua" in sms.text
    assert "Moi Ong/Ba" not in sms.text


def test_the_place_is_that_of_the_unit_that_stands_there_today() -> None:
    """R28: nobody is asked to come to an office that was merged into another."""
    old = REFERENCE.units["H37.12"].model_copy(update={"valid_to": at(4).date()})
    new = REFERENCE.units["H37.13"].model_copy(update={"predecessors": ("H37.12",)})
    merged = replace(REFERENCE, units={**REFERENCE.units, "H37.12": old, "H37.13": new})
    document, _ = play(received(contact_sequence=1, return_method="counter"), CONTACT, DONE, now=at(6), reference=merged)
    _, sms = claimed(document, desk(at(6), reference=merged))

    assert sms.text.endswith("den nhan tai UBND phuong Ky Lam.")
    assert sms.brand == new.brand


def test_a_completion_taken_back_before_its_message_is_not_told_and_the_next_one_is_once() -> None:
    """R24."""
    back = fact("retracted", at(6, "22:10"), version=2, fact="completed")
    document, said = play(PROMISED, CONTACT, fact("completed", at(6, "22:00")), back, now=at(6, "22:15"))
    dropped = claim(document, RESULT, desk(at(7, "07:00")))

    assert said == ["queued result-ready v1"]
    assert (dropped.answer, told(dropped.outputs), dropped.document.get("notices")) == (None, [], None)
    again, said = play(fact("completed", at(7, "09:00"), version=3), document=dropped.document, now=at(7, "09:00"))
    assert said == ["queued result-ready v1"]
    assert "da co ket qua" in claimed(again, desk(at(7, "09:00")))[1].text


def test_a_completion_taken_back_after_its_message_makes_no_second_one() -> None:
    """R24."""
    document, sms = claimed(play(PROMISED, CONTACT, DONE, now=at(6))[0], desk(at(6)))
    sent = settle_answer(document, RESULT, Answer("taken"), sms, desk(at(6))).document
    back = fact("retracted", at(9), version=2, fact="completed")
    after, said = play(back, fact("completed", at(10), version=3), document=sent, now=at(10))

    assert said == []
    assert claim(after, RESULT, desk(at(10))).answer is None


def test_a_message_that_is_handed_over_again_says_what_it_said() -> None:
    """R24: one client id is one text, also when the result was fetched between the two tries."""
    at_desk = desk(at(6), deduplicates=True)
    document, first = claimed(play(received(contact_sequence=1, return_method="counter"), CONTACT, DONE, now=at(6))[0], at_desk)
    unsure = settle_answer(document, RESULT, Answer("uncertain"), first, at_desk).document
    fetched, _ = play(fact("returned", at(6)), document=unsure, now=at(6))

    assert claimed(fetched, desk(at(6, "09:05"), deduplicates=True))[1] == first


# --- what comes by a topic and is not what we would write (R28) -------------------------


@pytest.mark.parametrize(
    "link",
    ["https://evil.test/y-kien/AAAA", "https://example.org@evil.test/y-kien/A", "https://example.org/y-kien/../x", "evil.test"],
)
def test_an_invitation_with_a_foreign_link_is_not_sent_and_says_so(link: str) -> None:
    """R28."""
    document, _ = play(PROMISED, CONTACT, DONE, invited(link), fact("returned", at(6)), now=at(6))
    refused = claim(document, "survey", desk(at(6)))

    assert (refused.answer, told(refused.outputs)) == (None, ["skipped survey 1 foreign-link v2"])
    assert link not in str(refused.document)
    assert skip_reasons(claim_message(load(document), "survey", desk(at(6)).ground()).said) == ["foreign-link"]
    assert claimed(refused.document, desk(at(6)))[1].text  # its neighbour goes out


def test_a_subject_that_is_no_code_stands_in_no_message() -> None:
    """R28: whoever writes to the topic may call a dossier `xem evil.test`."""
    document, _ = play(PROMISED, CONTACT, DONE, now=at(6), document={"_id": "xem https://evil.test", "rev": 0})
    refused = claim(document, RESULT, desk(at(6)))

    assert (refused.answer, told(refused.outputs)) == (None, ["skipped result-ready 1 no-code v2"])


def test_no_link_and_no_long_number_but_its_code_stands_in_any_other_message() -> None:
    """R28."""
    for kind in ("supplement-requested", "fee-requested", "refused", "stopped", "completed"):
        document, said = play(PROMISED, CONTACT, fact(kind, NOW))
        _, sms = claimed(document, desk(NOW), said[0].split()[1])
        assert "http" not in sms.text
        assert re.findall(r"[0-9]{6,}", sms.text) == ["260302"]

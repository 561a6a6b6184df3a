"""Keys by epoch: what opens, what waits, what is gone, and how much of a key is still needed."""

import base64
import json
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from contracts import Event
from contracts.feedback import FeedbackInvited
from runtime.clock import epoch_ms
from runtime.store import Document
from services.notifier.domain import NOBODY, RESULT, SURVEY, Contact, Dossier, Invitation, Person
from services.notifier.domain.dossier import Recovering, Settled
from services.notifier.domain.ladder import OLD_NEWS
from services.notifier.domain.letter import Draft, Drafted, Sent
from services.notifier.domain.locked import LOOK_AGAIN, Locked
from services.notifier.domain.notice import Accepted, Failed, Queued, Skipped
from services.notifier.domain.outcome import Answer
from services.notifier.domain.preview import addressed
from services.notifier.domain.sealed import Sealed, sealed_in
from services.notifier.domain.sending import claim_message
from services.notifier.store import load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import KEY, claim, claimed, desk, forget, handle, key_ring, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, completed, contact, play, said

DRAFT, CONTACT, LETTER = Draft(1, "H37.12", epoch_ms(at(9)), epoch_ms(at(6))), Contact(1, 1, "AAAA"), Sealed(letters=1)
KEYS = {1: KEY, 2: PrivateKey.generate(), 3: PrivateKey.generate()}
MORNING = at(6, "09:00")
AFTER_A_LOOK = MORNING + LOOK_AGAIN


def invited(epoch: int, key: PrivateKey) -> Event:
    link = json.dumps({"link": "https://example.org/y-kien/AAAAAAAAAAAAAAAAAAAAAA"}).encode()
    sealed = base64.b64encode(SealedBox(key.public_key).encrypt(link)).decode()
    data = FeedbackInvited(at=at(6), form="tthc-2026.1", key_epoch=epoch, sealed=sealed)
    return Event("invited", "/feedback", FeedbackInvited.TYPE, DOSSIER, at(6), data)


def state(document: Document, name: str = RESULT) -> Any:
    return load(document).messages[name]


# --- one message -----------------------------------------------------------------------------------------------------------


def test_a_contact_of_an_epoch_without_a_key_waits_and_nothing_is_said_of_it() -> None:
    waits = claim(completed(2, KEYS[2]), RESULT, desk(MORNING, keys=key_ring({1: KEY})))

    assert (waits.answer, list(waits.outputs)) == (None, [])
    assert state(waits.document).locked == Locked(2, "no-key")
    assert waits.document["next_send_at"] == epoch_ms(AFTER_A_LOOK)
    assert waits.document["locked"] == "2/no-key"


def test_a_contact_that_its_key_does_not_open_waits_too() -> None:
    waits = claim(completed(2, KEYS[2]), RESULT, desk(MORNING, keys=key_ring({1: KEY, 2: KEYS[3]})))

    assert (waits.answer, list(waits.outputs), waits.document["locked"]) == (None, [], "2/wrong-key")


def test_a_contact_of_a_retired_epoch_is_gone_for_good() -> None:
    gone = claim(completed(1, KEYS[1]), RESULT, desk(MORNING, keys=key_ring({1: "retired", 2: KEYS[2]})))

    assert said(list(gone.outputs)) == ["skipped contact-missing"]
    assert "next_send_at" not in gone.document


def test_once_the_key_is_there_the_message_goes_out_as_long_as_it_is_news() -> None:
    document = completed(2, KEYS[2])
    for day in range(6, 18):  # well beyond the day for which a message waits for a contact that does not come
        waits = claim(document, RESULT, desk(at(day, "10:00"), keys=key_ring({1: KEY})))
        assert list(waits.outputs) == []
        document = waits.document
    by = desk(at(18, "08:00"), keys=key_ring({1: KEY, 2: KEYS[2]}))
    document, sms = claimed(document, by)
    told = settle_answer(document, RESULT, Answer("taken"), sms, by)

    assert sms.to == "+84912000007"
    assert said(list(told.outputs)) == ["accepted"]
    assert "locked" not in document
    assert "locked" not in told.document["notices"]["result-ready"]


def test_a_message_that_waited_for_its_key_until_it_was_no_news_any_more_is_listed_and_rings_no_more() -> None:
    document = claim(completed(2, KEYS[2]), RESULT, desk(MORNING)).document
    late = claim(document, RESULT, desk(at(20, "10:00")))

    assert (late.answer, said(list(late.outputs))) == (None, ["failed expired"])
    assert (state(late.document).kind, state(late.document).reason) == OLD_NEWS
    assert isinstance(state(late.document), Failed)
    assert "locked" not in late.document


def test_a_message_waits_for_its_key_while_no_gateway_is_open_and_is_claimed_by_none() -> None:
    waits = claim_message(load(completed(2, KEYS[2])), RESULT, desk(MORNING).ground(via=""))
    message = waits.after.messages[RESULT]

    assert waits.answer is None
    assert isinstance(message, Queued)
    assert (message.next_at, message.locked) == (epoch_ms(AFTER_A_LOOK), Locked(2, "no-key"))


def test_a_message_that_waits_for_a_key_waits_for_a_corrected_contact_as_well() -> None:
    """Both come on topics of their own: the reception that promises the new contact may be there first."""
    locked = claim(completed(2, KEYS[2]), RESULT, desk(MORNING)).document
    corrected = handle(locked, received(version=2, contact_sequence=2), desk(at(9)).context).document
    still = claim(corrected, RESULT, desk(at(9, "10:00")))
    woken = handle(still.document, contact(2, epoch=1), desk(at(9, "10:01")).context).document

    assert list(still.outputs) == []
    assert claimed(woken, desk(at(9, "10:01")))[1].to == "+84912000007"


def test_a_contact_that_is_erased_meanwhile_is_not_waited_for() -> None:
    locked = claim(completed(2, KEYS[2]), RESULT, desk(MORNING)).document
    erased = forget(locked, desk(at(6, "09:05")).context).document

    assert said(list(claim(erased, RESULT, desk(at(6, "09:05"))).outputs)) == ["skipped contact-missing"]


def test_an_invitation_waits_for_the_key_of_its_link_and_is_never_sent_without_one() -> None:
    events = [PROMISED, contact(), DONE, invited(2, KEYS[2]), fact("returned", at(6))]
    document, _ = play(events)
    waits = claim(document, SURVEY, desk(MORNING))
    gone = claim(document, SURVEY, desk(MORNING, keys=key_ring({1: KEY, 2: "retired"})))
    wrong = claim(document, SURVEY, desk(MORNING, keys=key_ring({1: KEY, 2: KEYS[3]})))
    _, sms = claimed(waits.document, desk(AFTER_A_LOOK, keys=key_ring(KEYS)), SURVEY)

    assert (list(waits.outputs), state(waits.document, SURVEY).locked) == ([], Locked(2, "no-key"))
    assert (list(wrong.outputs), state(wrong.document, SURVEY).locked) == ([], Locked(2, "wrong-key"))
    assert said(list(gone.outputs)) == ["skipped contact-missing"]
    assert sms.text.endswith("/y-kien/AAAAAAAAAAAAAAAAAAAAAA")


def test_a_claim_whose_process_died_stays_claimed_while_its_key_is_away() -> None:
    """Nobody knows whether it went out: back in the queue it would be one that certainly did not."""
    document, _ = claimed(completed(2, KEYS[2]), desk(MORNING, deduplicates=True, keys=key_ring(KEYS)))
    waits = claim(document, RESULT, desk(at(6, "09:05"), deduplicates=True))

    assert waits.document["notices"]["result-ready"]["s"] == "claimed"
    assert waits.document["locked"] == "2/no-key"


# --- letters ---------------------------------------------------------------------------------------------------------------


async def test_a_letter_is_not_shown_as_one_to_nobody_while_its_key_is_away() -> None:
    draft = Drafted(DRAFT)
    dossier = load(completed(2, KEYS[2]))._replace(letter=draft)
    here, retired = desk(MORNING, keys=key_ring(KEYS)), desk(MORNING, keys=key_ring({1: KEY, 2: "retired"}))
    named, nameless = (addressed(dossier, draft, by.ground()) for by in (here, retired))

    assert addressed(dossier, draft, desk(MORNING).ground()) == Locked(2, "no-key")
    assert isinstance(named, Person)
    assert (named.name, nameless) == ("Nông Thị Mẫu", NOBODY)


# --- how much of a key is needed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "tally"),
    [
        ({}, {2: Sealed(contacts=1, needed=1)}),
        ({"contact": None}, {}),
        ({"messages": {RESULT: Accepted(1)}}, {2: Sealed(contacts=1)}),
        ({"messages": {RESULT: Accepted(1), SURVEY: Queued(1, 2)}}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "letter": Drafted(DRAFT)}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "recovering": Recovering()}, {2: Sealed(contacts=1, needed=1)}),
        ({"settled": Settled(1, "late")}, {2: Sealed(contacts=1)}),
        ({"settled": Settled(1, "open")}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "invitation": Invitation(3, "AAAA")}, {2: Sealed(1), 3: Sealed(needed=1)}),
        ({"messages": {RESULT: Accepted(1), SURVEY: Accepted(1)}, "invitation": Invitation(3, "AAAA")}, {2: Sealed(1)}),
        ({"messages": {RESULT: Skipped(1)}, "letter": Sent(DRAFT, None, None, 1, 2026, 1, CONTACT)}, {2: Sealed(1), 1: LETTER}),
    ],
)
def test_a_key_is_needed_as_long_as_a_person_may_have_to_be_told(more: Any, tally: dict[int, Sealed]) -> None:
    dossier = Dossier(DOSSIER, contact=Contact(1, 2, "AAAA"))._replace(**more)

    assert dict(sealed_in(dossier)) == tally

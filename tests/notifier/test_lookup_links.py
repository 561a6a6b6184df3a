"""The link to look a dossier up in the message that it was received: whose it is, where it leads, and who sees it."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.lookup import LookupKeys
from runtime.store import Document
from services.notifier.domain.notice import RECEIVED
from services.notifier.domain.outcome import Answer
from services.notifier.domain.sending import OWN_LINK
from services.notifier.domain.told import messages_of
from services.notifier.store import load
from tests.support.dossiers import DOSSIER, at, received
from tests.support.notifier import REFERENCE, claimed, context, desk, handle, settle_answer
from tests.support.notifier_hears import contact

KEY = "1:" + "k" * 32
PAGE = "https://example.org/ho-so"
CODE = LookupKeys.of(KEY).code(DOSSIER)
UNIT = REFERENCE.units["H37.12"]
MESSAGES = UNIT.messages.model_copy(update={"received": True, "parts": 2})
TELLS = replace(REFERENCE, units={**REFERENCE.units, "H37.12": UNIT.model_copy(update={"messages": MESSAGES})})
SET: dict[str, Any] = {"lookup_url": PAGE, "lookup_key": KEY}


def _received() -> Document:
    document: Document = {"_id": DOSSIER, "rev": 0}
    for event in (received(contact_sequence=1), contact()):
        document = handle(document, event, context(at(2), TELLS)).document
    return document


def test_the_citizen_gets_the_link_that_opens_the_dossier_and_nobody_else_reads_it() -> None:
    """R28: a second try says the same, and what is kept and shown to officers has no code."""
    by = desk(at(2, "10:00"), reference=TELLS, **SET)
    document, sms = claimed(_received(), by, RECEIVED)
    busy = settle_answer(document, RECEIVED, Answer("busy"), sms, by).document
    _, again = claimed(busy, desk(at(2, "11:00"), reference=TELLS, **SET), RECEIVED)

    assert sms.text.endswith(f"Tra cuu: {PAGE}/{DOSSIER}/{CODE}")
    assert again.text == sms.text
    assert CODE not in str(document)
    [shown] = messages_of(load(document), by.ground())
    assert shown.text.endswith(f"{PAGE}/{DOSSIER}/{OWN_LINK}")


def test_what_is_still_to_be_sent_is_shown_as_it_would_be_sent_without_its_code() -> None:
    [shown] = messages_of(load(_received()), desk(at(2, "10:00"), reference=TELLS, **SET).ground())

    assert shown.text.endswith(f"Tra cuu: {PAGE}/{DOSSIER}/{OWN_LINK}")


def test_where_no_page_is_set_nothing_is_said_of_it() -> None:
    _, sms = claimed(_received(), desk(at(2, "10:00"), reference=TELLS), RECEIVED)

    assert "Tra cuu" not in sms.text


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"lookup_url": PAGE}, "needs LOOKUP_KEY"),
        ({"lookup_url": "https://evil.test/ho-so", "lookup_key": KEY}, "must be at the host of FEEDBACK_PUBLIC_URL"),
        ({"lookup_url": "http://example.org/ho-so", "lookup_key": KEY}, "must be at the host of FEEDBACK_PUBLIC_URL"),
        ({"lookup_url": PAGE, "lookup_key": "short"}, "must be EPOCH:KEY"),
        ({"lookup_url": "https://example.org/hồ-sơ", "lookup_key": KEY}, "lookup_url"),
    ],
    ids=["no key", "another host", "another scheme", "no such key", "letters that cost two parts"],
)
def test_a_page_that_cannot_be_meant_stops_the_service_at_its_start(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        desk(at(2), **settings)

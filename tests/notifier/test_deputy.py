"""Who is printed as the signer of a letter that is signed on a day, and by which delegation."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from reference import ReferenceData
from reference.catalogue import Delegation
from runtime.store import Document
from services.notifier.domain import signing
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.signing import Approval
from services.notifier.http.desk import LetterDesk
from services.notifier.store import load
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, approve, context, desk, handle, seen, text_of
from tests.support.notifier_hears import DUE, NEAR, PROMISED, contact, promise

DEPUTY = Delegation(
    first=date(2026, 3, 4), last=date(2026, 3, 5), on_behalf="KT. Chủ tịch", title="Phó Chủ tịch", signer="Vi Thị Thay Mặt"
)
SIGNED = Approval("workload", "Vi Thị Thay Mặt", new_due_at=at(11))
NOTHING: Any = None


def province() -> ReferenceData:
    unit = REFERENCE.units["H37.12"]
    assert unit.letterhead is not None
    head = unit.letterhead.model_copy(update={"delegations": (DEPUTY,)})
    return replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit.model_copy(update={"letterhead": head})})


@pytest.mark.parametrize(
    ("now", "held"),
    [
        (at(3, "23:59"), None),
        (at(4, "00:01"), DEPUTY),
        (at(5, "23:59"), DEPUTY),
        (at(6, "00:01"), None),
    ],
    ids=["evening before", "first minute", "last minute", "day after"],
)
def test_the_signer_is_told_of_the_delegation_of_the_day_in_vietnam(now: datetime, held: Delegation | None) -> None:
    shown = LetterDesk(NOTHING, NOTHING, desk(now, reference=province()))

    assert shown.delegated("H37.12") == held
    assert shown.delegated("H37.99") is None


def drafted() -> Document:
    document: Document = {"_id": DOSSIER, "rev": 0}
    for event in (PROMISED, contact(), promise(1, DUE), NEAR):
        document = handle(document, event, context(at(3), province())).document
    return document


@pytest.mark.parametrize(("day", "printed"), [(5, "Vi Thị Thay Mặt"), (6, "Hoàng Đức Giả Định")], ids=["delegated", "ended"])
def test_the_letter_prints_who_signs_on_the_day_it_is_signed(day: int, printed: str) -> None:
    signed = approve(drafted(), SIGNED, context(at(day), province())).document
    text = text_of(signed, desk(at(6, "15:00"), reference=province()))

    assert text is not None
    assert text.signer == printed


def test_a_letter_that_was_looked_at_before_a_delegation_ended_is_looked_at_again() -> None:
    looked_at = seen(load(drafted()), SIGNED, context(at(5, "23:50"), province()))

    with pytest.raises(NotAllowedError, match="preview"):
        signing.approve(load(drafted()), looked_at, context(at(6, "00:10"), province()).ground())

"""The one re-promise: a signed letter asks, sla answers moved or refused, whatever comes after."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts import Event
from contracts.notices import LetterApproved, NoticeQueued
from runtime.outputs import Output
from runtime.store import Document
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.sla import CONTEXT, handle, last, play, said

DUE = at(9)  # five working days after Monday the 2nd


def ask(new_due: datetime | None, when: datetime | None = None, draft: int = 1) -> Event:
    raw: dict[str, Any] = {"at": when or at(6), "unit": "H37.12", "draft": draft, "reason": "workload", "new_due_at": new_due}
    return Event(f"ask-{draft}", "/notifier", LetterApproved.TYPE, DOSSIER, when or at(6), LetterApproved.model_validate(raw))


def answered(*events: Event) -> tuple[Document, list[Output]]:
    return play([received(), *events])


def test_a_signed_letter_moves_the_promise_once() -> None:
    document, outputs = answered(ask(at(11)), ask(at(12), draft=2))

    assert said(outputs) == ["set", "moved", "refused"]
    moved = last(outputs, "moved")
    assert (moved["basis"], moved["due_at"], moved["first_due_at"]) == ("reappointed", at(11).isoformat(), DUE.isoformat())
    assert last(outputs, "refused")["code"] == "R16"
    assert [output.body["correlationid"] for output in outputs[1:]] == ["ask-1", "ask-2"]
    assert document["asks"] == {"ask-1": "granted", "ask-2": "refused"}


def test_the_same_ask_twice_is_answered_once() -> None:
    document, _ = answered(ask(at(11)))

    assert handle(document, ask(at(11)), CONTEXT).document is document


@pytest.mark.parametrize(
    ("events", "new_due", "rule"),
    [
        ([fact("completed", at(5))], at(11), "đã kết thúc"),
        ([fact("reappointed", at(4), new_due_at=at(10))], at(11), "không quá một lần"),
        ([fact("supplement-requested", at(4))], at(11), "đang dừng"),
        ([], at(9), "sau ngày hẹn cũ"),
        ([], at(5), "sau ngày hẹn cũ"),
        ([], at(14), "ngày làm việc"),  # a Saturday
        ([], at(11, "23:30"), "giờ làm việc"),
        ([], at(9, month=4), "quá xa"),
        ([], datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "quá xa"),
    ],
)
def test_what_may_not_be_promised_is_refused_by_its_rule(events: list[Event], new_due: datetime, rule: str) -> None:
    """R15, R16."""
    _, outputs = answered(*events, ask(new_due))

    assert said(outputs)[-1] == "refused"
    refused = last(outputs, "refused")
    assert rule in refused["rule"]
    assert refused["rule"].startswith(f"{refused['code']}: ")


@pytest.mark.parametrize(
    ("signed", "new_due", "says"), [(at(12), at(11), "refused"), (at(12), at(12), "refused"), (at(12), at(13), "moved")]
)
def test_a_new_date_that_lies_before_the_signing_is_refused_though_it_is_after_the_old_one(
    signed: datetime, new_due: datetime, says: str
) -> None:
    """R15."""
    assert said(answered(ask(new_due, signed))[1])[-1] == says


def test_an_unknown_dossier_is_refused_not_invented() -> None:
    document, outputs = play([ask(at(11))])

    assert said(outputs) == ["refused"]
    assert "deadline" not in document


def test_a_granted_date_stays_the_one_whatever_senders_report_afterwards() -> None:
    earlier, mirrored = fact("reappointed", at(3), new_due_at=at(10)), fact("reappointed", at(6), new_due_at=at(11))
    _, outputs = answered(ask(at(11)), earlier, mirrored)

    assert said(outputs) == ["set", "moved", "refused"]
    assert last(outputs, "moved")["due_at"] == at(11).isoformat()


def test_late_is_measured_against_the_date_in_force_and_the_first_is_kept_beside_it() -> None:
    """D11."""
    _, outputs = answered(ask(at(11)), fact("completed", at(10)))

    settled = last(outputs, "settled")
    assert (settled["outcome"], settled["against_first"]) == ("early", "late")


def test_letters_without_a_date_and_other_notices_change_no_promise() -> None:
    queued = NoticeQueued(at=at(6), notice="result-ready")
    notice = Event("n", "/notifier", NoticeQueued.TYPE, DOSSIER, at(6), queued)
    document, outputs = answered(ask(None), notice)

    assert said(outputs) == ["set"]
    assert "asks" not in document

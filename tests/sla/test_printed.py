"""The date that a sender gave: since when it is given, what pauses do to it, and how that is said."""

import json
from datetime import datetime, timedelta

from contracts import Event
from services.sla.domain import standing_of
from services.sla.store import load
from tests.support.dossiers import at, fact, received
from tests.support.sla import last, play, said


def told(event: Event, when: datetime) -> Event:
    """The same event, recorded at another time."""
    return Event(event.id, event.source, event.type, event.subject, when, event.data)


PAPERS = (fact("supplement-requested", at(3)), fact("supplemented", at(5)))


def promise_texts(events: list[Event]) -> list[tuple[str, str]]:
    """Rule and sentence of each step about a given date, of the newest statement."""
    _, outputs = play(events)
    steps = outputs[-1].body["data"]["derivation"]
    return [(step["rule"], step["text"]) for step in steps if step["rule"] in ("promise", "moved")]


def test_a_date_given_during_or_after_a_pause_is_the_date_in_force() -> None:
    """D6: it is not moved once more."""
    for given in (at(4), at(5), at(6)):
        again = told(received(promised_at=at(12), version=2), given)
        _, outputs = play([received(promised_at=at(9)), *PAPERS, again])
        assert last(outputs, said(outputs)[-1])["due_at"] == at(12).isoformat()
    assert promise_texts([received(promised_at=at(9)), *PAPERS, again]) == [
        (
            "promise",
            "Ngày hẹn cơ quan báo lại lúc 09:00 thứ Sáu 06/03/2026 là 09:00 thứ Năm 12/03/2026: đây là ngày hẹn có hiệu lực. "
            "Thời gian dừng bắt đầu trước khi báo lại không cộng thêm vào ngày này.",
        )
    ]


def test_a_date_seen_before_the_pause_is_moved_by_it_whenever_it_was_recorded() -> None:
    """D6."""
    again = told(received(promised_at=at(10), version=2, observed_at=at(2, "16:00")), at(6))

    assert last(play([received(promised_at=at(9)), *PAPERS, again])[1], "moved")["due_at"] == at(12).isoformat()


def test_a_printed_date_that_we_moved_says_that_we_did_and_why() -> None:
    assert promise_texts([received(promised_at=at(10)), *PAPERS]) == [
        ("promise", "Ngày hẹn in trên giấy tiếp nhận là 09:00 thứ Ba 10/03/2026."),
        (
            "moved",
            "Hệ thống dời ngày hẹn này đến 09:00 thứ Năm 12/03/2026 vì có thời gian không tính vào thời hạn: từ 09:00 thứ Ba "
            "03/03/2026 đến 09:00 thứ Năm 05/03/2026 (chờ người dân bổ sung giấy tờ), cộng thêm 2 ngày làm việc. Đây là ngày "
            "hẹn có hiệu lực.",
        ),
    ]


def test_a_printed_date_that_we_moved_obeys_the_pushes_of_our_own_count() -> None:
    """D4: in calendar days, onto a Saturday evening, so Monday at closing; and it says so."""
    limit = (10, "calendar_day")
    events = [received(limit=limit, promised_at=at(12, "20:44")), *PAPERS]

    assert last(play(events)[1], "resumed")["due_at"] == at(16, "17:00").isoformat()
    assert "ngày 14/03/2026 là ngày nghỉ nên chuyển sang ngày làm việc tiếp theo" in promise_texts(events)[-1][1]


def test_a_printed_date_begins_anew_with_the_limit() -> None:
    """D7: `restart`."""
    events = [received(promised_at=at(10), terms={"strategy": "restart"}), *PAPERS]

    assert last(play(events)[1], "resumed")["due_at"] == at(12).isoformat()
    assert "tính lại từ đầu thời hạn" in promise_texts(events)[-1][1]


def test_what_the_dossier_knows_of_given_dates_is_stored_and_comes_back() -> None:
    events = [received(promised_at=at(9)), *PAPERS, told(received(promised_at=at(12), version=2), at(6))]
    document, _ = play(events)

    dossier = load(json.loads(json.dumps(document)))
    standing = standing_of(dossier.facts)
    assert dossier.deadline is not None
    assert standing is not None
    assert dossier.deadline.of == standing
    assert (standing.promised_at, standing.promised_since) == tuple(round(day.timestamp() * 1000) for day in (at(12), at(6)))


def test_a_moved_date_keeps_the_seconds_it_was_printed_with_unless_its_hours_are_clipped() -> None:
    for printed, moved in ((at(10, "09:00"), at(12, "09:00")), (at(10, "18:30"), at(12, "17:00"))):
        seconds = timedelta(seconds=22, milliseconds=370)
        events = [received(promised_at=printed + seconds), *PAPERS]
        wanted = moved + seconds if moved.hour == printed.hour else moved
        assert last(play(events)[1], "resumed")["due_at"] == wanted.isoformat()


def test_a_printed_date_stands_still_while_papers_are_asked_for_again_at_the_moment_the_first_came() -> None:
    """D6: two requests that touch are one wait, which began before the date."""
    again = fact("supplement-requested", at(12), occasion="2")
    first = [fact("supplement-requested", at(6)), fact("supplemented", at(12))]
    _, outputs = play([received(promised_at=at(10)), *first, again])

    assert said(outputs)[-1] == "paused"
    assert "due_at" not in last(outputs, "paused")
    _, outputs = play([received(promised_at=at(10)), *first, again, fact("supplemented", at(13), occasion="2")])
    assert last(outputs, "resumed")["due_at"] == at(17).isoformat()

"""What a dossier knows, and which messages that makes due: the rules on objects, without documents."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.contacts import ContactSealed
from contracts.deadlines import DeadlineApologyDue, DeadlineSettled
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited
from contracts.notices import Notice, NoticeQueued, NoticeSkipped
from reference import OFFICE_TIME
from services.changes import Changed, Once
from services.facts import NO_FACTS
from services.notifier.domain import Dossier, Ground, telling
from services.notifier.domain.contact import Contact, Forgotten, Invitation, Person
from services.notifier.domain.dossier import Call, Promise, Received, Recovering, Settled
from services.notifier.domain.letter import Draft, Sent
from services.notifier.domain.notice import (
    APOLOGY,
    RESULT,
    SURVEY,
    Accepted,
    Claimed,
    Message,
    Queued,
    Skipped,
    Uncertain,
    client_id,
    next_window,
)
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import REFERENCE
from tests.support.notifier_hears import DONE, DUE, NEAR, OVER, contact, promise, settled

MONDAY, DONE_AT = at(9), epoch_ms(at(6))


def ground(now: datetime = MONDAY) -> Ground:
    return Ground(now, REFERENCE)


def dossier(sequence: int | None = 1, *events: Any, **more: Any) -> Dossier:
    """A dossier that was received, with a promised contact or without, and what was told of it."""
    known = Dossier(DOSSIER).told(received(contact_sequence=sequence))
    for event in events:
        known = known.told(event)
    return known._replace(**more)


def told(data: Any, name: Any) -> Once:
    return Once(data, name)


# --- what a dossier knows ---------------------------------------------------------


def test_a_dossier_of_which_nothing_is_known_has_nothing() -> None:
    assert Dossier(DOSSIER) == Dossier(DOSSIER, NO_FACTS, None, None, None, None, None, None, {}, (), (), False, None)
    assert Received(5) == Received(5, "", "", "", None)
    assert Recovering() == Recovering({}, {}, {}, False, False)
    assert Person() == Person("", "", "")
    assert not any((Dossier(DOSSIER).ended, Dossier(DOSSIER).in_time, Dossier(DOSSIER).has_uncertain))


@pytest.mark.parametrize(
    ("promised", "has", "here", "forgotten"),
    [
        (2, None, False, False),
        (2, Contact(1, 1, "x"), False, False),
        (2, Contact(2, 1, "x"), True, False),
        (2, Contact(3, 1, "x"), True, False),
        (2, Forgotten(1), False, False),
        (2, Forgotten(2), False, True),
        (None, Contact(1, 1, "x"), True, False),
        (None, Contact(0, 1, "x"), False, False),
        (None, Forgotten(1), False, True),
        (None, Forgotten(0), False, False),
    ],
)
def test_the_contact_of_a_reception_is_here_or_forgotten_from_its_sequence_on(
    promised: int | None, has: Contact | Forgotten | None, here: bool, forgotten: bool
) -> None:
    known = dossier(promised, contact=has)

    assert (known.contact_is_here, known.contact_is_forgotten) == (here, forgotten)
    assert known.known_contact == (has if isinstance(has, Contact) else None)


def test_before_the_reception_no_contact_is_here_and_all_up_to_one_may_be_forgotten() -> None:
    assert not Dossier(DOSSIER, contact=Contact(1, 1, "x")).contact_is_here
    assert [Dossier(DOSSIER, contact=Forgotten(number)).contact_is_forgotten for number in (0, 1)] == [False, True]


@pytest.mark.parametrize(
    ("outcome", "ended", "in_time"),
    [("early", True, True), ("on_time", True, True), ("late", True, False), ("open", False, False)],
)
def test_an_outcome_ends_a_dossier_in_time_or_not(outcome: Any, ended: bool, in_time: bool) -> None:
    known = dossier(settled=Settled(1, outcome))

    assert (known.ended, known.in_time) == (ended, in_time)


def test_only_a_higher_version_of_what_sla_states_is_news() -> None:
    first = dossier().promised(promise(2, DUE).data).ended_by(settled(2, "late", at(10)).data)  # type: ignore[arg-type]

    assert (first.promise, first.settled) == (Promise(2, epoch_ms(DUE), "computed"), Settled(2, "late"))
    for version in (1, 2):
        assert first.promised(promise(version, at(20)).data) is first  # type: ignore[arg-type]
        assert first.ended_by(settled(version, "early", at(6)).data) is first  # type: ignore[arg-type]
    after = first.promised(promise(3, None).data).ended_by(settled(3, "open", at(6)).data)  # type: ignore[arg-type]
    assert (after.promise, after.settled) == (Promise(3, None, "computed"), Settled(3, "open"))
    assert Dossier(DOSSIER).promised(promise(1, DUE).data).promise is not None  # type: ignore[arg-type]
    assert Dossier(DOSSIER).ended_by(settled(1, "late", at(10)).data).settled is not None  # type: ignore[arg-type]


def test_only_a_contact_of_a_higher_sequence_is_news_and_the_first_invitation_holds() -> None:
    sealed = contact(2).data
    assert isinstance(sealed, ContactSealed)
    first = dossier().reached_by(sealed)

    assert first.contact == Contact(2, 1, sealed.sealed)
    assert first.reached_by(sealed) is first
    assert first.reached_by(contact(1).data) is first  # type: ignore[arg-type]
    assert first.reached_by(contact(3).data).contact is not first.contact  # type: ignore[arg-type]
    gone = dossier(contact=Forgotten(2))
    assert gone.reached_by(sealed) is gone
    invited = first.invited(FeedbackInvited(at=at(6), form="x", key_epoch=3, sealed="link"))
    assert invited.invitation == Invitation(3, "link")
    assert invited.invited(FeedbackInvited(at=at(6), form="x", key_epoch=4, sealed="other")) is invited


def test_a_completion_keeps_when_it_was_first_recorded_and_other_facts_do_not_change_that() -> None:
    later = replace(fact("completed", at(6), version=2), time=at(7))
    earlier = replace(fact("completed", at(6), version=3), time=at(5))

    assert dossier(1).reported_at is None
    assert dossier(1, DONE).reported_at == DONE_AT
    assert dossier(1, DONE, later).reported_at == DONE_AT
    assert dossier(1, DONE, later, earlier, fact("returned", at(9))).reported_at == epoch_ms(at(5))
    done = dossier(1, DONE)
    assert done.told(DONE) is done


def test_rungs_and_expected_receipts_are_kept_once_each() -> None:
    once = dossier().called(NEAR)
    both = once.called(OVER)
    waiting = both.expecting(SURVEY, Claimed(1, 2)).expecting(RESULT, Claimed(3, 4)).expecting(RESULT, Claimed(3, 5))

    assert (once.rungs, both.rungs) == ((NEAR.id,), (NEAR.id, OVER.id))
    assert both.called(NEAR) is both
    assert waiting.messages == {SURVEY: Claimed(1, 2), RESULT: Claimed(3, 5)}
    assert waiting.client_ids == tuple(sorted(client_id(DOSSIER, name) for name in (RESULT, SURVEY)))
    assert [dossier(messages={RESULT: one}).has_uncertain for one in (Uncertain(1), Accepted(1))] == [True, False]


def test_a_call_for_a_letter_says_what_passed_when_and_where() -> None:
    near, over = replace(NEAR, time=at(5, "10:00")), replace(OVER, time=at(10))
    late, early, dateless = settled(1, "late", at(10)), settled(1, "early", at(6)), settled(1, "late", at(10))
    unknown = dateless.data.model_copy(update={"due_at": None})
    assert isinstance(near.data, DeadlineApologyDue)
    assert isinstance(late.data, DeadlineSettled)

    assert Call.of_rung(near, near.data) == Call("apology-due", at(5), at(5, "10:00"), "H37.12", DUE, at(6))
    assert Call.of_rung(over, over.data) == Call("overdue", DUE, at(10), "H37.12", DUE, None)  # type: ignore[arg-type]
    assert Call.of_end(late, late.data) == Call("late", at(10), at(10), "H37.12", DUE, None)
    assert Call.of_end(early, early.data) is None  # type: ignore[arg-type]
    assert Call.of_end(dateless, unknown) is None  # type: ignore[arg-type]


# --- which messages are due ---------------------------------------------------------


def queued(name: Any, due: datetime) -> tuple[Queued, list[Once]]:
    return Queued(DONE_AT, epoch_ms(due)), [told(NoticeQueued(at=at(6), notice=name, channel="sms"), name)]


def test_a_completion_of_a_received_dossier_queues_the_result_for_the_next_allowed_hour() -> None:
    for now, due in ((at(6, "10:00"), at(6, "10:00")), (at(6, "21:30"), at(7, "07:00"))):
        planned = telling.plan(dossier(1, DONE), ground(now))
        assert (planned.after.messages[RESULT], planned.said) == queued(RESULT, due)
    for incomplete in (dossier(1), Dossier(DOSSIER).told(DONE)):
        assert telling.plan(incomplete, ground()) == Changed(incomplete)


def test_an_event_that_is_known_already_makes_nothing_due() -> None:
    known = dossier(1, DONE, contact=Contact(1, 1, "x"), invitation=Invitation(1, "x"))
    invited = FeedbackInvited(at=at(6), form="x", key_epoch=1, sealed="y")

    for changed in (
        telling.on_fact(known, DONE, ground()),
        telling.on_contact(known, contact(1).data, ground()),  # type: ignore[arg-type]
        telling.on_invited(known, invited, ground()),
    ):
        assert (changed.after is known, list(changed.said)) == (True, [])


def test_a_completion_that_an_earlier_release_kept_without_its_recording_was_recorded_when_it_happened() -> None:
    kept = dossier(1, replace(DONE, time=at(20)))

    assert isinstance(telling.plan(kept, ground()).after.messages[RESULT], Skipped)
    assert isinstance(telling.plan(kept._replace(reported_at=None), ground()).after.messages[RESULT], Queued)


@pytest.mark.parametrize(
    ("sequence", "reason", "told_reason"),
    [(None, None, "no-contact"), (None, "too-old", "too-old"), (1, "before-go-live", "before-go-live")],
)
def test_a_message_that_is_not_sent_says_why(sequence: int | None, reason: Any, told_reason: Any) -> None:
    skipped = telling.queue(dossier(sequence), RESULT, DONE_AT, ground(), reason=reason)
    said = NoticeSkipped(at=at(6), notice=RESULT, channel="sms", reason=told_reason)

    assert (skipped.after.messages, skipped.said) == ({RESULT: Skipped(DONE_AT, reason=told_reason)}, [told(said, RESULT)])


def test_a_message_about_a_dossier_whose_reception_is_not_known_yet_waits_for_it_in_the_queue() -> None:
    assert telling.queue(Dossier(DOSSIER), APOLOGY, DONE_AT, ground(at(6))).after.messages == {
        APOLOGY: Queued(DONE_AT, DONE_AT)
    }


@pytest.mark.parametrize(
    ("now", "fetched", "due"),
    [
        (at(6, "10:00"), False, at(8)),  # two days after it was ready
        (at(8, "09:01"), False, at(8, "09:01")),
        (at(8, "22:00"), False, at(9, "07:00")),
        (at(6, "10:00"), True, at(6, "10:00")),
        (at(6, "22:00"), True, at(7, "07:00")),
    ],
)
def test_the_survey_is_due_with_the_result_in_hand_or_two_days_after_it_was_ready(
    now: datetime, fetched: bool, due: datetime
) -> None:
    events = [DONE, fact("returned", at(6, "09:30"))] if fetched else [DONE]
    known = dossier(1, *events, messages={RESULT: Accepted(DONE_AT)}, invitation=Invitation(1, "x"))
    planned = telling.plan(known, ground(now))

    assert (planned.after.messages[SURVEY], [*planned.said]) == queued(SURVEY, due)


@pytest.mark.parametrize(
    ("fetched", "kept", "becomes"),
    [
        (True, Queued(DONE_AT, epoch_ms(at(9))), Queued(DONE_AT, epoch_ms(at(7)))),  # fetched: brought forward
        (True, Queued(DONE_AT, epoch_ms(at(7)), waits_since=DONE_AT), Queued(DONE_AT, epoch_ms(at(7)), waits_since=DONE_AT)),
        (True, Queued(DONE_AT, epoch_ms(at(6))), Queued(DONE_AT, epoch_ms(at(6)))),
        (True, Claimed(DONE_AT, epoch_ms(at(9))), Claimed(DONE_AT, epoch_ms(at(9)))),
        (False, Queued(DONE_AT, epoch_ms(at(20))), Queued(DONE_AT, epoch_ms(at(20)))),
    ],
)
def test_a_result_that_is_fetched_brings_the_waiting_survey_forward_and_never_back(
    fetched: bool, kept: Any, becomes: Any
) -> None:
    events = [DONE, fact("returned", at(6, "09:30"))] if fetched else [DONE]
    known = dossier(1, *events, messages={RESULT: Accepted(DONE_AT), SURVEY: kept}, invitation=Invitation(1, "x"))
    planned = telling.plan(known, ground(at(7)))

    assert (planned.after.messages[SURVEY], [*planned.said]) == (becomes, [])
    assert (planned.after is known) == (kept == becomes)


def test_without_an_invitation_nobody_is_asked_to_rate() -> None:
    assert SURVEY not in telling.plan(dossier(1, DONE), ground()).after.messages


# --- contacts come and go -----------------------------------------------------------

WAITING: dict[Notice, Message] = {
    RESULT: Queued(DONE_AT, epoch_ms(at(20)), waits_since=DONE_AT),
    APOLOGY: Queued(DONE_AT, epoch_ms(at(20))),
    SURVEY: Claimed(DONE_AT, epoch_ms(at(20)), waits_since=DONE_AT),
}


def test_a_contact_that_comes_or_is_forgotten_wakes_the_messages_that_waited_for_it_alone() -> None:
    woken: dict[Notice, Message] = {**WAITING, RESULT: Queued(DONE_AT, epoch_ms(at(9, "07:00")), waits_since=DONE_AT)}
    known, night = dossier(messages=WAITING), ground(at(9, "05:00"))

    assert telling.on_contact(known, contact(1).data, night).after.messages == woken  # type: ignore[arg-type]
    gone = telling.forget(known, night)
    assert (gone.after, [*gone.said]) == (known._replace(messages=woken, contact=Forgotten(0)), [])


def test_what_is_forgotten_is_the_contact_up_to_its_sequence_and_the_one_a_letter_was_kept_with() -> None:
    letter = Sent(Draft(1, "H37.12", 1, 1), None, None, 5, 2026, 1, Contact(2, 1, "x"))
    known = dossier(contact=Contact(3, 1, "x"), letter=letter)
    gone = telling.forget(known, ground()).after

    assert gone == known._replace(contact=Forgotten(3), letter=replace(letter, contact=None))
    assert telling.forget(gone, ground()).after is gone
    left_in_letter = gone._replace(letter=letter)
    assert telling.forget(left_in_letter, ground()).after == gone
    assert telling.forget(dossier(), ground()).after == dossier(contact=Forgotten(0))


def test_an_allowed_hour_is_one_in_hanoi_wherever_the_clock_stands() -> None:
    assert next_window(datetime.fromisoformat("2026-03-09T23:00+00:00")) == at(10, "07:00")
    assert next_window(datetime.fromisoformat("2026-03-10T00:00+00:00")) == at(10, "07:00")
    assert next_window(at(31, "22:00")) == datetime(2026, 4, 1, 7, tzinfo=OFFICE_TIME)
    assert next_window(at(9, "21:00") - timedelta(seconds=1)) == at(9, "21:00") - timedelta(seconds=1)

"""What one dossier adds, told by told: which counters, on which day, as of when; and which cells it touches by that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from contracts import Event
from contracts.deadlines import DeadlineMoved, DeadlineOverdue, DeadlinePaused, DeadlineSet, DeadlineSettled
from contracts.envelope import EventData
from contracts.feedback import FeedbackRated
from contracts.notices import LetterDrafted, LetterRejected, LetterSent
from services.reporting.domain import (
    CellKey,
    Contributions,
    Known,
    Place,
    Row,
    contributions,
    day_in,
    day_of,
    flipped,
    taken,
    told,
)
from services.reporting.domain.cells import doubts, flip_at
from services.reporting.domain.facts import Received
from services.reporting.domain.row import Add, Counted, Ended, Letter, Promised, Rating, Rejected, Reopened, Response, Waiting
from tests.support.dossiers import DOSSIER, at, fact, received

DAY = timedelta(days=1)
FUTURE = timedelta(hours=2)


def ms(moment: datetime) -> int:
    """As rows keep it."""
    return round(moment.timestamp() * 1000)


def heard(*events: Event, known: Known | None = None) -> Known:
    """What is known after facts."""
    known = known or Known()
    for event in events:
        known = told.fact(known, event)
    return known


RECEIVED = heard(received())
NOW = ms(at(28))


def on(known: Known, now: int = NOW) -> dict[int, dict[str, int]]:
    """The counters of each day of March."""
    found = contributions(known, now)
    assert found is not None
    return {date.fromisoformat(day).day: dict(add.counters) for day, add in found.days.items()}


def as_of(known: Known, now: int = NOW) -> dict[int, int]:
    """Day -> day at which the newest that its figures follow from was recorded."""
    found = contributions(known, now)
    assert found is not None
    return {date.fromisoformat(day).day: day_of(add.as_of).day for day, add in found.days.items()}


def promised(due: int, first: int | None = None, recorded: int = 2) -> Promised:
    """A promise for a day of March."""
    return Promised(1, ms(at(recorded)), ms(at(due)), ms(at(first or due)))


def ended(outcome: Any, end: int, due: int, recorded: int | None = None, **more: Any) -> Ended:
    """An outcome."""
    return Ended(1, ms(at(recorded or end)), outcome, ms(at(end)), ms(at(due)), more.pop("first", None), **more)


# --- receptions ---------------------------------------------------------------------


@pytest.mark.parametrize(("channel", "counter"), [(1, "received_direct"), (2, "received_online"), (3, "received_post")])
def test_a_reception_counts_by_its_channel(channel: int, counter: str) -> None:
    assert on(heard(received(channel=channel))) == {2: {counter: 1}}


@pytest.mark.parametrize(("told_so", "elsewhere"), [(True, {"received_elsewhere": 1}), (False, {}), (None, {})])
def test_a_reception_outside_of_its_area_is_counted_where_somebody_said_so(
    told_so: bool | None, elsewhere: dict[str, int]
) -> None:
    assert on(heard(received(out_of_area=told_so))) == {2: {"received_online": 1, **elsewhere}}


def test_it_counts_for_the_body_that_received_and_for_the_one_that_decides_in_order() -> None:
    known = heard(received(receiving_unit="H37.13", competent_unit="H37.12"))
    known = known._replace(settled=ended("early", 6, 9))
    found = contributions(known, NOW)
    assert found is not None

    assert found.place == Place("H37.13", "H37.12", "1.000894")
    cells = (
        "competent/H37.12/1.000894/2026-03-02",
        "competent/H37.12/1.000894/2026-03-06",
        "received/H37.13/1.000894/2026-03-02",
        "received/H37.13/1.000894/2026-03-06",
    )
    assert found.counted() == Counted(found.days, cells)
    assert set(found.by_key()) == set(cells)
    assert {key: found.days[day_in(key)] for key in cells} == found.by_key()


def test_days_are_in_order_however_they_were_added() -> None:
    days = {"2026-03-06": Add(1, {}), "2026-03-02": Add(1, {})}
    cells = Contributions(Place("a", "b", "c"), days).counted().cells

    assert cells == (
        "competent/b/c/2026-03-02",
        "competent/b/c/2026-03-06",
        "received/a/c/2026-03-02",
        "received/a/c/2026-03-06",
    )


def test_without_a_reception_nothing_counts_and_a_refusal_counts_alone() -> None:
    assert contributions(Known(settled=ended("late", 11, 9)), NOW) is None
    assert contributions(heard(fact("refused", at(3))), NOW) is None
    refused = heard(received(), fact("refused", at(3)))._replace(
        letter=Letter(ms(at(6)), ms(at(6))), settled=ended("late", 11, 9)
    )
    assert on(refused) == {3: {"refused": 1}}
    assert as_of(refused) == {3: 3}
    assert on(heard(received(at(5)), fact("refused", at(3)))) == {5: {"refused": 1}}  # never before the reception


@pytest.mark.parametrize(("hour", "day"), [(16, 2), (17, 3), (0, 2)])
def test_the_business_day_begins_at_midnight_in_viet_nam(hour: int, day: int) -> None:
    moment = datetime(2026, 3, 2, hour, tzinfo=UTC)

    assert day_of(ms(moment)) == date(2026, 3, day)
    assert on(heard(received(moment))) == {day: {"received_online": 1}}


def test_a_cell_is_written_and_read_the_same_and_cells_have_an_order() -> None:
    key = CellKey("competent", "H37.12", "1.000894", date(2026, 3, 2))

    assert str(key) == "competent/H37.12/1.000894/2026-03-02"
    assert CellKey.parse(str(key)) == key
    assert day_in(str(key)) == "2026-03-02"
    assert sorted([replace(key, role="received"), key]) == [key, replace(key, role="received")]


# --- overdue, ends ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "counted"),
    [
        (-1, {}),
        (0, {9: {"overdue_opened": 1, "late_without_letter": 1}}),
        (1, {9: {"overdue_opened": 1, "late_without_letter": 1}}),
    ],
)
def test_an_open_dossier_is_overdue_from_its_due_moment_on(now: int, counted: dict[int, dict[str, int]]) -> None:
    known = RECEIVED._replace(promise=promised(9))

    assert on(known, ms(at(9)) + now) == {2: {"received_online": 1}, **counted}


def test_after_a_re_promise_it_is_late_against_the_first_date_and_overdue_only_after_the_new_one() -> None:
    known = RECEIVED._replace(promise=promised(16, first=9))

    assert on(known, ms(at(12))) == {2: {"received_online": 1}, 9: {"late_without_letter": 1}}
    assert on(known, ms(at(16))) == {2: {"received_online": 1}, 9: {"late_without_letter": 1}, 16: {"overdue_opened": 1}}


def test_while_the_clock_stands_still_or_is_set_back_nothing_is_overdue() -> None:
    """D12."""
    assert on(RECEIVED._replace(promise=Waiting(2, ms(at(3))))) == {2: {"received_online": 1}}
    assert on(RECEIVED._replace(promise=promised(9), settled=Reopened(2, ms(at(3)))), ms(at(8))) == {2: {"received_online": 1}}
    again = on(RECEIVED._replace(promise=promised(9), settled=Reopened(2, ms(at(3)))))
    assert again[9] == {"overdue_opened": 1, "late_without_letter": 1}


@pytest.mark.parametrize("outcome", ["early", "on_time"])
def test_an_end_in_time_counts_on_its_day_alone(outcome: str) -> None:
    known = RECEIVED._replace(promise=promised(9), settled=ended(outcome, 6, 9))

    assert on(known) == {2: {"received_online": 1}, 6: {f"resolved_{outcome}": 1}}


def test_a_late_end_opens_an_overdue_at_the_due_moment_and_closes_it_at_the_end() -> None:
    known = RECEIVED._replace(promise=promised(9), settled=ended("late", 11, 9))

    assert on(known) == {2: {"received_online": 1}, 9: {"overdue_opened": 1}, 11: {"resolved_late": 1, "overdue_closed": 1}}


def test_a_letter_is_counted_with_what_it_is_for() -> None:
    letter = Letter(ms(at(6)), ms(at(7)))
    late = RECEIVED._replace(promise=promised(9), settled=ended("late", 11, 9, first="late"), letter=letter)
    assert on(late) == {
        2: {"received_online": 1},
        6: {"letters_sent": 1},
        9: {"overdue_opened": 1, "overdue_opened_lettered": 1, "late_with_letter": 1},
        11: {"resolved_late": 1, "overdue_closed": 1, "overdue_closed_lettered": 1, "resolved_late_lettered": 1},
    }
    still_open = RECEIVED._replace(promise=promised(9), letter=letter)
    assert on(still_open)[9] == {"overdue_opened": 1, "overdue_opened_lettered": 1, "late_with_letter": 1}


@pytest.mark.parametrize(
    ("reason", "counter"),
    [
        ("in-time", "late_without_letter"),
        ("force-majeure", "late_exempted"),
        ("secrecy", "late_exempted"),
        (None, "late_without_letter"),
    ],
)
def test_a_late_dossier_is_exempt_where_no_letter_is_owed(reason: str | None, counter: str) -> None:
    """R23."""
    rejected = None if reason is None else Rejected(1, ms(at(5)), reason)
    known = RECEIVED._replace(promise=promised(16, first=9), settled=ended("early", 13, 16, first="late"), rejected=rejected)

    assert on(known)[9] == {counter: 1}
    assert on(known._replace(letter=Letter(ms(at(5)), ms(at(5)))))[9] == {"late_with_letter": 1}


def test_an_end_in_time_against_the_first_promise_owes_no_letter() -> None:
    known = RECEIVED._replace(promise=promised(16, first=9), settled=ended("early", 8, 16, first="on_time"))

    assert on(known) == {2: {"received_online": 1}, 8: {"resolved_early": 1}}


def test_an_end_whose_promise_is_unknown_is_late_at_the_due_moment_it_was_measured_against() -> None:
    known = RECEIVED._replace(settled=ended("late", 11, 9, first="late"))

    assert on(known)[9] == {"overdue_opened": 1, "late_without_letter": 1}


@pytest.mark.parametrize(
    ("more", "counters"),
    [
        ({"state": 7}, {"withdrawn": 1}),
        ({"state": 8}, {"stopped": 1}),
        ({"state": 9}, {}),
        ({"state": 10}, {}),
        ({"supplements": 0}, {"supplements_0": 1}),
        ({"supplements": 1}, {"supplements_1": 1}),
        ({"supplements": 2}, {"supplements_2plus": 1}),
        ({"supplements": 7}, {"supplements_2plus": 1}),
        ({"limit": 100}, {}),
        ({"used": 100}, {}),
        ({"limit": 100, "used": 40}, {"minutes_limit": 100, "minutes_used": 40, "minutes_saved": 60, "used_40": 1}),
        ({"limit": 100, "used": 150}, {"minutes_limit": 100, "minutes_used": 150, "minutes_saved": 0, "used_150": 1}),
        ({"limit": 100, "used": 0}, {"minutes_limit": 100, "minutes_used": 0, "minutes_saved": 100, "used_5": 1}),
    ],
)
def test_what_else_an_end_says_is_counted_with_it(more: dict[str, int], counters: dict[str, int]) -> None:
    known = RECEIVED._replace(settled=ended("early", 6, 9, **more))

    assert on(known) == {2: {"received_online": 1}, 6: {"resolved_early": 1, **counters}}


def test_an_end_or_a_due_moment_before_the_reception_counts_on_the_day_of_reception() -> None:
    known = heard(received(at(5)))._replace(promise=promised(3), settled=ended("late", 4, 3, first="late"))

    assert on(known) == {
        5: {"received_online": 1, "resolved_late": 1, "overdue_opened": 1, "overdue_closed": 1, "late_without_letter": 1}
    }


def test_a_rating_counts_its_answers_and_points() -> None:
    """R33."""
    known = RECEIVED._replace(rating=Rating(ms(at(10)), ms(at(12)), 3, 150))

    assert on(known) == {2: {"received_online": 1}, 10: {"ratings": 1, "rating_answers": 3, "rating_points": 150}}
    assert as_of(known) == {2: 2, 10: 12}


# --- as of when --------------------------------------------------------------------------


def test_a_figure_is_as_of_the_newest_record_that_it_follows_from() -> None:
    promise, letter = promised(9, recorded=3), Letter(ms(at(6)), ms(at(7)))
    open_, rejected = RECEIVED._replace(promise=promise), Rejected(1, ms(at(10)), "secrecy")
    assert as_of(open_) == {2: 2, 9: 3}
    assert as_of(open_._replace(letter=letter)) == {2: 2, 6: 7, 9: 7}
    assert as_of(open_._replace(letter=letter, promise=promised(9, recorded=8))) == {2: 2, 6: 7, 9: 8}
    assert as_of(open_._replace(rejected=rejected)) == {2: 2, 9: 10}

    late = RECEIVED._replace(promise=promise, settled=ended("late", 11, 9, recorded=12))
    assert as_of(late) == {2: 2, 9: 12, 11: 12}
    assert as_of(late._replace(letter=Letter(ms(at(13)), ms(at(14))))) == {2: 2, 9: 14, 11: 14, 13: 14}
    first_late = RECEIVED._replace(promise=promised(16, first=9), settled=ended("early", 13, 16, recorded=14, first="late"))
    assert as_of(first_late) == {2: 2, 9: 14, 13: 14}
    assert as_of(first_late._replace(rejected=Rejected(1, ms(at(15)), "in-time")))[9] == 15


def test_nothing_is_as_of_a_time_before_the_reception_was_recorded() -> None:
    reception = replace(received(), time=at(20))
    known = heard(reception)._replace(promise=promised(9, recorded=3), settled=ended("late", 11, 9))

    assert as_of(known) == {2: 20, 9: 20, 11: 20}
    assert as_of(heard(reception, fact("refused", at(3)))) == {3: 20}


# --- by the clock alone --------------------------------------------------------------------


def test_what_the_clock_changes_next_is_the_next_due_moment_while_it_is_open() -> None:
    known = RECEIVED._replace(promise=promised(16, first=9))

    assert [flip_at(known, ms(at(day))) for day in (8, 9, 15, 16)] == [ms(at(9)), ms(at(16)), ms(at(16)), None]
    assert flip_at(known._replace(settled=Reopened(1, 0)), ms(at(8))) == ms(at(9))
    for closed in (
        known._replace(settled=ended("early", 6, 9)),
        known._replace(promise=Waiting(2, 0)),
        known._replace(promise=None),
        Known(promise=known.promise),
        heard(fact("refused", at(3)), known=known),
    ):
        assert flip_at(closed, ms(at(8))) is None


@pytest.mark.parametrize(("ahead", "found"), [(0, ()), (1, ("clock-ahead",))])
def test_a_time_further_ahead_than_intake_takes_in_is_a_doubt(ahead: int, found: tuple[str, ...]) -> None:
    recorded = at(2) - FUTURE - timedelta(milliseconds=ahead)
    early = heard(replace(received(), time=recorded))
    assert doubts(early, FUTURE) == found
    settled = Ended(1, ms(at(6)), "early", ms(at(6) + FUTURE) + ahead, ms(at(9)), None)
    assert doubts(RECEIVED._replace(settled=settled), FUTURE) == found
    assert doubts(early._replace(settled=settled._replace(end=ms(at(6)))), FUTURE) == found


def test_ends_that_contradict_each_other_are_a_doubt_beside_the_clock() -> None:
    twice = ended("early", 6, 9, also=(7,))

    assert doubts(RECEIVED._replace(settled=twice), FUTURE) == ("ended-twice",)
    assert doubts(RECEIVED._replace(settled=twice._replace(recorded=0)), FUTURE) == ("ended-twice", "clock-ahead")
    assert doubts(Known(settled=ended("early", 6, 9)), FUTURE) == ()
    assert doubts(Known(), FUTURE) == ()


# --- what becomes of a row -------------------------------------------------------------------

COMPETENT, RECEIVING = "competent/H37.12/1.000894/2026-03-{:02}", "received/H37.12/1.000894/2026-03-{:02}"


def cells(*days: int) -> tuple[str, ...]:
    """Of both roles."""
    return tuple(sorted(role.format(day) for role in (COMPETENT, RECEIVING) for day in days))


def test_a_row_touches_the_cells_in_which_it_counts_otherwise_and_no_others() -> None:
    row = taken(Row(DOSSIER), RECEIVED._replace(promise=promised(25)), 1, FUTURE)
    assert (row.touched, row.touched_at, row.flip_at, row.doubts) == (cells(2), 1, ms(at(25)), ())
    published = row._replace(touched=(), touched_at=None)

    later = taken(published, row.known._replace(settled=ended("early", 6, 25)), 2, FUTURE)
    assert (later.touched, later.touched_at, later.flip_at) == (cells(6), 2, None)
    again = taken(later, later.known._replace(settled=ended("early", 7, 25)), 3, FUTURE)
    assert (again.touched, again.touched_at) == (cells(6, 7), 2)  # since when any are
    unknown_since = taken(later._replace(touched_at=None), again.known, 4, FUTURE)
    assert unknown_since.touched_at == 4
    assert again.code == DOSSIER
    assert again.known.settled == ended("early", 7, 25)


def test_what_changes_no_figure_touches_nothing() -> None:
    row = taken(Row(DOSSIER), RECEIVED, 1, FUTURE)._replace(touched=(), touched_at=None)
    after = taken(row, RECEIVED._replace(promise=promised(25)), 2, FUTURE)

    assert (after.touched, after.touched_at, after.counted) == ((), None, row.counted)


def test_a_dossier_that_counts_nowhere_leaves_its_cells_and_is_in_no_doubt() -> None:
    early = heard(replace(received(), time=at(1)))
    row = taken(Row(DOSSIER), early, 1, FUTURE)
    assert row.doubts == ("clock-ahead",)
    gone = heard(fact("retracted", at(12), version=2, fact="received"), known=early)
    after = taken(row._replace(touched=()), gone._replace(settled=ended("early", 6, 9, also=(7,))), 2, FUTURE)

    assert (after.touched, after.doubts, after.counted) == (cells(2), (), Counted({}, ()))
    assert Row(DOSSIER).known == Known()
    nowhere = taken(Row(DOSSIER), Known(promise=promised(25)), 1, FUTURE)
    assert (nowhere.counted, nowhere.touched, nowhere.touched_at) == (Counted({}, ()), (), None)


def test_a_row_whose_moment_passed_is_counted_anew_with_the_doubts_it_had() -> None:
    row = taken(Row(DOSSIER), RECEIVED._replace(promise=promised(25)), 1, FUTURE)._replace(touched=(), doubts=("clock-ahead",))
    after = flipped(row, ms(at(25)))

    assert (after.touched, after.flip_at, after.doubts) == (cells(25), None, ("clock-ahead",))
    assert after.known is row.known


# --- what is known after an event --------------------------------------------------------------


def said(data: EventData, recorded: datetime) -> Event:
    """An event about the dossier."""
    return Event(f"{data.TYPE}/{recorded}", "/x", data.TYPE, DOSSIER, recorded, data)


def deadline(version: int, due: datetime | None, **more: Any) -> DeadlineSet | DeadlinePaused:
    """A statement of the promise in force."""
    base = {"at": at(2), "version": version, "unit": "H37.12", "basis": "computed", "calendar_version": "x", **more}
    return DeadlinePaused.model_validate(base) if due is None else DeadlineSet.model_validate({**base, "due_at": due})


def settled(version: int, outcome: str, **more: Any) -> DeadlineSettled:
    """A statement of how it ended."""
    return DeadlineSettled.model_validate({"at": at(2), "version": version, "unit": "H37.12", "outcome": outcome, **more})


def test_of_two_promises_the_higher_version_holds_whichever_comes_first() -> None:
    first = told.statement(Known(), said(deadline(1, at(9)), at(3)))
    assert first.promise == Promised(1, ms(at(3)), ms(at(9)), ms(at(9)))
    second = told.statement(first, said(deadline(2, at(16), first_due_at=at(9)), at(4)))
    assert second.promise == Promised(2, ms(at(4)), ms(at(16)), ms(at(9)))
    assert told.statement(second, said(deadline(1, at(9)), at(5))) is second
    assert told.statement(second, said(deadline(2, at(9)), at(5))) is second
    paused = told.statement(second, said(deadline(3, None), at(6)))
    assert paused.promise == Waiting(3, ms(at(6)))
    moved = DeadlineMoved.model_validate(deadline(4, at(20)).model_dump())
    assert told.statement(paused, said(moved, at(7))).promise == Promised(4, ms(at(7)), ms(at(20)), ms(at(20)))


def test_of_two_outcomes_the_higher_version_holds_with_all_it_says() -> None:
    whole = {
        "ended_at": at(11),
        "due_at": at(9),
        "against_first": "late",
        "state": 9,
        "supplements": 1,
        "limit_minutes": 2250,
        "used_minutes": 2500,
        "also": [7],
    }
    late = told.statement(Known(), said(settled(2, "late", **whole), at(12)))
    assert late.settled == Ended(2, ms(at(12)), "late", ms(at(11)), ms(at(9)), "late", 9, 1, 2250, 2500, (7,))
    assert told.statement(late, said(settled(1, "open"), at(13))) is late
    assert told.statement(late, said(settled(2, "open"), at(13))) is late
    assert told.statement(late, said(settled(3, "open"), at(13))).settled == Reopened(3, ms(at(13)))
    bare = told.statement(Known(), said(settled(1, "early", ended_at=at(6), due_at=at(9)), at(6)))
    assert bare.settled == Ended(1, ms(at(6)), "early", ms(at(6)), ms(at(9)), None)


@pytest.mark.parametrize("lacking", [{"ended_at": at(11)}, {"due_at": at(9)}, {}])
def test_an_outcome_without_an_end_or_a_promise_is_no_valid_one(lacking: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an outcome has an end"):
        told.statement(Known(), said(settled(1, "late", **lacking), at(12)))


def test_what_sla_does_once_changes_no_figure() -> None:
    overdue = DeadlineOverdue(at=at(9), unit="H37.12", due_at=at(9))

    assert told.statement(RECEIVED, said(overdue, at(9))) is RECEIVED
    assert told.effect(RECEIVED, said(overdue, at(9))) is RECEIVED


def letter(when: int) -> LetterSent:
    return LetterSent(at=at(when), unit="H37.12", draft=1, number=5, year=2026)


def rated(when: int, **scores: int | None) -> FeedbackRated:
    return FeedbackRated.model_validate({"at": at(when), "unit": "H37.12", "form": "tthc", "scores": scores})


def test_of_two_letters_the_earlier_counts_whichever_arrives_first() -> None:
    early, late = said(letter(5), at(8)), said(letter(6), at(7))
    for order in ((early, late), (late, early)):
        known = Known()
        for event in order:
            known = told.effect(known, event)
        assert known.letter == Letter(ms(at(5)), ms(at(8)))
    again = told.effect(Known(), said(letter(5), at(7)))
    assert told.effect(again, said(letter(5), at(7))) is again
    assert told.effect(again, said(letter(5), at(8))) is again
    assert told.effect(told.effect(Known(), said(letter(5), at(8))), said(letter(5), at(7))).letter == again.letter


def test_of_two_ratings_the_earlier_counts_and_what_was_not_answered_is_no_answer() -> None:
    first = told.effect(Known(), said(rated(10, attitude=100, waiting=50, apology=None), at(11)))

    assert first.rating == Rating(ms(at(10)), ms(at(11)), 2, 150)
    assert told.effect(first, said(rated(11, attitude=0), at(11))) is first
    assert told.effect(first, said(rated(9, attitude=0), at(12))).rating == Rating(ms(at(9)), ms(at(12)), 1, 0)


def test_of_two_refusals_of_a_letter_that_of_the_later_draft_counts() -> None:
    def no(draft: int, reason: str, when: int) -> Event:
        data = LetterRejected.model_validate({"at": at(when), "unit": "H37.12", "draft": draft, "reason": reason})
        return said(data, at(when))

    second = told.effect(Known(), no(2, "secrecy", 9))
    assert second.rejected == Rejected(2, ms(at(9)), "secrecy")
    assert told.effect(second, no(1, "in-time", 10)) is second
    assert told.effect(second, no(2, "in-time", 10)) is second
    assert told.effect(second, no(3, "in-time", 10)).rejected == Rejected(3, ms(at(10)), "in-time")


def test_a_draft_that_was_made_anew_takes_the_refusal_of_the_one_before_back_in_any_order() -> None:
    def drafted(draft: int, when: int) -> Event:
        return said(LetterDrafted(at=at(when), unit="H37.12", draft=draft, due_at=at(9)), at(when))

    def no(draft: int, when: int) -> Event:
        return said(LetterRejected(at=at(when), unit="H37.12", draft=draft, reason="secrecy"), at(when))

    def after(*events: Event) -> Rejected | None:
        known = Known()
        for event in events:
            known = told.effect(known, event)
        return known.rejected

    first, refused, again, once_more = drafted(1, 3), no(1, 4), drafted(2, 5), no(2, 6)
    assert after(first) is None
    for order in permutations((first, refused, again)):
        assert after(*order) == Rejected(2, ms(at(5)), "in-time")
    for order in permutations((first, refused, again, once_more)):
        assert after(*order) == Rejected(2, ms(at(6)), "secrecy")


def test_of_a_fact_its_newest_version_is_known_with_the_time_it_was_recorded() -> None:
    known = heard(received(), replace(received(at(3), version=2, channel=1), time=at(5)))
    reception = known.facts.first(Received)

    assert reception is not None
    assert (reception.at, reception.t, reception.channel, reception.out_of_area) == (ms(at(3)), ms(at(5)), 1, None)
    assert told.fact(known, received()) is known
    assert known.recorded == ms(at(5))


def test_the_newest_record_of_all_that_is_known_is_the_time_of_the_whole() -> None:
    parts: dict[str, Any] = {
        "promise": promised(9, recorded=10),
        "settled": ended("late", 11, 9, recorded=11),
        "letter": Letter(0, ms(at(12))),
        "rating": Rating(0, ms(at(13)), 1, 1),
        "rejected": Rejected(1, ms(at(14)), "secrecy"),
        "response": Response(0, ms(at(15)), "H37.12", "1.000894", 1, 1),
    }
    assert Known().recorded == 0
    assert RECEIVED.recorded == ms(at(2))
    for name, part in parts.items():
        assert RECEIVED._replace(**{name: part}).recorded == part.recorded
    assert RECEIVED._replace(**parts).recorded == ms(at(15))

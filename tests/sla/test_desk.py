"""What an officer sees: how urgent each dossier is, where it is, who used the time, how its date came about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts import Event
from services.sla.domain.desk import Horizon, Line, Told, Unaccepted, line_of, told_of, unaccepted_of
from services.sla.domain.dossier import Ended
from services.sla.store import load
from tests.support.dossiers import DOSSIER, at, fact, received, submitted
from tests.support.sla import CONTEXT, REFERENCE, play

LINE = REFERENCE.timeline("H37.12")
FRIDAY = 6  # of March 2026


def ms(moment: datetime) -> int:
    """As documents keep times."""
    return round(moment.timestamp() * 1000)


def line(events: Sequence[Event], now: datetime) -> Line | None:
    """The dossier on the list of its unit."""
    return line_of(load(play(events)[0]), Horizon.at(now, LINE), now, CONTEXT.ground)


def told(events: Sequence[Event], now: datetime) -> Told | None:
    """The dossier by itself."""
    return told_of(load(play(events)[0]), now, CONTEXT.ground)


@pytest.mark.parametrize(
    ("now", "due", "urgency"),
    [
        (at(3, "10:00"), at(3, "09:59"), "late"),
        (at(3, "10:00"), at(3, "10:00"), "today"),
        (at(3, "10:00"), at(3, "23:59"), "today"),
        (at(3, "10:00"), at(4, "00:00"), "tomorrow"),
        (at(3, "10:00"), at(4, "17:00"), "tomorrow"),
        (at(3, "10:00"), at(5, "00:00"), "later"),
        (at(FRIDAY), at(7, "08:00"), "tomorrow"),
        (at(FRIDAY), at(9, "17:00"), "tomorrow"),
        (at(FRIDAY), at(10, "07:30"), "later"),
        (at(8), at(9, "17:00"), "tomorrow"),
        (at(8), at(8, "09:00"), "today"),
    ],
)
def test_what_comes_on_the_next_working_day_is_tomorrow(now: datetime, due: datetime, urgency: str) -> None:
    assert Horizon.at(now, LINE).of(ms(due)) == urgency


def test_before_the_new_year_tomorrow_reaches_over_the_holidays() -> None:
    before, after = at(13, "10:00", month=2), at(23, "17:00", month=2)  # the days off of Tết 2026 end with 22 February

    assert Horizon.at(before, LINE).of(ms(after)) == "tomorrow"


def test_a_line_says_where_the_dossier_is() -> None:
    steps = [fact("progressed", at(2, f"{9 + n}:30"), occasion=str(n), step=f"bước {n}", department="Phòng A") for n in (1, 2)]

    found = line([received(), *steps], at(3))

    assert found == Line(DOSSIER, "H37.12", "1.000894", ms(at(2)), ms(at(9)), "later", False, "bước 2", "Phòng A", None)


def test_a_line_of_a_step_without_a_department_and_of_none_says_what_is_known() -> None:
    bare = line([received(), fact("progressed", at(2, "10:00"), step="bước 1")], at(3))
    nothing = line([received()], at(3))

    assert bare is not None
    assert nothing is not None
    assert [(found.step, found.department) for found in (bare, nothing)] == [("bước 1", ""), ("", "")]


def test_a_re_promised_dossier_says_so() -> None:
    found = line([received(), fact("reappointed", at(3), new_due_at=at(16).isoformat())], at(4))

    assert found is not None
    assert (found.reappointed, found.due) == (True, ms(at(16)))


def test_a_late_line_says_who_used_the_time() -> None:
    waits = [fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))]

    found = line([received(limit=(1, "working_day")), *waits], at(4))

    assert found is not None
    assert found.urgency == "late"
    assert found.spent is not None
    assert (found.spent.citizen, found.spent.unit, found.spent.elapsed) == (120, 780, 900)


def told_as(**more: Any) -> Told:
    """What is said of an open dossier of five days, but for some parts."""
    usual = Told(
        code=DOSSIER,
        unit="H37.12",
        procedure="1.000894",
        received_at=ms(at(2)),
        stage="open",
        due=ms(at(9)),
        urgency="later",
        waits_for="",
        waits_since=None,
        ended=None,
        step="",
        department="",
        why=(),
    )
    return replace(usual, **more)


def without_why(state: Told | None) -> Told | None:
    """What is said, but for the explanation."""
    return None if state is None else replace(state, why=())


def test_an_open_dossier_says_when_it_is_due_and_where_it_is() -> None:
    step = fact("progressed", at(2, "10:00"), step="bước 1", department="Phòng A")

    assert without_why(told([received()], at(4))) == told_as()
    assert without_why(told([received(), step], at(9, "08:00"))) == told_as(
        urgency="today", step="bước 1", department="Phòng A"
    )


def test_a_wait_that_is_over_is_no_wait() -> None:
    waited = [fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00"))]

    assert without_why(told([received(), *waited], at(4))) == told_as(due=ms(at(9, "11:00")))


def test_a_dossier_that_waits_has_no_line_and_says_since_when_it_waits() -> None:
    events = [received(), fact("supplement-requested", at(3))]

    waiting = told_as(stage="waiting", due=None, urgency=None, waits_for="supplement", waits_since=ms(at(3)))
    assert line(events, at(4)) is None
    assert without_why(told(events, at(4))) == waiting


def test_a_dossier_explains_its_date() -> None:
    state = told([received(promised_at=at(10))], at(4))

    assert state is not None
    assert (state.stage, state.urgency, state.due) == ("open", "later", ms(at(10)))
    assert [step.rule for step in state.why][:2] == ["start", "limit"]
    assert any("09:00" in step.text and "10/03" in step.text for step in state.why)


def test_an_ended_dossier_says_how_it_ended_and_is_on_no_list() -> None:
    state = told([received(limit=(1, "working_day")), fact("completed", at(4))], at(5))

    assert state is not None
    assert without_why(state) == told_as(stage="ended", due=ms(at(3)), urgency=None, ended=state.ended)
    assert isinstance(state.ended, Ended)
    assert (state.ended.outcome, state.ended.end.state, state.urgency) == ("late", 9, None)


def test_nothing_is_said_of_a_dossier_that_was_not_accepted() -> None:
    assert told([received(), fact("refused", at(2, "10:00"))], at(4)) is None
    assert told([fact("completed", at(4))], at(5)) is None


def test_a_dossier_that_is_to_be_accepted_has_a_line_of_its_own_and_says_until_when() -> None:
    document = load(play([submitted()])[0])
    horizon, due = Horizon.at(at(3), LINE), ms(at(3, "09:30"))

    assert unaccepted_of(document, horizon) == Unaccepted(DOSSIER, "H37.12", "1.000894", ms(at(2)), due, "today")
    assert line([submitted()], at(3)) is None
    told_so = told_as(received_at=None, submitted_at=ms(at(2)), stage="submitted", due=due, urgency="today")
    assert told([submitted()], at(3)) == told_so
    assert told([submitted()], at(3, "09:31")) == replace(told_so, urgency="late")


@pytest.mark.parametrize("answer", [received(at(3)), fact("refused", at(3)), fact("withdrawn", at(3))])
def test_what_was_answered_is_on_that_list_no_more(answer: Event) -> None:
    document = load(play([submitted(), answer])[0])

    assert unaccepted_of(document, Horizon.at(at(3), LINE)) is None


def test_papers_that_are_asked_for_before_the_acceptance_are_waited_for() -> None:
    state = told([submitted(), fact("supplement-requested", at(2, "10:00"))], at(3))

    waiting = {"stage": "waiting", "waits_for": "supplement", "waits_since": ms(at(2, "10:00"))}
    assert state == told_as(received_at=None, submitted_at=ms(at(2)), due=None, urgency=None, **waiting)


def test_of_one_that_was_refused_nothing_is_said_and_of_one_that_was_accepted_when_it_was_submitted() -> None:
    assert told([submitted(), fact("refused", at(3))], at(4)) is None
    assert without_why(told([submitted(at(1)), received()], at(4))) == told_as(submitted_at=ms(at(1)))

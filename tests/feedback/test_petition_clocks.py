"""Which clock of a petition is over on which day: over Tết and the swapped Saturday, after transfers and re-raises (R31)."""

from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest

from reference import OFFICE_TIME, CalendarChange, moment
from services.feedback.domain.clocks import LIMITS, Clocks
from services.feedback.domain.handling import NotAllowedError, Outcome, answer, ask, fire, forward, receive, reraise, take
from services.feedback.domain.petition import Petition
from tests.support.feedback import REFERENCE
from tests.support.petitions import CLERK, NEW, OTHER, ground, incoming, time

# What came by which channel and what was done with it | on which days | the clock | its last day | by when to be answered.
# Counted apart from the product: weekdays without days off, with 10 January, which was worked.
TABLE = [line.split("|") for line in (Path(__file__).parent / "petition_clocks.txt").read_text("utf-8").splitlines()]
OUTCOME = Outcome("explained", "locked")


def day(ms: int | None) -> str:
    return "" if ms is None else moment(ms).astimezone(OFFICE_TIME).date().isoformat()


def lived(what: str, days: str) -> Petition:
    kind, channel, *done = what.split()
    first, _, second = days.partition(" ")
    petition = receive(NEW, incoming(kind=kind, channel=channel), ground(f"{first} 09:00")).after
    if not done:
        return petition
    then = ground(f"{second} 09:00")
    match done[0]:
        case "forward":
            return forward(petition, OTHER, CLERK, then).after
        case "take":
            return take(petition, CLERK, then).after
        case "answer":
            return answer(petition, OUTCOME, CLERK, then).after
        case _:
            return reraise(answer(petition, OUTCOME, CLERK, ground(f"{first} 10:00")).after, "locked", then).after


@pytest.mark.parametrize(("what", "days", "clock", "due", "answer_due"), TABLE, ids=lambda part: part.replace(" ", "_"))
def test_a_clock_is_over_on_the_day_of_the_table(what: str, days: str, clock: str, due: str, answer_due: str) -> None:
    """R31."""
    petition = lived(what, days)

    assert petition.clock is not None
    assert (petition.clock.name, day(petition.clock.due), day(petition.answer_due)) == (clock, due, answer_due)


def test_the_table_has_at_least_sixty_rows() -> None:
    assert len(TABLE) >= 60


def test_a_clock_warns_a_working_day_before_its_end_and_one_of_two_days_half_a_day() -> None:
    accepting = lived("petition portal", "2026-02-12").clock
    deciding = lived("complaint box", "2026-02-12").clock

    assert accepting is not None
    assert day(accepting.warn) == "2026-02-13"
    assert deciding is not None
    assert (day(deciding.warn), day(deciding.due)) == ("2026-02-13", "2026-02-23")


@pytest.mark.parametrize(
    ("what", "off", "clock", "answer_due"),
    [
        ("petition portal", "2026-02-13", "2026-02-24", "2026-03-13"),  # both move, over Tết
        ("petition portal", "2026-03-05", "2026-02-23", "2026-03-13"),  # the clock is over before, the answer moves
        ("petition reception", "2026-02-25", "2026-03-06", "2026-03-06"),  # one clock for both
        ("petition portal", "2026-03-20", "2026-02-23", "2026-03-12"),  # neither
    ],
)
def test_a_day_off_that_becomes_known_moves_what_ends_behind_it(what: str, off: str, clock: str, answer_due: str) -> None:
    """R7: as the calendar of now has it."""
    petition, reference = lived(what, "2026-02-12"), deepcopy(REFERENCE)
    days = ((date.fromisoformat(off), "off"),)
    reference.change_calendar(CalendarChange(reference.known + 1, time("2026-02-12 10:00"), days, "Nghỉ", "CV 1"))  # type: ignore[arg-type]
    after = Clocks(reference, LIMITS).recounted(petition)

    assert after.clock is not None
    assert petition.clock is not None
    assert (day(after.clock.due), day(after.answer_due)) == (clock, answer_due)
    assert (after.clock.warn > petition.clock.warn) == (after.clock.due > petition.clock.due)
    assert (after is petition) == ((day(petition.clock.due), day(petition.answer_due)) == (clock, answer_due))


def test_a_clock_says_once_that_it_comes_near_and_once_that_it_is_over() -> None:
    """R31."""
    petition = receive(NEW, incoming(), ground("2026-02-12 09:00")).after
    assert petition.clock is not None
    said = []
    for at in (petition.clock.warn - 1, petition.clock.warn, petition.clock.due, petition.clock.due + 1):
        fired = fire(petition, moment(at), ground("2026-03-02 09:00"))
        petition = fired.after
        said.append([type(event).__name__ for event in fired.said])

    assert said == [[], ["PetitionWarned"], ["PetitionOverdue"], []]


def test_a_service_that_was_away_says_of_a_clock_that_is_over_only_that() -> None:
    petition = receive(NEW, incoming(), ground("2026-02-12 09:00")).after
    fired = fire(petition, time("2026-03-02 09:00"), ground("2026-03-02 09:00"))

    assert [type(event).__name__ for event in fired.said] == ["PetitionOverdue"]
    assert fire(fired.after, time("2026-03-03 09:00"), ground("2026-03-03 09:00")).said == ()


def test_more_is_asked_for_within_five_working_days_and_not_later() -> None:
    """R31."""
    petition = take(
        receive(NEW, incoming(), ground("2026-02-12 09:00")).after, CLERK, ground("2026-02-12 10:00"), unclear=True
    ).after
    assert petition.clock is not None
    assert (petition.clock.name, day(petition.clock.due)) == ("clarify", "2026-02-26")
    asked = ask(petition, "locked", CLERK, ground("2026-02-26 08:00")).after
    assert asked.clock is not None
    assert asked.clock.name == "answer"
    with pytest.raises(NotAllowedError, match="5 ngày làm việc"):
        ask(petition, "locked", CLERK, ground("2026-02-27 08:00"))

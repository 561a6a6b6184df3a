"""What a digest is made of: who works today, which dates come near in a session, how late something is."""

from datetime import datetime

import pytest

from contracts.facts import epoch_ms
from reference import BeyondCalendarError, moment
from services.sla.domain.digests import days_late, nearing, works_on
from tests.support.dossiers import at
from tests.support.sla import REFERENCE

LINE = REFERENCE.timeline("H37.12")


@pytest.mark.parametrize(
    ("now", "works"),
    [
        (at(3, "07:30"), True),
        (at(7, "07:30"), False),  # a Saturday
        (at(16, "07:30", month=2), False),  # Tết 2026
        (at(20, "07:30", month=2), False),
        (at(23, "07:30", month=2), True),
    ],
)
def test_a_digest_is_for_working_days(now: datetime, works: bool) -> None:
    assert works_on(now, LINE) is works


def test_beyond_the_calendar_nobody_can_say_who_works() -> None:
    with pytest.raises(BeyondCalendarError):
        works_on(at(3).replace(year=2099), LINE)


@pytest.mark.parametrize(
    ("now", "first", "reached", "last"),
    [
        # Open from 07:30 to 11:30 and from 13:30 to 17:00: four open hours after 11:30 is 08:00 of the next morning.
        (at(3, "07:30"), at(3, "13:31"), at(3, "13:30"), at(4, "08:00")),
        (at(3, "09:00"), at(3, "13:31"), at(3, "15:00"), at(4, "08:00")),
        (at(3, "11:30"), at(3, "13:31"), at(4, "08:00"), at(4, "08:00")),
        (at(3, "13:30"), at(4, "08:01"), at(4, "08:00"), at(4, "13:30")),
        (at(3, "17:00"), at(4, "08:01"), at(4, "13:30"), at(4, "13:30")),
        (at(6, "14:00"), at(9, "08:01"), at(9, "08:30"), at(9, "13:30")),  # a Friday: of Monday
        (at(13, "16:00", month=2), at(23, "08:01", month=2), at(23, "10:30", month=2), at(23, "13:30", month=2)),  # before Tết
    ],
)
def test_the_dates_that_come_near_in_a_session(now: datetime, first: datetime, reached: datetime, last: datetime) -> None:
    found = nearing(now, LINE, 4)

    assert found is not None
    assert moment(found.first) == first
    assert [moment(each).replace(second=0, microsecond=0) for each in (found.reached, found.last)] == [reached, last]
    assert found.begins <= now <= found.ends


def test_each_date_comes_near_in_one_session_alone() -> None:
    morning, afternoon, next_morning = (nearing(now, LINE, 4) for now in (at(3, "08:00"), at(3, "14:00"), at(4, "08:00")))

    assert morning is not None
    assert afternoon is not None
    assert next_morning is not None
    assert (afternoon.first, next_morning.first) == (morning.last + 1, afternoon.last + 1)


@pytest.mark.parametrize("now", [at(3, "07:29"), at(3, "12:00"), at(3, "17:01"), at(7, "09:00")])
def test_while_a_unit_is_closed_nothing_comes_near(now: datetime) -> None:
    assert nearing(now, LINE, 4) is None


@pytest.mark.parametrize(
    ("due", "now", "days"),
    [
        (at(3, "09:00"), at(3, "10:00"), 0),
        (at(2, "16:00"), at(3, "07:30"), 1),
        (at(6, "16:00"), at(8, "10:00"), 0),  # a Friday, seen on Sunday
        (at(6, "16:00"), at(9, "07:30"), 1),
        (at(13, "16:00", month=2), at(24, "07:30", month=2), 2),  # over Tết
    ],
)
def test_lateness_is_counted_in_working_days(due: datetime, now: datetime, days: int) -> None:
    assert days_late(epoch_ms(due), now, LINE) == days

"""Due dates: the published vectors, a truth table with weekdays written out, and properties."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import LimitError, OpeningHours, Pause, Readings, Timeline, count_due, load_national_calendar
from reference.derivation import explain
from reference.hours import DEFAULT_HOURS
from reference.limits import LimitUnit
from reference.timeline import BeyondCalendarError, to_instant, to_minute
from reference.worktime import merge
from tests.support.limits import UNITS, at, limit_of

CALENDAR = load_national_calendar()
LINE = Timeline(CALENDAR, DEFAULT_HOURS)


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        ("Wed 2025-12-31", "3 wd", "Wed 2026-01-07"),  # over New Year and the swapped 2 January
        ("Mon 2026-01-05", "5 wd", "Sat 2026-01-10"),  # the makeup Saturday counts
        ("Thu 2026-02-12", "5 wd", "Thu 2026-02-26"),  # over Tết
        ("Fri 2026-04-24", "3 wd", "Mon 2026-05-04"),  # Giỗ Tổ compensated, 30 April, 1 May
        ("Fri 2026-08-21", "2 wd", "Mon 2026-08-24"),  # makeup Saturday 22 August
        ("Thu 2026-08-27", "2 wd", "Thu 2026-09-03"),  # swapped 31 August, National Day
        ("Mon 2026-11-23", "1 wd", "Wed 2026-11-25"),  # the new holiday of 24 November
        ("Wed 2026-12-30", "3 wd", "Tue 2027-01-05"),  # year boundary
        ("Fri 2026-02-06", "10 d", "Mon 2026-02-23"),  # ends in Tết, pushed
    ],
)
def test_the_nine_published_vectors(received: str, limit: str, due: str) -> None:
    result = count_due(LINE, at(f"{received} 09:00"), limit_of(limit))

    assert result.due_at == at(f"{due} 09:00")


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        # D3: where the clock starts
        ("Mon 2026-03-02 06:00", "1 wd", "Tue 2026-03-03 07:30"),  # before opening
        ("Mon 2026-03-02 11:30", "1 wd", "Tue 2026-03-03 11:30"),  # exactly at lunch start is still the morning
        ("Mon 2026-03-02 12:00", "1 wd", "Tue 2026-03-03 13:30"),  # lunch break
        ("Mon 2026-03-02 17:00", "1 wd", "Tue 2026-03-03 17:00"),  # exactly at closing is still that day
        ("Mon 2026-03-02 17:01", "1 wd", "Wed 2026-03-04 07:30"),  # after closing: Tuesday is the uncounted day
        ("Sat 2026-03-07 09:00", "1 wd", "Tue 2026-03-10 07:30"),  # day off
        ("Sat 2026-01-10 09:00", "1 wd", "Mon 2026-01-12 09:00"),  # makeup Saturday is a working day
        # D1: hours are open hours
        ("Mon 2026-03-02 09:00", "2 h", "Mon 2026-03-02 11:00"),
        ("Mon 2026-03-02 10:30", "2 h", "Mon 2026-03-02 14:30"),  # over lunch
        ("Mon 2026-03-02 07:30", "4 h", "Mon 2026-03-02 11:30"),  # ends with the morning, not in the afternoon
        ("Mon 2026-03-02 16:00", "2 h", "Tue 2026-03-03 08:30"),  # over night
        ("Fri 2026-03-06 16:00", "8 h", "Mon 2026-03-09 16:30"),
        ("Fri 2026-02-13 16:00", "8 h", "Mon 2026-02-23 16:30"),  # over Tết
        ("Mon 2026-03-02 17:00", "1 h", "Tue 2026-03-03 08:30"),
        # D4: calendar days and months
        ("Mon 2026-03-02 09:00", "5 d", "Mon 2026-03-09 09:00"),  # raw due on Saturday, pushed
        ("Mon 2026-03-02 09:00", "4 d", "Fri 2026-03-06 09:00"),
        ("Sat 2026-01-31 09:00", "1 mo", "Mon 2026-03-02 07:30"),  # Saturday: starts on Monday 2 February
        ("Fri 2026-01-30 09:00", "1 mo", "Mon 2026-03-02 09:00"),  # 28 February is a Saturday
        ("Tue 2026-03-31 09:00", "1 mo", "Mon 2026-05-04 09:00"),  # 30 April is a holiday, so is 1 May
        ("Tue 2026-03-31 09:00", "2 mo", "Mon 2026-06-01 09:00"),  # 31 May is a Sunday
        # D5: same day and 15:00
        ("Mon 2026-03-02 09:00", "same-day", "Mon 2026-03-02 17:00"),
        ("Mon 2026-03-02 15:00", "same-day", "Mon 2026-03-02 17:00"),
        ("Mon 2026-03-02 15:01", "same-day", "Tue 2026-03-03 17:00"),
        ("Mon 2026-03-02 17:30", "same-day", "Tue 2026-03-03 17:00"),  # after closing: no 15:00 rule on top
        ("Fri 2026-03-06 15:30", "same-day", "Mon 2026-03-09 17:00"),
        ("Sat 2026-03-07 16:00", "same-day", "Mon 2026-03-09 17:00"),
        ("Fri 2026-02-13 15:30", "same-day", "Mon 2026-02-23 17:00"),  # the last day before Tết
        # D9 and years before
        ("Wed 2024-02-07 09:00", "1 wd", "Thu 2024-02-15 09:00"),  # Tết 2024: 8, 9, 12, 13, 14 February
        ("Fri 2024-05-03 09:00", "1 wd", "Sat 2024-05-04 09:00"),  # makeup day
        ("Fri 2025-04-25 09:00", "1 wd", "Sat 2025-04-26 09:00"),
        ("Thu 2025-04-24 09:00", "5 wd", "Mon 2025-05-05 09:00"),
        ("Fri 2025-01-24 09:00", "1 wd", "Mon 2025-02-03 09:00"),  # Tết 2025
    ],
)
def test_a_due_moment(received: str, limit: str, due: str) -> None:
    assert count_due(LINE, at(received), limit_of(limit)).due_at == at(due)


def test_seconds_matter_for_the_cut_off_and_are_dropped_for_counting() -> None:
    """D5, D8."""
    just_after = at("Mon 2026-03-02 15:00") + timedelta(seconds=1)

    assert count_due(LINE, just_after, (1, "same_day")).due_at == at("Tue 2026-03-03 17:00")
    assert count_due(LINE, just_after, (1, "working_day")).due_at == at("Tue 2026-03-03 15:00")


def test_the_time_of_day_is_clipped_to_the_hours_of_the_due_date() -> None:
    """D2."""
    hours = OpeningHours.model_validate({"weekdays": ["07:30-11:30", "13:30-17:00"], "fri": ["08:00-12:30", "14:00-16:00"]})
    line = Timeline(CALENDAR, hours)

    assert count_due(line, at("Thu 2026-03-05 16:30"), (1, "working_day")).due_at == at("Fri 2026-03-06 16:00")
    assert count_due(line, at("Thu 2026-03-05 07:40"), (1, "working_day")).due_at == at("Fri 2026-03-06 08:00")
    assert count_due(line, at("Thu 2026-03-05 13:45"), (1, "working_day")).due_at == at("Fri 2026-03-06 12:30")


def test_makeup_days_may_have_their_own_hours_and_service_hours_never_count() -> None:
    """D9."""
    given_hours = {"weekdays": ["07:30-11:30", "13:30-17:00"], "makeup": ["08:00-12:00"], "service": ["07:30-11:00"]}
    line = Timeline(CALENDAR, OpeningHours.model_validate(given_hours))

    assert count_due(line, at("Fri 2026-01-09 16:00"), (1, "working_day")).due_at == at("Sat 2026-01-10 12:00")
    assert count_due(line, at("Sat 2026-01-17 09:00"), (1, "working_day")).due_at == at("Tue 2026-01-20 07:30")


def test_the_usual_readings_are_the_next_opening_the_time_of_day_and_15_00() -> None:
    assert Readings() == Readings("next_opening", "time_of_day", 900)


def test_other_lawful_readings_are_settings() -> None:
    """D2, D3."""
    after_closing, saturday = at("Mon 2026-03-02 17:30"), at("Sat 2026-03-07 09:00")
    civil, closing = Readings(after_hours="civil_code"), Readings(due_time="closing")

    assert count_due(LINE, after_closing, (1, "working_day"), rules=civil).due_at == at("Tue 2026-03-03 07:30")
    assert count_due(LINE, saturday, (1, "working_day"), rules=civil).due_at == at("Mon 2026-03-09 07:30")
    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (1, "working_day"), rules=closing).due_at == at("Tue 2026-03-03 17:00")
    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (2, "hour"), rules=closing).due_at == at("Mon 2026-03-02 11:00")


def pause(start: str, end: str | None, kind: str = "supplement") -> Pause:
    return Pause(kind, at(start), at(end) if end else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "pauses", "due"),
    [
        # received Mon 2026-03-02 09:00; without pauses 5 wd = Mon 2026-03-09 09:00
        ("5 wd", [("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00")], "Mon 2026-03-09 11:00"),  # open minutes
        ("5 wd", [("Fri 2026-03-06 16:00", "Mon 2026-03-09 08:00")], "Mon 2026-03-09 10:30"),  # a weekend inside costs nothing
        ("5 wd", [("Tue 2026-03-03 18:00", "Wed 2026-03-04 06:00")], "Mon 2026-03-09 09:00"),  # over night: nothing
        (
            "5 wd",
            [("Mon 2026-03-09 09:00", "Tue 2026-03-10 09:00")],
            "Mon 2026-03-09 09:00",
        ),  # begins at the due moment: moves nothing
        ("5 wd", [("Mon 2026-03-09 08:59", "Mon 2026-03-09 09:59")], "Mon 2026-03-09 10:00"),  # begins just before it
        (
            "5 wd",
            [("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00"), ("Tue 2026-03-03 10:00", "Tue 2026-03-03 11:30")],
            "Mon 2026-03-09 11:30",
        ),  # overlap counts once
        (
            "5 wd",
            [("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00"), ("Mon 2026-03-09 10:00", "Mon 2026-03-09 11:00")],
            "Mon 2026-03-09 14:00",
        ),  # the second begins before the moved due moment
        ("10 d", [("Tue 2026-03-03 09:00", "Wed 2026-03-04 09:00")], "Fri 2026-03-13 09:00"),  # elapsed time
        (
            "10 d",
            [("Tue 2026-03-03 09:00", "Thu 2026-03-05 09:00")],
            "Mon 2026-03-16 09:00",
        ),  # raw Saturday: pushed once, at the end
        ("8 h", [("Mon 2026-03-02 10:00", "Mon 2026-03-02 14:00")], "Tue 2026-03-03 11:30"),
    ],
)
def test_pauses_move_the_due_moment(limit: str, pauses: list[tuple[str, str]], due: str) -> None:
    """D6."""
    result = count_due(LINE, at("Mon 2026-03-02 09:00"), limit_of(limit), [pause(a, b) for a, b in pauses])

    assert result.due_at == at(due)


SHORT_FRIDAY = Timeline(
    CALENDAR, OpeningHours.model_validate({"weekdays": ["07:30-11:30", "13:30-17:00"], "fri": ["08:00-12:00"]})
)


@pytest.mark.parametrize(
    ("received", "begin", "end", "due"),
    [
        # a whole day waited is a whole day later, however long the days are
        ("Mon 2026-03-02 09:00", "Tue 2026-03-03 09:00", "Wed 2026-03-04 09:00", "Fri 2026-03-06 09:00"),
        ("Mon 2026-03-02 09:00", "Thu 2026-03-05 08:30", "Fri 2026-03-06 08:30", "Fri 2026-03-06 09:00"),
        ("Tue 2026-03-03 09:00", "Thu 2026-03-05 14:00", "Fri 2026-03-06 14:00", "Mon 2026-03-09 09:00"),
        # clipped to the short day only where it ends there: two days more and it is 16:30 again
        ("Mon 2026-03-02 16:30", "Tue 2026-03-03 09:00", "Wed 2026-03-04 09:00", "Fri 2026-03-06 12:00"),
        ("Mon 2026-03-02 16:30", "Tue 2026-03-03 09:00", "Thu 2026-03-05 09:00", "Mon 2026-03-09 16:30"),
        # a whole day, then 90 minutes from the end of the short day on
        ("Mon 2026-03-02 16:30", "Tue 2026-03-03 09:00", "Wed 2026-03-04 10:30", "Mon 2026-03-09 09:00"),
        # two hours of the short day are two hours
        ("Mon 2026-03-02 16:30", "Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00", "Fri 2026-03-06 09:30"),
    ],
)
def test_a_pause_of_a_working_day_limit_is_whole_dates_and_then_open_minutes(
    received: str, begin: str, end: str, due: str
) -> None:
    """D6, where days are not of one length."""
    assert count_due(SHORT_FRIDAY, at(received), (3, "working_day"), [pause(begin, end)]).due_at == at(due)


def test_a_pause_says_its_dates_and_minutes() -> None:
    """D6."""
    limit, received = limit_of("3 wd"), at("Mon 2026-03-02 07:30")
    result = count_due(LINE, received, limit, [pause("Tue 2026-03-03 07:30", "Wed 2026-03-04 09:00")])

    said = [step.text for step in explain(LINE, received, limit, result) if step.rule == "pause"]
    assert said[0].endswith("cộng thêm 1 ngày làm việc và 1 giờ 30 phút làm việc.")


def test_a_pause_within_a_longer_one_does_not_end_the_longer_one() -> None:
    """D6: all three are one stretch, from 09:00 to 11:00."""
    pauses = [
        pause("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00"),
        pause("Tue 2026-03-03 09:15", "Tue 2026-03-03 09:30"),
        pause("Tue 2026-03-03 10:00", "Tue 2026-03-03 10:30"),
    ]

    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (5, "working_day"), pauses).due_at == at("Mon 2026-03-09 11:00")


def test_pauses_that_touch_are_one_stretch_whatever_their_order_and_a_minute_between_parts_them() -> None:
    """D6."""
    assert [
        [p.start for p in group]
        for group in merge(
            [
                pause("Tue 2026-03-03 10:00", "Tue 2026-03-03 11:00"),
                pause("Tue 2026-03-03 09:00", "Tue 2026-03-03 10:00"),
                pause("Tue 2026-03-03 11:01", None),
            ]
        )
    ] == [
        [at("Tue 2026-03-03 09:00"), at("Tue 2026-03-03 10:00")],
        [at("Tue 2026-03-03 11:01")],
    ]


def test_a_pause_that_ends_in_its_own_minute_has_ended_and_moves_nothing() -> None:
    """D6, D8: with and without seconds between its begin and its end."""
    begin = at("Tue 2026-03-03 09:00")
    for end in (begin, begin + timedelta(seconds=40)):
        result = count_due(LINE, at("Mon 2026-03-02 09:00"), (5, "working_day"), [Pause("supplement", begin, end)])
        assert (result.state, result.due_at) == ("due", at("Mon 2026-03-09 09:00"))


def test_while_a_pause_is_open_there_is_no_due_moment() -> None:
    """D6."""
    result = count_due(LINE, at("Mon 2026-03-02 09:00"), (5, "working_day"), [pause("Tue 2026-03-03 09:00", None)])

    assert (result.state, result.due_at) == ("paused", None)


def test_restart_begins_the_whole_limit_anew_after_a_supplement() -> None:
    """D7."""
    pauses = [pause("Tue 2026-03-03 09:00", "Thu 2026-03-05 10:00")]

    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (5, "working_day"), pauses, restart=True).due_at == at(
        "Thu 2026-03-12 10:00"
    )
    fee = [pause("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00", "fee")]
    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (5, "working_day"), fee, restart=True).due_at == at(
        "Mon 2026-03-09 11:00"
    )


def test_a_count_into_an_unconfirmed_year_is_provisional() -> None:
    """R8."""
    assert count_due(LINE, at("Wed 2026-12-30 09:00"), (3, "working_day")).provisional
    assert not count_due(LINE, at("Wed 2026-12-23 09:00"), (3, "working_day")).provisional


@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_below_one_is_refused(value: int) -> None:
    """D8."""
    with pytest.raises(LimitError, match="at least 1"):
        count_due(LINE, at("Mon 2026-03-02 09:00"), (value, "working_day"))


def test_a_count_that_leaves_the_calendar_is_refused() -> None:
    """D8."""
    with pytest.raises(BeyondCalendarError, match="2015 to 2035"):
        count_due(LINE, at("Mon 2026-03-02 09:00"), (5000, "working_day"))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-01:00", "1900-01-01T00:00:00+07:00"])
def test_a_moment_that_no_calendar_has_is_refused(text: str) -> None:
    """D8: also one that is in no year here."""
    with pytest.raises(BeyondCalendarError):
        count_due(LINE, datetime.fromisoformat(text), (1, "working_day"))


def test_the_table_reaches_from_a_week_before_its_first_working_day_to_its_last() -> None:
    """D8."""
    first = LINE.next_counted(at("Thu 2015-01-01 00:00").toordinal())
    last = LINE.counted_after(at("Tue 2036-01-01 00:00").toordinal(), -1)

    assert (LINE.next_counted(first - 7), LINE.is_counted(first - 7), LINE.is_counted(first)) == (first, False, True)
    assert (LINE.next_counted(last), LINE.is_counted(last)) == (last, True)
    for beyond in (first - 8, last + 1):
        with pytest.raises(BeyondCalendarError):
            LINE.next_counted(beyond)
    for start, number in ((last, 1), (first, -1)):
        with pytest.raises(BeyondCalendarError):
            LINE.counted_after(start, number)
    assert LINE.counted_after(first - 1, 1) == first
    assert LINE.counted_after(last + 1, -1) == last


minutes = st.integers(to_minute(at("Thu 2015-01-15 00:00")), to_minute(at("Sat 2034-12-30 00:00")))


@given(minutes)
def test_position_and_instant_are_exact_inverses(minute: int) -> None:
    opened = LINE.next_open(minute)
    position = LINE.position(opened)

    assert LINE.position(LINE.at_position(position)) == position
    assert LINE.at_position(position) <= opened


@given(minutes, st.integers(0, 20_000), st.integers(0, 20_000))
def test_adding_is_additive_over_any_split(minute: int, first: int, second: int) -> None:
    opened = LINE.next_open(minute)

    assert LINE.add(LINE.add(opened, first), second) == LINE.add(opened, first + second)
    assert LINE.between(opened, LINE.add(opened, first + second)) == first + second


@given(minutes, minutes, st.integers(1, 90), st.sampled_from(list(UNITS.values())))
def test_a_later_reception_is_never_due_earlier(a: int, b: int, value: int, unit: LimitUnit) -> None:
    early, late = sorted((a, b))

    assert _due(early, value, unit) <= _due(late, value, unit)


def _due(minute: int, value: int, unit: LimitUnit) -> datetime:
    due = count_due(LINE, to_instant(minute), (1 if unit in ("month", "same_day") else value, unit)).due_at
    assert due is not None
    return due

"""Which new date a letter may promise: the same rule for who asks and who grants, and the nearest right time in its words."""

from datetime import date, datetime

import pytest

from contracts.facts import epoch_ms
from contracts.repromise import Bar, Promised
from dunghen import PROVINCE
from reference import CalendarTable, OpeningHours, Timeline, load_reference
from services.repromise import NONE_LEFT, Window, barred

REFERENCE = load_reference(PROVINCE)
LINE = REFERENCE.timeline("H37.12")  # 07:30-11:30, 13:30-17:00, Monday to Friday


def at(text: str) -> int:
    """`2026-03-09 09:00`, here."""
    return epoch_ms(datetime.fromisoformat(f"{text}+07:00"))


DUE, NOW = at("2026-03-09 09:00"), at("2026-03-06 09:00")


def asked(new_due: str, now: int = NOW, due: int | None = DUE, days: int = 30) -> tuple[Bar | None, str]:
    """What forbids a date, and its words."""
    why = barred(Promised(due), now, at(new_due), LINE, days)
    return (None, "") if why is None else (why.bar, why.text)


@pytest.mark.parametrize(
    "right",
    [
        "2026-03-09 09:01",
        "2026-03-11 07:30",
        "2026-03-11 11:30",  # lunch begins, and the office is open still (D3)
        "2026-03-11 13:30",
        "2026-03-11 17:00",
        "2026-04-08 17:00",  # the thirtieth day
    ],
)
def test_a_working_time_within_thirty_days_may_be_promised(right: str) -> None:
    """R15."""
    assert asked(right) == (None, "")


@pytest.mark.parametrize(
    ("wrong", "bar", "nearest"),
    [
        ("2026-03-09 09:00", Bar.NOT_LATER, "09:30 thứ Hai 09/03/2026"),
        ("1999-01-01 08:00", Bar.NOT_LATER, "09:30 thứ Hai 09/03/2026"),
        ("2026-03-11 23:30", Bar.NOT_OPEN, "17:00 thứ Tư 11/03/2026"),
        ("2026-03-11 12:10", Bar.NOT_OPEN, "11:30 thứ Tư 11/03/2026"),
        ("2026-03-11 13:00", Bar.NOT_OPEN, "13:30 thứ Tư 11/03/2026"),
        ("2026-03-11 05:00", Bar.NOT_OPEN, "07:30 thứ Tư 11/03/2026"),
        ("2026-03-14 09:00", Bar.NOT_OPEN, "17:00 thứ Sáu 13/03/2026"),  # a Saturday
        ("2026-03-15 22:00", Bar.NOT_OPEN, "07:30 thứ Hai 16/03/2026"),
        ("2026-04-09 07:30", Bar.TOO_FAR, "17:00 thứ Tư 08/04/2026"),
        ("2031-03-04 09:00", Bar.TOO_FAR, "17:00 thứ Tư 08/04/2026"),
        ("2036-03-04 09:00", Bar.TOO_FAR, "17:00 thứ Tư 08/04/2026"),
        ("9999-12-31 23:59", Bar.TOO_FAR, "17:00 thứ Tư 08/04/2026"),
    ],
)
def test_any_other_time_is_refused_and_the_nearest_right_one_is_named(wrong: str, bar: Bar, nearest: str) -> None:
    """R15."""
    found, text = asked(wrong)

    assert found is bar
    assert text.endswith(f"Gần nhất có thể hẹn: {nearest}.")


def test_the_days_of_tet_are_off_and_a_last_day_that_is_off_is_the_next_working_day() -> None:
    """R15: Tết of 2026 is off from Saturday 14 to Sunday 22 February."""
    found, text = asked("2026-02-18 09:00", at("2026-02-10 09:00"), at("2026-02-12 09:00"))
    short = asked("2026-02-23 16:00", at("2026-02-10 09:00"), at("2026-02-13 16:59"), days=1)

    assert found is Bar.NOT_OPEN
    assert "23/02/2026" in text or "13/02/2026" in text
    assert short == (None, "")


def test_a_makeup_day_that_is_worked_may_be_promised_and_the_day_off_it_stands_for_may_not() -> None:
    line = Timeline(
        REFERENCE.calendar.with_days({date(2026, 3, 14): "work", date(2026, 3, 13): "off"}),
        REFERENCE.units["H37.12"].hours,
    )

    assert barred(Promised(DUE), NOW, at("2026-03-14 09:00"), line, 30) is None
    why = barred(Promised(DUE), NOW, at("2026-03-13 09:00"), line, 30)
    assert why is not None
    assert why.bar is Bar.NOT_OPEN


def test_a_half_day_is_open_for_its_half() -> None:
    hours = OpeningHours.model_validate({"weekdays": ["07:30-11:30", "13:30-17:00"], "sat": ["07:30-11:30"]})
    line = Timeline(REFERENCE.calendar, hours)

    assert barred(Promised(DUE), NOW, at("2026-03-14 11:00"), line, 30) is None
    why = barred(Promised(DUE), NOW, at("2026-03-14 15:00"), line, 30)
    assert why is not None
    assert "11:30 thứ Bảy 14/03/2026" in why.text


def test_of_a_date_that_has_passed_the_days_are_counted_from_the_signature() -> None:
    """R15: or a dossier that is late by more than that could get no letter at all."""
    late = at("2026-05-20 09:00")

    assert asked("2026-06-19 09:00", late) == (None, "")
    assert asked("2026-06-22 09:00", late)[0] is Bar.TOO_FAR


def test_a_unit_sets_its_own_number_of_days_and_an_unknown_one_has_the_usual() -> None:
    assert (REFERENCE.repromise_max_days("H37.12"), REFERENCE.repromise_max_days("H99")) == (30, 30)
    assert asked("2026-03-16 17:00", days=7)[0] is None
    assert asked("2026-03-17 07:30", days=7)[0] is Bar.TOO_FAR


def test_where_the_calendar_ends_nothing_can_be_promised_and_nothing_breaks() -> None:
    calendar = CalendarTable((), 2026, 2026, 2026)
    line = Timeline(calendar, REFERENCE.units["H37.12"].hours)
    now, due = at("2026-12-31 16:00"), at("2026-12-31 16:59")
    last = barred(Promised(due), now, at("2027-01-04 09:00"), line, 30)
    beyond = barred(Promised(at("2027-02-01 09:00")), at("2027-02-02 09:00"), at("2027-02-03 09:00"), line, 30)

    assert last is not None
    assert "17:00 thứ Năm 31/12/2026" in last.text
    assert beyond is not None
    assert beyond.text.endswith(NONE_LEFT)
    assert not Window.of(line, now, due, 30).holds(0)


def test_without_a_date_in_force_nothing_is_promised() -> None:
    """R15, R16."""
    assert asked("2026-03-11 09:00", due=None)[0] is Bar.PAUSED
    why = barred(Promised(DUE, promised_anew=True), NOW, at("2026-03-11 09:00"), LINE, 30)
    assert why is not None
    assert why.bar is Bar.ONCE

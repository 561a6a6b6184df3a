"""Phone numbers of before 2018, and report periods at their edges."""

from datetime import date, datetime, time, timedelta

import pytest

from reference import OFFICE_TIME
from reference.periods import USUAL, PeriodKind, kinds_of
from reference.phones import mobile

# The table of the operators of 15/09/2018.
CONVERTED = {
    "162": "32",
    "163": "33",
    "164": "34",
    "165": "35",
    "166": "36",
    "167": "37",
    "168": "38",
    "169": "39",
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",
    "186": "56",
    "188": "58",
    "199": "59",
}
IN_USE = {*(f"3{n}" for n in range(2, 10)), "52", "55", "56", "58", "59", "70", *(f"7{n}" for n in range(6, 10))} | {
    *(f"8{n}" for n in range(1, 10)),
    *(f"9{n}" for n in range(10)),
}
OPENED = {"30", "31", "51"}  # since then; these the library of numbering plans knows


def test_every_number_of_eleven_digits_became_one_of_ten() -> None:
    """R26."""
    found = {f"1{n:02}": mobile(f"01{n:02}1234567") for n in range(100)}

    assert {old: new for old, new in found.items() if new} == {old: f"+84{new}1234567" for old, new in CONVERTED.items()}


def test_every_prefix_in_use_is_taken_and_no_other() -> None:
    """R26."""
    assert {f"{n:02}" for n in range(100) if mobile(f"0{n:02}1234567")} == IN_USE | OPENED


@pytest.mark.parametrize(
    ("code", "day", "first", "last"),
    [
        ("month", date(2026, 3, 14), date(2026, 2, 15), date(2026, 3, 14)),
        ("month", date(2026, 3, 15), date(2026, 3, 15), date(2026, 4, 14)),
        ("month", date(2026, 1, 1), date(2025, 12, 15), date(2026, 1, 14)),
        ("quarter", date(2026, 3, 14), date(2025, 12, 15), date(2026, 3, 14)),
        ("quarter", date(2026, 3, 15), date(2026, 3, 15), date(2026, 6, 14)),
        ("year", date(2026, 12, 14), date(2025, 12, 15), date(2026, 12, 14)),
        ("year", date(2026, 12, 15), date(2026, 12, 15), date(2027, 12, 14)),
        ("plan-year", date(2026, 11, 14), date(2025, 11, 15), date(2026, 11, 14)),
        ("plan-year", date(2026, 11, 15), date(2026, 11, 15), date(2027, 11, 14)),
    ],
)
def test_a_day_is_in_one_period_of_each_series(code: str, day: date, first: date, last: date) -> None:
    """R37."""
    kind = USUAL[code]

    assert kind.around(day) == (first, last)
    assert kind.has(first, last)
    assert not kind.has(first, last - timedelta(days=1))
    assert not kind.has(first + timedelta(days=1), last)


def test_a_period_may_be_frozen_after_its_last_day_and_the_plans_year_from_17_00_on_it() -> None:
    """R37."""
    last, midnight = date(2026, 11, 14), datetime(2026, 11, 15, tzinfo=OFFICE_TIME)
    evening = datetime.combine(last, time(17), OFFICE_TIME)

    assert (USUAL["year"].closed(last, evening), USUAL["year"].closed(last, midnight)) == (False, True)
    assert USUAL["plan-year"].closed(last, evening)
    assert not USUAL["plan-year"].closed(last, evening - timedelta(milliseconds=1))


@pytest.mark.parametrize("days", [{"first_day": 1}, {"first_day": 28}, {"first_month": 1}, {"months": 12}])
def test_a_series_may_begin_on_any_day_that_every_month_has(days: dict[str, int]) -> None:
    """R37."""
    first, last = PeriodKind.model_validate({"code": "x", "name": "x", "months": 1, **days}).around(date(2026, 3, 10))

    assert first <= date(2026, 3, 10) <= last
    assert first.day == days.get("first_day", 15)


def test_the_usual_series_are_those_of_the_decree_and_of_the_plan() -> None:
    """R37."""
    series = [(kind.code, kind.name, kind.months, kind.first_month, kind.first_day, kind.source) for kind in USUAL.values()]
    decree = "NĐ 09/2019/NĐ-CP, Điều 12"

    assert series == [
        ("month", "Tháng", 1, 12, 15, decree),
        ("quarter", "Quý", 3, 12, 15, decree),
        ("year", "Năm", 12, 12, 15, decree),
        ("plan-year", "Năm kế hoạch", 12, 11, 15, "Kế hoạch, báo cáo trước 15/11"),
    ]
    assert [kind.code for kind in kinds_of(USUAL, date(2025, 12, 15), date(2026, 3, 14))] == ["quarter"]


@pytest.mark.parametrize("wrong", [{"months": 0}, {"months": 13}, {"first_month": 13}, {"first_day": 29}, {"first_day": 0}])
def test_a_series_that_no_calendar_has_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PeriodKind.model_validate({"code": "x", "name": "x", "months": 1, **wrong})

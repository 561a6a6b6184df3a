"""The journal of the calendar: what an officer may enter, and what is kept and said of it."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.calendar import CalendarChanged, ChangedDay
from contracts.facts import epoch_ms
from services.changes import Once
from services.sla.domain.journal import Entry, NewChange, Slot, enter
from tests.support.dossiers import at

SATURDAY, MONDAY = date(2026, 3, 7), date(2026, 3, 9)
ENTERED: dict[str, Any] = {
    "days": {MONDAY: "off", SATURDAY: "work"},
    "name": "Hoán đổi",
    "source": "TB 1/2026",
    "signer": "Hoàng Đức Giả Định",
}


def test_a_change_is_kept_with_its_signer_and_said_without_in_the_order_of_its_days() -> None:
    """R7."""
    change = NewChange.model_validate({**ENTERED, "unit": "H37.12", "confirmed_through": 2027})
    entered = enter(Slot(), change, 3, at(2))
    days = ((SATURDAY, "work"), (MONDAY, "off"))

    assert entered.answer == Entry(3, epoch_ms(at(2)), days, "Hoán đổi", "TB 1/2026", "Hoàng Đức Giả Định", "H37.12", 2027)  # type: ignore[arg-type]
    assert entered.after == Slot(entered.answer)
    told = CalendarChanged(
        at=at(2),
        number=3,
        unit="H37.12",
        days=tuple(ChangedDay(day=day, kind=kind) for day, kind in days),  # type: ignore[arg-type]
        name="Hoán đổi",
        source="TB 1/2026",
        confirmed_through=2027,
    )
    assert entered.said == [Once(told, "3")]


def test_a_change_of_no_unit_is_of_the_whole_province_and_confirms_nothing() -> None:
    entry = enter(Slot(), NewChange.model_validate(ENTERED), 1, at(2)).answer

    assert entry is not None
    assert (entry.unit, entry.confirmed_through) == (None, None)
    assert Entry(1, 0, (), "x", "y", "z") == Entry(1, 0, (), "x", "y", "z", None, None)


def test_a_number_that_is_taken_keeps_what_it_has() -> None:
    taken = enter(Slot(), NewChange.model_validate(ENTERED), 1, at(2)).after
    again = enter(taken, NewChange.model_validate({**ENTERED, "name": "Khác"}), 1, at(3))

    assert (again.after is taken, again.answer, list(again.said)) == (True, None, [])


@pytest.mark.parametrize(
    ("field", "good", "wrong"),
    [
        ("name", ["x" * 3, "x" * 200], ["x" * 2, "x" * 201]),
        ("source", ["x" * 3, "x" * 300], ["x" * 2, "x" * 301]),
        ("signer", ["x" * 3, "x" * 200], ["x" * 2, "x" * 201, None]),
        ("confirmed_through", [2020, 2100, None], [2019, 2101]),
        (
            "days",
            [{date(2015, 1, 1): "off"}, {date(2035, 12, 31): "work"}],
            [{}, {date(2014, 12, 31): "off"}, {date(2036, 1, 1): "off"}],
        ),
        (
            "days",
            [{date.fromordinal(735_600 + n): "off" for n in range(400)}],
            [{date.fromordinal(735_600 + n): "off" for n in range(401)}],
        ),
    ],
)
def test_what_may_be_entered_has_bounds(field: str, good: list[Any], wrong: list[Any]) -> None:
    for value in good:
        NewChange.model_validate({**ENTERED, field: value})
    for value in wrong:
        with pytest.raises(ValidationError):
            NewChange.model_validate({**ENTERED, field: value})
    with pytest.raises(ValidationError, match="signed_by"):
        NewChange.model_validate({**ENTERED, "signed_by": "x"})


def test_what_was_entered_is_not_changed_any_more() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        NewChange.model_validate(ENTERED).name = "Khác"  # type: ignore[misc]

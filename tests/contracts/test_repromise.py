"""What a re-promise must satisfy, whoever checks it."""

import pytest

from contracts.repromise import Bar, Promised, bar_to, bar_to_any
from contracts.rules import Rule


@pytest.mark.parametrize(
    ("promised", "bar"),
    [
        (Promised(10), None),
        (Promised(None), Bar.PAUSED),
        (Promised(None, promised_anew=True), Bar.ONCE),
        (Promised(None, ended=True, promised_anew=True), Bar.ENDED),
        (Promised(10, accepted=False, ended=True), Bar.NOT_ACCEPTED),
    ],
)
def test_what_forbids_any_new_date_forbids_each(promised: Promised, bar: Bar | None) -> None:
    """R15, R16."""
    assert bar_to_any(promised) == bar
    assert bar_to(promised, 5, 20, lambda _: True) == bar


@pytest.mark.parametrize(
    ("asked_at", "new_due", "bar"),
    [(5, 11, None), (5, 10, Bar.NOT_LATER), (12, 12, Bar.NOT_LATER), (12, 13, None), (5, 99, Bar.NOT_OPEN)],
)
def test_a_new_date_is_later_than_the_letter_and_the_old_date_and_a_working_day(
    asked_at: int, new_due: int, bar: Bar | None
) -> None:
    """R15."""
    assert bar_to(Promised(10), asked_at, new_due, lambda day: day != 99) == bar


def test_only_a_second_new_date_is_refused_by_r16() -> None:
    """R16."""
    assert {bar for bar in Bar if bar.rule == Rule.R16} == {Bar.ONCE}

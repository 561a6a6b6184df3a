"""What a re-promise must satisfy, whoever checks it."""

import pytest

from contracts.repromise import Bar, Promised, bar_to_any
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


def test_only_a_second_new_date_is_refused_by_r16() -> None:
    """R16."""
    assert {bar for bar in Bar if bar.rule == Rule.R16} == {Bar.ONCE}

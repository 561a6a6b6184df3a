"""Which events come too early or too late for a citizen to be told of them."""

from datetime import datetime, timedelta

import pytest

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference, silence

UNIT = load_reference(PROVINCE).units["H37.12"]
HAPPENED = datetime(2026, 3, 2, 9, tzinfo=OFFICE_TIME)
MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("late", "why"),
    [(timedelta(), None), (timedelta(hours=48), None), (timedelta(hours=48) + MOMENT, "too-old")],
)
def test_what_was_reported_48_hours_late_is_still_news_and_a_moment_later_no_more(late: timedelta, why: str | None) -> None:
    assert silence(HAPPENED, HAPPENED + late, UNIT) == why


@pytest.mark.parametrize(("go_live", "why"), [(HAPPENED, None), (HAPPENED + MOMENT, "before-go-live"), (None, None)])
def test_the_first_moment_of_a_unit_is_told_and_the_one_before_is_history(go_live: datetime | None, why: str | None) -> None:
    assert silence(HAPPENED, HAPPENED, UNIT.model_copy(update={"go_live": go_live})) == why


def test_of_a_unit_that_nobody_knows_nothing_is_history() -> None:
    assert silence(HAPPENED, HAPPENED, None) is None

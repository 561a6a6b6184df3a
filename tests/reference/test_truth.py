"""The truth table: due dates with weekdays written out, each with its source, against our counting and against the oracle."""

import csv
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import Pause, Timeline, count_due, load_national_calendar
from reference.hours import DEFAULT_HOURS, OFFICE_TIME
from reference.limits import amount
from tests.reference import oracle
from tests.support.limits import UNITS, at, limit_of

LINE = Timeline(load_national_calendar(), DEFAULT_HOURS)


class Row(NamedTuple):
    """One line of the table."""

    received: str
    limit: str
    pauses: str
    due: str
    source: str


with Path(__file__).with_name("truth.csv").open(encoding="utf-8", newline="") as lines:
    ROWS = [Row(**row) for row in csv.DictReader(lines)]


def pauses_of(row: Row) -> list[tuple[datetime, datetime]]:
    """The stretches of a row."""
    return [tuple(at(end) for end in pause.split(" > ")) for pause in row.pauses.split("; ") if pause]  # type: ignore[misc]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.received} {row.limit} {row.pauses}" for row in ROWS])
def test_a_row_of_the_truth_table(row: Row) -> None:
    value, unit = limit_of(row.limit)
    pauses = [Pause("supplement", begin, end) for begin, end in pauses_of(row)]

    assert count_due(LINE, at(row.received), (value, unit), pauses).due_at == at(row.due)
    plain = [(begin.replace(tzinfo=None), end.replace(tzinfo=None)) for begin, end in pauses_of(row)]
    second = oracle.due(at(row.received).replace(tzinfo=None), Fraction(value), row.limit.rpartition(" ")[2], plain)
    assert second.replace(tzinfo=OFFICE_TIME) == at(row.due)


@given(
    st.datetimes(datetime(2024, 1, 2), datetime(2027, 9, 1)),  # noqa: DTZ001 - local times
    st.integers(1, 12),
    st.sampled_from(["0", "0.5", "0.25", "0.125", "0.3333"]),
    st.sampled_from(sorted(UNITS)),
    st.integers(0, 5 * 1440),
    st.integers(0, 6 * 1440),
)
@settings(max_examples=150, deadline=None)
def test_any_case_counts_as_the_oracle_counts_it(
    received: datetime, whole: int, part: str, unit: str, wait: int, length: int
) -> None:
    received = received.replace(second=0, microsecond=0)
    begin = oracle.start_of(received) + wait * oracle.ONE_MINUTE
    end = begin + length * oracle.ONE_MINUTE
    pause = Pause("supplement", begin.replace(tzinfo=OFFICE_TIME), end.replace(tzinfo=OFFICE_TIME))
    value = 1 if unit == "same-day" else amount(whole + Decimal(part)) if unit in ("h", "wd") else whole
    limit = (value, UNITS[unit])

    ours = count_due(LINE, received.replace(tzinfo=OFFICE_TIME), limit, [pause]).due_at

    assert ours == oracle.due(received, Fraction(value), unit, [(begin, end)]).replace(tzinfo=OFFICE_TIME)


def test_the_table_covers_what_it_has_to() -> None:
    assert len(ROWS) >= 150
    assert all(row.source for row in ROWS)
    for year in ("2024", "2025", "2026", "2027"):
        assert sum("Tết" in row.source and row.received[4:8] == year for row in ROWS) >= 10
    assert sum(bool(row.pauses) for row in ROWS) >= 15
    assert sum("hoán đổi" in row.source for row in ROWS) >= 20


def test_the_oracle_knows_as_many_working_days_as_were_published() -> None:
    days = dict.fromkeys((2024, 2025, 2026, 2027), 0)
    day = datetime(2024, 1, 1).date()  # noqa: DTZ001
    while day.year < 2028:
        days[day.year] += oracle.working(day)
        day += oracle.ONE_DAY
    assert days == {2024: 251, 2025: 250, 2026: 249, 2027: 249}

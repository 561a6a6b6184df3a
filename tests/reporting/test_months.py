"""Report months as books, years as shelves: which days belong where, how sums are made, what a cell's revision and time are."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.metrics import CountedCell
from services.reporting.domain import (
    Book,
    Day,
    Emptied,
    Shelf,
    book_of,
    cell_of,
    days_of,
    month_of,
    recounted,
    shelf_of,
    shelved,
    span,
)
from services.reporting.domain.books import Span
from services.reporting.domain.cells import DEFINITION
from services.reporting.domain.row import Add
from tests.support.dossiers import at

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
PLACE = ("competent", "H37.12", "1.000894")


@given(DAYS)
def test_a_report_month_runs_from_the_fifteenth_to_the_fourteenth(day: date) -> None:
    first, last = days_of(month_of(day))

    assert first <= day <= last
    assert (first.day, last.day, month_of(first), month_of(last)) == (15, 14, month_of(day), month_of(day))


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2026, 3, 14), "2026-03"),
        (date(2026, 3, 15), "2026-04"),
        (date(2026, 1, 31), "2026-02"),
        (date(2025, 12, 14), "2025-12"),
        (date(2025, 12, 15), "2026-01"),
        (date(999, 5, 1), "0999-05"),
    ],
)
def test_a_report_month_is_named_by_the_month_of_its_last_day(day: date, month: str) -> None:
    assert month_of(day) == month


@given(DAYS, st.integers(0, 1800))
def test_a_period_is_covered_by_whole_years_months_and_days_at_its_ends_each_day_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    covered = span(first, last)
    counted: Counter[date] = Counter()
    stretches = [(begin, end) for _, begin, end in covered.edges]
    stretches += [(days_of(begin)[0], days_of(end)[1]) for begin, end in covered.months]
    if covered.years is not None:
        stretches.append((days_of(f"{covered.years[0]}-01")[0], days_of(f"{covered.years[1]}-12")[1]))
    for begin, end in stretches:
        counted.update(begin + timedelta(days=n) for n in range((end - begin).days + 1))

    assert counted == Counter(first + timedelta(days=n) for n in range(length + 1))
    for month, begin, end in covered.edges:
        assert month_of(begin) == month_of(end) == month


SPLIT: list[tuple[date | None, date, Span]] = [
    (date(2025, 12, 15), date(2026, 12, 14), Span(("2026", "2026"))),
    (date(2024, 12, 15), date(2026, 12, 14), Span(("2025", "2026"))),
    (date(2025, 11, 15), date(2026, 11, 14), Span(None, (("2026-01", "2026-11"), ("2025-12", "2025-12")))),
    (date(2025, 12, 15), date(2026, 1, 14), Span(None, (("2026-01", "2026-01"),))),
    (date(2026, 1, 15), date(2026, 12, 14), Span(None, (("2026-02", "2026-12"),))),
    (date(2026, 2, 15), date(2026, 4, 14), Span(None, (("2026-03", "2026-04"),))),
    (date(2026, 2, 16), date(2026, 3, 13), Span(edges=(("2026-03", date(2026, 2, 16), date(2026, 3, 13)),))),
    (date(2026, 2, 15), date(2026, 3, 13), Span(edges=(("2026-03", date(2026, 2, 15), date(2026, 3, 13)),))),
    (date(2026, 2, 16), date(2026, 3, 14), Span(edges=(("2026-03", date(2026, 2, 16), date(2026, 3, 14)),))),
    (
        date(2026, 2, 16),
        date(2026, 3, 20),
        Span(
            edges=(
                ("2026-04", date(2026, 3, 15), date(2026, 3, 20)),
                ("2026-03", date(2026, 2, 16), date(2026, 3, 14)),
            )
        ),
    ),
    (None, date(2026, 2, 14), Span((None, "2025"), (("2026-01", "2026-02"),))),
    (None, date(2026, 12, 14), Span((None, "2026"))),
    (None, date(2026, 12, 20), Span((None, "2026"), (), (("2027-01", date(2026, 12, 15), date(2026, 12, 20)),))),
]


@pytest.mark.parametrize(("first", "last", "found"), SPLIT)
def test_years_are_read_from_shelves_months_from_books_and_only_ends_day_by_day(
    first: date | None, last: date, found: Span
) -> None:
    assert span(first, last) == found


def test_a_cell_stands_in_the_book_of_its_month_and_that_on_the_shelf_of_its_year() -> None:
    cell = "competent/H37.12/1.000894/2026-03-20"

    assert book_of(cell) == "competent/H37.12/1.000894/2026-04"
    assert shelf_of(book_of(cell)) == "competent/H37.12/1.000894/2026"
    book = Book(*PLACE, "2026-04")  # type: ignore[arg-type]
    assert (book.key, book.cell("2026-03-20")) == (book_of(cell), cell)


def book(**days: Day) -> Book:
    """Of the month to 14 March, by the day of the month."""
    return Book("competent", "H37.12", "1.000894", "2026-03", {f"2026-03-{day[1:]}": own for day, own in days.items()})


def test_a_day_that_is_counted_is_as_of_its_newest_part_without_what_is_zero_and_the_sums_are_of_all_days() -> None:
    before = book(d02=Day(5, 7, {"received_online": 2}), d03=Day(6, 8, {"resolved_early": 1}))
    after = recounted(before, {"2026-03-02": Add(9, {"resolved_early": 1, "received_online": 4, "refused": 0})}, now=100)

    assert after.days == {
        "2026-03-02": Day(9, 100, {"received_online": 4, "resolved_early": 1}),
        "2026-03-03": Day(6, 8, {"resolved_early": 1}),
    }
    assert list(after.days["2026-03-02"].counters) == ["received_online", "resolved_early"]
    assert after.sums == {"received_online": 4, "resolved_early": 2}
    assert (after.key, before.sums) == (before.key, {})


@pytest.mark.parametrize(
    ("known", "now", "revision"), [(7, 100, 100), (100, 100, 101), (250, 100, 251), (None, 100, 100), (None, 0, 1)]
)
def test_a_revision_grows_with_each_count_even_when_the_clock_does_not(known: int | None, now: int, revision: int) -> None:
    before = book() if known is None else book(d02=Day(5, known, {}))

    assert recounted(before, {"2026-03-02": Add(9, {"refused": 1})}, now).days["2026-03-02"].revision == revision


@pytest.mark.parametrize(("known", "heard", "as_of"), [(5, 9, 9), (9, 5, 9), (None, 7, 7), (None, 0, 0)])
def test_an_emptied_day_is_as_of_what_emptied_it_or_as_it_was(known: int | None, heard: int, as_of: int) -> None:
    before = book() if known is None else book(d02=Day(known, 3, {"refused": 1}))
    after = recounted(before, {"2026-03-02": Emptied(heard)}, 100)

    assert after.days["2026-03-02"] == Day(as_of, 100, {})
    assert after.sums == {}


def test_a_shelf_takes_the_sums_of_its_books_as_they_stand_and_keeps_the_other_months() -> None:
    shelf = Shelf("competent", "H37.12", "1.000894", "2026", {"2026-02": {"refused": 1}, "2026-03": {"refused": 9}})
    march = Book("competent", "H37.12", "1.000894", "2026-03", {}, {"refused": 2, "received_online": 1})
    after = shelved(shelf, [march])

    assert after.months == {"2026-02": {"refused": 1}, "2026-03": {"refused": 2, "received_online": 1}}
    assert after.sums == {"refused": 3, "received_online": 1}
    assert (after.unit, after.year) == ("H37.12", "2026")


def test_a_cell_says_its_place_its_counters_its_revision_and_by_which_definition_they_are() -> None:
    own = book(d02=Day(5, 7, {"received_online": 2}))

    assert cell_of(own, "2026-03-02", at(3)) == CountedCell(
        at=at(3),
        role="competent",
        unit="H37.12",
        procedure="1.000894",
        day=date(2026, 3, 2),
        counters={"received_online": 2},
        revision=7,
        definition=DEFINITION,
    )

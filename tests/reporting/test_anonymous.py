"""Answers to the survey that belong to no dossier: how they count, and that of few of them nothing is shown (R40)."""

import random
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from contracts import EVENT_TYPES, Event, decode, encode
from contracts.definitions import load_definitions
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackRatedV2
from contracts.metrics import MetricsCell
from dunghen.audit import audit
from reference import OFFICE_TIME
from services.reporting.domain import FORMS as FOLDER
from services.reporting.domain import load_forms
from services.reporting.overview import by_procedure, overview
from services.reporting.reports import behind
from services.reporting.tracking import tracking_book
from tests.reporting.alone import reporting_alone
from tests.reporting.test_periods import MARCH, of
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, received
from tests.support.reporting import REFERENCE, handle

UNITS, PROCEDURES = ("H37.12", "H37.13", "H37.07"), ("1.000894", "2.000815")
FORM = load_forms(FOLDER)["II.06a"]


def response(
    number: int, *scores: int | None, unit: str = "H37.12", procedure: str = "1.000894", recorded: datetime | None = None
) -> Event:
    """One answer of March, of nobody."""
    data = FeedbackRatedV2(
        at=datetime(2026, 3, 1, tzinfo=OFFICE_TIME),
        unit=unit,
        procedure=procedure,
        form="tthc-2026.2",
        month="2026-03",
        scores={f"q{place}": score for place, score in enumerate(scores)},
    )
    name = f"PH-{number:032x}"
    return Event(FeedbackRatedV2.event_id("feedback", name, "1"), "/feedback", data.TYPE, name, recorded or at(9), data)


def responses(number: int, *scores: int | None, unit: str = "H37.12", procedure: str = "1.000894") -> list[Event]:
    """So many."""
    first = UNITS.index(unit) * 1000 + PROCEDURES.index(procedure) * 100
    return [response(first + place, *scores, unit=unit, procedure=procedure) for place in range(number)]


def test_an_answer_counts_once_on_the_first_of_its_month_for_the_unit_that_was_rated() -> None:
    """R33."""
    once = handle({"_id": "PH-" + "0" * 32, "rev": 0}, response(0, 100, 50, None))

    assert once["adds"] == {
        "2026-03-01": {"as_of": epoch_ms(at(9)), "counters": {"ratings": 1, "rating_answers": 2, "rating_points": 150}}
    }
    assert once["cells"] == ["competent/H37.12/1.000894/2026-03-01", "received/H37.12/1.000894/2026-03-01"]
    assert handle(once, response(0, 100, 50, None)) is once


@pytest.mark.parametrize(("ratings", "shown"), [(0, True), (1, False), (4, False), (5, True), (600, True)])
def test_ratings_are_shown_of_five_people_and_more(ratings: int, *, shown: bool) -> None:
    """R40."""
    own = {"ratings": ratings, "rating_answers": 3 * ratings, "rating_points": 200 * ratings, "resolved_late": 1}
    left = own if shown else {"resolved_late": 1}

    assert load_definitions().shown(own) == left
    assert (load_definitions().rate("satisfaction", load_definitions().shown(own)) is not None) == (shown and ratings > 0)


async def published(events: Sequence[Event], folder: Path) -> list[MetricsCell]:
    """The newest of each cell."""
    async with reporting_alone(folder, at(20)) as reporting:
        await reporting.take(events)
        await reporting.cells.flush()
        cells = [decode(value, EVENT_TYPES).data for _, value in reporting.publisher.records]
        log = [("feedback.v1", encode(event)) for event in events]
        assert audit([*log, *reporting.publisher.records], at(20)).differences() == []
    return [cell for cell in cells if isinstance(cell, MetricsCell)]


async def test_a_cell_of_four_answers_says_nothing_of_them_and_one_of_five_does(tmp_path: Path) -> None:
    """R40: and the second count knows it."""
    cells = await published(responses(4, 25) + responses(5, 100, 50, unit="H37.13"), tmp_path)

    found = {(cell.role, cell.unit): (cell.counters.ratings, cell.counters.rating_points) for cell in cells}  # type: ignore[attr-defined]
    assert found == {
        ("competent", "H37.12"): (0, 0),
        ("received", "H37.12"): (0, 0),
        ("competent", "H37.13"): (5, 750),
        ("received", "H37.13"): (5, 750),
    }


async def test_the_second_count_finds_a_cell_that_says_what_it_should_not(tmp_path: Path) -> None:
    """R40."""
    async with reporting_alone(tmp_path, at(20)) as reporting:
        events = responses(5, 50)
        await reporting.take(events)
        await reporting.cells.flush()
        log = [("feedback.v1", encode(event)) for event in events[:4]]  # one is missing from the log
        found = audit([*log, *reporting.publisher.records], at(20)).differences()

    assert [line for line in found if "rating" in line and "competent" in line] == [
        "competent/H37.12/1.000894/2026-03-01 rating_answers: topics 0, published 5",
        "competent/H37.12/1.000894/2026-03-01 rating_points: topics 0, published 250",
        "competent/H37.12/1.000894/2026-03-01 ratings: topics 0, published 5",
    ]


async def test_pages_and_api_show_lines_of_five_and_the_sum_of_what_they_show(tmp_path: Path) -> None:
    """R40: the four of one unit cannot be had by taking the others from the province's."""
    events = responses(4, 0) + responses(3, 100, unit="H37.13") + responses(3, 50, unit="H37.13", procedure="2.000815")
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(events)
        await reporting.cells.flush()
        store, reference = reporting.parts.store, reporting.reference
        page = await overview(store, reference, FORM, date(2026, 3, 1), date(2026, 3, 20))
        lines = await by_procedure(store, reference, date(2026, 3, 1), date(2026, 3, 20))
        one = await by_procedure(store, reference, date(2026, 3, 1), date(2026, 3, 20), unit="H37.13")

    rates = {line.name: line.rate("satisfaction") for line in page.units if line.rate("satisfaction") != "-"}
    assert rates == {reference.unit_name("H37.13"): "75,00"}
    assert (page.province.rate("satisfaction"), page.province.sum("ratings")) == ("75,00", 6)
    assert {line.code: line.line.during.get("ratings") for line in lines} == {"1.000894": 7, "2.000815": None}
    assert {line.code: line.line.rate("satisfaction") for line in one} == {"1.000894": "-", "2.000815": "-"}


async def test_an_answer_is_no_dossier_of_a_book_a_figure_or_a_restatement(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        await reporting.take(of("H37.12-260302-0001", received(), deadline(1, at(9)), settled(1, "late", at(11), at(9))))
        await reporting.cells.flush()
        await reporting.periods.freeze(*MARCH)
        await reporting.take([*responses(5, 50), *of("H37.12-260302-0002", received())])
        await reporting.cells.flush()
        book = await tracking_book(reporting.parts.store, reporting.reference, "H37.12", *MARCH)
        of_figure = await behind(reporting.parts.store, reporting.reference, reporting.wanted(*MARCH, unit="H37.12"), 3)
        period = await reporting.periods.get(*MARCH)

    assert len(book.lines) == len(of_figure) == 2
    assert period is not None
    assert [noted.dossiers for noted in period.restated] == [(of("H37.12-260302-0002", received())[0].subject,)]


@pytest.mark.parametrize("seed", range(10))
async def test_answers_in_any_order_and_repeated_are_counted_as_the_plain_count_does(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    chosen = [(rng.choice(UNITS), rng.choice(PROCEDURES)) for _ in range(60)]
    events = [
        response(
            n,
            *[rng.choice((100, 75, 50, 25, 0, None)) for _ in range(4)],
            unit=unit,
            procedure=procedure,
            recorded=at(rng.randrange(2, 20)),
        )
        for n, (unit, procedure) in enumerate(chosen)
    ]
    log = events + rng.sample(events, 20)
    rng.shuffle(log)

    cells = await published(log, tmp_path)

    assert REFERENCE.units.keys() >= {cell.unit for cell in cells}

"""Periods as data, freezing, what a late correction does to a frozen sheet and to the next one, units that were merged."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts import Event, encode, fact_id
from dunghen.audit import audit
from reference import OFFICE_TIME, PeriodKind, kinds_of
from reference.periods import USUAL
from services.reporting.domain import CannotFreezeError, Frozen
from services.reporting.reports import report
from tests.reporting.alone import Reporting, reporting_alone
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, received
from tests.support.reporting import merged

MARCH = date(2026, 2, 15), date(2026, 3, 14)
APRIL = date(2026, 3, 15), date(2026, 4, 14)


def day(month: int, number: int, hour: int = 9) -> datetime:
    """A moment of 2026."""
    return datetime(2026, month, number, hour, tzinfo=OFFICE_TIME)


@pytest.mark.parametrize(
    ("code", "inside", "first", "last"),
    [
        ("month", date(2026, 3, 14), date(2026, 2, 15), date(2026, 3, 14)),
        ("month", date(2026, 1, 3), date(2025, 12, 15), date(2026, 1, 14)),
        ("quarter", date(2026, 3, 14), date(2025, 12, 15), date(2026, 3, 14)),
        ("quarter", date(2026, 9, 20), date(2026, 9, 15), date(2026, 12, 14)),
        ("year", date(2026, 11, 30), date(2025, 12, 15), date(2026, 12, 14)),
        ("plan-year", date(2026, 11, 14), date(2025, 11, 15), date(2026, 11, 14)),
        ("plan-year", date(2026, 11, 15), date(2026, 11, 15), date(2027, 11, 14)),
    ],
)
def test_periods_are_those_of_the_decree_and_of_the_plan(code: str, inside: date, first: date, last: date) -> None:
    """R37."""
    assert USUAL[code].around(inside) == (first, last)
    assert code in [kind.code for kind in kinds_of(USUAL, first, last)]


def test_the_plans_year_is_closed_on_its_own_last_day_so_that_it_is_reported_before_the_15th() -> None:
    """R37."""
    last = date(2026, 11, 14)  # a Saturday

    assert not USUAL["plan-year"].closed(last, day(11, 14, 16))
    assert USUAL["plan-year"].closed(last, day(11, 14, 17))
    assert not USUAL["year"].closed(date(2026, 12, 14), day(12, 14, 17))


def of(code: str, *events: Event) -> list[Event]:
    """The same facts of another dossier."""
    return [replace(event, id=fact_id(code, event.id, "1", 1), subject=code) for event in events]


def sheet_lines(period: Frozen) -> dict[int, int]:
    """The one line of a frozen period, what is not 0."""
    (line,) = period.lines.values()
    return {column: value for column, value in line.items() if value}


async def test_a_late_correction_is_restated_and_booked_in_the_next_sheet(tmp_path: Path) -> None:
    """R37."""
    async with reporting_alone(tmp_path, at(16)) as reporting:
        await reporting.take(of("A", received(), deadline(1, at(9)), settled(1, "late", at(11), at(9))))
        await reporting.take(of("B", received(at(10)), deadline(1, at(31))))
        await reporting.cells.flush()
        march = await reporting.periods.freeze(*MARCH)
        assert sheet_lines(march) == {3: 2, 4: 2, 7: 1, 10: 1, 11: 1, 12: 1}

        await reporting.take(of("A", settled(2, "early", at(6), at(9))))  # it was in time after all
        await reporting.take(of("C", received(at(12)), deadline(1, at(31))))  # and one was told of late
        await reporting.take(of("B", settled(1, "early", at(20), at(31))))
        reporting.clock.set(day(4, 15))
        await reporting.cells.flush()
        april = await reporting.periods.freeze(*APRIL)
        march_after = await reporting.periods.get(*MARCH)

    assert march_after is not None
    assert march_after.lines == march.lines
    changes = {c.column: (c.before, c.after) for c in march_after.restated[0].changes}
    assert changes == {"3": (2, 3), "4": (2, 3), "8": (0, 1), "10": (1, 0), "11": (1, 2), "12": (1, 2)}
    lines = sheet_lines(april)
    assert lines[6] == sheet_lines(march)[11]  # carried over is what was stated as left
    # C is open and overdue since the end of March; B was early; A's outcome and C's reception are booked here.
    assert lines == {3: 2, 4: 1, 6: 1, 7: 1, 8: 2, 10: -1, 11: 1, 13: 1}
    adjustments = {c.column: c.after - c.before for c in april.adjustments}
    assert adjustments == {"4": 1, "6": -1, "8": 1, "10": -1}
    by_its_days = next(iter(april.stated.values()))
    assert (by_its_days[4], by_its_days[6], by_its_days[10]) == (0, 2, 0)


async def test_the_audit_reads_the_same_from_the_frozen_sheets_and_their_restatements(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        log: list[Event] = of("A", received(), deadline(1, at(9)), settled(1, "late", at(11), at(9)))
        await reporting.take(log)
        await reporting.cells.flush()
        await reporting.periods.freeze(*MARCH)
        late = of("A", settled(2, "early", at(6), at(9)))
        await reporting.take(late)
        await reporting.cells.flush()
        reporting.clock.set(day(4, 15))
        await reporting.periods.freeze(*APRIL)
        records = as_log(log + late) + reporting.publisher.records
        fields = {code: procedure.field for code, procedure in reporting.reference.procedures.items()}
        found = audit(records, reporting.clock.now())

    assert len(found.periods) == 2
    assert found.differences() + found.period_differences(fields) == []
    published = [n for n, (topic, value) in enumerate(records) if topic == "reports.v1" and b"restated" in value]
    del records[published[0]]  # as if the correction had never been stated
    assert [line.split(": ")[1] for line in audit(records, reporting.clock.now()).period_differences(fields)] == [
        "topics 1, stated 0",
        "topics 0, stated 1",
    ]


def as_log(events: list[Event]) -> list[tuple[str, bytes]]:
    """As records of their topics."""
    topics = {"/sla": "deadlines.v1"}
    return [(topics.get(event.source, "dossiers.v1"), encode(event)) for event in events]


@pytest.mark.parametrize(
    ("first", "last", "rule"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), "unknown-period"),
        (date(2026, 3, 15), date(2026, 4, 14), "not-ended"),
    ],
)
async def test_what_is_no_period_of_the_list_or_has_not_ended_is_not_frozen(
    first: date, last: date, rule: str, tmp_path: Path
) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        with pytest.raises(CannotFreezeError) as refused:
            await reporting.periods.freeze(first, last)
        metrics = reporting.parts.telemetry.text().decode()

    assert refused.value.rule == rule
    assert f'dunghen_freezes_refused_total{{rule="{rule}",service="reporting"}} 1.0' in metrics


async def test_a_period_that_overlaps_a_frozen_one_of_its_series_is_refused(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(31)) as reporting:
        await reporting.take([received()])
        await reporting.cells.flush()
        await reporting.periods.freeze(*MARCH)
        reporting.reference.periods["month"] = PeriodKind(code="month", name="Tháng", months=1, first_day=21)
        with pytest.raises(CannotFreezeError, match="Chồng lên kỳ đã chốt từ 2026-02-15") as refused:
            await reporting.periods.freeze(date(2026, 2, 21), date(2026, 3, 20))

    assert refused.value.rule == "overlapping-period"


async def test_a_period_is_not_frozen_while_figures_are_being_counted(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        await reporting.take([received()])
        with pytest.raises(CannotFreezeError, match="đang được tính lại"):
            await reporting.periods.freeze(*MARCH)


async def test_a_restatement_after_a_new_definition_says_so(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(16)) as reporting:
        await reporting.take([received()])
        await reporting.cells.flush()
        period = await reporting.periods.freeze(*MARCH)
        kept = await reporting.parts.store.get_many("periods", [period.days.key])
        await reporting.parts.store.save_many("periods", [{**kept[period.days.key], "definition": "2026-11"}])
        await reporting.take([received(competent_unit="H37.13", version=2)])
        await reporting.cells.flush()
        after = await reporting.periods.get(*MARCH)

    assert after is not None
    assert after.restated[0].reason.startswith("Định nghĩa số liệu đổi từ 2026-11 sang ")


async def test_figures_are_by_the_units_of_any_day_and_the_province_is_always_their_sum(tmp_path: Path) -> None:
    """R39."""
    async with reporting_alone(tmp_path, at(20), merged()) as reporting:
        await reporting.take(of("A", received()) + of("B", received(competent_unit="H37.13")))
        await reporting.take(of("C", received(at(12), competent_unit="H37.99")))
        await reporting.cells.flush()
        old = await line_units(reporting, units_as_of=date(2026, 3, 10))
        new = await line_units(reporting)
        alone = await report(reporting.parts.store, reporting.reference, reporting.wanted(*MARCH, unit="H37.99"))
        province = await report(reporting.parts.store, reporting.reference, reporting.wanted(*MARCH, unit="province"))

    assert old == {"H37.12": 1, "H37.13": 1, "H37.99": 1}  # as the list was before the merger
    assert new == {"H37.99": 3}
    assert (alone.total[3], province.total[3], sum(old.values())) == (3, 3, 3)


async def line_units(reporting: Reporting, **more: Any) -> dict[str, int]:
    """Column 3 by unit."""
    filled = await report(reporting.parts.store, reporting.reference, reporting.wanted(*MARCH, **more))
    return {row.unit: row.values[3] for row in filled.rows}


def test_a_divided_unit_stays_by_itself() -> None:
    reference = merged()
    other = reference.units["H37.99"].model_copy(update={"code": "H37.98"})
    reference.units["H37.98"] = other

    assert reference.standing_for("H37.12", date(2026, 3, 20)) == "H37.12"
    assert reference.standing_for("H37.99", date(2026, 1, 1)) == "H37.99"

"""reporting: contributions, sheets and their rules, the workbook."""

import csv
import io
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from contracts import Event
from contracts.deadlines import AcceptanceStated, DeadlineMoved, DeadlinePaused, DeadlineSet, DeadlineSettled
from contracts.feedback import FeedbackRated
from contracts.notices import LetterSent, NoticeQueued
from contracts.reports import ReportChange, ReportRestated
from runtime.clock import SteppedClock, epoch_ms
from runtime.store import Document
from services.changes import Answering, Changed
from services.reporting.domain import (
    FORMS,
    ByPlace,
    CellKey,
    Days,
    Figures,
    Form,
    Frozen,
    LineKey,
    NotFrozen,
    Sheet,
    broken_rules,
    load_forms,
    make_sheet,
)
from services.reporting.domain.forms import NOT_NEGATIVE
from services.reporting.domain.periods import differences, publish, restate
from services.reporting.domain.standing import Standing
from services.reporting.files import as_csv
from services.reporting.handlers import Context, heeds
from services.reporting.printed import printed
from services.reporting.reports import Breach, Wanted, lens_of, unassigned
from services.reporting.xlsx import render
from tests.support.dossiers import DOSSIER, at, fact, received, submitted
from tests.support.reporting import REFERENCE, counts_of, flip, handle

CELL = "competent/H37.12/1.000894/2026-03-{:02}"


def deadline(version: int, due: datetime | None) -> Event:
    base: dict[str, Any] = {"at": at(2), "version": version, "unit": "H37.12", "basis": "computed", "calendar_version": "x"}
    model = DeadlineSet if due else DeadlinePaused
    data = model.model_validate({**base, **({"due_at": due} if due else {})})
    return Event(f"d{version}", "/sla", model.TYPE, DOSSIER, at(2), data)


def settled(version: int, outcome: str, end: datetime | None = None, due: datetime | None = None, **more: Any) -> Event:
    raw: dict[str, Any] = {"at": at(2), "version": version, "unit": "H37.12", "outcome": outcome, **more}
    data = DeadlineSettled.model_validate(raw | ({"ended_at": end, "due_at": due} if end else {}))
    return Event(f"s{version}", "/sla", DeadlineSettled.TYPE, DOSSIER, at(2), data)


def row_of(*events: Event) -> Document:
    row: Document = {"_id": DOSSIER, "rev": 0}
    for event in events:
        row = handle(row, event)
    return row


def adds(row: Document, now: datetime | None = None) -> dict[str, dict[str, int]]:
    found = counts_of(row, epoch_ms(now or at(20)))
    return {} if found is None else {key: dict(add.counters) for key, add in found.by_key().items()}


def counts(row: Document, day: int, now: datetime | None = None) -> dict[str, int]:
    """Without what sla says of the limit and of supplements: it has tests of its own."""
    return adds(row, now).get(CELL.format(day), {})


def test_a_reception_counts_for_both_bodies_on_its_day() -> None:
    assert adds(row_of(received(receiving_unit="H37.13"))) == {
        "received/H37.13/1.000894/2026-03-02": {"received_online": 1},
        "competent/H37.12/1.000894/2026-03-02": {"received_online": 1},
    }


def test_the_business_day_is_vietnamese() -> None:
    late_evening_in_utc = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # 01:00 on the 3rd in Hà Nội

    assert counts(row_of(received(late_evening_in_utc)), 3) == {"received_online": 1}


def test_a_late_end_opens_and_closes_an_overdue() -> None:
    row = row_of(received(), deadline(1, at(9)), settled(1, "late", at(11), at(9)))

    assert counts(row, 9) == {"overdue_opened": 1}
    assert counts(row, 11) == {"resolved_late": 1, "overdue_closed": 1}


def test_an_open_dossier_becomes_overdue_by_the_clock_alone() -> None:
    row = row_of(received(), deadline(1, at(25)))

    assert row["flip_at"] == epoch_ms(at(25))
    assert counts(row, 25) == {}
    assert counts(row, 25, now=at(25)) == {"overdue_opened": 1, "late_without_letter": 1}
    after = flip(row, epoch_ms(at(26)))
    assert "flip_at" not in after
    assert CELL.format(25) in after["touched"]


def test_a_paused_dossier_is_not_overdue() -> None:
    """D12."""
    row = row_of(received(), deadline(1, at(9)), deadline(2, None))

    assert counts(row, 9) == {}


def test_a_refused_dossier_is_in_no_column() -> None:
    """D10."""
    row = row_of(received(), fact("refused", at(3)))

    assert counts(row, 2) == {}
    assert counts(row, 3) == {"refused": 1}
    assert make_sheet(FORM, (FIRST, LAST), {}, by_place({"refused": 1}), LENS).rows == ()
    assert counts_of(row_of(fact("refused", at(3))), epoch_ms(at(20))) is None  # where it was refused nobody told


def test_what_waits_to_be_accepted_is_in_no_column_and_no_figure() -> None:
    """D20, D10."""
    stated = [acceptance(1, "waiting"), acceptance(2, "overdue"), acceptance(3, "late", state=2, answered_at=at(5))]
    life = [received(at(5)), deadline(1, at(12)), settled(1, "early", at(9), at(12))]

    alone = row_of(submitted(), *stated, fact("withdrawn", at(4)))
    with_it, without = row_of(submitted(), *stated, *life), row_of(*life)

    assert alone == {"_id": DOSSIER, "rev": 0}
    assert with_it == without
    assert not [event for event in (submitted(), *stated) if heeds(event)]


def acceptance(version: int, outcome: str, **more: Any) -> Event:
    """What sla says of the time to accept it."""
    raw = {"at": at(2), "version": version, "unit": "H37.12", "outcome": outcome, "since": at(2), "due_at": at(3), **more}
    data = AcceptanceStated.model_validate(raw)
    return Event(f"a{version}", "/sla", AcceptanceStated.TYPE, DOSSIER, at(2), data)


def test_an_end_before_the_reception_counts_on_the_day_of_reception() -> None:
    row = row_of(received(at(5)), deadline(1, at(12)), settled(1, "early", at(4), at(12)))

    assert counts(row, 5) == {"received_online": 1, "resolved_early": 1}


def test_an_outcome_taken_back_leaves_no_trace() -> None:
    row = row_of(received(), deadline(1, at(25)), settled(1, "early", at(6), at(25)), settled(2, "open"))

    assert counts(row, 6) == {}
    assert CELL.format(6) in row["touched"]  # the cell has to be published again


def test_any_order_and_repetition_give_the_same_contributions() -> None:
    events = [
        received(),
        received(at(3), version=2),
        deadline(1, at(9)),
        deadline(2, at(10)),
        settled(1, "late", at(11), at(10)),
        settled(2, "early", at(9), at(10)),
    ]
    expected = counts_of(row_of(*events), epoch_ms(at(20)))

    for _ in range(50):
        mixed = random.sample([*events, *random.choices(events, k=4)], k=10)
        assert counts_of(row_of(*mixed), epoch_ms(at(20))) == expected


def test_the_same_message_twice_changes_nothing() -> None:
    row = row_of(received(), deadline(1, at(9)))

    assert handle(row, received()) is row
    assert handle(row, deadline(1, at(9))) is row


def test_a_cell_key_reads_what_it_writes() -> None:
    key = CellKey("competent", "H37.12", "1.000894", date(2026, 3, 2))

    assert CellKey.parse(str(key)) == key


FORM = load_forms(FORMS)["II.06a"]
STANDING = Standing(at(20, "08:00"))
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
LENS = lens_of(REFERENCE, Wanted(FORM, FIRST, LAST, unit="all"))
MARRIAGE = ("H37.12", "1.000894")


def by_place(counters: dict[str, int], place: tuple[str, str] = MARRIAGE) -> dict[tuple[str, str], dict[str, int]]:
    return {place: counters}


BEFORE = by_place({"received_online": 5, "resolved_early": 3, "overdue_opened": 1})
DURING = by_place({"received_direct": 4, "received_post": 1, "resolved_on_time": 2, "resolved_late": 1, "overdue_closed": 1})


def sheet(before: ByPlace, during: ByPlace, form: Form = FORM) -> Sheet:
    return make_sheet(form, (FIRST, LAST), before, during, LENS)


def test_the_columns_of_the_form() -> None:
    """R35."""
    filled = sheet(BEFORE, DURING)

    assert filled.rows[0].values == {3: 7, 4: 0, 5: 5, 6: 2, 7: 3, 8: 0, 9: 2, 10: 1, 11: 4, 12: 4, 13: 0}
    assert filled.total == filled.rows[0].values
    assert list(broken_rules(filled)) == []


@pytest.mark.parametrize(
    ("during", "rule"),
    [
        ({"resolved_early": 9}, NOT_NEGATIVE),  # more resolved than ever received
        ({"overdue_closed": 3}, NOT_NEGATIVE),
        ({"overdue_opened": 9}, NOT_NEGATIVE),  # more overdue than open
    ],
)
def test_figures_that_contradict_each_other_are_not_published(during: dict[str, int], rule: str) -> None:
    """R35."""
    broken = list(broken_rules(sheet(BEFORE, by_place(during))))

    assert [(row.unit, row.field, said) for row, said in broken if row is not None] == [("H37.12", "Hộ tịch", rule)]
    assert (None, rule) in broken


def test_carry_over_is_the_closing_stock_of_the_period_before() -> None:
    """R35."""
    closing = make_sheet(FORM, (date(2026, 1, 1), date(2026, 2, 28)), {}, BEFORE, LENS).total[11]

    assert sheet(BEFORE, DURING).total[6] == closing


def test_the_sheet_is_a_table_for_spreadsheets_too() -> None:
    lines = as_csv(sheet({}, by_place({"received_online": 2, "resolved_early": 1})), STANDING).decode("utf-8-sig").splitlines()

    assert lines[0] == "unit,field,3,4,5,6,7,8,9,10,11,12,13"
    assert lines[1] == "H37.12,Hộ tịch,2,2,0,0,1,1,0,0,1,1,0"
    assert lines[2].startswith("total,,2,2,0,0,1")
    assert lines[3].startswith('note,"Số liệu tính đến 08:00 ngày 20/03/2026. Kỳ chưa chốt')
    assert {len(row) for row in csv.reader(lines)} == {13}


def test_a_unit_that_left_the_list_stops_the_report() -> None:
    found = unassigned(by_place({"received_online": 1}, ("H99.99", "1.000894")), REFERENCE)

    assert found == [Breach("H99.99: not in units.yaml; keep old units there, with valid_to")]
    assert unassigned(by_place({"received_online": 0}, ("H99.99", "1.000894")), REFERENCE) == []


def test_the_workbook_has_the_official_layout() -> None:
    page = openpyxl.load_workbook(io.BytesIO(render(printed(sheet(BEFORE, DURING), REFERENCE, "H37.12", STANDING)))).active

    assert page is not None
    assert page["A1"].value == "Biểu số II.06a/VPCP/KSTT"
    assert page["J1"].value == "Đơn vị báo cáo: UBND xã Hoàng Vân"
    assert {str(r) for r in page.merged_cells.ranges} >= {"C4:F4", "G4:J4", "K4:M4"}
    assert [page.cell(7, n).value for n in range(1, 14)] == [1, "Hộ tịch", 7, 0, 5, 2, 3, 0, 2, 1, 4, 4, 0]
    assert page["A8"].value == "Tổng số"
    assert {cell.font.name for line in page.iter_rows() for cell in line if cell.value is not None} == {"Times New Roman"}


@pytest.mark.parametrize(("minutes", "doubtful"), [(60, True), (120, False), (300, False)])
def test_what_intake_takes_in_is_no_doubt_of_reporting(minutes: int, doubtful: bool) -> None:
    reference = replace(REFERENCE, future=timedelta(minutes=minutes))
    context = Context(SteppedClock(at(20)), reference)
    told = received(at(2) + timedelta(hours=2))
    row = handle({"_id": DOSSIER, "rev": 0}, replace(told, time=at(2)), context)

    assert row.get("doubts") == (["clock-ahead"] if doubtful else None)


# --- letters, ratings, frozen periods ---------------------------------------------


def effect(model: type[Any], when: datetime, **more: Any) -> Event:
    data = model.model_validate({"at": when, "unit": "H37.12", **more})
    return Event(f"{model.TYPE}/{when}", "/x", model.TYPE, DOSSIER, when, data)


def letter(when: datetime) -> Event:
    return effect(LetterSent, when, draft=1, number=5, year=2026)


def rated(when: datetime) -> Event:
    return effect(FeedbackRated, when, form="tthc-2026.1", scores={"attitude": 100, "waiting": 50, "apology": None})


def first_late(first: datetime, due: datetime, end: datetime | None = None) -> list[Event]:
    """Promised for `first`, re-promised for `due`, and ended at `end`."""
    stated = {"at": at(2), "version": 2, "unit": "H37.12", "basis": "reappointed", "calendar_version": "x"}
    moved = DeadlineMoved.model_validate({**stated, "due_at": due, "first_due_at": first})
    events = [received(), Event("d2", "/sla", DeadlineMoved.TYPE, DOSSIER, at(2), moved)]
    if end is not None:
        raw = {"at": at(2), "version": 1, "unit": "H37.12", "outcome": "early", "ended_at": end, "due_at": due}
        data = DeadlineSettled.model_validate(raw | {"against_first": "late" if end > first else "on_time"})
        events.append(Event("s1", "/sla", DeadlineSettled.TYPE, DOSSIER, at(2), data))
    return events


def test_late_against_the_first_promise_is_split_by_the_letter() -> None:
    """R23."""
    ended = first_late(at(9), at(16), at(13))

    assert counts(row_of(*ended), 9) == {"late_without_letter": 1}
    assert counts(row_of(*ended, letter(at(6))), 9) == {"late_with_letter": 1}
    assert counts(row_of(*ended, letter(at(6))), 6) == {"letters_sent": 1}
    assert counts(row_of(*first_late(at(9), at(16), at(8)), letter(at(6))), 9) == {}  # in time after all


def test_an_open_dossier_is_late_against_its_first_promise_by_the_clock_alone() -> None:
    row = row_of(*first_late(at(25), at(30)))

    assert row["flip_at"] == epoch_ms(at(25))
    assert counts(row, 25, now=at(26)) == {"late_without_letter": 1}
    assert flip(row, epoch_ms(at(26)))["flip_at"] == epoch_ms(at(30))


def test_a_rating_counts_points_and_answers_once() -> None:
    """R33."""
    row = row_of(received(), rated(at(10)), rated(at(11)))

    assert counts(row, 10) == {"ratings": 1, "rating_answers": 2, "rating_points": 150}
    assert counts(row, 11) == {}


def test_other_notices_change_no_figure() -> None:
    row = row_of(received())

    assert handle(row, effect(NoticeQueued, at(6), notice="result-ready")) is row


HERE, THERE = LineKey("H37.12", "Hộ tịch"), LineKey("H37.13", "Đất đai")
LINES = {HERE: {9: 4, 10: 1}, THERE: {9: 2, 10: 0}}


def test_a_frozen_period_stays_and_each_difference_is_restated_once() -> None:
    """R37."""
    days = Days(date(2026, 1, 15), date(2026, 2, 14))
    later = {**LINES, HERE: {9: 5, 10: 0}}
    published = publish(NotFrozen(), "month", days, Figures(LINES, LINES, {}), at(2))
    frozen = published.answer
    again = publish(frozen, "month", days, Figures(later, later, {}), at(3))
    restated = restate(frozen, later, at(3))

    assert published.after is frozen
    assert again == Answering(frozen, frozen)
    assert isinstance(restated.after, Frozen)
    assert restated.after.lines == LINES
    assert restated.after.version == 2
    (said,) = restated.said
    assert isinstance(said, ReportRestated)
    assert [(c.column, c.before, c.after) for c in said.changes] == [("9", 4, 5), ("10", 1, 0)]
    assert restate(restated.after, later, at(4)) == Changed(restated.after)
    assert restate(NotFrozen(), later, at(4)) == Changed(NotFrozen())


def test_a_line_that_appears_or_goes_is_a_difference_too() -> None:
    one, line = ReportChange(unit="a", field="b", column="3", before=0, after=1), LineKey("a", "b")
    assert differences({}, {line: {3: 1, 4: 0}}) == (one,)
    assert differences({line: {3: 1}}, {}) == (ReportChange(unit="a", field="b", column="3", before=1, after=0),)

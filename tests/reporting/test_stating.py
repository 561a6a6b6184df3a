"""Sheets and periods as data: how a form is filled in and judged, what a frozen period states, how old its figures are."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.reports import ReportChange, ReportPublished, ReportRestated
from reference import OFFICE_TIME
from services.changes import Answering, Changed
from services.reporting.domain import (
    FORMS,
    Days,
    Figures,
    Form,
    Frozen,
    Lens,
    LineKey,
    NotFrozen,
    Sheet,
    SheetRow,
    broken_rules,
    lines_of,
    listed,
    load_forms,
    make_sheet,
    sheet_of,
    value_of,
)
from services.reporting.domain.cells import DEFINITION
from services.reporting.domain.forms import NOT_NEGATIVE, Column, Term
from services.reporting.domain.named import is_cause, lines_changed
from services.reporting.domain.periods import (
    Restated,
    closed_before,
    differences,
    in_order,
    overlapping,
    plus,
    publish,
    restate,
)
from services.reporting.domain.standing import Standing
from tests.support.dossiers import at

FORM, EXTENDED = (load_forms(FORMS)[code] for code in ("II.06a", "07a"))
FIRST, LAST = date(2026, 2, 15), date(2026, 3, 14)
MARCH = Days(FIRST, LAST)
FIELDS = {"1.000894": "Hộ tịch", "2.000815": "Chứng thực", "1.012788": "Đất đai"}
LEVELS: Mapping[str, Any] = {"1.000894": "full", "1.012788": "partial", "2.000815": "none"}
LENS = Lens(lambda unit: "H37.12" if unit == "H37.15" else unit, FIELDS.__getitem__, LEVELS.__getitem__)
SHEET = make_sheet(
    FORM,
    (FIRST, LAST),
    {("H37.12", "1.000894"): {"received_online": 5, "resolved_early": 3, "overdue_opened": 1}},
    {
        ("H37.12", "1.000894"): {"received_direct": 4, "resolved_late": 1, "overdue_closed": 1},
        ("H37.15", "1.000894"): {"received_post": 1},
        ("H37.12", "2.000815"): {"received_online": 1},
        ("H37.07", "1.012788"): {"refused": 3},
    },
    LENS,
)


# --- a form filled in ---------------------------------------------------------------------


def test_a_sheet_has_a_line_per_unit_and_field_in_order_and_their_total() -> None:
    """R35."""
    assert [(row.unit, row.field) for row in SHEET.rows] == [("H37.12", "Chứng thực"), ("H37.12", "Hộ tịch")]
    assert SHEET.rows[0].values == {3: 1, 4: 1, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, 10: 0, 11: 1, 12: 1, 13: 0}
    assert SHEET.rows[1].values == {3: 7, 4: 0, 5: 5, 6: 2, 7: 1, 8: 0, 9: 0, 10: 1, 11: 6, 12: 6, 13: 0}
    assert SHEET.total == {3: 8, 4: 1, 5: 5, 6: 2, 7: 1, 8: 0, 9: 0, 10: 1, 11: 7, 12: 7, 13: 0}
    assert (SHEET.form, SHEET.first, SHEET.last) == (FORM, FIRST, LAST)
    assert list(broken_rules(SHEET)) == []


def test_units_without_a_line_get_one_of_zeros_and_the_lines_stay_in_order() -> None:
    whole = listed(SHEET, ["H37.07", "H37.12", "H37.99"])

    assert [(row.unit, row.field) for row in whole.rows] == [
        ("H37.07", ""),
        ("H37.12", "Chứng thực"),
        ("H37.12", "Hộ tịch"),
        ("H37.99", ""),
    ]
    assert whole.rows[0].values == dict.fromkeys(range(3, 14), 0)
    assert (whole.rows[1:3], whole.total) == (SHEET.rows, SHEET.total)


def test_a_sheet_as_data_is_the_same_sheet_again() -> None:
    lines = lines_of(SHEET)

    assert set(lines) == {LineKey("H37.12", "Chứng thực"), LineKey("H37.12", "Hộ tịch")}
    assert sheet_of(FORM, (FIRST, LAST), lines) == SHEET
    older = {key: {column: value for column, value in own.items() if column != 13} for key, own in lines.items()}
    assert sheet_of(FORM, (FIRST, LAST), older).total[13] == 0  # a column that an older form did not have


def test_a_broken_rule_is_told_of_its_line_and_of_the_total() -> None:
    values = {**SHEET.rows[0].values, 3: 5}
    row = SheetRow("H37.12", "Chứng thực", values)
    broken = Sheet(FORM, FIRST, LAST, (row, SHEET.rows[1]), {**SHEET.total, 13: -1})

    assert list(broken_rules(broken)) == [
        (row, "3 = 4 + 5 + 6"),
        (row, "3 = 7 + 11"),
        (None, "11 = 12 + 13"),
        (None, NOT_NEGATIVE),
    ]
    assert list(broken_rules(replace(broken, rows=()))) == []  # nothing was filled in


def test_a_column_of_one_level_counts_the_procedures_of_that_level_alone() -> None:
    """R36."""
    stretches: Any = {"full": ({"received_online": 1}, {"received_online": 2}), "none": ({}, {"received_online": 4})}

    def value(**term: Any) -> int:
        return value_of(Column(number=3, group="", heading="", of=(Term(**term),)), stretches)

    assert value(during=("received_online",)) == 6
    assert value(before=("received_online",)) == 1
    assert value(through=("received_online",)) == 7
    assert [value(through=("received_online",), level=level) for level in ("full", "partial", "none")] == [3, 0, 4]
    assert value(during=("received_online", "-received_online")) == 0
    both = Column(number=3, group="", heading="", of=(Term(during=("received_online",)), Term(before=("received_online",))))
    assert value_of(both, stretches) == 7


# --- a form as data ------------------------------------------------------------------------

COLUMN: dict[str, Any] = {"number": 3, "group": "Nhóm", "heading": "Tổng", "of": [{"during": ["received_online"]}]}


def form(columns: list[dict[str, Any]], *rules: str, **more: Any) -> Form:
    return Form.model_validate({"code": "X", "label": "X", "title": "X", "columns": columns, "rules": rules, **more})


@pytest.mark.parametrize(
    ("columns", "rules", "words"),
    [
        ([{**COLUMN, "of": [{"during": ["recieved"]}]}], [], "column 3: no such counter: recieved"),
        ([{**COLUMN, "of": [{"before": ["b", "a"]}]}], [], "column 3: no such counter: a, b"),
        ([{**COLUMN, "of": []}], [], "column 3: no such counter: -"),
        ([{**COLUMN, "number": 2}], [], "greater than or equal to 3"),
        ([COLUMN], ["3 = 4"], "rule '3 = 4': must be like '3 = 4 \\+ 5' and name columns with figures"),
        ([COLUMN, {**COLUMN, "number": 4, "missing": "chưa có"}], ["3 = 4"], "rule '3 = 4'"),
        ([COLUMN], ["3 < 3"], "must be like"),
        ([COLUMN], ["x3 = 3"], "must be like"),
        ([COLUMN], ["3 = 3 + "], "must be like"),
        ([], [], "at least 1 item"),
        ([{**COLUMN, "formula": "1+1"}], [], "formula"),
        ([{**COLUMN, "of": [{"during": ["refused"], "level": "half"}]}], [], "level"),
    ],
)
def test_a_form_that_cannot_be_filled_in_is_refused(columns: list[dict[str, Any]], rules: list[str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        form(columns, *rules)


@pytest.mark.parametrize(("code", "good"), [("II.06a", True), ("x" * 20, True), ("x" * 21, False), ("", False), ("a/b", False)])
def test_the_code_of_a_form_may_stand_in_a_file_name(code: str, good: bool) -> None:
    if good:
        assert form([COLUMN], code=code).code == code
    else:
        with pytest.raises(ValidationError, match="code"):
            form([COLUMN], code=code)


def test_a_column_without_a_source_needs_no_formula_and_heads_stand_over_their_columns() -> None:
    own = form(
        [
            {**COLUMN, "of": [{"through": ["refused", "received_online"]}]},
            {**COLUMN, "number": 4, "of": [], "missing": "chưa báo"},
            {**COLUMN, "number": 5, "group": "Khác", "of": [{"before": ["withdrawn"]}, {"during": ["refused"]}]},
            {**COLUMN, "number": 6},
        ],
        "3 = 3",
        "3 = 5 + 6",
    )

    assert own.groups == [("Nhóm", 3, 4), ("Khác", 5, 5), ("Nhóm", 6, 6)]
    assert own.counters == ("received_online", "refused", "withdrawn")
    assert [column.of_the_period_alone for column in own.columns] == [False, True, False, True]
    assert own.broken({3: 3, 5: 1, 6: 2}) == []
    assert own.broken({3: 4, 5: 1, 6: 2}) == ["3 = 5 + 6"]
    assert own.broken({3: -1, 5: -1, 6: 0}) == [NOT_NEGATIVE] == ["no column is negative"]
    assert own.broken({3: 0, 5: 0, 6: 0}) == []


# --- causes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moved", "cause"),
    [
        (["competent/H37.12/1.000894/2026-03-14"], True),
        (["competent/H37.12/1.000894/2026-03-15"], False),  # of the next period
        (["competent/H37.12/1.000894/2025-01-01"], True),
        (["received/H37.12/1.000894/2026-03-14"], False),  # sheets are by the body that decides
        (["competent/H37.15/1.000894/2026-03-14"], True),  # in the line of the unit that stands for it
        (["competent/H37.13/1.000894/2026-03-14"], False),
        (["competent/H37.12/2.000815/2026-03-14"], False),  # of another field
        (["received/H37.12/1.000894/2026-03-14", "competent/H37.12/1.000894/2026-03-02"], True),
        ([], False),
    ],
)
def test_a_dossier_is_a_cause_if_its_share_of_a_changed_line_moved(moved: list[str], cause: bool) -> None:
    """R37."""
    change = ReportChange(unit="H37.12", field="Hộ tịch", column="3", before=0, after=1)

    assert lines_changed([change, change]) == {("H37.12", "Hộ tịch")}
    assert is_cause(moved, MARCH, lines_changed([change]), LENS) is cause


# --- frozen periods --------------------------------------------------------------------------

HERE, THERE = LineKey("H37.12", "Hộ tịch"), LineKey("H37.13", "Đất đai")
LINES = {HERE: {9: 4, 10: 1}, THERE: {9: 2, 10: 0}}
LIVE = {HERE: {9: 4, 10: 0}, THERE: {9: 2, 10: 0}}
BOOKED = {("H37.12", "1.000894"): {"refused": 1}}
KEY = {"report": "II.06a", "first": FIRST, "last": LAST, "definition": DEFINITION}


def change(key: LineKey, column: int, before: int, after: int) -> ReportChange:
    return ReportChange(unit=key.unit, field=key.field, column=str(column), before=before, after=after)


def test_freezing_states_the_sheet_and_what_of_earlier_periods_is_booked_in_it() -> None:
    """R37."""
    decided = publish(NotFrozen(), "month", MARCH, Figures(LINES, LIVE, BOOKED), at(15))
    frozen = Frozen("month", MARCH, 1, at(15), DEFINITION, LINES, LIVE, BOOKED, (change(HERE, 10, 0, 1),))

    assert decided.after == decided.answer == frozen
    assert decided.said == [
        ReportPublished.model_validate(
            {
                **KEY,
                "at": at(15),
                "version": 1,
                "lines": [
                    {"unit": "H37.12", "field": "Hộ tịch", "columns": {"9": 4, "10": 1}},
                    {"unit": "H37.13", "field": "Đất đai", "columns": {"9": 2, "10": 0}},
                ],
                "adjustments": [{"unit": "H37.12", "field": "Hộ tịch", "column": "10", "before": 0, "after": 1}],
            }
        )
    ]
    assert publish(frozen, "year", MARCH, Figures(LIVE, LINES, {}), at(20)) == Answering(frozen, frozen)
    assert MARCH.key == "II.06a/2026-02-15/2026-03-14"


FROZEN = Frozen("month", MARCH, 1, at(15), DEFINITION, LINES, LIVE, BOOKED)


def test_a_restatement_states_each_difference_to_what_was_stated_last_and_because_of_whom() -> None:
    """R37."""
    later = {HERE: {9: 5, 10: 0}, THERE: {9: 2, 10: 0}}
    decided = restate(FROZEN, later, at(16), ("A", "B"), 3)
    reason, changes = "Sự việc được báo hoặc sửa sau khi chốt kỳ", (change(HERE, 9, 4, 5),)
    noted = Restated(2, at(16), reason, changes, ("A", "B"), 3)

    assert decided.after == replace(FROZEN, version=2, stated=later, restated=(noted,))
    told = {**KEY, "at": at(16), "version": 2, "reason": reason, "changes": changes, "dossiers": ("A", "B"), "others": 3}
    assert decided.said == [ReportRestated.model_validate(told)]
    assert restate(decided.after, later, at(17)) == Changed(decided.after)
    again = restate(decided.after, LIVE, at(18)).after
    assert isinstance(again, Frozen)
    assert (again.version, [one.version for one in again.restated]) == (3, [2, 3])
    assert (again.restated[1].dossiers, again.restated[1].others) == ((), 0)
    assert restate(NotFrozen(), later, at(17)) == Changed(NotFrozen())


def test_a_restatement_by_a_new_definition_says_from_which_to_which() -> None:
    older = replace(FROZEN, definition="2025-01")
    decided = restate(older, LINES, at(16))

    assert isinstance(decided.after, Frozen)
    assert decided.after.definition == DEFINITION
    assert decided.after.restated[0].reason == f"Định nghĩa số liệu đổi từ 2025-01 sang {DEFINITION}"
    (said,) = decided.said
    assert isinstance(said, ReportRestated)
    assert said.reason == decided.after.restated[0].reason


def test_differences_are_told_by_unit_field_and_column_and_what_is_not_there_is_zero() -> None:
    assert differences({}, {HERE: {10: 1, 9: 2, 8: 0}}) == (change(HERE, 9, 0, 2), change(HERE, 10, 0, 1))
    assert differences({HERE: {9: 2}}, {}) == (change(HERE, 9, 2, 0),)
    assert differences({HERE: {9: 2}}, {HERE: {10: 2}}) == (change(HERE, 9, 2, 0), change(HERE, 10, 0, 2))
    assert differences({THERE: {9: 1}}, {HERE: {9: 1}}) == (change(HERE, 9, 0, 1), change(THERE, 9, 1, 0))
    assert differences(LINES, LINES) == ()
    other = LineKey("H37.12", "Chứng thực")
    assert in_order([THERE, HERE, other]) == [other, HERE, THERE]


def test_flows_are_added_and_taken_away_place_by_place() -> None:
    one, other = {("a", "1"): {"x": 1, "y": 2}}, {("a", "1"): {"y": 3, "z": 4}, ("b", "1"): {"x": 5}}

    assert plus(one, other) == {("a", "1"): {"x": 1, "y": 5, "z": 4}, ("b", "1"): {"x": 5}}
    assert plus(one, other, -1) == {("a", "1"): {"x": 1, "y": -1, "z": -4}, ("b", "1"): {"x": -5}}
    assert one == {("a", "1"): {"x": 1, "y": 2}}


def test_the_period_before_is_the_one_of_the_series_that_ended_on_the_day_before() -> None:
    year = replace(FROZEN, kind="year")
    older = replace(FROZEN, days=Days(date(2026, 1, 15), date(2026, 2, 14)))

    assert closed_before([year, older, FROZEN], "month", LAST + timedelta(days=1)) is FROZEN
    assert closed_before([year, older, FROZEN], "year", LAST + timedelta(days=1)) is year
    assert closed_before([older, FROZEN], "month", FIRST) is older
    for first in (LAST, LAST + timedelta(days=2)):
        assert closed_before([FROZEN], "month", first) is None
    assert closed_before([FROZEN], "quarter", LAST + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (FIRST, LAST, True),
        (LAST, LAST + timedelta(days=9), True),
        (LAST + timedelta(days=1), LAST + timedelta(days=9), False),
        (FIRST - timedelta(days=9), FIRST, True),
        (FIRST - timedelta(days=9), FIRST - timedelta(days=1), False),
        (FIRST - timedelta(days=9), LAST + timedelta(days=9), True),
    ],
)
def test_two_periods_of_a_series_overlap_if_they_have_a_day_in_common(first: date, last: date, overlaps: bool) -> None:
    assert overlapping([FROZEN], "month", Days(first, last)) is (FROZEN if overlaps else None)
    assert overlapping([FROZEN], "year", Days(first, last)) is None


# --- how old and how final ---------------------------------------------------------------------

EVENING, NIGHT = datetime(2026, 4, 14, 18, 30, tzinfo=OFFICE_TIME), datetime(2026, 4, 15, 0, 30, tzinfo=OFFICE_TIME)
OPEN = "Kỳ chưa chốt, số liệu còn thay đổi"
NAMES = tuple(f"Xã {number}" for number in range(1, 13))
TEN = "Xã 1, Xã 2, Xã 3, Xã 4, Xã 5, Xã 6, Xã 7, Xã 8, Xã 9, Xã 10"


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(EVENING), f"Số liệu tính đến 18:30 ngày 14/04/2026. {OPEN}."),
        (Standing(None), f"Số liệu tính đến chưa rõ lúc nào, đang được tính lại. {OPEN}."),
        (
            Standing(EVENING, NIGHT - timedelta(days=9)),
            f"Số liệu tính đến 18:30 ngày 14/04/2026, sự việc mới nhất được ghi nhận lúc 00:30 ngày 06/04/2026. {OPEN}.",
        ),
        (Standing(NIGHT, EVENING, NIGHT, signed=True), "Số liệu tính đến 00:30 ngày 15/04/2026. Đã chốt ngày 15/04/2026."),
        (
            Standing(NIGHT, None, NIGHT, signed=True, restated=2),
            "Số liệu tính đến 00:30 ngày 15/04/2026. Đã chốt ngày 15/04/2026, sau đó có 2 bản chỉnh.",
        ),
        (
            Standing(NIGHT + timedelta(days=1), None, NIGHT),
            "Số liệu tính đến 00:30 ngày 16/04/2026. Đã chốt ngày 15/04/2026; đây là số liệu hiện thời, "
            "có thể khác biểu đã chốt.",
        ),
        (
            Standing(EVENING, unheard=NAMES[:1]),
            f"Số liệu tính đến 18:30 ngày 14/04/2026. {OPEN}. Chưa nhận được dữ liệu của Xã 1.",
        ),
        (
            Standing(EVENING, unheard=NAMES[:10]),
            f"Số liệu tính đến 18:30 ngày 14/04/2026. {OPEN}. Chưa nhận được dữ liệu của {TEN}.",
        ),
        (
            Standing(EVENING, unheard=NAMES[:11]),
            f"Số liệu tính đến 18:30 ngày 14/04/2026. {OPEN}. Chưa nhận được dữ liệu của {TEN} và 1 đơn vị khác.",
        ),
        (
            Standing(EVENING, unheard=NAMES),
            f"Số liệu tính đến 18:30 ngày 14/04/2026. {OPEN}. Chưa nhận được dữ liệu của {TEN} và 2 đơn vị khác.",
        ),
    ],
)
def test_how_old_and_how_final_figures_are_is_said_in_vietnamese_time(standing: Standing, words: str) -> None:
    assert standing.words == words


def test_a_frozen_sheet_stands_as_of_its_freezing_with_its_restatements() -> None:
    twice = replace(FROZEN, restated=(Restated(2, at(16), "", ()), Restated(3, at(17), "", ())))

    assert FROZEN.standing == Standing(at(15), None, at(15), signed=True)
    assert twice.standing.restated == 2
    assert (Standing(None).signed, Standing(None).restated) == (False, 0)

"""Time limits: exact amounts as they are written, what means nothing, how people say them (D8)."""

from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from dunghen import PROVINCE
from reference import LimitError, Readings, ReferenceDataError, Timeline, count_due, load_national_calendar, load_reference
from reference.hours import DEFAULT_HOURS
from reference.limits import Limit, amount, check, say_limit
from tests.support.limits import at, limit_of

LINE = Timeline(load_national_calendar(), DEFAULT_HOURS)


@pytest.mark.parametrize(
    ("raw", "exact"),
    [
        (5, 5),
        (5.0, 5),
        ("5", 5),
        ("1,50", Decimal("1.5")),
        ("0.5", Decimal("0.5")),
        (0.1, Decimal("0.1")),
        (Decimal("0.3333"), Decimal("0.3333")),
        ("100", 100),
    ],
)
def test_an_amount_is_what_was_written(raw: object, exact: object) -> None:
    assert amount(raw) == exact
    assert type(amount(raw)) is type(exact)


ODD = ["1_5", "３", "٣", "1e3", "0x5", "--5", "1,", ",5", "9" * 13, 1e12, Decimal("1e999999999"), "5 ngày", "½"]


@pytest.mark.parametrize("raw", [True, None, "", "nửa", "1.2.3", "0.12345", float("nan"), float("inf"), [1], *ODD])
def test_what_is_no_number_is_refused(raw: object) -> None:
    """D8."""
    with pytest.raises(LimitError, match="D8"):
        amount(raw)


@pytest.mark.parametrize("text", ["0 wd", "-1 h", "0 min", "0,5 d", "1.5 mo", "0.5 min"])
def test_a_limit_that_means_nothing_is_refused(text: str) -> None:
    """D8."""
    with pytest.raises(LimitError, match="D8"):
        check(limit_of(text))


@pytest.mark.parametrize("value", [0, 1, 5])
def test_same_day_needs_no_number(value: int) -> None:
    """D5, D8."""
    assert count_due(LINE, at("Mon 2026-03-02 09:00"), (value, "same_day")).due_at == at("Mon 2026-03-02 17:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 wd", "5 ngày làm việc"),
        ("0,5 wd", "nửa ngày làm việc"),
        ("1,5 wd", "1,5 ngày làm việc"),
        ("0.25 wd", "0,25 ngày làm việc"),
        ("8 h", "8 giờ làm việc"),
        ("1.5 h", "1 giờ 30 phút làm việc"),
        ("0.5 h", "30 phút làm việc"),
        ("0.3333 h", "0,3333 giờ làm việc"),
        ("90 min", "90 phút làm việc"),
        ("10 d", "10 ngày"),
        ("1 mo", "1 tháng"),
        ("same-day", "trong ngày"),
    ],
)
def test_a_limit_is_said_as_people_say_it(text: str, said: str) -> None:
    assert say_limit(limit_of(text)) == said


def test_a_part_of_a_day_keeps_its_minute_where_whole_days_are_due_at_closing() -> None:
    """D2, D8."""
    closing = Readings(due_time="closing")
    received = at("Mon 2026-03-02 08:00")

    assert count_due(LINE, received, (Decimal("0.5"), "working_day"), rules=closing).due_at == at("Mon 2026-03-02 13:45")
    assert count_due(LINE, received, (1, "working_day"), rules=closing).due_at == at("Tue 2026-03-03 17:00")


def province(folder: Path, limit: str) -> Path:
    """The example province with one more procedure."""
    copytree(PROVINCE, folder)
    with (folder / "procedures.yaml").open("a", encoding="utf-8") as procedures:
        procedures.write(
            f"\n- {{code: '1.999001', name: Thủ tục thử, field: Thử, versions: [{{valid_from: 2015-01-01, limit: {limit}}}]}}\n"
        )
    return folder


@pytest.mark.parametrize(
    ("limit", "counted", "whole"),
    [
        ("{value: 0.5, unit: working_day}", (Decimal("0.5"), "working_day"), False),
        ("{value: '0,5', unit: working_day}", (Decimal("0.5"), "working_day"), False),
        ("{value: 1.5, unit: hour}", (Decimal("1.5"), "hour"), False),
        ("{value: 30, unit: minute}", (30, "minute"), False),
        ("{value: 2.0, unit: hour}", (2, "hour"), True),
        ("{value: 0, unit: same_day}", (0, "same_day"), True),
    ],
)
def test_reference_data_take_parts_of_a_day(limit: str, counted: Limit, whole: bool, tmp_path: Path) -> None:
    """D8: as they stand in real lists."""
    read = load_reference(province(tmp_path / "province", limit)).procedures["1.999001"].versions[0].limit

    assert read.counted == counted
    assert read.is_whole is whole
    if whole:
        assert (read.value, read.unit) == (max(1, int(counted[0])), counted[1])
    else:
        with pytest.raises(LimitError, match="D8"):
            _ = (read.value, read.unit)


@pytest.mark.parametrize("limit", ["{value: 0, unit: hour}", "{value: 0.5, unit: month}", "{value: nửa, unit: working_day}"])
def test_reference_data_with_a_limit_that_means_nothing_are_refused_by_file_and_entry(limit: str, tmp_path: Path) -> None:
    """D8."""
    with pytest.raises(ReferenceDataError, match=r"procedures\.yaml, line .*limit.*D8"):
        load_reference(province(tmp_path / "province", limit))

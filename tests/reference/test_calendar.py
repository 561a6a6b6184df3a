"""The calendar table, opening hours and the catalogue of a province."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.codes import PROCEDURE_PATTERN, UNIT_PATTERN
from dunghen import PROVINCE
from reference import (
    CalendarDay,
    OpeningHours,
    Readings,
    ReferenceDataError,
    Timeline,
    count_due,
    load_national_calendar,
    load_reference,
)
from reference.calendar import CONFIRMED_THROUGH, parse_rows
from reference.catalogue import Procedure, Unit
from reference.derivation import explain
from reference.hours import DEFAULT_HOURS, OFFICE_TIME
from reference.limits import Limit

RECEIVED = datetime(2026, 1, 5, 8, 0, tzinfo=OFFICE_TIME)


def test_the_table_knows_the_swap_that_the_library_misses() -> None:
    rows = load_national_calendar().by_date

    assert rows[date(2026, 1, 2)].kind == "off"
    assert rows[date(2026, 1, 10)].kind == "makeup"
    assert rows[date(2026, 1, 10)].announced_on == date(2025, 12, 25)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 250), (2026, 249), (2027, 249)])
def test_working_days_of_a_year_are_as_published(year: int, days: int) -> None:
    line = Timeline(load_national_calendar(), DEFAULT_HOURS)
    ordinals = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())

    assert sum(line.is_counted(ordinal) for ordinal in ordinals) == days


def test_a_patched_table_has_another_version_and_counts_otherwise() -> None:
    table = load_national_calendar()
    storm = CalendarDay(date(2026, 1, 7), "off", "Bão", "Công điện khẩn")
    patched = table.patched([storm])

    assert patched.version != table.version
    before = count_due(Timeline(table, DEFAULT_HOURS), RECEIVED, (5, "working_day")).due_at
    after = count_due(Timeline(patched, DEFAULT_HOURS), RECEIVED, (5, "working_day")).due_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_calendar_row_that_breaks_a_rule_is_refused_with_its_line() -> None:
    head = "date,kind,name,source,announced_on\n"

    with pytest.raises(ValueError, match="line 2: kind must be off or makeup"):
        parse_rows(head + "2026-01-02,holiday,x,y,\n")
    with pytest.raises(ValueError, match="line 3: source must name"):
        parse_rows(head + "2026-01-02,off,x,y,\n2026-01-03,off,x,,\n")


def test_next_year_must_be_confirmed_after_the_first_of_december() -> None:
    today = datetime.now(UTC).astimezone(OFFICE_TIME).date()
    needed = today.year + 1 if today >= date(today.year, 12, 1) else today.year

    assert needed <= CONFIRMED_THROUGH, (
        f"the off days of {needed} are not confirmed: add the official notice to reference/data/calendar-corrections.csv "
        f"and raise CONFIRMED_THROUGH in reference/calendar.py"
    )


def test_a_derivation_names_each_skipped_day_with_its_source() -> None:
    line = Timeline(load_national_calendar(), DEFAULT_HOURS)
    received = datetime(2025, 12, 31, 9, 0, tzinfo=OFFICE_TIME)
    steps = explain(line, received, (3, "working_day"), count_due(line, received, (3, "working_day")))

    skipped = next(step for step in steps if step.rule == "skipped")
    assert skipped.days == ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")
    assert "Tết Dương lịch" in skipped.text
    assert "Văn bản 12729/VPCP-KGVX ngày 25/12/2025" in skipped.source
    assert steps[-1].text == "Hẹn trả kết quả: 09:00 thứ Tư 07/01/2026."


def explained(received: datetime, limit: Limit, rules: Readings | None = None) -> dict[str, str]:
    """The sentence of each rule."""
    line = Timeline(load_national_calendar(), DEFAULT_HOURS)
    return {step.rule: step.text for step in explain(line, received, limit, count_due(line, received, limit, rules=rules))}


def test_an_explanation_names_the_rule_that_decides() -> None:
    """D2, D5, D8."""
    late = datetime(2026, 3, 2, 15, 30, tzinfo=OFFICE_TIME)
    noon = Readings(same_day_cutoff=12 * 60)

    assert explained(late, (0, "same_day"))["cutoff"] == "Tiếp nhận sau 15:00 nên trả kết quả trong ngày làm việc tiếp theo."
    assert "sau 12:00" in explained(late, (0, "same_day"), noon)["cutoff"]
    assert "cutoff" not in explained(late.replace(hour=15, minute=0), (0, "same_day"))
    assert "cutoff" not in explained(late.replace(hour=18), (0, "same_day"))  # the next opening decides
    half = explained(late.replace(hour=8, minute=0), (Decimal("0.5"), "working_day"))
    assert half["part"] == "Cộng 225 phút làm việc, trong 450 phút làm việc của thứ Hai 02/03/2026."
    assert "không tính" not in half["start"]
    one = explained(late.replace(hour=8, minute=0), (Decimal("1.5"), "working_day"))
    assert one["part"] == "Sau 1 ngày làm việc, cộng 225 phút làm việc, trong 450 phút làm việc của thứ Ba 03/03/2026."
    closing = explained(late, (1, "working_day"), Readings(due_time="closing"))
    assert closing["clipped"] == "Ngày hẹn tính đến giờ đóng cửa, 17:00."


def test_days_off_stand_on_laws_and_notices_and_never_on_a_program() -> None:
    for row in load_national_calendar().by_date.values():
        assert row.source.startswith(("Bộ luật Lao động", "Văn bản ", "Nghị quyết ", "Thông báo "))
    of_tet = load_national_calendar().by_date[date(2025, 1, 29)]
    assert (of_tet.source, of_tet.announced_on) == ("Văn bản 8726/VPCP-KGVX ngày 26/11/2024", date(2024, 11, 26))


def test_a_makeup_day_on_which_the_clock_starts_is_not_said_to_count() -> None:
    line = Timeline(load_national_calendar(), DEFAULT_HOURS)
    received = datetime(2026, 1, 10, 9, 0, tzinfo=OFFICE_TIME)
    steps = explain(line, received, (1, "working_day"), count_due(line, received, (1, "working_day")))

    assert [step.rule for step in steps] == ["start", "limit", "skipped", "due"]


@pytest.mark.parametrize(
    ("hours", "rule"),
    [
        ({"weekdays": ["7:30-11:30"]}, "must look like 07:30-11:30"),
        ({"weekdays": ["11:30-07:30"]}, "must end after they start"),
        ({"weekdays": ["07:30-11:30", "11:00-17:00"]}, "in order and not overlap"),
        ({"makeup": ["07:30-11:30"]}, "at least one weekday"),
        ({"weekdays": ["07:30-11:30"], "montag": ["07:30-11:30"]}, "Extra inputs"),
    ],
)
def test_opening_hours_that_break_a_rule_are_refused(hours: dict[str, list[str]], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        OpeningHours.model_validate(hours)


def test_a_dossier_keeps_the_procedure_version_of_its_reception() -> None:
    procedure = load_reference(PROVINCE).procedures["1.004873"]
    before, after = (procedure.version_at(datetime(2025, month, 1, tzinfo=OFFICE_TIME)) for month in (6, 7))

    assert before is not None
    assert after is not None
    assert (before.limit.value, after.limit.value) == (5, 3)
    assert procedure.version_at(datetime(2014, 6, 1, tzinfo=OFFICE_TIME)) is None


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("units.yaml", "- {code: H37, name: x, kind: village}", "units.yaml, line 1, entry 1: kind"),
        (
            "units.yaml",
            "- {code: H37, name: x, kind: province}\n- {code: H37, name: y, kind: commune}",
            "code H37 is there twice",
        ),
        ("procedures.yaml", "- {code: x, name: y, field: z, versions: []}", "procedures.yaml, line 1, entry 1: versions"),
        ("units.yaml", "- {code: X37.1, name: x, kind: commune}", "units.yaml, line 1, entry 1: code: .* match pattern"),
        (
            "procedures.yaml",
            "- code: '1.89'\n  name: x\n  field: y\n  versions: [{valid_from: 2025-07-01, limit: {unit: same_day}}]",
            "procedures.yaml, line 1, entry 1: code: .* match pattern",
        ),
        ("province.yaml", "{name: x, future_minutes: -1}", "province.yaml: future_minutes"),
        ("units.yaml", "- {code: [", "units.yaml"),
        ("units.yaml", None, "this file is missing"),
    ],
)
def test_reference_data_that_breaks_a_rule_is_refused_with_file_and_entry(
    tmp_path: Path, file: str, content: str | None, message: str
) -> None:
    for source in PROVINCE.glob("*.yaml"):
        (tmp_path / source.name).write_text(source.read_text("utf-8"), "utf-8")
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content, "utf-8")

    with pytest.raises(ReferenceDataError, match=message):
        load_reference(tmp_path)


def test_a_catalogue_takes_the_codes_that_events_take() -> None:
    codes = [model.model_json_schema()["properties"]["code"] for model in (Unit, Procedure)]

    assert [code["pattern"] for code in codes] == [UNIT_PATTERN, PROCEDURE_PATTERN]

"""The folder of reference data, read as a whole: each fault with its file, line and rule; and that a change of it is seen."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dunghen import PROVINCE
from reference import (
    OFFICE_TIME,
    CalendarChange,
    CalendarDay,
    ReferenceDataError,
    load_national_calendar,
    load_reference,
    moment,
)
from reference.calendar import CalendarTable, load_seed, parse_rows
from reference.catalogue import FUTURE, Messages
from reference.folder import OPTIONAL, Watch
from reference.periods import USUAL

UNITS = """- {code: H37, name: Tỉnh, kind: province}
- code: H37.90
  name: Xã
  kind: commune
"""
PROCEDURES = """- code: '1.000001'
  name: Cấp bản sao
  field: Hộ tịch
  bodies: [commune]
  versions:
    - {valid_from: 2025-07-01, limit: {unit: same_day}}
"""
FILES = {"province.yaml": "{name: Tỉnh Mẫu}", "units.yaml": UNITS, "procedures.yaml": PROCEDURES}
THIRD = "units.yaml, line 5, entry 3"
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a small folder, with some files otherwise; None: without it."""

    def write(**files: str | None) -> Path:
        for name, text in (FILES | {f"{name}.yaml": text for name, text in files.items()}).items():
            (tmp_path / name).unlink(missing_ok=True)
            if text is not None:
                (tmp_path / name).write_text(text, "utf-8")
        return tmp_path

    return write


def faults(folder: Path) -> list[str]:
    with pytest.raises(ReferenceDataError) as error:
        load_reference(folder)
    return str(error.value).splitlines()


def test_a_folder_without_its_optional_files_has_what_is_usual(written: Written) -> None:
    found = load_reference(written())

    assert {"statuses.yaml", "periods.yaml"} == OPTIONAL
    assert (found.province, [*found.units], [*found.procedures]) == ("Tỉnh Mẫu", ["H37", "H37.90"], ["1.000001"])
    assert (found.statuses, found.periods, found.future) == ({}, dict(USUAL), FUTURE)
    assert found.calendar == load_national_calendar()


def test_a_folder_with_them_has_its_own(written: Written) -> None:
    found = load_reference(
        written(
            province="{name: Tỉnh Mẫu, future_minutes: 7}",
            statuses="- {system: motcua, states: {xong: 9}}",
            periods="- {code: week, name: Tuần, months: 1}",
        )
    )

    assert (found.future, [*found.periods], found.state("motcua", "xong")) == (timedelta(minutes=7), ["week"], 9)
    assert load_reference(written(province="{name: x, future_minutes: 0}")).future == timedelta()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"province": "{nam: x}"}, ["province.yaml, line 1: name: Field required"]),
        ({"province": "{name: 5}"}, ["province.yaml, line 1: name: Field required"]),
        ({"province": "[x]"}, ["province.yaml, line 1: name: Field required"]),
        (
            {"province": "{name: x, future_minutes: true}"},
            ["province.yaml: future_minutes: must be a whole number of minutes, not below 0"],
        ),
        ({"units": ""}, ["units.yaml: this file is empty"]),
        ({"units": None, "procedures": None}, ["units.yaml: this file is missing", "procedures.yaml: this file is missing"]),
        ({"province": "{name: x, words: [5]}"}, ["province.yaml: words: must be a list of words"]),
        ({"units": "\n{code: H37}"}, ["units.yaml, line 2: must be a list of entries"]),
        (
            {"units": f"{UNITS}- code: H37.91\n  name: x\n  kind: village\n"},
            ["units.yaml, line 7, entry 3: kind: Input should be 'province', 'department' or 'commune'"],
        ),
        *(
            (
                {"units": f"{UNITS}- {{code: H37.91, name: x, kind: commune, hotline: '{phone}'}}\n"},
                [f"{THIRD}: hotline: String"],
            )
            for phone in ("12", "gọi trực ban", "0205 000 0212 (trực)", "0205 000 0212; 0912 000 007", "0205--- 000")
        ),
        (
            {"units": f"{UNITS}- {{code: H37.91, name: x, kind: commune, leaders: [{{title: Chủ tịch, phone: ''}}]}}\n"},
            [f"{THIRD}: leaders.0.phone: String"],
        ),
        ({"units": f"{UNITS}- 5\n"}, ["units.yaml, line 5, entry 3: entry: Input should be"]),
        (
            {"units": f"{UNITS}- {{code: H37, name: x, kind: commune}}\n"},
            ["units.yaml, line 5, entry 3: code H37 is there twice"],
        ),
        ({"units": f"{UNITS}- {{code: !odd x}}\n"}, ["units.yaml, line 5, entry 3: "]),
        (
            {"procedures": PROCEDURES.replace("same_day", "week")},
            [
                "procedures.yaml, line 6, entry 1: versions.0.limit.unit: Input should be",
                "procedures.yaml, line 6, entry 1: versions: Tuple should have at least 1 item",
            ],
        ),
        (
            {"statuses": "- {system: motcua, states: {}}"},
            ["statuses.yaml, line 1, entry 1: states: Dictionary should have at least 1"],
        ),
        ({"units": "- {code: ["}, ["units.yaml, line 1: "]),
        ({"statuses": "- {system: motcua}"}, ["statuses.yaml, line 1, entry 1: states: Field required"]),
        (
            {"procedures": PROCEDURES.replace("commune", "village, H37.90")},
            ["procedures.yaml: 1.000001: bodies: village is neither a unit nor a kind of unit"],
        ),
        (
            {"procedures": f"{PROCEDURES}    - {{valid_from: 2025-07-01, limit: {{unit: same_day}}}}\n"},
            ["procedures.yaml: 1.000001: two versions begin on the same day"],
        ),
        (
            {"units": UNITS + "  valid_from: 2025-07-02\n  valid_to: 2025-07-01\n"},
            ["units.yaml: H37.90: valid_to lies before valid_from"],
        ),
        (
            {"units": UNITS + "  predecessors: [H37, H37.89]\n"},
            ["units.yaml: H37.90: predecessors: H37.89 is not in the list; keep old units, with valid_to"],
        ),
    ],
)
def test_each_fault_is_told_in_a_line_with_file_line_and_rule(
    written: Written, files: dict[str, str | None], told: list[str]
) -> None:
    found = faults(written(**files))

    assert len(found) == len(told), found
    assert [line[: len(wanted)] for line, wanted in zip(found, told, strict=True)] == told


def test_a_unit_may_be_in_use_for_one_day_and_a_procedure_be_handled_by_each_kind(written: Written) -> None:
    load_reference(
        written(
            units=UNITS + "  valid_from: 2025-07-01\n  valid_to: 2025-07-01\n  predecessors: [H37]\n",
            procedures=PROCEDURES.replace("commune", "province, department, commune, H37.90"),
        )
    )


def test_a_unit_writes_one_part_without_accents_unless_it_says_otherwise(written: Written) -> None:
    """R25, R29."""
    other = "  messages: {accents: true, received: true, survey: false}\n  short_name: UBND xã\n"
    usual = load_reference(written()).units["H37.90"]
    own = load_reference(written(units=UNITS + other)).units["H37.90"]
    two = load_reference(written(units=UNITS + "  messages: {parts: 2}\n")).units["H37.90"]

    assert (usual.messages, usual.short_name) == (Messages(accents=False, received=False, survey=True), "")
    assert (own.messages, own.short_name) == (Messages(accents=True, received=True, survey=False), "UBND xã")
    assert [unit.messages.most_parts for unit in (usual, own, two)] == [1, 3, 2]


@pytest.mark.parametrize("wrong", ["{parts: 0}", "{parts: 7}", "{accents: vâng}", "{sms: true}"])
def test_settings_of_messages_that_mean_nothing_are_refused_with_their_line(written: Written, wrong: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"units\.yaml, line 5, entry 2: messages"):
        load_reference(written(units=UNITS + f"  messages: {wrong}\n"))


def test_a_change_of_a_file_its_coming_and_its_going_are_seen_once(written: Written) -> None:
    folder = written()
    watch = Watch(folder)
    assert watch.changed() is False

    (folder / "units.yaml").write_text(UNITS + "\n", "utf-8")
    assert (watch.changed(), watch.changed()) == (True, False)
    stat = (folder / "units.yaml").stat()
    os.utime(folder / "units.yaml", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert (watch.changed(), watch.changed()) == (True, False)
    (folder / "statuses.yaml").write_text("[]", "utf-8")
    assert (watch.changed(), watch.changed()) == (True, False)
    (folder / "statuses.yaml").unlink()
    assert (watch.changed(), watch.changed()) == (True, False)


# --- the table of the calendar ------------------------------------------------------------

SATURDAY, SUNDAY, MONDAY = date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)


def test_times_of_documents_are_moments_in_hanoi() -> None:
    assert moment(1_772_416_800_123) == datetime(2026, 3, 2, 2, 0, 0, 123_000, tzinfo=UTC)
    assert moment(0).tzinfo is OFFICE_TIME


def test_single_dates_are_off_or_made_up_for_and_a_weekday_that_is_worked_is_a_usual_day() -> None:
    table = CalendarTable((CalendarDay(MONDAY, "off", "x", "y"), CalendarDay(SUNDAY, "off", "kept", "y")), 2015, 2035, 2026)
    changed = table.with_days({MONDAY: "work", SATURDAY: "work", date(2026, 3, 10): "off"})

    assert changed.by_date == {
        SUNDAY: CalendarDay(SUNDAY, "off", "kept", "y"),
        SATURDAY: CalendarDay(SATURDAY, "makeup", "Ngày làm việc bù", "patch"),
        date(2026, 3, 10): CalendarDay(date(2026, 3, 10), "off", "Ngày nghỉ", "patch"),
    }
    assert (changed.first_year, changed.last_year, changed.confirmed_through) == (2015, 2035, 2026)
    named = table.with_days({SATURDAY: "work", MONDAY: "off"}, "Hoán đổi", "TB 1")
    assert {(row.name, row.source) for day, row in named.by_date.items() if day != SUNDAY} == {("Hoán đổi", "TB 1")}
    assert table.with_days({SUNDAY: "work"}).by_date[SUNDAY].kind == "makeup"


def test_changes_hold_in_their_order_and_never_take_a_confirmation_back() -> None:
    """R8."""
    now = datetime(2026, 3, 2, tzinfo=OFFICE_TIME)

    def change(number: int, kind: str, through: int | None) -> CalendarChange:
        return CalendarChange(number, now, ((MONDAY, kind),), f"{number}", "TB", None, through)  # type: ignore[arg-type]

    table = CalendarTable((), 2015, 2035, 2026)
    changed = table.changed([change(1, "off", 2027), change(2, "work", None), change(3, "off", 2025)])
    assert (changed.by_date[MONDAY].name, changed.confirmed_through) == ("3", 2027)
    assert (changed.first_year, changed.last_year) == (2015, 2035)
    assert table.changed([change(1, "off", 2027), change(2, "work", None)]).by_date == {}


def test_equal_tables_have_equal_versions_and_any_difference_is_another() -> None:
    row = CalendarDay(MONDAY, "off", "x", "y")
    table, other = CalendarTable((row,), 2015, 2035, 2026), CalendarDay(SUNDAY, "off", "x", "y")
    others = [
        CalendarTable((CalendarDay(*changed),), 2015, 2035, 2026)
        for changed in (
            (SATURDAY, "off", "x", "y"),
            (MONDAY, "makeup", "x", "y"),
            (MONDAY, "off", "z", "y"),
            (MONDAY, "off", "x", "z"),
        )
    ] + [CalendarTable((row,), *years) for years in ((2014, 2035, 2026), (2015, 2036, 2026), (2015, 2035, 2027))]

    assert len({one.version for one in [table, *others]}) == 8
    assert table.version.startswith("vn-")
    assert len(table.version) == 15
    assert CalendarTable((row, other), 2015, 2035, 2026).version == CalendarTable((other, row), 2015, 2035, 2026).version


def test_a_row_of_the_table_is_read_with_all_that_it_says_and_a_later_one_replaces_it() -> None:
    head = "date,kind,name,source,announced_on\n"
    rows = parse_rows(head + "2026-03-07,makeup,Bù,TB 1,2026-02-01\n2026-03-09,off,Nghỉ,TB 2,\n")

    assert rows == (
        CalendarDay(SATURDAY, "makeup", "Bù", "TB 1", date(2026, 2, 1)),
        CalendarDay(MONDAY, "off", "Nghỉ", "TB 2", None),
    )
    again = CalendarDay(SATURDAY, "off", "x", "y")
    assert CalendarTable(rows, 2015, 2035, 2026).patched([again]).by_date[SATURDAY] == again
    for wrong, told in (("2026-13-01,off,x,y,\n", "line 2"), ("2026-03-07,off\n", "line 2")):
        with pytest.raises(ValueError, match=f"calendar {told}: "):
            parse_rows(head + wrong)


def test_the_national_table_is_the_seed_with_its_corrections_on_top() -> None:
    seed, table = load_seed(), load_national_calendar()

    assert (table.first_year, table.last_year, table.confirmed_through) == (2015, 2035, 2026)
    assert (seed.first_year, seed.last_year, seed.confirmed_through) == (2015, 2035, 2026)
    assert len(table.days) > len(seed.days) > 0
    assert seed.by_date != table.by_date


def test_the_demos_province_has_its_own_words_and_no_fault() -> None:
    assert load_reference(PROVINCE).statuses


@pytest.mark.parametrize("phone", ["113", "1900 1234", "0205 000 0212", "(0205) 000-0212", "+84.205.000.0212"])
def test_a_public_phone_is_written_as_offices_write_it(written: Written, phone: str) -> None:
    entry = f"{{code: H37.91, name: x, kind: commune, hotline: '{phone}', leaders: [{{title: Chủ tịch, phone: '{phone}'}}]}}"
    unit = load_reference(written(units=f"{UNITS}- {entry}\n")).units["H37.91"]

    assert (unit.hotline, unit.leaders[0].phone) == (phone, phone)

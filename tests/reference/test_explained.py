"""How a due date says that it came about: the sentences of each kind of step."""

from datetime import datetime, timedelta

import pytest

from reference import OpeningHours, Pause, Readings, Timeline, count_due, load_national_calendar
from reference.derivation import CIVIL_CODE, DerivationStep, explain, say_instant, say_pause, say_waited
from reference.hours import DEFAULT_HOURS
from reference.limits import LimitUnit
from reference.timeline import to_instant
from reference.worktime import Paused, PauseKind, Waited
from tests.support.limits import at, limit_of

LINE = Timeline(load_national_calendar(), DEFAULT_HOURS)
RECEIVED = "Mon 2026-03-02 09:00"


def steps(
    received: str, limit: str, *pauses: tuple[str, str | None, str], restart: bool = False, line: Timeline = LINE
) -> dict[str, DerivationStep]:
    """The steps by their rule; of several with one rule, the last."""
    begun = at(received)
    counted = limit_of(limit)
    waits = [Pause(kind, at(start), at(end) if end else None) for start, end, kind in pauses]  # type: ignore[arg-type]
    found = explain(line, begun, counted, count_due(line, begun, counted, waits, restart=restart))
    return {step.rule: step for step in found}


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("5 wd", "Thời hạn giải quyết: 5 ngày làm việc."),
        ("10 d", "Thời hạn giải quyết: 10 ngày."),
        ("2 mo", "Thời hạn giải quyết: 2 tháng."),
        ("8 h", "Thời hạn giải quyết: 8 giờ làm việc."),
        ("same-day", "Thời hạn giải quyết: trong ngày."),
    ],
)
def test_the_limit_is_said_in_its_unit(limit: str, text: str) -> None:
    step = steps(RECEIVED, limit)["limit"]

    assert step == DerivationStep("limit", text, (), "Thủ tục hành chính tại thời điểm tiếp nhận")


@pytest.mark.parametrize(
    ("received", "limit", "text", "day"),
    [
        (
            RECEIVED,
            "5 wd",
            "Tiếp nhận lúc 09:00 thứ Hai 02/03/2026, trong giờ làm việc; ngày bắt đầu không tính vào thời hạn.",
            "2026-03-02",
        ),
        (RECEIVED, "8 h", "Tiếp nhận lúc 09:00 thứ Hai 02/03/2026, trong giờ làm việc.", "2026-03-02"),
        (RECEIVED, "same-day", "Tiếp nhận lúc 09:00 thứ Hai 02/03/2026, trong giờ làm việc.", "2026-03-02"),
        (
            "Sat 2026-03-07 09:05",
            "10 d",
            "Tiếp nhận lúc 09:05 thứ Bảy 07/03/2026, ngoài giờ làm việc: tính từ 07:30 thứ Hai 09/03/2026"
            "; ngày bắt đầu không tính vào thời hạn.",
            "2026-03-09",
        ),
    ],
)
def test_the_start_says_whether_it_lay_in_opening_hours(received: str, limit: str, text: str, day: str) -> None:
    """D2, D3."""
    assert steps(received, limit)["start"] == DerivationStep("start", text, (day,), CIVIL_CODE)


def test_while_a_pause_lasts_its_reason_is_said_and_that_there_is_no_date() -> None:
    found = steps(RECEIVED, "5 wd", ("Tue 2026-03-03 09:00", None, "fee"))

    text = "Dừng tính từ 09:00 thứ Ba 03/03/2026: chờ thực hiện nghĩa vụ tài chính."
    assert found["pause"] == DerivationStep("pause", text, ("2026-03-03",))
    assert found["due"] == DerivationStep("due", "Đồng hồ đang dừng: chưa có ngày hẹn trả cho đến khi được chạy tiếp.")
    assert "skipped" not in found


def test_a_pause_names_each_of_its_reasons_once_and_its_two_days() -> None:
    pauses = [("Tue 2026-03-03 09:00", "Tue 2026-03-03 11:00", kind) for kind in ("supplement", "agency", "supplement")]
    step = steps(RECEIVED, "5 wd", *pauses)["pause"]

    assert "(chờ người dân bổ sung giấy tờ và lấy ý kiến cơ quan khác)" in step.text
    assert "từ 09:00 thứ Ba 03/03/2026 đến 11:00 thứ Ba 03/03/2026" in step.text
    assert step.days == ("2026-03-03", "2026-03-03")


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("Mon 2026-03-02 10:45", "cộng thêm 45 phút."),
        ("Mon 2026-03-02 12:00", "cộng thêm 2 giờ."),
        ("Mon 2026-03-02 12:05", "cộng thêm 2 giờ 5 phút."),
    ],
)
def test_what_a_pause_adds_to_a_limit_that_runs_through_days_off_is_said_in_hours_and_minutes(end: str, text: str) -> None:
    assert steps(RECEIVED, "10 d", ("Mon 2026-03-02 10:00", end, "fee"))["pause"].text.endswith(text)


def test_what_a_pause_adds_to_a_limit_in_working_time_is_working_time() -> None:
    """D6."""
    step = steps(RECEIVED, "5 wd", ("Mon 2026-03-02 10:00", "Mon 2026-03-02 13:45", "fee"))["pause"]

    assert step.text.endswith("cộng thêm 1 giờ 45 phút làm việc.")


def test_a_limit_that_begins_anew_says_so() -> None:
    """D7."""
    wait = ("Tue 2026-03-03 09:00", "Thu 2026-03-05 10:00", "supplement")
    step = steps(RECEIVED, "5 wd", wait, restart=True)["restart"]

    assert step.text == (
        "Tính lại từ đầu sau khi nhận đủ hồ sơ, dừng từ 09:00 thứ Ba 03/03/2026 đến 10:00 thứ Năm 05/03/2026"
        " (chờ người dân bổ sung giấy tờ)."
    )
    assert step.days == ("2026-03-03", "2026-03-05")


def test_a_last_day_that_is_off_is_said_to_be_pushed_and_only_in_limits_of_days_and_months() -> None:
    """D4."""
    text = "Ngày cuối 07/03 là ngày nghỉ nên chuyển sang ngày làm việc tiếp theo."

    assert steps(RECEIVED, "5 d")["pushed"] == DerivationStep("pushed", text, ("2026-03-07",), CIVIL_CODE)
    assert "pushed" not in steps(RECEIVED, "4 d")
    assert "pushed" not in steps(RECEIVED, "5 wd")


def test_days_off_are_named_with_their_days_and_where_the_unit_is_closed_by_its_own_hours() -> None:
    weekend = steps(RECEIVED, "5 wd")["skipped"]
    assert weekend.text == "Không tính 07/03-08/03/2026: cuối tuần."
    assert (weekend.days, weekend.source) == (("2026-03-07", "2026-03-08"), "Ngày nghỉ hằng tuần của đơn vị")
    assert "skipped" not in steps(RECEIVED, "7 d")  # it runs through them

    no_wednesdays = Timeline(LINE.calendar, OpeningHours.model_validate({"weekdays": ["07:30-11:30"], "wed": []}))
    assert steps(RECEIVED, "2 wd", line=no_wednesdays)["skipped"].text == "Không tính 04/03: cuối tuần."


def test_a_makeup_day_that_counts_is_named_with_its_notice() -> None:
    """D9."""
    step = steps("Fri 2026-01-09 09:00", "1 wd")["makeup"]

    assert step.text.startswith("Có tính thứ Bảy 10/01/2026: ")
    assert step.text[len("Có tính thứ Bảy 10/01/2026: ")].islower()
    assert (step.days, "25/12/2025" in step.source) == (("2026-01-10",), True)


def test_a_year_whose_list_of_days_off_is_not_confirmed_is_said_to_be_provisional() -> None:
    """R8."""
    text = "Lịch nghỉ sau năm 2026 chưa được công bố chính thức: ngày hẹn là tạm tính."

    assert steps("Wed 2026-12-30 09:00", "3 wd")["provisional"] == DerivationStep("provisional", text)
    assert "provisional" not in steps(RECEIVED, "3 wd")


START = "ngày bắt đầu không tính vào thời hạn"
LIMIT_SOURCE = "Thủ tục hành chính tại thời điểm tiếp nhận"


@pytest.mark.parametrize(
    ("received", "limit", "pauses", "whole"),
    [
        (  # two pauses, New Year behind the start, a makeup Saturday among the days
            "Wed 2025-12-31 17:30",
            "5 wd",
            [
                ("Mon 2026-01-05 10:00", "Tue 2026-01-06 11:30", "supplement"),
                ("Wed 2026-01-07 08:00", "Wed 2026-01-07 09:00", "agency"),
            ],
            [
                DerivationStep(
                    "start",
                    f"Tiếp nhận lúc 17:30 thứ Tư 31/12/2025, ngoài giờ làm việc: tính từ 07:30 thứ Hai 05/01/2026; {START}.",
                    ("2026-01-05",),
                    "Bộ luật Dân sự 2015, Điều 147, 148",
                ),
                DerivationStep("limit", "Thời hạn giải quyết: 5 ngày làm việc.", (), LIMIT_SOURCE),
                DerivationStep(
                    "pause",
                    "Không tính thời gian từ 10:00 thứ Hai 05/01/2026 đến 11:30 thứ Ba 06/01/2026 "
                    "(chờ người dân bổ sung giấy tờ): cộng thêm 1 ngày làm việc và 1 giờ 30 phút làm việc.",
                    ("2026-01-05", "2026-01-06"),
                ),
                DerivationStep(
                    "pause",
                    "Không tính thời gian từ 08:00 thứ Tư 07/01/2026 đến 09:00 thứ Tư 07/01/2026 (lấy ý kiến cơ quan khác)"
                    ": cộng thêm 1 giờ làm việc.",
                    ("2026-01-07", "2026-01-07"),
                ),
                DerivationStep(
                    "makeup",
                    "Có tính thứ Bảy 10/01/2026: làm bù cho ngày 02/01/2026.",
                    ("2026-01-10",),
                    "Văn bản 12729/VPCP-KGVX ngày 25/12/2025",
                ),
                DerivationStep("skipped", "Không tính 11/01: cuối tuần.", ("2026-01-11",), "Ngày nghỉ hằng tuần của đơn vị"),
                DerivationStep("due", "Hẹn trả kết quả: 10:00 thứ Hai 12/01/2026.", ("2026-01-12",)),
            ],
        ),
        (  # through days off, onto a day off
            "Tue 2026-03-31 18:00",
            "1 mo",
            [("Wed 2026-04-01 10:00", "Thu 2026-04-02 11:30", "force_majeure")],
            [
                DerivationStep(
                    "start",
                    f"Tiếp nhận lúc 18:00 thứ Ba 31/03/2026, ngoài giờ làm việc: tính từ 07:30 thứ Tư 01/04/2026; {START}.",
                    ("2026-04-01",),
                    "Bộ luật Dân sự 2015, Điều 147, 148",
                ),
                DerivationStep("limit", "Thời hạn giải quyết: 1 tháng.", (), LIMIT_SOURCE),
                DerivationStep(
                    "pause",
                    "Không tính thời gian từ 10:00 thứ Tư 01/04/2026 đến 11:30 thứ Năm 02/04/2026 (bất khả kháng)"
                    ": cộng thêm 25 giờ 30 phút.",
                    ("2026-04-01", "2026-04-02"),
                ),
                DerivationStep(
                    "pushed",
                    "Ngày cuối 02/05 là ngày nghỉ nên chuyển sang ngày làm việc tiếp theo.",
                    ("2026-05-02",),
                    "Bộ luật Dân sự 2015, Điều 147, 148",
                ),
                DerivationStep("due", "Hẹn trả kết quả: 09:00 thứ Hai 04/05/2026.", ("2026-05-04",)),
            ],
        ),
        (  # after 15:00 on the last day before Tết
            "Fri 2026-02-13 15:30",
            "same-day",
            [],
            [
                DerivationStep(
                    "start",
                    "Tiếp nhận lúc 15:30 thứ Sáu 13/02/2026, trong giờ làm việc.",
                    ("2026-02-13",),
                    "Bộ luật Dân sự 2015, Điều 147, 148",
                ),
                DerivationStep("limit", "Thời hạn giải quyết: trong ngày.", (), LIMIT_SOURCE),
                DerivationStep(
                    "cutoff",
                    "Tiếp nhận sau 15:00 nên trả kết quả trong ngày làm việc tiếp theo.",
                    ("2026-02-23",),
                    "Nghị định 61/2018/NĐ-CP, Điều 18",
                ),
                DerivationStep(
                    "skipped",
                    "Không tính 14/02-22/02/2026: Tết Nguyên đán.",
                    tuple(f"2026-02-{day}" for day in range(14, 23)),
                    "Văn bản của Văn phòng Chính phủ về nghỉ Tết Âm lịch, Quốc khánh 2026 ngày 13/10/2025",
                ),
                DerivationStep("due", "Hẹn trả kết quả: 17:00 thứ Hai 23/02/2026.", ("2026-02-23",)),
            ],
        ),
        (  # into a year that is not confirmed
            "Wed 2026-12-30 09:00",
            "1,5 wd",
            [],
            [
                DerivationStep(
                    "start",
                    f"Tiếp nhận lúc 09:00 thứ Tư 30/12/2026, trong giờ làm việc; {START}.",
                    ("2026-12-30",),
                    "Bộ luật Dân sự 2015, Điều 147, 148",
                ),
                DerivationStep("limit", "Thời hạn giải quyết: 1,5 ngày làm việc.", (), LIMIT_SOURCE),
                DerivationStep(
                    "part",
                    "Sau 1 ngày làm việc, cộng 225 phút làm việc, trong 450 phút làm việc của thứ Năm 31/12/2026.",
                    ("2026-12-31",),
                ),
                DerivationStep("due", "Hẹn trả kết quả: 14:45 thứ Năm 31/12/2026.", ("2026-12-31",)),
            ],
        ),
    ],
)
def test_a_whole_explanation_reads_word_for_word(
    received: str, limit: str, pauses: list[tuple[str, str, PauseKind]], whole: list[DerivationStep]
) -> None:
    begun, counted = at(received), limit_of(limit)
    waits = [Pause(kind, at(start), at(end)) for start, end, kind in pauses]

    assert list(explain(LINE, begun, counted, count_due(LINE, begun, counted, waits))) == whole


@pytest.mark.parametrize(
    ("hours", "received", "limit", "rules", "text"),
    [
        (["08:00-12:00"], "Mon 2026-03-02 11:00", "1 wd", Readings(), "11:00 ở ngoài giờ làm việc của ngày hẹn nên lấy 10:00."),
        (
            ["08:00-12:00"],
            "Mon 2026-03-02 11:00",
            "1 wd",
            Readings(due_time="closing"),
            "Ngày hẹn tính đến giờ đóng cửa, 10:00.",
        ),
        (
            ["08:00-12:00"],
            "Mon 2026-03-02 09:05",
            "1 d",
            Readings(due_time="closing"),
            "Ngày hẹn tính đến giờ đóng cửa, 10:00.",
        ),
    ],
)
def test_another_time_of_day_than_the_count_gave_is_explained(
    hours: list[str], received: str, limit: str, rules: Readings, text: str
) -> None:
    """D2."""
    line = Timeline(LINE.calendar, OpeningHours.model_validate({"weekdays": hours, "tue": ["08:00-10:00"]}))
    begun, counted = at(received), limit_of(limit)
    found = {step.rule: step for step in explain(line, begun, counted, count_due(line, begun, counted, rules=rules))}

    assert found["clipped"] == DerivationStep("clipped", text, ("2026-03-03",))


@pytest.mark.parametrize(
    ("received", "limit"), [(RECEIVED, "1 wd"), (RECEIVED, "8 h"), (RECEIVED, "90 min"), (RECEIVED, "1 d")]
)
def test_a_time_of_day_that_the_count_gave_needs_no_explanation(received: str, limit: str) -> None:
    assert "clipped" not in steps(received, limit)


@pytest.mark.parametrize(
    ("waited", "unit", "words"),
    [
        (Waited(0, 0), "working_day", "0 giờ làm việc"),
        (Waited(1, 0), "working_day", "1 ngày làm việc"),
        (Waited(2, 90), "working_day", "2 ngày làm việc và 1 giờ 30 phút làm việc"),
        (Waited(0, 59), "hour", "59 phút làm việc"),
        (Waited(0, 60), "minute", "1 giờ làm việc"),
        (Waited(0, 61), "month", "1 giờ 1 phút"),
        (Waited(0, 2880), "calendar_day", "48 giờ"),
    ],
)
def test_how_long_a_pause_was_is_said_in_the_time_of_the_limit(waited: Waited, unit: LimitUnit, words: str) -> None:
    assert say_waited(waited, unit) == words


def test_a_pause_that_lasts_has_a_begin_and_a_reason_and_no_end() -> None:
    begin = at("Mon 2026-03-02 09:00")
    paused = Paused(
        (Pause("supplement", begin, None), Pause("fee", begin, None)), begin, None, Waited(0, 0), 0, restarted=False
    )

    assert say_pause(paused) == (
        "từ 09:00 thứ Hai 02/03/2026 (chờ người dân bổ sung giấy tờ và chờ thực hiện nghĩa vụ tài chính)"
    )


def test_a_moment_is_said_as_it_is_in_hanoi() -> None:
    assert say_instant(datetime.fromisoformat("2026-01-09T18:05+00:00")) == "01:05 thứ Bảy 10/01/2026"


def test_what_was_counted_names_its_calendar_its_clock_and_its_readings() -> None:
    """R8."""
    received, limit = at("Wed 2026-12-30 09:00"), limit_of("3 wd")
    rules = Readings(due_time="closing")
    counted = count_due(LINE, received, limit, rules=rules)

    assert (counted.state, counted.due_at, counted.provisional) == ("due", at("Tue 2027-01-05 17:00"), True)
    assert (counted.calendar_version, counted.applied, counted.rules) == (LINE.calendar.version, (), rules)
    assert [to_instant(minute) for minute in (counted.clock.start, counted.clock.raw)] == [received, at("Tue 2027-01-05 09:00")]
    waiting = count_due(LINE, received, limit, [Pause("fee", received, None)])
    assert (waiting.state, waiting.due_at, waiting.provisional, waiting.rules) == ("paused", None, True, Readings())
    raw = waiting.clock.raw
    assert waiting.applied == (Paused((Pause("fee", received, None),), received, None, Waited(0, 0), raw, restarted=False),)


def test_the_days_of_a_week_have_their_names_and_a_step_names_a_source_only_if_it_has_one() -> None:
    names = ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"]
    monday = at("Mon 2026-03-02 09:00")

    assert [say_instant(monday + timedelta(days=day)) for day in range(7)] == [
        f"09:00 {name} {day:02}/03/2026" for day, name in enumerate(names, start=2)
    ]
    assert DerivationStep("limit", "x") == DerivationStep("limit", "x", (), "")

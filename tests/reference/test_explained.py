"""How a due date says that it came about: the sentences of each kind of step."""

import pytest

from reference import OpeningHours, Pause, Timeline, count_due, load_national_calendar
from reference.derivation import CIVIL_CODE, DerivationStep, explain
from reference.hours import DEFAULT_HOURS
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

"""Times as senders write them: what means one thing is taken, what could mean two is refused."""

from datetime import datetime

import pytest

from reference import OFFICE_TIME
from services.intake.domain import office_time

MOMENT = datetime(2026, 2, 12, 15, 40, tzinfo=OFFICE_TIME)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = (  # of the week that begins on Monday, 9 February 2026
    ("Thứ Hai", "thứ 2"),
    ("Thứ Ba", "thứ 3"),
    ("Thứ Tư", "thứ 4"),
    ("Thứ Năm", "thứ 5"),
    ("Thứ Sáu", "thứ 6"),
    ("Thứ Bảy", "thứ 7"),
    ("Chủ nhật",),
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-12T15:40+07:00",
        "2026-02-12T08:40:00Z",
        "2026-02-12T15:40:00.0000000+07:00",
        "2026-02-12T15:40:00.000+0700",
        "2026-02-12 15:40:00",
        "20260212154000",
        "12/02/2026 15:40",
        "12/2/2026 15:40:00",
        "12-02-2026 15:40",
        "12.02.2026 15:40",
        "2026/02/12 15:40:00",
        "12/02/2026 3:40:00 CH",
        "12/02/2026 03:40 PM",
        "12/02/2026, 15:40",
        "15:40 12/02/2026",
        "15:40:00 ngày 12/02/2026",
        "15h40 ngày 12/02/2026",
        "15 giờ 40 phút, ngày 12/02/2026",
        "12/02/2026 15h40",
        " 12/02/2026 15:40\u00a0",
        "12/02/2026 lúc 15:40",
        "ngày 12 tháng 02 năm 2026, lúc 15 giờ 40",
        "12 tháng 2 năm 2026 vào lúc 15h40'",
        "lúc 15 giờ 40 phút ngày 12 tháng 2 năm 2026",
        "3h40 chiều 12/02/2026",
        "15h40 CHIỀU 12/02/2026",
        "12/02/2026 3 gio\u031b\u0300 40 chiê\u0300u",  # as a Mac keeps it
        "12.02.2026 15.40",
        "12-Feb-2026 15:40",
        "12 feb 2026 3:40 PM",
        "12/02/2026 15:40:00.000",
        "12/02/2026\u00a015:40",
        "12/02/2026\u202f15:40",
        "12/02/2026\t15:40",
        "Thứ Năm, 12/02/2026 15:40",
        "thứ 5 ngày 12/02/2026 lúc 15h40",
        "12/02/2026 - 15:40",
        "15:40 - 12/02/2026",
    ],
)
def test_what_means_one_time_is_taken(text: str) -> None:
    assert office_time(text) == MOMENT


@pytest.mark.parametrize(("month", "name"), list(enumerate(MONTHS, 1)))
def test_every_month_is_known_by_its_english_name(month: int, name: str) -> None:
    assert office_time(f"12-{name}-2026 15:40") == MOMENT.replace(month=month)


@pytest.mark.parametrize(("day", "names"), list(enumerate(DAYS, 9)))
def test_every_day_of_the_week_is_known_and_has_to_be_that_of_its_date(day: int, names: tuple[str, ...]) -> None:
    for name in names:
        assert office_time(f"{name}, {day:02}/02/2026 15:40") == MOMENT.replace(day=day)
        with pytest.raises(ValueError, match="không phải ngày giờ"):
            office_time(f"{name}, {day + 1:02}/02/2026 15:40")


@pytest.mark.parametrize(
    ("text", "hour"),
    [("12/02/2026 12:00 SA", 0), ("12/02/2026 12:00 CH", 12), ("12/02/2026 9 giờ", 9), ("9h ngày 12/02/2026", 9)],
)
def test_halves_of_a_day_and_whole_hours(text: str, hour: int) -> None:
    assert office_time(text) == MOMENT.replace(hour=hour, minute=0)


@pytest.mark.parametrize(
    "text",
    [
        "12/02/26 15:40",  # which year
        "02/13/2026 15:40",  # there is no such month
        "12/02/2026 15:40 CH",  # half a day has twelve hours
        "12/02/2026 0:40 SA",
        "12/02-2026 15:40",
        "12/02/2026 25:00",
        "31/02/2026 09:00",
        "2026-02-12T24:00",
        "2026-W07-4T15:40",
        "12/02/2026 15:40 giờ",
        "12/02/2026 12 giờ sáng",  # of which day
        "12/02/2026 12 giờ tối",
        "12/02/2026 8 giờ chiều",
        "12/02/2026 15h40 sáng",
        "12/02/2026 3:40 CH chiều",
        "12-Fev-2026 15:40",
        "Thứ Sáu, 12/02/2026 15:40",  # it was a Thursday
        "thứ 8, 12/02/2026 15:40",
        "Chủ nhật, 12/02/2026 15:40",
        "Thu Feb 12 15:40:00 ICT 2026",
        "/Date(1770885600000)/",
        "1770885600",
        "",
    ],
)
def test_what_could_mean_two_times_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="không phải ngày giờ"):
        office_time(text)


@pytest.mark.parametrize("text", ["12/02/2026", "2026-02-12", "20260212", "12-02-2026", "2026/02/12"])
def test_a_day_alone_lacks_its_hour(text: str) -> None:
    with pytest.raises(ValueError, match="thiếu giờ"):
        office_time(text)

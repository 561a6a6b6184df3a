"""Make reference/data/calendar.csv from the `holidays` library: a plan of off days and swaps, to be corrected by hand."""

import csv
import io
from importlib.metadata import version

import holidays

from reference.calendar import FIRST_YEAR, LAST_YEAR

SATURDAY = 5


def tidy(name: str) -> str:
    """One family name in front, the day of it in brackets: Tết Nguyên đán (mùng hai)."""
    if name == "29 Tết":
        return "Tết Nguyên đán (29 Tết)"
    if name.endswith("Tết Nguyên Đán"):
        which = name.removesuffix("Tết Nguyên Đán").strip() or "mùng một"
        return f"Tết Nguyên đán ({which[0].lower()}{which[1:]})"
    return name.replace("Ngày nghỉ (thay", "Nghỉ hoán đổi (thay")


def generate() -> str:
    """The whole file as text: off days that fall on weekdays, makeup days that fall on weekends, by date."""
    table = holidays.country_holidays("VN", years=range(FIRST_YEAR, LAST_YEAR + 1), language="vi")
    source = f"holidays {version('holidays')} (VN)"
    rows = [(day.isoformat(), "off", tidy(name), source, "") for day, name in table.items() if day.weekday() < SATURDAY]
    rows += [
        (day.isoformat(), "makeup", "Ngày làm bù", source, "")
        for day in table.weekend_workdays
        if FIRST_YEAR <= day.year <= LAST_YEAR
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", "kind", "name", "source", "announced_on"))
    writer.writerows(sorted(rows))
    return out.getvalue()

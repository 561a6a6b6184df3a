"""Make reference/data/calendar.csv: days off and swaps planned with the `holidays` library, each row with the law or the
notice that it stands on. Corrections by hand go to reference/data/calendar-corrections.csv.
"""

import csv
import io
from datetime import date

import holidays

from reference.calendar import CONFIRMED_THROUGH, FIRST_YEAR, LAST_YEAR

SATURDAY = 5
LAW_2012, LAW_2019 = "Bộ luật Lao động 2012, Điều 115", "Bộ luật Lao động 2019, Điều 112"
IN_FORCE_2019 = 2021  # the year from which the law of 2019 holds
CULTURE_DAY = "Nghị quyết 28/2026/QH16 (Ngày Văn hóa Việt Nam)"
OF_2026 = "Văn bản của Văn phòng Chính phủ về nghỉ Tết Âm lịch, Quốc khánh 2026"  # its number was not seen
# Notices by number and day, and the rows that stand on each: from a day to a day, kinds of names.
NOTICES: tuple[tuple[date, date, tuple[str, ...], str, date], ...] = (
    (date(2024, 2, 8), date(2024, 2, 14), ("Tết Nguyên đán",), "Văn bản 8662/VPCP-KGVX", date(2023, 11, 3)),
    (date(2024, 9, 2), date(2024, 9, 3), ("Quốc khánh",), "Văn bản 8662/VPCP-KGVX", date(2023, 11, 3)),
    (date(2024, 4, 29), date(2024, 5, 4), ("Nghỉ hoán đổi", "Ngày làm bù"), "Văn bản 2450/VPCP-KGVX", date(2024, 4, 12)),
    (date(2025, 1, 27), date(2025, 1, 31), ("Tết Nguyên đán",), "Văn bản 8726/VPCP-KGVX", date(2024, 11, 26)),
    (date(2025, 4, 26), date(2025, 5, 2), ("Nghỉ hoán đổi", "Ngày làm bù"), "Văn bản 8726/VPCP-KGVX", date(2024, 11, 26)),
    (date(2025, 9, 1), date(2025, 9, 2), ("Quốc khánh",), "Văn bản 8726/VPCP-KGVX", date(2024, 11, 26)),
    (date(2026, 2, 16), date(2026, 2, 20), ("Tết Nguyên đán",), OF_2026, date(2025, 10, 13)),
    (date(2026, 8, 22), date(2026, 9, 2), ("Quốc khánh", "Nghỉ hoán đổi", "Ngày làm bù"), OF_2026, date(2025, 10, 13)),
)


def tidy(name: str) -> str:
    """One family name in front, the day of it in brackets: Tết Nguyên đán (mùng hai)."""
    if name == "29 Tết":
        return "Tết Nguyên đán (29 Tết)"
    if name.endswith("Tết Nguyên Đán"):
        which = name.removesuffix("Tết Nguyên Đán").strip() or "mùng một"
        return f"Tết Nguyên đán ({which[0].lower()}{which[1:]})"
    return name.replace("Ngày nghỉ (thay", "Nghỉ hoán đổi (thay")


def source_of(day: date, name: str) -> tuple[str, str]:
    """What a row stands on, and when that was announced (ISO; empty: a law, or a notice whose number is not known here)."""
    for first, last, kinds, notice, announced in NOTICES:
        if first <= day <= last and name.startswith(kinds):
            return f"{notice} ngày {announced:%d/%m/%Y}", announced.isoformat()
    if day.year > CONFIRMED_THROUGH and name.startswith(("Tết Nguyên đán", "Quốc khánh")):
        return f"{LAW_2019}; thông báo nghỉ năm {day.year} chưa có, ngày là ước tính", ""
    if name.startswith(("Nghỉ hoán đổi", "Ngày làm bù")):
        return f"Thông báo hoán đổi ngày làm việc năm {day.year} (số, ngày chưa ghi trong danh mục)", ""
    if name.startswith("Ngày Văn hóa"):
        return CULTURE_DAY, ""
    return LAW_2019 if day.year >= IN_FORCE_2019 else LAW_2012, ""


def generate() -> str:
    """The whole file as text: off days that fall on weekdays, makeup days that fall on weekends, by date."""
    table = holidays.country_holidays("VN", years=range(FIRST_YEAR, LAST_YEAR + 1), language="vi")
    rows = [(day, "off", tidy(name)) for day, name in table.items() if day.weekday() < SATURDAY]
    rows += [(day, "makeup", "Ngày làm bù") for day in table.weekend_workdays if FIRST_YEAR <= day.year <= LAST_YEAR]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("date", "kind", "name", "source", "announced_on"))
    writer.writerows((day.isoformat(), kind, name, *source_of(day, name)) for day, kind, name in sorted(rows))
    return out.getvalue()

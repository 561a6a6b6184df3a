"""What the law wants posted in public: per unit its procedures with limits, fees and papers, its hotline, its leaders' phones.

The same pages are served by intake and written as files by `dunghen reference pages`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from reference import OFFICE_TIME, OpeningHours, Procedure, ProcedureVersion, ReferenceData, Unit
from reference.limits import say_limit
from runtime.pages import Pages

_DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


@dataclass(frozen=True, slots=True)
class Posted:
    """One procedure as it stands on the page."""

    procedure: Procedure
    version: ProcedureVersion

    @property
    def limit(self) -> str:
        """`5 ngày làm việc`."""
        return say_limit(self.version.limit.counted)


def units_on(reference: ReferenceData, day: date) -> list[Unit]:
    """The units in use that have something to post."""
    return [
        unit
        for unit in reference.units.values()
        if unit.in_use(day) and any(procedure.is_handled_by(unit) for procedure in reference.procedures.values())
    ]


def posted(reference: ReferenceData, unit: Unit, day: date) -> list[tuple[str, str, list[Posted]]]:
    """A unit's procedures in force on a day: (field, legal bases, procedures)."""
    noon = datetime.combine(day, time(12), OFFICE_TIME)
    by_field: dict[str, list[Posted]] = {}
    for procedure in reference.procedures.values():
        version = procedure.version_at(noon)
        if version is not None and procedure.is_handled_by(unit):
            by_field.setdefault(procedure.field, []).append(Posted(procedure, version))
    return [
        (field, "; ".join(dict.fromkeys(entry.version.legal_base for entry in entries if entry.version.legal_base)), entries)
        for field, entries in by_field.items()
    ]


def say_hours(hours: OpeningHours) -> list[str]:
    """`Thứ Hai đến Thứ Sáu: 07:30-11:30, 13:30-17:00`, days with the same hours together."""
    days = (hours.mon, hours.tue, hours.wed, hours.thu, hours.fri, hours.sat, hours.sun)
    lines: list[str] = []
    first = 0
    for place in range(1, len(days) + 1):
        if place == len(days) or days[place] != days[first]:
            if days[first]:
                names = _DAYS[first] if place - first == 1 else f"{_DAYS[first]} đến {_DAYS[place - 1]}"
                lines.append(f"{names}: {_sessions(days[first])}")
            first = place
    return [*lines, *([f"Thứ Bảy tiếp nhận: {_sessions(hours.service)}"] if hours.service else [])]


def _sessions(sessions: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{s // 60:02}:{s % 60:02}-{e // 60:02}:{e % 60:02}" for s, e in sessions)


def index_page(pages: Pages, reference: ReferenceData, day: date, suffix: str = "") -> str:
    """The list of units."""
    return pages.text("posting_index.html", {"reference": reference, "units": units_on(reference, day), "suffix": suffix})


def unit_page(pages: Pages, reference: ReferenceData, unit: Unit, day: date, suffix: str = "") -> str:
    """One unit's page, which is its A4 sheets when printed."""
    values = {
        "province": reference.province,
        "unit": unit,
        "fields": posted(reference, unit, day),
        "hours": say_hours(unit.hours),
        "day": day,
        "suffix": suffix,
    }
    return pages.text("posting.html", values)

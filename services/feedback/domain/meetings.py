"""Days on which leaders receive people, and dialogues (decision 44): what is entered, and what is wrong with a form of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from contracts.facts import epoch_ms
from reference import OFFICE_TIME, BeyondCalendarError, ReferenceData, moment
from services.changes import By

MeetingKind = Literal["reception", "dialogue"]
LONGEST = {"leader": 100, "place": 200, "about": 300, "why": 300}
OLDEST, FARTHEST, MOST_WEEKS = timedelta(days=30), timedelta(days=366), 52


@dataclass(frozen=True, slots=True)
class Note:
    """Who entered or called it off, and when (ms). `why`: for everybody to read."""

    at: int
    by: By
    why: str = ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One of them. `leader`: a position, never a name; `begins`: ms since 1970; `about`: what it is about."""

    id: str
    unit: str
    kind: MeetingKind
    begins: int
    leader: str
    place: str
    about: str
    entered: Note
    cancelled: Note | None = None

    @property
    def at(self) -> datetime:
        """When it begins."""
        return moment(self.begins)

    def open_for_items(self, now: datetime) -> bool:
        """Whether what was said there can be written down: it has begun, and was not called off."""
        return self.cancelled is None and self.at <= now

    def called_off(self, note: Note) -> "Meeting":
        """Not taking place. One that was called off, or has begun, stays as it is."""
        return self if self.cancelled is not None or self.begins <= note.at else replace(self, cancelled=note)


@dataclass(frozen=True, slots=True)
class Planned:
    """A form as it was filled in. `weeks`: how often, a week apart."""

    unit: str
    kind: MeetingKind
    day: str
    begins: str
    leader: str
    place: str
    about: str = ""
    weeks: str = "1"


def plan(planned: Planned, reference: ReferenceData, now: datetime) -> tuple[list[datetime], dict[str, str]]:
    """When those of a form begin, and what is wrong with it by field.

    Nobody is received on a day off: of a weekly row such days are left out, as in the week of Tết."""
    today = now.astimezone(OFFICE_TIME).date()
    day, at, weeks = _day(planned.day, today), _time(planned.begins), _weeks(planned.weeks)
    faults = _wrong_words(planned, reference, today)
    if day is None:
        faults["day"] = "Xin chọn ngày, không quá 30 ngày trước và một năm sau hôm nay"
    if at is None:
        faults["begins"] = "Xin ghi giờ bắt đầu, ví dụ 08:00"
    if weeks is None:
        faults["weeks"] = f"Xin ghi số từ 1 đến {MOST_WEEKS}"
    if faults or day is None or at is None or weeks is None:
        return [], faults
    days = [one for number in range(weeks) if (one := day + timedelta(weeks=number)) <= today + FARTHEST]
    if planned.kind == "reception":
        days = [one for one in days if _works(reference, planned.unit, one)]
    if day not in days:
        return [], {"day": f"{day:%d/%m/%Y} không phải ngày làm việc của đơn vị, hoặc chưa có lịch của năm đó"}
    return [datetime.combine(one, at, OFFICE_TIME) for one in days], {}


def _wrong_words(planned: Planned, reference: ReferenceData, today: date) -> dict[str, str]:
    unit, words = (
        reference.units.get(planned.unit),
        {name: getattr(planned, name).strip() for name in ("leader", "place", "about")},
    )
    faults = {name: f"Dài quá {LONGEST[name]} ký tự" for name, own in words.items() if len(own) > LONGEST[name]}
    faults |= {name: "Xin ghi mục này" for name in ("leader", "place") if not words[name]}
    if unit is None or not unit.in_use(today):
        faults["unit"] = "Xin chọn một đơn vị trong danh sách"
    return faults


def meeting_of(name: str, planned: Planned, begins: datetime, entered: Note) -> Meeting:
    """The meeting that a form without faults asks for."""
    words = {part: getattr(planned, part).strip() for part in ("leader", "place", "about")}
    return Meeting(name, planned.unit, planned.kind, epoch_ms(begins), entered=entered, **words)


def _works(reference: ReferenceData, unit: str, day: date) -> bool:
    try:
        return reference.timeline(unit).is_counted(day.toordinal())
    except BeyondCalendarError:
        return False


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if today - OLDEST <= day <= today + FARTHEST else None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if len(text) == len("08:00") else None
    except ValueError:
        return None


def _weeks(text: str) -> int | None:
    known = {str(number): number for number in range(1, MOST_WEEKS + 1)}
    return known.get(text.strip())

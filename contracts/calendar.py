"""calendar.v1: changes of the working calendar while the system runs (writer: sla). Every service reads all of it."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Effect, EventData


class ChangedDay(BaseModel):
    """One date of a change."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    day: date = Field(description="Ngày, Asia/Ho_Chi_Minh.")
    kind: Literal["off", "work"] = Field(description="off: nghỉ lễ, nghỉ bù, đóng cửa; work: làm bù, or an off day taken back.")


class CalendarChanged(Effect):
    """Off days, swaps (hoán đổi) or a local closure became known. What was counted before keeps the version it names."""

    TYPE: ClassVar[str] = "vn.dunghen.calendar.changed.v1"
    SERIES: ClassVar[str] = "changed"
    number: int = Field(ge=1, description="Running number; a calendar is the seed with all changes up to a number.")
    unit: str | None = Field(default=None, description="Mã định danh of the one unit it is for; absent: the whole province.")
    days: tuple[ChangedDay, ...] = Field(description="The dates it changes.")
    name: str = Field(max_length=200, description="What people call it, e.g. Nghỉ hoán đổi Tết Dương lịch.")
    source: str = Field(min_length=3, max_length=300, description="Number and date of the notice or decision.")
    confirmed_through: int | None = Field(
        default=None, description="The last year whose list is complete now; counts into it are no longer provisional (R8)."
    )


CALENDAR_TYPES: tuple[type[EventData], ...] = (CalendarChanged,)

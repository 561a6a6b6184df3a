"""metrics.v1: figures for the province, one cell per role, unit, procedure and day (writer: reporting)."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import EventData

Role = Literal["received", "competent"]


class Counters(BaseModel):
    """Flows of one day. Stocks (open, overdue) are sums over days; field and province are sums over cells."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    received_online: int = Field(default=0, ge=0, description="Accepted that day, KenhThucHien 2 (II.06a column 4).")
    received_direct: int = Field(default=0, ge=0, description="Accepted that day at the counter, KenhThucHien 1 (column 5).")
    received_post: int = Field(default=0, ge=0, description="Accepted that day by public post, KenhThucHien 3 (column 5).")
    resolved_early: int = Field(default=0, ge=0, description="Ended that day on an earlier date than promised (column 8).")
    resolved_on_time: int = Field(
        default=0, ge=0, description="Ended that day on the promised date, not after the time (column 9)."
    )
    resolved_late: int = Field(default=0, ge=0, description="Ended that day after the promised time (column 10).")
    overdue_opened: int = Field(default=0, ge=0, description="Promises that passed unfulfilled that day.")
    overdue_closed: int = Field(default=0, ge=0, description="Dossiers past their promise that ended that day.")
    late_with_letter: int = Field(
        default=0, ge=0, description="Dossiers whose first promise passed that day unfulfilled, with a letter issued since."
    )
    late_without_letter: int = Field(default=0, ge=0, description="The same, without a letter.")
    letters_sent: int = Field(default=0, ge=0, description="Apology letters issued that day.")
    ratings: int = Field(default=0, ge=0, description="Surveys answered that day.")
    rating_answers: int = Field(default=0, ge=0, description="Answers in them that have a score; those without are in no mean.")
    rating_points: int = Field(default=0, ge=0, description="Sum of those scores, 100 to 0 each.")


class MetricsCell(EventData):
    """The current value of one cell; the highest revision of a key holds."""

    TYPE: ClassVar[str] = "vn.dunghen.metrics.cell.v1"
    role: Role = Field(description="received: by the unit that took it in; competent: by the unit that decides.")
    unit: str = Field(description="Mã định danh of the unit in that role.")
    procedure: str = Field(description="Mã TTHC.")
    day: date = Field(description="Business day, Asia/Ho_Chi_Minh.")
    counters: Counters = Field(description="Flows of the day (docs/counters.md).")
    revision: int = Field(ge=1, description="Highest of a key holds.")
    definition: str = Field(description="Version of the counter definitions.")


METRIC_TYPES: tuple[type[EventData], ...] = (MetricsCell,)

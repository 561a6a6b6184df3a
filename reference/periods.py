"""Report periods as data (R37): months from the 15th to the 14th, quarters, the year, the plan's own year."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field

from reference.hours import OFFICE_TIME


class PeriodKind(BaseModel):
    """A series of periods: each begins on `first_day` of every `months`-th month from `first_month` on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(description="Kỳ báo cáo, as the head of the form says it.")
    months: int = Field(ge=1, le=12, description="How long a period is.")
    first_month: int = Field(default=12, ge=1, le=12)
    first_day: int = Field(default=15, ge=1, le=28)
    closes: time | None = Field(
        default=None, description="On its last day it may be frozen from this time on; none: the day after."
    )
    source: str = ""

    def around(self, day: date) -> tuple[date, date]:
        """First and last day of the period that a day is in."""
        first = day.replace(day=self.first_day)
        while first > day or (first.month - self.first_month) % self.months:
            first = (first.replace(day=1) - timedelta(days=1)).replace(day=self.first_day)
        return first, self._next(first) - timedelta(days=1)

    def _next(self, first: date) -> date:
        number = first.year * 12 + first.month - 1 + self.months
        return date(number // 12, number % 12 + 1, self.first_day)

    def has(self, first: date, last: date) -> bool:
        """Whether these days are one period of the series."""
        return self.around(first) == (first, last)

    def closed(self, last: date, now: datetime) -> bool:
        """Whether a period that ends on this day may be frozen."""
        return now >= datetime.combine(last, self.closes or time.max, OFFICE_TIME)


# What holds where a province has no periods.yaml.
USUAL: Mapping[str, PeriodKind] = {
    kind.code: kind
    for kind in (
        PeriodKind(code="month", name="Tháng", months=1, source="NĐ 09/2019/NĐ-CP, Điều 12"),
        PeriodKind(code="quarter", name="Quý", months=3, source="NĐ 09/2019/NĐ-CP, Điều 12"),
        PeriodKind(code="year", name="Năm", months=12, source="NĐ 09/2019/NĐ-CP, Điều 12"),
        # Reported before the 15th of November, so it is frozen on its own last day.
        PeriodKind(
            code="plan-year",
            name="Năm kế hoạch",
            months=12,
            first_month=11,
            closes=time(17),
            source="Kế hoạch, báo cáo trước 15/11",
        ),
    )
}


def kinds_of(periods: Mapping[str, PeriodKind], first: date, last: date) -> Iterator[PeriodKind]:
    """The series that these days are one period of."""
    return (kind for kind in periods.values() if kind.has(first, last))

"""reports.v1: frozen period reports, and what was found later to be different (writer: reporting)."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import EventData, Statement


class ReportLine(BaseModel):
    """One line of II.06a: a field of one competent unit; columns by official number."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    unit: str = Field(description="Competent unit.")
    field: str = Field(description="Lĩnh vực (column 2).")
    columns: dict[str, int] = Field(description='Keys "3" to "13".')


class ReportChange(BaseModel):
    """One figure that is another than the one stated before."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    unit: str = Field(description="Competent unit.")
    field: str = Field(description="Lĩnh vực.")
    column: str = Field(description="Official number of the column, 3 to 13.")
    before: int = Field(description="As stated by the version before.")
    after: int = Field(description="As it is known now.")


class ReportStated(Statement):
    """What both say: which report, which period (both days included), which version."""

    SERIES: ClassVar[str] = "report"

    report: str = Field(description="II.06a")
    first: date = Field(description="Từ ngày, included.")
    last: date = Field(description="Đến ngày, included.")
    version: int = Field(ge=1, description="1: frozen; each restatement is one higher.")
    definition: str = Field(description="Version of the counter definitions.")

    @property
    def edition(self) -> int:
        """Its version."""
        return self.version


class ReportPublished(ReportStated):
    """A period is frozen: these are its figures, and they stay."""

    TYPE: ClassVar[str] = "vn.dunghen.report.published.v1"
    lines: tuple[ReportLine, ...] = Field(description="All lines of the sheet.")
    adjustments: tuple[ReportChange, ...] = Field(
        default=(),
        description="What became known of the period before after its freeze and is booked in this one: `before` is the figure "
        "by the days of this period alone, `after` the one in the sheet.",
    )


class ReportRestated(ReportStated):
    """Facts that came after the freeze change figures of the period; the frozen sheet stays as it was."""

    TYPE: ClassVar[str] = "vn.dunghen.report.restated.v1"
    reason: str = Field(description="Why, in a sentence.")
    changes: tuple[ReportChange, ...] = Field(description="Each figure that is another one now.")
    dossiers: tuple[str, ...] = Field(default=(), description="Because of which dossiers: the first hundred, by their codes.")
    others: int = Field(default=0, ge=0, description="How many more there are; reporting's API names all.")


REPORT_TYPES: tuple[type[EventData], ...] = (ReportPublished, ReportRestated)

"""What reporting answers with, as types: for OpenAPI, and checked on the way out."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from contracts.definitions import load_definitions
from contracts.reports import ReportChange
from services.reporting.domain import REPORT, Frozen, Sheet
from services.reporting.domain.forms import Values
from services.reporting.domain.periods import Restated
from services.reporting.domain.standing import Standing
from services.reporting.overview import ProcedureLine
from services.reporting.reports import Wanted

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]  # written as it is kept


class FormRow(BaseModel):
    """A line of a form: a unit or a field, and its columns by their official number."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]

    unit: str
    field: str

    @classmethod
    def of(cls, unit: str, field: str, values: Values) -> "FormRow":
        """From the columns by their number."""
        return cls.model_validate({"unit": unit, "field": field, **_keyed(values)})


class FilledForm(BaseModel):
    """A form filled in now."""

    report: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    counted_at: Time | None = Field(description="When the figures were last counted completely.")
    newest_at: Time | None = Field(description="When the newest of what any figure follows from was recorded.")
    frozen_at: Time | None = Field(description="When this period was frozen; null: it is not, its figures still change.")
    standing: str = Field(description="The same in words, as the printed form carries them.")
    unheard: list[str] = Field(
        description="Units of the form that nothing was ever heard of, by their names: their zeros say nothing."
    )
    unit: str
    units_as_of: date
    rows: list[FormRow]
    total: dict[str, int]
    missing: dict[str, str] = Field(description="Columns without a source, and why.")

    @classmethod
    def of(cls, sheet: Sheet, standing: Standing, wanted: Wanted) -> "FilledForm":
        """A sheet that was asked for."""
        return cls(
            report=sheet.form.code,
            first=sheet.first,
            last=sheet.last,
            counted_at=_seconds(standing.counted_at),
            newest_at=_seconds(standing.newest),
            frozen_at=_seconds(standing.frozen_at),
            standing=standing.words,
            unheard=list(standing.unheard),
            unit=wanted.unit,
            units_as_of=wanted.units_day,
            rows=[FormRow.of(row.unit, row.field, row.values) for row in sheet.rows],
            total=_keyed(sheet.total),
            missing={str(column.number): column.missing for column in sheet.form.columns if column.missing},
        )


class Behind(BaseModel):
    """The dossiers that make a figure."""

    column: int
    figure: int
    dossiers: list[str]


class ColumnChange(BaseModel):
    """A figure that became another."""

    unit: str
    field: str
    column: str
    before: int
    after: int

    @classmethod
    def of(cls, change: ReportChange) -> "ColumnChange":
        """As it was stated."""
        place = {"unit": change.unit, "field": change.field, "column": change.column}
        return cls(**place, before=change.before, after=change.after)


class Restatement(BaseModel):
    """A later version of a frozen period: what changed, when it was said, and why."""

    version: int
    at: Time
    reason: str
    changes: list[ColumnChange]
    dossiers: list[str] = Field(description="Because of which dossiers: the first hundred by their codes.")
    others: int = Field(description="How many more there are; `/v1/reports/II.06a/frozen/dossiers` names all.")

    @classmethod
    def of(cls, noted: Restated) -> "Restatement":
        """As it was stated."""
        changes = [ColumnChange.of(change) for change in noted.changes]
        return cls(
            version=noted.version,
            at=noted.at.isoformat(),
            reason=noted.reason,
            changes=changes,
            dossiers=list(noted.dossiers),
            others=noted.others,
        )


class Causes(BaseModel):
    """All dossiers that a restatement is because of."""

    version: int
    number: int
    dossiers: list[str]


class FrozenPeriod(BaseModel):
    """A period as it was frozen, and what was restated since."""

    report: str
    kind: str
    first: date
    last: date
    version: int
    definition: str
    frozen_at: Time
    frozen_by: str | None = Field(description="Who froze it; null: before there were log-ins.")
    standing: str = Field(description="How old and how final it is, in words.")
    adjustments: list[ColumnChange]
    changes: list[Restatement]
    rows: list[FormRow]

    @classmethod
    def of(cls, period: Frozen, sheet: Sheet) -> "FrozenPeriod":
        """A frozen period and its sheet."""
        return cls(
            report=REPORT,
            kind=period.kind,
            first=period.days.first,
            last=period.days.last,
            version=period.version,
            definition=period.definition,
            frozen_at=period.frozen_at.isoformat(),
            frozen_by=None if period.by is None else period.by.name,
            standing=period.standing.words,
            adjustments=[ColumnChange.of(change) for change in period.adjustments],
            changes=[Restatement.of(noted) for noted in period.restated],
            rows=[FormRow.of(row.unit, row.field, row.values) for row in sheet.rows],
        )


class KnownPeriod(BaseModel):
    """A period of the list, the one that holds today."""

    kind: str
    name: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    frozen: bool


class DayFigures(BaseModel):
    """One day's stocks and flows."""

    day: date
    opening: int
    received: int
    resolved: int
    closing: int
    overdue: int


class ProcedureFigures(BaseModel):
    """One procedure over a period: counters as they are, rates and percentiles as numbers or null."""

    procedure: str
    name: str
    counters: dict[str, int]
    rates: dict[str, float | None]
    percentiles: dict[str, int | None]
    definition: str

    @classmethod
    def of(cls, found: ProcedureLine) -> "ProcedureFigures":
        """By the definitions in force."""
        definitions, during = load_definitions(), found.line.during
        rates = {rate.name: definitions.rate(rate.name, during) for rate in definitions.rates}
        return cls(
            procedure=found.code,
            name=found.line.name,
            counters={name: number for name, number in during.items() if number},
            rates={name: None if value is None else float(value) for name, value in rates.items()},
            percentiles={p.name: definitions.percentile(p.name, during) for p in definitions.percentiles},
            definition=definitions.version,
        )


def _seconds(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _keyed(values: Values) -> dict[str, int]:
    return {str(number): value for number, value in values.items()}

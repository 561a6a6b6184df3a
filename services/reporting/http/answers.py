"""What reporting answers with, as types: for OpenAPI, and checked on the way out."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]  # written as it is kept


class FormRow(BaseModel):
    """A line of a form: a unit or a field, and its columns by their official number."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]

    unit: str
    field: str


class FilledForm(BaseModel):
    """A form filled in now, or as it was frozen."""

    report: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    counted_at: Time | None = Field(description="When the figures were last counted completely.")
    unit: str
    units_as_of: date
    rows: list[FormRow]
    total: dict[str, int]
    missing: dict[str, str] = Field(description="Columns without a source, and why.")


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


class Restatement(BaseModel):
    """A later version of a frozen period: what changed, when it was said, and why."""

    version: int
    at: Time
    reason: str
    changes: list[ColumnChange]


class FrozenPeriod(BaseModel):
    """A period as it was frozen, and what was restated since."""

    report: str
    kind: str
    first: date
    last: date
    version: int
    definition: str
    frozen_at: Time
    adjustments: list[ColumnChange]
    changes: list[Restatement]
    rows: list[FormRow]


class KnownPeriod(BaseModel):
    """A period of the list, the one that holds today."""

    kind: str
    name: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
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
    """One procedure over a period."""

    procedure: str
    name: str
    counters: dict[str, int]
    rates: dict[str, float | None]
    percentiles: dict[str, int | None]
    definition: str

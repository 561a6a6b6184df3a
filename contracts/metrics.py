"""metrics.v1: figures for the province, one cell per role, unit, procedure and day (writer: reporting).

Beside them cells of a type of their own say who answered petitions in time, per unit, kind, channel and day: a reader of the
first passes over the second (docs/decisions/0051-petition-cells.md).
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, create_model

from contracts.codes import UnitCode
from contracts.definitions import load_definitions
from contracts.envelope import EventData, Statement
from contracts.petitions import PetitionChannel

Role = Literal["received", "competent"]


# One field per counter of counters.yaml; a reader has to expect counters that it does not know.
Counters = create_model(
    "Counters",
    __config__=ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True),
    __doc__="Flows of one day. Stocks (open, overdue) are sums over days; field and province are sums over cells.",
    **{  # type: ignore[call-overload]
        counter.name: (int, Field(default=0, ge=0, description=f"{counter.words}: {counter.when}."))
        for counter in load_definitions().counters
    },
)


class MetricsCell(Statement):
    """The current value of one cell; the highest revision of a key holds."""

    TYPE: ClassVar[str] = "vn.dunghen.metrics.cell.v1"
    SERIES: ClassVar[str] = "cell"
    role: Role = Field(description="received: by the unit that took it in; competent: by the unit that decides.")
    unit: str = Field(description="Mã định danh of the unit in that role.")
    procedure: str = Field(description="Mã TTHC.")
    day: date = Field(description="Business day, Asia/Ho_Chi_Minh.")
    counters: Counters = Field(description="Flows of the day (docs/counters.md).")
    revision: int = Field(ge=1, description="Highest of a key holds.")
    definition: str = Field(description="Version of the counter definitions.")

    @property
    def edition(self) -> int:
        """Its revision."""
        return self.revision


class CountedCell(MetricsCell):
    """A cell as its writer says it: with the counters that it has, where a reader finds all there are, most of them 0."""

    counters: dict[str, Annotated[int, Field(ge=0)]]  # type: ignore[assignment]  # it is written, never read


class PetitionCell(Statement):
    """Suggestions and petitions that had to be answered on one day (R32), once that day is over; the highest revision of a key
    holds. A share is the sum of `in_time` over the sum of `due`."""

    TYPE: ClassVar[str] = "vn.dunghen.metrics.petitions.v1"
    SERIES: ClassVar[str] = "petition-cell"
    unit: UnitCode = Field(description="Mã định danh of the unit that has them.")
    kind: Literal["suggestion", "petition"] = Field(
        description="Complaints and denunciations are on no topic of figures (R34)."
    )
    channel: PetitionChannel = Field(description="Which way they came.")
    day: date = Field(description="Business day, Asia/Ho_Chi_Minh, on which they had to be answered.")
    due: int = Field(ge=0, description="Rounds that had to be answered that day; of what is raised again each is one.")
    in_time: int = Field(ge=0, description="Of them, answered and not after they were due.")
    answered: int = Field(ge=0, description="Of them, answered at all.")
    again: int = Field(ge=0, description="Of them, raised again: second and later rounds.")
    published: int = Field(ge=0, description="Of them, with their answer on the public board.")
    revision: int = Field(ge=1, description="Highest of a key holds.")

    @property
    def edition(self) -> int:
        """Its revision."""
        return self.revision


METRIC_TYPES: tuple[type[EventData], ...] = (MetricsCell, PetitionCell)

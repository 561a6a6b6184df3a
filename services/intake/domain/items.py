"""An item: one event of one dossier as a sender writes it, in JSON or as a row of a file."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from contracts.codes import DossierCode, ProcedureCode, UnitCode
from reference import OFFICE_TIME
from services.intake.domain.problems import Fault, FaultError, faults_of

_VIETNAMESE_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_office_time(value: Any) -> Any:  # noqa: ANN401 - pydantic judges what is no text
    """ISO 8601 or dd/mm/yyyy hh:mm; without offset it is Vietnamese time (+07:00). Raises ValueError."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    match = _VIETNAMESE_DATE.fullmatch(text)
    try:
        if match is not None:
            day, month, year, hour, minute, second = (int(group or 0) for group in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=OFFICE_TIME)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("không phải ngày giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40") from None
    if len(text) <= 10:
        raise ValueError("thiếu giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40")
    return moment if moment.tzinfo else moment.replace(tzinfo=OFFICE_TIME)


def _as_text(value: Any) -> Any:  # noqa: ANN401 - numbers are fine as occasions
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


OfficeTime = Annotated[datetime, BeforeValidator(parse_office_time)]
Occasion = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,64}$")]


# Events that say only when they happened.
PlainKind = Literal[
    "supplement-requested",
    "supplemented",
    "fee-requested",
    "fee-paid",
    "suspended",
    "resumed",
    "completed",
    "returned",
    "refused",
    "withdrawn",
    "stopped",
]


class Contact(BaseModel):
    """How to reach the person who filed (Mẫu 01). Leaves intake only inside a sealed box."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=500)

    def is_empty(self) -> bool:
        """Whether nothing was given at all."""
        return not (self.name or self.phone or self.email or self.address)


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    dossier: DossierCode
    occasion: Occasion | None = None
    at: OfficeTime
    observed_at: OfficeTime | None = None


class ReceivedItem(_Item):
    """Tiếp nhận."""

    type: Literal["received"]
    procedure: ProcedureCode
    receiving_unit: UnitCode
    competent_unit: UnitCode | None = None
    channel: Annotated[
        Literal[1, 2, 3], BeforeValidator(lambda v: int(v) if isinstance(v, str) and v in ("1", "2", "3") else v)
    ] = 1
    promised_at: OfficeTime | None = None
    contact: Contact | None = None


class ProgressedItem(_Item):
    """A step of the handling."""

    type: Literal["progressed"]
    step: str = Field(min_length=1, max_length=200)
    department: str | None = Field(default=None, max_length=200)
    started_at: OfficeTime | None = None
    step_due_at: OfficeTime | None = None


class ReappointedItem(_Item):
    """Hẹn lại ngày trả."""

    type: Literal["reappointed"]
    new_due_at: OfficeTime


class PlainItem(_Item):
    """Events that say only when they happened."""

    type: PlainKind


class RetractedItem(_Item):
    """Takes a fact back: `fact` and `occasion` say which."""

    type: Literal["retracted"]
    fact: Literal["received", "progressed", "reappointed", PlainKind]


Item = ReceivedItem | ProgressedItem | ReappointedItem | PlainItem | RetractedItem
_ITEM: TypeAdapter[Item] = TypeAdapter(Annotated[Item, Field(discriminator="type")])

# Happens more than once to a dossier, so that an item without occasion needs an ordinal.
REPEATING = frozenset(
    {
        "progressed",
        "supplement-requested",
        "supplemented",
        "fee-requested",
        "fee-paid",
        "suspended",
        "resumed",
        "reappointed",
    }
)


def parse_item(raw: Any) -> Item:  # noqa: ANN401 - whatever was sent
    """Check one item. Raises FaultError naming each field and rule."""
    if not isinstance(raw, Mapping):
        raise FaultError([Fault("item", "object", "phải là một đối tượng JSON")])
    given = {key: value for key, value in raw.items() if value is not None and value != ""}
    contact = {
        key.removeprefix("contact_"): given.pop(key)
        for key in list(given)
        if isinstance(key, str) and key.startswith("contact_")
    }
    if contact and "contact" not in given:
        given["contact"] = contact
    try:
        return _ITEM.validate_python(given)
    except ValidationError as error:
        raise FaultError(faults_of(error)) from None

"""An item: what a sender writes about one dossier, in JSON or as a row of a file: one event, or a snapshot of the whole."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from contracts.codes import DossierCode, ProcedureCode, UnitCode
from contracts.dossiers import ReturnMethod
from services.intake.domain.times import office_time


def _time(value: object) -> object:
    """Of a text; a number could be seconds, milliseconds or digits of a date, and is no time."""
    if isinstance(value, str):
        return office_time(value)
    if isinstance(value, datetime):  # from a rule, not from a sender
        return value
    raise ValueError("ngày giờ phải là chuỗi ký tự")


UNREADABLE: Literal["unreadable"] = "unreadable"


def _time_or_not(value: object) -> object:
    """Of what counts in one state only: what cannot be read is refused there, and not in the others."""
    try:
        return _time(value)
    except ValueError:
        return UNREADABLE


def _channel(value: object) -> object:
    return int(value) if isinstance(value, str) and value in ("1", "2", "3") else None if isinstance(value, bool) else value


def _as_text(value: object) -> object:
    """Numbers are fine as occasions and states."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


# A code in small letters means the same one: no official code has any.
Code = Annotated[DossierCode, BeforeValidator(_capitals)]
OfficeTime = Annotated[datetime, BeforeValidator(_time)]
Occasion = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,64}$")]
Channel = Annotated[Literal[1, 2, 3], BeforeValidator(_channel)]
Word = Annotated[str, BeforeValidator(_as_text), StringConstraints(min_length=1, max_length=40)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]

# Events that say only when they happened.
PlainKind = Literal[
    "supplement-requested",
    "supplemented",
    "fee-requested",
    "fee-paid",
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


class LinkedPart(BaseModel):
    """Liên thông: one part of a linked dossier, the body that handles it, and its own code if it has one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    part: str = Field(min_length=1, max_length=200)
    unit: UnitCode | None = None
    dossier: DossierCode | None = None


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    dossier: Code
    observed_at: OfficeTime | None = None


class _Event(_Item):
    occasion: Occasion | None = None
    at: OfficeTime


class SubmittedItem(_Event):
    """Mới đăng ký: handed in, not accepted yet. What is left out and was said before still holds."""

    type: Literal["submitted"]
    procedure: ProcedureCode
    receiving_unit: UnitCode
    competent_unit: UnitCode | None = None
    channel: Channel | None = None


class ReceivedItem(_Event):
    """Tiếp nhận. What is left out and was said before still holds."""

    type: Literal["received"]
    procedure: ProcedureCode
    receiving_unit: UnitCode
    competent_unit: UnitCode | None = None
    channel: Channel | None = Field(default=None, description="1 if never given.")
    return_method: ReturnMethod | None = None
    out_of_area: bool | None = Field(default=None, description="Phi địa giới.")
    linked: tuple[LinkedPart, ...] = Field(default=(), max_length=20)
    promised_at: OfficeTime | None = None
    contact: Contact | None = None


class ProgressedItem(_Event):
    """A step of the handling; with `state`, the state that the dossier was in after it (CapNhatTienDoHoSoMC)."""

    type: Literal["progressed"]
    step: str | None = Field(default=None, max_length=200, description="May be left out beside a state.")
    department: str | None = Field(default=None, max_length=200)
    started_at: OfficeTime | None = None
    step_due_at: OfficeTime | None = None
    state: Word | None = None


class ReappointedItem(_Event):
    """Hẹn lại ngày trả."""

    type: Literal["reappointed"]
    new_due_at: OfficeTime


class PlainItem(_Event):
    """Events that say only when they happened."""

    type: PlainKind


class SuspendedItem(_Event):
    """Lấy ý kiến cơ quan khác, or bất khả kháng with the document of who signed for it (rule 2.7 d)."""

    type: Literal["suspended"]
    reason: Literal["agency", "force_majeure"] | None = None
    decision: str | None = Field(default=None, min_length=3, max_length=200, description="Số, ngày văn bản.")

    @model_validator(mode="after")
    def _signed(self) -> "SuspendedItem":
        if self.reason == "force_majeure" and self.decision is None:
            raise ValueError("bất khả kháng phải có decision: số, ngày văn bản của người có thẩm quyền")
        return self


class RetractedItem(_Event):
    """Takes a fact back: `fact` and `occasion` say which."""

    type: Literal["retracted"]
    fact: Literal["submitted", "received", "progressed", "reappointed", "suspended", PlainKind]


class Supplement(BaseModel):
    """One round of a snapshot's supplements (DanhSachHoSoBoSung)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    occasion: Occasion | None = Field(default=None, description="HoSoBoSungId; left out: its place in the list.")
    requested_at: OfficeTime = Field(description="NgayBoSung.")
    supplemented_at: OfficeTime | None = Field(default=None, description="NgayTiepNhanBoSung.")
    previous_due_at: OfficeTime | None = Field(default=None, description="NgayHenTraTruoc: NgayHenTra before the round.")
    new_due_at: OfficeTime | None = Field(default=None, description="NgayHenTraMoi.")


class Reappointment(BaseModel):
    """A re-promise that a snapshot marks as such."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    at: OfficeTime
    new_due_at: OfficeTime


class SnapshotItem(_Item):
    """Everything a sender knows of a dossier now (DongBoHoSoMC, a row of Mẫu 07). Its difference to what is known is stated."""

    type: Literal["snapshot"]
    state: Word = Field(description="TrangThaiHoSo, in the sender's own words.")
    procedure: ProcedureCode | None = None
    procedure_name: Name | None = Field(default=None, description="Where there is no code: the name as in the catalogue.")
    receiving_unit: UnitCode | None = None
    competent_unit: UnitCode | None = None
    competent_unit_name: Name | None = Field(default=None, description="Where there is no code.")
    channel: Channel | None = None
    return_method: ReturnMethod | None = None
    out_of_area: bool | None = Field(default=None, description="Phi địa giới.")
    linked: tuple[LinkedPart, ...] = Field(default=(), max_length=20)
    promised_at: OfficeTime | None = Field(default=None, description="NgayHenTra.")
    submitted_at: Annotated[datetime | Literal["unreadable"] | None, BeforeValidator(_time_or_not)] = Field(
        default=None, description="NgayNopHoSo; read in state 1 alone."
    )
    received_at: OfficeTime | None = Field(default=None, description="NgayTiepNhan.")
    completed_at: OfficeTime | None = Field(default=None, description="NgayKetThucXuLy, of the states 3, 7, 8, 9 and 10.")
    returned_at: OfficeTime | None = Field(default=None, description="NgayTra.")
    supplements: tuple[Supplement, ...] = Field(default=(), max_length=50)
    reappointed: Reappointment | None = None
    contact: Contact | None = None


OtherItem = ProgressedItem | ReappointedItem | SuspendedItem | PlainItem | RetractedItem
EventItem = SubmittedItem | ReceivedItem | OtherItem
Item = EventItem | SnapshotItem
TaggedItem = Annotated[Item, Field(discriminator="type")]

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

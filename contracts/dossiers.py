"""dossiers.v1: the facts of a dossier as its office reported them (writer: intake). No personal data."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from contracts.codes import ProcedureCode, UnitCode
from contracts.envelope import Named
from contracts.ids import fact_id

Sure = Literal["guessed", "reported"]
ReturnMethod = Literal["counter", "post", "online", "home", "ceremony"]
LimitUnit = Literal["hour", "working_day", "calendar_day", "month", "same_day"]
ExactUnit = Literal["minute", "hour", "working_day", "calendar_day", "month", "same_day"]
Strategy = Literal["extend", "restart"]
State = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]  # TrangThaiHoSo of the national portal


# A time that a sender wrote as content keeps the offset it was written with: whether content is new is told by its words.
AsWritten = Annotated[AwareDatetime, PlainSerializer(datetime.isoformat, return_type=str, when_used="json")]


class Fact(Named):
    """What every fact carries: which occurrence it is, and which report of that occurrence."""

    occasion: str = Field(description="1 for what happens once; the sender's own number or an ordinal for what repeats.")
    version: int = Field(ge=1, description="A corrected report of the same occasion is the next version; the highest holds.")
    observed_at: AwareDatetime | None = Field(
        default=None,
        description="When the sending system saw this value; an older observation never overrides a newer one.",
    )
    sure: Sure | None = Field(
        default=None,
        description="How sure `at` is. guessed: when it was heard of; reported: taken from the report of a step; absent: told "
        "by the sender as the time of this very event.",
    )

    @property
    def series(self) -> str:
        """Which fact it is a report of: `received`; of one that takes a fact back, the one it takes back."""
        return self.SERIES

    def event_id(self, writer: str, subject: str) -> str:
        """Named by its occasion and version; facts have one writer, which their ids do not say."""
        return fact_id(subject, self.series, self.occasion, self.version)


class Limit(BaseModel):
    """Thời hạn giải quyết of the procedure version in force at reception (ThoiGianGiaiQuyet, DonViTinh)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    value: int = Field(ge=1, description="Number of units; 1 for same_day.")
    unit: LimitUnit = Field(description="DonViTinh.")


class ExactLimit(BaseModel):
    """Thời hạn giải quyết as it stands, parts of a day or hour and minutes included; its number is exact."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    value: str = Field(
        pattern=r"^(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4})?$",
        description="Number of units as a decimal text with a point, so that no reader makes a binary float of it: 0.5, 90; "
        "above 0, except for same_day, which needs none.",
    )
    unit: ExactUnit = Field(description="DonViTinh. Parts are of working days and hours alone.")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        number = Decimal(self.value)
        if self.unit == "same_day":
            return self
        if not number:
            raise ValueError("a limit must be above 0 (D8)")
        if number != number.to_integral_value() and self.unit not in ("working_day", "hour"):
            raise ValueError("only working days and hours have parts (D8)")
        return self


LimitT = TypeVar("LimitT", Limit, ExactLimit)


class TermsOf(BaseModel, Generic[LimitT]):
    """The reference values this dossier keeps for ever, whatever the catalogue says later (domain rule 1.9)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    procedure_version: str = Field(description="Version of the procedure in the reference data, e.g. 2025-07-01.")
    limit: LimitT = Field(description="ThoiGianGiaiQuyet with its unit.")
    pause_on_fee: bool = Field(default=False, description="Time at state 6 (nghĩa vụ tài chính) is outside the limit.")
    pause_on_agency: bool = Field(default=False, description="Time at another body (lấy ý kiến) is outside the limit.")
    strategy: Strategy = Field(
        default="extend",
        description="extend: a supplement pause moves the due date; restart: the limit begins anew after it.",
    )


class Terms(TermsOf[Limit]):
    """The reference values this dossier keeps for ever, whatever the catalogue says later (domain rule 1.9)."""


class ExactTerms(TermsOf[ExactLimit]):
    """The reference values this dossier keeps for ever (domain rule 1.9), its limit exact."""


TermsT = TypeVar("TermsT", Terms, ExactTerms)


class Linked(BaseModel):
    """Liên thông: one part of a dossier that several bodies handle."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    part: str = Field(max_length=200, description="What this part is, e.g. Đăng ký thường trú.")
    unit: UnitCode | None = Field(default=None, description="Mã định danh of the body that handles it.")
    dossier: str | None = Field(default=None, description="Its own mã hồ sơ, if it has one.")


class Submitted(Fact):
    """Mới đăng ký (state 1, NgayNopHoSo): handed in, not accepted yet. It starts no promise; the unit has to answer (D20)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.submitted.v1"
    SERIES: ClassVar[str] = "submitted"
    procedure: ProcedureCode = Field(description="Mã TTHC (MaTTHC).")
    receiving_unit: UnitCode = Field(description="Mã định danh of the unit that has to accept it (Bộ phận TN&TKQ).")
    competent_unit: UnitCode = Field(description="Mã định danh of the body that would decide (DonViXuLy).")
    channel: Literal[1, 2, 3] | None = Field(
        default=None, description="KenhThucHien: 1 at the counter, 2 online, 3 by public post; absent: not told."
    )


class Reception(Fact, Generic[TermsT]):
    """What both versions of a reception say; readers take it, and its writer says version 1 wherever that can say the limit."""

    SERIES: ClassVar[str] = "received"
    procedure: ProcedureCode = Field(description="Mã TTHC (MaTTHC).")
    receiving_unit: UnitCode = Field(description="Mã định danh of the unit that took it in (Bộ phận TN&TKQ).")
    competent_unit: UnitCode = Field(description="Mã định danh of the body that decides (DonViXuLy).")
    channel: Literal[1, 2, 3] = Field(description="KenhThucHien: 1 at the counter, 2 online, 3 by public post.")
    terms: TermsT = Field(description="What held for the procedure at reception; kept for ever.")
    return_method: ReturnMethod | None = Field(
        default=None,
        description="Hình thức nhận kết quả (HinhThuc; Mẫu 01, item 6): at the counter, by public post, online, at home, "
        "handed over at a ceremony.",
    )
    out_of_area: bool | None = Field(
        default=None, description="Phi địa giới: taken in outside the area of the competent unit; absent: not told."
    )
    linked: tuple[Linked, ...] | None = Field(default=None, description="Parts of a linked dossier (liên thông).")
    promised_at: AsWritten | None = Field(
        default=None, description="NgayHenTra printed on the receipt by the sender; if given, it is the promise."
    )
    contact_sequence: int | None = Field(
        default=None, description="Sequence of the sealed contact on contacts.v1; absent if the sender gave none."
    )


class Received(Reception[Terms]):
    """Tiếp nhận (state 2): the clock starts here. Mẫu 01, NgayTiepNhan."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.received.v1"


class ReceivedV2(Reception[ExactTerms]):
    """Tiếp nhận (state 2) with a limit in minutes or in parts of a day or hour, which version 1 cannot say. The same fact: its
    ids, occasions and versions are those of version 1."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.received.v2"


class Progressed(Fact):
    """A step of the handling (Mẫu 06, CapNhatTienDoHoSoMC). No officer's name."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.progressed.v1"
    SERIES: ClassVar[str] = "progressed"
    step: str = Field(max_length=200, description="NoiDungXuLy: name of the step.")
    department: str | None = Field(default=None, max_length=200, description="PhongBanXuLy.")
    started_at: AsWritten | None = Field(default=None, description="NgayBatDau.")
    step_due_at: AsWritten | None = Field(default=None, description="NgayKetThucTheoQuyDinh.")
    state: State | None = Field(
        default=None, description="TrangThaiHoSo after this step, where its sender said it and it counted (D15)."
    )


class SupplementRequested(Fact):
    """Yêu cầu bổ sung (state 5, Mẫu 02, NgayBoSung): the clock stops."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.supplement-requested.v1"
    SERIES: ClassVar[str] = "supplement-requested"


class Supplemented(Fact):
    """Papers complete (NgayTiepNhanBoSung): the clock goes on; same occasion as its request."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.supplemented.v1"
    SERIES: ClassVar[str] = "supplemented"


class FeeRequested(Fact):
    """Yêu cầu thực hiện nghĩa vụ tài chính (state 6)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.fee-requested.v1"
    SERIES: ClassVar[str] = "fee-requested"


class FeePaid(Fact):
    """Nghĩa vụ tài chính fulfilled; same occasion as its request."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.fee-paid.v1"
    SERIES: ClassVar[str] = "fee-paid"


class Suspended(Fact):
    """Waiting at another body (lấy ý kiến, niêm yết, thẩm định hiện trường), or stopped by force majeure."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.suspended.v1"
    SERIES: ClassVar[str] = "suspended"
    reason: Literal["agency", "force_majeure"] | None = Field(
        default=None, description="Absent: agency. Force majeure (bất khả kháng) stops the clock of every procedure."
    )
    decision: str | None = Field(
        default=None, max_length=200, description="Số, ngày văn bản of the signer who found force majeure; never a name."
    )


class Resumed(Fact):
    """Back from the other body; same occasion as its suspension."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.resumed.v1"
    SERIES: ClassVar[str] = "resumed"


class Reappointed(Fact):
    """Hẹn lại ngày trả (Mẫu 04) as reported by the sender; allowed once per dossier (R16)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.reappointed.v1"
    SERIES: ClassVar[str] = "reappointed"
    new_due_at: AsWritten = Field(description="Thời gian hẹn trả kết quả lại (NgayHenTraMoi).")


class Completed(Fact):
    """Đã xử lý xong (state 9, NgayKetThucXuLy): this ends the clock, not the hand-over."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.completed.v1"
    SERIES: ClassVar[str] = "completed"


class Returned(Fact):
    """Đã trả kết quả (state 10, NgayTra)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.returned.v1"
    SERIES: ClassVar[str] = "returned"


class Refused(Fact):
    """Không được tiếp nhận (state 3, Mẫu 03): never accepted, in no column of a report."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.refused.v1"
    SERIES: ClassVar[str] = "refused"


class Withdrawn(Fact):
    """Công dân yêu cầu rút hồ sơ (state 7)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.withdrawn.v1"
    SERIES: ClassVar[str] = "withdrawn"


class Stopped(Fact):
    """Dừng xử lý (state 8, Mẫu 05)."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.stopped.v1"
    SERIES: ClassVar[str] = "stopped"


class Retracted(Fact):
    """The sender takes a fact back: the named occasion did not happen."""

    TYPE: ClassVar[str] = "vn.dunghen.dossier.retracted.v1"
    SERIES: ClassVar[str] = "retracted"
    fact: str = Field(description="Short type of the fact taken back, e.g. completed; occasion names which one.")

    @property
    def series(self) -> str:
        """That of the fact it takes back."""
        return self.fact


DOSSIER_TYPES: tuple[type[Fact], ...] = (
    Submitted,
    Received,
    ReceivedV2,
    Progressed,
    SupplementRequested,
    Supplemented,
    FeeRequested,
    FeePaid,
    Suspended,
    Resumed,
    Reappointed,
    Completed,
    Returned,
    Refused,
    Withdrawn,
    Stopped,
    Retracted,
)

"""deadlines.v1: what the promise to the citizen is, and how it ended (writer: sla)."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.envelope import Effect, EventData, Statement

Outcome = Literal["early", "on_time", "late"]
Basis = Literal["computed", "promised", "reappointed"]


class Step(BaseModel):
    """One step of how a due date came about, as data and as a Vietnamese sentence."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    rule: str = Field(
        description="start, limit, cutoff, part, skipped, makeup, pause, restart, pushed, clipped, promise, moved, provisional "
        "or due."
    )
    days: tuple[str, ...] = Field(default=(), description="Dates concerned, ISO, in order.")
    source: str = Field(default="", description="Where the rule or the day off comes from.")
    text: str = Field(description="The sentence for the citizen.")


class DeadlineStated(Statement):
    """The promise in force. Highest version of a dossier holds; four types say how it came to change."""

    SERIES: ClassVar[str] = "deadline"

    version: int = Field(ge=1, description="Highest holds.")
    unit: str = Field(description="Competent body whose calendar and hours were counted.")
    due_at: AwareDatetime | None = Field(default=None, description="Ngày hẹn trả in force (NgayHenTra); absent while paused.")
    computed_due_at: AwareDatetime | None = Field(
        default=None,
        description="What our own counting gives; differs from due_at where the sender printed another date.",
    )
    first_due_at: AwareDatetime | None = Field(default=None, description="The due date without any re-promise.")
    basis: Basis = Field(description="Where due_at comes from.")
    provisional: bool = Field(default=False, description="The count touched a year whose calendar is not confirmed (R8).")
    calendar_version: str = Field(description="Version of the calendar table it was counted with.")
    derivation: tuple[Step, ...] = Field(default=(), description="How due_at came about, step by step.")
    calendar: int | None = Field(
        default=None,
        ge=0,
        description="Number of the last change on calendar.v1 that was counted with; 0: the table as shipped.",
    )
    counted_from: str | None = Field(
        default=None,
        max_length=32,
        description="Digest of what the writer counted from; equal for equal facts, so that it never counts anew what it said.",
    )

    @property
    def edition(self) -> int:
        """Its version."""
        return self.version


class DeadlineSet(DeadlineStated):
    """First due date, at reception; or the same date stated anew, when its calendar was confirmed."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.set.v1"


class DeadlineMoved(DeadlineStated):
    """Another due date: a correction of the facts, or the one lawful re-promise."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.moved.v1"


class DeadlinePaused(DeadlineStated):
    """The clock stands still: supplement, fee or another body."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.paused.v1"


class DeadlineResumed(DeadlineStated):
    """The clock goes on; the due date moved by the pause."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.resumed.v1"


class DeadlineWarned(Effect):
    """A warning to staff before the due date (R13)."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.warned.v1"
    SERIES: ClassVar[str] = "warned"
    rung: str = Field(
        description="24h: open hours before the due date; 24h/2: the same after a re-promise; step/3: a step's own limit."
    )
    step: str | None = Field(default=None, description="NoiDungXuLy of the step whose limit ran out.")
    department: str | None = Field(default=None, description="PhongBanXuLy that holds the dossier.")
    unit: str = Field(description="Competent body (DonViXuLy).")
    due_at: AwareDatetime = Field(description="The promise in force (NgayHenTra).")


class DeadlineApologyDue(Effect):
    """An apology letter has to be drafted now, to be signed in time (Mẫu 04, lead of one day)."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.apology-due.v1"
    SERIES: ClassVar[str] = "apology-due"
    unit: str = Field(description="Competent body (DonViXuLy).")
    due_at: AwareDatetime = Field(description="The promise in force (NgayHenTra).")
    sign_by: AwareDatetime = Field(description="Due date less one working day: the lawful lead.")


class DeadlineOverdue(Effect):
    """The due date has passed without a result."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.overdue.v1"
    SERIES: ClassVar[str] = "overdue"
    tier: int = Field(default=1, ge=1, description="2: the date of the one re-promise has passed too, a case for superiors.")
    unit: str = Field(description="Competent body (DonViXuLy).")
    due_at: AwareDatetime = Field(description="The promise in force (NgayHenTra).")


class TimeSpent(BaseModel):
    """Open minutes of the unit's calendar from reception to end. The first four add up to the last."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    unit: int = Field(ge=0, description="With the competent unit.")
    citizen: int = Field(ge=0, description="Waiting for papers or a payment.")
    body: int = Field(ge=0, description="With another body.")
    force_majeure: int = Field(ge=0, description="Stopped by force majeure.")
    elapsed: int = Field(ge=0, description="All working time between the two.")


class DeadlineSettled(Statement):
    """How the promise ended. Highest version holds; `open` means an earlier outcome was taken back."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.settled.v1"
    SERIES: ClassVar[str] = "settled"
    version: int = Field(ge=1, description="Highest holds.")
    unit: str = Field(description="Competent body (DonViXuLy).")
    outcome: Literal["early", "on_time", "late", "open"] = Field(description="Trước hạn, đúng hạn, quá hạn; or open again.")
    state: Literal[7, 8, 9, 10] | None = Field(default=None, description="TrangThaiHoSo that ended it.")
    ended_at: AwareDatetime | None = Field(default=None, description="Time of state 9, else of 10, else of 7 or 8.")
    due_at: AwareDatetime | None = Field(default=None, description="The promise it was measured against.")
    against_first: Outcome | None = Field(default=None, description="The outcome against the first promise.")
    supplements: int | None = Field(
        default=None, ge=0, description="How often papers were asked for; more than once counts as late in QĐ 766 (R10, D13)."
    )
    limit_minutes: int | None = Field(
        default=None,
        ge=0,
        description="Open minutes that the procedure's own limit gave, whatever date was printed or promised anew.",
    )
    used_minutes: int | None = Field(
        default=None, ge=0, description="Open minutes of them that were used; pauses that count are not among them."
    )
    also: tuple[Literal[7, 8, 9, 10], ...] = Field(
        default=(), description="Other ends that stand and contradict this one, e.g. withdrawn and completed."
    )
    spent: TimeSpent | None = Field(default=None, description="Of a late one: who used the time.")
    counted_from: str | None = Field(
        default=None,
        max_length=32,
        description="Digest of what the writer counted from; equal for equal facts, so that it never counts anew what it said.",
    )

    @property
    def edition(self) -> int:
        """Its version."""
        return self.version


class DeadlineRefused(Effect):
    """A re-promise that the rules do not allow."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.refused.v1"
    SERIES: ClassVar[str] = "deadline.refused"
    unit: str = Field(description="Competent body (DonViXuLy).")
    rule: str = Field(description="The rule that forbids it, in words, e.g. R16: at most one re-promise.")
    text: str = Field(description="The sentence for the officer.")
    code: str | None = Field(
        default=None,
        pattern=r"^[RD][0-9]{1,2}$",
        description="The rule's code in docs/rules.md, e.g. R16: what to decide by; absent in records of an earlier release.",
    )


class AcceptanceStated(Statement):
    """Chờ tiếp nhận: until when a submitted dossier is to be answered, and how that ended (D20). Highest version holds. It is
    no promise to the citizen, and no figure of promises counts it."""

    TYPE: ClassVar[str] = "vn.dunghen.deadline.acceptance.v1"
    SERIES: ClassVar[str] = "acceptance"
    version: int = Field(ge=1, description="Highest holds.")
    unit: str = Field(description="The unit that has to answer (Bộ phận TN&TKQ); its calendar and hours are counted.")
    outcome: Literal["waiting", "overdue", "on_time", "late", "void"] = Field(
        description="Nobody has answered yet, or not when it was due; answered in time, or late; void: it was taken back."
    )
    since: AwareDatetime | None = Field(
        default=None, description="When the time began: NgayNopHoSo, or when the papers came that were asked for. Absent: void."
    )
    due_at: AwareDatetime | None = Field(default=None, description="Until when it is to be answered. Absent: void.")
    state: Literal[2, 3, 5, 7, 8, 9, 10] | None = Field(
        default=None, description="TrangThaiHoSo of the answer: accepted, refused, papers asked for, or how else it ended."
    )
    answered_at: AwareDatetime | None = Field(default=None, description="When that was.")
    provisional: bool = Field(default=False, description="The count touched a year whose calendar is not confirmed (R8).")

    @property
    def edition(self) -> int:
        """Its version."""
        return self.version


DEADLINE_TYPES: tuple[type[EventData], ...] = (
    DeadlineSet,
    DeadlineMoved,
    DeadlinePaused,
    DeadlineResumed,
    DeadlineWarned,
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineSettled,
    DeadlineRefused,
    AcceptanceStated,
)

"""Units, procedures and status maps of a province, as data. `reference.folder` reads them from files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from reference.calendar import CalendarChange, CalendarTable
from reference.hours import DEFAULT_HOURS, OFFICE_TIME, OpeningHours
from reference.limits import ExactAmount, Limit, LimitError, LimitUnit, WholeUnit, check, say_limit
from reference.periods import USUAL, PeriodKind
from reference.timeline import Timeline
from reference.vocabulary import ListedWord, Vocabulary, WordKind, fold
from reference.words import USUAL_WORDS

Schedule = tuple[OpeningHours, tuple[tuple[date, OpeningHours], ...]]
FUTURE = timedelta(minutes=120)
MOST_DAYS_LATER = 30
# As events write them (contracts/codes.py, which this package does not know): a code that no reader takes must not get in here.
UnitCode = Annotated[str, StringConstraints(pattern=r"^(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[HG][0-9]{2}(?:\.[0-9]{2,3})*$")]
ProcedureCode = Annotated[str, StringConstraints(pattern=r"^[0-9]\.[0-9]{6}(?:\.(?:000\.00\.00\.)?[HG][0-9]{2})?$")]
# A public phone: links dial its 3 to 15 digits, with blanks, dots, dashes and brackets between.
PHONE = r"[+(]?[0-9](?:[ .()-]{0,2}[0-9]){2,14}"
Mailbox = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"),
]
State = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]  # TrangThaiHoSo of the national portal


class ReferenceDataError(ValueError):
    """Reference data that cannot be used; the message has one line per fault, naming file, line, entry and rule."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delegation(_Entry):
    """Ký thay: another signer from a day to a day, both included (NĐ 30/2020, Phụ lục I, mục II)."""

    first: date
    last: date
    on_behalf: str = Field(description="Quyền hạn in place of the letterhead's, e.g. KT. Chủ tịch.")
    title: str
    signer: str


class Letterhead(_Entry):
    """What a body's letters carry (NĐ 30/2020, Phụ lục I): its full name, its place, and who signs in which capacity."""

    name: str = Field(description="Cơ quan ban hành, in full.")
    lines: tuple[str, ...] = Field(
        default=(), max_length=4, description="The same name in the lines of the letterhead; none: broken between phrases."
    )
    place: str = Field(description="Địa danh before the date.")
    on_behalf: str = Field(default="", description="Quyền hạn, e.g. TM. ỦY BAN NHÂN DÂN; empty for a department.")
    title: str = Field(description="Chức vụ of the signer.")
    signer: str = Field(description="Họ tên of the signer, without academic titles.")
    phone: str = ""
    delegations: tuple[Delegation, ...] = ()

    @model_validator(mode="after")
    def _lines_are_the_name(self) -> "Letterhead":
        if self.lines and " ".join(self.lines).casefold() != self.name.casefold():
            raise ValueError("lines must be the name, broken")
        return self

    def on(self, day: date) -> "Letterhead":
        """The letterhead with who signs on a day: who is delegated then, else the head."""
        other = self.delegated(day)
        if other is None:
            return self
        return self.model_copy(
            update={"on_behalf": other.on_behalf, "title": other.title, "signer": other.signer, "delegations": ()}
        )

    def delegated(self, day: date) -> Delegation | None:
        """The delegation that holds on a day, if any."""
        return next((other for other in self.delegations if other.first <= day <= other.last), None)


class Leader(_Entry):
    """A leader whose phone is public (số điện thoại công khai của Bí thư, Chủ tịch)."""

    title: str
    phone: str = Field(pattern=f"^{PHONE}$")


class Messages(_Entry):
    """How a unit's SMS are written, and which of those that no rule asks for it sends (R29)."""

    accents: bool = Field(default=False, description="Vietnamese with accents: three times the parts (R25).")
    parts: int | None = Field(
        default=None, ge=1, le=6, description="Parts that names are shortened for; none: 1, or 3 with accents."
    )
    received: bool = Field(default=False, description="Tell that a dossier was received.")
    survey: bool = Field(default=True, description="Tell of the invitation to rate.")

    @property
    def most_parts(self) -> int:
        """Parts that names are shortened for."""
        return self.parts or (3 if self.accents else 1)


class HoursChange(_Entry):
    """Opening hours that hold from a day on."""

    valid_from: date
    hours: OpeningHours


class Unit(_Entry):
    """A body of the province by its mã định danh (QĐ 20/2020/QĐ-TTg)."""

    code: UnitCode
    name: str
    kind: Literal["province", "department", "commune"]
    valid_from: date | None = Field(default=None, description="First day of this code; none: always.")
    valid_to: date | None = Field(default=None, description="Last day of this code; none: still in use.")
    predecessors: tuple[str, ...] = Field(default=(), description="Codes of the units it was made from.")
    hours: OpeningHours = DEFAULT_HOURS
    hours_changes: tuple[HoursChange, ...] = Field(
        default=(), description="Other hours from a day on, in the order of the days."
    )
    short_name: str = Field(default="", max_length=40, description="Its name where there is little room, as in an SMS.")
    messages: Messages = Messages()
    brand: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,11}$", description="Tên định danh that its SMS carry.")
    go_live: datetime | None = Field(default=None, description="Business times before it count in figures but send nothing.")
    repromise_max_days: int = Field(
        default=MOST_DAYS_LATER, ge=1, le=365, description="A new date is at most so many calendar days later (R15)."
    )
    letterhead: Letterhead | None = Field(default=None, description="Without one, the body's letters cannot be approved.")
    hotline: str = Field(default="", pattern=f"^(?:{PHONE})?$", description="Đường dây nóng.")
    leaders: tuple[Leader, ...] = ()
    reception: str = Field(default="", description="Lịch tiếp công dân, as posted.")
    mailboxes: tuple[Mailbox, ...] = Field(
        default=(), max_length=10, description="Where its digests go: hộp thư công vụ of the body or a desk, of no person."
    )
    departments: tuple[ListedWord, ...] = Field(default=(), description="Its departments, as its senders may name them.")
    steps: tuple[ListedWord, ...] = Field(default=(), description="The steps of its work, as its senders may name them.")

    def in_use(self, day: date) -> bool:
        """Whether the code holds on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class TimeLimit(_Entry):
    """ThoiGianGiaiQuyet and DonViTinh of a procedure: whole numbers, or parts of a day or hour (`0,5`, `1.5`)."""

    amount: ExactAmount = Field(default=1, alias="value")
    measure: LimitUnit = Field(alias="unit")

    @model_validator(mode="after")
    def _can_be_counted(self) -> "TimeLimit":
        check(self.counted)
        return self

    @property
    def counted(self) -> Limit:
        """As it is counted and said."""
        return self.amount, self.measure

    @property
    def is_whole(self) -> bool:
        """Whether dossier.received.v1 can say it: a whole number of at least 1 (same day needs none), not in minutes."""
        return isinstance(self.amount, int) and self.measure != "minute"

    @property
    def value(self) -> int:
        """Its number as dossier.received.v1 says it. Raises LimitError for one that only dossier.received.v2 can say."""
        if not isinstance(self.amount, int):
            raise LimitError(f"{say_limit(self.counted)} is no whole number (D8)")
        return max(1, self.amount)

    @property
    def unit(self) -> WholeUnit:
        """Its unit as dossier.received.v1 says it. Raises LimitError for one that only dossier.received.v2 can say."""
        if self.measure == "minute":
            raise LimitError(f"{say_limit(self.counted)} is in minutes (D8)")
        return self.measure


class Fee(_Entry):
    """Phí, lệ phí, as posted."""

    name: str
    amount: int = Field(ge=0, description="Đồng.")
    note: str = ""


class ProcedureVersion(_Entry):
    """What held for a procedure from `valid_from` on, until the next version or its own last day."""

    valid_from: date
    valid_to: date | None = Field(default=None, description="Last day of a procedure that was abolished.")
    limit: TimeLimit
    pause_on_fee: bool = False
    pause_on_agency: bool = False
    strategy: Literal["extend", "restart"] = "extend"
    warn_open_hours: tuple[int, ...] | None = Field(default=None, description="Warnings so many open hours before due (D19).")
    apology_lead_days: int | None = Field(default=None, ge=1, description="apology-due so many working days before due (D19).")
    fees: tuple[Fee, ...] = ()
    papers: tuple[str, ...] = Field(default=(), description="Thành phần hồ sơ.")
    legal_base: str = ""
    online: Literal["full", "partial"] | None = Field(
        default=None, description="Mức độ trực tuyến (NĐ 42/2022): toàn trình, một phần; none: not offered online."
    )

    @property
    def name(self) -> str:
        """The version is named by the day from which it holds."""
        return self.valid_from.isoformat()


class Procedure(_Entry):
    """A procedure by its mã TTHC, in a field (lĩnh vực), with its dated versions."""

    code: ProcedureCode
    name: str
    field: str
    bodies: tuple[str, ...] = Field(default=(), description="Who handles it: unit codes, or commune for all of them.")
    versions: tuple[ProcedureVersion, ...] = Field(min_length=1)

    def version_at(self, moment: datetime) -> ProcedureVersion | None:
        """The version in force at a moment, or None before the first one or after the last one's end (rule 1.9)."""
        return self.version_on(moment.astimezone(OFFICE_TIME).date())

    def version_on(self, day: date) -> ProcedureVersion | None:
        """The same, of a day."""
        latest = None
        for version in self.versions:
            if version.valid_from <= day and (latest is None or version.valid_from > latest.valid_from):
                latest = version
        return latest if latest is not None and (latest.valid_to is None or day <= latest.valid_to) else None

    def is_handled_by(self, unit: Unit) -> bool:
        """Whether a unit posts this procedure."""
        return unit.code in self.bodies or unit.kind in self.bodies


class StatusMap(_Entry):
    """How one sending system writes the ten states (R4): each of its own words, in one of them."""

    system: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    states: dict[str, State] = Field(min_length=1)


@dataclass
class ReferenceData:
    """Everything the services agree on, with one timeline per unit and calendar made on first use."""

    province: str
    units: dict[str, Unit]
    procedures: dict[str, Procedure]
    calendar: CalendarTable
    statuses: dict[str, StatusMap] = field(default_factory=dict)
    periods: dict[str, PeriodKind] = field(default_factory=lambda: dict(USUAL))
    future: timedelta = FUTURE  # a business time may lie so far ahead of the clock that reads it
    words: tuple[str, ...] = USUAL_WORDS  # for steps, departments and parts, as they may be said in public
    known: int = field(default=0, init=False)  # the number of the newest change of the calendar
    _changes: list[CalendarChange] = field(default_factory=list, init=False)
    _lines: dict[tuple[Schedule, tuple[int, ...]], Timeline] = field(default_factory=dict, init=False)
    _by_unit: dict[tuple[str, int], Timeline] = field(default_factory=dict, init=False)
    _by_name: dict[str, str] = field(default_factory=dict, init=False)
    _vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary((), {}), init=False)

    def __post_init__(self) -> None:
        self._index_names()

    def _index_names(self) -> None:
        self._by_name = {fold(unit.name): unit.code for unit in self.units.values()}
        self._by_name |= {fold(procedure.name): procedure.code for procedure in self.procedures.values()}
        names = (*(unit.name for unit in self.units.values()), *(procedure.name for procedure in self.procedures.values()))
        own: dict[str, dict[WordKind, tuple[ListedWord, ...]]] = {
            unit.code: {"department": unit.departments, "step": unit.steps} for unit in self.units.values()
        }
        self._vocabulary = Vocabulary((*names, *self.words), own)

    def code_named(self, name: str) -> str | None:
        """The code of the unit or procedure with this name, however it is spaced and capitalised."""
        return self._by_name.get(fold(name))

    def word(self, kind: WordKind, text: str, units: Iterable[str] = ()) -> str | None:
        """A step, a department or a part of a linked dossier as the lists of these units, or of all, name it; None: another."""
        return self._vocabulary.said(kind, text, units)

    def unit_name(self, code: str) -> str:
        """A unit's name; of a code that is in no list, the code."""
        return self.units[code].name if code in self.units else code

    def procedure_name(self, code: str) -> str:
        """A procedure's name; of a code that is in no list, the code."""
        return self.procedures[code].name if code in self.procedures else code

    def codes_of(self, unit: str, day: date) -> list[str]:
        """The codes that a unit stands for on a day (R39); at least its own."""
        return [code for code in self.units if self.standing_for(code, day) == unit] or [unit]

    def standing_for(self, code: str, day: date) -> str:
        """The unit that stands for a code on a day: itself while in use, then the one it was merged into (R39).

        A unit that was divided, or has no successor, stays by itself: its history cannot be told apart.
        """
        seen = {code}
        while (unit := self.units.get(code)) is not None and unit.valid_to is not None and unit.valid_to < day:
            after = [
                other.code
                for other in self.units.values()
                if code in other.predecessors and (other.valid_from is None or other.valid_from <= day)
            ]
            if len(after) != 1 or after[0] in seen:
                return code
            code = after[0]
            seen.add(code)
        return code

    def repromise_max_days(self, unit: str) -> int:
        """How many calendar days later a unit may promise a new date; the default for one that is not known."""
        known = self.units.get(unit)
        return MOST_DAYS_LATER if known is None else known.repromise_max_days

    def state(self, system: str, raw: str) -> State | None:
        """A sending system's word for a state as one of the portal's ten; None if its map does not know it.

        A system without a map writes the portal's own numbers.
        """
        known = self.statuses.get(system)
        return known.states.get(raw) if known is not None else PORTAL_STATES.get(raw)

    def change_calendar(self, change: CalendarChange) -> None:
        """Take in a change of the calendar; one that is known already changes nothing."""
        if change.number not in {known.number for known in self._changes}:
            self._changes.append(change)
            self._changes.sort(key=lambda known: known.number)
            self.known = self._changes[-1].number
            self._by_unit = {}

    @property
    def changes(self) -> tuple[CalendarChange, ...]:
        """All changes of the calendar that are known, in their order."""
        return tuple(self._changes)

    def known_at(self, moment: datetime) -> int:
        """The number of the newest change recorded by a moment; 0 before the first."""
        return max((change.number for change in self._changes if change.recorded <= moment), default=0)

    def timeline(self, unit: str, known: int | None = None) -> Timeline:
        """The open minutes of a unit, by the calendar as it was when change `known` was the newest; None: as it is now.

        An unknown unit counts with the default hours.
        """
        key = (unit, self.known if known is None else known)
        line = self._by_unit.get(key)
        if line is None:
            line = self._line(*key)
            if unit in self.units:
                self._by_unit[key] = line
        return line

    def _line(self, unit: str, known: int) -> Timeline:
        of_unit = self.units.get(unit)
        hours = of_unit.hours if of_unit else DEFAULT_HOURS
        later = tuple((change.valid_from, change.hours) for change in of_unit.hours_changes) if of_unit else ()
        changes = [change for change in self._changes if change.number <= known and change.unit in (None, unit)]
        key = ((hours, later), tuple(change.number for change in changes))
        if key not in self._lines:
            self._lines[key] = Timeline(self.calendar.changed(changes) if changes else self.calendar, hours, later)
        return self._lines[key]

    def replace(self, other: "ReferenceData") -> None:
        """Take over the tables of another reading of the same folder."""
        self.province, self.units, self.procedures = other.province, other.units, other.procedures
        self.statuses, self.periods, self._by_unit = other.statuses, other.periods, {}
        self.future, self.words = other.future, other.words
        self._index_names()


PORTAL_STATES: dict[str, State] = {str(number): number for number in range(1, 11)}  # type: ignore[misc]

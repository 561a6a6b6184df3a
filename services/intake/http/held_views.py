"""What the pages of held items show, and what their form gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from reference import moment
from services.intake.domain import HELD, Fault
from services.intake.domain.correcting import KINDS, Options, fields_of, name_of, shown, words_of
from services.intake.domain.correcting import Field as ItemField
from services.intake.domain.deeds import REASONS, Deed
from services.intake.domain.held import Held

RESULTS = {
    "accepted": "đã gửi lại và được nhận",
    "quarantined": "đã gửi lại, vẫn bị giữ",
    "refused": "đã gửi lại, bị từ chối",
    "done": "",
    "": "chưa rõ kết quả",
}
OWN = {"why": "Lý do bỏ"}  # fields of the page that are none of the item
DEEDS = {"sent": "Sửa, gửi lại", "seen": "Đã xem", "discarded": "Bỏ"}


class Typed(BaseModel):
    """The form of an item. `edition`: of the item as the form showed it; a field that was not in the form is None."""

    edition: int = Field(ge=0, lt=2**31)
    state: str | None = Field(default=None, max_length=300)
    procedure: str | None = Field(default=None, max_length=300)
    receiving_unit: str | None = Field(default=None, max_length=300)
    competent_unit: str | None = Field(default=None, max_length=300)
    at: str | None = Field(default=None, max_length=300)
    started_at: str | None = Field(default=None, max_length=300)
    step_due_at: str | None = Field(default=None, max_length=300)
    submitted_at: str | None = Field(default=None, max_length=300)
    received_at: str | None = Field(default=None, max_length=300)
    promised_at: str | None = Field(default=None, max_length=300)
    completed_at: str | None = Field(default=None, max_length=300)
    returned_at: str | None = Field(default=None, max_length=300)
    new_due_at: str | None = Field(default=None, max_length=300)

    def values(self) -> dict[str, str]:
        """What was typed, by field."""
        return self.model_dump(exclude={"edition"}, exclude_none=True)


@dataclass(frozen=True, slots=True)
class Line:
    """A field of the form: what stands in it, what it may be, what is wrong with it."""

    field: ItemField
    value: str
    options: Sequence[tuple[str, str]]
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """An item in the list."""

    id: str
    at: datetime
    dossier: str
    kind: str
    why: str
    field: str
    value: str
    flag: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did with an item, for people."""

    at: datetime
    dossier: str
    name: str
    what: str
    result: str
    fields: str


def lines_of(held: Held, options: Options, typed: Mapping[str, str], faults: Sequence[Fault]) -> list[Line]:
    """The fields of an item's form, with what was typed into them."""
    return [
        Line(
            field,
            typed.get(field.name, shown(held.item, field)),
            options.get(field.kind, ()),
            [fault.detail for fault in faults if fault.field == field.name],
        )
        for field in fields_of(held.item)
    ]


def field_words(held: Held, name: str) -> str:
    """A field of the page in words."""
    return OWN.get(name) or words_of(held.item, name)


def faults_of(held: Held) -> tuple[Fault, ...]:
    """Why an item waits: why it was refused when it went in again, else why it was held."""
    errors = None if held.problem is None else held.problem.get("errors")
    if not isinstance(errors, list) or not errors:
        return () if held.flag else (Fault(held.why.field, held.why.reason, HELD[held.why.reason]),)
    return tuple(
        Fault(str(error.get("pointer", "")).removeprefix("#/0/").replace("/", "."), "", str(error.get("detail", "")))
        for error in errors
        if isinstance(error, dict)
    )


def row_of(held: Held) -> Row:
    field = next((field for field in fields_of(held.item) if field.name == held.why.field), None)
    return Row(
        id=held.id,
        at=moment(held.at),
        dossier=held.dossier,
        kind=KINDS.get(str(held.item.get("type")), ""),
        why=HELD[held.why.reason],
        field=words_of(held.item, held.why.field) if held.why.field else "",
        value="" if field is None else shown(held.item, field),
        flag=held.flag,
    )


def done_of(deed: Deed) -> Done:
    return Done(
        at=moment(deed.at),
        dossier=deed.dossier,
        name=deed.name,
        what=DEEDS[deed.what],
        result=REASONS.get(deed.why, RESULTS[deed.result]),
        fields=", ".join(name_of(name) for name in deed.fields),
    )

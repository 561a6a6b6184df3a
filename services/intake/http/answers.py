"""What intake answers with, as types: for OpenAPI, and checked on the way out."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from reference import WordKind
from services.intake.domain import Json

Fields = Annotated[dict[str, Json], WithJsonSchema({"type": "object", "additionalProperties": True})]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]  # written as it is kept


class ItemAnswer(BaseModel):
    """What became of one item of a request."""

    index: int
    status: Literal["accepted", "quarantined", "refused"]
    id: str | None = None
    ids: list[str] | None = None
    lookup_code: str | None = None
    unread: list[str] | None = Field(default=None, description="Fields that nobody knows.")
    problem: Fields | None = None


class ItemAnswers(BaseModel):
    """One answer per item, in the order of the request."""

    items: list[ItemAnswer]


class KnownFact(BaseModel):
    """A fact as it holds."""

    type: str
    occasion: str
    version: int
    at: Time
    retracted: bool


class KnownDossier(BaseModel):
    """What is known of a dossier; no personal data."""

    dossier: str
    facts: list[KnownFact]
    contact: bool
    pending: int = Field(description="Events that wait to be published.")
    held: int = Field(description="Items that wait for a person.")


class RefusedRow(BaseModel):
    """A row that was not taken in."""

    line: int
    reason: str
    sheet: str = Field(default="", description="Tên trang tính; trống nếu là tệp văn bản.")


class PassedLine(BaseModel):
    """A line of a table that is no dossier: a total, a signature, headings again."""

    line: int
    what: str


class SheetSummary(BaseModel):
    """What was read of a sheet, or of a text file, whose name is empty."""

    sheet: str
    read: bool
    reason: str = Field(description="Why it was not read; empty if it was.")
    rows: int
    columns: list[str] = Field(description="Headings that were read.")
    unread_columns: list[str] = Field(description="Headings that were found and not understood, or are not read.")
    notes: list[str] = Field(description="Columns that stand twice, and which was read.")
    passed: int = Field(description="Lines that are no dossier.")
    passed_lines: list[PassedLine] = Field(description="The first of them.")


class FileSummary(BaseModel):
    """What became of the rows of a file."""

    rows: int
    accepted: int
    quarantined: int
    refused: int
    errors: list[RefusedRow] = Field(description="The first of them; the file of refused rows has all.")
    sheets: list[SheetSummary] = Field(default=[], description="What was read and what was not; none for NDJSON.")


class ChangedDossier(BaseModel):
    """An event of a dossier of one's own."""

    topic: str
    dossier: str
    id: str
    type: str
    time: Time
    data: Fields = Field(description="As docs/events.md says for the type.")


class Changes(BaseModel):
    """A page of them. Ask again with the cursor; `more`: at once."""

    items: list[ChangedDossier]
    cursor: str
    more: bool


class KeptItem(BaseModel):
    """An item that is kept for a person; its contact is locked away."""

    id: str
    at: int = Field(description="Milliseconds since 1970.")
    system: str
    dossier: str
    reason: str
    field: str
    flag: bool
    item: Fields
    contact: bool
    problem: Fields | None


class KeptItems(BaseModel):
    """Kept items, oldest first."""

    items: list[KeptItem]


class UnlistedWord(BaseModel):
    """Words that a sender wrote for a step, a department or a part, and that no list of the unit knows."""

    kind: WordKind
    words: str = Field(description="At most 100 characters.")
    count: int = Field(description="In how many items that said something new.")
    first: Time
    last: Time


class UnlistedWords(BaseModel):
    """Those of a unit, the most frequent first."""

    items: list[UnlistedWord]


class Resubmitted(BaseModel):
    """What became of items that went in again."""

    accepted: int
    quarantined: int
    refused: int
    dismissed: int


class PortalSession(BaseModel):
    """The portal's answer to a login."""

    error_code: int | str
    session: str | None = None
    message: str | None = None

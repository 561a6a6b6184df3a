"""What the services answer over HTTP, as far as the command line and the demo read it.

A service may be of another release: what is not read here is passed over.
"""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of what is read from a service."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Place(Answer):
    """Where something is wrong: in a request (`pointer`), or in a report (the dossiers that break a rule)."""

    pointer: str = ""
    rule: str = ""
    detail: str = ""
    dossiers: tuple[str, ...] = ()


class Refusal(Answer):
    """A refusal (RFC 9457)."""

    title: str
    detail: str = ""
    errors: tuple[Place, ...] = ()


# --- intake ---------------------------------------------------------------------------------------------------------------


class ItemAnswer(Answer):
    """What became of an item: accepted with the ids of its facts, quarantined, or refused with a problem."""

    status: str
    id: str = ""
    ids: tuple[str, ...] = ()
    problem: Refusal | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The ids of its facts."""
        return (self.id,) if self.id else self.ids


class ItemAnswers(Answer):
    """The answers to a request, in its order."""

    items: tuple[ItemAnswer, ...]


class KeptItem(Answer):
    """An item that is kept for a person. `at`: milliseconds since 1970; `flag`: it was taken in, a person should only know."""

    id: str
    at: int
    system: str
    dossier: str
    reason: str
    field: str = ""
    flag: bool = False
    item: dict[str, object]

    @property
    def value(self) -> str:
        """What the item says in the field it is kept for."""
        return str(self.item.get(self.field, "")) if self.field else ""


class KeptItems(Answer):
    """What is kept, oldest first."""

    items: tuple[KeptItem, ...]


class Resubmitted(Answer):
    """What became of kept items that went in again."""

    accepted: int
    quarantined: int
    refused: int
    dismissed: int


class UnlistedWord(Answer):
    """Words of a sender that no list of a unit knows. `kind`: step, department or part."""

    kind: str
    words: str
    count: int
    first: datetime
    last: datetime


class UnlistedWords(Answer):
    """Those of a unit, the most frequent first."""

    items: tuple[UnlistedWord, ...]


class KnownDossier(Answer):
    """How many items of a dossier are kept for a person."""

    held: int


# --- sla ------------------------------------------------------------------------------------------------------------------


class CalendarChange(Answer):
    """A line of the calendar's journal. `at`: milliseconds since 1970; `days`: pairs of a date and work or off."""

    number: int
    at: int
    days: tuple[tuple[str, str], ...]
    name: str
    source: str
    signer: str = ""
    unit: str | None = None


class Journal(Answer):
    """All changes of the calendar."""

    items: tuple[CalendarChange, ...]


class Conflict(Answer):
    """A printed date that a change of the calendar contradicts."""

    dossier: str
    unit: str
    promised: datetime | None
    counted_before: datetime | None
    counted_now: datetime | None


class Conflicts(Answer):
    """All of them."""

    items: tuple[Conflict, ...]


# --- notifier -------------------------------------------------------------------------------------------------------------


class Draft(Answer):
    """A letter at the desk. `due_at`: None while the clock is paused, and of one that answers a petition,
    whose id `dossier` is."""

    dossier: str
    kind: str = "late"
    unit: str
    signer: str
    due_at: datetime | None
    sign_by: datetime | None
    needs_date: bool


class Desk(Answer):
    """A page of letters; `after`: where the next one begins, None at the end."""

    letters: tuple[Draft, ...]
    after: str | None


class ListedMessage(Answer):
    """A message that a person has to decide about."""

    dossier: str
    notice: str
    occasion: str
    unit: str
    state: str
    why: str
    code: str
    next_step: str = ""
    at: datetime


class ListedMessages(Answer):
    """A page of them; `after`: where the next one begins."""

    messages: tuple[ListedMessage, ...]
    after: str | None = None


class PaperLetter(Answer):
    """A letter that leaves on paper. `state`: None once it arrived."""

    dossier: str
    kind_name: str
    symbol: str
    unit: str
    state: str | None
    why: str
    batch: str
    issued_on: date


class PaperLetters(Answer):
    """A page of them; `after`: where the next one begins."""

    letters: tuple[PaperLetter, ...]
    after: str | None = None


class LeftOut(Answer):
    """A letter that could not be printed, and why."""

    dossier: str
    why: str


class PrintedBatch(Answer):
    """Letters that were printed together."""

    unit: str
    year: int
    number: int
    name: str
    dossiers: tuple[str, ...]
    left: tuple[LeftOut, ...] = ()


class WishesSaid(Answer):
    """Whether a person takes optional messages. `known`: there is a number to know it by."""

    known: bool
    stopped: bool


class CorrectionsSaid(Answer):
    """Whether a clerk's correction of a contact holds."""

    holds: bool


class Shown(Answer):
    """A letter as it would be sent, named by its digest."""

    digest: str


# --- reporting ------------------------------------------------------------------------------------------------------------


class SheetLine(Answer):
    """A line of a report: a field of a unit, and its figures by official number of the column."""

    model_config = ConfigDict(extra="allow")

    unit: str
    field: str | None = None

    @property
    def figures(self) -> dict[int, int]:
        """Column -> figure."""
        return {int(number): int(figure) for number, figure in (self.model_extra or {}).items() if number.isdigit()}


class SheetAnswer(Answer):
    """A report. `total`: column -> figure."""

    report: str
    rows: tuple[SheetLine, ...] = ()
    total: dict[int, int]


class PetitionShare(Answer):
    """Of petitions that had to be answered in a period: how many in time, later, not yet."""

    due: int
    in_time: int
    late: int
    open: int
    below_target: bool


class UnitPetitionShare(PetitionShare):
    """Of a unit."""

    unit: str


class PetitionShares(Answer):
    """Who answered petitions in time."""

    target: int
    total: PetitionShare
    units: tuple[UnitPetitionShare, ...]


# --- feedback -------------------------------------------------------------------------------------------------------------


class PaperAnswer(Answer):
    """What became of a survey sheet that was typed in: accepted, again (it was there already), or refused."""

    status: str
    why: str = ""


class PaperAnswers(Answer):
    """The answers to a request, in its order."""

    items: tuple[PaperAnswer, ...]

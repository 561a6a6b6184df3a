"""Printed survey sheets: each has a number of its own and is answered once, on paper or by its QR code (decision 46)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from reference import ReferenceData, moment
from services.feedback.domain.dossier import Dossier, Received
from services.feedback.domain.forms import SurveyForm
from services.feedback.domain.invitations import CannotAnswerError, Ground, open_form

MOST_AT_ONCE = 50  # sheets of one print
Way = Literal["paper", "web"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One of them, without its number. `token`: the digest of it; `printed`: ms; `used`: how it was answered, never when."""

    token: str
    unit: str
    procedure: str
    form: str
    printed: int
    used: Way | None = None


class Asked(NamedTuple):
    """What somebody answers: the form, and what the answer is counted for."""

    form: SurveyForm
    unit: str
    procedure: str


def asked_by(asking: Dossier | Sheet, ground: Ground, sheets_for: timedelta) -> Asked:
    """What an invitation or a sheet asks. Raises CannotAnswerError."""
    if isinstance(asking, Sheet):
        form = ground.forms.get(asking.form)
        if form is None or moment(asking.printed) + sheets_for < ground.now:
            raise CannotAnswerError
        return Asked(form, asking.unit, asking.procedure)
    form, received = open_form(asking, ground), asking.facts.first(Received)
    if received is None or not received.procedure:  # taken back since the invitation
        raise CannotAnswerError
    return Asked(form, received.competent_unit, received.procedure)


def unit_of(asking: Dossier | Sheet) -> str:
    """Whose work is asked about; "" if that is not known any more."""
    if isinstance(asking, Sheet):
        return asking.unit
    received = asking.facts.first(Received)
    return "" if received is None else received.competent_unit


class Wanted(NamedTuple):
    """A form that asks for sheets, as it was filled in."""

    unit: str
    procedure: str
    number: str


def wrong_with(wanted: Wanted, reference: ReferenceData) -> dict[str, str]:
    """What is wrong with it, by field."""
    faults = dict[str, str]()
    if wanted.unit not in reference.units:
        faults["unit"] = "Xin chọn một đơn vị trong danh sách"
    if wanted.procedure not in reference.procedures:
        faults["procedure"] = "Xin chọn một thủ tục trong danh sách"
    if wanted.number not in {str(number) for number in range(1, MOST_AT_ONCE + 1)}:
        faults["number"] = f"Xin ghi số từ 1 đến {MOST_AT_ONCE}"
    return faults


def choices(given: dict[str, str]) -> dict[str, str]:
    """Answers by the numbers that stand on paper, from 1, as the web form has them, from 0; what is no such number answers
    nothing."""
    places = {str(number): str(number - 1) for number in range(1, 10)}
    return {name: places.get(value.strip(), "") for name, value in given.items()}

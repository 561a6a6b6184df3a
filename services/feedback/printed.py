"""Survey sheets as one PDF/A-2b: A4, an answer to tick each, the QR code by which the same sheet is answered on a phone."""

import io
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from typing import NamedTuple

import segno

from runtime.typeset import typeset
from services.feedback.domain import SurveyForm

_LAYOUT = files("services.feedback").joinpath("templates/sheet.typ").read_bytes()


class Wording(NamedTuple):
    """What stands at the head of sheets. `specimen`: across those that nobody enters."""

    unit: str
    procedure: str
    printed: date
    specimen: str = ""


def render(form: SurveyForm, wording: Wording, sheets: Sequence[tuple[str, str]]) -> bytes:
    """Sheets to a form: number and address of each."""
    words = {
        "title": form.title,
        "unit": wording.unit,
        "procedure": wording.procedure,
        "specimen": wording.specimen,
        "dated": [wording.printed.year, wording.printed.month, wording.printed.day],
        "questions": [
            {
                "text": question.text,
                "answers": [text for text, _ in question.answers],
                "only_if": ""
                if question.only_if is None
                else f"Chỉ trả lời nếu ở câu {form.number(question.only_if.question)} Ông/Bà chọn: "
                f"{'; '.join(question.only_if.answers)}.",
            }
            for question in form.questions
        ],
        "sheets": [{"number": f"{number[:5]}\N{NO-BREAK SPACE}{number[5:]}", "qr": _qr(address)} for number, address in sheets],
    }
    return typeset(_LAYOUT, survey=words)


def _qr(address: str) -> str:
    """As SVG: sharp on every printer, and read though a corner is stained."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=0)
    return drawn.getvalue().decode()

"""An apology letter as PDF/A-2b."""

from dataclasses import asdict
from importlib.resources import files

from runtime.typeset import typeset
from services.notifier.domain.letter_text import LetterText

_LAYOUT = files("services.notifier").joinpath("templates/letter.typ").read_bytes()


def render(letter: LetterText) -> bytes:
    """The letter as one A4 PDF; equal letters give equal bytes."""
    return typeset(_LAYOUT, letter=asdict(letter))

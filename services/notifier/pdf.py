"""A letter as PDF/A-2b."""

from dataclasses import asdict
from importlib.resources import files

from runtime.typeset import typeset
from services.notifier.domain.letter_text import LetterText
from services.notifier.domain.lines import breakable, cleaned

_LAYOUT = files("services.notifier").joinpath("templates/letter.typ").read_bytes()


def render(letter: LetterText, stamp: tuple[str, ...] = ()) -> bytes:
    """The letter as one A4 PDF; equal letters give equal bytes. `stamp`: what stands in the place of a signature; without one
    that is space for ink."""
    return typeset(_LAYOUT, letter={**asdict(letter), "stamp": [breakable(cleaned(line)) for line in stamp]})

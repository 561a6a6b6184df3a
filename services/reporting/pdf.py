"""A form as PDF/A-2b, A4 landscape."""

from dataclasses import asdict
from importlib.resources import files

from runtime.typeset import typeset
from services.reporting.printed import DATED, SIGNERS, UNIT_OF_COUNT, Printed

_LAYOUT = files("services.reporting").joinpath("templates/form.typ").read_bytes()


def render(page: Printed) -> bytes:
    """The form as one document; equal forms give equal bytes."""
    words = {"signers": SIGNERS, "dated": DATED, "count": UNIT_OF_COUNT, "last": page.last}
    return typeset(_LAYOUT, form={**asdict(page), **words})

"""Which dossiers a restatement is because of: those whose share of a line moved since the period was stated last (R37)."""

from collections.abc import Collection, Iterable

from contracts.reports import ReportChange
from services.reporting.domain.cells import CellKey
from services.reporting.domain.periods import Days
from services.reporting.domain.sheet import Lens

SHOWN = 100  # an event and a period name so many and count the others, so that neither grows without bound


def lines_changed(changes: Iterable[ReportChange]) -> set[tuple[str, str]]:
    """The lines that are others now: unit, field."""
    return {(change.unit, change.field) for change in changes}


def is_cause(moved: Iterable[str], days: Days, lines: Collection[tuple[str, str]], lens: Lens) -> bool:
    """Whether a dossier is one of them. `moved`: the cells in which it counts otherwise than before."""
    for key in map(CellKey.parse, moved):
        if key.role == "competent" and key.day <= days.last and (lens.unit_of(key.unit), lens.field_of(key.procedure)) in lines:
            return True
    return False

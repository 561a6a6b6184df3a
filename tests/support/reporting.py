"""reporting's rules on documents, as its loop and jobs call them."""

from datetime import date

from contracts import Event
from dunghen import PROVINCE
from reference import ReferenceData, load_reference
from runtime.clock import SteppedClock
from runtime.store import Document
from services.reporting.app import rules_of
from services.reporting.domain import Contributions, contributions, flipped
from services.reporting.handlers import Context
from services.reporting.store import ROW, load
from tests.support.dossiers import at

REFERENCE = load_reference(PROVINCE)
CONTEXT = Context(SteppedClock(at(20)), REFERENCE)


def handle(document: Document, event: Event, context: Context = CONTEXT) -> Document:
    """The row after an event."""
    return rules_of(context).handle(document, event).document


def flip(document: Document, now: int) -> Document:
    """The row after its due moment (ms)."""
    return ROW.written(flipped(load(document), now), document)


def counts_of(document: Document, now: int) -> Contributions | None:
    """What a row adds (ms)."""
    return contributions(load(document).known, now)


def merged() -> ReferenceData:
    """The demo's province in which two communes were merged on 11 March."""
    reference = load_reference(PROVINCE)
    for code in ("H37.12", "H37.13"):
        reference.units[code] = reference.units[code].model_copy(update={"valid_to": date(2026, 3, 10)})
    new = {"code": "H37.99", "name": "UBND xã Mới", "valid_from": date(2026, 3, 11), "predecessors": ("H37.12", "H37.13")}
    reference.units["H37.99"] = reference.units["H37.12"].model_copy(update={"valid_to": None, **new})
    return reference

"""sla's rules on documents, as its loop, timers, jobs and recovery call them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts import Event
from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from runtime.clock import SteppedClock
from runtime.outputs import Decision, Output
from runtime.store import Document
from services.changes import Changed
from services.sla import recovery as recovering
from services.sla.app import rules_of, timer_of
from services.sla.domain import Dossier, recount, recount_acceptance
from services.sla.domain.journal import Slot
from services.sla.handlers import Context
from services.sla.settings import SlaSettings
from services.sla.store import CODEC, SLOTS
from tests.support.dossiers import DOSSIER

REFERENCE = load_reference(PROVINCE)
CLOCK = SteppedClock(datetime(2026, 3, 2, 7, 0, tzinfo=OFFICE_TIME))
CONTEXT = Context.of(REFERENCE, SlaSettings(reference_dir=PROVINCE), CLOCK)


def handle(document: Document, event: Event, context: Context = CONTEXT) -> Decision:
    """An event."""
    return rules_of(context).handle(document, event)


def on_timer(document: Document, until: datetime, now: datetime, context: Context = CONTEXT) -> Decision:
    """A timer."""
    return timer_of(context)(document, until, now)


def on_calendar(document: Document, context: Context) -> Decision:
    """A change of the calendar."""

    def rule(dossier: Dossier) -> Changed[Dossier]:
        return recount(dossier, context.ground).then(lambda counted: recount_acceptance(counted, context.ground))

    return CODEC.settling(rule, context.clock)(document)


def recall(document: Document, event: Event) -> Document:
    """What was said, while it recovers."""
    return CODEC.folding(recovering.recall)(document, event)


def absorb(document: Document, event: Event) -> Document:
    """What is told, while it recovers."""
    return CODEC.folding(recovering.absorb)(document, event)


def settle(document: Document, context: Context) -> Decision:
    """When all is read."""
    return CODEC.settling(lambda dossier: recovering.settle(dossier, context), context.clock)(document)


def recall_change(document: Document, event: Event) -> Document:
    """A change of the calendar, back into the journal."""

    def fold(slot: Slot, event: Event) -> Slot:
        return recovering.recall_change(slot, event)

    return SLOTS.folding(fold)(document, event)


def play(events: Sequence[Event], document: Document | None = None) -> tuple[Document, list[Output]]:
    """Run events through the handler; returns the document and all outputs."""
    current: Document = document or {"_id": DOSSIER, "rev": 0}
    outputs: list[Output] = []
    for event in events:
        decision = handle(current, event, CONTEXT)
        current = decision.document
        outputs += decision.outputs
    return current, outputs


def said(outputs: Sequence[Output]) -> list[str]:
    """What was said, by short names."""
    return [output.body["type"].removeprefix("vn.dunghen.deadline.").removesuffix(".v1") for output in outputs]


def last(outputs: Sequence[Output], kind: str) -> dict[str, Any]:
    """What the newest of a kind says."""
    found: dict[str, Any] = [o for o in outputs if o.body["type"] == f"vn.dunghen.deadline.{kind}.v1"][-1].body["data"]
    return found

"""What reporting does with each event: the rule for it, and what the rules may look at. Cells follow in jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts import Event
from contracts.deadlines import DEADLINE_TYPES
from contracts.dossiers import Fact
from contracts.feedback import FEEDBACK_TYPES
from contracts.notices import NOTICE_TYPES
from reference import ReferenceData
from runtime.clock import Clock, epoch_ms
from services.changes import Changed
from services.reporting.domain import Known, Row, taken, told
from services.reporting.domain.facts import KINDS


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that a decision is made with."""

    clock: Clock
    reference: ReferenceData


Teller = Callable[[Known, Event], Known]
STATEMENTS: dict[str, Teller] = {model.TYPE: told.statement for model in DEADLINE_TYPES}
EFFECTS: dict[str, Teller] = {model.TYPE: told.effect for model in (*NOTICE_TYPES, *FEEDBACK_TYPES)}
TELLERS = STATEMENTS | EFFECTS


def heeds(event: Event) -> bool:
    """Whether an event can say anything of a row. Most facts cannot, and then the row does not have to be looked at."""
    return not isinstance(event.data, Fact) or event.data.series in KINDS.fields


def handle(row: Row, event: Event, context: Context) -> Changed[Row]:
    """Take an event in, and count the row anew if it says anything new. What is no statement and no effect is a fact; one of a
    type this version does not know is kept."""
    known = TELLERS.get(event.type, told.fact)(row.known, event)
    if known is row.known:
        return Changed(row)
    return Changed(taken(row, known, epoch_ms(context.clock.now()), context.reference.future))

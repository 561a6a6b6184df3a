"""What reporting does with each event: the rule for it, and what the rules may look at. Cells follow in jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts import Event
from contracts.deadlines import DEADLINE_TYPES, DeadlineSettled, DeadlineStated
from contracts.envelope import EventData, UnknownData
from contracts.feedback import FEEDBACK_TYPES, FeedbackRated, FeedbackRatedV2
from contracts.letters import ANSWER_LETTER_TYPES
from contracts.notices import NOTICE_TYPES, LetterDrafted, LetterRejected, LetterSent
from contracts.petitions import PETITION_TYPES
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
TELLERS: dict[type[EventData | UnknownData], Teller] = {
    **{model: told.statement for model in DEADLINE_TYPES if issubclass(model, DeadlineStated | DeadlineSettled)},
    **dict.fromkeys((LetterSent, LetterRejected, LetterDrafted, FeedbackRated), told.effect),
    FeedbackRatedV2: told.response,
}
IGNORED = frozenset((*DEADLINE_TYPES, *NOTICE_TYPES, *ANSWER_LETTER_TYPES, *FEEDBACK_TYPES, *PETITION_TYPES)) - TELLERS.keys()


def heeds(event: Event) -> bool:
    """Whether an event can say anything of a row. Messages, warnings and most facts cannot: no row is looked at for them."""
    return type(event.data) not in IGNORED and KINDS.concerns(event)


def handle(row: Row, event: Event, context: Context) -> Changed[Row]:
    """Take an event in, and count the row anew if it says anything new. What is no statement and no effect is a fact; one of a
    type this version does not know is kept."""
    known = TELLERS.get(type(event.data), told.fact)(row.known, event)
    if known is row.known:
        return Changed(row)
    return Changed(taken(row, known, epoch_ms(context.clock.now()), context.reference.future))

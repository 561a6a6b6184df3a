"""What notifier does with each message: (document, event, context) -> (document, outputs). Sending and issuing are jobs."""

from contracts import Event
from contracts.contacts import ContactSealed
from contracts.deadlines import (
    DEADLINE_TYPES,
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineRefused,
    DeadlineSettled,
    DeadlineStated,
)
from contracts.dossiers import DOSSIER_TYPES
from contracts.feedback import FEEDBACK_TYPES, FeedbackInvited
from runtime.outputs import Decision
from runtime.store import Document
from services.notifier.handlers import letters, messages
from services.notifier.handlers.common import Context


def _ignore(document: Document, _event: Event, _context: Context) -> Decision:
    return Decision(document)


HANDLERS = (
    {model.TYPE: messages.on_fact for model in DOSSIER_TYPES}
    | {ContactSealed.TYPE: messages.on_contact}
    | {model.TYPE: _ignore for model in (*DEADLINE_TYPES, *FEEDBACK_TYPES)}
    | {model.TYPE: letters.on_deadline for model in DEADLINE_TYPES if issubclass(model, DeadlineStated)}
    | {DeadlineSettled.TYPE: letters.on_settled, DeadlineRefused.TYPE: letters.on_refused}
    | {DeadlineApologyDue.TYPE: letters.on_rung, DeadlineOverdue.TYPE: letters.on_rung}
    | {FeedbackInvited.TYPE: messages.on_invited}
)


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw."""
    return HANDLERS.get(event.type, messages.on_fact)(document, event, context)

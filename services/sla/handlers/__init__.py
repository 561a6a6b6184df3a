"""What sla does with each message and timer: (document, event, context) -> (document, outputs)."""

from contracts import Event
from contracts.dossiers import DOSSIER_TYPES
from contracts.facts import epoch_ms, merge_fact
from contracts.notices import NOTICE_TYPES, LetterApproved
from runtime.outputs import Decision
from runtime.store import Document
from services.sla.domain import FIELDS, end_of, standing_of
from services.sla.domain.repromise import Ask, refusal_of
from services.sla.handlers.common import Context, business_time, refuse
from services.sla.handlers.rungs import on_timer
from services.sla.handlers.statements import on_calendar, restate

__all__ = ["HANDLERS", "Context", "handle", "on_calendar", "on_timer"]


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier: merge it, and state what changed: the promise, and how it ended."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return Decision(document)
    after = {**document, "facts": facts}
    outputs = restate(after, event, context)
    return Decision(after, outputs)


def on_ask(document: Document, event: Event, context: Context) -> Decision:
    """A signed apology letter asks for a new date: granted once (R16), answered by a moved or a refused deadline."""
    data = event.data
    if not isinstance(data, LetterApproved) or data.new_due_at is None or event.id in document.get("asks", {}):
        return Decision(document)
    facts = document.get("facts", {})
    ask = Ask(epoch_ms(data.at), document.get("deadline", {}).get("due"), epoch_ms(data.new_due_at))
    line = context.reference.timeline(data.unit, context.reference.known_at(event.time))
    refusal = refusal_of(standing_of(facts), end_of(facts), line, ask)
    after = {**document, "asks": {**document.get("asks", {}), event.id: "refused" if refusal else "granted"}}
    if refusal is not None:
        return Decision(after, [refuse(after, refusal.to(data.unit, business_time(event)), event.id, event, context)])
    granted = {"v": 1, "at": ask.at, "new_due_at": ask.new_due, "granted": True}
    after["facts"] = {**facts, "reappointed": {**facts.get("reappointed", {}), f"letter/{data.draft}": granted}}
    return Decision(after, restate(after, event, context))


def ignore(document: Document, _event: Event, _context: Context) -> Decision:
    """Notices and the rest of a letter's life change no promise."""
    return Decision(document)


HANDLERS = (
    {model.TYPE: on_fact for model in DOSSIER_TYPES}
    | {model.TYPE: ignore for model in NOTICE_TYPES}
    | {LetterApproved.TYPE: on_ask}
)


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw by the same rule as a fact."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)

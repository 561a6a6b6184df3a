"""Lifting a dead letter: replay it through the service's own handler under the same save and publish rules, or discard it.

Nothing is put back on the source topic; either way the document's incomplete mark is lifted.
"""

from runtime.batch import mark_complete
from runtime.errors import Invalid
from runtime.intents import Intents
from runtime.outputs import Decision, EventT, Rules
from runtime.store import Document


async def replay(rules: Rules[EventT], intents: Intents, place: str, key: str, value: bytes) -> None:
    """Handle a dead letter anew. Raises Invalid if it still is no valid event, or names another document than its key."""
    event = rules.decode(value)
    if event.subject != key:
        raise Invalid("the event's subject is not the record's key")

    def decide(document: Document) -> Decision:
        decision = rules.handle(document, event)
        return Decision(mark_complete(decision.document, place), decision.outputs)

    await intents.apply([key], decide)


async def discard(intents: Intents, place: str, key: str) -> None:
    """Give a dead letter up: the document is complete without it."""
    await intents.apply([key], lambda document: Decision(mark_complete(document, place)))

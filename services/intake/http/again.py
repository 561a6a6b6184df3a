"""A held item goes in again, as its sender sent it and as it was corrected since; and what becomes of its entry."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from services.intake import quarantine
from services.intake.domain import Quarantined, Refused, Sender, Taken
from services.intake.domain.held import Held
from services.intake.handlers import Batch, Outcome
from services.intake.http.entrance import Entrance
from services.intake.http.events import say
from services.intake.store import change_held, release

Take = Callable[[Sequence[object], Sender], Awaitable[Batch]]


async def again(held: Held, entrance: Entrance, take: Take) -> Outcome:
    """Take it in. What is refused, or cannot be opened any more, stays with the reason; what nobody understands stays, as
    another entry if it is another item now. Raises Unavailable, and what `take` raises: then the entry is still there."""
    store = entrance.parts.store
    outcome = await _taken(held, entrance, take)
    match outcome.answer:
        case Refused():
            problem = say(0, outcome, entrance).problem
            await change_held(store, held.id, lambda kept: replace(kept, problem=problem))
        case Quarantined(reason) if quarantine.entry_of(held, reason, entrance.context.sealer) == held.id:
            pass
        case _:
            await release(store, held)
    return outcome


async def _taken(held: Held, entrance: Entrance, take: Take) -> Outcome:
    try:
        item = quarantine.item_of(held, entrance.context.sealer.locker())
    except quarantine.UnreadableError as error:
        return Outcome(None, Taken(Refused(error.faults)))
    return (await take([item], held.sender)).outcomes[0]

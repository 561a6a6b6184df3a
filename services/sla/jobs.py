"""After a change of the calendar, and at each start: what is open, or waits to be accepted, is looked at again, once."""

from reference import OFFICE_TIME
from runtime.intents import Intents
from runtime.parts import Parts
from services.changes import Changed
from services.sla.domain import Dossier, recount, recount_acceptance
from services.sla.handlers import Context
from services.sla.store import CODEC, open_dossiers, unaccepted_dossiers, uncounted_dossiers

PAGE = 200
DECEMBER = 12


def warn_of_next_year(parts: Parts, context: Context) -> None:
    """Set the gauges that say whether next year can be counted on."""
    today = context.clock.now().astimezone(OFFICE_TIME).date()
    confirmed = context.reference.timeline("").calendar.confirmed_through
    parts.telemetry.set("calendar_confirmed_through", confirmed)
    parts.telemetry.set("calendar_unconfirmed", today.month == DECEMBER and confirmed <= today.year)


class Recount:
    """One pass over the open dossiers per change that this instance learns of. What is counted meanwhile looks at the newest
    calendar itself (domain.statements), so nothing slips by behind the pass; after a restart, one more pass changes nothing."""

    def __init__(self, parts: Parts, intents: Intents, context: Context) -> None:
        self._parts, self._intents, self._context = parts, intents, context
        self._done: int | None = None  # nothing yet: the calendar of this release may reach further than that of the last

    async def sweep(self) -> None:
        """Count anew what was counted with an older calendar. Raises Unavailable, and then goes through all of it again."""
        warn_of_next_year(self._parts, self._context)
        newest = self._context.reference.known
        if newest == self._done:
            return
        async for page in open_dossiers(self._parts.store, PAGE):
            older = [found.code for found in page if found.watch is not None and found.watch.counted_with < newest]
            if older:
                await CODEC.change(self._intents, older, self._recounted, self._context.clock)
        for waiting in (unaccepted_dossiers, uncounted_dossiers):
            async for page in waiting(self._parts.store, PAGE):
                await CODEC.change(self._intents, [found.code for found in page], self._accepted, self._context.clock)
        self._done = newest

    def _recounted(self, dossier: Dossier) -> Changed[Dossier]:
        return recount(dossier, self._context.ground)

    def _accepted(self, dossier: Dossier) -> Changed[Dossier]:
        return recount_acceptance(dossier, self._context.ground)

"""After a change of the calendar: every open dossier that was counted before it is looked at again, once."""

from functools import partial

from reference import OFFICE_TIME
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.store import Range
from runtime.store.port import Scalar
from services.sla.handlers import Context, on_calendar
from services.sla.store import DOSSIERS, OPEN_DUE

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
    calendar itself (handlers), so nothing slips by behind the pass; after a restart, one more pass changes nothing."""

    def __init__(self, parts: Parts, intents: Intents, context: Context) -> None:
        self._parts, self._intents, self._context = parts, intents, context
        self._done = 0

    async def sweep(self) -> None:
        """Count anew what was counted with an older calendar. Raises Unavailable, and then goes through all of it again."""
        warn_of_next_year(self._parts, self._context)
        newest = self._context.reference.known
        if newest == self._done:
            return
        after: tuple[Scalar, str] | None = None
        while True:
            page = await self._parts.store.find(DOSSIERS, {OPEN_DUE: Range(low=0)}, order=OPEN_DUE, limit=PAGE, after=after)
            older = [document["_id"] for document in page if document.get("counted_with", newest) < newest]
            if older:
                await self._intents.apply(older, partial(on_calendar, context=self._context))
            if len(page) < PAGE:
                self._done = newest
                return
            after = (page[-1][OPEN_DUE], page[-1]["_id"])

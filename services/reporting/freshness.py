"""How fresh the figures are: up to when they are counted, and of which units nothing was heard though dossiers are open there.

Nothing counted and nothing heard look the same in a figure. So whatever shows figures says how old they are, and names the
units that are silent.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.definitions import load_definitions
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, BeyondCalendarError, ReferenceData, moment
from runtime.store import Documents
from services.reporting import store as kept
from services.reporting.domain import Days
from services.reporting.domain.standing import Standing
from services.reporting.figures import Asked, flows

LATE_COUNT = timedelta(minutes=10)  # figures are counted every second; after so long something holds them up


@dataclass(frozen=True, slots=True)
class Silent:
    """A unit with open dossiers of which nothing was heard for too long. `since`: when the last of it was recorded."""

    name: str
    open: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a reader has to know before believing a figure. `waiting`: dossiers whose change is in no figure yet,
    `waiting_since` when the first of them; `stopped`: whether counting stands still; `silent`, `never`: units with open
    dossiers and without news, units that no dossier ever came from; `days`: working days of silence that are too many."""

    counted_at: datetime | None
    newest: datetime | None
    waiting: int
    waiting_since: datetime | None
    stopped: bool
    days: int
    silent: tuple[Silent, ...] = ()
    never: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the figures are of today."""
        return not (self.stopped or self.silent)


async def newest_of(store: Documents) -> datetime | None:
    """When the newest of what any figure follows from was recorded."""
    found = await kept.newest_of(store)
    return None if found is None else moment(found)


async def standing_of(store: Documents, days: Days, counted_at: datetime | None, unheard: tuple[str, ...] = ()) -> Standing:
    """Of a form over these days as it is filled in now. `unheard`: see there."""
    frozen = await kept.period_of(store, days)
    frozen_at = None if frozen is None else frozen.frozen_at
    return Standing(counted_at, await newest_of(store), frozen_at, unheard=unheard)


async def unheard_of(store: Documents, reference: ReferenceData, day: date, unit: str = "all") -> tuple[str, ...]:
    """The units of a form by the list of a day that nothing was ever heard of, by their names: not they, and none that they
    were made from. `unit`: all, or one."""
    heard = {reference.standing_for(code, day) for code in await kept.units_of_books(store)}
    listed = [(code, one) for code, one in sorted(reference.units.items()) if one.in_use(day) and unit in ("all", code)]
    return tuple(one.name for code, one in listed if code not in heard)


async def freshness(
    store: Documents, reference: ReferenceData, now: datetime, counted_at: datetime | None, days: int
) -> Freshness:
    """How fresh they are `now`. `days`: so many working days without news of a unit are too many."""
    since = await kept.dirty_since(store)
    waiting_since = None if since is None else moment(since)
    held_up = [at for at in (counted_at, waiting_since) if at is not None and now - at > LATE_COUNT]
    return Freshness(
        counted_at=counted_at,
        newest=await newest_of(store),
        waiting=await kept.count_dirty(store),
        waiting_since=waiting_since,
        stopped=counted_at is None or bool(held_up),
        days=days,
        silent=tuple(await silent_units(store, reference, now, days)),
        never=await unheard_of(store, reference, now.astimezone(OFFICE_TIME).date()),
    )


async def silent_units(store: Documents, reference: ReferenceData, now: datetime, days: int) -> list[Silent]:
    """Units with open dossiers and no news of so many working days of their own, the longest silence first."""
    open_now = await _open_by_unit(store, now)
    if not open_now:
        return []
    heard = await kept.newest_by_unit(store, sorted(open_now))
    found = [
        Silent(reference.unit_name(unit), number, moment(heard[unit]) if unit in heard else None)
        for unit, number in sorted(open_now.items())
        if heard.get(unit, 0) < epoch_ms(_days_before(reference, unit, now, days))
    ]
    return sorted(found, key=lambda one: epoch_ms(one.since) if one.since else 0)


async def _open_by_unit(store: Documents, now: datetime) -> dict[str, int]:
    definitions, sums = load_definitions(), Counter[str]()
    asked = Asked(tuple(sorted(definitions.linear(["open"]))))
    for (unit, _), counters in (await flows(store, asked, None, now.astimezone(OFFICE_TIME).date())).items():
        sums[unit] += definitions.sum(["open"], counters)
    return {unit: number for unit, number in sums.items() if number > 0}


def _days_before(reference: ReferenceData, unit: str, now: datetime, days: int) -> datetime:
    """So many working days of a unit before now; where the calendar does not reach, days."""
    local = now.astimezone(OFFICE_TIME)
    try:
        day = reference.timeline(unit).counted_after(local.date().toordinal(), -days)
    except BeyondCalendarError:
        return now - timedelta(days=days)
    return local - timedelta(days=local.date().toordinal() - day)

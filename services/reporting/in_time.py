"""Who answered petitions in time in a period (R32), as pages, forms and gauges show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from contracts.petitions import PetitionChannel, PetitionKind
from reference import ReferenceData, moment
from runtime.store import Documents, Range
from services.reporting.domain import Days
from services.reporting.domain.petitions import NONE, PETITIONS, Place, Score, by_channel, by_unit, total
from services.reporting.domain.standing import Standing
from services.reporting.petition_books import figures
from services.reporting.store import RECENCY, ROWS


@dataclass(frozen=True, slots=True)
class InTime:
    """Who answered in time. `units`, `kinds`, `channels`: of what the target is of, for each unit in use on the last day, each
    kind, each channel, those with nothing too; `apart`: by unit, of the kinds with clocks of other laws that were asked for."""

    first: date
    last: date
    standing: Standing
    whole: Score
    units: Mapping[str, Score]
    kinds: Mapping[PetitionKind, Score]
    channels: Mapping[PetitionChannel, Score]
    apart: Mapping[PetitionKind, Mapping[str, Score]]


async def in_time(
    store: Documents,
    reference: ReferenceData,
    days: Days,
    now: datetime,
    apart: Sequence[PetitionKind] = (),
    unit: str | None = None,
) -> InTime:
    """Of a period, by the units of its last day (R39). `unit`: of one of the list alone, with what it was merged from."""
    first, last = days.first, days.last
    codes = None if unit is None else frozenset(reference.codes_of(unit, last))
    found: dict[Place, Score] = {}
    for place, score in (await figures(store, first, last, now)).items():
        if codes is None or place.unit in codes:
            own = place._replace(unit=unit or reference.standing_for(place.unit, last))
            found[own] = found.get(own, NONE).plus(score)
    listed = [code for code, known in sorted(reference.units.items()) if known.in_use(last)] if unit is None else [unit]
    return InTime(
        first,
        last,
        Standing(now, await newest(store)),
        total(found, PETITIONS),
        by_unit(found, PETITIONS, listed),
        {kind: total(found, (kind,)) for kind in PETITIONS},
        by_channel(found, PETITIONS, get_args(PetitionChannel)),
        {kind: by_unit(found, (kind,), listed) for kind in apart},
    )


async def newest(store: Documents) -> datetime | None:
    """When the newest of what was told of any petition was recorded; None: nothing was."""
    found = await store.find(ROWS, {RECENCY: Range(high=-1)}, order=RECENCY, limit=1)
    return moment(-found[0][RECENCY]) if found else None

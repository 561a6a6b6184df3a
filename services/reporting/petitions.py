"""Petitions beside the rows: a document each, and the share that was answered in time, counted from them when asked for (R32).

They lie in the collection of the rows, because one loop has one collection and their ids are no dossiers'; no figure of
dossiers looks at them, since none has contributions. `last` is the round in force, which the store itself sums; the few earlier
rounds of what was raised again are found by the month they were due in, and added one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

from contracts import Event
from contracts.facts import epoch_ms
from contracts.petitions import PetitionChannel, PetitionKind
from reference import OFFICE_TIME, ReferenceData, moment
from runtime.store import Document, Documents, In, Range
from services.changes import Changed
from services.reporting.domain import Days
from services.reporting.domain.petitions import NONE, PETITIONS, Petition, Place, Round, Score, by_channel, by_unit, total
from services.reporting.domain.standing import Standing
from services.reporting.store import EARLIER, LAST, RECENCY, ROWS, every
from services.stored import Codec

GROUP = tuple(f"{LAST}.{name}" for name in Place._fields)
EARLIEST = date(1970, 1, 2)  # no petition was due before
SUMS = tuple(f"{LAST}.{name}" for name in Score._fields if name != "due")


def load(document: Document) -> Petition:
    """The petition of a document; one that was never saved knows nothing."""
    kept = document.get("petition", {})
    rounds = {int(number): _round(own) for number, own in kept.get("rounds", {}).items()}
    return Petition(document["_id"], kept.get("received"), kept.get("recorded", 0), rounds)


def _round(kept: Mapping[str, Any]) -> Round:
    return Round(
        kept["v"],
        kept["unit"],
        kept["kind"],
        kept["channel"],
        kept.get("due"),
        kept.get("answered"),
        kept.get("published", False),
    )


def dump(petition: Petition) -> Mapping[str, Any]:
    """A petition as its document keeps it, with what it is found and summed by."""
    if not petition.rounds:
        return {}
    newest = max(petition.rounds)
    earlier = {month for number, own in petition.rounds.items() if number < newest and (month := _month(own.due))}
    kept = {
        "received": petition.received,
        "recorded": petition.recorded,
        "rounds": {str(number): _dump_round(own) for number, own in sorted(petition.rounds.items())},
    }
    return {
        "petition": {name: value for name, value in kept.items() if value is not None},
        LAST: _last(newest, petition.rounds[newest]),
        EARLIER: sorted(earlier) or None,
        RECENCY: -petition.recorded,  # so that the newest comes first
    }


def _dump_round(own: Round) -> dict[str, Any]:
    kept = {"v": own.version, "unit": own.unit, "kind": own.kind, "channel": own.channel}
    more = {"due": own.due, "answered": own.answered, "published": own.published or None}
    return kept | {name: value for name, value in more.items() if value is not None}


def _last(number: int, own: Round) -> dict[str, Any] | None:
    if own.due is None:
        return None
    place = {"unit": own.unit, "kind": own.kind, "channel": own.channel}
    return place | Score.of(number, own)._asdict() | {"due": own.due}


def _month(due: int | None) -> str:
    return "" if due is None else f"{moment(due).astimezone(OFFICE_TIME):%Y-%m}"


PETITION = Codec.whole(load, dump, ("petition", LAST, EARLIER, RECENCY))


def handle(petition: Petition, event: Event) -> Changed[Petition]:
    """Take an event of a petition in."""
    return Changed(petition.told(event))


# --- the share ----------------------------------------------------------------------------------------------------------------


async def scores(store: Documents, first: date, last: date, now: datetime) -> dict[Place, Score]:
    """What was due from `first` to `last`, both included, and not after `now`: what is not due yet counts on neither side."""
    first, last = max(first, EARLIEST), min(last, now.astimezone(OFFICE_TIME).date())
    low, high = _begin(first), min(_begin(last + timedelta(days=1)) - 1, epoch_ms(now))
    found: dict[Place, Score] = {}
    for row in await store.count_by(ROWS, {f"{LAST}.due": Range(low, high)}, group=GROUP, sums=SUMS):
        found[Place(*row.group)] = Score(row.count, *row.sums)
    async for document in every(store, ROWS, {EARLIER: In(tuple(_months(first, last)))}):
        for _, petition in PETITION.readable([document]):
            for number, own in sorted(petition.rounds.items())[:-1]:
                if own.due is not None and low <= own.due <= high:
                    place = Place(own.unit, own.kind, own.channel)
                    found[place] = found.get(place, NONE).plus(Score.of(number, own))
    return found


def _begin(day: date) -> int:
    return epoch_ms(datetime.combine(day, time(), OFFICE_TIME))


def _months(first: date, last: date) -> list[str]:
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(_number(first), _number(last) + 1)]


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


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
    for place, score in (await scores(store, first, last, now)).items():
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

"""Petitions beside the rows: a document each, and the share that was answered in time, counted from them when asked for (R32).

They lie in the collection of the rows, because one loop has one collection and their ids are no dossiers'; no figure of
dossiers looks at them, since none has contributions. `last` is the round in force, which the store itself sums; the few earlier
rounds of what was raised again are found by the month they were due in, and added one by one.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from contracts import Event
from contracts.facts import epoch_ms
from reference import OFFICE_TIME, moment
from runtime.store import Document, Documents, In, Range
from services.changes import Changed
from services.reporting.domain.books import Months
from services.reporting.domain.petition_books import Key, over, stirred
from services.reporting.domain.petitions import NONE, Petition, Place, Round, Score
from services.reporting.store import EARLIER, LAST, RECENCY, ROWS, STIRRED, STIRRED_AT, every
from services.stored import Codec

GROUP = tuple(f"{LAST}.{name}" for name in Place._fields)
EARLIEST = date(1970, 1, 2)  # no petition was due before
SUMS = tuple(f"{LAST}.{name}" for name in Score._fields if name != "due")


def load(document: Document) -> Petition:
    """The petition of a document; one that was never saved knows nothing."""
    kept = document.get("petition", {})
    rounds = {int(number): _round(own) for number, own in kept.get("rounds", {}).items()}
    return Petition(document["_id"], kept.get("received"), kept.get("recorded", 0), rounds, tuple(document.get(STIRRED, ())))


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
        STIRRED: list(petition.stirred) or None,
        STIRRED_AT: min((Key.parse(key).over for key in petition.stirred), default=None),
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
    return "" if due is None else month_of(moment(due).astimezone(OFFICE_TIME).date())


def month_of(day: date) -> str:
    """The month of a day, YYYY-MM."""
    return day.isoformat()[:7]


def _days_of(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])


CALENDAR_MONTHS = Months(month_of, _days_of)


PETITION = Codec.whole(load, dump, ("petition", LAST, EARLIER, RECENCY, STIRRED, STIRRED_AT))


def handle(petition: Petition, event: Event) -> Changed[Petition]:
    """Take an event of a petition in."""
    after = petition.told(event)
    return Changed(petition if after is petition else after._replace(stirred=stirred(petition, after)))


# --- the share ----------------------------------------------------------------------------------------------------------------


async def scores(store: Documents, first: date, last: date, now: datetime) -> dict[Place, Score]:
    """What was due from `first` to `last`, both included, and not after `now`: what is not due yet counts on neither side."""
    first, last = max(first, EARLIEST), min(last, now.astimezone(OFFICE_TIME).date())
    low, high = over(first - timedelta(days=1)), min(over(last) - 1, epoch_ms(now))
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


def _months(first: date, last: date) -> list[str]:
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(_number(first), _number(last) + 1)]


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1

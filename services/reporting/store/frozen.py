"""How frozen periods are kept, and the dossiers that moved them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from contracts.reports import ReportChange
from runtime.intents import Intents
from runtime.store import Document, Documents
from services.changes import Answering, By, Changed
from services.reporting.domain import Days, Frozen, NotFrozen, Period
from services.reporting.domain.periods import Restated
from services.reporting.domain.sheet import LineKey, Lines
from services.reporting.store.names import CAUSES, PAGE, PERIODS
from services.reporting.store.reading import every, pages
from services.stored import Codec


def load_period(document: Document) -> Period:
    """The period of a document; one that was never saved is not frozen."""
    if "lines" not in document:
        return NotFrozen()
    return Frozen(
        kind=document["kind"],
        days=Days(date.fromisoformat(document["first"]), date.fromisoformat(document["last"])),
        version=document["version"],
        frozen_at=datetime.fromisoformat(document["frozen_at"]),
        definition=document["definition"],
        lines=_lines(document["lines"]),
        stated=_lines(document["stated"]),
        booked={(unit, procedure): own for key, own in document["booked"].items() for unit, procedure in [key.split("|", 1)]},
        adjustments=_changes(document["adjustments"]),
        restated=tuple(
            Restated(
                kept["version"],
                datetime.fromisoformat(kept["at"]),
                kept["reason"],
                _changes(kept["changes"]),
                tuple(kept.get("dossiers", ())),
                kept.get("others", 0),
            )
            for kept in document["changes"]
        ),
        by=None if "frozen_by" not in document else By(**document["frozen_by"]),
    )


def _lines(kept: Mapping[str, Mapping[str, int]]) -> Lines:
    return {LineKey(*key.split("|", 1)): {int(column): n for column, n in own.items()} for key, own in kept.items()}


def _changes(kept: Iterable[Mapping[str, Any]]) -> tuple[ReportChange, ...]:
    return tuple(ReportChange.model_validate(change) for change in kept)


def dump_period(period: Period) -> dict[str, Any]:
    """A period as its document keeps it."""
    if isinstance(period, NotFrozen):
        return {}
    return {
        "kind": period.kind,
        "first": period.days.first.isoformat(),
        "last": period.days.last.isoformat(),
        "version": period.version,
        "frozen_at": period.frozen_at.isoformat(),
        "definition": period.definition,
        "frozen_by": None if period.by is None else asdict(period.by),
        "lines": _dump_lines(period.lines),
        "stated": _dump_lines(period.stated),
        "booked": {
            "|".join(place): own
            for place, counters in sorted(period.booked.items())
            if (own := {name: number for name, number in sorted(counters.items()) if number})
        },
        "adjustments": [change.model_dump() for change in period.adjustments],
        "changes": [
            {
                "version": noted.version,
                "at": noted.at.isoformat(),
                "reason": noted.reason,
                "changes": [change.model_dump() for change in noted.changes],
                "dossiers": list(noted.dossiers),
                "others": noted.others,
            }
            for noted in period.restated
        ],
    }


def _dump_lines(lines: Lines) -> dict[str, dict[str, int]]:
    return {"|".join(key): {str(column): number for column, number in own.items()} for key, own in lines.items()}


PERIOD = Codec.whole(
    load_period,
    dump_period,
    (
        *("kind", "first", "last", "version", "frozen_at", "definition", "frozen_by"),
        *("lines", "stated", "booked", "adjustments", "changes"),
    ),
)


async def periods(store: Documents) -> list[Frozen]:
    """All frozen periods, the newest end first."""
    found = [period async for page in pages(store, PERIODS, {}) for _, period in PERIOD.readable(page)]
    frozen = [period for period in found if isinstance(period, Frozen)]
    return sorted(frozen, key=lambda period: (period.days.last, period.days.first), reverse=True)


async def period_of(store: Documents, days: Days) -> Frozen | None:
    """A frozen period, if it is. Raises Unavailable for one that a newer release wrote."""
    found = (await store.get_many(PERIODS, [days.key])).get(days.key)
    period = None if found is None else PERIOD.read(found)
    return period if isinstance(period, Frozen) else None


async def freeze_period(
    intents: Intents, days: Days, rule: Callable[[Period], Answering[Period, Frozen]], now: datetime
) -> Frozen:
    """Freeze a period as of `now` and publish it; returns what is frozen."""
    frozen: Frozen = (await _decide(intents, days, rule, now))[days.key]
    return frozen


async def restate_period(intents: Intents, days: Days, rule: Callable[[Period], Changed[Period]], now: datetime) -> None:
    """State anew what a period is, as of `now`, and publish it."""
    await _decide(intents, days, rule, now)


async def _decide(
    intents: Intents, days: Days, rule: Callable[[Period], Changed[Period] | Answering[Period, Frozen]], now: datetime
) -> Mapping[str, Any]:
    """What is said is of the moment it says itself."""

    return await intents.apply([days.key], lambda document: PERIOD.decide(document, rule, now))


async def frozen_until(store: Documents) -> str:
    """The last day (ISO) of any frozen period; "": none is frozen."""
    return max([period.days.last.isoformat() for period in await periods(store)], default="")


async def note_causes(store: Documents, period: str, version: int, codes: Sequence[str]) -> None:
    """Keep all dossiers of a restatement, before it is stated. What was noted before is replaced."""
    restatement = f"{period}/{version}"
    known = [document["_id"] async for document in every(store, CAUSES, {"restatement": restatement})]
    await store.delete_many(CAUSES, known)
    for start in range(0, len(codes), PAGE):
        page = list(codes[start : start + PAGE])
        await store.insert_unique(CAUSES, {"_id": f"{restatement}/{start:09}", "restatement": restatement, "dossiers": page})


async def causes_of(store: Documents, period: str, version: int) -> list[str]:
    """All dossiers of a restatement, by their codes."""
    pages = every(store, CAUSES, {"restatement": f"{period}/{version}"})
    return [code async for page in pages for code in page["dossiers"]]

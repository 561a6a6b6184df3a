"""What is wrong with the figures, if anything: facts that contradict, units in no list, a second count that differs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from contracts.definitions import load_definitions
from reference import OFFICE_TIME, PeriodKind, ReferenceData
from runtime.parts import Parts
from runtime.store import Documents, In
from services.reporting import store as kept
from services.reporting.domain import ROLES, Days, Form, days_of, month_of
from services.reporting.figures import each_once, shares_of_units
from services.reporting.freshness import silent_units
from services.reporting.in_time import in_time
from services.reporting.reports import Breach, ReportRefusedError, Wanted, report
from services.reporting.store import BOOKS, SHELVES, Leaf, Share, Where

SHOWN = 20
DOUBTS = {
    "ended-twice": "Hồ sơ vừa có kết quả vừa bị rút hoặc dừng",
    "clock-ahead": "Sự việc được báo trước khi xảy ra, quá mức cho phép (đồng hồ sai)",
    "unknown-unit": "Hồ sơ của đơn vị không có trong danh mục",
}
Place: TypeAlias = tuple[str, str, str]  # role, unit, procedure


@dataclass(frozen=True, slots=True)
class Doubt:
    """One kind of doubt: how many dossiers, and the first of them by their codes."""

    kind: str
    words: str
    number: int
    dossiers: tuple[str, ...]


async def find_doubts(store: Documents, reference: ReferenceData) -> list[Doubt]:
    """Every kind of doubt, those without a dossier too."""
    found = []
    for kind, words in DOUBTS.items():
        if kind == "unknown-unit":
            number, names = await _of_unknown_units(store, reference)
        else:
            number, names = await kept.count_in_doubt(store, kind), await kept.in_doubt(store, kind, SHOWN)
        found.append(Doubt(kind, words, number, tuple(names)))
    return found


async def _of_unknown_units(store: Documents, reference: ReferenceData) -> tuple[int, list[str]]:
    """How many dossiers count for units in no list, and the first of them by their codes."""
    units, number, names = await unknown_units(store, reference), 0, list[str]()
    async for share in shares_of_units(store, units, None, date.max, roles=ROLES):
        number, names = number + 1, sorted([*names, share.code])[:SHOWN]
    return number, names


async def unknown_units(store: Documents, reference: ReferenceData) -> list[str]:
    """Units that count and are in no list: must be none, or the province would not be the sum of its units."""
    strange = tuple(unit for unit in await kept.units_of_books(store) if unit not in reference.units)
    found = await kept.sums_by(store, BOOKS, {"unit": In(strange)}, ("unit",), _names()) if strange else []
    return sorted(unit for (unit,), own in found if any(own.values()))


def _names() -> list[str]:
    return [counter.name for counter in load_definitions().counters]


async def suspects(store: Documents) -> set[Place]:
    """Places where the books say otherwise than the rows, counted from the rows alone.

    All rows are read, which takes its time, and figures go on being counted meanwhile: most of these are on their way.
    """
    counted: dict[Place, Counter[str]] = {}
    async for share in kept.shares(store, {}):
        _count(share, counted)
    standing = [await _standing(store, collection) for collection in (BOOKS, SHELVES)]
    return {place for own in standing for place in {*counted, *own} if +counted.get(place, _NONE) != +own.get(place, _NONE)}


async def differences(store: Documents, places: Collection[Place], today: date) -> list[str]:
    """What the books and shelves of some places say otherwise than their rows: `books role/unit/procedure counter`.

    To be asked while no figures are counted. Whatever changes meanwhile is dirty afterwards, and passed over. Rows are looked
    for on every day since the place's first book, on those too that the books do not know.
    """
    standing = {collection: await _standing(store, collection, places) for collection in (BOOKS, SHELVES)}
    counted: dict[Place, Counter[str]] = {}
    first: dict[Place, Leaf] = {}
    async for leaf in kept.leaves(store, _of_units(places)):
        place = leaf.role, leaf.unit, leaf.procedure
        if place in places and leaf.month <= first.get(place, leaf).month:
            first[place] = leaf
    keys = [f"{'/'.join(place)}/{day}" for place, leaf in first.items() for day in _days_since(leaf.month, today)]
    async for share in each_once(store, keys):
        _count(share, counted)
    pending = {_place(key)[0] for key in await kept.touched_cells(store)}
    settled = sorted({*places} - pending)
    missing = [f"books {'/'.join(place)} are not there" for place in settled if place not in first]
    return missing + [
        f"{collection} {'/'.join(place)} {name}"
        for collection, own in standing.items()
        for place in settled
        for name in _names()
        if counted.get(place, _NONE)[name] != own.get(place, _NONE)[name]
    ]


_NONE: Counter[str] = Counter()


def _count(share: Share, into: dict[Place, Counter[str]]) -> None:
    for key in share.counted.cells:
        place, day = _place(key)
        into.setdefault(place, Counter()).update(share.counted.days[day].counters)


def _place(key: str) -> tuple[Place, str]:
    role, unit, procedure, day = key.split("/")
    return (role, unit, procedure), day


def _of_units(places: Collection[Place]) -> Where:
    return {"unit": In(tuple(sorted({unit for _, unit, _ in places})))}


def _days_since(month: str, today: date) -> Iterator[str]:
    """All days from the first of a report month to the last of today's."""
    day, last = days_of(month)[0], days_of(month_of(today))[1]
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


async def _standing(store: Documents, collection: str, places: Collection[Place] = ()) -> dict[Place, Counter[str]]:
    """Sums of all that stands in the books or on the shelves, of some places or of all."""
    where = _of_units(places) if places else {}
    found = await kept.sums_by(store, collection, where, ("role", "unit", "procedure"), _names())
    return {(role, unit, procedure): own for (role, unit, procedure), own in found}


async def between_roles(store: Documents) -> list[str]:
    """Every dossier has one unit in each role, so that the sums of both roles are the province's: what differs (R39)."""
    lines = []
    for collection in (BOOKS, SHELVES):
        by_role = {role: own for (role,), own in await kept.sums_by(store, collection, {}, ("role",), _names())}
        received, competent = by_role.get("received", _NONE), by_role.get("competent", _NONE)
        lines += [f"{collection} province {name}" for name in _names() if received[name] != competent[name]]
    return lines


async def broken_forms(
    store: Documents, reference: ReferenceData, forms: Iterable[Form], kinds: Iterable[PeriodKind], today: date
) -> list[tuple[str, str, Breach]]:
    """Which rules the forms of the current periods break: (form, period, fault)."""
    found = []
    for kind in kinds:
        for form in forms:
            try:
                await report(store, reference, Wanted(form, *kind.around(today), unit="all"))
            except ReportRefusedError as error:
                found += [(form.label, kind.name, fault) for fault in error.faults]
    return found


async def measure(parts: Parts, reference: ReferenceData, forms: Mapping[str, Form], silent_days: int) -> None:
    """Set the gauges: silent units, dossiers in doubt by kind, rules that the forms of the shortest current period break, units
    that answer too few petitions in time."""
    silent = await silent_units(parts.store, reference, parts.clock.now(), silent_days)
    parts.telemetry.set("units_silent", len(silent))
    for kind in DOUBTS:
        if kind == "unknown-unit":
            parts.telemetry.set("figures_doubtful", len(await unknown_units(parts.store, reference)), kind=kind)
            continue
        parts.telemetry.set("figures_doubtful", await kept.count_in_doubt(parts.store, kind), kind=kind)
    shortest = min(reference.periods.values(), key=lambda kind: kind.months)
    today = parts.clock.now().astimezone(OFFICE_TIME).date()
    broken = await broken_forms(parts.store, reference, forms.values(), [shortest], today)
    parts.telemetry.set("forms_broken", len(broken))
    month = await in_time(parts.store, reference, Days(today.replace(day=1), today), parts.clock.now())
    parts.telemetry.set("petitions_below_target", sum(score.below for score in month.units.values()))

"""What is wrong with the figures, if anything: facts that contradict, units in no list, a second count that differs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from contracts.definitions import load_definitions
from reference import OFFICE_TIME, PeriodKind, ReferenceData
from runtime.parts import Parts
from runtime.store import Document, Documents, In
from services.reporting.domain import ROLES, Form
from services.reporting.domain.books import cell_key, days_of, month_of
from services.reporting.reports import Breach, ReportRefusedError, Wanted, report
from services.reporting.store import BOOKS, ROWS, SHELVES, books, rows, rows_of_cells, rows_of_units

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
            units = await unknown_units(store, reference)
            names = [row["_id"] async for row in rows_of_units(store, units, None, date.max, roles=ROLES)] if units else []
        else:
            names = [row["_id"] async for row in rows(store, {"doubts": kind})]
        found.append(Doubt(kind, words, len(set(names)), tuple(sorted(set(names))[:SHOWN])))
    return found


async def unknown_units(store: Documents, reference: ReferenceData) -> list[str]:
    """Units that count and are in no list: must be none, or the province would not be the sum of its units."""
    groups = await store.count_by(BOOKS, {}, group=("unit",))
    strange = tuple(unit for (unit,) in (group.group for group in groups) if unit not in reference.units)
    sums = [f"sums.{name}" for name in _names()]
    found = await store.count_by(BOOKS, {"unit": In(strange)}, group=("unit",), sums=sums) if strange else []
    return sorted(group.group[0] for group in found if any(group.sums))


def _names() -> list[str]:
    return [counter.name for counter in load_definitions().counters]


async def suspects(store: Documents) -> set[Place]:
    """Places where the books say otherwise than the rows, counted from the rows alone.

    All rows are read, which takes its time, and figures go on being counted meanwhile: most of these are on their way.
    """
    counted: dict[Place, Counter[str]] = {}
    async for row in rows(store, {}):
        _count(row, counted)
    standing = [await _standing(store, collection) for collection in (BOOKS, SHELVES)]
    return {place for own in standing for place in {*counted, *own} if +counted.get(place, _NONE) != +own.get(place, _NONE)}


async def differences(store: Documents, places: Collection[Place], today: date) -> list[str]:
    """What the books and shelves of some places say otherwise than their rows: `books role/unit/procedure counter`.

    To be asked while no figures are counted. Whatever changes meanwhile is dirty afterwards, and passed over. Rows are looked
    for on every day since the place's first book, on those too that the books do not know.
    """
    standing = {collection: await _standing(store, collection, places) for collection in (BOOKS, SHELVES)}
    counted: dict[Place, Counter[str]] = {}
    first: dict[Place, Document] = {}
    async for book in books(store, _of_units(places)):
        if _place_of(book) in places and book["month"] <= first.get(_place_of(book), book)["month"]:
            first[_place_of(book)] = book
    keys = [cell_key(book, day) for book in first.values() for day in _days_since(book["month"], today)]
    async for row in rows_of_cells(store, keys):
        _count(row, counted)
    pending = {_place(key)[0] async for row in rows(store, {"dirty": 1}) for key in row["touched"]}
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


def _count(row: Document, into: dict[Place, Counter[str]]) -> None:
    for key in row.get("cells", ()):
        place, day = _place(key)
        into.setdefault(place, Counter()).update(row["adds"][day]["counters"])


def _place(key: str) -> tuple[Place, str]:
    role, unit, procedure, day = key.split("/")
    return (role, unit, procedure), day


def _of_units(places: Collection[Place]) -> dict[str, In]:
    return {"unit": In(tuple(sorted({unit for _, unit, _ in places})))}


def _days_since(month: str, today: date) -> Iterator[str]:
    """All days from the first of a report month to the last of today's."""
    day, last = days_of(month)[0], days_of(month_of(today))[1]
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _place_of(book: Document) -> Place:
    return book["role"], book["unit"], book["procedure"]


async def _standing(store: Documents, collection: str, places: Collection[Place] = ()) -> dict[Place, Counter[str]]:
    """Sums of all that stands in the books or on the shelves, of some places or of all."""
    names, where = _names(), _of_units(places) if places else {}
    groups = await store.count_by(
        collection, where, group=("role", "unit", "procedure"), sums=[f"sums.{name}" for name in names]
    )
    found = {(role, unit, procedure): g.sums for g in groups for role, unit, procedure in [g.group]}
    return {place: Counter(dict(zip(names, sums, strict=True))) for place, sums in found.items()}


async def between_roles(store: Documents) -> list[str]:
    """Every dossier has one unit in each role, so that the sums of both roles are the province's: what differs (R39)."""
    names, lines = _names(), []
    for collection in (BOOKS, SHELVES):
        groups = await store.count_by(collection, {}, group=("role",), sums=[f"sums.{name}" for name in names])
        by_role = {role: g.sums for g in groups for (role,) in [g.group]}
        zeros = (0,) * len(names)
        pairs = zip(names, by_role.get("received", zeros), by_role.get("competent", zeros), strict=True)
        lines += [f"{collection} province {name}" for name, received, competent in pairs if received != competent]
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


async def measure(parts: Parts, reference: ReferenceData, forms: Mapping[str, Form]) -> None:
    """Set the gauges: dossiers in doubt by kind, and rules that the forms of the shortest current period break."""
    for kind in DOUBTS:
        if kind == "unknown-unit":
            parts.telemetry.set("figures_doubtful", len(await unknown_units(parts.store, reference)), kind=kind)
            continue
        groups = await parts.store.count_by(ROWS, {"doubts": kind})
        parts.telemetry.set("figures_doubtful", groups[0].count if groups else 0, kind=kind)
    shortest = min(reference.periods.values(), key=lambda kind: kind.months)
    today = parts.clock.now().astimezone(OFFICE_TIME).date()
    broken = await broken_forms(parts.store, reference, forms.values(), [shortest], today)
    parts.telemetry.set("forms_broken", len(broken))

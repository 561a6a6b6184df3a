"""What is wrong with the figures, if anything: facts that contradict, units in no list, a second count that differs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.definitions import load_definitions
from reference import OFFICE_TIME, PeriodKind, ReferenceData
from runtime.documents import Documents, In
from runtime.parts import Parts
from services.reporting.domain import ROLES, Form
from services.reporting.reports import Fault, ReportRefusedError, Wanted, report
from services.reporting.store import BOOKS, ROWS, SHELVES, rows, rows_of_units

SHOWN = 20
DOUBTS = {
    "ended-twice": "Hồ sơ vừa có kết quả vừa bị rút hoặc dừng",
    "clock-ahead": "Sự việc được báo trước khi xảy ra hơn hai giờ (đồng hồ sai)",
    "unknown-unit": "Hồ sơ của đơn vị không có trong danh mục",
}
Sums = Mapping[tuple[str, str, str], Counter[str]]  # role, unit, procedure


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


async def reconcile(parts: Parts) -> list[str]:
    """Count everything a second way, from the rows alone, and name what the books say otherwise: role/unit/procedure counter.

    The province is the sum of its units in every role at any time (R39): what one role's units have in sum, the other's have.
    Places with rows that are not counted yet are passed over; what differs is looked at twice, as another instance may be
    counting.
    """
    first = await _differences(parts.store)
    again = set(await _differences(parts.store)) if first else set()
    found = [line for line in first if line in again]
    parts.telemetry.set("figures_unreconciled", len(found))
    for line in found[:SHOWN]:
        parts.log.error("figures differ from their dossiers", place=line)
    return found


async def _differences(store: Documents) -> list[str]:
    counted: dict[tuple[str, str, str], Counter[str]] = {}
    pending: set[tuple[str, str, str]] = set()
    async for row in rows(store, {}):
        for key in row.get("cells", ()):
            place, day = _place(key)
            counted.setdefault(place, Counter()).update(row["adds"][day]["counters"])
        pending.update(_place(key)[0] for key in row.get("touched", ()))
    none, lines = Counter[str](), list[str]()
    for collection in (BOOKS, SHELVES):
        standing = await _standing(store, collection)
        lines += [
            f"{collection} {'/'.join(place)} {name}"
            for place in sorted({*counted, *standing} - pending)
            for name in _names()
            if counted.get(place, none)[name] != standing.get(place, none)[name]
        ]
        lines += [] if pending else _between_roles(collection, standing)
    return lines


def _place(key: str) -> tuple[tuple[str, str, str], str]:
    role, unit, procedure, day = key.split("/")
    return (role, unit, procedure), day


async def _standing(store: Documents, collection: str) -> Sums:
    names = _names()
    groups = await store.count_by(collection, {}, group=("role", "unit", "procedure"), sums=[f"sums.{name}" for name in names])
    return {group.group: Counter(dict(zip(names, group.sums, strict=True))) for group in groups}


def _between_roles(collection: str, standing: Sums) -> list[str]:
    """Every dossier has one unit in each role: the roles' sums are the province's, both."""
    roles: dict[str, Counter[str]] = {"received": Counter(), "competent": Counter()}
    for (role, _, _), sums in standing.items():
        roles[role].update(sums)
    return [f"{collection} province {name}" for name in _names() if roles["received"][name] != roles["competent"][name]]


async def broken_forms(
    store: Documents, reference: ReferenceData, forms: Iterable[Form], kinds: Iterable[PeriodKind], today: date
) -> list[tuple[str, str, Fault]]:
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

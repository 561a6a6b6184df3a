"""The dashboard's figures: a period by competent unit and by procedure, stocks at its end, rates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from contracts.definitions import BEYOND, Flows, load_definitions
from reference import ReferenceData
from runtime.pages import number
from runtime.store import Documents
from services.reporting.domain import Form, Lens, make_sheet
from services.reporting.figures import Asked, flows
from services.reporting.reports import Wanted, lens_of, of_all_units


@dataclass(frozen=True, slots=True)
class Line:
    """One unit, one procedure, or the province: columns of II.06a by number, and the flows of the period."""

    name: str
    columns: Mapping[int, int]
    during: Flows

    def sum(self, *terms: str) -> int:
        """A sum of counters and totals of counters.yaml."""
        return load_definitions().sum(terms, self.during)

    def rate(self, name: str) -> str:
        """A rate of counters.yaml as it is printed; a dash where there is nothing to take it of (D14)."""
        definitions = load_definitions()
        unit = next(rate.unit for rate in definitions.rates if rate.name == name)
        return printed(definitions.rate(name, self.during), unit)

    def percentile(self, name: str) -> str:
        """A percentile of counters.yaml as it is printed."""
        bound = load_definitions().percentile(name, self.during)
        return "-" if bound is None else "trên 200 %" if bound == BEYOND else f"{bound} %"

    @property
    def hours_saved(self) -> str:
        """Open hours left of the limits, whole, in groups of three digits."""
        return number(round(self.during.get("minutes_saved", 0) / 60))


@dataclass(frozen=True, slots=True)
class ProcedureLine:
    """One procedure over a period."""

    code: str
    line: Line


@dataclass(frozen=True, slots=True)
class Overview:
    """A period (both days included) by unit, and as a whole."""

    first: date
    last: date
    units: tuple[Line, ...]
    province: Line


async def overview(store: Documents, reference: ReferenceData, form: Form, first: date, last: date) -> Overview:
    """Sum the books of the competent units, by the units of the last day."""
    wanted = Wanted(form, first, last, unit="all")
    before = await flows(store, Asked(form.counters), None, first - timedelta(days=1))
    during = await flows(store, Asked(tuple(counter.name for counter in load_definitions().counters)), first, last)
    lens = lens_of(reference, wanted)
    by_unit = Lens(lens.unit_of, lambda _: "", lens.level_of)
    sheet = of_all_units(make_sheet(form, (first, last), before, during, by_unit), reference, wanted)
    own: dict[str, Counter[str]] = {}
    for (unit, _), counters in during.items():
        own.setdefault(lens.unit_of(unit), Counter()).update(counters)
    columns = {row.unit: row.values for row in sheet.rows}
    own = {unit: Counter(load_definitions().shown(counters)) for unit, counters in own.items()}  # so are their sums
    zeros = dict.fromkeys(sheet.total, 0)
    codes = sorted({*own, *columns})
    lines = [Line(reference.unit_name(code), columns.get(code, zeros), own.get(code, Counter())) for code in codes]
    return Overview(first, last, tuple(lines), Line("Toàn tỉnh", sheet.total, _total(own)))


def _total(own: Mapping[str, Flows]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for counters in own.values():
        sums.update(counters)
    return sums


async def by_procedure(
    store: Documents, reference: ReferenceData, first: date, last: date, unit: str | None = None
) -> list[ProcedureLine]:
    """Each procedure in which anything happened, of one competent unit or of all. Raises ValueError for a period that ends
    before it begins."""
    if last < first:
        raise ValueError("the period ends before it begins")
    asked = Asked(tuple(counter.name for counter in load_definitions().counters), units=None if unit is None else [unit])
    sums, shown = dict[str, Counter[str]](), load_definitions().shown
    for (_, procedure), counters in (await flows(store, asked, first, last)).items():
        sums.setdefault(procedure, Counter()).update(counters)
    return [
        ProcedureLine(
            code, Line(reference.procedures[code].name if code in reference.procedures else code, {}, shown(counters))
        )
        for code, counters in sorted(sums.items())
        if any(counters.values())
    ]


def printed(value: Decimal | None, unit: str) -> str:
    """A number with a decimal comma; a dash for none."""
    return "-" if value is None else str(value).replace(".", ",") + unit

"""A report asked for: a form filled in from the books, or the rules that forbid it and the dossiers that break them."""

from dataclasses import dataclass
from datetime import date, timedelta

from reference import ReferenceData
from runtime.store import Documents
from services.reporting.domain import ByPlace, Form, Lens, Sheet, SheetRow, broken_rules, listed, make_sheet, value_of
from services.reporting.domain.forms import Level
from services.reporting.domain.sheet import Stretches
from services.reporting.figures import Asked, flows, shares_of_units
from services.reporting.store import Share

SHOWN = 20
WHOLE = ("all", "province")


class ReportRefusedError(Exception):
    """The figures contradict each other; `faults` says which rule of the form is broken where, and by which dossiers."""

    def __init__(self, faults: list["Breach"]) -> None:
        super().__init__("; ".join(fault.text for fault in faults))
        self.faults = faults


class UnknownUnitError(Exception):
    """No such unit in the reference data."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that is broken: the line it is broken in, and the dossiers that break it by themselves (none: the books do)."""

    text: str
    dossiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a form over days (both included) for a unit, `all` units line by line, or the `province` by field, by
    the list of units of one day (None: of the last day)."""

    form: Form
    first: date
    last: date
    unit: str = "province"
    units_as_of: date | None = None

    @property
    def units_day(self) -> date:
        """The day whose list of units holds."""
        return self.units_as_of or self.last


def lens_of(reference: ReferenceData, wanted: Wanted) -> Lens:
    """Units as of the day asked for; field and online level by the procedure's version of the last day."""
    levels: dict[str, Level] = {}
    for code, procedure in reference.procedures.items():
        in_force = [version for version in procedure.versions if version.valid_from <= wanted.last] or procedure.versions[:1]
        levels[code] = max(in_force, key=lambda version: version.valid_from).online or "none"

    def unit_of(code: str) -> str:
        return "province" if wanted.unit == "province" else reference.standing_for(code, wanted.units_day)

    def field_of(code: str) -> str:
        return reference.procedures[code].field if code in reference.procedures else code

    return Lens(unit_of, field_of, lambda code: levels.get(code, "none"))


def _units(reference: ReferenceData, wanted: Wanted) -> list[str] | None:
    """The codes that count in the wanted unit's lines; None: all."""
    if wanted.unit in WHOLE:
        return None
    if wanted.unit not in reference.units:
        raise UnknownUnitError(wanted.unit)
    return reference.codes_of(wanted.unit, wanted.units_day)


async def flows_of(store: Documents, reference: ReferenceData, wanted: Wanted) -> tuple[ByPlace, ByPlace]:
    """The flows before and in the period, by (unit, procedure). Raises UnknownUnitError, ValueError for a period that ends
    before it begins."""
    if wanted.last < wanted.first:
        raise ValueError("the period ends before it begins")
    asked = Asked(wanted.form.counters, units=_units(reference, wanted))
    before = await flows(store, asked, None, wanted.first - timedelta(days=1))
    return before, await flows(store, asked, wanted.first, wanted.last)


async def report(store: Documents, reference: ReferenceData, wanted: Wanted) -> Sheet:
    """The sheet. Raises ReportRefusedError if a rule of the form is broken, and what flows_of raises."""
    return await filled(store, reference, wanted, *await flows_of(store, reference, wanted))


def of_all_units(sheet: Sheet, reference: ReferenceData, wanted: Wanted) -> Sheet:
    """As it is shown: unit by unit, those without a dossier too, as zeros. They are in no frozen line, which is compared."""
    if wanted.unit != "all":
        return sheet
    return listed(sheet, [code for code, unit in reference.units.items() if unit.in_use(wanted.units_day)])


async def filled(store: Documents, reference: ReferenceData, wanted: Wanted, before: ByPlace, during: ByPlace) -> Sheet:
    """The sheet of flows that were read already. Raises ReportRefusedError."""
    sheet = make_sheet(wanted.form, (wanted.first, wanted.last), before, during, lens_of(reference, wanted))
    faults = [await _fault(store, reference, wanted, row, rule) for row, rule in broken_rules(sheet)]
    faults += unassigned(during, reference) + unassigned(before, reference)
    if faults:
        raise ReportRefusedError(list(dict.fromkeys(faults)))
    return sheet


def unassigned(flows_: ByPlace, reference: ReferenceData) -> list[Breach]:
    """Units that count and are in no list: they must be none, or the province would not be the sum of its units (R39).

    Intake lets no such unit in, so a unit was removed that should have been given a last day.
    """
    unknown = sorted({unit for (unit, _), counters in flows_.items() if any(counters.values())} - reference.units.keys())
    return [Breach(f"{unit}: not in units.yaml; keep old units there, with valid_to") for unit in unknown]


async def _fault(store: Documents, reference: ReferenceData, wanted: Wanted, row: SheetRow | None, rule: str) -> Breach:
    """Who breaks a rule: the line's dossiers, each put through the form by itself."""
    if row is None:
        return Breach(f"total: {rule}")
    place = f"{row.unit} / {row.field}: {rule}"
    units = list(reference.units) if row.unit == "province" else _units(reference, _of_line(wanted, row.unit)) or []
    form, lens, found = wanted.form, lens_of(reference, wanted), []
    async for dossier in shares_of_units(store, units, None, wanted.last):
        stretches = _alone(dossier, lens, wanted, row.field)
        values = {column.number: value_of(column, stretches) for column in form.columns if not column.missing}
        if rule in form.broken(values):
            found.append(dossier.code)
    return Breach(place, tuple(sorted(found)[:SHOWN]))


def _of_line(wanted: Wanted, unit: str) -> Wanted:
    return Wanted(wanted.form, wanted.first, wanted.last, unit, wanted.units_as_of)


def _alone(share: Share, lens: Lens, wanted: Wanted, field: str | None) -> Stretches:
    """What one dossier alone gives, if it is of the field."""
    key = next((key for key in share.counted.cells if key.startswith("competent/")), None)
    if key is None:
        return {}
    procedure = key.split("/")[2]
    if field is not None and lens.field_of(procedure) != field:
        return {}
    before: dict[str, int] = {}
    during: dict[str, int] = {}
    for day, add in share.counted.days.items():
        if day <= wanted.last.isoformat():
            into = during if day >= wanted.first.isoformat() else before
            for name, number in add.counters.items():
                into[name] = into.get(name, 0) + number
    return {lens.level_of(procedure): (before, during)}


async def behind(
    store: Documents, reference: ReferenceData, wanted: Wanted, number: int, field: str | None = None
) -> list[str]:
    """The dossiers that a figure of a unit's sheet is made of, by their codes: as many as the figure says.

    Each dossier is put through the column's own definition. Raises UnknownUnitError, ValueError for an unknown column.
    """
    column = next((c for c in wanted.form.columns if c.number == number and not c.missing), None)
    if column is None or wanted.last < wanted.first:
        raise ValueError(f"there is no column {number}" if column is None else "the period ends before it begins")
    units = _units(reference, wanted)
    if units is None:
        raise UnknownUnitError(wanted.unit)
    lens = lens_of(reference, wanted)
    since = wanted.first if column.of_the_period_alone else None  # what is open may be of any day before
    return sorted(
        [
            share.code
            async for share in shares_of_units(store, units, since, wanted.last)
            if value_of(column, _alone(share, lens, wanted, field))
        ]
    )

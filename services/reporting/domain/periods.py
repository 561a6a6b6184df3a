"""A report period: not frozen, or frozen with the sheet that stays, what was restated since, and what is booked by it (R37)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from contracts.definitions import Flows
from contracts.reports import ReportChange, ReportLine, ReportPublished, ReportRestated
from services.changes import Answering, By, Changed
from services.reporting.domain.cells import DEFINITION
from services.reporting.domain.forms import Values
from services.reporting.domain.sheet import ByPlace, LineKey, Lines
from services.reporting.domain.standing import Standing

REPORT = "II.06a"
REASON = "Sự việc được báo hoặc sửa sau khi chốt kỳ"
REDEFINED = "Định nghĩa số liệu đổi từ {before} sang {after}"


class CannotFreezeError(Exception):
    """The period cannot be frozen; `rule` names why, the message says it in Vietnamese."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


class Days(NamedTuple):
    """First and last day, both included."""

    first: date
    last: date

    @property
    def key(self) -> str:
        """Name of the period's report, also its Kafka key."""
        return f"{REPORT}/{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is frozen: the sheet by booking day, the same period by business day alone, and the flows booked by now, from the
    beginning through the period's last day."""

    lines: Lines
    live: Lines
    booked: ByPlace


@dataclass(frozen=True, slots=True)
class NotFrozen:
    """A period as long as nobody froze it."""


@dataclass(frozen=True, slots=True)
class Restated:
    """A later version of a frozen period: when, why, each figure that is another, and because of which dossiers: the first of
    them by their codes, and how many others."""

    version: int
    at: datetime
    reason: str
    changes: tuple[ReportChange, ...]
    dossiers: tuple[str, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen period. `kind`: its code in the list. `lines`: as frozen. `stated`: by business day as last restated.
    `adjustments`: what of the period before is booked here. `definition`: of the counters, when it was stated last. `by`: who
    froze it, None before there were tokens."""

    kind: str
    days: Days
    version: int
    frozen_at: datetime
    definition: str
    lines: Lines
    stated: Lines
    booked: ByPlace
    adjustments: tuple[ReportChange, ...] = ()
    restated: tuple[Restated, ...] = ()
    by: By | None = None

    @property
    def standing(self) -> Standing:
        """How old and how final its sheet is."""
        return Standing(self.frozen_at, None, self.frozen_at, signed=True, restated=len(self.restated))


Period = NotFrozen | Frozen


def publish(
    period: Period, kind: str, days: Days, figures: Figures, now: datetime, by: By | None = None
) -> Answering[Period, Frozen]:
    """Freeze: version 1. What is frozen stays as it is."""
    if isinstance(period, Frozen):
        return Answering(period, period)
    adjustments = differences(figures.live, figures.lines)
    frozen = Frozen(kind, days, 1, now, DEFINITION, figures.lines, figures.live, figures.booked, adjustments, by=by)
    said = ReportPublished(
        at=now,
        report=REPORT,
        first=days.first,
        last=days.last,
        version=1,
        definition=DEFINITION,
        lines=tuple(ReportLine(unit=key.unit, field=key.field, columns=_keyed(own)) for key, own in figures.lines.items()),
        adjustments=adjustments,
    )
    return Answering(frozen, frozen, [said])


def restate(period: Period, lines: Lines, now: datetime, dossiers: tuple[str, ...] = (), others: int = 0) -> Changed[Period]:
    """State the differences to what was stated last, as the next version. `dossiers`, `others`: because of whom."""
    changes = differences(period.stated, lines) if isinstance(period, Frozen) else ()
    if isinstance(period, NotFrozen) or not changes:
        return Changed(period)
    redefined = period.definition != DEFINITION
    reason = REDEFINED.format(before=period.definition, after=DEFINITION) if redefined else REASON
    noted = Restated(period.version + 1, now, reason, changes, dossiers, others)
    after = replace(period, version=noted.version, stated=lines, definition=DEFINITION, restated=(*period.restated, noted))
    said = ReportRestated(
        at=now,
        report=REPORT,
        first=period.days.first,
        last=period.days.last,
        version=noted.version,
        definition=DEFINITION,
        reason=reason,
        changes=changes,
        dossiers=dossiers,
        others=others,
    )
    return Changed(after, [said])


def differences(before: Lines, after: Lines) -> tuple[ReportChange, ...]:
    """Each figure that differs, by unit, field and column."""
    changes: list[ReportChange] = []
    for key in in_order({*before, *after}):
        old, new = before.get(key, _NOTHING), after.get(key, _NOTHING)
        changes += [
            ReportChange(
                unit=key.unit, field=key.field, column=str(column), before=old.get(column, 0), after=new.get(column, 0)
            )
            for column in sorted({*old, *new})
            if old.get(column, 0) != new.get(column, 0)
        ]
    return tuple(changes)


_NOTHING: Values = {}


def in_order(keys: Iterable[LineKey]) -> list[LineKey]:
    """Lines as they are stated, one after the other."""
    return sorted(keys, key="|".join)


def _keyed(values: Values) -> dict[str, int]:
    return {str(number): value for number, value in values.items()}


def plus(one: ByPlace, other: ByPlace, sign: int = 1) -> dict[tuple[str, str], Flows]:
    """The flows of both, or what is left of the one without the other."""
    sums = {place: dict(counters) for place, counters in one.items()}
    for place, counters in other.items():
        into = sums.setdefault(place, {})
        for name, number in counters.items():
            into[name] = into.get(name, 0) + sign * number
    return dict(sums)


def closed_before(periods: Iterable[Frozen], kind: str, first: date) -> Frozen | None:
    """The frozen period of a series that ended on the day before this one begins."""
    return next((p for p in periods if p.kind == kind and (first - p.days.last).days == 1), None)


def overlapping(periods: Iterable[Frozen], kind: str, days: Days) -> Frozen | None:
    """A frozen period of a series that has days in common with this one."""
    return next((p for p in periods if p.kind == kind and p.days.first <= days.last and days.first <= p.days.last), None)

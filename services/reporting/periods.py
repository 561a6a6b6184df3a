"""Frozen periods: a sheet that stays, a restatement for each later difference, and what the next period books of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypedDict

from contracts.reports import ReportChange, ReportLine, ReportPublished, ReportRestated
from reference import OFFICE_TIME, PeriodKind, ReferenceData, kinds_of
from runtime.intents import Intents
from runtime.outputs import Decision
from runtime.parts import Parts
from runtime.store import Document
from services.reporting.domain import DEFINITION, ByPlace, Form, make_sheet
from services.reporting.reports import ReportRefusedError, Wanted, filled, flows_of, lens_of, lines_of, report
from services.reporting.store import PERIODS, ROWS, every
from services.speaking import encode, say

REPORT = "II.06a"
REASON = "Sự việc được báo hoặc sửa sau khi chốt kỳ"
REDEFINED = "Định nghĩa số liệu đổi từ {before} sang {after}"
Lines = dict[str, dict[str, int]]  # "unit|field" -> column -> figure
Booked = dict[str, dict[str, int]]  # "unit|procedure" -> counter -> number, from the beginning through the period's last day


class CannotFreezeError(Exception):
    """The period cannot be frozen; `rule` names why, the message says it in Vietnamese."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is frozen: the sheet by booking day, the same period by business day alone, and the flows booked by now."""

    kind: str
    first: date
    last: date
    lines: Lines
    live: Lines
    booked: Booked


class Periods:
    """Freezes II.06a of all units over a period of the list (periods.yaml), and watches the frozen ones."""

    def __init__(self, parts: Parts, reference: ReferenceData, form: Form) -> None:
        self._parts, self._reference, self._form = parts, reference, form
        self.intents = Intents(parts, PERIODS, encode)

    async def freeze(self, first: date, last: date) -> Document:
        """Freeze a period that is over; what is frozen stays as it is. Raises CannotFreezeError, and what `report` raises."""
        known = await self.get(first, last)
        if known is not None:
            return known
        try:
            kind = await self._may_freeze(first, last)
        except CannotFreezeError as error:
            self._parts.telemetry.count("freezes_refused", rule=error.rule)
            raise
        frozen = await self._frozen(kind, first, last)
        now = self._parts.clock.now()
        await self.intents.apply([key_of(first, last)], lambda period: publish(period, frozen, now))
        return await self.get(first, last) or {}

    async def _may_freeze(self, first: date, last: date) -> PeriodKind:
        kind = next(kinds_of(self._reference.periods, first, last), None)
        if kind is None:
            usual = ", ".join(f"{kind.name} ({kind.code})" for kind in self._reference.periods.values())
            raise CannotFreezeError("unknown-period", f"Không phải một kỳ báo cáo trong danh mục: {usual}.")
        if not kind.closed(last, self._parts.clock.now()):
            raise CannotFreezeError("not-ended", "Kỳ báo cáo chưa kết thúc.")
        for period in await self.all():
            same = period["kind"] == kind.code
            if same and period["first"] <= last.isoformat() and first.isoformat() <= period["last"]:
                text = f"Chồng lên kỳ đã chốt từ {period['first']} đến {period['last']}."
                raise CannotFreezeError("overlapping-period", text)
        if await self._parts.store.count_by(ROWS, {"dirty": 1}):
            raise CannotFreezeError("counting", "Số liệu đang được tính lại, xin thử lại sau giây lát.")
        return kind

    async def _frozen(self, kind: PeriodKind, first: date, last: date) -> Frozen:
        """The period by its own days, and as it is booked: with what became known of the one before after its freeze."""
        wanted = self._wanted(first, last)
        before, during = await flows_of(self._parts.store, self._reference, wanted)
        live = lines_of(await filled(self._parts.store, self._reference, wanted, before, during))
        through = _plus(before, during)
        previous = next(
            (p for p in await self.all() if p["kind"] == kind.code and p["last"] == (first - timedelta(days=1)).isoformat()),
            None,
        )
        lines = live
        if previous is not None:
            booked_before = _from_json(previous["booked"])
            own = _plus(through, booked_before, sign=-1)
            lines = lines_of(make_sheet(self._form, (first, last), booked_before, own, lens_of(self._reference, wanted)))
        return Frozen(kind.code, first, last, lines, live, _as_json(through))

    async def get(self, first: date, last: date) -> Document | None:
        """A frozen period: `lines` as frozen, `stated` by business day as last restated, `changes` per version; or None."""
        return (await self._parts.store.get_many(PERIODS, [key_of(first, last)])).get(key_of(first, last))

    async def all(self) -> list[Document]:
        """All frozen periods, the newest end first."""
        found = [period async for period in every(self._parts.store, PERIODS, {})]
        return sorted(found, key=lambda period: (period["last"], period["first"]), reverse=True)

    async def restate(self, earliest: date | None) -> None:
        """State what has become different in frozen periods since they were last stated.

        `earliest`: the first business day whose figures changed; periods that ended before it cannot differ. None: any may.
        """
        for period in await self.all():
            first, last = date.fromisoformat(period["first"]), date.fromisoformat(period["last"])
            if earliest is not None and last < earliest:
                continue
            try:
                lines = lines_of(await report(self._parts.store, self._reference, self._wanted(first, last)))
            except ReportRefusedError as error:
                rules = [fault.text for fault in error.faults]
                self._parts.log.error("a frozen period cannot be restated", period=period["_id"], rules=rules)
                continue
            if lines != period["stated"]:
                now = self._parts.clock.now()
                await self.intents.apply([period["_id"]], partial(restate, lines=lines, now=now))
                self._parts.telemetry.count("restatements")

    def _wanted(self, first: date, last: date) -> Wanted:
        return Wanted(self._form, first, last, unit="all")


def _plus(one: ByPlace, other: ByPlace, sign: int = 1) -> dict[tuple[str, str], Counter[str]]:
    sums = {place: Counter(dict(counters)) for place, counters in one.items()}
    for place, counters in other.items():
        into = sums.setdefault(place, Counter())
        for name, number in counters.items():
            into[name] += sign * number
    return sums


def _as_json(flows: ByPlace) -> Booked:
    return {
        "|".join(place): own
        for place, counters in sorted(flows.items())
        if (own := {name: number for name, number in sorted(counters.items()) if number})
    }


def _from_json(booked: Booked) -> dict[tuple[str, str], Counter[str]]:
    found = {}
    for key, counters in booked.items():
        unit, _, procedure = key.partition("|")
        found[unit, procedure] = Counter(counters)
    return found


def key_of(first: date, last: date) -> str:
    """Name of a period's report, also its Kafka key."""
    return f"{REPORT}/{first}/{last}"


class LineOf(TypedDict):
    """Where a line of a sheet stands."""

    unit: str
    field: str


def place_of(key: str) -> LineOf:
    """Unit and field of a line."""
    unit, _, field = key.partition("|")
    return {"unit": unit, "field": field}


def publish(period: Document, frozen: Frozen, now: datetime) -> Decision:
    """Freeze: version 1."""
    if "lines" in period:
        return Decision(period)
    adjustments = differences(frozen.live, frozen.lines)
    after = {
        **period,
        "kind": frozen.kind,
        "first": frozen.first.isoformat(),
        "last": frozen.last.isoformat(),
        "version": 1,
        "frozen_at": now.isoformat(),
        "definition": DEFINITION,
        "lines": frozen.lines,
        "stated": frozen.live,
        "booked": frozen.booked,
        "adjustments": [change.model_dump() for change in adjustments],
        "changes": [],
    }
    said = ReportPublished(
        at=now,
        report=REPORT,
        first=frozen.first,
        last=frozen.last,
        version=1,
        definition=DEFINITION,
        lines=tuple(ReportLine(**place_of(key), columns=own) for key, own in frozen.lines.items()),
        adjustments=adjustments,
    )
    return Decision(after, [say(said, period["_id"], now)])


def restate(period: Document, lines: Lines, now: datetime) -> Decision:
    """State the differences to what was stated last, as the next version."""
    changes = differences(period["stated"], lines)
    if not changes:
        return Decision(period)
    version, reason = period["version"] + 1, REASON
    if period["definition"] != DEFINITION:
        reason = REDEFINED.format(before=period["definition"], after=DEFINITION)
    noted = {
        "version": version,
        "at": now.isoformat(),
        "reason": reason,
        "changes": [change.model_dump() for change in changes],
    }
    stated = {"version": version, "stated": lines, "definition": DEFINITION}
    after = {**period, **stated, "changes": [*period["changes"], noted]}
    said = ReportRestated(
        at=now,
        report=REPORT,
        first=date.fromisoformat(period["first"]),
        last=date.fromisoformat(period["last"]),
        version=version,
        definition=DEFINITION,
        reason=reason,
        changes=changes,
    )
    return Decision(after, [say(said, period["_id"], now)])


def differences(before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> tuple[ReportChange, ...]:
    """Each figure that differs, by unit, field and column."""
    changes: list[ReportChange] = []
    for key in sorted({*before, *after}):
        old, new, place = before.get(key, {}), after.get(key, {}), place_of(key)
        changes += [
            ReportChange(**place, column=column, before=old.get(column, 0), after=new.get(column, 0))
            for column in sorted({*old, *new}, key=int)
            if old.get(column, 0) != new.get(column, 0)
        ]
    return tuple(changes)


def default_period(now: datetime) -> tuple[date, date]:
    """The last thirty days up to today."""
    today = now.astimezone(OFFICE_TIME).date()
    return today - timedelta(days=29), today

"""Frozen periods: a sheet that stays, a restatement for each later difference, and what the next period books of it."""

from datetime import date

from contracts.codes import is_response_id
from reference import PeriodKind, ReferenceData, kinds_of
from runtime.intents import Intents
from runtime.parts import Parts
from services.changes import Answering, By, Changed
from services.reporting import store
from services.reporting.domain import CannotFreezeError, Days, Figures, Form, Frozen, Lines, Period, lines_of, make_sheet
from services.reporting.domain.named import SHOWN, is_cause, lines_changed
from services.reporting.domain.periods import closed_before, differences, overlapping, plus, publish, restate
from services.reporting.reports import ReportRefusedError, Wanted, filled, flows_of, lens_of, report
from services.speaking import encode


class Periods:
    """Freezes II.06a of all units over a period of the list (periods.yaml), and watches the frozen ones."""

    def __init__(self, parts: Parts, reference: ReferenceData, form: Form) -> None:
        self._parts, self._reference, self._form = parts, reference, form
        self.intents = Intents(parts, store.PERIODS, encode)

    async def freeze(self, first: date, last: date, by: By | None = None) -> Frozen:
        """Freeze a period that is over; what is frozen stays as it is. Raises CannotFreezeError, and what `report` raises."""
        known = await self.get(first, last)
        if known is not None:
            return known
        try:
            kind = await self._may_freeze(first, last)
        except CannotFreezeError as error:
            self._parts.telemetry.count("freezes_refused", rule=error.rule)
            raise
        figures = await self._figures(kind, first, last)
        days, now = Days(first, last), self._parts.clock.now()

        def rule(period: Period) -> Answering[Period, Frozen]:
            return publish(period, kind.code, days, figures, now, by)

        return await store.freeze_period(self.intents, days, rule, now)

    async def _may_freeze(self, first: date, last: date) -> PeriodKind:
        kind = next(kinds_of(self._reference.periods, first, last), None)
        if kind is None:
            usual = ", ".join(f"{kind.name} ({kind.code})" for kind in self._reference.periods.values())
            raise CannotFreezeError("unknown-period", f"Không phải một kỳ báo cáo trong danh mục: {usual}.")
        if not kind.closed(last, self._parts.clock.now()):
            raise CannotFreezeError("not-ended", "Kỳ báo cáo chưa kết thúc.")
        other = overlapping(await self.all(), kind.code, Days(first, last))
        if other is not None:
            text = f"Chồng lên kỳ đã chốt từ {other.days.first} đến {other.days.last}."
            raise CannotFreezeError("overlapping-period", text)
        if await store.count_dirty(self._parts.store):
            raise CannotFreezeError("counting", "Số liệu đang được tính lại, xin thử lại sau giây lát.")
        return kind

    async def _figures(self, kind: PeriodKind, first: date, last: date) -> Figures:
        """The period by its own days, and as it is booked: with what became known of the one before after its freeze."""
        wanted = self._wanted(first, last)
        before, during = await flows_of(self._parts.store, self._reference, wanted)
        live = lines_of(await filled(self._parts.store, self._reference, wanted, before, during))
        through = plus(before, during)
        previous, lines = closed_before(await self.all(), kind.code, first), live
        if previous is not None:
            own = plus(through, previous.booked, sign=-1)
            lines = lines_of(make_sheet(self._form, (first, last), previous.booked, own, lens_of(self._reference, wanted)))
        return Figures(lines, live, through)

    async def get(self, first: date, last: date) -> Frozen | None:
        """A frozen period, or None."""
        return await store.period_of(self._parts.store, Days(first, last))

    async def all(self) -> list[Frozen]:
        """All frozen periods, the newest end first."""
        return await store.periods(self._parts.store)

    async def restate(self, earliest: date | None) -> None:
        """State what has become different in frozen periods since they were last stated.

        `earliest`: the first business day whose figures changed; periods that ended before it cannot differ. None: any may.
        """
        complete = True
        for period in await self.all():
            if earliest is not None and period.days.last < earliest:
                continue
            try:
                lines = lines_of(await report(self._parts.store, self._reference, self._wanted(*period.days)))
            except ReportRefusedError as error:
                rules = [fault.text for fault in error.faults]
                self._parts.log.error("a frozen period cannot be restated", period=period.days.key, rules=rules)
                complete = False
                continue
            if lines != period.stated:
                await self._restate(period, lines)
        if complete:
            await store.forget_moved(self._parts.store)

    async def _restate(self, period: Frozen, lines: Lines) -> None:
        now = self._parts.clock.now()
        changed, lens = lines_changed(differences(period.stated, lines)), lens_of(self._reference, self._wanted(*period.days))
        moved = store.moved_rows(self._parts.store)
        codes = [
            row.code async for row in moved if not is_response_id(row.code) and is_cause(row.cells, period.days, changed, lens)
        ]
        await store.note_causes(self._parts.store, period.days.key, period.version + 1, codes)

        def rule(known: Period) -> Changed[Period]:
            return restate(known, lines, now, tuple(codes[:SHOWN]), len(codes[SHOWN:]))

        await store.restate_period(self.intents, period.days, rule, now)
        self._parts.telemetry.count("restatements")

    def _wanted(self, first: date, last: date) -> Wanted:
        return Wanted(self._form, first, last, unit="all")

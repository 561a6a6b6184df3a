"""What the front asks sla for the digests that it sends to units (decision 25): who works today, and what is near or late."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, Field

from reference import OFFICE_TIME, Timeline, moment
from reference.catalogue import Mailbox
from runtime.store import Range
from runtime.web import Problem, ProblemError, by_duty, problem_answers
from services.sla import store
from services.sla.domain.desk import Horizon
from services.sla.domain.digests import Nearing, days_late, nearing, works_on
from services.sla.domain.dossier import Dossier
from services.sla.domain.facts import Received
from services.sla.http.due import DueDesk, span_of

LINES = 50  # of a part; behind them only the number is said
DIGESTS = by_duty("digests")


class Session(BaseModel):
    """Buổi làm việc đang diễn ra."""

    begins: datetime
    ends: datetime


class DigestUnit(BaseModel):
    """Một đơn vị nhận thư tổng hợp. No personal data."""

    unit: str
    name: str
    mailboxes: list[Mailbox] = Field(description="Hộp thư công vụ nhận thư tổng hợp.")
    working: bool = Field(description="Hôm nay là ngày làm việc của đơn vị.")
    session: Session | None = Field(description="Buổi làm việc lúc này; trống: ngoài giờ.")
    warned: int = Field(description="Số hồ sơ đã tới mức cảnh báo cuối trong buổi này.")


class DigestUnits(BaseModel):
    """Các đơn vị và lịch hôm nay của chúng. `warn_hours` 0: no warnings are set."""

    warn_hours: int
    units: list[DigestUnit]


class DigestLine(BaseModel):
    """Một hồ sơ trong thư."""

    dossier: str
    procedure_name: str
    due_at: datetime
    days_late: int = Field(description="Số ngày làm việc đã quá hạn.")


class DigestPart(BaseModel):
    """Một phần của thư: có bao nhiêu, và những hồ sơ có hạn sớm nhất."""

    total: int
    lines: list[DigestLine]


class DigestDates(BaseModel):
    """Hồ sơ của một đơn vị, theo hạn."""

    late: DigestPart
    today: DigestPart
    tomorrow: DigestPart
    nearing: DigestPart


@dataclass(frozen=True, slots=True)
class Digests:
    """Reads what a digest is made of. No rules here."""

    desk: DueDesk

    @property
    def _warn_hours(self) -> int:
        """Open hours before due of the last warning; of a procedure with warnings of its own the general ones hold here."""
        return min(self.desk.context.ground.rungs.warn_open_hours, default=0)

    def _nearing(self, now: datetime, line: Timeline) -> Nearing | None:
        return nearing(now, line, self._warn_hours) if self._warn_hours else None

    async def units(self) -> DigestUnits:
        """All codes that are or were in use: dossiers of an old one go to who stands for it (R39)."""
        reference, now = self.desk.reference, self.desk.context.clock.now()
        day = now.astimezone(OFFICE_TIME).date()
        begun = [unit for unit in reference.units.values() if unit.valid_from is None or unit.valid_from <= day]
        lines = {unit.code: reference.timeline(unit.code) for unit in begun}
        warned = await self._warned(now, lines)
        found = []
        for unit in begun:
            now_open = self._nearing(now, lines[unit.code])
            found.append(
                DigestUnit(
                    unit=unit.code,
                    name=unit.name,
                    mailboxes=list(reference.units[reference.standing_for(unit.code, day)].mailboxes),
                    working=works_on(now, lines[unit.code]),
                    session=None if now_open is None else Session(begins=now_open.begins, ends=now_open.ends),
                    warned=warned.get(unit.code, 0),
                )
            )
        return DigestUnits(warn_hours=self._warn_hours, units=found)

    async def _warned(self, now: datetime, lines: dict[str, Timeline]) -> dict[str, int]:
        """How many dates of each unit have come near in this session; one count for all units of the same hours."""
        alike: dict[int, list[str]] = {}
        for code, line in lines.items():
            alike.setdefault(id(line), []).append(code)
        found: dict[str, int] = {}
        for codes in alike.values():
            span = self._nearing(now, lines[codes[0]])
            if span is not None:
                found |= await store.count_due_by_unit(self.desk.parts.store, codes, Range(span.first, span.reached))
        return found

    async def dates(self, unit: str) -> DigestDates:
        """What is late and near in one unit. Raises ProblemError for a unit that is in no list."""
        if unit not in self.desk.reference.units:
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        now, line = self.desk.context.clock.now(), self.desk.reference.timeline(unit)
        horizon, near = Horizon.at(now, line), self._nearing(now, line)
        spans: list[Range | None] = [span_of("late", horizon), span_of("today", horizon), span_of("tomorrow", horizon)]
        spans.append(None if near is None else Range(near.first, near.last))
        late, today, tomorrow, soon = await asyncio.gather(*(self._part(unit, span, now, line) for span in spans))
        return DigestDates(late=late, today=today, tomorrow=tomorrow, nearing=soon)

    async def _part(self, unit: str, span: Range | None, now: datetime, line: Timeline) -> DigestPart:
        total = 0 if span is None else await store.count_due_within(self.desk.parts.store, (unit,), span)
        if span is None or not total:
            return DigestPart(total=0, lines=[])
        page = await store.due_within(self.desk.parts.store, (unit,), span, None, LINES)
        return DigestPart(total=total, lines=[self._line(dossier, now, line) for dossier in page.dossiers])

    def _line(self, dossier: Dossier, now: datetime, line: Timeline) -> DigestLine:
        received, due = dossier.facts.first(Received), dossier.due or 0
        name = self.desk.reference.procedure_name(received.procedure) if received is not None else ""
        late = days_late(due, now, line) if moment(due) < now else 0
        return DigestLine(dossier=dossier.code, procedure_name=name, due_at=moment(due), days_late=late)


def add_digest_routes(app: FastAPI, desk: DueDesk) -> None:
    """Add them."""
    digests = Digests(desk)

    @app.get(
        "/v1/digests",
        summary="Thư tổng hợp: đơn vị nào làm việc hôm nay, gửi tới đâu",
        response_model=DigestUnits,
        dependencies=[DIGESTS],
        responses=problem_answers(503),
    )
    async def units() -> DigestUnits:
        return await digests.units()

    @app.get(
        "/v1/digests/{unit}",
        summary="Thư tổng hợp: hồ sơ quá hạn và sắp đến hạn của một đơn vị",
        response_model=DigestDates,
        dependencies=[DIGESTS],
        responses=problem_answers(404, 422, 503),
    )
    async def dates(unit: str) -> DigestDates:
        return await digests.dates(unit)

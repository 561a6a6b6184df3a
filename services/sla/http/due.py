"""What officers ask sla over HTTP about dossiers: a unit's list by date, and one dossier with how its date came about."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, Field

from contracts.deadlines import Outcome, Step, TimeSpent
from reference import ReferenceData, moment, moment_or_none
from reference.derivation import say_instant
from runtime.guards import csv_text
from runtime.parts import Parts
from runtime.store import Range
from runtime.web import Person, Problem, ProblemError, also, problem_answers
from services.sla import store
from services.sla.domain.desk import Horizon, Line, Stage, Told, Urgency, line_of, told_of
from services.sla.domain.dossier import EndState
from services.sla.handlers import Context
from services.sla.http.people import Follower, Unit

PAGE = 200
WHOLE = 10_000  # lines of a list as a file
URGENCIES: Mapping[Urgency, str] = {
    "late": "Đã quá hạn",
    "today": "Đến hạn hôm nay",
    "tomorrow": "Đến hạn ngày làm việc tới",
    "later": "Đến hạn sau đó",
}
HEADINGS = (
    "Mã hồ sơ",
    "Mã đơn vị",
    "Thủ tục",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Tình trạng",
    "Đã hẹn lại",
    "Bước",
    "Phòng ban",
)
ALL = Range(low=0)
LineT = TypeVar("LineT")
Only = Annotated[Urgency | None, Query(description="Chỉ những hồ sơ này; trống: tất cả")]
After = Annotated[str, Query(max_length=100, description="`after` của trang trước")]


class DueDossier(BaseModel):
    """Một hồ sơ đang giải quyết. No personal data."""

    dossier: str
    unit: str
    procedure: str
    procedure_name: str
    received_at: datetime
    due_at: datetime = Field(description="Ngày hẹn trả đang có hiệu lực.")
    urgency: Urgency
    reappointed: bool = Field(description="Đã hẹn lại.")
    step: str
    department: str
    spent: TimeSpent | None = Field(description="Của hồ sơ quá hạn: ai đã dùng thời gian, phút làm việc.")


class Counts(BaseModel):
    """How many there are of each, by the date in force; and how many were submitted and wait to be accepted."""

    late: int
    today: int
    tomorrow: int
    later: int
    unaccepted: int = Field(description="Chờ tiếp nhận; không thuộc bốn nhóm kia.")
    unaccepted_late: int = Field(description="Trong đó quá hạn tiếp nhận.")


class DueList(BaseModel):
    """A page of a unit's open dossiers, the first due first; `after` is the place of the next page."""

    counts: Counts
    items: list[DueDossier]
    after: str | None


class DossierState(BaseModel):
    """What sla says of one dossier. No personal data."""

    dossier: str
    unit: str
    unit_name: str
    procedure: str
    procedure_name: str
    submitted_at: datetime | None = Field(description="Ngày nộp trực tuyến, nếu đã được báo.")
    received_at: datetime | None = Field(description="Trống khi chưa được tiếp nhận.")
    stage: Stage
    due_at: datetime | None = Field(description="Ngày hẹn trả; khi chờ tiếp nhận: hạn tiếp nhận.")
    urgency: Urgency | None
    waits_for: str
    waits_since: datetime | None
    outcome: Outcome | None
    end_state: EndState | None = Field(description="TrangThaiHoSo.")
    ended_at: datetime | None
    step: str
    department: str
    why: list[Step] = Field(description="Cách tính ngày hẹn trả.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of a unit ("": of all the person sees), of one urgency (None: of all)."""

    unit: str
    urgency: Urgency | None


class DueDesk:
    """Reads the lists. No rules here."""

    def __init__(self, parts: Parts, context: Context) -> None:
        self.parts, self.context = parts, context

    @property
    def reference(self) -> ReferenceData:
        """Names of units and procedures."""
        return self.context.reference

    def horizon(self, unit: str) -> tuple[datetime, Horizon]:
        """Now, and what is late, due today, due on the next working day of a unit."""
        now = self.context.clock.now()
        return now, Horizon.at(now, self.reference.timeline(unit))

    async def counts(self, unit: str, person: Person) -> Counts:
        """How many are late, due today, due on the next working day, later; and wait to be accepted."""
        _, horizon = self.horizon(unit)
        spans = [span_of(urgency, horizon) for urgency in URGENCIES]
        counted = (store.count_due_within(self.parts.store, person.units_of(unit), span) for span in spans)
        of = person.units_of(unit)
        waiting = (store.count_unaccepted_within(self.parts.store, of, span) for span in (ALL, spans[0]))
        late, today, tomorrow, later, every, overdue = await asyncio.gather(*counted, *waiting)
        return Counts(late=late, today=today, tomorrow=tomorrow, later=later, unaccepted=every, unaccepted_late=overdue)

    async def lines(self, wanted: Wanted, person: Person, after: str, limit: int) -> tuple[list[Line], str | None]:
        """A page of the list, and the place behind it if there may be more. Raises ProblemError for a place that is none."""
        now, horizon = self.horizon(wanted.unit)
        span = ALL if wanted.urgency is None else span_of(wanted.urgency, horizon)
        found = await store.due_within(self.parts.store, person.units_of(wanted.unit), span, place_of(after), limit)
        lines = (line_of(dossier, horizon, now, self.context.ground) for dossier in found.dossiers)
        return [line for line in lines if line is not None], found.after

    async def told(self, code: str, person: Person) -> Told:
        """One dossier. Raises ProblemError."""
        dossier, now = await store.find_one(self.parts.store, code), self.context.clock.now()
        told = None if dossier is None else told_of(dossier, now, self.context.ground)
        if told is None or not person.sees(told.unit):
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        return told


def span_of(urgency: Urgency, horizon: Horizon) -> Range:
    """The dates (ms) that are so urgent."""
    spans: dict[Urgency, Range] = {
        "late": Range(0, horizon.late),
        "today": Range(horizon.late + 1, horizon.today),
        "tomorrow": Range(horizon.today + 1, horizon.tomorrow),
        "later": Range(low=horizon.tomorrow + 1),
    }
    return spans[urgency]


def place_of(after: str) -> tuple[int, str] | None:
    if not after:
        return None
    due, _, code = after.partition("~")
    if not (due.isascii() and due.isdigit() and len(due) < 16 and code):
        raise ProblemError(Problem("invalid", "Không đọc được chỗ của trang / not a place of the list", 422, "after"))
    return int(due), code


async def whole(page: Callable[[str], Awaitable[tuple[list[LineT], str | None]]]) -> list[LineT]:
    """A list up to WHOLE lines, read by pages from a place on: between them others are answered."""
    lines, after = await page("")
    while after is not None and len(lines) < WHOLE:
        more, after = await page(after)
        lines += more
    return lines[:WHOLE]


def as_file(name: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A list as CSV."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"}
    return Response(csv_text(headings, rows), media_type="text/csv; charset=utf-8", headers=headers)


def add_due_routes(app: FastAPI, desk: DueDesk) -> None:
    """Add them."""
    _add_list(app, desk)
    _add_file(app, desk)
    _add_dossier(app, desk)


def _add_list(app: FastAPI, desk: DueDesk) -> None:
    @app.get(
        "/v1/due",
        summary="Hồ sơ đang giải quyết theo ngày hẹn trả, sớm nhất trước",
        response_model=DueList,
        responses=problem_answers(422, 503),
    )
    async def due(
        person: Follower,
        unit: Unit = "",
        urgency: Only = None,
        after: After = "",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
    ) -> DueList:
        wanted = Wanted(unit, urgency)
        page, counts = await asyncio.gather(desk.lines(wanted, person, after, limit), desk.counts(unit, person))
        lines, more = page
        return DueList(counts=counts, items=[_item(line, desk) for line in lines], after=more)


def _add_file(app: FastAPI, desk: DueDesk) -> None:
    @app.get(
        "/v1/due/csv",
        summary="Danh sách đó dạng CSV, tối đa 10.000 dòng",
        response_class=Response,
        responses=also(problem_answers(422, 503), 200, "text/csv"),
    )
    async def due_csv(person: Follower, unit: Unit = "", urgency: Only = None) -> Response:
        lines = await whole(lambda after: desk.lines(Wanted(unit, urgency), person, after, PAGE))
        return as_file("den-han", HEADINGS, [_row(line, desk) for line in lines])


def _add_dossier(app: FastAPI, desk: DueDesk) -> None:
    @app.get(
        "/v1/dossiers/{dossier}",
        summary="Một hồ sơ: hẹn trả ngày nào, vì sao",
        response_model=DossierState,
        responses=problem_answers(404, 422, 503),
    )
    async def dossier_state(person: Follower, dossier: str) -> DossierState:
        return _state(await desk.told(dossier, person), desk)


def _item(line: Line, desk: DueDesk) -> DueDossier:
    return DueDossier(
        dossier=line.code,
        unit=line.unit,
        procedure=line.procedure,
        procedure_name=desk.reference.procedure_name(line.procedure),
        received_at=moment(line.received_at),
        due_at=moment(line.due),
        urgency=line.urgency,
        reappointed=line.reappointed,
        step=line.step,
        department=line.department,
        spent=line.spent,
    )


def _row(line: Line, desk: DueDesk) -> tuple[str, ...]:
    times = (say_instant(moment(line.received_at)), say_instant(moment(line.due)))
    again = "có" if line.reappointed else ""
    named = (line.code, line.unit, desk.reference.procedure_name(line.procedure))
    return (*named, *times, URGENCIES[line.urgency], again, line.step, line.department)


def _state(told: Told, desk: DueDesk) -> DossierState:
    ended = told.ended
    return DossierState(
        dossier=told.code,
        unit=told.unit,
        unit_name=desk.reference.unit_name(told.unit),
        procedure=told.procedure,
        procedure_name=desk.reference.procedure_name(told.procedure),
        submitted_at=moment_or_none(told.submitted_at),
        received_at=moment_or_none(told.received_at),
        stage=told.stage,
        due_at=moment_or_none(told.due),
        urgency=told.urgency,
        waits_for=told.waits_for,
        waits_since=moment_or_none(told.waits_since),
        outcome=None if ended is None else ended.outcome,
        end_state=None if ended is None else ended.end.state,
        ended_at=None if ended is None else moment(ended.end.at),
        step=told.step,
        department=told.department,
        why=list(told.why),
    )

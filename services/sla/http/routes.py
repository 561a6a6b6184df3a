"""What officers ask sla over HTTP: the calendar and its journal, printed dates that a change contradicts, what is overdue."""

from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from reference import moment_or_none
from runtime.clock import epoch_ms
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Problem, ProblemError, for_all_units, problem_answers
from services.changes import By
from services.sla import store
from services.sla.calendar import add_change
from services.sla.domain import Dossier
from services.sla.domain.journal import Entry, NewChange
from services.sla.handlers import Context
from services.sla.http.people import Administrator, Follower, Reader, Unit

Limit = Annotated[int, Query(ge=1, le=1000)]


class CalendarEntry(BaseModel):
    """A line of the calendar's journal."""

    number: int
    at: int = Field(description="When it was entered, milliseconds since 1970.")
    days: list[list[str]] = Field(description="Pairs of a date and work or off.")
    name: str
    source: str
    signer: str
    unit: str | None = None
    confirmed_through: int | None = None
    by: str | None = Field(default=None, description="Who entered it; `signer` signed the document.")


class Journal(BaseModel):
    """All changes of the calendar, in their order."""

    items: list[CalendarEntry]


class Conflict(BaseModel):
    """A printed date that a change of the calendar contradicts."""

    dossier: str
    unit: str
    change: int
    promised: datetime | None
    counted_before: datetime | None
    counted_now: datetime | None


class Conflicts(BaseModel):
    """Printed dates that a change contradicts."""

    items: list[Conflict]


class Difference(BaseModel):
    """An open dossier whose printed date is not the counted one."""

    dossier: str
    unit: str
    promised: datetime | None
    counted: datetime | None


class Differences(BaseModel):
    """Open dossiers with two dates."""

    items: list[Difference]


class OverdueDossier(BaseModel):
    """A dossier whose due moment has passed."""

    dossier: str
    unit: str
    due_at: datetime | None


class OverdueList(BaseModel):
    """What is overdue, the longest first."""

    items: list[OverdueDossier]


def add_routes(app: FastAPI, parts: Parts, context: Context, calendar: Intents) -> None:
    """Add them."""
    _add_calendar(app, parts, context, calendar)
    _add_lists(app, parts, context)


def _add_calendar(app: FastAPI, parts: Parts, context: Context, calendar: Intents) -> None:
    @app.post(
        "/v1/calendar/changes",
        status_code=201,
        summary="Thêm ngày nghỉ, hoán đổi, đóng cửa; có văn bản và người ký",
        response_model=CalendarEntry,
        response_model_exclude_none=True,
        responses=problem_answers(404, 422, 503),
    )
    async def change(person: Administrator, wanted: NewChange) -> CalendarEntry:
        if wanted.unit is None:
            for_all_units(person)
        elif wanted.unit not in context.reference.units or not person.sees(wanted.unit):
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        return _line(await add_change(wanted, By(person.name, person.subject), parts, calendar))

    @app.get(
        "/v1/calendar/changes",
        summary="Sổ các thay đổi của lịch",
        response_model=Journal,
        response_model_exclude_none=True,
        responses=problem_answers(503),
    )
    async def changes(_: Reader) -> Journal:
        return Journal(items=[_line(entry) for entry in await store.journal(parts.store)])


def _add_lists(app: FastAPI, parts: Parts, context: Context) -> None:
    @app.get(
        "/v1/calendar/conflicts",
        summary="Ngày đã hẹn trên giấy mà lịch mới tính khác: người quyết định, máy không tự dời",
        response_model=Conflicts,
        responses=problem_answers(422, 503),
    )
    async def conflicts(person: Follower, unit: Unit = "", limit: Limit = 500) -> Conflicts:
        found = await store.conflicts(parts.store, person.units_of(unit), limit)
        return Conflicts(items=[_conflict(dossier) for dossier in found])

    @app.get(
        "/v1/differences",
        summary="Hồ sơ đang mở mà ngày hẹn in trên giấy khác ngày tính",
        response_model=Differences,
        responses=problem_answers(422, 503),
    )
    async def differences(person: Follower, unit: Unit = "", limit: Limit = 500) -> Differences:
        found = await store.differences(parts.store, person.units_of(unit), limit)
        return Differences(items=[_difference(dossier) for dossier in found])

    @app.get(
        "/v1/overdue",
        summary="Hồ sơ đang quá hạn, lâu nhất trước",
        response_model=OverdueList,
        responses=problem_answers(422, 503),
    )
    async def overdue(person: Follower, unit: Unit = "", limit: Limit = 500) -> OverdueList:
        found = await store.overdue(parts.store, person.units_of(unit), epoch_ms(context.clock.now()), limit)
        return OverdueList(items=[_overdue(dossier) for dossier in found])


def _line(entry: Entry) -> CalendarEntry:
    return CalendarEntry(
        number=entry.number,
        at=entry.at,
        days=[[day.isoformat(), kind] for day, kind in entry.days],
        name=entry.name,
        source=entry.source,
        signer=entry.signer,
        unit=entry.unit,
        confirmed_through=entry.confirmed_through,
        by=None if entry.by is None else entry.by.name,
    )


def _conflict(dossier: Dossier) -> Conflict:
    found = None if dossier.watch is None else dossier.watch.conflict
    return Conflict(
        dossier=dossier.code,
        unit=dossier.body,
        change=0 if found is None else found.number,
        promised=moment_or_none(dossier.due),
        counted_before=moment_or_none(None if found is None else found.before),
        counted_now=moment_or_none(None if found is None else found.now),
    )


def _difference(dossier: Dossier) -> Difference:
    differs = None if dossier.watch is None else dossier.watch.differs
    return Difference(
        dossier=dossier.code, unit=dossier.body, promised=moment_or_none(dossier.due), counted=moment_or_none(differs)
    )


def _overdue(dossier: Dossier) -> OverdueDossier:
    return OverdueDossier(dossier=dossier.code, unit=dossier.body, due_at=moment_or_none(dossier.due))

"""What officers ask sla over HTTP: the calendar and its journal, printed dates that a change contradicts, what is overdue."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from reference import moment
from runtime.clock import epoch_ms
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.store import Document, Range
from runtime.web import Problem, ProblemError, problem_answers
from services.sla.calendar import NewChange, add_change, describe, journal
from services.sla.handlers import Context
from services.sla.store import CONFLICT, DIFFERS, DOSSIERS, OPEN_DUE

Unit = Annotated[str, Query(max_length=40, description="Mã đơn vị; trống: mọi đơn vị")]
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

    @app.post(
        "/v1/calendar/changes",
        status_code=201,
        summary="Thêm ngày nghỉ, hoán đổi, đóng cửa; có văn bản và người ký",
        response_model=CalendarEntry,
        response_model_exclude_unset=True,
        responses=problem_answers(404, 422, 503),
    )
    async def change(wanted: NewChange) -> dict[str, Any]:
        if wanted.unit is not None and wanted.unit not in context.reference.units:
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        return describe(await add_change(wanted, parts, calendar))

    @app.get(
        "/v1/calendar/changes",
        summary="Sổ các thay đổi của lịch",
        response_model=Journal,
        response_model_exclude_unset=True,
        responses=problem_answers(503),
    )
    async def changes() -> dict[str, Any]:
        return {"items": [describe(entry) for entry in await journal(parts)]}

    @app.get(
        "/v1/calendar/conflicts",
        summary="Ngày đã hẹn trên giấy mà lịch mới tính khác: người quyết định, máy không tự dời",
        response_model=Conflicts,
        responses=problem_answers(422, 503),
    )
    async def conflicts(unit: Unit = "", limit: Limit = 500) -> dict[str, Any]:
        found = await parts.store.find(DOSSIERS, _of(unit) | {CONFLICT: Range(low=1)}, order=CONFLICT, limit=limit)
        return {"items": [_conflict(document) for document in found]}

    @app.get(
        "/v1/differences",
        summary="Hồ sơ đang mở mà ngày hẹn in trên giấy khác ngày tính",
        response_model=Differences,
        responses=problem_answers(422, 503),
    )
    async def differences(unit: Unit = "", limit: Limit = 500) -> dict[str, Any]:
        found = await parts.store.find(DOSSIERS, _of(unit) | {DIFFERS: Range(low=1)}, order=OPEN_DUE, limit=limit)
        return {"items": [_difference(document) for document in found]}

    @app.get(
        "/v1/overdue",
        summary="Hồ sơ đang quá hạn, lâu nhất trước",
        response_model=OverdueList,
        responses=problem_answers(422, 503),
    )
    async def overdue(unit: Unit = "", limit: Limit = 500) -> dict[str, Any]:
        now = epoch_ms(context.clock.now())
        found = await parts.store.find(DOSSIERS, _of(unit) | {OPEN_DUE: Range(high=now - 1)}, order=OPEN_DUE, limit=limit)
        return {"items": [_overdue(document) for document in found]}


def _of(unit: str) -> dict[str, Any]:
    return {"unit": unit} if unit else {}


def _conflict(document: Document) -> dict[str, Any]:
    found = document["conflict"]
    times = {"promised": document["deadline"]["due"], "counted_before": found["before"], "counted_now": found["now"]}
    return {"dossier": document["_id"], "unit": document["unit"], "change": found["number"], **_times(times)}


def _difference(document: Document) -> dict[str, Any]:
    times = {"promised": document["deadline"]["due"], "counted": document[DIFFERS]}
    return {"dossier": document["_id"], "unit": document["unit"], **_times(times)}


def _overdue(document: Document) -> dict[str, Any]:
    return {"dossier": document["_id"], "unit": document["unit"], **_times({"due_at": document[OPEN_DUE]})}


def _times(values: dict[str, int | None]) -> dict[str, str | None]:
    return {name: None if ms is None else moment(ms).isoformat() for name, ms in values.items()}

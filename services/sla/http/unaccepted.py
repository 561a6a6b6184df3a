"""What was submitted online and waits to be accepted: a unit's list, the first due first, and the same as a file (D20)."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, Field

from reference import moment
from reference.derivation import say_instant
from runtime.web import Person, also, problem_answers
from services.sla import store
from services.sla.domain.desk import Unaccepted, Urgency, unaccepted_of
from services.sla.http.due import ALL, PAGE, After, Counts, DueDesk, as_file, place_of, whole
from services.sla.http.people import Follower, Unit

URGENCIES: Mapping[Urgency, str] = {
    "late": "Quá hạn tiếp nhận",
    "today": "Hết hạn hôm nay",
    "tomorrow": "Hết hạn ngày làm việc tới",
    "later": "Còn hạn",
}
HEADINGS = ("Mã hồ sơ", "Mã đơn vị", "Thủ tục", "Ngày nộp", "Hạn tiếp nhận", "Tình trạng")


class UnacceptedDossier(BaseModel):
    """Một hồ sơ nộp trực tuyến đang chờ tiếp nhận. No personal data."""

    dossier: str
    unit: str = Field(description="Đơn vị phải tiếp nhận.")
    procedure: str
    procedure_name: str
    submitted_at: datetime
    accept_by: datetime = Field(description="Hạn tiếp nhận.")
    urgency: Urgency


class UnacceptedList(BaseModel):
    """A page of what waits to be accepted, the first due first; `after` is the place of the next page."""

    counts: Counts
    items: list[UnacceptedDossier]
    after: str | None


def add_unaccepted_routes(app: FastAPI, desk: DueDesk) -> None:
    """Add them."""

    @app.get(
        "/v1/due/unaccepted",
        summary="Hồ sơ nộp trực tuyến chờ tiếp nhận, hạn sớm nhất trước",
        response_model=UnacceptedList,
        responses=problem_answers(422, 503),
    )
    async def unaccepted(
        person: Follower, unit: Unit = "", after: After = "", limit: Annotated[int, Query(ge=1, le=PAGE)] = 100
    ) -> UnacceptedList:
        page, counts = await asyncio.gather(_lines(desk, unit, person, after, limit), desk.counts(unit, person))
        lines, more = page
        return UnacceptedList(counts=counts, items=[_item(line, desk) for line in lines], after=more)

    @app.get(
        "/v1/due/unaccepted/csv",
        summary="Danh sách đó dạng CSV, tối đa 10.000 dòng",
        response_class=Response,
        responses=also(problem_answers(422, 503), 200, "text/csv"),
    )
    async def unaccepted_csv(person: Follower, unit: Unit = "") -> Response:
        lines = await whole(lambda after: _lines(desk, unit, person, after, PAGE))
        return as_file("cho-tiep-nhan", HEADINGS, [_row(line, desk) for line in lines])


async def _lines(desk: DueDesk, unit: str, person: Person, after: str, limit: int) -> tuple[list[Unaccepted], str | None]:
    _, horizon = desk.horizon(unit)
    found = await store.unaccepted_within(desk.parts.store, person.units_of(unit), ALL, place_of(after), limit)
    lines = (unaccepted_of(dossier, horizon) for dossier in found.dossiers)
    return [line for line in lines if line is not None], found.after


def _item(line: Unaccepted, desk: DueDesk) -> UnacceptedDossier:
    return UnacceptedDossier(
        dossier=line.code,
        unit=line.unit,
        procedure=line.procedure,
        procedure_name=desk.reference.procedure_name(line.procedure),
        submitted_at=moment(line.submitted_at),
        accept_by=moment(line.due),
        urgency=line.urgency,
    )


def _row(line: Unaccepted, desk: DueDesk) -> tuple[str, ...]:
    times = (say_instant(moment(line.submitted_at)), say_instant(moment(line.due)))
    return (line.code, line.unit, desk.reference.procedure_name(line.procedure), *times, URGENCIES[line.urgency])

"""GET /v1/reports/FORM: a form filled in now, and the dossiers behind each of its figures."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query, Response

from runtime.web import problem_answers
from services.reporting.http.answers import Behind, FilledForm
from services.reporting.http.common import Format, From, Room, To, file, problems, sheet_answers
from services.reporting.reports import Wanted, behind, report


def add_forms(app: FastAPI, room: Room) -> None:
    """The forms."""

    @app.get(
        "/v1/reports/{form}",
        summary="Một biểu (II.06a, 07a) của một đơn vị, tất cả đơn vị hoặc toàn tỉnh",
        response_model=FilledForm,
        responses=sheet_answers(404, 409, 422, 503),
    )
    async def filled(
        form: str,
        first: From,
        last: To,
        unit: str = "province",
        format: Format = "json",  # noqa: A002 - the name on the wire
        units_as_of: date | None = None,
    ) -> FilledForm | Response:
        wanted = Wanted(room.form(form), first, last, unit, units_as_of)
        with problems(room):
            sheet = await report(room.parts.store, room.reference, wanted)
        return FilledForm.of(sheet, wanted, room.cells.counted_at) if format == "json" else file(sheet, room, unit, format)

    @app.get(
        "/v1/reports/{form}/dossiers",
        summary="Các hồ sơ làm nên một con số: mã hồ sơ, không có dữ liệu cá nhân",
        response_model=Behind,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def dossiers(
        form: str,
        first: From,
        last: To,
        unit: str,
        column: Annotated[int, Query(ge=3, le=99)],
        field: str | None = None,
    ) -> Behind:
        wanted = Wanted(room.form(form), first, last, unit)
        with problems(room):
            found = await behind(room.parts.store, room.reference, wanted, column, field)
        return Behind(column=column, figure=len(found), dossiers=found)

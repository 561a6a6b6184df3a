"""GET /v1/reports/FORM: a form filled in now, and the dossiers behind each of its figures."""

from datetime import date
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response

from runtime.web import Problem, ProblemError, problem_answers
from services.reporting.domain import Days, Sheet
from services.reporting.domain.standing import Standing
from services.reporting.freshness import standing_of, unheard_of
from services.reporting.http.answers import Behind, FilledForm
from services.reporting.http.common import READING, TYPES, File, From, Reader, Room, To, file, file_answers, problems
from services.reporting.reports import Wanted, behind, of_all_units, report


def _place(column: Annotated[int, Query(ge=3, le=99)], field: str | None = None) -> tuple[int, str | None]:
    return column, field


Place = Annotated[tuple[int, str | None], Depends(_place)]  # of a figure in a form: its column and field


def add_forms(app: FastAPI, room: Room) -> None:
    """The forms."""

    @app.get(
        "/v1/reports/{form}",
        summary="Một biểu (II.06a, 07a) của một đơn vị, tất cả đơn vị hoặc toàn tỉnh",
        response_model=FilledForm,
        dependencies=[READING],
        responses=problem_answers(404, 409, 422, 503),
    )
    async def filled(form: str, first: From, last: To, unit: str = "province", units_as_of: date | None = None) -> FilledForm:
        wanted = Wanted(room.form(form), first, last, unit, units_as_of)
        return FilledForm.of(*await _filled(room, wanted), wanted)

    for kind in TYPES:
        _add_file(app, room, kind)

    @app.get(
        "/v1/reports/{form}/dossiers",
        summary="Các hồ sơ làm nên một con số: mã hồ sơ, không có dữ liệu cá nhân",
        response_model=Behind,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def dossiers(person: Reader, form: str, first: From, last: To, unit: str, place: Place) -> Behind:
        column, field = place
        if not person.sees(unit):
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        wanted = Wanted(room.form(form), first, last, unit)
        with problems(room):
            found = await behind(room.parts.store, room.reference, wanted, column, field)
        return Behind(column=column, figure=len(found), dossiers=found)


def _add_file(app: FastAPI, room: Room, kind: File) -> None:
    """The form as a file."""

    @app.get(
        f"/v1/reports/{{form}}/{kind}",
        name=f"filled_{kind}",
        summary=f"Biểu ấy dạng {kind.upper()}",
        response_class=Response,
        dependencies=[READING],
        responses=file_answers(kind, 404, 409, 422, 503),
    )
    async def filled_file(
        form: str, first: From, last: To, unit: str = "province", units_as_of: date | None = None
    ) -> Response:
        sheet, standing = await _filled(room, Wanted(room.form(form), first, last, unit, units_as_of))
        return file(sheet, room, unit, kind, standing)


async def _filled(room: Room, wanted: Wanted) -> tuple[Sheet, Standing]:
    """The form, and how old and how final it is. The age is read before the figures: they are of then or of later."""
    with problems(room):
        unheard = await unheard_of(room.parts.store, room.reference, wanted.units_day, wanted.unit)
        standing = await standing_of(room.parts.store, Days(wanted.first, wanted.last), room.cells.counted_at, unheard)
        sheet = await report(room.parts.store, room.reference, wanted)
    return of_all_units(sheet, room.reference, wanted), standing

"""Pages: how good the data is that systems send, and what units post in public."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse

from reference import OFFICE_TIME
from runtime.pages import HEADERS, Pages
from runtime.web import Person, Problem, ProblemError, Role, by_role, open_to_all, problem_answers
from services.intake import posting, quality
from services.intake.http.entrance import Entrance
from services.intake.http.held_pages import HOLDERS
from services.intake.http.operating import NO_UNIT
from services.intake.store import count_words

Reader = Annotated[Person, by_role(Role.OFFICER, Role.UNIT_HEAD, Role.SUPERVISOR, Role.OPERATOR)]


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them."""
    pages, reference = Pages("services.intake"), entrance.context.reference

    def today() -> date:
        return entrance.context.clock.now().astimezone(OFFICE_TIME).date()

    @app.get(
        "/quality", response_class=HTMLResponse, summary="Chất lượng dữ liệu theo hệ thống", responses=problem_answers(422, 503)
    )
    async def quality_page(person: Reader, days: Annotated[int, Query(ge=1, le=366)] = 30) -> HTMLResponse:
        last = today()
        first = last - timedelta(days=days - 1)
        rows = await quality.table(entrance.parts.store, first, last)
        values = {"province": reference.province, "first": first, "last": last, "rows": rows, "kinds": quality.KINDS}
        values |= {"holds": person.may(*HOLDERS)}
        # How many, of which unit: the words themselves are for `dunghen words`.
        words = [(unit or NO_UNIT, reference.unit_name(unit), *told) for unit, *told in await count_words(entrance.parts.store)]
        return pages.show("quality.html", {**values, "words": words}, person=person)

    @app.get(
        "/thu-tuc",
        response_class=HTMLResponse,
        summary="Thủ tục công khai: các cơ quan",
        dependencies=[open_to_all()],
        responses=problem_answers(503),
    )
    async def index() -> HTMLResponse:
        return HTMLResponse(posting.index_page(pages, reference, today()), headers=HEADERS)

    @app.get(
        "/thu-tuc/{code}",
        response_class=HTMLResponse,
        summary="Thủ tục công khai của một cơ quan",
        dependencies=[open_to_all()],
        responses=problem_answers(404, 422, 503),
    )
    async def unit_page(code: str) -> HTMLResponse:
        unit = reference.units.get(code)
        if unit is None or unit not in posting.units_on(reference, today()):
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        return HTMLResponse(posting.unit_page(pages, reference, unit, today()), headers=HEADERS)

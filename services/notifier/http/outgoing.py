"""The register of outgoing letters, as a page and as a workbook. No rules here."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse

from runtime.pages import Pages
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, also, problem_answers
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import NameReader
from services.notifier.outgoing import PAGE, missing_in, read_all, read_lines
from services.notifier.xlsx import render

PAGES = Pages("services.notifier")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Year = Annotated[int | None, Query(ge=2000, le=2100, description="Năm của sổ; để trống là năm nay.")]
Unit = Annotated[str, Query(max_length=64, description="Mã đơn vị; để trống là đơn vị đầu tiên của người xem.")]
After = Annotated[int, Query(ge=0, le=10_000_000, description="Chỉ các số sau số này.")]


def add_outgoing(app: FastAPI, parts: Parts, desk: LetterDesk) -> None:
    """The routes of the register. They stand before those of one letter, whose code is any word."""

    @app.get(
        "/letters/register",
        response_class=HTMLResponse,
        summary="Trang: sổ văn bản đi theo đơn vị và năm",
        responses=problem_answers(404, 422, 503),
    )
    async def register(person: NameReader, unit: Unit = "", year: Year = None, after: After = 0) -> Response:
        code, shown = _unit(desk, person, unit), year or desk.ground().now.year
        lines = await read_lines(parts.store, code, shown, after)
        words = {
            "unit": code,
            "units": desk.units(person),
            "year": shown,
            "lines": lines,
            "missing": missing_in(lines),
            "more": lines[-1].number if len(lines) == PAGE else None,
            "province": desk.ground().reference.province,
        }
        return PAGES.show("register.html", words, person=person)

    @app.get(
        "/letters/register.xlsx",
        response_class=Response,
        summary="Sổ văn bản đi, dạng XLSX",
        responses=also(problem_answers(404, 422, 503), 200, WORKBOOK),
    )
    async def workbook(person: NameReader, unit: Unit = "", year: Year = None) -> Response:
        code, shown = _unit(desk, person, unit), year or desk.ground().now.year
        lines = await read_all(parts.store, code, shown)
        made = await asyncio.to_thread(render, lines, desk.units(person)[code], shown)
        headers = {
            "content-disposition": f'attachment; filename="so-van-ban-di-{code}-{shown}.xlsx"',
            "cache-control": "no-store",
        }
        return Response(made, media_type=WORKBOOK, headers=headers)


def _unit(desk: LetterDesk, person: Person, asked: str) -> str:
    """The unit whose register is shown. Raises ProblemError: it has no letters, or is none of the person's."""
    units = desk.units(person)
    code = asked or next(iter(units), "")
    if code not in units:
        raise ProblemError(Problem("no-register", "Không có sổ văn bản đi của đơn vị này", 404))
    return code

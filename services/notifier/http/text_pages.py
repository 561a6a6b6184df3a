"""Texts of messages in a unit's own words, as plain pages. No rules here."""

from typing import Annotated

from fastapi import FastAPI, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.pages import Pages
from runtime.web import Person, ProblemError, also, problem_answers
from services.notifier.domain.forms import VARIABLES
from services.notifier.domain.unit_texts import LONGEST
from services.notifier.http.people import TEXT_WRITERS, TextReader, TextWriter
from services.notifier.http.texts import TextDesk

PAGES = Pages("services.notifier")
Text = Annotated[str, Form(max_length=4 * LONGEST)]
Seen = Annotated[int, Form(ge=0, le=999_999)]
KEPT = also(problem_answers(404, 422, 503), 409, "text/html")


def add_text_pages(app: FastAPI, desk: TextDesk) -> None:
    """The routes for people."""

    @app.get(
        "/messages/texts",
        response_class=HTMLResponse,
        summary="Trang: mẫu tin nhắn của một đơn vị",
        responses=problem_answers(404, 422, 503),
    )
    async def texts_page(person: TextReader, unit: Annotated[str, Query(max_length=64)] = "") -> Response:
        units = desk.units(person)
        chosen = unit or next(iter(units), "")
        found = await desk.all_of(chosen, person) if chosen else []
        return PAGES.show("texts.html", {"texts": found, "unit": chosen, "units": units}, person=person)

    @app.get(
        "/messages/texts/{unit}/{form}",
        response_class=HTMLResponse,
        summary="Trang: một mẫu tin nhắn, các bản đã có",
        responses=problem_answers(404, 422, 503),
    )
    async def text_page(person: TextReader, unit: str, form: str) -> Response:
        return await _page(desk, person, unit, form, None)

    @app.post(
        "/messages/texts/{unit}/{form}/preview",
        response_class=HTMLResponse,
        summary="Trang: xem thử mẫu tin nhắn với hồ sơ không có thật",
        responses=problem_answers(404, 422, 503),
    )
    async def text_preview(person: TextWriter, unit: str, form: str, text: Text = "") -> Response:
        return await _page(desk, person, unit, form, text)

    @app.post(
        "/messages/texts/{unit}/{form}",
        status_code=303,
        response_class=Response,
        summary="Trang: lưu mẫu tin nhắn, hoặc dùng lại mẫu chuẩn (nội dung trống)",
        responses=KEPT,
    )
    async def keep_text(person: TextWriter, unit: str, form: str, seen: Seen, text: Text = "") -> Response:
        try:
            await desk.keep(unit, form, text, seen, person)
        except ProblemError as error:
            if error.problem.status != 409:
                raise
            return await _page(desk, person, unit, form, text, error.problem.detail or error.problem.title)
        return RedirectResponse(f"/messages/texts/{unit}/{form}", 303)


async def _page(desk: TextDesk, person: Person, unit: str, form: str, given: str | None, problem: str = "") -> Response:
    """A text; with one that was given, what is wrong with it or how it would be sent."""
    view = await desk.one(unit, form, person)
    wrong, shown = ([], []) if given is None else desk.check(unit, form, given)
    words = {
        "view": view,
        "text": view.text if given is None else given,
        "wrong": wrong if not problem else [problem],
        "samples": shown if not problem else [],
        "words": VARIABLES,
        "longest": LONGEST,
        "writes": person.may(*TEXT_WRITERS),
    }
    return PAGES.show("text.html", words, 409 if problem else 200, person)

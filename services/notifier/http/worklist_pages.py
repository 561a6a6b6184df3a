"""The messages that a person has to decide about, as a plain page. No rules here."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.notices import NoticeKind, named
from runtime.pages import Pages
from runtime.web import Person, ProblemError, Role, also, problem_answers
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.worklist import Occasion, State, Worklist

PAGES = Pages("services.notifier")
STATES: dict[State, str] = {
    "uncertain": "Không rõ đã gửi hay chưa",
    "failed": "Không gửi được",
    "unreached": "Không liên lạc được",
}
After = Annotated[str, Query(max_length=64)]
DECIDED = also(problem_answers(404, 422, 503), 409, "text/html")


def add_worklist_pages(app: FastAPI, worklist: Worklist) -> None:
    """The routes for people."""

    @app.get(
        "/messages",
        response_class=HTMLResponse,
        summary="Trang: tin nhắn chờ cán bộ quyết định",
        responses=problem_answers(422, 503),
    )
    async def message_page(person: Reader, state: State = "uncertain", after: After = "") -> Response:
        return await _page(worklist, person, state, after)

    @app.post(
        "/messages/{dossier}/{notice}/again",
        status_code=303,
        response_class=Response,
        summary="Trang: gửi lại tin nhắn",
        responses=DECIDED,
    )
    async def page_again(
        person: Clerk, dossier: str, notice: NoticeKind, state: State = "uncertain", occasion: Occasion = "1"
    ) -> Response:
        try:
            await worklist.send_again(dossier, named(notice, occasion), person)
        except ProblemError as error:
            return await _page(worklist, person, state, "", error.problem.title)
        return RedirectResponse(f"/messages?state={state}", 303)

    @app.post(
        "/messages/{dossier}/{notice}/posted",
        status_code=303,
        response_class=Response,
        summary="Trang: đã gửi thư giấy thay tin nhắn",
        responses=DECIDED,
    )
    async def page_posted(
        person: Clerk, dossier: str, notice: NoticeKind, state: State = "failed", occasion: Occasion = "1"
    ) -> Response:
        try:
            await worklist.posted(dossier, named(notice, occasion), person)
        except ProblemError as error:
            return await _page(worklist, person, state, "", error.problem.title)
        return RedirectResponse(f"/messages?state={state}", 303)

    @app.post(
        "/messages/{dossier}/{notice}/known",
        status_code=303,
        response_class=Response,
        summary="Trang: người dân đã biết",
        responses=DECIDED,
    )
    async def page_known(
        person: Clerk, dossier: str, notice: NoticeKind, state: State = "uncertain", occasion: Occasion = "1"
    ) -> Response:
        try:
            await worklist.known(dossier, named(notice, occasion), person)
        except ProblemError as error:
            return await _page(worklist, person, state, "", error.problem.title)
        return RedirectResponse(f"/messages?state={state}", 303)


async def _page(worklist: Worklist, person: Person, state: State, after: str, problem: str = "") -> Response:
    found = await worklist.page(state, after, person)
    decides = person.may(Role.OFFICER, Role.UNIT_HEAD)
    shown = {"messages": found.messages, "more": found.after, "state": state, "states": STATES}
    return PAGES.show("messages.html", shown | {"decides": decides, "problem": problem}, 409 if problem else 200, person)

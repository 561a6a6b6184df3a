"""The messages that a person has to decide about, as a plain page. No rules here."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.notices import NoticeKind, named
from runtime.pages import Pages
from runtime.web import Person, ProblemError, Role, also, problem_answers
from services.notifier.domain.worklist import Decision
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.worklist import DECIDED, Occasion, State, Worklist

PAGES = Pages("services.notifier")
STATES: dict[State, str] = {
    "uncertain": "Không rõ đã gửi hay chưa",
    "failed": "Không gửi được",
    "unreached": "Không liên lạc được",
    "taken-back": "Kết quả bị rút lại",
}
BUTTONS: dict[Decision, tuple[str, str]] = {  # what stands on it, and what a reader of screens hears
    "again": ("Gửi lại", "Gửi lại tin nhắn của hồ sơ %s"),
    "posted": ("Đã gửi thư giấy", "Đã gửi thư giấy cho người nộp hồ sơ %s"),
    "known": ("Người dân đã biết", "Người nộp hồ sơ %s đã biết"),
    "corrected": ("Đã báo người dân", "Đã báo người nộp hồ sơ %s là chưa có kết quả"),
}
After = Annotated[str, Query(max_length=64)]
ANSWERS = also(problem_answers(404, 422, 503), 409, "text/html")


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

    for decision, words in DECIDED.items():
        _add_decision(app, worklist, decision, words)


def _add_decision(app: FastAPI, worklist: Worklist, decision: Decision, words: str) -> None:
    @app.post(
        f"/messages/{{dossier}}/{{notice}}/{decision}",
        status_code=303,
        response_class=Response,
        summary=f"Trang: {words[0].lower()}{words[1:]}",
        responses=ANSWERS,
        operation_id=f"page_message_{decision}",
    )
    async def decided(
        person: Clerk, dossier: str, notice: NoticeKind, state: State = "uncertain", occasion: Occasion = "1"
    ) -> Response:
        try:
            await worklist.decide(decision, dossier, named(notice, occasion), person)
        except ProblemError as error:
            return await _page(worklist, person, state, "", error.problem.title)
        return RedirectResponse(f"/messages?state={state}", 303)


async def _page(worklist: Worklist, person: Person, state: State, after: str, problem: str = "") -> Response:
    found = await worklist.page(state, after, person)
    decides = person.may(Role.OFFICER, Role.UNIT_HEAD)
    shown = {"messages": found.messages, "more": found.after, "state": state, "states": STATES, "buttons": BUTTONS}
    return PAGES.show("messages.html", shown | {"decides": decides, "problem": problem}, 409 if problem else 200, person)

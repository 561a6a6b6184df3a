"""The messages of one dossier as a plain page: what was sent, why something was not, what its person wishes. No rules here."""

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.pages import Pages
from runtime.web import Person, ProblemError, Role, also, problem_answers
from services.notifier.domain.told import messages_of
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.told import SmsTold
from services.notifier.http.wishes import WishDesk
from services.notifier.jobs import Desk

PAGES = Pages("services.notifier")


def add_dossier_page(app: FastAPI, desk: Desk, wishes: WishDesk) -> None:
    """The routes for people."""

    async def page(code: str, person: Person, problem: str = "") -> Response:
        dossier = await wishes.find(code, person)
        words = {
            "code": code,
            "told": [SmsTold.of(one) for one in messages_of(dossier, desk.ground())],
            "wishes": await wishes.of(dossier),
            "decides": person.may(Role.OFFICER, Role.UNIT_HEAD),
            "problem": problem,
        }
        return PAGES.show("messages_of.html", words, 409 if problem else 200, person)

    @app.get(
        "/messages/of/{dossier}",
        response_class=HTMLResponse,
        summary="Trang: tin nhắn của một hồ sơ, và người nộp có nhận tin tùy chọn không",
        responses=problem_answers(404, 422, 503),
    )
    async def dossier_messages(person: Reader, dossier: str) -> Response:
        return await page(dossier, person)

    @app.post(
        "/messages/of/{dossier}/stop-wish",
        status_code=303,
        response_class=Response,
        summary="Trang: ghi nhận người nộp không nhận tin tùy chọn nữa, hoặc nhận lại",
        responses=also(problem_answers(404, 422, 503), 409, "text/html"),
    )
    async def page_wish(person: Clerk, dossier: str, stop: bool) -> Response:
        try:
            await wishes.by_desk(dossier, person, stop=stop)
        except ProblemError as error:
            if error.problem.status != 409:
                raise
            return await page(dossier, person, error.problem.title)
        return RedirectResponse(f"/messages/of/{dossier}", 303)

"""The messages of one dossier as a plain page: what was sent, why something was not, what its person wishes, and how its person
is reached. No rules here."""

from typing import Annotated

from fastapi import FastAPI, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from runtime.pages import Pages
from runtime.web import Person, ProblemError, Role, also, problem_answers
from services.notifier.domain.told import messages_of
from services.notifier.http.contacts import LONGEST, ContactDesk, ContactGiven, Corrections
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.told import SmsTold
from services.notifier.http.wishes import WishDesk
from services.notifier.jobs import Desk

PAGES = Pages("services.notifier")
SHOWN = (409, 422)  # what is wrong stands on the page
ANSWERS = also(also(problem_answers(404, 422, 503), 409, "text/html"), 422, "text/html")
Typed = Annotated[str, Form(max_length=LONGEST)]


class DossierPage:
    """What stands on it."""

    def __init__(self, desk: Desk, wishes: WishDesk) -> None:
        self._desk, self._wishes = desk, wishes

    async def show(self, code: str, person: Person, error: ProblemError | None = None) -> Response:
        """The page. What was typed is not shown again: it is personal. Raises ProblemError."""
        if error is not None and error.problem.status not in SHOWN:
            raise error
        dossier = await self._wishes.find(code, person)
        wrong = [] if error is None else [error.problem.title, *(str(one["detail"]) for one in error.problem.errors)]
        words = {
            "code": code,
            "told": [SmsTold.of(one) for one in messages_of(dossier, self._desk.ground())],
            "wishes": await self._wishes.of(dossier),
            "corrections": Corrections.of(dossier),
            "decides": person.may(Role.OFFICER, Role.UNIT_HEAD),
            "longest": LONGEST,
            "problem": ": ".join((wrong[0], "; ".join(wrong[1:]))) if len(wrong) > 1 else "".join(wrong),
        }
        return PAGES.show("messages_of.html", words, 200 if error is None else error.problem.status, person)


def add_dossier_page(app: FastAPI, page: DossierPage, wishes: WishDesk, contacts: ContactDesk) -> None:
    """The routes for people."""

    @app.get(
        "/messages/of/{dossier}",
        response_class=HTMLResponse,
        summary="Trang: tin nhắn của một hồ sơ, tin tùy chọn, thông tin liên hệ",
        responses=problem_answers(404, 422, 503),
    )
    async def dossier_messages(person: Reader, dossier: str) -> Response:
        return await page.show(dossier, person)

    @app.post(
        "/messages/of/{dossier}/stop-wish",
        status_code=303,
        response_class=Response,
        summary="Trang: ghi nhận người nộp không nhận tin tùy chọn nữa, hoặc nhận lại",
        responses=ANSWERS,
    )
    async def page_wish(person: Clerk, dossier: str, stop: bool) -> Response:
        try:
            await wishes.by_desk(dossier, person, stop=stop)
        except ProblemError as error:
            return await page.show(dossier, person, error)
        return RedirectResponse(f"/messages/of/{dossier}", 303)

    @app.post(
        "/messages/of/{dossier}/contact",
        status_code=303,
        response_class=Response,
        summary="Trang: sửa số điện thoại, thư điện tử của người nộp",
        responses=ANSWERS,
    )
    async def page_contact(person: Clerk, dossier: str, phone: Typed = "", email: Typed = "") -> Response:
        try:
            await contacts.correct(dossier, ContactGiven(phone=phone, email=email), person)
        except ProblemError as error:
            return await page.show(dossier, person, error)
        return RedirectResponse(f"/messages/of/{dossier}", 303)

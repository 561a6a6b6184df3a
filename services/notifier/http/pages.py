"""The letter desk as plain pages. No rules here."""

from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.notices import LateReason, RejectReason
from reference import OFFICE_TIME
from runtime.pages import Pages
from runtime.web import Person, ProblemError, Role, also, problem_answers
from services.notifier.domain.apologies import Approval
from services.notifier.domain.texts import REASONS, REJECTIONS
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import NAME_READERS, Reader, Signer
from services.notifier.http.views import STATES
from services.notifier.store import LetterState as State

PAGES = Pages("services.notifier")
EMPTY = {"reason": "", "note": "", "new_due_at": ""}  # a form nobody filled in yet
SIGNED = also(problem_answers(404, 422, 503), 409, "text/html")


def add_pages(app: FastAPI, desk: LetterDesk) -> None:
    """The routes for people."""
    _add_reading(app, desk)
    _add_signing(app, desk)
    _add_refusing(app, desk)


async def _page(desk: LetterDesk, dossier: str, person: Person, problem: str = "", **given: str) -> Response:
    words = {"reasons": REASONS, "rejections": REJECTIONS, "problem": problem, "given": {**EMPTY, **given}}
    words |= {"signs": person.may(Role.SIGNER), "in_full": person.may(*NAME_READERS)}
    letter = await desk.show(dossier, person)
    return PAGES.show("letter.html", {"letter": letter, **words}, 409 if problem else 200, person)


def _add_reading(app: FastAPI, desk: LetterDesk) -> None:
    @app.get(
        "/letters",
        response_class=HTMLResponse,
        summary="Trang: các thư theo trạng thái",
        responses=problem_answers(422, 503),
    )
    async def listing(person: Reader, state: State = "drafted", after: Annotated[str, Query(max_length=64)] = "") -> Response:
        found, more = await desk.page(state, after, person)
        ground = desk.ground()
        now, province = ground.now, ground.reference.province
        return PAGES.show(
            "letters.html",
            {"letters": found, "state": state, "states": STATES, "now": now, "province": province, "more": more},
            person=person,
        )

    @app.get(
        "/letters/{dossier}",
        response_class=HTMLResponse,
        summary="Trang: một thư",
        responses=problem_answers(404, 422, 503),
    )
    async def letter(person: Reader, dossier: str) -> Response:
        return await _page(desk, dossier, person)


def _add_signing(app: FastAPI, desk: LetterDesk) -> None:
    @app.post(
        "/letters/{dossier}/approval",
        status_code=303,
        response_class=Response,
        summary="Trang: ký thư",
        responses=SIGNED,
    )
    async def sign(
        person: Signer,
        dossier: str,
        reason: Annotated[LateReason, Form()],
        note: Annotated[str, Form(max_length=500)] = "",
        new_due_at: Annotated[datetime | None, Form()] = None,
    ) -> Response:
        local = new_due_at.replace(tzinfo=OFFICE_TIME) if new_due_at is not None else None
        try:
            await desk.approve(dossier, Approval(reason, person.name, note, local, person.subject), person)
        except ProblemError as error:
            date = f"{new_due_at:%Y-%m-%dT%H:%M}" if new_due_at is not None else ""
            said = error.problem.detail or error.problem.title
            return await _page(desk, dossier, person, said, reason=reason, note=note, new_due_at=date)
        return RedirectResponse(f"/letters/{dossier}", 303)


def _add_refusing(app: FastAPI, desk: LetterDesk) -> None:
    @app.post(
        "/letters/{dossier}/rejection",
        status_code=303,
        response_class=Response,
        summary="Trang: không gửi thư",
        responses=SIGNED,
    )
    async def refuse(person: Signer, dossier: str, reason: Annotated[RejectReason, Form()]) -> Response:
        try:
            await desk.reject(dossier, reason, person)
        except ProblemError as error:
            return await _page(desk, dossier, person, error.problem.detail or error.problem.title)
        return RedirectResponse(f"/letters/{dossier}", 303)

"""The routes of notifier: the letter desk, as API and as plain pages, and the gateway's receipts. No rules here."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.notices import LateReason, RejectReason
from reference import OFFICE_TIME
from runtime.intents import Intents
from runtime.pages import Pages, own_form
from runtime.parts import Parts
from runtime.web import ProblemError, also, problem_answers
from services.notifier.domain.apologies import Approval
from services.notifier.domain.texts import REASONS, REJECTIONS
from services.notifier.http.desk import PAGE, LetterDesk
from services.notifier.http.views import STATES, LetterView
from services.notifier.jobs import Desk
from services.notifier.store import LetterState as State

EMPTY = {"reason": "", "by": "", "note": "", "new_due_at": ""}  # a form nobody filled in yet


class ApprovalBody(BaseModel):
    """Ký thư: lý do, người ký, ngày hẹn lại (nếu hồ sơ chưa kết thúc)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: LateReason
    by: str = Field(min_length=1, max_length=100)
    note: str = Field(default="", max_length=500)
    new_due_at: AwareDatetime | None = None


class RejectionBody(BaseModel):
    """Không gửi thư: lý do, người quyết định."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: RejectReason
    by: str = Field(min_length=1, max_length=100)


class Letter(BaseModel):
    """Một thư xin lỗi. No personal data."""

    dossier: str
    unit: str
    unit_name: str
    procedure_name: str
    state: State
    state_name: str
    received_at: datetime | None
    due_at: datetime | None
    sign_by: datetime | None
    new_due_at: datetime | None
    reason_name: str
    symbol: str
    refusal: str
    needs_date: bool
    signer: str

    @classmethod
    def of(cls, view: LetterView) -> "Letter":
        """As the API says it."""
        return cls.model_validate(view, from_attributes=True)


class Letters(BaseModel):
    """A page of letters; `after` is the place of the next one."""

    letters: list[Letter]
    after: str | None


class Known(BaseModel):
    """How many dossiers the receipts concern."""

    known: int


class Receipt(BaseModel):
    """What became of one message at the operator."""

    client_id: str
    status: Literal["delivered", "undelivered"]


def add_routes(app: FastAPI, parts: Parts, intents: Intents, desk: Desk) -> None:
    """The routes of notifier."""
    letterdesk = LetterDesk(parts, intents, desk)
    _add_api(app, letterdesk)
    _add_pages(app, letterdesk, Pages("services.notifier"))


def _add_api(app: FastAPI, desk: LetterDesk) -> None:
    @app.get(
        "/v1/letters",
        summary="Thư xin lỗi theo trạng thái, mỗi lần tối đa 200",
        response_model=Letters,
        responses=problem_answers(422, 503),
    )
    async def listed(state: State = "drafted", after: str = "") -> Letters:
        found = await desk.page(state, after)
        return Letters(letters=[Letter.of(one) for one in found], after=found[-1].dossier if len(found) == PAGE else None)

    @app.get(
        "/v1/letters/{dossier}",
        summary="Một thư xin lỗi",
        response_model=Letter,
        responses=problem_answers(404, 422, 503),
    )
    async def one(dossier: str) -> Letter:
        return Letter.of(await desk.show(dossier))

    @app.get(
        "/v1/letters/{dossier}/pdf",
        summary="Thư xin lỗi dạng PDF/A",
        response_class=Response,
        responses=also(problem_answers(404, 409, 422, 503), 200, "application/pdf"),
    )
    async def pdf(dossier: str) -> Response:
        headers = {"content-disposition": f'inline; filename="xin-loi-{dossier}.pdf"', "cache-control": "no-store"}
        return Response(await desk.pdf(dossier), media_type="application/pdf", headers=headers)

    @app.post(
        "/v1/letters/{dossier}/approval",
        status_code=202,
        summary="Ký thư",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def approval(dossier: str, body: ApprovalBody) -> Letter:
        await desk.approve(dossier, Approval(body.reason, body.by, body.note, body.new_due_at))
        return Letter.of(await desk.show(dossier))

    @app.post(
        "/v1/letters/{dossier}/rejection",
        status_code=202,
        summary="Không gửi thư",
        response_model=Letter,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def rejection(dossier: str, body: RejectionBody) -> Letter:
        await desk.reject(dossier, body.reason, body.by)
        return Letter.of(await desk.show(dossier))

    @app.post(
        "/v1/receipts",
        status_code=202,
        summary="Báo phát của tổng đài",
        response_model=Known,
        responses=problem_answers(422, 503),
    )
    async def receipts(body: Annotated[list[Receipt], Field(max_length=1000)]) -> Known:
        return Known(known=await desk.receipts({receipt.client_id: receipt.status == "delivered" for receipt in body}))


def _add_pages(app: FastAPI, desk: LetterDesk, pages: Pages) -> None:
    @app.get(
        "/letters",
        response_class=HTMLResponse,
        summary="Trang: các thư theo trạng thái",
        responses=problem_answers(422, 503),
    )
    async def listing(state: State = "drafted", after: Annotated[str, Query(max_length=64)] = "") -> Response:
        found = await desk.page(state, after)
        more = found[-1].dossier if len(found) == PAGE else ""
        ground = desk.ground()
        now, province = ground.now, ground.reference.province
        return pages.show(
            "letters.html",
            {"letters": found, "state": state, "states": STATES, "now": now, "province": province, "more": more},
        )

    async def page(dossier: str, problem: str = "", **given: str) -> Response:
        words = {"reasons": REASONS, "rejections": REJECTIONS, "problem": problem, "given": {**EMPTY, **given}}
        return pages.show("letter.html", {"letter": await desk.show(dossier), **words}, 409 if problem else 200)

    @app.get(
        "/letters/{dossier}",
        response_class=HTMLResponse,
        summary="Trang: một thư",
        responses=problem_answers(404, 422, 503),
    )
    async def letter(dossier: str) -> Response:
        return await page(dossier)

    signed = also(problem_answers(403, 404, 422, 503), 409, "text/html")

    @app.post(
        "/letters/{dossier}/approval",
        status_code=303,
        response_class=Response,
        summary="Trang: ký thư",
        responses=signed,
    )
    async def sign(
        request: Request,
        dossier: str,
        reason: Annotated[LateReason, Form()],
        by: Annotated[str, Form(min_length=1, max_length=100)],
        note: Annotated[str, Form(max_length=500)] = "",
        new_due_at: Annotated[datetime | None, Form()] = None,
    ) -> Response:
        own_form(request)
        local = new_due_at.replace(tzinfo=OFFICE_TIME) if new_due_at is not None else None
        try:
            await desk.approve(dossier, Approval(reason, by, note, local))
        except ProblemError as error:
            date = f"{new_due_at:%Y-%m-%dT%H:%M}" if new_due_at is not None else ""
            said = error.problem.detail or error.problem.title
            return await page(dossier, said, reason=reason, by=by, note=note, new_due_at=date)
        return RedirectResponse(f"/letters/{dossier}", 303)

    @app.post(
        "/letters/{dossier}/rejection",
        status_code=303,
        response_class=Response,
        summary="Trang: không gửi thư",
        responses=signed,
    )
    async def refuse(
        request: Request,
        dossier: str,
        reason: Annotated[RejectReason, Form()],
        by: Annotated[str, Form(min_length=1, max_length=100)],
    ) -> Response:
        own_form(request)
        try:
            await desk.reject(dossier, reason, by)
        except ProblemError as error:
            return await page(dossier, error.problem.detail or error.problem.title)
        return RedirectResponse(f"/letters/{dossier}", 303)

"""The control sheet of a dossier (Mẫu 06), to be printed. It names nobody."""

import asyncio

from fastapi import FastAPI, Response

from runtime.web import Person, Problem, ProblemError, also, problem_answers
from services.control_sheet import SheetWords, render
from services.sla import store
from services.sla.control import Made, words_of
from services.sla.domain.control import control_sheet
from services.sla.handlers import Context
from services.sla.http.due import DueDesk
from services.sla.http.people import Follower


def add_control_sheet(app: FastAPI, desk: DueDesk, context: Context) -> None:
    """Add it."""

    @app.get(
        "/v1/control-sheets/{dossier}",
        summary="Nội dung phiếu kiểm soát quá trình giải quyết hồ sơ (Mẫu 06), không có tên người",
        response_model=SheetWords,
        responses=problem_answers(404, 422, 503),
    )
    async def sheet_words(person: Follower, dossier: str) -> SheetWords:
        return await _words(desk, context, person, dossier)

    @app.get(
        "/v1/control-sheets/{dossier}/pdf",
        summary="Phiếu kiểm soát quá trình giải quyết hồ sơ (Mẫu 06), không có tên người",
        response_class=Response,
        responses=also(problem_answers(404, 422, 503), 200, "application/pdf"),
    )
    async def sheet_pdf(person: Follower, dossier: str) -> Response:
        words = await _words(desk, context, person, dossier)
        pdf = await asyncio.to_thread(render, words)  # it takes as long as a hundred events
        headers = {"content-disposition": f'inline; filename="mau-06-{words.code}.pdf"', "cache-control": "no-store"}
        return Response(pdf, media_type="application/pdf", headers=headers)


async def _words(desk: DueDesk, context: Context, person: Person, dossier: str) -> SheetWords:
    """Raises ProblemError for a dossier that is not there for who asks, and for one without a reception."""
    found = await store.find_one(desk.parts.store, dossier)
    sheet = control_sheet(found, context.ground) if found is not None and person.sees(found.body) else None
    if sheet is None:
        raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này, hoặc hồ sơ chưa được tiếp nhận", 404))
    return words_of(sheet, Made(context.clock.now(), context.reference))

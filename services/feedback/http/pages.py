"""The survey page behind a one-use link: request -> rule -> page. No rules here."""

import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse

from runtime.intents import Intents
from runtime.pages import Pages, own_form
from runtime.web import Problem, ProblemError, also, open_to_all, problem_answers, whole_body
from services.feedback import sheets
from services.feedback.domain import CannotAnswerError, Dossier, FormError, SurveyForm, digest, same_token, wish_to_stop
from services.feedback.domain.hints import hint
from services.feedback.domain.sheets import Sheet, unit_of
from services.feedback.responses import LONGEST_NOTE, WRITTEN, ResponseRoom, TooLongError
from services.feedback.store import CODEC, DOSSIERS, TOKEN

PAGES = Pages("services.feedback")
UNWANTED = "thoi-moi"  # in the address a form is sent to: no answer, but the wish for no more invitations
MOST_BYTES, MOST_FIELDS = 65_536, 50  # of a form
GONE = also(
    problem_answers(422, 503), 404, "text/html"
)  # unknown, old or used: a link that nobody can answer by is answered alike
# What has a clock and an answer of its own when it comes by the other page, and none here (R30).
ANSWERED = {"denunciation": "tố cáo", "complaint": "khiếu nại", "petition": "phản ánh, kiến nghị"}
GIVEN = {"schema": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Mã câu hỏi: số câu trả lời"}}


def add_routes(app: FastAPI, room: ResponseRoom, intents: Intents) -> None:
    """The routes of feedback. `intents`: of dossiers. A token stands in an address only, and addresses are not logged."""
    parts, context = room.parts, room.context

    @app.get(
        "/y-kien/{token}",
        response_class=HTMLResponse,
        summary="Trang: phiếu khảo sát của một lời mời",
        dependencies=[open_to_all()],
        responses=GONE,
    )
    async def survey(token: str) -> Response:
        asking = await _asking_by(room, token)
        used = asking is not None and await room.is_answered(asking)
        return _page(None if used else asking, {}, room)

    @app.post(
        "/y-kien/{token}",
        response_class=HTMLResponse,
        summary="Trang: trả lời, một lần; hoặc báo không muốn nhận tin tùy chọn nữa",
        dependencies=[open_to_all()],
        openapi_extra={"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": GIVEN}}},
        responses=also(GONE, 422, "text/html") | problem_answers(400, 403, 413),
    )
    async def answer(token: str, request: Request, unwanted: Annotated[bool, Query(alias=UNWANTED)] = False) -> Response:
        own_form(request, context.settings.public_url)
        given = await given_of(request)  # first, so that a body tells nothing about the link either
        asking = await _asking_by(room, token)
        if asking is None:
            return _page(None, {}, room)
        if unwanted and isinstance(asking, Dossier):  # nobody was sent a sheet
            return await _stop(asking, intents, room)
        try:
            form = await room.take(asking, given)
        except FormError as error:
            return _page(asking, given, room, error.missing)
        except TooLongError:
            return _page(asking, given, room, (WRITTEN,))
        except CannotAnswerError:
            return _page(None, {}, room)

        if form is not None:
            parts.telemetry.count("ratings", form=form)
        if isinstance(asking, Sheet):
            await sheets.note_use(parts.store, asking, "web")
        return _thanks(asking, given.get(WRITTEN, ""), room)


async def _stop(dossier: Dossier, intents: Intents, room: ResponseRoom) -> Response:
    """Also of whoever has answered: the wish is another matter than the answer, and nothing joins them."""
    clock = room.context.clock
    now = clock.now()
    await CODEC.change(intents, [dossier.code], lambda one: wish_to_stop(one, now), clock)
    return _say("stopped", 200, room)


async def _asking_by(room: ResponseRoom, token: str) -> Dossier | Sheet | None:
    """Who has a link of a dossier, or the QR code of a printed sheet: both are asked alike."""
    sheet = await sheets.find(room.parts.store, token)
    if sheet is not None:
        return sheet
    found = await room.parts.store.find(DOSSIERS, {TOKEN: digest(token)}, limit=1)
    dossiers = [dossier for dossier in CODEC.read_all(found) if same_token(dossier, token)]
    return dossiers[0] if dossiers else None


async def given_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises ProblemError for what no survey needs: nobody is known here, so everybody may send it."""
    body = await whole_body(request, MOST_BYTES)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise ProblemError(Problem("no-form", "Nội dung không phải biểu mẫu / not a form", 400)) from None


def _page(
    asking: Dossier | Sheet | None, given: Mapping[str, str], room: ResponseRoom, missing: tuple[str, ...] = ()
) -> Response:
    try:
        if asking is None:
            raise CannotAnswerError
        asked = room.asked(asking)
    except CannotAnswerError:
        return _say("closed", 404, room)
    reference = room.context.reference
    unit, procedure = reference.units.get(asked.unit), reference.procedures.get(asked.procedure)
    words = words_of(asked.form, given, missing, asking.code if isinstance(asking, Dossier) else "")
    names = {"unit": unit.name if unit else "", "procedure": procedure.name if procedure else ""}
    return PAGES.show("survey.html", {**words, **names}, 422 if missing else 200)


def preview(form: SurveyForm) -> str:
    """The page of a form as its reader will see it, with an invented dossier."""
    return PAGES.text(
        "survey.html", {**words_of(form, {}, (), "H00.00-260302-0001"), "unit": "Đơn vị mẫu", "procedure": "Thủ tục mẫu"}
    )


def words_of(form: SurveyForm, given: Mapping[str, str], missing: tuple[str, ...], dossier: str) -> dict[str, object]:
    """What the questions of a form are shown with."""
    # A number of the page alone: what is sent twice is one. Kept when the page comes back with questions missing.
    once = given.get("once") or secrets.token_urlsafe(16)
    return {"form": form, "given": given, "missing": missing, "dossier": dossier, "once": once, "longest": LONGEST_NOTE}


def _thanks(asking: Dossier | Sheet, written: str, room: ResponseRoom) -> Response:
    """The thanks; whoever wrote what sounds like more than an opinion of a survey is told where it gets an answer."""
    found = hint(written)
    kind = found[0] if found is not None and found[0] in ANSWERED else ""
    return _say("thanks", 200, room, kind, unit_of(asking))


def _say(what: str, status: int, room: ResponseRoom, kind: str = "", unit: str = "") -> Response:
    words = {"what": what, "kind": kind, "unit": unit, "kinds": ANSWERED, "province": room.context.reference.province}
    return PAGES.show("said.html", words, status)

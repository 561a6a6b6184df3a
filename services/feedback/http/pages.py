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
from services.feedback.domain import (
    CannotAnswerError,
    Dossier,
    FormError,
    Received,
    SurveyForm,
    digest,
    open_form,
    same_token,
    wish_to_stop,
)
from services.feedback.domain.hints import hint
from services.feedback.handlers import Context
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

    async def dossier_of(token: str) -> Dossier | None:
        found = await parts.store.find(DOSSIERS, {TOKEN: digest(token)}, limit=1)
        dossiers = [dossier for dossier in CODEC.read_all(found) if same_token(dossier, token)]
        return dossiers[0] if dossiers else None

    @app.get(
        "/y-kien/{token}",
        response_class=HTMLResponse,
        summary="Trang: phiếu khảo sát của một lời mời",
        dependencies=[open_to_all()],
        responses=GONE,
    )
    async def survey(token: str) -> Response:
        dossier = await dossier_of(token)
        used = dossier is not None and await room.is_answered(dossier)
        return _page(None if used else dossier, {}, context)

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
        given = await _given(request)  # first, so that a body tells nothing about the link either
        dossier = await dossier_of(token)
        if dossier is None:
            return _page(None, {}, context)
        if unwanted:
            return await _stop(dossier, intents, context)
        try:
            form = await room.take(dossier, given)
        except FormError as error:
            return _page(dossier, given, context, error.missing)
        except TooLongError:
            return _page(dossier, given, context, (WRITTEN,))
        except CannotAnswerError:
            return _page(None, {}, context)

        if form is not None:
            parts.telemetry.count("ratings", form=form)
        return _thanks(dossier, given.get(WRITTEN, ""), context)


async def _stop(dossier: Dossier, intents: Intents, context: Context) -> Response:
    """Also of whoever has answered: the wish is another matter than the answer, and nothing joins them."""
    now = context.clock.now()
    await CODEC.change(intents, [dossier.code], lambda one: wish_to_stop(one, now), context.clock)
    return _say("stopped", 200, context)


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form. Raises ProblemError for what no survey needs: nobody is known here, so everybody may send it."""
    body = await whole_body(request, MOST_BYTES)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise ProblemError(Problem("no-form", "Nội dung không phải biểu mẫu / not a form", 400)) from None


def _page(dossier: Dossier | None, given: Mapping[str, str], context: Context, missing: tuple[str, ...] = ()) -> Response:
    try:
        if dossier is None:
            raise CannotAnswerError
        form = open_form(dossier, context.ground())
    except CannotAnswerError:
        return _say("closed", 404, context)
    received = dossier.facts.first(Received)
    unit = None if received is None else context.reference.units.get(received.competent_unit)
    procedure = None if received is None else context.reference.procedures.get(received.procedure)
    words = _words(form, given, missing, dossier.code)
    names = {"unit": unit.name if unit else "", "procedure": procedure.name if procedure else ""}
    return PAGES.show("survey.html", {**words, **names}, 422 if missing else 200)


def preview(form: SurveyForm) -> str:
    """The page of a form as its reader will see it, with an invented dossier."""
    return PAGES.text(
        "survey.html", {**_words(form, {}, (), "H00.00-260302-0001"), "unit": "Đơn vị mẫu", "procedure": "Thủ tục mẫu"}
    )


def _words(form: SurveyForm, given: Mapping[str, str], missing: tuple[str, ...], dossier: str) -> dict[str, object]:
    # A number of the page alone: what is sent twice is one. Kept when the page comes back with questions missing.
    once = given.get("once") or secrets.token_urlsafe(16)
    return {"form": form, "given": given, "missing": missing, "dossier": dossier, "once": once, "longest": LONGEST_NOTE}


def _thanks(dossier: Dossier, written: str, context: Context) -> Response:
    """The thanks; whoever wrote what sounds like more than an opinion of a survey is told where it gets an answer."""
    found, received = hint(written), dossier.facts.first(Received)
    kind = found[0] if found is not None and found[0] in ANSWERED else ""
    return _say("thanks", 200, context, kind, "" if received is None else received.competent_unit)


def _say(what: str, status: int, context: Context, kind: str = "", unit: str = "") -> Response:
    words = {"what": what, "kind": kind, "unit": unit, "kinds": ANSWERED, "province": context.reference.province}
    return PAGES.show("said.html", words, status)

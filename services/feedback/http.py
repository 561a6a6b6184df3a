"""The survey page behind a one-use link: request -> handler -> page. No rules here."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from contracts.facts import first_standing
from runtime.intents import Intents
from runtime.outputs import Decision
from runtime.pages import Pages
from runtime.parts import Parts
from runtime.store import Document
from runtime.web import also, problem_answers
from services.feedback.domain import FormError, digest
from services.feedback.handlers import CannotAnswerError, Context, open_form, rate
from services.feedback.store import DOSSIERS, TOKEN

PAGES = Pages("services.feedback")
GONE = also(also(problem_answers(422, 503), 404, "text/html"), 410, "text/html")  # an unknown link, an old one
GIVEN = {"schema": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Mã câu hỏi: số câu trả lời"}}


def add_routes(app: FastAPI, parts: Parts, intents: Intents, context: Context) -> None:
    """The routes of feedback. A token stands in an address only, and addresses are not logged."""

    async def dossier_of(token: str) -> Document | None:
        found = await parts.store.find(DOSSIERS, {TOKEN: digest(token)}, limit=1)
        return found[0] if found else None

    @app.get("/y-kien/{token}", response_class=HTMLResponse, summary="Trang: phiếu khảo sát của một lời mời", responses=GONE)
    async def survey(token: str) -> Response:
        return _page(await dossier_of(token), {}, context)

    @app.post(
        "/y-kien/{token}",
        response_class=HTMLResponse,
        summary="Trang: trả lời, một lần",
        openapi_extra={"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": GIVEN}}},
        responses=also(GONE, 422, "text/html") | problem_answers(400),
    )
    async def answer(token: str, request: Request) -> Response:
        document = await dossier_of(token)
        given = {name: str(value) for name, value in (await request.form(max_fields=50, max_files=0)).items()}
        if document is None:
            return _page(None, given, context)

        def decide(current: Document) -> Decision:
            return rate(current, given, context)

        try:
            await intents.apply([document["_id"]], decide)
        except FormError as error:
            return _page(document, given, context, error.missing)
        except CannotAnswerError:
            return _page(await dossier_of(token), given, context)

        parts.telemetry.count("ratings", form=document["invited"]["form"])
        return _say("thanks", 200, context)


def _page(document: Document | None, given: dict[str, str], context: Context, missing: tuple[str, ...] = ()) -> Response:
    if document is None:
        return _say("unknown", 404, context)
    try:
        form = open_form(document, context)
    except CannotAnswerError as error:
        return _say("used" if error.used else "expired", 200 if error.used else 410, context)
    received = first_standing(document["facts"], "received") or {}
    unit = context.reference.units.get(received.get("competent_unit", ""))
    procedure = context.reference.procedures.get(received.get("procedure", ""))
    words: dict[str, Any] = {
        "form": form,
        "given": given,
        "missing": missing,
        "dossier": document["_id"],
        "unit": unit.name if unit else "",
        "procedure": procedure.name if procedure else "",
    }
    return PAGES.show("survey.html", words, 422 if missing else 200)


def _say(what: str, status: int, context: Context) -> Response:
    return PAGES.show("said.html", {"what": what, "province": context.reference.province}, status)

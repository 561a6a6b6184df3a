"""POST /v1/dossiers/events: request -> handler -> answer. No rules here."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from runtime.batch import open_intents_of
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Problem, ProblemError
from services.intake.domain import Accepted, Answer, Quarantined, Refused
from services.intake.handlers import Batch, Context, take_batch, view
from services.intake.jobs import Deliveries
from services.intake.store import DOSSIERS

MOST_BYTES = 8 * 1024 * 1024


def add_routes(app: FastAPI, context: Context, parts: Parts, intents: Intents, deliveries: Deliveries) -> None:
    """The routes of intake."""
    _add_view(app, parts)

    @app.post("/v1/dossiers/events", status_code=202, summary="Gửi sự kiện của hồ sơ: một đối tượng hoặc một danh sách")
    async def events(request: Request) -> JSONResponse:
        items = await _read(request, context.settings.max_items)
        batch = await take_batch(items, context, parts, intents)
        if batch.intent is not None:
            deliveries.start(batch.intent, batch.by_dossier)
        _count(parts, batch)
        accepted = any(not isinstance(answer, Refused) for answer in batch.answers.values())
        return JSONResponse({"items": _answers(batch, len(items))}, 202 if accepted else 422)


def _add_view(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/dossiers/{dossier}", summary="Những gì đã nhận về một hồ sơ; không có dữ liệu cá nhân")
    async def known(dossier: str) -> dict[str, Any]:
        document = (await parts.store.get_many(DOSSIERS, [dossier])).get(dossier)
        if document is None:
            raise ProblemError(Problem("unknown-dossier", "Chưa nhận sự kiện nào của hồ sơ này", 404))
        return view(document, await open_intents_of(parts, [document]))


async def _read(request: Request, most: int) -> Sequence[Any]:
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise ProblemError(Problem("too-large", "Yêu cầu quá lớn", 413, f"at most {MOST_BYTES} bytes"))
    try:
        raw = json.loads(body)
    except UnicodeDecodeError:
        raise ProblemError(Problem("not-utf-8", "Nội dung không phải UTF-8", 400, "the body must be UTF-8")) from None
    except (ValueError, RecursionError) as error:
        place = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise ProblemError(Problem("broken-json", "Nội dung không phải JSON", 400, place)) from None
    if not isinstance(raw, dict | list) or not raw:
        raise ProblemError(
            Problem(
                "invalid",
                "Cần một đối tượng hoặc một danh sách sự kiện",
                422,
                "the body must be an object or a list of objects",
            )
        )
    items = raw if isinstance(raw, list) else [raw]
    if len(items) > most:
        raise ProblemError(Problem("too-many-items", "Quá nhiều sự kiện trong một yêu cầu", 413, f"at most {most} items"))
    return items


def _count(parts: Parts, batch: Batch) -> None:
    for answer in batch.answers.values():
        parts.telemetry.count("items", result=type(answer).__name__.lower())


def _answers(batch: Batch, count: int) -> list[dict[str, Any]]:
    return [{"index": index, **_say(batch.answers[index], index)} for index in range(count)]


def _say(answer: Answer, index: int) -> dict[str, Any]:
    match answer:
        case Accepted(identity):
            return {"status": "accepted", "id": identity}
        case Quarantined(reason):
            return {"status": "quarantined", "problem": Problem(reason, "Được giữ lại chờ kiểm tra", 202).body()}
        case Refused(faults):
            errors = [{"pointer": f"#/{index}/{f.field.replace('.', '/')}", "rule": f.rule, "detail": f.detail} for f in faults]
            return {
                "status": "refused",
                "problem": Problem("invalid-item", "Sự kiện không hợp lệ", 422, errors=errors).body(),
            }

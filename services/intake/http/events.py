"""POST /v1/dossiers/events and GET /v1/dossiers/CODE."""

from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from runtime.batch import open_intents_of
from runtime.web import Problem, ProblemError, problem_answers
from services.intake import quarantine
from services.intake.domain import Accepted, Answer, Quarantined, ReceivedItem, Refused, SnapshotItem, TaggedItem
from services.intake.handlers import Batch, view
from services.intake.http.answers import KnownDossier
from services.intake.http.entrance import Entrance, read_body, read_items, read_json
from services.intake.keys import Key
from services.intake.store import DOSSIERS, units_of

_SCHEMA = TypeAdapter(TaggedItem).json_schema(ref_template="#/components/schemas/{model}")
SCHEMAS: dict[str, Any] = _SCHEMA.pop("$defs")
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"oneOf": [_SCHEMA, {"type": "array", "items": _SCHEMA, "minItems": 1}]}}},
}

IdempotencyKey = Annotated[
    str | None,
    Header(description="Cùng khóa, cùng nội dung: cùng câu trả lời, trong một ngày; khác nội dung: 422. Tối đa 200 ký tự."),
]
_ANSWERS: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "status"],
                "properties": {
                    "index": {"type": "integer"},
                    "status": {"enum": ["accepted", "quarantined", "refused"]},
                    "id": {"type": "string", "format": "uuid"},
                    "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
                    "lookup_code": {"type": "string", "pattern": "^[A-Z2-7]{6}$"},
                    "problem": {"$ref": "#/components/schemas/Problem"},
                },
            },
        }
    },
}


def _responses() -> dict[int | str, dict[str, Any]]:
    """202 and 422 answer per item; a request that is refused as a whole is a problem."""
    described = problem_answers(400, 401, 403, 413, 422, 429, 503)
    described[422]["content"]["application/json"] = {"schema": _ANSWERS}
    described[202] = {
        "description": "Từng mục được nhận, giữ lại hay từ chối",
        "content": {"application/json": {"schema": _ANSWERS}},
        "headers": {"Idempotency-Replayed": {"schema": {"const": "true"}, "description": "Câu trả lời của lần gửi trước"}},
    }
    return described


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them."""
    settings = entrance.context.settings

    @app.post(
        "/v1/dossiers/events",
        status_code=202,
        summary="Gửi sự kiện hoặc ảnh chụp của hồ sơ: một đối tượng hoặc một danh sách",
        openapi_extra={"requestBody": _BODY},
        responses=_responses(),
    )
    async def events(request: Request, shown: Key, idempotency_key: IdempotencyKey = None) -> JSONResponse:
        sender = await entrance.admit(shown)
        body = await read_body(request)
        key = idempotency_key if sender.mode != "test" else None
        if key:
            known = await entrance.replays.known(sender.system, key, body)
            if known is not None:
                return JSONResponse(known[1], known[0], {"Idempotency-Replayed": "true"})
        items = read_items(read_json(body), settings.max_items)
        batch = await entrance.take(items, sender)
        accepted = any(not isinstance(answer, Refused) for answer in batch.answers())
        status, answer = (202 if accepted else 422), {"items": say_all(batch, entrance)}
        if key:
            await entrance.replays.keep(sender.system, key, body, status, answer)
        return JSONResponse(answer, status)

    @app.get(
        "/v1/dossiers/{dossier}",
        summary="Những gì đã nhận về một hồ sơ; không có dữ liệu cá nhân",
        response_model=KnownDossier,
        responses=problem_answers(401, 403, 404, 422, 503),
    )
    async def known(dossier: str, key: Key) -> dict[str, Any]:
        sender = await entrance.admit(key)
        store = entrance.parts.store
        document = (await store.get_many(DOSSIERS, [dossier])).get(dossier)
        held = await quarantine.held_of(store, dossier)
        # What belongs to others is as unknown as what does not exist.
        if (document is None and not held) or not sender.may_speak_of(units_of(document), dossier):
            title = "Chưa nhận sự kiện nào của hồ sơ này / nothing was received of this dossier"
            raise ProblemError(Problem("unknown-dossier", title, 404))
        shown = document or {"_id": dossier}
        return view(shown, await open_intents_of(entrance.parts, [shown]), held)


def say_all(batch: Batch, entrance: Entrance) -> list[dict[str, Any]]:
    """The answers, in the order of the request."""
    items = {index: parsed.item for index, parsed in batch.parsed()}
    answers = []
    for index, answer in enumerate(batch.answers()):
        said = {"index": index, **_say(answer, index)}
        item = items.get(index)
        if isinstance(answer, Accepted) and isinstance(item, ReceivedItem | SnapshotItem):
            said["lookup_code"] = entrance.context.sealer.lookup_code(item.dossier)
        answers.append(said)
    return answers


def _say(answer: Answer, index: int) -> dict[str, Any]:
    match answer:
        case Accepted(ids):
            return {"status": "accepted", **({"id": ids[0]} if len(ids) == 1 else {"ids": list(ids)})}
        case Quarantined(reason, field):
            errors = (
                [{"pointer": f"#/{index}/{field}", "rule": reason, "detail": "danh mục chưa có giá trị này"}] if field else []
            )
            title = "Được giữ lại chờ kiểm tra / kept for a person"
            return {"status": "quarantined", "problem": Problem(reason, title, 202, errors=errors).body()}
        case Refused(faults):
            errors = [{"pointer": f"#/{index}/{f.field.replace('.', '/')}", "rule": f.rule, "detail": f.detail} for f in faults]
            title = "Sự kiện không hợp lệ / invalid item"
            return {"status": "refused", "problem": Problem("invalid-item", title, 422, errors=errors).body()}

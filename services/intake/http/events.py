"""POST /v1/dossiers/events and GET /v1/dossiers/CODE."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from contracts.lookup import PATTERN
from reference import moment
from runtime.errors import Unavailable
from runtime.web import Answers, Problem, ProblemError, problem_answers
from services.intake.domain import (
    HELD,
    Accepted,
    Dossier,
    Item,
    Json,
    Quarantined,
    ReceivedItem,
    Refused,
    Sender,
    SnapshotItem,
    TaggedItem,
)
from services.intake.handlers import Outcome
from services.intake.http.answers import ItemAnswer, ItemAnswers, KnownDossier, KnownFact
from services.intake.http.entrance import Entrance, read_body, read_items, read_json
from services.intake.http.gatekeeper import SENDING, SHOWN, Key, key_of
from services.intake.store import Shown, held_of, look_up

_SCHEMA = TypeAdapter(TaggedItem).json_schema(ref_template="#/components/schemas/{model}")
SCHEMAS: dict[str, Json] = _SCHEMA.pop("$defs")
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"oneOf": [_SCHEMA, {"type": "array", "items": _SCHEMA, "minItems": 1}]}}},
}

_IDEMPOTENCY_KEY = {
    "name": "idempotency-key",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Cùng khóa, cùng nội dung: cùng câu trả lời, trong một ngày; khác nội dung: 422. Tối đa 200 ký tự.",
}
_ANSWERS: dict[str, Json] = {
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
                    "lookup_code": {"type": "string", "pattern": PATTERN},
                    "unread": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Trường không ai biết, không được đọc.",
                    },
                    "problem": {"$ref": "#/components/schemas/Problem"},
                },
            },
        }
    },
}


MOST_NAMES, LONGEST_NAME = 20, 60  # of unread fields, in an answer


def _responses() -> Answers:
    """202 and 422 answer per item; a request that is refused as a whole is a problem."""
    described = problem_answers(400, 401, 403, 413, 415, 422, 429, 503)
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
        openapi_extra={"requestBody": _BODY, "parameters": [_IDEMPOTENCY_KEY]},
        dependencies=[SENDING, *SHOWN],
        responses=_responses(),
    )
    async def events(request: Request) -> JSONResponse:
        sender = await entrance.admit(key_of(request))
        body = await read_body(request)
        items = read_items(await read_json(body), settings.max_items)
        key = request.headers.get("idempotency-key") if sender.mode != "test" else None
        if not key:
            return JSONResponse(*await _answer(items, sender, entrance))
        known = await entrance.replays.begin(sender.system, key, body)
        if known is not None:
            return JSONResponse(known.answer, known.status, {"Idempotency-Replayed": "true"})
        try:
            answer, status = await _answer(items, sender, entrance)
        except (ProblemError, Unavailable):
            await entrance.replays.give_up(sender.system, key)
            raise
        await entrance.replays.keep(sender.system, key, body, status, answer)
        return JSONResponse(answer, status)

    @app.get(
        "/v1/dossiers/{dossier}",
        summary="Những gì đã nhận về một hồ sơ; không có dữ liệu cá nhân",
        response_model=KnownDossier,
        dependencies=[SENDING],
        responses=problem_answers(401, 403, 404, 422, 503),
    )
    async def known(dossier: str, key: Key) -> KnownDossier:
        sender = await entrance.admit(key)
        shown = await look_up(entrance.parts, dossier)
        held = [item for item in await held_of(entrance.parts.store, dossier) if not item.flag]
        found = Shown(Dossier(dossier), 0) if shown is None else shown
        # What belongs to others is as unknown as what does not exist.
        if (shown is None and not held) or not sender.may_speak_of(found.dossier.units, dossier):
            title = "Chưa nhận sự kiện nào của hồ sơ này / nothing was received of this dossier"
            raise ProblemError(Problem("unknown-dossier", title, 404))
        return _view(found.dossier, found.pending, len(held))


async def _answer(items: list[Json], sender: Sender, entrance: Entrance) -> tuple[Json, int]:
    """What became of the items, and the status of it."""
    batch = await entrance.take(items, sender)
    accepted = any(not isinstance(answer, Refused) for answer in batch.answers())
    said = ItemAnswers(items=[say(index, outcome, entrance) for index, outcome in enumerate(batch.outcomes)])
    return said.model_dump(mode="json", exclude_none=True), 202 if accepted else 422


def _view(dossier: Dossier, pending: int, held: int) -> KnownDossier:
    facts = [
        KnownFact(
            type=key.partition("/")[0],
            occasion=key.partition("/")[2],
            version=fact.version,
            at=moment(fact.at).isoformat(),
            retracted=fact.retracted,
        )
        for key, fact in sorted(((key, dossier.facts[key]) for key in dossier.facts), key=lambda pair: (pair[1].at, pair[0]))
    ]
    return KnownDossier(dossier=dossier.code, facts=facts, contact=dossier.contact is not None, pending=pending, held=held)


def say(index: int, outcome: Outcome, entrance: Entrance) -> ItemAnswer:
    """What became of an item, at its place of the request, for its sender."""
    unread = [name[:LONGEST_NAME] for name in outcome.parsed.unknown[:MOST_NAMES]] if outcome.parsed else []
    match outcome.answer:
        case Accepted(ids):
            item = None if outcome.parsed is None else outcome.parsed.item
            return ItemAnswer(
                index=index,
                status="accepted",
                id=ids[0] if len(ids) == 1 else None,
                ids=list(ids) if len(ids) != 1 else None,
                lookup_code=_lookup_code(item, entrance),
                unread=unread or None,
            )
        case Quarantined(reason, field):
            place = {"pointer": f"#/{index}/{field.replace('.', '/')}", "rule": reason, "detail": HELD[reason]}
            title = "Được giữ lại chờ kiểm tra / kept for a person"
            problem = Problem(reason, title, 202, "" if field else HELD[reason], [place] if field else [])
            return ItemAnswer(index=index, status="quarantined", problem=problem.body(), unread=unread or None)
        case Refused(faults):
            errors = [{"pointer": f"#/{index}/{f.field.replace('.', '/')}", "rule": f.rule, "detail": f.detail} for f in faults]
            problem = Problem("invalid-item", "Sự kiện không hợp lệ / invalid item", 422, errors=errors)
            return ItemAnswer(index=index, status="refused", problem=problem.body(), unread=unread or None)


def _lookup_code(item: Item | None, entrance: Entrance) -> str | None:
    """For the receipt, of an item that tells of a reception."""
    if entrance.lookup is None or not isinstance(item, ReceivedItem | SnapshotItem):
        return None
    return entrance.lookup.code(item.dossier)

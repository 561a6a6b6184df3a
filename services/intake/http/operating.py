"""What operators do over HTTP: look at what is kept for a person, correct it, send it again."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.store import Document
from runtime.web import Problem, ProblemError, problem_answers
from services.intake import quarantine
from services.intake.domain import Quarantined, Refused
from services.intake.http.answers import KeptItem, KeptItems, Resubmitted
from services.intake.http.entrance import Entrance, read_body, read_json
from services.intake.http.events import say_all
from services.intake.keys import Key


class Resubmit(BaseModel):
    """Which kept items go in again: the named ones, or all of a reason."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(default_factory=list, max_length=500)
    reason: str = ""


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    # Described here and read by us: nothing of a body is read before the key is known.
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them. All need a key made with --operator."""
    store = entrance.parts.store

    @app.get(
        "/v1/quarantine",
        summary="Những gì được giữ lại chờ kiểm tra",
        response_model=KeptItems,
        responses=problem_answers(401, 403, 422, 503),
    )
    async def listed(
        key: Key,
        reason: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        await entrance.admit(key, "operate")
        found = await quarantine.entries(store, reason, limit=limit)
        return {"items": [quarantine.describe(entry) for entry in found]}

    @app.post(
        "/v1/quarantine/{identity}/fix",
        summary="Sửa trường của một mục",
        response_model=KeptItem,
        openapi_extra={"requestBody": _body({"type": "object"})},
        responses=problem_answers(400, 401, 403, 404, 413, 422, 503),
    )
    async def fix(identity: str, request: Request, key: Key) -> dict[str, Any]:
        await entrance.admit(key, "operate")
        changes = read_json(await read_body(request))
        if not isinstance(changes, dict):
            raise ProblemError(Problem("invalid", "Cần một đối tượng / an object is needed", 422, "FIELD: VALUE"))
        changed = await quarantine.fix(store, identity, changes)
        if changed is None:
            raise ProblemError(Problem("unknown-entry", "Không có mục này / there is no such entry", 404))
        return quarantine.describe(changed)

    @app.post(
        "/v1/quarantine/resubmit",
        summary="Gửi lại các mục",
        response_model=Resubmitted,
        openapi_extra={"requestBody": _body(Resubmit.model_json_schema())},
        responses=problem_answers(400, 401, 403, 413, 422, 429, 503),
    )
    async def resubmit(request: Request, key: Key) -> dict[str, Any]:
        await entrance.admit(key, "operate")
        wanted = _wanted(read_json(await read_body(request)))
        found = await quarantine.entries(store, wanted.reason, wanted.ids)
        counts = {"accepted": 0, "quarantined": 0, "refused": 0, "dismissed": 0}
        for entry in found:
            counts[await _again(entry, entrance)] += 1
        return counts


def _wanted(raw: Any) -> Resubmit:  # noqa: ANN401 - whatever was sent
    try:
        return Resubmit.model_validate(raw)
    except ValidationError as error:
        places = [
            {"pointer": "#/" + "/".join(str(part) for part in e["loc"]), "rule": e["type"], "detail": e["msg"]}
            for e in error.errors(include_input=False)
        ]
        raise ProblemError(Problem("invalid", "Yêu cầu không hợp lệ / invalid request", 422, errors=places)) from None


async def _again(entry: Document, entrance: Entrance) -> str:
    """One item in again. A flagged one was taken in long ago: sending it again says that it was seen."""
    store = entrance.parts.store
    if entry["flag"]:
        await store.delete_many(quarantine.QUARANTINE, [entry["_id"]])
        return "dismissed"
    batch = await entrance.take([quarantine.item_of(entry, entrance.context.sealer.locker())], quarantine.sender_of(entry))
    answer = batch.answers()[0]
    if isinstance(answer, Refused):
        changed = {**entry, "problem": say_all(batch, entrance)[0]["problem"]}
        await store.save_many(quarantine.QUARANTINE, [changed])
        return "refused"
    if not isinstance(answer, Quarantined):
        await store.delete_many(quarantine.QUARANTINE, [entry["_id"]])
        return "accepted"
    if quarantine.identity_of(entry["system"], answer.reason, entry["item"]) != entry["_id"]:
        await store.delete_many(quarantine.QUARANTINE, [entry["_id"]])  # it is held as another entry now
    return "quarantined"

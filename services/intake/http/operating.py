"""What operators do over HTTP: look at what is kept for a person, correct it, send it again; see words that no list knows."""

from collections import Counter
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.web import Problem, ProblemError, problem_answers
from services.intake import quarantine
from services.intake.domain import Doubled, FaultError, Json
from services.intake.domain.held import Held
from services.intake.handlers import RESULTS
from services.intake.http.again import again
from services.intake.http.answers import KeptItem, KeptItems, Resubmitted, UnlistedWord, UnlistedWords
from services.intake.http.entrance import Entrance, read_body, read_json
from services.intake.http.gatekeeper import OPERATING, Key
from services.intake.store import list_held, release

NO_UNIT = "-"  # of dossiers whose unit is not known


class Resubmit(BaseModel):
    """Which kept items go in again: the named ones, or all of a reason."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(default_factory=list, max_length=500)
    reason: str = ""


def _body(schema: dict[str, Json]) -> dict[str, Json]:
    # Described here and read by us: nothing of a body is read before the key is known.
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them. All need a key made with --operator."""
    store = entrance.parts.store

    @app.get(
        "/v1/quarantine",
        summary="Những gì được giữ lại chờ kiểm tra",
        response_model=KeptItems,
        dependencies=[OPERATING],
        responses=problem_answers(401, 403, 422, 503),
    )
    async def listed(
        key: Key,
        reason: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> KeptItems:
        await entrance.admit(key, "operate")
        return KeptItems(items=[_describe(held) for held in await list_held(store, reason, limit=limit)])

    @app.post(
        "/v1/quarantine/{identity}/fix",
        summary="Sửa trường của một mục",
        response_model=KeptItem,
        openapi_extra={"requestBody": _body({"type": "object"})},
        dependencies=[OPERATING],
        responses=problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503),
    )
    async def fix(identity: str, request: Request, key: Key) -> KeptItem:
        await entrance.admit(key, "operate")
        changes = await read_json(await read_body(request))
        if not isinstance(changes, dict) or isinstance(changes, Doubled):
            raise ProblemError(Problem("invalid", "Cần một đối tượng / an object is needed", 422, "FIELD: VALUE"))
        try:
            locker, units = entrance.context.sealer.locker(), entrance.context.reference.units
            changed = await quarantine.fix(store, identity, changes, locker, units)
        except quarantine.UnreadableError:
            raise ProblemError(Problem("unreadable", quarantine.UNREADABLE, 409)) from None
        except FaultError as error:
            places = [{"pointer": f"#/{f.field.replace('.', '/')}", "rule": f.rule, "detail": f.detail} for f in error.faults]
            raise ProblemError(Problem("invalid", "Trường không hợp lệ / invalid fields", 422, errors=places)) from None
        if changed is None:
            raise ProblemError(Problem("unknown-entry", "Không có mục này / there is no such entry", 404))
        return _describe(changed)

    @app.post(
        "/v1/quarantine/resubmit",
        summary="Gửi lại các mục",
        response_model=Resubmitted,
        openapi_extra={"requestBody": _body(Resubmit.model_json_schema())},
        dependencies=[OPERATING],
        responses=problem_answers(400, 401, 403, 413, 415, 422, 429, 503),
    )
    async def resubmit(request: Request, key: Key) -> Resubmitted:
        await entrance.admit(key, "operate")
        wanted = _wanted(await read_json(await read_body(request)))
        counts = Counter([await _again(held, entrance) for held in await list_held(store, wanted.reason, wanted.ids)])
        return Resubmitted(**{kind: counts[kind] for kind in Resubmitted.model_fields})


def add_words(app: FastAPI, entrance: Entrance) -> None:
    """Add what shows words that no list knows: they may be about anybody, so it needs a key made with --operator."""

    @app.get(
        "/v1/words/{unit}",
        summary="Chữ ngoài danh mục của một đơn vị, để bổ sung vào danh mục",
        response_model=UnlistedWords,
        dependencies=[OPERATING],
        responses=problem_answers(401, 403, 404, 422, 503),
    )
    async def unlisted(unit: str, key: Key) -> UnlistedWords:
        await entrance.admit(key, "operate")
        code = "" if unit == NO_UNIT else unit
        if code and code not in entrance.context.reference.units:
            raise ProblemError(Problem("unknown-unit", "Mã đơn vị không có trong danh mục / unknown unit", 404))
        found = await entrance.words.of_unit(code)
        items = [
            UnlistedWord(kind=each.kind, words=each.words, count=each.count, first=_said(each.first), last=_said(each.last))
            for each in found
        ]
        return UnlistedWords(items=items)


def _said(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _describe(held: Held) -> KeptItem:
    """A kept item for a list: no contact."""
    return KeptItem(
        id=held.id,
        at=held.at,
        system=held.sender.system,
        dossier=held.dossier,
        reason=held.why.reason,
        field=held.why.field,
        flag=held.flag,
        item=dict(held.item),
        contact=bool(held.locked),
        problem=None if held.problem is None else dict(held.problem),
    )


def _wanted(raw: Json) -> Resubmit:
    try:
        return Resubmit.model_validate(raw)
    except ValidationError as error:
        places = [
            {"pointer": "#/" + "/".join(str(part) for part in e["loc"]), "rule": e["type"], "detail": e["msg"]}
            for e in error.errors(include_input=False)
        ]
        raise ProblemError(Problem("invalid", "Yêu cầu không hợp lệ / invalid request", 422, errors=places)) from None


async def _again(held: Held, entrance: Entrance) -> str:
    """One item in again. A flagged one was taken in long ago: sending it again says that it was seen."""
    if held.flag:
        await release(entrance.parts.store, held)
        return "dismissed"
    return RESULTS[type((await again(held, entrance, entrance.take)).answer)]

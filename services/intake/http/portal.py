"""The national portal's way in: /mapi/login and /mapi/g, as adapters of field systems call them."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from runtime.clock import epoch_ms
from runtime.sealing import Locker
from runtime.web import Answers, Problem, ProblemError, problem_answers
from services.intake import portal
from services.intake.domain import Doubled, Json, Sender
from services.intake.http.answers import PortalSession
from services.intake.http.entrance import MOST_BYTES, Entrance, read_body, read_items, read_json
from services.intake.http.gatekeeper import SENDING, SHOWN, key_of
from services.intake.portal import PortalAnswer, PortalEntry
from services.intake.store import find_dossiers

SESSION_MS = 3_600_000
MOST_OF_LOGIN = 16_384  # bytes: nobody is known yet
_OBJECT = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


def _answers(model: type[BaseModel], *statuses: int) -> Answers:
    """The portal's own form with its error_code; what could not be read or served at all is a problem."""
    return {**problem_answers(*statuses), 200: {"description": "Câu trả lời theo mẫu của cổng", "model": model}}


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """Add them. Answers are 200 with the portal's own error_code, as its clients expect."""
    locker = entrance.context.sealer.locker(b"portal-session")

    @app.post(
        "/mapi/login",
        summary="Cổng DVCQG: lấy phiên",
        openapi_extra={"requestBody": _OBJECT},
        dependencies=[SENDING],
        responses=_answers(PortalSession, 503),
    )
    async def login(request: Request) -> JSONResponse:
        try:
            given = await _object(request, MOST_OF_LOGIN)
            password = given.get("password")
            sender = await entrance.gatekeeper.sender_of(password if isinstance(password, str) else "")
        except ProblemError as error:
            return _said(_failure(error.problem))
        if sender.system != given.get("username"):
            return _said(portal.failure(portal.NO_SESSION, "Tên hệ thống không đúng với khóa"))
        session = locker.lock({"key": password, "until": epoch_ms(entrance.parts.machine.wall()) + SESSION_MS})
        return _said(PortalSession(session=session, error_code=0))

    @app.post(
        "/mapi/g",
        summary="Cổng DVCQG: DongBoHoSoMC, CapNhatTienDoHoSoMC, TraCuuHoSo; phiên của login, hoặc khóa",
        openapi_extra={"requestBody": _OBJECT, "security": [{}]},
        dependencies=[SENDING, *SHOWN],
        responses=_answers(PortalAnswer, 429, 503),
    )
    async def call(request: Request) -> JSONResponse:
        try:
            given = await _object(request)
            sender = await _sender(key_of(request), given, entrance, locker)
            return _said(await _serve(given, sender, entrance))
        except ProblemError as error:
            if error.problem.status in (429, 503):
                raise
            return _said(_failure(error.problem))


def _said(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json", exclude_unset=True))


def _failure(problem: Problem) -> PortalAnswer:
    """A refusal of the whole request in the portal's form."""
    code = portal.NO_SESSION if problem.status in (401, 403) else portal.BAD_REQUEST
    return portal.failure(code, f"{problem.title.partition(' / ')[0]}. {problem.detail}".strip(" ."))


async def _object(request: Request, most: int = MOST_BYTES) -> dict[str, Json]:
    """The body. Raises ProblemError."""
    raw = await read_json(await read_body(request, most))
    if isinstance(raw, Doubled):
        detail = ", ".join(f"{name}: có hai lần" for name in raw.names)
        raise ProblemError(Problem("twice", "Có trường được ghi hai lần / a name stands twice", 422, detail))
    if not isinstance(raw, dict):
        raise ProblemError(Problem("invalid", "Cần một đối tượng JSON / an object is needed", 422))
    return raw


async def _sender(key: str, given: Mapping[str, Json], entrance: Entrance, locker: Locker) -> Sender:
    session = given.get("session")
    if not isinstance(session, str) or not session:
        return await entrance.admit(key)
    try:
        opened = locker.unlock(session)
    except ValueError:
        opened = {}
    now = epoch_ms(entrance.parts.machine.wall())
    return await entrance.gatekeeper.sender_of(opened["key"] if opened.get("until", 0) > now else "")


async def _serve(given: Mapping[str, Json], sender: Sender, entrance: Entrance) -> PortalAnswer:
    service = given.get("service")
    if service == "TraCuuHoSo":
        return await _look_up(given.get("mahoso"), sender, entrance)
    if not isinstance(service, str) or service not in portal.SERVICES:
        known = ", ".join((*portal.SERVICES, "TraCuuHoSo"))
        return portal.failure(portal.BAD_REQUEST, f"service phải là một trong: {known}")
    read, _ = portal.SERVICES[service]
    items = read_items(await _unpacked(given.get("data")), entrance.context.settings.max_items)
    unit = given.get("madonvi")
    wanted = unit if isinstance(unit, str) and unit else None
    batch = await entrance.take([read(item, wanted) for item in items], sender)
    return portal.answer_of(items, batch.answers(), service)


async def _unpacked(data: Json) -> Json:
    """Some adapters send `data` as JSON inside a string."""
    return await read_json(data.encode(errors="replace")) if isinstance(data, str) else data


async def _look_up(code: Json, sender: Sender, entrance: Entrance) -> PortalAnswer:
    """Whether a dossier is known, which decides between isUpdating True and False."""
    if not isinstance(code, str):
        return portal.failure(portal.BAD_REQUEST, "thiếu mahoso")
    known = (await find_dossiers(entrance.parts.store, [code])).get(code)
    found = known is not None and sender.may_speak_of(known.units, code)
    return PortalAnswer(error_code=portal.OK, message="Thành công", data=[PortalEntry(MaHoSo=code)] if found else [])

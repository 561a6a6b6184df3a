"""The HTTP side every service has: probes, metrics, AsyncAPI, and problems as RFC 9457."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.errors import Unavailable
from runtime.health import Health
from runtime.telemetry import Telemetry

PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal a person can act on: stable type, Vietnamese title, detail, and where in the input it is."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: Sequence[Mapping[str, str | Sequence[str]]] = field(default_factory=tuple)

    def body(self) -> dict[str, Any]:
        """The RFC 9457 object; `errors` holds {pointer, rule, detail}, and `dossiers` where a figure is refused."""
        full = {
            "type": f"urn:dunghen:problem:{self.type}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return {k: v for k, v in full.items() if v != ""} | ({"errors": [dict(e) for e in self.errors]} if self.errors else {})


class ProblemError(Exception):
    """Raised by a route to answer with a problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.type)
        self.problem, self.headers = problem, headers


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as HTTP response."""
    return JSONResponse(problem.body(), problem.status, dict(headers or {}), media_type=PROBLEM)


_PLACE = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "rule", "detail")}}
_PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "RFC 9457: why a request was refused, and where in it.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:dunghen:problem:"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": _PLACE},
    },
}
Answers = dict[int | str, dict[str, Any]]  # OpenAPI's description of a route's answers, by status


def problem_answers(*statuses: int) -> Answers:
    """A route's refusals: each is an RFC 9457 problem."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": schema}}} for status in statuses}


def also(answers: Answers, status: int, *media_types: str) -> Answers:
    """The same, with what is no JSON of ours: text, such as a page, as a string, a file as bytes."""
    content = {
        media: {"schema": {"type": "string"} if media.startswith("text/") else {"type": "string", "format": "binary"}}
        for media in media_types
    }
    described = answers.get(status, {"description": HTTPStatus(status).phrase})
    return {**answers, status: {**described, "content": {**described.get("content", {}), **content}}}


_TITLES = {404: "Không có ở đây / not here", 405: "Không dùng cách này ở đây được / method not allowed"}
# Of a parameter: the rules that requests meet; another is told as such.
SENTENCES = {
    "missing": "bắt buộc phải có",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "bool_parsing": "phải là true hoặc false",
    "date_from_datetime_parsing": "phải là một ngày, dạng 2026-02-12",
    "date_parsing": "phải là một ngày, dạng 2026-02-12",
    "literal_error": "không thuộc các giá trị được phép",
    "string_too_short": "không được để trống",
    "string_too_long": "dài quá {max_length} ký tự",
    "string_pattern_mismatch": "không đúng mẫu quy định",
    "greater_than_equal": "phải từ {ge} trở lên",
    "less_than_equal": "phải từ {le} trở xuống",
}
UPLOADS = (b"multipart/", b"text/csv", b"application/vnd.", b"application/octet-stream")
PROBES = ("/livez", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a request is answered without what it waits for: senders give up after some, people at a page after more,
    and a register of a year takes its time."""

    change: float = 8.0
    read: float = 60.0
    upload: float = 300.0
    upload_paths: tuple[str, ...] = ()  # routes that take files, whatever a sender calls their content

    def of(self, scope: Scope) -> float:
        """For this request."""
        if scope["method"] in ("GET", "HEAD"):
            return self.read
        if scope["path"] in self.upload_paths:
            return self.upload
        kind = dict(scope["headers"]).get(b"content-type", b"")
        return self.upload if kind.startswith(UPLOADS) else self.change


class InTime:
    """Answers 503 with Retry-After instead of nothing: while a service starts, while its store is away, and when a request has
    waited too long for a part. What such a request had begun is either complete or forgotten, as after a crash."""

    def __init__(self, app: ASGIApp, health: Health, patience: Patience) -> None:
        self._app, self._health, self._patience = app, health, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a limit in time."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        reason = self._health.waits_for or self._health.recovering() or self._health.store_away
        if reason:
            await _later(reason)(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._patience.of(scope)):
                await self._app(scope, receive, sending)
        except TimeoutError:
            if begun:
                raise
            await _later("a part did not answer in time")(scope, receive, send)


def _later(reason: str) -> JSONResponse:
    title = "Hệ thống tạm thời không ghi được, xin gửi lại / unavailable, send again"
    return problem_response(Problem("unavailable", title, 503, reason), {"Retry-After": "5"})


def make_app(
    title: str,
    health: Health,
    telemetry: Telemetry,
    schemas: Mapping[str, Any] | None = None,
    *,
    patience: Patience | None = None,
) -> FastAPI:
    """A FastAPI application with /livez, /readyz, /metrics and problem answers. `schemas`: more components for OpenAPI."""
    # Operations are called as their functions: a generated client has `overdue`, not `overdue_v1_overdue_get`.
    app = FastAPI(title=title, docs_url="/docs", redoc_url=None, generate_unique_id_function=lambda route: route.name)
    app.add_middleware(InTime, health=health, patience=patience or Patience())
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        document.setdefault("components", {}).setdefault("schemas", {}).update({"Problem": _PROBLEM_SCHEMA, **(schemas or {})})
        return document

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/livez", include_in_schema=False)
    async def livez() -> PlainTextResponse:
        ok, reason = health.live()
        return PlainTextResponse(reason, 200 if ok else 503)

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> PlainTextResponse:
        ok, reason = await health.ready()
        return PlainTextResponse(reason, 200 if ok else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics(only: Annotated[Sequence[str], Query(alias="name[]")] = ()) -> Response:
        """All metrics, or those that are asked for by name as Prometheus' own libraries take it."""
        try:
            await health.measure()
        except Unavailable:
            telemetry.count("job_failures", job="measure")  # the gauges are those of the last measurement that succeeded
        return Response(telemetry.text(only), media_type="text/plain; version=0.0.4")

    _answer_problems(app)
    return app


def _answer_problems(app: FastAPI) -> None:
    """What goes wrong is answered as a problem, whatever it was."""

    @app.exception_handler(ProblemError)
    async def on_problem(_: Request, error: ProblemError) -> JSONResponse:
        return problem_response(error.problem, error.headers)

    @app.exception_handler(HTTPException)
    async def on_refused(_: Request, error: HTTPException) -> JSONResponse:
        title = _TITLES.get(error.status_code, "Yêu cầu không hợp lệ / invalid request")
        return problem_response(Problem(f"http-{error.status_code}", title, error.status_code), error.headers)

    @app.exception_handler(ClientDisconnect)
    async def on_aborted(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it: the sender hung up in the middle of its request

    @app.exception_handler(Exception)
    async def on_fault(_: Request, __: Exception) -> JSONResponse:
        return problem_response(Problem("fault", "Lỗi của hệ thống, đã được ghi lại / a fault of ours, noted", 500))

    @app.exception_handler(Unavailable)
    async def on_unavailable(_: Request, error: Unavailable) -> JSONResponse:
        return _later(str(error))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        places = [
            {
                "pointer": "#/" + "/".join(str(p) for p in e["loc"][1:]),
                "rule": e["type"],
                "detail": SENTENCES.get(e["type"], "giá trị không hợp lệ").format(**e.get("ctx", {})),
            }
            for e in error.errors()
        ]
        return problem_response(Problem("invalid", "Yêu cầu không hợp lệ / invalid request", 422, errors=places))

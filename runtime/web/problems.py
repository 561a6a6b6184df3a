"""Refusals as RFC 9457 problems: what a route may raise, what OpenAPI says of them, and what becomes of any error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from runtime.errors import Unavailable

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
PROBLEM_SCHEMA = {
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


def later(reason: str) -> JSONResponse:
    """503: send it again in a while."""
    title = "Hệ thống tạm thời không ghi được, xin gửi lại / unavailable, send again"
    return problem_response(Problem("unavailable", title, 503, reason), {"Retry-After": "5"})


def answer_problems(app: FastAPI) -> None:
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
        return later(str(error))

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

"""The application every service has: probes, metrics, its description, and an answer in time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.errors import Unavailable
from runtime.health import Health
from runtime.machine import SystemMachine
from runtime.telemetry import Telemetry
from runtime.web.access import ByDuty, ByRole, GuardedRoute, access_of, by_role, open_to_all
from runtime.web.identity import Door, Role
from runtime.web.measured import PROBES, Measured
from runtime.web.problems import PROBLEM_SCHEMA, answer_problems, later, problem_answers
from runtime.web.tokens import Tokens

UPLOADS = (b"multipart/", b"text/csv", b"application/vnd.", b"application/octet-stream")


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
            await later(reason)(scope, receive, send)
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
            await later("a part did not answer in time")(scope, receive, send)


def make_app(
    title: str,
    health: Health,
    telemetry: Telemetry,
    schemas: Mapping[str, Any] | None = None,
    *,
    patience: Patience | None = None,
    tokens: Tokens | None = None,
) -> FastAPI:
    """A FastAPI application with /livez, /readyz, /metrics and problem answers. Each further route declares its access.

    `schemas`: more components for OpenAPI. `tokens`: whose tokens of people are believed; None: nobody's.
    """
    # Operations are called as their functions: a generated client has `overdue`, not `overdue_v1_overdue_get`.
    app = FastAPI(
        title=title,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.router.route_class = GuardedRoute
    app.state.tokens = tokens or Tokens((), SystemMachine())
    app.add_middleware(InTime, health=health, patience=patience or Patience())
    app.add_middleware(Measured, telemetry=telemetry)
    _describe(app, schemas or {})
    _answer_operations(app, health, telemetry)
    answer_problems(app)
    return app


def _describe(app: FastAPI, schemas: Mapping[str, Any]) -> None:
    """OpenAPI with what every service has: problems, and the refusals of routes for people; for operators over HTTP."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        document.setdefault("components", {}).setdefault("schemas", {}).update({"Problem": PROBLEM_SCHEMA, **schemas})
        for way in access_of(app):
            operation = document["paths"].get(way.path, {}).get(way.method.lower())
            if operation is not None and isinstance(way.access, ByRole | ByDuty):
                refusals = {str(status): answer for status, answer in problem_answers(401, 403, 503).items()}
                operation["responses"] = {**refusals, **operation["responses"]}
        return document

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False, dependencies=[by_role(Role.OPERATOR, Role.ADMINISTRATOR)])
    async def document() -> JSONResponse:
        return JSONResponse(app.openapi())


def _answer_operations(app: FastAPI, health: Health, telemetry: Telemetry) -> None:
    operations = [open_to_all(door=Door.OPERATIONS)]

    @app.get("/livez", include_in_schema=False, dependencies=operations)
    async def livez() -> PlainTextResponse:
        ok, reason = health.live()
        return PlainTextResponse(reason, 200 if ok else 503)

    @app.get("/readyz", include_in_schema=False, dependencies=operations)
    async def readyz() -> PlainTextResponse:
        ok, reason = await health.ready()
        return PlainTextResponse(reason, 200 if ok else 503)

    @app.get("/metrics", include_in_schema=False, dependencies=operations)
    async def metrics(only: Annotated[Sequence[str], Query(alias="name[]")] = ()) -> Response:
        """All metrics, or those that are asked for by name as Prometheus' own libraries take it."""
        try:
            await health.measure()
        except Unavailable:
            telemetry.count("job_failures", job="measure")  # the gauges are those of the last measurement that succeeded
        return Response(telemetry.text(only), media_type="text/plain; version=0.0.4")

"""What browsers meet: the wall, logging in, the home page, the journal, operations, and what is passed on."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from runtime.web import GuardedRoute, Measured
from services.front.domain import Session
from services.front.http import citizens, dates, home, journal, letters, login, named, ops, passing, units
from services.front.http.access import EVERYBODY, NotYoursError
from services.front.http.room import Room, Visit
from services.front.http.said import NOT_HERE, NOT_YOURS, Words, say
from services.front.http.wall import JWKS, Wall

__all__ = ["Room", "make_front"]
NOT_SO = Words(422, "Yêu cầu không hợp lệ", "Có giá trị trong đường dẫn không đúng dạng.")


def make_front(room: Room, probes: ASGIApp) -> FastAPI:
    """The front's application; `probes` answers what only the cluster asks."""
    app = FastAPI(title="Đúng Hẹn front", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.route_class = GuardedRoute

    @app.get(JWKS, dependencies=[EVERYBODY])
    async def jwks() -> JSONResponse:
        return JSONResponse(room.bearers.jwks(), headers={"cache-control": "max-age=300"})

    for part in (login, citizens, letters, units, home, dates, named, journal, ops, passing):
        part.add_routes(app, room)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, _: RequestValidationError) -> Response:
        return say(NOT_SO, _session(request))

    @app.exception_handler(NotYoursError)
    async def on_not_yours(_: Request, error: NotYoursError) -> Response:
        return say(NOT_YOURS, error.session)

    @app.exception_handler(HTTPException)
    async def on_refused(request: Request, _: HTTPException) -> Response:
        return say(NOT_HERE, _session(request))

    app.add_middleware(Wall, room=room, probes=probes)
    app.add_middleware(Measured, telemetry=room.parts.telemetry)
    return app


def _session(request: Request) -> Session | None:
    visit = request.scope.get("visit")
    return visit.session if isinstance(visit, Visit) else None

"""A service with a route that does not declare who may use it does not start."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from runtime.errors import CannotStartError
from runtime.service import Service
from runtime.web import Door, Role, by_key, by_role, make_app, open_to_all


async def answer() -> None:
    """Of a route."""


def bare(app: FastAPI) -> None:
    """A route as it is usually written."""
    app.get("/v1/bare")(answer)


def twice(app: FastAPI) -> None:
    """A route that says two things."""
    app.get("/v1/bare", dependencies=[open_to_all(), by_role(Role.SIGNER)])(answer)


def unguarded(app: FastAPI) -> None:
    """A route that would declare, and is not of the class that looks."""
    app.router.routes.append(APIRoute("/v1/bare", answer, dependencies=[open_to_all()]))


def plain(app: FastAPI) -> None:
    """A route of Starlette, which cannot declare anything."""

    def said(_: object) -> PlainTextResponse:
        return PlainTextResponse("x")

    app.router.routes.append(Route("/v1/bare", said))


def mounted(app: FastAPI) -> None:
    """Another application within."""
    app.router.routes.append(Mount("/v1/bare", FastAPI()))


def put_together(plant: Callable[[FastAPI], None] = lambda _: None) -> Service:
    """A service whose application has one more route; nothing else of it is asked."""
    nothing: Any = object()
    app = make_app("toy", nothing, nothing)
    plant(app)
    return Service(parts=nothing, broker=nothing, app=app, health=nothing, collections=())


@pytest.mark.parametrize("plant", [bare, twice, unguarded, plain, mounted])
def test_a_service_with_an_undeclared_route_does_not_start(plant: Callable[[FastAPI], None]) -> None:
    assert put_together()
    with pytest.raises(CannotStartError, match="/v1/bare"):
        put_together(plant)


def test_a_declaration_says_who_and_by_which_door() -> None:
    said = [each.dependency for each in (open_to_all(), by_key("a key"), by_role(Role.SIGNER, Role.OFFICER))]

    assert [(each.words, each.door) for each in said] == [
        ("anybody", Door.PUBLIC),
        ("a key", Door.PUBLIC),
        ("signer, officer", Door.OFFICERS),
    ]

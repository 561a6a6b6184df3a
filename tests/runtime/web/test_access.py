"""A service with a route that does not declare who may use it does not start."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from runtime.errors import CannotStartError
from runtime.service import Service
from runtime.web import Door, Role, by_key, by_role, open_to_all
from runtime.web.access import access_of
from tests.runtime.hand import Bench
from tests.runtime.test_service import service_of


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


@pytest.mark.parametrize("plant", [bare, twice, unguarded, plain, mounted])
async def test_a_service_with_an_undeclared_route_does_not_start(plant: Callable[[FastAPI], None]) -> None:
    bench = Bench()
    service, _ = service_of(bench.member())
    access_of(service.app)
    with pytest.raises(CannotStartError, match="/v1/bare"):
        put_together(service, plant)
    await bench.close()


def put_together(service: Service, plant: Callable[[FastAPI], None]) -> None:
    """A service with one more route."""
    plant(service.app)
    replace(service)


def test_a_declaration_says_who_and_by_which_door() -> None:
    said = [each.dependency for each in (open_to_all(), by_key("a key"), by_role(Role.SIGNER, Role.OFFICER))]

    assert [(each.words, each.door) for each in said] == [
        ("anybody", Door.PUBLIC),
        ("a key", Door.PUBLIC),
        ("signer, officer", Door.OFFICERS),
    ]

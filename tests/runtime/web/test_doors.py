"""A door with a port of its own: what belongs to another is not there."""

import httpx
import pytest
from fastapi import FastAPI

from runtime.settings import RuntimeSettings
from runtime.web import Door, Role, by_key, by_role, open_to_all
from runtime.web.access import GuardedRoute
from runtime.web.doors import AtDoors, listeners
from runtime.web.problems import answer_problems

PUBLIC, OFFICERS, OPERATIONS = Door.PUBLIC, Door.OFFICERS, Door.OPERATIONS


@pytest.fixture
def app() -> FastAPI:
    """A route at each door."""
    app = FastAPI(openapi_url=None)
    app.router.route_class = GuardedRoute

    async def answer() -> str:
        return "here"

    app.get("/open", dependencies=[open_to_all()])(answer)
    app.post("/sent/{what}", dependencies=[by_key("a key")])(answer)
    app.get("/kept", dependencies=[by_key("a key", door=OFFICERS)])(answer)
    app.get("/mine", dependencies=[by_role(Role.SIGNER)])(answer)
    app.get("/livez", dependencies=[open_to_all(door=OPERATIONS)])(answer)
    answer_problems(app)
    return app


@pytest.mark.parametrize(
    ("doors", "there"),
    [
        ({PUBLIC}, {"/open", "/sent/x"}),
        ({OFFICERS}, {"/kept", "/mine"}),
        ({OPERATIONS}, {"/livez"}),
        ({PUBLIC, OPERATIONS}, {"/open", "/sent/x", "/livez"}),
        (set(Door), {"/open", "/sent/x", "/kept", "/mine", "/livez"}),
    ],
)
async def test_a_port_answers_for_its_doors_alone(app: FastAPI, doors: set[Door], there: set[str]) -> None:
    transport = httpx.ASGITransport(AtDoors(app, frozenset(doors)))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        paths = ("/open", "/sent/x", "/kept", "/mine", "/livez", "/nowhere")
        found = {path: (await client.request("POST" if "sent" in path else "GET", path)).status_code for path in paths}
        by_another_method = (await client.request("DELETE", "/mine")).status_code

    assert {path for path, status in found.items() if status != 404} == there
    assert by_another_method == (405 if OFFICERS in doors else 404)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ({}, {8000: set(Door)}),
        ({"officers_port": 8001}, {8000: {PUBLIC, OPERATIONS}, 8001: {OFFICERS}}),
        ({"officers_port": 8001, "operations_port": 8002}, {8000: {PUBLIC}, 8001: {OFFICERS}, 8002: {OPERATIONS}}),
        ({"officers_port": 8001, "operations_port": 8001}, {8000: {PUBLIC}, 8001: {OFFICERS, OPERATIONS}}),
        ({"officers_port": 8000}, {8000: set(Door)}),
    ],
)
def test_a_door_without_a_port_of_its_own_is_at_the_usual_one(ports: dict[str, int], expected: dict[int, set[Door]]) -> None:
    places = {"kafka_bootstrap_servers": "localhost:9092", "store_url": "sqlite:////dev/null"}
    settings = RuntimeSettings.model_validate({**places, **ports})

    assert listeners(settings) == expected

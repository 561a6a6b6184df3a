"""Schemathesis: requests made from intake's own OpenAPI document, right and wrong; every answer is one that it describes."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from dunghen.demo.real import free_port
from runtime.web import Role
from tests.intake.alone import intake_alone
from tests.support.identity import ISSUER, as_person

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = (
    ("POST", "/v1/dossiers/events", "send"),
    ("POST", "/v1/dossiers/files", "send"),
    ("GET", "/v1/dossiers/{dossier}", "send"),
    ("GET", "/v1/changes", "send"),
    ("POST", "/mapi/login", "send"),
    ("POST", "/mapi/g", "send"),
    ("GET", "/v1/quarantine", "operate"),
    ("POST", "/v1/quarantine/{identity}/fix", "operate"),
    ("POST", "/v1/quarantine/resubmit", "operate"),
    ("GET", "/v1/words/{unit}", "operate"),
    ("GET", "/quality", "person"),
    ("GET", "/quarantine", "person"),
    ("POST", "/quarantine/again", "person"),
    ("GET", "/quarantine/{identity}", "person"),
    ("POST", "/quarantine/{identity}", "person"),
    ("POST", "/quarantine/{identity}/discard", "person"),
    ("GET", "/v1/operations", "person"),
    ("GET", "/v1/operations/letters", "person"),
    ("POST", "/v1/operations/letters", "person"),
    ("POST", "/v1/operations/brake/release", "person"),
    ("GET", "/v1/digests/{unit}", "front"),
    ("GET", "/thu-tuc", "send"),
    ("GET", "/thu-tuc/{code}", "send"),
    ("GET", "/v1/units", "send"),
    ("GET", "/v1/units/{code}", "send"),
)


@dataclass
class Served:
    """An intake that answers over HTTP, and the headers of its keys by role."""

    url: str
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """intake in a thread of its own, as the requests come from this one."""
    folder: Path = tmp_path_factory.mktemp("served")
    port, ready, leave = free_port(), threading.Event(), threading.Event()
    served = Served(f"http://127.0.0.1:{port}", {})

    async def serve() -> None:
        async with intake_alone(folder) as intake:
            served.headers |= {"send": await intake.key(), "operate": await intake.key(role="operate")}
            served.headers["person"] = as_person(Role.OPERATOR)
            served.headers["front"] = {"authorization": f"Bearer {ISSUER.token(Role.OPERATOR, duty='digests')}"}
            config = uvicorn.Config(intake.service.app, host="127.0.0.1", port=port, log_config=None, access_log=False)
            server = uvicorn.Server(config)
            task = asyncio.create_task(server._serve())
            while not server.started:
                await asyncio.sleep(0.01)
            ready.set()
            while not leave.is_set():
                await asyncio.sleep(0.05)
            server.should_exit = True
            await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield served
    leave.set()
    thread.join(30)


def test_every_operation_of_the_document_is_tried(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json", headers=served.headers["person"])

    described = {(method.upper(), path) for path, item in schema.raw_schema["paths"].items() for method in item}
    assert described == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "role"), OPERATIONS)
def test_answers_are_what_the_document_says(served: Served, method: str, path: str, role: str) -> None:
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json", headers=served.headers["person"])

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def attack(case: Any) -> None:
        case.call_and_validate(headers=served.headers[role], checks=CHECKS)

    attack()

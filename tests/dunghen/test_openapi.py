"""Each service's OpenAPI document says all of it. That answers are as it says is watched wherever tests ask over HTTP."""

from functools import cache
from typing import Any

import httpx
import pytest

from dunghen import PROVINCE
from dunghen.services import SERVICES
from dunghen.together import Keys, demo_environment, from_environment
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from tests.support.described import undescribed

NO_STORE: Any = object()  # nothing is asked of it


@cache
def document_of(name: str) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    kind, environment = SERVICES[name], demo_environment(Keys.new(), PROVINCE)
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    built = kind.build(runtime, from_environment(kind.settings, environment), ports=Ports(store=NO_STORE))
    described: dict[str, Any] = built.app.openapi()
    return described


def operations(name: str) -> dict[str, dict[str, Any]]:
    """`GET /path` -> its description."""
    paths = document_of(name)["paths"]
    return {f"{method.upper()} {path}": op for path, item in paths.items() for method, op in item.items()}


@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_has_a_media_type_and_a_schema_and_each_refusal_is_a_problem(name: str) -> None:
    assert operations(name)
    for place, operation in operations(name).items():
        answers = operation["responses"]
        assert operation["summary"], place
        assert "503" in answers, place
        assert "HTTPValidationError" not in str(answers), place
        for status, answer in answers.items():
            content = answer.get("content", {})
            assert all(media["schema"] for media in content.values()), (place, status)
            assert content or status == "303", (place, status)
            if status >= "400":
                assert {"application/problem+json", "text/html"} & content.keys(), (place, status)
                assert content.keys() - {"application/problem+json", "text/html"} <= {"application/json"}, (place, status)


@pytest.mark.parametrize(
    ("name", "place", "media"),
    [
        ("notifier", "GET /v1/letters/{dossier}/pdf", {"application/pdf"}),
        ("notifier", "GET /letters", {"text/html"}),
        ("feedback", "GET /y-kien/{token}", {"text/html"}),
        ("reporting", "GET /v1/reports/{form}", {"application/json"}),
        ("reporting", "GET /v1/reports/{form}/csv", {"text/csv"}),
        ("reporting", "GET /v1/reports/{form}/pdf", {"application/pdf"}),
        (
            "reporting",
            "GET /v1/reports/{form}/xlsx",
            {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        ),
    ],
)
def test_files_and_pages_are_described_as_what_they_are(name: str, place: str, media: set[str]) -> None:
    assert operations(name)[place]["responses"]["200"]["content"].keys() == media


def test_routes_that_want_a_key_say_how_it_is_shown() -> None:
    schemes = document_of("intake")["components"]["securitySchemes"]
    either: list[dict[str, list[str]]] = [{"bearer": []}, {"x-api-key": []}]

    open_to_all = {"GET /v1/units", "GET /v1/units/{code}"}
    assert (schemes["bearer"]["scheme"], schemes["x-api-key"]["in"]) == ("bearer", "header")
    wanted = {place: operation.get("security") for place, operation in operations("intake").items()}
    people = ("/v1/operations", "/v1/digests")  # operators, and the front, show no key
    by_key = {p for p in wanted if " /v1/" in p and p not in open_to_all and not any(part in p for part in people)}
    assert {place for place, security in wanted.items() if security == either} == by_key
    assert wanted["GET /v1/digests/{unit}"] == [{"person": []}]
    assert wanted["POST /mapi/g"] == [*either, {}]  # or a session in the body
    assert {place for place in open_to_all if wanted[place] is None} == open_to_all
    lookup = document_of("sla")["components"]["securitySchemes"]["lookup-code"]
    assert (lookup["in"], lookup["name"]) == ("header", "x-lookup-code")
    assert operations("sla")["GET /v1/lookup/{dossier}"]["security"] == [{"lookup-code": []}]
    events = operations("intake")["POST /v1/dossiers/events"]
    assert [(p["name"].lower(), p["in"], p["required"]) for p in events["parameters"]] == [("idempotency-key", "header", False)]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(200, json={"known": 1}), "this status is not described"),
        (httpx.Response(202, json={"known": "one"}), "$.known: 'one' is not of type 'integer'"),
        (httpx.Response(202, html="<p>"), "text/html is not described"),
        (httpx.Response(202, json={"known": 1}), None),
    ],
)
def test_an_answer_that_is_not_described_is_noticed(answer: httpx.Response, says: str | None) -> None:
    answer.request = httpx.Request("POST", "http://notifier/v1/receipts")
    found = list(undescribed(document_of("notifier"), answer))

    assert (len(found), says is None or says in found[0]) == (0 if says is None else 1, True)

"""All routes of all services, asked as nobody and in each role: who is let in is who docs/access.md says."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest

from dunghen import PROVINCE
from dunghen.identity import LocalIssuer, front_of
from dunghen.services import SERVICES
from dunghen.together import Keys, demo_environment, from_environment
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.web import Door, Role
from runtime.web.access import ByDuty, ByKey, ByRole, Declared, access_of
from runtime.web.menu import MENU
from services.front.tokens import Bearers
from tests.support.identity import ISSUER, as_person

NO_STORE: Any = object()  # nothing of it is there: who is let in gets some answer, and be it 500
KEYS = Keys.new()
FILE = {"name": "a.csv"}  # what a route wants of its address
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


@cache
def built(name: str) -> Service:
    """A service that answers requests, and has no store."""
    kind, environment = SERVICES[name], demo_environment(KEYS, PROVINCE)
    runtime = RuntimeSettings(
        kafka_bootstrap_servers="localhost:9092",
        store_url="sqlite:////dev/null",
        identity_issuers=(ISSUER.trusted(), front_of(KEYS.signing_key)),
    )
    service = kind.build(runtime, from_environment(kind.settings, environment), ports=Ports(store=NO_STORE))
    service.health.waits_for = ""
    return service


def ways(kind: type) -> Iterator[tuple[str, Declared]]:
    """The routes of all services with an access of a kind."""
    for name in SERVICES:
        for way in access_of(built(name).app):
            if isinstance(way.access, kind):
                yield name, way


@asynccontextmanager
async def asking(name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks a service; a fault of it is its answer."""
    transport = httpx.ASGITransport(built(name).app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
        yield client


async def ask(name: str, way: Declared, **more: Any) -> httpx.Response:
    """Ask a route for something that is not there."""
    async with asking(name) as client:
        return await client.request(way.method, way.path.replace("{", "").replace("}", ""), params=FILE, **more)


def own_bearer(duty: str) -> str:
    """What the front shows of itself."""
    return Bearers(KEYS.signing_key, "dunghen-front").own(duty, datetime.now(UTC))


def names(found: list[tuple[str, Declared]]) -> list[str]:
    """As tests are called."""
    return [f"{name}:{way.method}{way.path}" for name, way in found]


BY_ROLE, BY_KEY, BY_DUTY = list(ways(ByRole)), list(ways(ByKey)), list(ways(ByDuty))


@pytest.mark.parametrize(("name", "way"), BY_ROLE, ids=names(BY_ROLE))
async def test_a_route_for_people_lets_in_its_roles_and_nobody_else(name: str, way: Declared) -> None:
    assert isinstance(way.access, ByRole)
    nobody = await ask(name, way)
    cookie = await ask(name, way, headers={"cookie": "session=1"})
    stranger = await ask(name, way, headers=as_person(*Role, issuer=LocalIssuer.new()))
    sender = await ask(name, way, headers={"authorization": "Bearer dh_12345678_secret"})
    answers = {role: (await ask(name, way, headers=as_person(role))).status_code for role in Role}

    for refused in (nobody, cookie, stranger, sender):
        assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
        assert refused.json()["type"] == "urn:dunghen:problem:no-login"
        assert "đăng nhập lại" in refused.json()["detail"]
    assert {role for role, status in answers.items() if status not in (401, 403)} == set(way.access.roles)
    assert way.access.door is Door.OFFICERS


@pytest.mark.parametrize(("name", "way"), BY_KEY, ids=names(BY_KEY))
async def test_a_route_for_keys_lets_in_neither_nobody_nor_a_person(name: str, way: Declared) -> None:
    for headers in ({}, as_person(*Role)):
        refused = await ask(name, way, headers=headers, json={})
        portal = way.path.startswith("/mapi/")  # refuses in its own form
        assert refused.status_code == (200 if portal else 401), refused.text
        assert not portal or refused.json()["error_code"] != 0


@pytest.mark.parametrize(("name", "way"), BY_DUTY, ids=names(BY_DUTY))
async def test_a_route_for_the_front_itself_lets_in_its_own_bearer_and_no_person(name: str, way: Declared) -> None:
    nobody = await ask(name, way)
    everybody = await ask(name, way, headers=as_person(*Role))
    other_duty = await ask(name, way, headers={"authorization": f"Bearer {own_bearer('reports')}"})
    itself = await ask(name, way, headers={"authorization": f"Bearer {own_bearer('digests')}"})

    assert (nobody.status_code, everybody.status_code, other_duty.status_code) == (401, 403, 403)
    assert itself.status_code not in (401, 403)


async def test_the_fronts_own_bearer_opens_nothing_that_is_for_people_or_keys() -> None:
    for name, way in (*BY_ROLE, *BY_KEY):
        refused = await ask(name, way, headers={"authorization": f"Bearer {own_bearer('digests')}"}, json={})
        assert refused.status_code in (401, 403) or way.path.startswith("/mapi/"), way.path


async def test_another_role_is_told_whose_work_it_is() -> None:
    way = next(way for _, way in BY_ROLE if way.path == "/v1/calendar/changes" and way.method == "POST")
    refused = await ask("sla", way, headers=as_person(Role.OFFICER))

    assert refused.status_code == 403
    assert "Việc này dành cho: quản trị. Vai trò của bạn: cán bộ một cửa." in refused.json()["detail"]


async def test_who_only_reads_changes_nothing_and_is_told_to_try_again() -> None:
    reads_only = {"authorization": f"Bearer {ISSUER.token(*Role, reads_only=True)}"}
    for name, way in BY_ROLE:
        answer = await ask(name, way, headers=reads_only)
        if way.method in CHANGES:
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
            assert answer.json()["title"] == "Chưa kiểm tra lại được đăng nhập, xin thử lại sau"
        else:
            assert answer.status_code not in (401, 403)
            assert "login-unchecked" not in answer.text


async def test_what_concerns_the_province_is_not_for_who_has_a_role_in_some_units() -> None:
    days = {"from": "2026-01-15", "to": "2026-02-14"}
    change = {"days": {"2026-01-02": "off"}, "name": "Nghỉ bù", "source": "TB 1", "signer": "Chủ tịch Mẫu"}
    async with asking("reporting") as reporting, asking("sla") as sla:
        frozen = await reporting.post(
            "/v1/reports/II.06a/frozen", params=days, headers=as_person(Role.REPORTER, units=("H37.12",))
        )
        administrator = as_person(Role.ADMINISTRATOR, units=("H37.12",))
        changed = await sla.post("/v1/calendar/changes", json=change, headers=administrator)
        elsewhere = await sla.post("/v1/calendar/changes", json={**change, "unit": "H37.05"}, headers=administrator)

    assert (frozen.status_code, changed.status_code, elsewhere.status_code) == (403, 403, 404)
    assert frozen.json()["type"] == "urn:dunghen:problem:other-units"


async def test_nothing_of_a_body_is_read_before_its_sender_is_known() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        raise AssertionError("it was read")

    for name, way in (*BY_ROLE, *BY_KEY):
        if way.method in CHANGES and not way.path.startswith("/mapi/"):
            assert (await ask(name, way, content=endless())).status_code == 401


async def test_receipts_need_the_gateways_secret_and_a_service_without_one_takes_none() -> None:
    way = next(way for _, way in BY_KEY if way.path == "/v1/receipts")
    wrong = await ask("notifier", way, headers={"authorization": "Bearer " + "x" * 64}, json=[])
    right = await ask("notifier", way, headers={"authorization": f"bearer {KEYS.receipts_secret}"}, json={})
    kind, environment = SERVICES["notifier"], demo_environment(KEYS, PROVINCE)
    del environment["NOTIFIER_RECEIPTS_SECRET"]
    runtime = RuntimeSettings(kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null")
    service = kind.build(runtime, from_environment(kind.settings, environment), ports=Ports(store=NO_STORE))
    service.health.waits_for = ""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://notifier") as client:
        unset = await client.post("/v1/receipts", json=[], headers={"authorization": "Bearer "})

    assert (wrong.status_code, right.status_code) == (401, 422)  # let in, and no list
    assert (unset.status_code, "NOTIFIER_RECEIPTS_SECRET" in unset.json()["detail"]) == (503, True)


def test_the_menu_offers_pages_to_those_who_may_open_them() -> None:
    pages = {way.path: way.access for _, way in BY_ROLE if way.method == "GET"}
    offered = {item.path: item for item in MENU if item.path in pages}

    assert set(offered) >= {"/letters", "/figures", "/quality"}
    for path, item in offered.items():
        access = pages[path]
        assert isinstance(access, ByRole)
        assert set(item.roles) == set(access.roles), path

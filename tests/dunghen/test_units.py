"""What belongs to a unit that a person does not see is not there; who signs is whom the token names; no other site acts."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.services import SERVICES
from dunghen.together import Keys, demo_environment, from_environment
from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.feedback.domain import digest
from tests.support.described import watching
from tests.support.dossiers import received, submitted
from tests.support.identity import ISSUER, as_person
from tests.support.sla import play

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=OFFICE_TIME)
OWN, OTHER = "H37.12", "H37.05"
GOLDEN = Path(__file__).parents[1] / "notifier/golden/documents.ndjson"
EVIL = {"cookie": "__Host-session=1", "origin": "http://evil.example"}  # over plain http browsers send no Sec-Fetch-Site
BY_API = {"new_due_at": "2026-03-12T09:00+07:00", "previewed": "0" * 64}
APPROVAL = {"reason": "workload", "new_due_at": "2026-03-12T09:00"}


def code(unit: str, number: int = 1) -> str:
    """A mã hồ sơ of a unit."""
    return f"{unit}-260302-{number:04}"


@asynccontextmanager
async def running(name: str, documents: list[dict[str, Any]]) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """A service on a store and a log in memory, with some documents, that answers and follows nothing."""
    kind, environment = SERVICES[name], demo_environment(Keys.new(), PROVINCE)
    broker = MemoryBroker(dict.fromkeys(load_catalogue().topics, 1), lambda: round(NOW.timestamp() * 1000))
    ports = Ports(store=MemoryDocuments(MemoryTables()), clock=SteppedClock(NOW), topics=MemoryLog(name, broker))
    runtime = RuntimeSettings(
        kafka_bootstrap_servers="localhost:9092", store_url="sqlite:////dev/null", identity_issuers=(ISSUER.trusted(),)
    )
    service = kind.build(runtime, from_environment(kind.settings, environment), ports=ports)
    for declare in service.collections:
        await declare()
    if documents:
        await service.parts.store.save_many("dossiers", documents)
    service.health.waits_for = ""
    transport, hooks = httpx.ASGITransport(service.app), {"response": [watching(service.app)]}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}", event_hooks=hooks) as client:
        yield service, client


def drafted(unit: str, number: int = 1) -> dict[str, Any]:
    """A dossier of a unit whose letter waits for its signer."""
    found = (json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines())
    document: dict[str, Any] = next(
        each for each in found if each.get("letter", {}).get("s") == "drafted" and "incomplete" not in each
    )
    kept = {name: value for name, value in document.items() if name != "contact"}  # it is sealed to a key that is not here
    return {**kept, "_id": code(unit, number), "letter": {**document["letter"], "unit": unit}, "rev": 0}


async def letter(service: Service, dossier: str) -> dict[str, Any]:
    """A letter as it is kept."""
    document = (await service.parts.store.get_many("dossiers", [dossier]))[dossier]
    kept: dict[str, Any] = document["letter"]
    return kept


async def test_letters_of_other_units_are_not_there() -> None:
    async with running("notifier", [drafted(OWN), drafted(OTHER)]) as (service, desk):
        signer = as_person(Role.SIGNER, units=(OWN,))
        listed = (await desk.get("/v1/letters", headers=signer)).json()["letters"]
        page = (await desk.get("/letters", headers=signer)).text
        asked = [await desk.get(path.format(code(OTHER)), headers=signer) for path in ("/v1/letters/{}", "/letters/{}")]
        asked.append(await desk.get(f"/v1/letters/{code(OTHER)}/pdf", headers=signer))
        for way, body in (("approval", APPROVAL), ("rejection", {"reason": "force-majeure"})):
            asked.append(await desk.post(f"/letters/{code(OTHER)}/{way}", data=body, headers=signer))
            json_body = {**body, **(BY_API if way == "approval" else {})}
            asked.append(await desk.post(f"/v1/letters/{code(OTHER)}/{way}", json=json_body, headers=signer))
        nowhere = await desk.get("/v1/letters", headers=as_person(Role.SIGNER, units=()))
        everywhere = await desk.get("/v1/letters", headers=as_person(Role.SUPERVISOR))
        kept = await letter(service, code(OTHER))

    assert [each["dossier"] for each in listed] == [code(OWN)]
    assert (code(OWN) in page, code(OTHER) in page) == (True, False)
    assert {each.status_code for each in asked} == {404}
    assert nowhere.json() == {"letters": [], "after": None}
    assert len(everywhere.json()["letters"]) == 2
    assert kept["s"] == "drafted"


async def test_who_signs_is_whom_the_token_names_whatever_a_form_says() -> None:
    async with running("notifier", [drafted(OWN), drafted(OWN, 2), drafted(OWN, 3)]) as (service, desk):
        signer = as_person(Role.SIGNER, units=(OWN,), name="Nguyễn Thị Ký (thử)")
        page = await desk.get(f"/letters/{code(OWN)}", headers=signer)
        wanted = {**APPROVAL, "new_due_at": BY_API["new_due_at"]}
        seen = (await desk.post(f"/v1/letters/{code(OWN)}/preview", json=wanted, headers=signer)).json()
        form = {**APPROVAL, "by": "Chủ tịch", "form_token": "x", "previewed": seen["digest"]}
        signed = await desk.post(f"/letters/{code(OWN)}/approval", data=form, headers=signer)
        rejected = await desk.post(f"/v1/letters/{code(OWN, 2)}/rejection", json={"reason": "in-time"}, headers=signer)
        named = {"reason": "in-time", "by": "Chủ tịch"}
        refused = await desk.post(f"/v1/letters/{code(OWN, 3)}/rejection", json=named, headers=signer)
        letters = [await letter(service, code(OWN, number)) for number in (1, 2)]

    assert "Nguyễn Thị Ký (thử)" in page.text
    assert 'name="by"' not in page.text
    assert (signed.status_code, rejected.status_code, refused.status_code) == (303, 202, 422)
    assert {each["by"] for each in letters} == {"Nguyễn Thị Ký (thử)"}
    assert {each["by_subject"] for each in letters} == {"local:Nguyễn Thị Ký (thử)"}


async def test_a_form_of_another_site_signs_nothing_though_the_browser_has_a_cookie() -> None:
    async with running("notifier", [drafted(OWN)]) as (service, desk):
        for way in ("approval", "rejection"):
            form = {**APPROVAL, "by": "Chủ tịch"}
            foreign = await desk.post(f"/letters/{code(OWN)}/{way}", data=form, headers=EVIL)
            assert foreign.status_code == 401
        kept = await letter(service, code(OWN))

    assert kept["s"] == "drafted"


async def test_forms_carry_the_sessions_token_and_only_signers_get_them() -> None:
    async with running("notifier", [drafted(OWN)]) as (_, desk):
        token = ISSUER.token(Role.SIGNER, form="of-this-session")
        signer = (await desk.get(f"/letters/{code(OWN)}", headers={"authorization": f"Bearer {token}"})).text
        officer = (await desk.get(f"/letters/{code(OWN)}", headers=as_person(Role.OFFICER))).text
        supervisor = (await desk.get(f"/letters/{code(OWN)}", headers=as_person(Role.SUPERVISOR))).text

    assert signer.count('name="form_token" value="of-this-session"') == 3  # two decisions and the log-out
    assert ("Ký và gửi" in officer, "Xem bản PDF" in officer) == (False, True)
    assert "Xem bản PDF" not in supervisor
    assert all(words in officer for words in ("Đăng xuất", "Thư xin lỗi", 'href="/figures"'))
    assert "Vận hành" not in officer


async def test_overdue_dossiers_of_other_units_are_not_there() -> None:
    late = {"rev": 0, "counted_with": 0, "facts": {}, "deadline": {"v": 1, "due": 1772416800000}, "open_due": 1772416800000}
    documents = [{**late, "_id": code(unit), "unit": unit, "differs": 1, "conflict": None} for unit in (OWN, OTHER)]
    for document in documents:
        document["conflict"] = {"number": 1, "before": 1, "now": 2}
    async with running("sla", documents) as (_, sla):
        head = as_person(Role.UNIT_HEAD, units=(OWN,))
        for path in ("/v1/overdue", "/v1/differences", "/v1/calendar/conflicts"):
            own = (await sla.get(path, headers=head)).json()["items"]
            other = (await sla.get(path, params={"unit": OTHER}, headers=head)).json()["items"]
            everybody = (await sla.get(path, headers=as_person(Role.INSPECTOR))).json()["items"]
            assert ([each["dossier"] for each in own], other, len(everybody)) == ([code(OWN)], [], 2), path


async def test_the_list_of_a_day_goes_on_behind_what_this_release_cannot_read() -> None:
    late = {"rev": 0, "unit": OWN, "counted_with": 0, "facts": {}, "deadline": {"v": 1, "due": 1772416800000}}
    documents = [{**late, "_id": code(OWN, n), "open_due": 1772416800000, "layout": 99 if n == 2 else 1} for n in (1, 2, 3)]
    async with running("sla", documents) as (_, sla):
        head = as_person(Role.UNIT_HEAD, units=(OWN,))
        first = (await sla.get("/v1/due", params={"limit": 2}, headers=head)).json()

    assert (first["counts"]["late"], first["after"]) == (3, f"1772416800000~{code(OWN, 2)}")


async def test_dossiers_behind_a_figure_are_for_those_who_see_their_unit() -> None:
    asked = {"from": "2026-03-01", "to": "2026-03-31", "column": "3"}
    async with running("reporting", []) as (_, reporting):
        head, inspector = as_person(Role.UNIT_HEAD, units=(OWN,)), as_person(Role.INSPECTOR)
        statuses = [
            (await reporting.get("/v1/reports/II.06a/dossiers", params={**asked, "unit": unit}, headers=who)).status_code
            for unit, who in ((OWN, head), (OTHER, head), (OTHER, inspector))
        ]

    assert statuses == [200, 404, 200]


async def test_the_letter_of_a_dossier_is_for_the_unit_that_apologises() -> None:
    fact = {"v": 1, "procedure": "1.000894", "receiving_unit": OWN, "competent_unit": OWN, "at": 1772416800000}
    document = {**drafted(OTHER), "facts": {"received": {"1": fact}}}
    async with running("notifier", [document]) as (_, notifier):
        path = f"/v1/dossiers/{code(OTHER)}"
        taking = (await notifier.get(path, headers=as_person(Role.OFFICER, units=(OWN,)))).json()
        apologising = (await notifier.get(path, headers=as_person(Role.OFFICER, units=(OTHER,)))).json()
        neither = await notifier.get(path, headers=as_person(Role.OFFICER, units=("H37.13",)))

    assert (taking["letter"], apologising["letter"]["unit"], neither.status_code) == (None, OTHER, 404)


async def test_the_journal_of_the_calendar_says_who_entered_a_change() -> None:
    change = {"days": {"2026-05-04": "off"}, "name": "Nghỉ bù", "source": "TB 1", "signer": "Chủ tịch Mẫu"}
    async with running("sla", []) as (_, sla):
        entered = await sla.post(
            "/v1/calendar/changes", json=change, headers=as_person(Role.ADMINISTRATOR, name="Trần Quản Trị (thử)")
        )
        line = (await sla.get("/v1/calendar/changes", headers=as_person(Role.OFFICER))).json()["items"][0]

    assert entered.status_code == 201
    assert (line["by"], line["signer"]) == ("Trần Quản Trị (thử)", "Chủ tịch Mẫu")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://dichvucong.lamgiang.example"}, 403),  # the public address is https
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://dichvucong.lamgiang.example"}, 404),  # let in; there is no such invitation
        ({"origin": "http://feedback"}, 404),  # the address that was asked
        ({}, 404),
    ],
)
async def test_a_survey_is_answered_from_its_own_page(headers: dict[str, str], status: int) -> None:
    async with running("feedback", []) as (_, feedback):
        assert (await feedback.post("/y-kien/nobody", data={"attitude": "1"}, headers=headers)).status_code == status


async def test_a_form_of_a_survey_is_bounded_and_has_to_be_one() -> None:
    token = "t" * 32
    document = {"_id": code(OWN), "rev": 0, "facts": {}, "token": digest(token)}
    async with running("feedback", [document]) as (_, feedback):
        large = await feedback.post(f"/y-kien/{token}", content=b"a=" + b"b" * 70_000)
        many = await feedback.post(f"/y-kien/{token}", content=b"&".join(b"a%d=1" % n for n in range(60)))
        broken = await feedback.post(f"/y-kien/{token}", content=b"\xff\xfe")
        unknown = await feedback.post("/y-kien/nobody", content=b"a=" + b"b" * 70_000)

    assert [answer.status_code for answer in (large, many, broken, unknown)] == [
        413,
        400,
        400,
        413,
    ]  # nothing tells whether there is such a link


async def test_control_sheets_of_other_units_are_not_there() -> None:
    documents = [play([received(competent_unit=unit)], {"_id": code(unit), "rev": 0})[0] for unit in (OWN, OTHER)]
    waits = play([submitted()], {"_id": code(OWN, 2), "rev": 0})[0]
    async with running("sla", [{**document, "rev": 0} for document in (*documents, waits)]) as (_, desk):
        officer = as_person(Role.OFFICER, units=(OWN,))
        paths = [f"/v1/control-sheets/{dossier}/pdf" for dossier in (code(OWN), code(OTHER), code(OWN, 2), code(OWN, 3))]
        own, *others = [await desk.get(path, headers=officer) for path in paths]

    assert (own.status_code, own.headers["content-type"], own.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert own.headers["content-disposition"] == f'inline; filename="mau-06-{code(OWN)}.pdf"'
    assert [other.status_code for other in others] == [404, 404, 404]


async def test_what_waits_at_other_units_is_not_there() -> None:
    documents = [play([submitted(receiving_unit=unit)], {"_id": code(unit), "rev": 0})[0] for unit in (OWN, OTHER)]
    async with running("sla", [{**document, "rev": 0} for document in documents]) as (_, desk):
        officer = as_person(Role.OFFICER, units=(OWN,))
        listed = (await desk.get("/v1/due/unaccepted", headers=officer)).json()
        file = (await desk.get("/v1/due/unaccepted/csv", headers=officer)).text
        story = [(await desk.get(f"/v1/dossiers/{code(unit)}", headers=officer)).status_code for unit in (OWN, OTHER)]
        asked = (await desk.get("/v1/due/unaccepted", params={"unit": OTHER}, headers=officer)).json()
        nowhere = (await desk.get("/v1/due/unaccepted", headers=as_person(Role.OFFICER, units=()))).json()
        everywhere = (await desk.get("/v1/due/unaccepted", headers=as_person(Role.SUPERVISOR))).json()

    assert [item["dossier"] for item in listed["items"]] == [code(OWN)]
    assert (listed["counts"]["unaccepted"], code(OTHER) in file, story) == (1, False, [200, 404])
    assert (asked["items"], nowhere["items"], len(everywhere["items"])) == ([], [], 2)

"""intake over HTTP: who may send what, how often, and what becomes of what nobody understands."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts import fact_id, to_wire
from contracts.lookup import LookupKeys
from dunghen import PROVINCE
from runtime.log import Wire
from runtime.web import Role
from services.intake import keys
from services.intake.http import gatekeeper
from services.intake.sealing import digest_number
from tests.flow.support import until
from tests.intake.alone import Alone, intake_alone, received
from tests.support.identity import as_person

SHARED = ("CONTACTS_HASH_KEYS", "LOOKUP_KEY")  # by all instances
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


def kind(response: httpx.Response) -> tuple[int, str]:
    """Status and problem type."""
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix("urn:dunghen:problem:")


async def stored(intake: Alone, collection: str) -> list[dict[str, Any]]:
    """Everything in a collection."""
    return await intake.service.parts.store.find(collection, {})


# --- keys -------------------------------------------------------------------------


async def test_without_a_valid_key_nothing_is_taken(intake: Alone) -> None:
    key = await intake.key()
    wrong = {"authorization": key["authorization"][:-1] + ("A" if key["authorization"][-1] != "A" else "B")}

    for header in ({}, wrong, {"authorization": "Bearer dh_00000000_x"}, {"authorization": "Basic eA=="}):
        answer = await intake.send(header, received(1))
        assert kind(answer) == (401, "no-key")
    assert await stored(intake, "dossiers") == []
    assert (await intake.send(key, received(1))).status_code == 202
    only = {"x-api-key": key["authorization"].removeprefix("Bearer ")}
    assert (await intake.send(only, received(1))).status_code == 202


async def test_a_key_is_kept_as_a_hash_and_tells_when_it_was_used(intake: Alone) -> None:
    key = await intake.key()
    await intake.send(key, received(1))
    secret = key["authorization"].split("_", 2)[2]

    await intake.service.jobs[3].run()

    async def written() -> bool:  # perhaps by the job itself
        return "used_at" in (await stored(intake, "keys"))[0]

    await until(written)
    document = (await stored(intake, "keys"))[0]
    assert secret not in str(document)
    assert document["used_at"] == round(intake.clock.now().timestamp() * 1000)


async def test_a_rotated_key_overlaps_with_the_old_one_and_then_ends(intake: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gatekeeper, "REMEMBERED_MS", -1)
    old = await intake.key(units=("H37.12",))
    store = intake.service.parts.store
    rotated = await keys.rotate_key(store, ("motcua", "send"), timedelta(hours=2), intake.clock.now())
    new = {"authorization": f"Bearer {rotated.key}"}

    assert [(await intake.send(k, received(1))).status_code for k in (old, new)] == [202, 202]
    intake.clock.set(intake.clock.now() + timedelta(hours=3))
    assert kind(await intake.send(old, received(1))) == (401, "no-key")
    answer = await intake.send(new, received(1), received(2, receiving_unit="H37.13", dossier="H37.13-260319-0001"))
    assert [item["status"] for item in answer.json()["items"]] == ["accepted", "refused"]


async def test_a_key_speaks_of_its_own_units_only(intake: Alone) -> None:
    mine, theirs = await intake.key(units=("H37.12",)), await intake.key("other", units=("H37.13",))
    await intake.send(mine, received(1))
    done = {"dossier": received(1)["dossier"], "type": "completed", "at": "2026-03-20T09:00+07:00"}

    answer = await intake.send(theirs, done)
    taken_over = await intake.send(theirs, received(1, receiving_unit="H37.13", competent_unit="H37.13"))

    assert (answer.status_code, taken_over.status_code) == (422, 422)
    assert answer.json()["items"][0]["problem"]["errors"][0]["rule"] == "not-your-unit"
    assert (await intake.client.get(f"/v1/dossiers/{done['dossier']}", headers=mine)).status_code == 200
    assert kind(await intake.client.get(f"/v1/dossiers/{done['dossier']}", headers=theirs)) == (404, "unknown-dossier")


async def test_an_early_event_of_a_code_that_tells_no_unit_is_not_lost(intake: Alone) -> None:
    mine, theirs = await intake.key(units=("H37.12",)), await intake.key("other", units=("H37.13",))
    old = {"dossier": "000.00.12.H37-260319-0001", "type": "completed", "at": "2026-03-20T09:00"}
    early = await intake.send(mine, old)
    await intake.send(mine, received(1, dossier=old["dossier"]))

    assert early.status_code == 202
    assert (await intake.send(theirs, {**old, "at": "2026-03-20T09:30"})).status_code == 422


async def test_a_test_key_gets_the_same_answers_and_leaves_nothing_behind(intake: Alone) -> None:
    test, live = await intake.key(mode="test"), await intake.key()
    items = (received(1, contact=PERSON), received(2, procedure="9.999999"), {"type": "received"})

    tried = await intake.send(test, *items, headers={"idempotency-key": "a"})
    nothing = [await stored(intake, name) for name in ("dossiers", "quarantine", "intents", "answers")]
    meant = await intake.send(live, *items)

    assert tried.json() == meant.json()
    assert nothing == [[], [], [], []]
    assert len(await stored(intake, "dossiers")) == 1


async def test_a_pilot_reaches_only_the_numbers_it_was_given(intake: Alone) -> None:
    secret = intake.environment["CONTACTS_HASH_KEYS"].encode()
    pilot = await intake.key(mode="pilot", numbers=(digest_number(secret, "+84912000007"),))
    await intake.send(pilot, received(1, contact=PERSON), received(2, contact={**PERSON, "phone": "0912000008"}))

    contacts = {document["_id"]: "contact" in document for document in await stored(intake, "dossiers")}
    assert contacts == {received(1)["dossier"]: True, received(2)["dossier"]: False}


async def test_a_lookup_code_for_the_receipt_is_the_same_each_time_and_another_for_another(intake: Alone) -> None:
    key = await intake.key()
    codes = [(await intake.send(key, received(n))).json()["items"][0]["lookup_code"] for n in (1, 1, 2)]

    assert codes[0] == codes[1] != codes[2]
    keys = LookupKeys.of(intake.environment["LOOKUP_KEY"])
    assert codes[1:] == [keys.code(received(n)["dossier"]) for n in (1, 2)]  # those that sla opens


async def test_a_receipts_code_comes_from_the_newest_key_and_an_intake_without_one_gives_none(tmp_path: Path) -> None:
    newest, given = LookupKeys.of(f"7:{'n' * 32}"), []
    for number, listed in enumerate((f"6:{'k' * 32} 7:{'n' * 32}", None)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with intake_alone(folder, LOOKUP_KEY=listed) as intake:
            given.append((await intake.send(await intake.key(), received(1))).json()["items"][0])

    assert given[0]["lookup_code"] == newest.code(received(1)["dossier"])
    assert (given[1]["status"], "lookup_code" in given[1]) == ("accepted", False)


# --- limits -----------------------------------------------------------------------


async def test_too_much_too_deep_or_not_json_is_refused_as_a_whole(intake: Alone) -> None:
    key = await intake.key()

    async def post(body: bytes) -> httpx.Response:
        return await intake.client.post("/v1/dossiers/events", content=body, headers=key)

    deep = b'{"type": ' + b"[" * 30 + b"]" * 30 + b"}"
    assert kind(await post(b" " * (8 * 1024 * 1024 + 1))) == (413, "too-large")
    assert kind(await post(deep)) == (413, "too-deep")
    assert kind(await post(b"[" * 200_000)) == (400, "broken-json")
    assert kind(await post(b"{")) == (400, "broken-json")
    assert kind(await post(b"\xff\xff")) == (400, "not-utf-8")
    assert kind(await post(b"[]")) == (422, "invalid")
    assert kind(await post(json.dumps([{}] * 1001).encode())) == (413, "too-many-items")


async def test_a_system_that_sends_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with intake_alone(tmp_path, INTAKE_ITEMS_PER_MINUTE="3") as intake:
        key, other = await intake.key(), await intake.key("other")
        assert (await intake.send(key, received(1), received(2))).status_code == 202
        answer = await intake.send(key, received(3), received(4))

        assert kind(answer) == (429, "too-fast")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await intake.send(other, received(3))).status_code == 202


# --- the same thing again ---------------------------------------------------------


async def test_an_idempotency_key_gives_the_same_answer_and_refuses_another_body(intake: Alone) -> None:
    key, again = await intake.key(), {"idempotency-key": "bàn 3, lần 1".encode().hex()}
    first = await intake.send(key, received(1), {}, headers=again)
    second = await intake.send(key, received(1), {}, headers=again)
    other = await intake.send(key, received(2), headers=again)
    stranger = await intake.send(await intake.key("other"), received(2), headers=again)

    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert kind(other) == (422, "idempotency-key-reused")
    assert stranger.status_code == 202


async def test_two_ways_at_once_make_one_fact(intake: Alone) -> None:
    key = await intake.key()
    snapshot = {**received(1), "type": "snapshot", "state": "2", "received_at": received(1)["at"]}
    answers = await asyncio.gather(*(intake.send(key, item) for item in (received(1), snapshot) * 10))

    ids = {item["id"] for answer in answers for item in answer.json()["items"]}
    assert len(ids) == 1
    assert list((await stored(intake, "dossiers"))[0]["facts"]) == ["received/1"]


async def test_two_instances_on_one_store_give_the_same_answers_and_one_fact(tmp_path: Path) -> None:
    async with (
        intake_alone(tmp_path) as one,
        intake_alone(tmp_path, one.bootstrap, (), **{name: one.environment[name] for name in SHARED}) as two,
    ):
        key = await one.key()
        items = [received(number, contact=PERSON) for number in range(20)]
        answers = await asyncio.gather(*(instance.send(key, *items) for instance in (one, two) * 5))

        assert len({answer.text for answer in answers}) == 1
        documents = await stored(one, "dossiers")
        assert {tuple(document["facts"]) for document in documents} == {("received/1",)}
        assert {fact["v"] for document in documents for fact in document["facts"].values()} == {1}


# --- quarantine -------------------------------------------------------------------


async def test_what_nobody_understands_is_kept_with_its_contact_locked_and_goes_in_after_correction(intake: Alone) -> None:
    key, operator = await intake.key(), await intake.key(role="operate")
    strange = received(1, procedure="9.999999", contact=PERSON, ghi_chu="Nông Thị Mẫu")
    answer = await intake.send(key, strange)
    await intake.send(key, strange)

    assert answer.status_code == 202
    said = answer.json()["items"][0]
    assert (said["status"], said["problem"]["errors"][0]["pointer"]) == ("quarantined", "#/0/procedure")
    view = (await intake.client.get(f"/v1/dossiers/{strange['dossier']}", headers=key)).json()
    assert (view["held"], view["facts"]) == (1, [])
    for text in (str(await stored(intake, "quarantine")), (await intake.client.get("/v1/quarantine", headers=operator)).text):
        assert PERSON["name"] not in text
        assert PERSON["phone"] not in text

    listed = (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"]
    assert [(item["reason"], item["field"], item["contact"]) for item in listed] == [("unknown-procedure", "procedure", True)]
    again = {"reason": "unknown-procedure"}
    counts = await intake.client.post("/v1/quarantine/resubmit", json=again, headers=operator)
    assert counts.json()["quarantined"] == 1
    assert len(await stored(intake, "quarantine")) == 1

    path = f"/v1/quarantine/{listed[0]['id']}/fix"
    assert (await intake.client.post(path, json={"procedure": "1.000894"}, headers=operator)).status_code == 200
    counts = await intake.client.post("/v1/quarantine/resubmit", json={"ids": [listed[0]["id"]]}, headers=operator)
    assert counts.json() == {"accepted": 1, "quarantined": 0, "refused": 0, "dismissed": 0}
    document = (await stored(intake, "dossiers"))[0]
    assert ("received/1" in document["facts"], "contact" in document) == (True, True)
    assert await stored(intake, "quarantine") == []


async def test_quarantine_is_for_operators(intake: Alone) -> None:
    key, operator = await intake.key(), await intake.key(role="operate")

    assert kind(await intake.client.get("/v1/quarantine", headers=key)) == (403, "other-role")
    assert kind(await intake.send(operator, received(1))) == (403, "other-role")
    assert kind(await intake.client.post("/v1/quarantine/x/fix", json={}, headers=operator)) == (404, "unknown-entry")


async def test_a_promise_changed_without_reason_is_taken_in_and_flagged(intake: Alone) -> None:
    """D16."""
    key, operator = await intake.key(), await intake.key(role="operate")
    snapshot = {**received(1), "type": "snapshot", "state": "4", "received_at": received(1)["at"]}
    for due in ("2026-03-26T09:00", "2026-03-27T09:00"):
        answer = await intake.send(key, {**snapshot, "promised_at": due})
        assert answer.json()["items"][0]["status"] == "accepted"

    entries = (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"]
    assert [(entry["reason"], entry["flag"]) for entry in entries] == [("promise-changed", True)]
    counts = await intake.client.post("/v1/quarantine/resubmit", json={"reason": "promise-changed"}, headers=operator)
    assert counts.json()["dismissed"] == 1


async def test_a_dossier_that_ends_before_it_began_is_held(intake: Alone) -> None:
    key, operator = await intake.key(), await intake.key(role="operate")
    done = {"dossier": received(1)["dossier"], "type": "completed", "at": "2026-03-18T09:00"}
    answers = [(await intake.send(key, item)).json()["items"][0]["status"] for item in (done, received(1))]

    entries = (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"]
    assert answers == ["accepted", "quarantined"]
    assert [(entry["reason"], entry["flag"]) for entry in entries] == [("ends-before-reception", False)]
    fixed = await intake.client.post(
        f"/v1/quarantine/{entries[0]['id']}/fix", json={"at": "2026-03-18T08:00"}, headers=operator
    )
    counts = await intake.client.post("/v1/quarantine/resubmit", json={"ids": [entries[0]["id"]]}, headers=operator)
    assert fixed.status_code == 200
    assert counts.json()["accepted"] == 1


# --- the portal's way in ----------------------------------------------------------


async def test_the_portals_flow_of_calls_ends_in_the_same_facts(intake: Alone) -> None:
    key = (await intake.key("motcua", units=("H37.12",)))["authorization"].removeprefix("Bearer ")
    login = await intake.client.post("/mapi/login", json={"username": "motcua", "password": key})
    session = login.json()["session"]
    assert login.json()["error_code"] == 0
    assert key not in session

    async def call(service: str, **more: Any) -> dict[str, Any]:
        body = {"session": session, "madonvi": "H37.12", "service": service, **more}
        answer: dict[str, Any] = (await intake.client.post("/mapi/g", json=body)).json()
        return answer

    item = {
        "MaHoSo": received(1)["dossier"],
        "MaTTHC": "1.000894",
        "TrangThaiHoSo": "4",
        "NgayTiepNhan": "20260319090000",
        "ChuHoSo": "Nông Thị Mẫu",
        "SoDienThoai": "0912000007",
    }
    assert (await call("TraCuuHoSo", mahoso=item["MaHoSo"]))["data"] == []
    synced = await call("DongBoHoSoMC", isUpdating="False", data=[item])
    step = {"MaHoSo": item["MaHoSo"], "ThoiDiemXuLy": "20260320090000", "NoiDungXuLy": "Trình ký", "TrangThai": "TRINH_KY"}
    progressed = await call("CapNhatTienDoHoSoMC", data=json.dumps([step]))

    assert (synced["error_code"], progressed["error_code"]) == ("00", "00")
    assert (await call("TraCuuHoSo", mahoso=item["MaHoSo"]))["data"] == [{"MaHoSo": item["MaHoSo"]}]
    assert sorted((await stored(intake, "dossiers"))[0]["facts"]) == ["progressed/1", "received/1"]
    bad = await call("DongBoHoSoMC", data=[{**item, "NgayTiepNhan": "hôm qua"}, item])
    assert (bad["error_code"], [entry["error_code"] for entry in bad["data"]]) == ("01", ["01", "00"])
    assert bad["data"][0]["message"].startswith("NgayTiepNhan: ")


async def test_the_portals_refusals_have_the_portals_form(intake: Alone) -> None:
    key = (await intake.key("motcua"))["authorization"].removeprefix("Bearer ")

    async def post(path: str, body: Any) -> tuple[int, str]:
        answer = await intake.client.post(path, json=body)
        return answer.status_code, answer.json()["error_code"]

    assert await post("/mapi/login", {"username": "motcua", "password": "x"}) == (200, "03")
    assert await post("/mapi/login", {"username": "other", "password": key}) == (200, "03")
    assert await post("/mapi/g", {"session": "x", "service": "DongBoHoSoMC", "data": []}) == (200, "03")
    session = (await intake.client.post("/mapi/login", json={"username": "motcua", "password": key})).json()["session"]
    assert await post("/mapi/g", {"session": session, "service": "LayThuTuc"}) == (200, "02")
    assert await post("/mapi/g", {"session": session, "service": "DongBoHoSoMC", "data": []}) == (200, "02")


# --- what systems without Kafka read ----------------------------------------------


async def test_changes_are_a_systems_own_and_a_cursor_gives_the_same_again(intake: Alone) -> None:
    mine, theirs = await intake.key(units=("H37.12",)), await intake.key("other", units=("H37.13",))
    await intake.send(mine, received(1), received(2))

    def event(number: int, name: str) -> Wire:
        code = received(number)["dossier"]
        at = "2026-03-20T10:00:00+07:00"
        deadline = {"version": 1, "unit": "H37.12", "due_at": at, "basis": "computed", "calendar_version": "2026"}
        data = {"at": at, **(deadline if name == "deadline.set" else {"notice": "result-ready", "parts": 1})}
        body = {"type": f"vn.dunghen.{name}.v1", "time": at, "data": data}
        return Wire(f"{name.split('.', maxsplit=1)[0]}s.v1", code, to_wire("/sla", code, fact_id(code, name, "1", 1), body))

    start = (await intake.client.get("/v1/changes?after=latest", headers=mine)).json()
    assert start["items"] == []
    await intake.service.parts.topics.publish([event(1, "deadline.set"), event(2, "deadline.set"), event(1, "notice.accepted")])

    async def page(header: dict[str, str], cursor: str, limit: int = 200) -> dict[str, Any]:
        answer = await intake.client.get("/v1/changes", params={"after": cursor, "limit": limit}, headers=header)
        found: dict[str, Any] = answer.json()
        return found

    whole = await page(mine, start["cursor"])
    assert {(item["type"], item["dossier"]) for item in whole["items"]} == {
        ("vn.dunghen.deadline.set.v1", received(1)["dossier"]),
        ("vn.dunghen.deadline.set.v1", received(2)["dossier"]),
        ("vn.dunghen.notice.accepted.v1", received(1)["dossier"]),
    }
    assert await page(mine, start["cursor"]) == whole
    assert (await page(mine, ""))["items"] == whole["items"]
    assert (await page(theirs, start["cursor"]))["items"] == []
    singly, cursor = [], start["cursor"]
    for _ in range(3):
        one = await page(mine, cursor, 1)
        singly += one["items"]
        cursor = one["cursor"]
    assert (singly, one["more"]) == (whole["items"], False)
    assert (await page(mine, cursor))["items"] == []
    assert kind(await intake.client.get("/v1/changes?after=xyz", headers=mine)) == (400, "bad-cursor")


# --- quality and postings ---------------------------------------------------------


async def test_quality_is_counted_per_system(intake: Alone) -> None:
    key = await intake.key("motcua")
    await intake.send(
        key,
        received(1, contact={"name": "Nông Thị Mẫu", "phone": "12345"}, la="x"),
        received(2, at="2026-03-16T09:00"),
        {"type": "received"},
        received(3, procedure="9.999999", contact=PERSON),
        received(1, channel=2),
    )
    await intake.service.jobs[2].run()
    await intake.send(key, received(4))
    await intake.service.jobs[2].run()

    async def all_written() -> bool:
        return bool(sum(document["counts"].get("accepted", 0) for document in await stored(intake, "quality")) == 4)

    await until(all_written)
    page = (await intake.client.get("/quality?days=3", headers=as_person(Role.OPERATOR))).text
    counts = (await stored(intake, "quality"))[0]["counts"]
    assert counts == {
        "accepted": 4,
        "refused": 1,
        "quarantined": 1,
        "unknown_fields": 1,
        "junk_phones": 1,
        "missing_contacts": 2,
        "late_reports": 1,
        "corrections": 1,
    }
    assert "motcua" in page
    assert "số không nhắn tin được" in page
    assert (
        'dunghen_quality_total{kind="junk_phones",service="intake",system="motcua"} 1.0'
        in (await intake.client.get("/metrics")).text
    )


async def test_what_units_post_in_public_has_limits_fees_and_the_hotline(intake: Alone) -> None:
    index, page = [(await intake.client.get(path)).text for path in ("/thu-tuc", "/thu-tuc/H37.12")]

    assert "UBND xã Bản Vạc" in index
    assert "(cũ)" not in index
    for text in ("Đăng ký kết hôn", "5 ngày làm việc", "Lệ phí hộ tịch: 15.000 đồng", "0205 000 0212", "Bí thư Đảng ủy"):
        assert text in page
    assert kind(await intake.client.get("/thu-tuc/H99")) == (404, "unknown-unit")


async def test_a_changed_catalogue_is_taken_over_and_a_broken_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    for source in PROVINCE.glob("*.yaml"):
        (folder / source.name).write_text(source.read_text("utf-8"), "utf-8")
    async with intake_alone(tmp_path, REFERENCE_DIR=str(folder)) as intake:
        key, look = await intake.key(), intake.service.jobs[0].run
        strange = received(1, procedure="9.999999")
        assert (await intake.send(key, strange)).json()["items"][0]["status"] == "quarantined"
        file = folder / "procedures.yaml"
        versions = "[{valid_from: 2026-01-01, limit: {value: 2, unit: hour}}]"
        more = f'- {{code: "9.999999", name: Mới, field: Hộ tịch, versions: {versions}}}\n'
        file.write_text(file.read_text("utf-8") + more, "utf-8")
        await look()
        assert (await intake.send(key, strange)).json()["items"][0]["status"] == "accepted"
        file.write_text("- {code: x", "utf-8")
        await look()
        assert (await intake.send(key, received(2, procedure="9.999999"))).json()["items"][0]["status"] == "accepted"
        await until(_idle(intake))


def _idle(intake: Alone) -> Any:
    async def idle() -> bool:
        return not await stored(intake, "intents")

    return idle

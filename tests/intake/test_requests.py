"""Requests that nobody means: every one gets an answer with a reason, none a fault of ours."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import FaultError, parse_item
from tests.intake.alone import Alone, intake_alone, received
from tests.intake.fuzzing import attack

ODD: tuple[bytes, ...] = (
    b'{"dossier": NaN}',
    b'{"dossier": 1e400}',
    b'{"dossier": -Infinity}',
    b'{"dossier": ' + b"9" * 10_000 + b"}",
    b'{"dossier": ' + b"9" * 4_000 + b"}",
    b'{"dossier": "\\ud800"}',
    b'{"\\ud800": "\\u0000"}',
    b'{"type": "received", "dossier": "H37.12-260319-0001", "at": "\\ud83d", "procedure": "\\u0000"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"null",
    b'"x"',
    b"",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'[1, null, true, "x", []]',
)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("line", "back"),
    [
        (b'{"dossier": "\\ud800", "type": "completed"}', b'{"dossier": "\\ud800", "type": "completed", "error": '),
        (b'{"type": "x", "dossier": "a", "dossier": "b"} ', b'{"type": "x", "dossier": "a", "dossier": "b", "error": '),
        (b'{"n": 1, "error": "before"}', b'{"n": 1, "error": '),
        (b"{}", b'{"error": '),
        (b"[1e400]", b"[1e400]"),
    ],
)
async def test_a_refused_line_comes_back_as_it_was_written(intake: Alone, line: bytes, back: bytes) -> None:
    key = await intake.key()
    answer = await intake.client.post("/v1/dossiers/files?name=a.ndjson&answer=refused", content=line, headers=key)

    assert answer.status_code == 200
    assert answer.content.startswith(back)


async def portal(intake: Alone, key: dict[str, str], body: bytes) -> dict[str, Any]:
    """A call of the portal's, which is always answered in its own form."""
    answer = await intake.client.post("/mapi/g", content=body, headers=key)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


# --- no fault of ours -------------------------------------------------------------


@pytest.mark.parametrize("body", ODD, ids=lambda body: str(body[:30]))
async def test_no_body_is_a_fault_of_ours(intake: Alone, body: bytes) -> None:
    key, operator = await intake.key(), await intake.key(role="operate")
    inside = b'{"service": "DongBoHoSoMC", "madonvi": "H37.12", "data": [' + body.replace(b"dossier", b"MaHoSo") + b"]}"

    event = await intake.client.post("/v1/dossiers/events", content=body, headers=key)
    fixes = [
        await intake.client.post(path, content=body, headers=operator)
        for path in ("/v1/quarantine/x/fix", "/v1/quarantine/resubmit")
    ]
    login = await intake.client.post("/mapi/login", content=body)

    assert event.status_code in (400, 413, 422)
    assert all(answer.status_code in (200, 400, 404, 413, 422) for answer in fixes)
    assert (login.status_code, login.json()["error_code"]) in ((200, "02"), (200, "03"))
    assert (await portal(intake, key, inside))["error_code"] in ("01", "02")


@pytest.mark.parametrize(
    "cursor",
    [
        {"deadlines.v1": [1e400]},
        {"deadlines.v1": [10**30]},
        {"deadlines.v1": [True]},
        {"deadlines.v1": ["1"]},
        {"deadlines.v1": "12"},
        {"deadlines.v1": [-1]},
        {"notices.v1": {"0": 1}},
        [[[[]]]],
        None,
        7,
    ],
)
async def test_no_cursor_is_a_fault_of_ours(intake: Alone, cursor: Any) -> None:
    after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
    answer = await intake.client.get("/v1/changes", params={"after": after}, headers=await intake.key())

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:dunghen:problem:bad-cursor"


@pytest.mark.parametrize("after", ["\x00", "ă", "W1tb" * 900, "====", "e30", "bnVsbA"])
async def test_no_text_as_a_cursor_is_a_fault_of_ours(intake: Alone, after: str) -> None:
    answer = await intake.client.get("/v1/changes", params={"after": after}, headers=await intake.key())

    assert answer.status_code in (200, 400)


async def test_a_fix_is_held_to_the_fields_of_the_item(intake: Alone) -> None:
    key, operator = await intake.key(), await intake.key(role="operate")
    await intake.send(key, received(1, procedure="9.999999"))
    kept = (await intake.client.get("/v1/quarantine", headers=operator)).json()["items"][0]

    async def fix(body: bytes) -> int:
        answer = await intake.client.post(f"/v1/quarantine/{kept['id']}/fix", content=body, headers=operator)
        return answer.status_code

    for bad in (
        b'{"a\\u0000b": 1}',
        b'{"procedure": "\\u0000"}',
        b'{"channel": ' + b"9" * 40 + b"}",
        b'{"promised_at": 1}',
        b'{"$set": {}}',
    ):
        assert await fix(bad) == 422
    assert await fix(b'{"procedure": "1.000894"}') == 200


# --- one style of problem ---------------------------------------------------------


async def test_every_refusal_is_a_problem_with_a_vietnamese_title(intake: Alone) -> None:
    key, client = await intake.key(), intake.client
    post = "/v1/dossiers/events"
    answers = {
        "http-404": await client.get("/khong-co"),
        "http-405": await client.delete(post),
        "invalid": await client.get("/v1/changes?limit=nhiều", headers=key),
        "compressed": await client.post(post, content=b"\x1f\x8b", headers={**key, "content-encoding": "gzip"}),
        "not-json": await client.post(post, files={"f": b"x"}, headers=key),
        "broken-json": await client.post(post, content=b"{", headers=key),
        "no-key": await client.post(post, content=b"{"),
    }

    for kind, answer in answers.items():
        body = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (body["type"], body["status"]) == (f"urn:dunghen:problem:{kind}", answer.status_code)
        assert not body["title"].isascii()
        assert "Not Found" not in answer.text
    assert answers["invalid"].json()["errors"][0]["detail"] == "phải là số nguyên"


async def test_what_cannot_be_read_is_said_in_the_portals_form(intake: Alone) -> None:
    key = await intake.key()

    broken = await portal(intake, key, b'{"service": ')
    twice = await portal(intake, key, b'{"service": "TraCuuHoSo", "service": "DongBoHoSoMC"}')

    assert (broken["error_code"], broken["message"]) == ("02", "Nội dung không phải JSON. dòng 1, cột 13")
    assert (twice["error_code"], "service" in twice["message"]) == ("02", True)


async def test_a_sender_that_hangs_up_leaves_no_traceback(intake: Alone, caplog: pytest.LogCaptureFixture) -> None:
    key = (await intake.key())["authorization"].encode()
    sent = [{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}]
    said: list[Any] = []

    async def receive() -> Any:
        return sent.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    for path in ("/v1/dossiers/events", "/v1/dossiers/files"):
        sent[:] = [{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}]
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"name=a.csv",
            "headers": [(b"authorization", key)],
        }
        with caplog.at_level(logging.ERROR):
            await intake.service.app({**scope, "http_version": "1.1", "scheme": "http", "server": ("i", 80)}, receive, send)

    assert caplog.records == []


# --- silent choices ---------------------------------------------------------------


async def test_a_name_twice_is_refused_and_its_neighbours_are_taken(intake: Alone) -> None:
    key = await intake.key()
    twice = json.dumps(received(1))[:-1] + ', "dossier" : "H37.12-260319-0009"}'
    body = f"[{json.dumps(received(2))}, {twice}]".encode()
    answer = await intake.client.post("/v1/dossiers/events", content=body, headers=key)
    step = b'{"MaHoSo": "H37.12-260319-0001", "MaHoSo": "H37.12-260319-0009", "ThoiDiemXuLy": "20260320090000"}'
    told = await portal(intake, key, b'{"service": "CapNhatTienDoHoSoMC", "data": [' + step + b"]}")

    first, second = answer.json()["items"]
    assert (first["status"], second["status"]) == ("accepted", "refused")
    assert [(error["pointer"], error["rule"]) for error in second["problem"]["errors"]] == [("#/1/dossier", "twice")]
    assert told["data"][0]["message"] == "MaHoSo: có hai lần trong một đối tượng"


async def test_fields_that_nobody_knows_are_listed_in_the_answer(intake: Alone) -> None:
    key = await intake.key()
    answer = await intake.send(key, received(1, ngay_hen_tra="x"), received(2))
    item = {"MaHoSo": received(3)["dossier"], "MaTTHC": "1.000894", "TrangThaiHoSo": "2", "NgayTiepNhan": "20260319090000"}
    body = {"service": "DongBoHoSoMC", "madonvi": "H37.12", "data": [{**item, "NgayHenTraKQ": "x", "GhiChu": "x"}]}
    told = await portal(intake, key, json.dumps(body).encode())

    assert [entry.get("unread") for entry in answer.json()["items"]] == [["ngay_hen_tra"], None]
    assert told["data"][0]["message"] == "Thành công; không đọc: NgayHenTraKQ"


# --- the same key at once ---------------------------------------------------------


async def test_of_twenty_requests_at_once_under_one_key_one_body_wins(intake: Alone) -> None:
    key, again = await intake.key(), {"idempotency-key": "k"}
    answers = await asyncio.gather(*(intake.send(key, received(n % 2 + 1), headers=again) for n in range(20)))

    won = [answer for answer in answers if answer.status_code == 202]
    lost = [answer for answer in answers if answer.status_code != 202]
    assert (len(won), len(lost)) == (10, 10)
    assert len({answer.text for answer in won}) == 1
    assert {answer.json()["type"] for answer in lost} == {"urn:dunghen:problem:idempotency-key-reused"}
    assert sum("idempotency-replayed" not in answer.headers for answer in won) == 1
    assert len(await intake.service.parts.store.find("dossiers", {})) == 1


async def test_a_key_whose_request_was_not_answered_may_be_used_again(tmp_path: Path) -> None:
    async with intake_alone(tmp_path, INTAKE_ITEMS_PER_MINUTE="1") as intake:
        key, again = await intake.key(), {"idempotency-key": "k"}
        refused = await intake.send(key, received(1), received(2), headers=again)
        taken = await intake.send(key, received(1), headers=again)

    assert (refused.status_code, taken.status_code) == (429, 429)
    assert taken.json()["type"].endswith("too-fast")


async def test_half_a_minute_of_odd_requests_finds_no_fault_of_ours(intake: Alone) -> None:
    """`./dev fuzz` goes on for longer, with another seed each time."""
    found = await attack(intake, 30, seed=20260320)

    assert found.wrong == []
    assert found.count > 50


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_input_does_anything_but_pass_or_be_refused(raw: object) -> None:
    try:
        dossier = parse_item(raw).item.dossier
    except FaultError as error:
        dossier = "refused" if error.faults else ""

    assert dossier

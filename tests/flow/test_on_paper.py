"""Letters on paper as an office has them: what is printed, a batch as PDF, what the post brings back, and who saw names."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from runtime.web import Role
from services.front.tokens import Bearers
from tests.flow.support import D, System, at, received, small_system
from tests.support.identity import as_person
from tests.support.signing import look_and_sign

TOLD, BY_POST, AT_COUNTER = D.format(1), D.format(2), D.format(3)
PHONE = {"name": "Nông Thị Mẫu", "phone": "0912000007", "address": "thôn Tưởng Tượng"}
NO_PHONE = {"name": '*Hà* #panic("x") <b>Ví Dụ</b>', "address": "Số 2, thôn Giả Định, xã Hoàng Vân"}
SIGNED = {"reason": "complex", "new_due_at": "2026-03-12T09:00:00+07:00"}
LIST, UNIT = "/letters/on-paper", {"unit": "H37.12"}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[tuple[System, httpx.AsyncClient]]:
    """Three letters of 5 March: of somebody with a phone, with an address alone, and of whom nothing is known."""
    async with small_system(tmp_path / "data", at(2, "10:00")) as system:
        await system.send(
            received(TOLD, "2026-03-02T09:00", contact=PHONE),
            received(BY_POST, "2026-03-02T09:00", contact=NO_PHONE),
            received(AT_COUNTER, "2026-03-02T09:00"),
        )
        await system.move(at(5, "10:00"))
        client = system.clients["notifier"]
        for code in (TOLD, BY_POST, AT_COUNTER):
            assert (await look_and_sign(client, code, SIGNED)).status_code == 202
            await system.settle()
        yield system, client


def somebody(system: System, *roles: Role, unit: str = "H37.12") -> dict[str, str]:
    return as_person(*roles, units=(unit,), name="Lý Thị Thử", issuer=system.together.issuer)


async def wanted(client: httpx.AsyncClient, state: str = "wanted") -> dict[str, str]:
    """What a list shows: dossier -> why it is there."""
    found = (await client.get("/v1/letters-on-paper", params={**UNIT, "state": state})).json()["letters"]
    return {one["dossier"]: one["why"] for one in found}


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


async def test_what_reached_nobody_is_printed_in_one_click_handed_over_or_comes_back(
    office: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = office
    first = await wanted(client)
    page = (await client.get(LIST, params=UNIT)).text
    clicked = await client.post(f"{LIST}/H37.12/print")
    batch = await client.get(clicked.headers["location"])
    again = await client.post(f"{LIST}/H37.12/print")
    out = await wanted(client, "printed")
    delivered = await client.post(f"/letters/{AT_COUNTER}/on-paper", data={"outcome": "in-person", "on": "2026-03-05"})
    returned = await client.post(f"/letters/{BY_POST}/on-paper", data={"outcome": "moved", "on": "2026-03-05"})
    await system.settle()

    assert first == {
        BY_POST: "Không có số điện thoại di động, không có thư điện tử",
        AT_COUNTER: "Không có thông tin liên hệ",
    }
    assert re.findall(r'<td class="code"[^>]*><a href="/letters/([^"]+)"', page) == [BY_POST, AT_COUNTER]
    assert not any(name in page for name in ("Nông Thị Mẫu", "Ví Dụ", "Giả Định"))
    assert (clicked.status_code, clicked.headers["location"]) == (303, f"{LIST}/H37.12/2026/1.pdf")
    assert batch.headers["content-type"] == "application/pdf"
    cover, labels, *letters = pages(batch.content)
    for words in (
        "DANH SÁCH THƯ GỬI, ĐỢT 1/2026",
        "2 thư",
        '*Hà* #panic("x") <b>Ví Dụ</b>',
        NO_PHONE["address"],
        "02/PXL",
        "03/PXL",
    ):
        assert words in cover
    assert "không có địa chỉ: giao tại nơi tiếp nhận" in cover
    assert NO_PHONE["address"] in labels
    assert AT_COUNTER not in labels
    assert [re.findall(r"Số: (\d\d/PXL)", letter) for letter in letters] == [["02/PXL"], ["03/PXL"]]
    assert (again.status_code, "Không còn thư nào phải in" in again.text) == (409, True)
    assert out == dict.fromkeys((BY_POST, AT_COUNTER), "Đã in để gửi, đợt 1/2026, 05/03/2026")
    assert (delivered.status_code, returned.status_code) == (303, 303)
    assert await wanted(client, "printed") == {}
    assert await wanted(client) == {BY_POST: "Bị trả lại: đã chuyển đi, 05/03/2026"}
    shown = (await client.get(f"/letters/{BY_POST}")).text
    for words in ("Đã in để gửi, đợt 1/2026", "Bị trả lại: đã chuyển đi", "Người điều khiển (thử)"):
        assert words in shown
    assert (await client.post(f"{LIST}/H37.12/print")).headers["location"] == f"{LIST}/H37.12/2026/2.pdf"
    assert (await system.said(AT_COUNTER, "notices.v1"))[-1] == "accepted"
    log = b"".join(record.value or b"" for record in await system.log())
    assert NO_PHONE["address"].encode() not in log


async def test_what_was_printed_and_nobody_said_what_became_of_it_is_asked_after_in_two_weeks_first_on_the_list(
    office: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = office
    bearers = Bearers(system.together.keys.signing_key, "dunghen-front")

    async def told() -> tuple[Any, ...]:
        asking = {"authorization": f"Bearer {bearers.own('digests', datetime.now(UTC))}"}
        digest = (await client.get("/v1/digests/H37.12", headers=asking)).json()
        unsaid = digest["unsaid"]
        lines = [(line["dossier"], line["printed_on"]) for line in unsaid["lines"]]
        return digest["to_print"], unsaid["days"], unsaid["total"], lines

    assert await told() == (2, 14, 0, [])
    await client.post(f"{LIST}/H37.12/print")
    await client.post(f"/letters/{BY_POST}/on-paper", data={"outcome": "moved", "on": "2026-03-05"})
    await system.move(at(6, "10:00"))
    await client.post(f"{LIST}/H37.12/print")
    await system.move(at(18, "23:59"))
    assert await told() == (0, 14, 0, [])
    assert "chưa ai ghi kết quả" not in (await client.get(LIST, params=UNIT)).text
    await system.move(at(19, "07:30"))
    counts = (await client.get("/v1/letters-on-paper/counts", headers=somebody(system, Role.OFFICER))).json()
    elsewhere = (await client.get("/v1/letters-on-paper/counts", headers=somebody(system, Role.OFFICER, unit="H37.13"))).json()
    page = (await client.get(LIST, params={**UNIT, "state": "printed"})).text

    assert await told() == (0, 14, 1, [(AT_COUNTER, "2026-03-05")])
    assert counts == {"counts": {"wanted": 0, "unsaid": 1}}
    assert elsewhere == {"counts": {"wanted": 0, "unsaid": 0}}
    assert "1 thư đã in từ 14 ngày trở lên mà chưa ai ghi kết quả, đứng đầu danh sách" in page
    assert re.findall(r'<td class="code"[^>]*><a href="/letters/([^"]+)"', page) == [AT_COUNTER, BY_POST]
    assert page.count("quá lâu, chưa ghi kết quả") == 1
    assert "xem và ghi" in (await client.get(LIST, params=UNIT)).text
    await client.post(f"/letters/{AT_COUNTER}/on-paper", data={"outcome": "in-person", "on": "2026-03-19"})
    assert await told() == (0, 14, 0, [])


async def test_who_opened_names_for_a_batch_is_written_down_each_time(office: tuple[System, httpx.AsyncClient]) -> None:
    system, client = office
    clerk = somebody(system, Role.OFFICER)
    place = (await client.post(f"{LIST}/H37.12/print", headers=clerk)).headers["location"]
    await client.get(place, headers=clerk)
    said = (await client.get("/v1/names/readings", params={"dossier": BY_POST})).json()["readings"]

    assert [(one["name"], one["purpose"], one["dossiers"]) for one in said] == [
        ("Lý Thị Thử", "In thư gửi trên giấy, đơn vị H37.12", 2),
        ("Lý Thị Thử", "In thư gửi trên giấy, đơn vị H37.12, đợt 1/2026", 2),
    ]
    assert (await client.get("/v1/names/readings", params={"dossier": TOLD})).json()["readings"] == []


async def test_two_who_print_at_the_same_moment_print_no_letter_twice(office: tuple[System, httpx.AsyncClient]) -> None:
    client = office[1]
    answers = await asyncio.gather(*(client.post("/v1/letters-on-paper/batches", json=UNIT) for _ in range(4)))
    made = [one.json() for one in answers if one.status_code == 201]
    found = [await client.get(f"/v1/letters-on-paper/batches/H37.12/2026/{one['number']}/pdf") for one in made]
    printed = [number for one in found if one.status_code == 200 for text in pages(one.content) for number in _numbers(text)]

    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one["number"] for one in made}) == len(made) >= 1
    assert sorted(printed) == ["02/PXL", "03/PXL"]
    assert await wanted(client) == {}


def _numbers(text: str) -> list[str]:
    return re.findall(r"Số: (\d\d/PXL)", text)


WRONG: list[tuple[dict[str, str], str]] = [
    ({"outcome": "", "on": "2026-03-05"}, "chọn kết quả"),
    ({"outcome": "eaten", "on": "2026-03-05"}, "chọn kết quả"),
    ({"outcome": "post", "on": ""}, "không đọc được ngày"),
    ({"outcome": "post", "on": "5/3/2026"}, "không đọc được ngày"),
    ({"outcome": "post", "on": "2026-03-06"}, "Ngày phải từ 05/03/2026"),
    ({"outcome": "post", "on": "2026-03-04"}, "Ngày phải từ 05/03/2026"),
    ({"outcome": "moved", "on": "2026-03-05"}, "chưa được in hay giao"),
]


async def test_what_is_wrong_is_said_in_words_and_strangers_and_signers_print_nothing(
    office: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = office
    for form, says in WRONG:
        answer = await client.post(f"/letters/{BY_POST}/on-paper", params=UNIT, data=form)
        assert (form, answer.status_code, says in answer.text) == (form, 409, True)
    told = await client.post(f"/v1/letters-on-paper/{TOLD}", json={"outcome": "post", "on": "2026-03-05"})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (409, "/outcome")
    for wrong in ({"outcome": "eaten", "on": "2026-03-05"}, {"outcome": "post"}, {"outcome": "post", "on": "hôm qua"}):
        assert (await client.post(f"/v1/letters-on-paper/{BY_POST}", json=wrong)).status_code == 422
    stranger = somebody(system, Role.OFFICER, unit="H37.13")
    signer = somebody(system, Role.SIGNER)
    paths: list[tuple[str, Any]] = [
        (f"{LIST}/H37.12/print", {}),
        (f"/letters/{BY_POST}/on-paper", {"outcome": "post", "on": "2026-03-05"}),
    ]
    for path, form in paths:
        assert (await client.post(path, data=form, headers=stranger)).status_code == 404
        assert (await client.post(path, data=form, headers=signer)).status_code == 403
    await client.post(f"{LIST}/H37.12/print")
    for path in (f"{LIST}/H37.12/2026/1.pdf", "/v1/letters-on-paper/batches/H37.12/2026/1/pdf"):
        assert (await client.get(path, headers=stranger)).status_code == 404
        assert (await client.get(path, headers=signer)).status_code == 403
        assert (await client.get(path.replace("/1", "/9"))).status_code == 404
    assert (await client.get(LIST, params=UNIT, headers=stranger)).status_code == 404
    assert "In đợt mới" not in (await client.get(LIST, params=UNIT, headers=signer)).text
    assert (await client.get(f"{LIST}/H37.12/2026/{'9' * 30}.pdf")).status_code in (404, 422)

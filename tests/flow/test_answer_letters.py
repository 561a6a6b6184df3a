"""A petition, a suggestion and a contribution from the form to the letter that answers them, through all services."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from contracts.codes import is_petition_id
from runtime.web import Role
from tests.flow.support import D, System, at, received, small_system
from tests.support.identity import as_person

ONE = D.format(1)
WHO = {"name": "Ánh Thị Ví Dụ", "phone": "0912000009", "address": "thôn Tưởng Tượng"}
SORRY = {"note": "yêu cầu nộp lại giấy tờ đã nộp", "done": "đã trả lại giấy tờ, chấn chỉnh quầy số 2"}
THANKS = {"note": "hai bộ máy tính nay đặt ở nơi làm hồ sơ trực tuyến"}


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    async with small_system(tmp_path / "data", at(2, "10:00")) as running:
        yield running


async def brought(system: System, **form: str) -> str:
    """The id of something that an officer writes down at the counter."""
    own = {"unit": "H37.12", "channel": "counter", "text": "nội dung bí mật", **WHO, **form}
    answer = await system.clients["feedback"].post("/petitions/new", data=own, headers=officer(system))
    assert answer.status_code == 200, answer.text
    return str(re.findall(r"PA-[0-9]{6}-[A-Z2-7]{8}", answer.text)[0])


def officer(system: System, role: Role = Role.OFFICER) -> dict[str, str]:
    return as_person(role, units=("H37.12",), name="Cán Bộ Ví Dụ", issuer=system.together.issuer)


async def answered(system: System, petition: str, **form: str) -> None:
    """It is taken and answered."""
    for do, given in (("take", {}), ("answer", {"text": "Trả lời.", "decision": "resolved", **form})):
        answer = await system.clients["feedback"].post(f"/petitions/{petition}/{do}", data=given, headers=officer(system))
        assert answer.status_code == 303, answer.text
    await system.settle()


def digest(answer: httpx.Response) -> str:
    return str(re.findall(r'name="previewed" value="([0-9a-f]{64})"', answer.text)[0])


async def signed(client: httpx.AsyncClient, petition: str, form: dict[str, str]) -> httpx.Response:
    """Looked at on the page and signed."""
    seen = await client.post(f"/letters/{petition}/preview", data=form)
    assert seen.status_code == 200, seen.text
    return await client.post(f"/letters/{petition}/approval", data={**form, "previewed": digest(seen)})


async def words(client: httpx.AsyncClient, petition: str) -> str:
    pdf = await client.get(f"/v1/letters/{petition}/pdf")
    assert pdf.status_code == 200
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages).split())


async def kinds(system: System, petition: str) -> list[str]:
    return await system.said(petition, "notices.v1")


async def test_an_upheld_petition_a_suggestion_and_a_contribution_come_to_letters_in_one_series(system: System) -> None:
    """R18, R20, R22."""
    desk = system.clients["notifier"]
    sorry = await brought(system, kind="petition", about="behaviour", once="1")
    useful = await brought(system, kind="suggestion", once="2")
    gift = await brought(system, kind="contribution", given="goods", giver="group", once="3")
    await answered(system, sorry, upheld="error")
    await answered(system, useful, accepted="yes")

    page = (await desk.get("/letters")).text
    assert "Trả lời ý kiến, không có hạn ký (3)" in page
    assert set(re.findall(r'<a href="/letters/(PA[^"]+)">', page)) == {sorry, useful, gift}
    draft = (await desk.get(f"/letters/{sorry}")).text
    assert "Phản ánh đúng về sai sót" in draft
    assert "nội dung bí mật" not in draft
    for petition, form in ((sorry, SORRY), (useful, {**THANKS, "numbered": "yes"}), (gift, THANKS)):
        assert (await signed(desk, petition, form)).status_code == 303
        assert (await signed_again(desk, petition, form)) == 409  # a second click
        await system.settle()

    assert [await kinds(system, one) for one in (sorry, useful, gift)] == [["drafted", "approved", "sent"]] * 3
    apology, thanks, group = [await words(desk, one) for one in (sorry, useful, gift)]
    assert "Số: 01/PXL" in apology
    assert "Kính gửi: Ông/Bà Ánh Thị Ví Dụ" in apology
    assert f"Sai sót: {SORRY['note']}." in apology
    assert "THƯ CẢM ƠN" in thanks
    assert "Số: 02" in thanks
    assert "Nơi nhận" not in thanks
    assert "Số:" not in group
    assert "Kính gửi: Ánh Thị Ví Dụ" in group
    register = (await desk.get("/letters/register", params={"unit": "H37.12", "year": "2026"})).text
    assert re.findall(r'data-name="Số, ký hiệu">([^<]+)<', register) == ["01/PXL", "02"]
    assert "Thư cảm ơn" in register
    assert (await desk.get("/letters/register.xlsx", params={"unit": "H37.12", "year": "2026"})).status_code == 200
    assert system.fleet.phone is not None
    assert system.fleet.phone.arrived == []
    said = b"".join(record.value or b"" for record in await system.log())
    assert not any(secret.encode() in said for secret in (WHO["name"], SORRY["note"], SORRY["done"], THANKS["note"]))


async def signed_again(client: httpx.AsyncClient, petition: str, form: dict[str, str]) -> int:
    return (await client.post(f"/letters/{petition}/approval", data={**form, "previewed": "0" * 64})).status_code


async def test_one_letter_of_a_dossier_covers_lateness_and_the_error(system: System) -> None:
    """R17."""
    desk = system.clients["notifier"]
    await system.send(received(ONE, "2026-03-02T09:00", contact=WHO))
    petition = await brought(system, kind="petition", about="behaviour", dossier=ONE, once="1")
    await answered(system, petition, upheld="error")
    none_yet = await desk.post(f"/letters/{petition}/rejection", data={"reason": "covered", "confirmed": "yes"})
    await system.move(at(5, "10:00"))
    own, other = (await desk.get(f"/letters/{ONE}")).text, (await desk.get(f"/letters/{petition}")).text
    covered = await desk.post(f"/letters/{petition}/rejection", data={"reason": "covered", "confirmed": "yes"})
    await system.settle()
    shown = (await desk.get("/letters", params={"state": "rejected"})).text
    back = await desk.post(f"/letters/{petition}/taking-back")
    await system.settle()

    assert (none_yet.status_code, "không có thư xin lỗi nào" in none_yet.text) == (409, True)
    assert f'href="/letters/{petition}"' in own
    assert f'<a href="/letters/{ONE}">thư xin lỗi của hồ sơ</a> chờ ký' in other
    assert covered.status_code == 303
    assert "Thư xin lỗi của hồ sơ đã nói cả sai sót" in shown
    assert back.status_code == 303
    assert await kinds(system, petition) == ["drafted", "rejected", "drafted"]
    assert (await system.said(ONE, "notices.v1")) == ["drafted"]


async def test_what_is_wrong_is_said_in_words_and_strangers_see_nothing(system: System) -> None:
    desk = system.clients["notifier"]
    petition = await brought(system, kind="petition", about="behaviour", once="1")
    await answered(system, petition, upheld="error")
    stranger = as_person(Role.SIGNER, units=("H37.13",), name="Bế Thu Ví Dụ", issuer=system.together.issuer)
    wrong: list[tuple[dict[str, str], str]] = [
        ({**SORRY, "note": ""}, "Ghi rõ sai sót là gì."),
        ({**SORRY, "done": " . "}, "Ghi rõ đã làm gì"),
        ({**SORRY, "note": "a" * 501}, "Dài quá 500 chữ."),
    ]
    for form, says in wrong:
        for path in ("preview", "preview.pdf", "approval"):
            answer = await desk.post(f"/letters/{petition}/{path}", data={**form, "previewed": "0" * 64})
            assert (answer.status_code, says in answer.text) == (409, True), answer.text
    for reason, confirmed, says in (("", "yes", "Chọn lý do"), ("in-time", "yes", "Chọn lý do"), ("declined", "", "xác nhận")):
        answer = await desk.post(f"/letters/{petition}/rejection", data={"reason": reason, "confirmed": confirmed})
        assert (answer.status_code, says in answer.text) == (409, True)
    api: Any = {"reason": "workload", "new_due_at": "2026-03-12T09:00:00+07:00"}
    assert (await desk.post(f"/v1/letters/{petition}/preview", json=api)).status_code == 409
    assert (await desk.post(f"/v1/letters/{petition}/answer/preview", json={"note": "x", "number": 1})).status_code == 422
    assert (await desk.post(f"/v1/letters/{ONE}/answer/preview", json=SORRY)).status_code == 404
    for path in ("preview", "approval", "rejection"):
        assert (await desk.post(f"/letters/{petition}/{path}", data=SORRY, headers=stranger)).status_code == 404
        assert (await desk.post(f"/v1/letters/{petition}/answer/{path}", json={}, headers=stranger)).status_code in (404, 422)
    assert (await desk.get(f"/letters/{petition}", headers=stranger)).status_code == 404
    assert is_petition_id(petition)


async def test_who_raises_it_again_takes_the_draft_back(system: System) -> None:
    desk = system.clients["notifier"]
    form = {"kind": "petition", "about": "behaviour", "unit": "H37.12", "text": "Phải đi lại nhiều lần", "once": "abc", **WHO}
    sent = (await system.clients["feedback"].post("/gop-y", data=form)).text
    petition = re.findall(r"PA-[0-9]{6}-[A-Z2-7]{8}", sent)[0]
    code = re.findall(r'name="code" value="([A-Z2-7]+)"', sent)[0]
    await answered(system, petition, upheld="error")
    again = {"text": "vẫn chưa được", "code": code}
    assert (await system.clients["feedback"].post("/gop-y/bo-sung", data=again)).status_code == 200
    await system.settle()

    assert await kinds(system, petition) == ["drafted", "withdrawn"]
    assert "Rút dự thảo: người gửi phản ánh lại" in (await desk.get(f"/letters/{petition}")).text

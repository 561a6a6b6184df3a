"""The letter desk as signers use it: what is to be signed first, what they see before they sign, what is refused in words."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import openpyxl
import pytest

from runtime.web import Role
from tests.flow.support import D, System, at, event, received, small_system
from tests.support.identity import as_person

PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007", "address": "thôn Tưởng Tượng"}
ONE, TWO, THREE = D.format(1), D.format(2), D.format(3)
FORM = {"reason": "complex", "note": "", "new_due_at": "2026-03-12T09:00"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[System, httpx.AsyncClient]]:
    """Three drafts on the morning of Thursday 5 March: one is to be signed today, one tomorrow, and one was missed."""
    async with small_system(tmp_path / "data", at(2, "10:00")) as system:
        await system.send(
            received(ONE, "2026-03-02T09:00", contact=PERSON),
            received(TWO, "2026-02-27T16:00", contact=PERSON),
            received(THREE, "2026-02-25T16:00"),
        )
        await system.move(at(5, "10:00"))
        yield system, system.clients["notifier"]


async def test_the_list_begins_with_what_was_missed_and_is_of_the_units_of_whoever_looks(
    desk: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = desk
    page = (await client.get("/letters")).text
    own = await client.get("/letters", params={"unit": "H37.12"})
    other = await client.get("/letters", params={"unit": "H37.13"})
    stranger = as_person(Role.SIGNER, units=("H37.13",), name="Bế Thu Ví Dụ", issuer=system.together.issuer)

    assert re.findall(r'<a href="/letters/(H37[^"]+)">', page) == [THREE, TWO, ONE]
    assert re.findall(r"<h2[^>]*>([^<(]+) \(", page) == ["Đã quá thời hạn ký", "Phải ký hôm nay", "Ký sau hôm nay"]
    assert '<h2 class="late">Đã quá thời hạn ký' in page
    assert ONE in own.text
    assert "Không có thư nào" in other.text
    assert "Không có thư nào" in (await client.get("/letters", headers=stranger)).text
    assert (await client.get("/letters", params={"after": "x/../"})).status_code == 200
    assert f'href="/letters/{TWO}">Thư chờ ký tiếp theo' in (await client.get(f"/letters/{THREE}")).text
    for path, form in (("preview", FORM), ("approval", FORM), ("rejection", {"reason": "secrecy", "confirmed": "yes"})):
        assert (await client.post(f"/letters/{ONE}/{path}", data=form, headers=stranger)).status_code == 404


WRONG: list[tuple[dict[str, str], str]] = [
    ({"new_due_at": "2031-03-04T09:00"}, "Gần nhất có thể hẹn: 17:00 thứ Tư 08/04/2026."),
    ({"new_due_at": "2036-03-04T09:00"}, "Gần nhất có thể hẹn: 17:00 thứ Tư 08/04/2026."),
    ({"new_due_at": "2026-03-12T23:30"}, "Gần nhất có thể hẹn: 17:00 thứ Năm 12/03/2026."),
    ({"new_due_at": "2026-03-12T12:00"}, "Gần nhất có thể hẹn: 11:30 thứ Năm 12/03/2026."),
    ({"new_due_at": "2026-03-14T09:00"}, "Gần nhất có thể hẹn: 17:00 thứ Sáu 13/03/2026."),
    ({"new_due_at": "2026-03-04T09:00"}, "Gần nhất có thể hẹn: 09:30 thứ Hai 09/03/2026."),
    ({"new_due_at": "9999-12-31T23:59"}, "quá xa"),
    ({"new_due_at": "0001-01-01T00:00"}, "sau lúc ký thư"),
    ({"new_due_at": "0001-01-01T00:00+14:00"}, "sau lúc ký thư"),
    ({"new_due_at": "12/03/2026 9h"}, "Không đọc được thời gian hẹn lại"),
    ({"new_due_at": "\x00"}, "Không đọc được thời gian hẹn lại"),
    ({"new_due_at": ""}, "Thiếu thời gian hẹn trả kết quả lại."),
    ({"reason": ""}, "Chọn một lý do chậm"),
    ({"reason": "holiday"}, "Chọn một lý do chậm"),
    ({"reason": "other"}, "phải ghi rõ lý do"),
    ({"reason": "other", "note": "\u202e\u200b ."}, "phải ghi rõ lý do"),
    ({"note": "a" * 501}, "dài quá 500 chữ"),
]


async def test_what_is_wrong_is_said_in_words_on_the_page_with_what_was_typed(desk: tuple[System, httpx.AsyncClient]) -> None:
    for given, says in WRONG:
        for path in ("preview", "preview.pdf", "approval"):
            answer = await desk[1].post(f"/letters/{ONE}/{path}", data={**FORM, **given, "previewed": "0" * 64})
            assert (given, answer.status_code, says in answer.text) == (given, 409, True)


async def test_the_api_refuses_the_same_dates_in_the_same_words(desk: tuple[System, httpx.AsyncClient]) -> None:
    wrong = {"reason": "complex", "new_due_at": "2031-03-04T09:00:00+07:00"}
    shown = await desk[1].post(f"/v1/letters/{ONE}/preview", json=wrong)
    signed = await desk[1].post(f"/v1/letters/{ONE}/approval", json={**wrong, "previewed": "0" * 64})
    unread = await desk[1].post(f"/v1/letters/{ONE}/preview", json={**wrong, "new_due_at": "hôm nào"})

    assert (shown.status_code, signed.status_code, unread.status_code) == (409, 409, 422)
    assert shown.json()["errors"] == signed.json()["errors"]
    assert "Gần nhất có thể hẹn: 17:00 thứ Tư 08/04/2026." in shown.json()["detail"]


async def test_a_letter_that_changed_after_it_was_seen_is_shown_again_and_then_signed(
    desk: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = desk
    seen = await client.post(f"/letters/{ONE}/preview", data=FORM)
    pdf = await client.post(f"/letters/{ONE}/preview.pdf", data=FORM)
    await system.send(received(ONE, "2026-03-02T09:00", contact={**PERSON, "name": "Nông Thị Mẫu Mới"}))
    await system.settle()
    changed = await client.post(f"/letters/{ONE}/approval", data={**FORM, "previewed": digest(seen)})
    signed = await client.post(f"/letters/{ONE}/approval", data={**FORM, "previewed": digest(changed)})
    await system.settle()
    page = (await client.get(f"/letters/{ONE}")).text

    assert "(người đứng đầu; hôm nay không có ủy quyền ký thay)" in seen.text
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert (changed.status_code, "đã thay đổi so với bản đã xem" in changed.text) == (409, True)
    assert "Ông/Bà Nông Thị Mẫu Mới" in changed.text
    assert signed.status_code == 303
    for words in (
        "Đã gửi, số 01/PXL",
        "Lập dự thảo",
        "Ký: hồ sơ có nội dung phức tạp",
        "Cấp số và gửi",
        "Thư chờ ký tiếp theo",
    ):
        assert words in page


async def test_who_signs_many_is_led_on_to_the_next_letter_and_told_which_was_signed(
    desk: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = desk
    stranger = as_person(Role.SIGNER, units=("H37.13",), name="Bế Thu Ví Dụ", issuer=system.together.issuer)
    places = []
    for code in (THREE, TWO, ONE):
        seen = await client.post(f"/letters/{code}/preview", data=FORM)
        signed = await client.post(f"/letters/{code}/approval", data={**FORM, "previewed": digest(seen), "onward": "yes"})
        places.append(signed.headers["location"])
    page = await client.get(f"/letters/{ONE}", params={"signed": TWO})
    unsigned = [(await client.get(f"/letters/{ONE}", params={"signed": code})).text for code in ("", "x" * 64, D.format(9))]

    assert places == [f"/letters/{TWO}?signed={THREE}", f"/letters/{ONE}?signed={TWO}", f"/letters/{ONE}"]
    assert f'Đã ký thư <a href="/letters/{TWO}">' in page.text
    assert not any("Đã ký thư" in text for text in unsigned)
    assert (await client.get(f"/letters/{ONE}", params={"signed": TWO}, headers=stranger)).status_code == 404


async def test_not_sent_is_in_the_register_with_its_reason_and_is_taken_back_until_the_date(
    desk: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = desk
    await client.post(f"/letters/{ONE}/rejection", data={"reason": "secrecy", "confirmed": "yes"})
    nothing = await client.post(f"/letters/{ONE}/rejection", data={"reason": "", "confirmed": "yes"})
    register = (await client.get("/letters", params={"state": "rejected"})).text
    back = await client.post(f"/letters/{ONE}/taking-back")
    await system.settle()
    page = (await client.get(f"/letters/{ONE}")).text
    twice = await client.post(f"/letters/{ONE}/taking-back")
    await client.post(f"/v1/letters/{ONE}/rejection", json={"reason": "secrecy"})
    await system.move(at(9, "09:30"))
    late = await client.post(f"/v1/letters/{ONE}/taking-back")

    assert (nothing.status_code, "Chọn lý do không gửi thư" in nothing.text) == (409, True)
    assert "Liên quan quốc phòng, an ninh, bí mật" in register
    assert (back.status_code, twice.status_code, late.status_code) == (303, 409, 409)
    assert "Quyết định không gửi: liên quan quốc phòng" in page
    assert "Đưa lại bàn ký" in page
    assert "Đã qua ngày hẹn" in late.json()["detail"]
    assert (await system.said(ONE, "notices.v1")) == ["drafted", "rejected", "drafted", "rejected"]


async def test_the_desk_proposes_a_date_that_may_be_promised(desk: tuple[System, httpx.AsyncClient]) -> None:
    letter = (await desk[1].get(f"/v1/letters/{ONE}")).json()
    page = (await desk[1].get(f"/letters/{ONE}")).text

    assert letter["proposed_at"] == "2026-03-16T09:00:00+07:00"  # five working days, the procedure's limit, after the 9th
    assert 'value="2026-03-16T09:00"' in page
    assert "thời hạn của thủ tục: 5 ngày làm việc, tính từ ngày hẹn cũ" in page
    body = {"reason": "workload", "new_due_at": letter["proposed_at"]}
    assert (await desk[1].post(f"/v1/letters/{ONE}/preview", json=body)).status_code == 200


async def test_a_letter_to_nobody_known_says_so_before_it_is_signed(desk: tuple[System, httpx.AsyncClient]) -> None:
    shown = await desk[1].post(f"/letters/{THREE}/preview", data=FORM)

    assert "Kính gửi: Ông/Bà nộp hồ sơ" in shown.text
    assert "không có địa chỉ người nộp" in shown.text


async def test_a_dossier_that_ends_meanwhile_is_not_signed_for(desk: tuple[System, httpx.AsyncClient]) -> None:
    system, client = desk
    seen = await client.post(f"/letters/{ONE}/preview", data=FORM)
    await system.send(event(ONE, "completed", "2026-03-05T09:50"))
    await system.settle()
    signed = await client.post(f"/letters/{ONE}/approval", data={**FORM, "previewed": digest(seen)})

    assert (signed.status_code, "không có dự thảo thư nào đang chờ ký" in signed.text) == (409, True)


async def test_the_register_of_outgoing_letters_is_a_page_and_a_workbook_of_the_units_of_whoever_looks(
    desk: tuple[System, httpx.AsyncClient],
) -> None:
    system, client = desk
    empty = await client.get("/letters/register", params={"unit": "H37.12"})
    for code in (ONE, TWO):
        seen = await client.post(f"/letters/{code}/preview", data=FORM)
        await client.post(f"/letters/{code}/approval", data={**FORM, "previewed": digest(seen)})
        await system.settle()
    page = await client.get("/letters/register", params={"unit": "H37.12", "year": "2026"})
    second = await client.get("/letters/register", params={"unit": "H37.12", "after": "1"})
    book = openpyxl.load_workbook(io.BytesIO((await client.get("/letters/register.xlsx?unit=H37.12")).content))
    stranger = as_person(Role.SIGNER, units=("H37.13",), name="Bế Thu Ví Dụ", issuer=system.together.issuer)

    assert "Chưa có văn bản nào được cấp số trong năm 2026" in empty.text
    assert re.findall(r"\d\d/PXL", page.text) == ["01/PXL", "02/PXL"]
    assert re.findall(r'href="/letters/(H37[^"?]+)"', page.text) == [ONE, TWO]
    for words in ("05/03/2026", "Đã ban hành", "Văn bản xin lỗi"):
        assert words in page.text
    assert PERSON["name"] not in page.text
    assert "thiếu số" not in page.text
    assert re.findall(r"\d\d/PXL", second.text) == ["02/PXL"]
    rows = [[cell for cell in row if cell] for row in book["Sổ văn bản đi 2026"].iter_rows(values_only=True)]
    assert [row[0] for row in rows[3:]] == ["Số, ký hiệu", "01/PXL", "02/PXL"]
    assert rows[4][1:4] == ["05/03/2026", "Văn bản xin lỗi", ONE]
    for path in ("/letters/register", "/letters/register.xlsx"):
        assert (await client.get(path, params={"unit": "H37.12"}, headers=stranger)).status_code == 404
        assert (await client.get(path, params={"unit": "H37.12", "year": "9999"})).status_code == 422


def digest(page: httpx.Response) -> str:
    """What a shown letter is named by."""
    found = re.search(r'name="previewed" value="([0-9a-f]{64})"', page.text)
    assert found is not None, page.text
    return found[1]

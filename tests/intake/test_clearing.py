"""The pages of what is held for a person: whose it is, correcting it, two at one item, who is noted to have done it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from dunghen import PROVINCE
from reference import load_reference
from runtime.errors import Unavailable
from runtime.web import Role
from services.intake.http.held_views import Typed
from services.intake.store import DEEDS, QUARANTINE
from tests.intake.alone import Alone, intake_alone, received
from tests.support.identity import as_person

PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}
HERE, ELSEWHERE = "H37.12", "H37.13"
CLERK = as_person(Role.OFFICER, units=(HERE,), name="Lý Thị Thử")
HEAD = as_person(Role.UNIT_HEAD, units=(HERE,), name="Đàm Văn Giả")
STRANGER = as_person(Role.OFFICER, units=(ELSEWHERE,), name="Vi Thị Khác")
EVERYWHERE = as_person(Role.OPERATOR, name="Tô Văn Hành")


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


async def stored(intake: Alone, collection: str) -> list[dict[str, Any]]:
    return await intake.service.parts.store.find(collection, {})


async def held(intake: Alone, number: int = 1, **wrong: Any) -> str:
    """An item that is held; its id."""
    before = {document["_id"] for document in await stored(intake, QUARANTINE)}
    await intake.send(await intake.key(), received(number, **({"procedure": "9.999999"} | wrong)))
    [identity] = {document["_id"] for document in await stored(intake, QUARANTINE)} - before
    return str(identity)


async def get(intake: Alone, path: str, person: dict[str, str] = CLERK) -> httpx.Response:
    return await intake.client.get(path, headers=person)


async def post(intake: Alone, path: str, person: Mapping[str, str] = CLERK, **form: str) -> httpx.Response:
    return await intake.client.post(path, data=form, headers=person)


def values(page: str) -> dict[str, str]:
    """What stands in the inputs of a page, by name."""
    inputs = re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    chosen = re.findall(r'<select [^>]*name="([^"]+)".*?</select>', page, re.DOTALL)
    return dict(inputs) | dict.fromkeys(chosen, "")


# --- whose it is ----------------------------------------------------------------------------------------


async def test_a_clerk_sees_what_is_held_of_his_units_with_reason_and_official_field_and_no_contact(
    intake: Alone,
) -> None:
    identity = await held(intake, contact=PERSON)
    listed, shown_page = await get(intake, "/quarantine"), await get(intake, f"/quarantine/{identity}")

    assert (listed.status_code, shown_page.status_code) == (200, 200)
    for words in ("H37.12-260319-0001", "mã thủ tục không có trong danh mục", "Mã thủ tục hành chính (MaTTHC)", "9.999999"):
        assert words in listed.text
        assert words in shown_page.text
    assert "có, được niêm phong" in shown_page.text
    for secret in PERSON.values():
        assert secret not in listed.text + shown_page.text


async def test_what_is_of_other_units_is_not_there_neither_to_look_at_nor_to_change(intake: Alone) -> None:
    identity = await held(intake)
    listed = await get(intake, "/quarantine", STRANGER)
    answers = [
        await get(intake, f"/quarantine/{identity}", STRANGER),
        await post(intake, f"/quarantine/{identity}", STRANGER, edition="0", procedure="1.000894"),
        await post(intake, f"/quarantine/{identity}/discard", STRANGER, edition="0", why="trial"),
        await get(intake, "/quarantine/nothing", CLERK),
    ]

    assert "Không có mục nào chờ kiểm tra." in listed.text
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(await stored(intake, QUARANTINE)) == 1
    assert identity in (await get(intake, "/quarantine", EVERYWHERE)).text


async def test_a_step_is_of_the_units_that_its_dossier_was_received_by(intake: Alone) -> None:
    key = await intake.key()
    code = "000.00.14.H56-200203-0118"  # says no unit of the list
    await intake.send(key, {**received(1), "dossier": code})
    await intake.send(key, {"dossier": code, "type": "progressed", "at": "2026-03-19T10:00+07:00", "state": "LA_LAM"})

    assert "LA_LAM" in (await get(intake, "/quarantine")).text
    assert "LA_LAM" not in (await get(intake, "/quarantine", STRANGER)).text


async def test_a_long_list_goes_on_where_the_page_before_ended(intake: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.http.clearing.PAGE", 2)
    for number in (1, 2, 3):
        await held(intake, number)
    first = await get(intake, "/quarantine")
    [after] = re.findall(r'href="(/quarantine\?after=[^"]+)"', first.text)
    second = await get(intake, after.replace("&amp;", "&"))

    assert [len(re.findall(r"<td class=\"code\"", page.text)) for page in (first, second)] == [2, 1]
    assert "Trang sau" not in second.text


# --- correcting -----------------------------------------------------------------------------------------


async def test_what_a_clerk_corrects_goes_in_again_with_its_contact_and_who_did_it_is_written_down(intake: Alone) -> None:
    identity = await held(intake, contact=PERSON)
    sent = await post(intake, f"/quarantine/{identity}", edition="0", procedure="1.000894")
    page = await get(intake, sent.headers["location"])
    listed = await get(intake, "/quarantine", HEAD)
    [dossier], [deed] = await stored(intake, "dossiers"), await stored(intake, DEEDS)

    assert (sent.status_code, sent.headers["location"]) == (303, f"/quarantine/{identity}")
    assert await stored(intake, QUARANTINE) == []
    assert ("received/1" in dossier["facts"], "contact" in dossier) == (True, True)
    assert (deed["who"], deed["name"]) == ("local:Lý Thị Thử", "Lý Thị Thử")
    assert (deed["what"], deed["result"], deed["fields"]) == ("sent", "accepted", ["procedure"])
    for text in (page.text, listed.text):
        assert "đã gửi lại và được nhận" in text
        assert "Lý Thị Thử" in text
        assert "Mã thủ tục hành chính" in text
    assert "không còn trong danh sách chờ" in page.text
    assert PERSON["name"] not in str(deed)


async def test_fixed_wrong_again_the_error_stands_beside_the_field_and_what_was_typed_is_kept(intake: Alone) -> None:
    identity = await held(intake)
    no_code = await post(intake, f"/quarantine/{identity}", edition="0", procedure="khai sinh")
    unknown = await post(intake, f"/quarantine/{identity}", edition="0", procedure="8.888888")

    assert (no_code.status_code, unknown.status_code) == (422, 422)
    for page, typed in ((no_code.text, "khai sinh"), (unknown.text, "8.888888")):
        assert values(page)["procedure"] == typed
        assert 'aria-invalid="true" aria-describedby="f-procedure-fault"' in page
        assert '<a href="#f-procedure">Mã thủ tục hành chính (MaTTHC)</a>' in page
        assert 'role="alert"' in page
        assert "<title>Lỗi: " in page
    assert "Chưa nhận được, còn phải sửa" in unknown.text
    assert await stored(intake, "dossiers") == []


async def test_what_is_held_for_another_reason_after_a_correction_goes_on_from_the_same_page(intake: Alone) -> None:
    identity = await held(intake, competent_unit="H37.99")
    page = await post(intake, f"/quarantine/{identity}", edition="0", competent_unit="H37.05")
    [entry] = await stored(intake, QUARANTINE)
    [action] = re.findall(r'action="(/quarantine/[^/"]+)"', page.text)
    again = await post(intake, action, edition=values(page.text)["edition"], procedure="1.000894")

    assert (page.status_code, action) == (422, f"/quarantine/{entry['_id']}")
    assert entry["_id"] != identity
    assert "mã thủ tục không có trong danh mục" in page.text
    assert again.status_code == 303


async def test_the_address_of_what_was_corrected_and_is_held_still_leads_to_what_it_is_now(intake: Alone) -> None:
    identity = await held(intake)
    await post(intake, f"/quarantine/{identity}", edition="0", procedure="8.888888")
    [entry] = await stored(intake, QUARANTINE)
    back = await get(intake, f"/quarantine/{identity}")
    other = await post(intake, f"/quarantine/{identity}", HEAD, edition="0", procedure="1.000894")

    assert (back.status_code, back.headers["location"]) == (303, f"/quarantine/{entry['_id']}")
    assert (other.status_code, values(other.text)["procedure"]) == (409, "8.888888")
    assert "điều bạn vừa gửi chưa được dùng" in other.text
    assert "đã gửi lại, vẫn bị giữ" in (await get(intake, "/quarantine")).text


async def test_what_is_refused_stays_with_the_reason_for_whoever_looks_next(intake: Alone) -> None:
    identity = await held(intake)
    refused = await post(
        intake, f"/quarantine/{identity}", edition="0", procedure="1.000894", promised_at="9 giờ ngày 1/3/2026"
    )
    later = await get(intake, f"/quarantine/{identity}", HEAD)

    assert refused.status_code == 422
    for page in (refused.text, later.text):
        assert 'aria-describedby="f-promised_at-fault"' in page
        assert (values(page)["procedure"], values(page)["promised_at"]) == ("1.000894", "09:00 01/03/2026")


async def test_a_unit_or_a_state_is_taken_from_the_lists_alone_and_the_receiving_unit_is_ones_own(intake: Alone) -> None:
    identity = await held(intake, receiving_unit="H37.99")
    page = (await get(intake, f"/quarantine/{identity}")).text
    others = await post(intake, f"/quarantine/{identity}", edition="0", receiving_unit=ELSEWHERE, procedure="1.000894")
    own = await post(intake, f"/quarantine/{identity}", edition="0", receiving_unit=HERE, procedure="1.000894")

    receiving = page.partition('id="f-receiving_unit"')[2].partition("</select>")[0]
    assert "H37.99 (không có trong danh sách)" in receiving
    assert ("UBND xã Hoàng Vân (H37.12)" in receiving, ELSEWHERE in receiving) == (True, False)
    assert (others.status_code, "không có trong danh sách để chọn" in others.text) == (422, True)
    assert own.status_code == 303


async def test_a_value_is_left_as_it_was_sent_unless_it_was_typed_over(intake: Alone) -> None:
    identity = await held(intake, at="2026-03-19T09:00:33+07:00", promised_at="2026-03-26T09:00:30+07:00")
    form = values((await get(intake, f"/quarantine/{identity}")).text)
    typed = {name: value for name, value in form.items() if name in Typed.model_fields}
    typed |= {"procedure": "1.000894", "receiving_unit": HERE}
    await intake.client.post(f"/quarantine/{identity}", data=typed, headers=CLERK)
    [deed], [dossier] = await stored(intake, DEEDS), await stored(intake, "dossiers")

    assert (form["at"], form["promised_at"]) == ("09:00 19/03/2026", "09:00 26/03/2026")
    assert deed["fields"] == ["procedure"]
    assert dossier["received"]["promised_at"].startswith("2026-03-26T09:00:30")


# --- two at one item ------------------------------------------------------------------------------------


async def test_of_two_clerks_the_second_is_told_who_was_faster_and_nothing_is_done_twice(intake: Alone) -> None:
    identity = await held(intake)
    first = await post(intake, f"/quarantine/{identity}", edition="0", procedure="1.000894")
    second = await post(intake, f"/quarantine/{identity}", HEAD, edition="0", procedure="1.000895")
    third = await post(intake, f"/quarantine/{identity}/discard", HEAD, edition="0", why="trial")

    assert first.status_code == 303
    for late in (second, third):
        assert late.status_code == 409
        assert "đã được người khác xử lý trước" in late.text
        assert "Lý Thị Thử" in late.text
    assert len(await stored(intake, DEEDS)) == 1
    assert len(await stored(intake, "dossiers")) == 1


async def test_a_second_press_of_the_same_clerk_is_told_that_it_is_done(intake: Alone) -> None:
    identity = await held(intake)
    answers = [await post(intake, f"/quarantine/{identity}", edition="0", procedure="1.000894") for _ in range(2)]

    assert [answer.headers["location"] for answer in answers] == [f"/quarantine/{identity}"] * 2
    assert len(await stored(intake, DEEDS)) == 1


async def test_of_many_at_once_one_goes_on(intake: Alone) -> None:
    identity = await held(intake)
    asked = [
        *(post(intake, f"/quarantine/{identity}", CLERK, edition="0", procedure="1.000894") for _ in range(4)),
        *(post(intake, f"/quarantine/{identity}/discard", HEAD, edition="0", why="trial") for _ in range(4)),
    ]
    answers = await asyncio.gather(*asked)
    deeds = await stored(intake, DEEDS)

    assert all(answer.status_code in (303, 409) for answer in answers)
    assert len(deeds) == 1
    assert len(await stored(intake, "dossiers")) == (deeds[0]["what"] == "sent")
    assert await stored(intake, QUARANTINE) == []


async def test_a_form_of_before_a_correction_shows_what_there_is_now_and_changes_nothing(intake: Alone) -> None:
    identity = await held(intake)
    await post(intake, f"/quarantine/{identity}", HEAD, edition="0", procedure="8.888888")
    [entry] = await stored(intake, QUARANTINE)
    operator = await intake.key(role="operate")
    fixed = await intake.client.post(f"/v1/quarantine/{entry['_id']}/fix", json={"procedure": "7.777777"}, headers=operator)
    late = await post(intake, f"/quarantine/{entry['_id']}", edition="0", procedure="1.000894")

    assert fixed.status_code == 200
    assert late.status_code == 409
    assert "điều bạn vừa gửi chưa được dùng" in late.text
    assert values(late.text)["procedure"] == "7.777777"
    assert await stored(intake, "dossiers") == []


async def test_what_was_sent_again_by_an_operators_key_meanwhile_is_said_to_be_gone(intake: Alone) -> None:
    identity = await held(intake)
    operator = await intake.key(role="operate")
    await intake.client.post(f"/v1/quarantine/{identity}/fix", json={"procedure": "1.000894"}, headers=operator)
    await intake.client.post("/v1/quarantine/resubmit", json={"ids": [identity]}, headers=operator)
    late = await post(intake, f"/quarantine/{identity}", edition="0", procedure="1.000894")

    assert late.status_code == 404
    assert "đã được gửi lại, đã bỏ" in late.json()["detail"]


async def test_what_the_catalogue_knows_by_now_goes_in_again_all_of_a_reason_and_of_ones_own_units_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = load_reference(PROVINCE)
    monkeypatch.setattr("services.assembly.load_reference", lambda _: reference)
    async with intake_alone(tmp_path) as intake:
        for number in (1, 2, 3):
            await held(intake, number)
        await held(intake, 4, receiving_unit="H37.99", procedure="1.000894")
        other = {**received(5, procedure="9.999999", receiving_unit=ELSEWHERE), "dossier": "H37.13-260319-0005"}
        await intake.send(await intake.key(), other)
        too_early = await post(intake, "/quarantine/again", reason="unknown-procedure")
        told = await get(intake, too_early.headers["location"])
        reference.procedures["9.999999"] = reference.procedures["1.000894"]
        done = await post(intake, "/quarantine/again", reason="unknown-procedure")
        page = await get(intake, done.headers["location"])
        left = {entry["dossier"] for entry in await stored(intake, QUARANTINE)}
        no_reason = await post(intake, "/quarantine/again", reason="lạ")

    assert too_early.headers["location"] == "/quarantine?taken=0&still=3"
    assert "danh mục chưa được bổ sung" in told.text
    assert "Gửi lại mọi mục: mã thủ tục không có trong danh mục" in told.text
    assert done.headers["location"] == "/quarantine?taken=3&still=0"
    assert "3 mục được nhận" in page.text
    assert left == {other["dossier"], received(4)["dossier"]}
    assert no_reason.status_code == 422


async def test_many_that_go_in_again_take_only_so_long_and_what_was_tried_least_is_next(
    intake: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.http.clearing.SECONDS", -1.0)
    for number in (1, 2):
        await held(intake, number)
    answers = [await post(intake, "/quarantine/again", reason="unknown-procedure") for _ in range(2)]

    assert [answer.headers["location"] for answer in answers] == ["/quarantine?taken=0&still=1"] * 2
    assert [entry["edition"] for entry in await stored(intake, QUARANTINE)] == [1, 1]


# --- discarding, looking --------------------------------------------------------------------------------


async def test_an_item_is_discarded_for_a_reason_of_the_list_and_not_without(intake: Alone) -> None:
    identity = await held(intake)
    path = f"/quarantine/{identity}/discard"
    without = [await post(intake, path, edition="0", why=why) for why in ("", "tôi thích thế")]
    done = await post(intake, f"/quarantine/{identity}/discard", edition="0", why="mistaken")
    [deed] = await stored(intake, DEEDS)

    assert [answer.status_code for answer in without] == [422, 422]
    assert all('<a href="#f-why">Lý do bỏ</a>: hãy chọn lý do bỏ mục này' in answer.text for answer in without)
    assert done.status_code == 303
    assert (deed["what"], deed["why"], deed["result"], deed["name"]) == ("discarded", "mistaken", "done", "Lý Thị Thử")
    assert "hệ thống gửi nhầm" in (await get(intake, f"/quarantine/{identity}")).text
    assert (await stored(intake, QUARANTINE), await stored(intake, "dossiers")) == ([], [])


async def test_what_was_taken_in_and_flagged_is_only_marked_as_seen(intake: Alone) -> None:
    """D16."""
    key = await intake.key()
    snapshot = {**received(1), "type": "snapshot", "state": "4", "received_at": received(1)["at"]}
    for due in ("2026-03-26T09:00", "2026-03-27T09:00"):
        await intake.send(key, {**snapshot, "promised_at": due})
    [entry] = await stored(intake, QUARANTINE)
    page = (await get(intake, f"/quarantine/{entry['_id']}")).text
    seen = await post(intake, f"/quarantine/{entry['_id']}/discard", edition="0")
    [deed] = await stored(intake, DEEDS)

    assert ("ngày hẹn trả đã in bị đổi" in page, "Sửa và gửi lại" in page) == (True, False)
    assert seen.status_code == 303
    assert (deed["what"], deed["why"]) == ("seen", "")


async def test_what_cannot_be_written_down_is_not_done(intake: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = await held(intake)

    async def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr("services.intake.http.clearing.note_deed", away)
    sent = await post(intake, f"/quarantine/{identity}", edition="0", procedure="1.000894")
    monkeypatch.undo()
    again = await post(intake, f"/quarantine/{identity}", edition="1")

    assert (sent.status_code, sent.headers["retry-after"]) == (503, "5")
    assert again.status_code == 303  # what was typed is kept, and goes in when it is sent again


async def test_who_only_looks_at_figures_or_data_has_no_held_items(intake: Alone) -> None:
    for role in (Role.SUPERVISOR, Role.SIGNER, Role.REPORTER):
        assert (await get(intake, "/quarantine", as_person(role, units=(HERE,)))).status_code == 403
    assert "/quarantine" in (await get(intake, "/quality", CLERK)).text
    assert 'href="/quarantine"' not in (await get(intake, "/quality", as_person(Role.SUPERVISOR))).text

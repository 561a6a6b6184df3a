"""Reception days and dialogues: entered by the head's office, posted for everybody, and what was said there with its clock."""

import re
from collections.abc import AsyncIterator

import pytest

from runtime.web import Role
from tests.support.feedback import REFERENCE
from tests.support.identity import as_person
from tests.support.petitions import OTHER, UNIT, Pages, pages, time

HEAD = as_person(Role.UNIT_HEAD, units=(UNIT,), name="Thủ trưởng Mẫu")
CLERK = as_person(Role.OFFICER, units=(UNIT,), name="Cán bộ Mẫu")
STRANGER = as_person(Role.UNIT_HEAD, units=(OTHER,), name="Thủ trưởng Khác")
DAY = {
    "kind": "reception",
    "unit": UNIT,
    "day": "2026-03-05",
    "begins": "08:00",
    "leader": "Chủ tịch UBND xã",
    "place": "Phòng tiếp công dân",
    "about": "",
    "weeks": "1",
    "once": "abc",
}
ITEM = {"kind": "petition", "text": "Đường vào thôn ngập", "once": "q", "name": "Nông Thị Mẫu"}


@pytest.fixture
async def own() -> AsyncIterator[Pages]:
    async with pages("2026-03-02 09:00") as made:
        yield made


async def enter(own: Pages, **more: str) -> str:
    """A day that is entered; the id of the first in the list."""
    entered = await own.client.post("/meetings", data={**DAY, **more}, headers=HEAD)
    assert entered.status_code == 303, entered.text
    return (await listed(own))[0]


async def listed(own: Pages, person: dict[str, str] = HEAD) -> list[str]:
    return re.findall(r'href="/meetings/(LD-[0-9a-f]+)"', (await own.client.get("/meetings", headers=person)).text)


async def posted(own: Pages, unit: str = UNIT) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await own.client.get(f"/v1/units/{unit}/meetings")).json()["items"]
    return found


async def test_a_day_that_the_head_enters_is_posted_for_everybody(own: Pages) -> None:
    await enter(own)

    assert await posted(own) == [
        {
            "kind": "reception",
            "begins": "2026-03-05T08:00:00+07:00",
            "leader": "Chủ tịch UBND xã",
            "place": "Phòng tiếp công dân",
            "about": "",
            "cancelled": False,
            "why": "",
        }
    ]
    assert await posted(own, OTHER) == []
    assert (await own.client.get("/v1/units/H99.99/meetings")).status_code == 404
    own.clock.set(time("2026-03-05 23:00"))
    assert len(await posted(own)) == 1
    own.clock.set(time("2026-03-06 00:01"))
    assert await posted(own) == []


async def test_officers_enter_no_day_and_other_units_neither_see_nor_call_it_off(own: Pages) -> None:
    meeting = await enter(own)

    assert (await own.client.post("/meetings", data=DAY, headers=CLERK)).status_code == 403
    assert (await own.client.get("/meetings")).status_code == 401
    assert await listed(own, STRANGER) == []
    assert (await own.client.get(f"/meetings/{meeting}", headers=STRANGER)).status_code == 404
    assert (await own.client.post(f"/meetings/{meeting}/cancel", data={"why": "bận"}, headers=STRANGER)).status_code == 404
    foreign = await own.client.post("/meetings", data={**DAY, "once": "f"}, headers=STRANGER)
    assert (foreign.status_code, "không được giao đơn vị này" in foreign.text) == (422, True)
    assert "Thêm vào lịch</button>" not in (await own.client.get("/meetings", headers=CLERK)).text


async def test_a_form_that_is_sent_twice_is_entered_once(own: Pages) -> None:
    await enter(own, weeks="3")
    await enter(own, weeks="3")

    assert len(await posted(own)) == 3


async def test_a_weekly_row_leaves_out_the_days_of_tet() -> None:
    async with pages("2026-01-05 09:00") as own:
        await enter(own, day="2026-02-05", weeks="4")
        assert [str(one["begins"])[:10] for one in await posted(own)] == ["2026-02-05", "2026-02-12", "2026-02-26"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unit", "H99.99", "Xin chọn một đơn vị"),
        ("day", "2026-03-07", "không phải ngày làm việc"),
        ("day", "2026-13-01", "Xin chọn ngày"),
        ("day", "2025-12-01", "không quá 30 ngày trước"),
        ("day", "2027-06-01", "một năm sau"),
        ("begins", "25:00", "Xin ghi giờ bắt đầu"),
        ("begins", "٠٨:٠٠", "Xin ghi giờ bắt đầu"),
        ("leader", "  ", "Xin ghi mục này"),
        ("leader", "a" * 101, "Dài quá 100 ký tự"),
        ("place", "", "Xin ghi mục này"),
        ("about", "a" * 301, "Dài quá 300 ký tự"),
        ("weeks", "53", "số từ 1 đến 52"),
        ("weeks", "9" * 5000, "số từ 1 đến 52"),
    ],
    ids=[
        "unit",
        "saturday",
        "no-day",
        "past",
        "far",
        "hour",
        "digits",
        "leader",
        "long",
        "place",
        "about",
        "weeks",
        "digits5000",
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_entered(own: Pages, field: str, value: str, said: str) -> None:
    told = await own.client.post("/meetings", data={**DAY, field: value}, headers=HEAD)

    assert (told.status_code, said in told.text) == (422, True)
    assert await listed(own) == []


async def test_a_dialogue_may_be_on_a_saturday(own: Pages) -> None:
    await enter(own, kind="dialogue", day="2026-03-07", about="Thu gom rác")

    assert [(one["kind"], one["about"]) for one in await posted(own)] == [("dialogue", "Thu gom rác")]


async def test_a_day_that_is_called_off_says_why_and_takes_no_items(own: Pages) -> None:
    meeting = await enter(own)
    without = await own.client.post(f"/meetings/{meeting}/cancel", data={"why": " "}, headers=HEAD)
    assert without.status_code == 409
    assert (await own.client.post(f"/meetings/{meeting}/cancel", data={"why": "Họp đột xuất"}, headers=HEAD)).status_code == 303

    assert [(one["cancelled"], one["why"]) for one in await posted(own)] == [(True, "Họp đột xuất")]
    own.clock.set(time("2026-03-05 09:00"))
    told = await own.client.post("/petitions/new", data={**ITEM, "meeting": meeting}, headers=CLERK)
    assert (told.status_code, "chưa diễn ra hoặc đã hủy" in told.text) == (422, True)
    page = (await own.client.get(f"/meetings/{meeting}", headers=CLERK)).text
    assert "Đã hủy: Họp đột xuất" in page
    assert "Thủ trưởng Mẫu" in page


async def test_a_day_that_has_begun_is_not_called_off(own: Pages) -> None:
    meeting = await enter(own)
    own.clock.set(time("2026-03-05 08:00"))
    told = await own.client.post(f"/meetings/{meeting}/cancel", data={"why": "bận"}, headers=HEAD)

    assert (told.status_code, "đã diễn ra" in told.text) == (409, True)
    assert [one["cancelled"] for one in await posted(own)] == [False]


async def test_what_was_said_has_ten_working_days_from_when_it_was_said_however_late_it_is_written_down(own: Pages) -> None:
    """R31."""
    meeting = await enter(own)
    early = await own.client.post("/petitions/new", data={**ITEM, "meeting": meeting}, headers=CLERK)
    assert (early.status_code, "chưa diễn ra" in early.text) == (422, True)
    own.clock.set(time("2026-03-10 16:00"))
    form = (await own.client.get(f"/petitions/new?meeting={meeting}", headers=CLERK)).text
    assert 'name="channel"' not in form
    entered = await own.client.post("/petitions/new", data={**ITEM, "meeting": meeting}, headers=CLERK)
    name = re.search(r"PA-[0-9]{6}-[A-Z2-7]{8}", entered.text)
    assert name is not None

    page = (await own.client.get(f"/petitions/{name.group()}", headers=CLERK)).text
    due = REFERENCE.timeline(UNIT).counted_after(time("2026-03-05 08:00").date().toordinal(), 10)
    day = type(time("2026-03-05 08:00").date()).fromordinal(due)
    assert f"{day:%d/%m/%Y}" in page
    assert "tiếp công dân" in page
    assert f'href="/meetings/{meeting}"' in page
    assert name.group() in (await own.client.get(f"/meetings/{meeting}", headers=CLERK)).text
    answered = await own.client.post(
        f"/petitions/{name.group()}/answer", data={"text": "Đã khơi cống", "decision": "resolved"}, headers=CLERK
    )
    assert answered.status_code == 303


async def test_a_denunciation_that_was_said_there_is_not_listed_for_officers(own: Pages) -> None:
    """R34."""
    meeting = await enter(own)
    own.clock.set(time("2026-03-05 09:00"))
    await own.client.post("/petitions/new", data={**ITEM, "kind": "denunciation", "meeting": meeting}, headers=CLERK)

    assert "PA-" not in (await own.client.get(f"/meetings/{meeting}", headers=CLERK)).text
    inspector = as_person(Role.INSPECTOR, units=(UNIT,), name="Thanh tra Mẫu")
    assert "PA-" in (await own.client.get(f"/meetings/{meeting}", headers=inspector)).text


async def test_script_in_words_and_an_unknown_meeting_do_nothing(own: Pages) -> None:
    await enter(own, about="<script>alert(1)</script>", leader="Chủ tịch <b>")

    assert "<script>" not in (await own.client.get("/meetings", headers=HEAD)).text
    assert (await own.client.get("/meetings/LD-0000", headers=HEAD)).status_code == 404
    assert (await own.client.get("/petitions/new?meeting=LD-0000", headers=CLERK)).status_code == 404

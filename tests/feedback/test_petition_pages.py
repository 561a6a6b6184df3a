"""What anybody and what an officer does with petitions over HTTP, and what stays secret (R34)."""

import re
from collections.abc import AsyncIterator

import pytest

from runtime.errors import Unavailable
from runtime.log import Partition
from runtime.parts import INTENTS
from runtime.web import Role
from services.feedback import petition_room
from tests.support.feedback import SETTINGS
from tests.support.identity import as_person
from tests.support.petitions import OTHER, UNIT, Pages, pages, time

CLERK = as_person(Role.OFFICER, units=(UNIT,), name="Cán bộ Mẫu")
STRANGER = as_person(Role.OFFICER, units=(OTHER,), name="Cán bộ Khác")
HEAD = as_person(Role.UNIT_HEAD, units=(UNIT,), name="Thủ trưởng Mẫu")
INSPECTOR = as_person(Role.INSPECTOR, units=(UNIT,), name="Thanh tra Mẫu")
NAME, TEXT = "Nông Thị Bí Mật", "Cán bộ X vòi vĩnh khi nhận hồ sơ"
FORM = {
    "kind": "petition",
    "unit": UNIT,
    "text": "Phải đi lại nhiều lần",
    "once": "abc",
    "name": "Nông Thị Mẫu",
    "phone": "0912 000 007",
}
WRONG = "Không có ý kiến nào mang mã này"


@pytest.fixture
async def own() -> AsyncIterator[Pages]:
    async with pages("2026-03-02 09:00") as made:
        yield made


async def send(own: Pages, **more: str) -> tuple[str, str]:
    """A form that is sent; its id and look-up code."""
    sent = await own.client.post("/gop-y", data={**FORM, **more})
    assert sent.status_code == 200, sent.text
    code = re.search(r'id="code">([A-Z2-7 ]+)<', sent.text)
    name = re.search(r"PA-[0-9]{6}-[A-Z2-7]{8}", sent.text)
    assert code is not None
    assert name is not None
    return name.group(), code.group(1)


async def do(own: Pages, name: str, action: str, person: dict[str, str] = CLERK, **fields: str) -> int:
    return (await own.client.post(f"/petitions/{name}/{action}", data=fields, headers=person)).status_code


async def status(own: Pages, code: str) -> str:
    return (await own.client.post("/gop-y/tra-cuu", data={"code": code})).text


async def test_a_petition_is_sent_found_by_its_code_answered_published_and_raised_again(own: Pages) -> None:
    name, code = await send(own)
    assert "Đã nhận, chờ thụ lý" in await status(own, code.lower())
    listed = (await own.client.get("/petitions", headers=CLERK)).text
    assert name in listed
    assert await do(own, name, "take") == 303
    assert await do(own, name, "answer", text="Đã rút gọn thủ tục", decision="resolved", upheld="yes") == 303
    answered = await status(own, code)
    assert "Đã rút gọn thủ tục" in answered
    assert await do(own, name, "publish", summary="Đi lại nhiều lần khi nộp hồ sơ") == 303
    board = (await own.client.get("/gop-y/cong-khai")).text
    assert "Đi lại nhiều lần khi nộp hồ sơ" in board
    assert "Nông Thị Mẫu" not in board + answered
    again = await own.client.post("/gop-y/bo-sung", data={"code": code, "text": "Vẫn phải đi lại"})
    assert "chờ thụ lý" in again.text
    assert "lần 2" in (await own.client.get("/petitions", headers=CLERK)).text


async def test_an_officer_goes_on_with_a_petition_once_the_log_has_what_was_said_of_it(
    own: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a store that is put back to an older copy knows what the officer did, and not what came before (R24)."""
    monkeypatch.setattr(petition_room, "UNSAID_PAUSES", (0.0,))
    name, code = await send(own)
    with monkeypatch.context() as away:
        away.setattr(own.log, "publish", _no_answer)
        assert await do(own, name, "take") == 503
    assert await do(own, name, "answer", text="Đã rút gọn thủ tục", decision="resolved") == 503
    assert "Đã rút gọn thủ tục" not in await status(own, code)

    said = await own.store.find(INTENTS, {}, limit=10)
    await own.store.delete_many(INTENTS, [intent["_id"] for intent in said])  # as when it was published again
    assert await do(own, name, "answer", text="Đã rút gọn thủ tục", decision="resolved") == 303
    assert "Đã rút gọn thủ tục" in await status(own, code)


async def test_what_was_written_for_one_round_does_not_answer_the_next(own: Pages) -> None:
    """Two officers have the same page open; one answers, it is raised again, and the other sends what he had written."""
    name, code = await send(own)
    await do(own, name, "answer", text="Đã rút gọn thủ tục", decision="resolved", round="1")
    await own.client.post("/gop-y/bo-sung", data={"code": code, "text": "Vẫn phải đi lại"})

    late = {"text": "Không có cơ sở", "decision": "explained", "round": "1"}
    said = await own.client.post(f"/petitions/{name}/answer", data=late, headers=CLERK)
    assert petition_room.ANOTHER_ROUND in said.text
    assert "Không có cơ sở" not in await status(own, code)
    assert await do(own, name, "answer", text="Không có cơ sở", decision="explained", round="2") == 303
    assert "Không có cơ sở" in await status(own, code)


async def _no_answer(_: object) -> None:
    raise Unavailable("kafka does not answer")


async def test_the_same_words_without_the_form_s_number_are_never_another_s_petition(own: Pages) -> None:
    first, second = await send(own, once=""), await send(own, once="")

    assert first[0] != second[0]
    assert first[1] != second[1]


async def test_a_form_that_is_sent_again_after_midnight_is_the_same_petition() -> None:
    async with pages("2026-03-02 23:59") as own:
        first = await send(own)
        own.clock.set(time("2026-03-03 00:01"))
        assert await send(own) == first


async def test_a_form_that_is_sent_again_where_the_clock_stands_before_midnight_is_the_same_petition() -> None:
    """The first instance's clock ran ahead, and the second's did not."""
    async with pages("2026-03-03 00:01") as own:
        first = await send(own)
        own.clock._now = time("2026-03-02 23:59")

        assert await send(own) == first


async def test_a_form_that_is_sent_twice_is_one_petition_with_one_code(own: Pages) -> None:
    first, second = await send(own), await send(own)
    other = await send(own, text="Một việc khác")

    assert first == second
    assert other[0] != first[0]
    assert (await own.client.get("/petitions", headers=CLERK)).text.count('class="code"') == 2


async def test_what_is_added_asked_or_raised_again_by_two_clicks_is_there_once(own: Pages) -> None:
    name, code = await send(own)
    added = {"code": code, "text": "Xin bổ sung", "once": "a page of status"}
    for _ in range(2):
        assert (await own.client.post("/gop-y/bo-sung", data=added)).status_code == 200
        assert await do(own, name, "ask", text="Việc xảy ra hôm nào?", once="a page of the desk") == 303
    page = (await own.client.get(f"/petitions/{name}", headers=CLERK)).text
    assert (page.count("Xin bổ sung"), page.count("Việc xảy ra hôm nào?")) == (1, 1)

    assert await do(own, name, "answer", text="Đã xử lý", decision="resolved") == 303
    again = {"code": code, "text": "Vẫn như cũ", "once": "another page of status"}
    told = [await own.client.post("/gop-y/bo-sung", data=again) for _ in range(2)]
    assert [one.status_code for one in told] == [200, 200]
    page = (await own.client.get(f"/petitions/{name}", headers=CLERK)).text
    assert (page.count("Vẫn như cũ"), "phản ánh lần 2" in page, "phản ánh lần 3" in page) == (1, True, False)
    assert await do(own, name, "answer", text="Trang đã cũ", decision="resolved", round="1") == 409
    assert await do(own, name, "answer", text="Trang mới", decision="resolved", round="2") == 303


async def test_each_page_that_more_is_written_on_has_a_number_of_its_own(own: Pages) -> None:
    name, code = await send(own)
    shown = [await status(own, code), (await own.client.get(f"/petitions/{name}", headers=CLERK)).text]
    numbers = [re.findall(r'name="once" value="([^"]{16,})"', page) for page in (*shown, await status(own, code))]

    assert all(numbers)
    assert len({one for found in numbers for one in found}) == sum(len(found) for found in numbers)


@pytest.mark.parametrize("code", ["", "AAAAAAAAAA", "x" * 5000, "<script>", "０１２３４５６７８９", "AAAAA AAAAA"])
async def test_every_wrong_code_is_answered_alike(own: Pages, code: str) -> None:
    await send(own)
    told = await own.client.post("/gop-y/tra-cuu", data={"code": code})

    assert told.status_code == 404
    assert WRONG in told.text
    assert told.text == (await own.client.post("/gop-y/tra-cuu", data={"code": "BBBBBBBBBB"})).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unit", "H99.99", "Xin chọn một đơn vị"),
        ("text", "  ", "Xin viết nội dung"),
        ("text", "a" * 8001, "Dài quá 8000 ký tự"),
        ("dossier", "H37-1", "Không phải mã hồ sơ"),
        ("phone", "0123456789", "Số điện thoại không đúng"),
        ("kind", "survey", "Xin chọn loại ý kiến"),
    ],
    ids=["unit", "empty", "long", "dossier", "phone", "kind"],
)
async def test_a_wrong_field_is_named_and_nothing_is_lost(own: Pages, field: str, value: str, said: str) -> None:
    told = await own.client.post("/gop-y", data={**FORM, field: value})

    assert told.status_code == 422
    assert said in told.text
    assert "Nông Thị Mẫu" in told.text


async def test_ten_megabytes_another_site_and_a_script_do_nothing(own: Pages) -> None:
    assert (await own.client.post("/gop-y", content=b"text=" + b"a" * 10_000_000)).status_code == 413
    foreign = await own.client.post("/gop-y", data=FORM, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    name, _ = await send(own, text="<script>alert(1)</script>")
    page = (await own.client.get(f"/petitions/{name}", headers=CLERK)).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_a_complaint_is_not_closed_as_a_petition_and_is_for_who_is_competent(own: Pages) -> None:
    """R30."""
    name, _ = await send(own, kind="complaint")

    assert (await own.client.get(f"/petitions/{name}", headers=CLERK)).status_code == 404
    assert name not in (await own.client.get("/petitions", headers=CLERK)).text
    assert (await own.client.get("/petitions?tray=complaints", headers=CLERK)).status_code == 403
    assert name in (await own.client.get("/petitions?tray=complaints", headers=HEAD)).text
    told = await own.client.post(f"/petitions/{name}/answer", data={"text": "x", "decision": "explained"}, headers=HEAD)
    assert (told.status_code, "trình tự riêng" in told.text) == (409, True)
    assert await do(own, name, "take", HEAD) == 303
    assert await do(own, name, "answer", HEAD, text="Quyết định 12", decision="resolved", **{"as": "decision"}) == 303


async def test_another_unit_and_nobody_see_nothing(own: Pages) -> None:
    name, _ = await send(own)

    assert (await own.client.get(f"/petitions/{name}", headers=STRANGER)).status_code == 404
    assert await do(own, name, "take", STRANGER) == 404
    assert (await own.client.get(f"/petitions/{name}")).status_code == 401
    assert name not in (await own.client.get("/petitions", headers=STRANGER)).text


async def test_a_denunciation_is_read_by_the_inspector_alone_who_says_what_for(own: Pages) -> None:
    """R34."""
    name, _ = await send(own, kind="denunciation", name=NAME, text=TEXT)

    assert (await own.client.get(f"/petitions/{name}", headers=HEAD)).status_code == 404
    closed = (await own.client.get(f"/petitions/{name}", headers=INSPECTOR)).text
    assert NAME not in closed
    assert TEXT not in closed
    without = await own.client.post(f"/petitions/{name}/read", data={"purpose": ""}, headers=INSPECTOR)
    assert (without.status_code, TEXT in without.text) == (409, False)
    opened = (await own.client.post(f"/petitions/{name}/read", data={"purpose": "Xác minh ban đầu"}, headers=INSPECTOR)).text
    assert NAME in opened
    assert TEXT in opened
    assert "Xác minh ban đầu" in opened
    assert (await own.store.count_by("reads", {}))[0].count == 1


async def test_who_denounces_stands_in_no_topic_log_metric_or_store_but_locked(
    own: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """R34."""
    name, code = await send(own, kind="denunciation", name=NAME, text=TEXT, address="Thôn Bí Mật")
    await own.client.post(f"/petitions/{name}/read", data={"purpose": "Xác minh ban đầu"}, headers=INSPECTOR)
    await do(own, name, "take", INSPECTOR)
    await do(own, name, "answer", INSPECTOR, text=f"Kết luận về đơn của {NAME}", decision="resolved", **{"as": "decision"})
    await status(own, code)
    await send(own, kind="petition", name=NAME, text=TEXT, once="another")

    dump = [await own.store.find(collection, {}) for collection in ("petitions", "reads", "intents", "dossiers")]
    places = {Partition(topic, 0): 0 for topic in ("feedback.v1", "contacts.v1")}
    topics = [record for records in (await own.service.parts.topics.read(places, 100)).values() for record in records]
    metrics = (await own.client.get("/metrics", headers=INSPECTOR)).text
    everything = str(dump) + str(topics) + metrics + "".join(capsys.readouterr())
    assert len(topics) >= 4
    for secret in (NAME, TEXT, "Bí Mật", "Nông Thị", code.replace(" ", ""), "vòi vĩnh"):
        assert secret not in everything
        assert secret.encode("unicode_escape").decode() not in everything
        assert str(secret.encode())[2:-1] not in everything
    vault_text = str(dump[0][0]["texts"])
    assert "locked" in vault_text
    assert SETTINGS.petition_key.get_secret_value() not in everything


async def test_nothing_of_who_stays_anonymous_is_kept(own: Pages) -> None:
    """R34."""
    name, _ = await send(own, anonymous="yes")
    document = (await own.store.get_many("petitions", [name]))[name]

    assert "who" not in document
    assert "contact" not in document


async def test_what_is_given_at_the_desk_is_recorded_with_its_person_told_by_letter(own: Pages) -> None:
    entered = await own.client.post(
        "/petitions/new",
        data={
            "kind": "contribution",
            "channel": "counter",
            "unit": UNIT,
            "text": "Tặng 10 ghế",
            "once": "q",
            "given": "goods",
            "giver": "group",
            "name": "Chi đoàn Mẫu",
            "address": "Thôn Mẫu",
        },
        headers=CLERK,
    )

    assert entered.status_code == 200
    assert "Mã tra cứu" in entered.text
    assert "Đóng góp" in (await own.client.get("/petitions?tray=given", headers=CLERK)).text
    wrong = await own.client.post("/petitions/new", data={**FORM, "channel": "counter", "unit": OTHER}, headers=CLERK)
    assert (wrong.status_code, "không được giao đơn vị này" in wrong.text) == (422, True)


async def test_guesses_of_codes_make_everybody_wait(own: Pages) -> None:
    _, code = await send(own)
    for _ in range(30):
        await status(own, "CCCCCCCCCC")
    before = own.service.parts.machine.monotonic()
    assert "chờ thụ lý" in await status(own, code)
    assert own.service.parts.machine.monotonic() - before >= 1.0


async def test_an_unknown_action_and_choice_are_refused(own: Pages) -> None:
    name, _ = await send(own)

    assert await do(own, name, "burn") == 404
    assert await do(own, name, "erase") == 404
    assert await do(own, name, "classify", kind="survey") == 422
    assert await do(own, name, "answer", decision="resolved", text="") == 409

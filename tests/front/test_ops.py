"""The pages of operations: all services at once, one that is away among them; dead letters lifted with a reason, in a name."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from runtime.web import operations
from services.front.domain.operations import kind_words, span
from services.front.http.services import Done, Kind, Letter, Letters, Lifted, Released, Standing
from services.front.store import JOURNAL
from tests.support.front import FORM, Front, form_token

KIND = {"topic": "dossiers.v1", "kind": "not a valid event", "count": 2, "first_at": "2026-03-02T09:00:00Z"}
ACT = {
    "at": "2026-03-02T09:00:00Z",
    "what": "discarded",
    "about": "dossiers.v1/0/7",
    "why": "bản ghi thử",
    "name": "Tô Văn Hành (thử)",
    "done": 1,
    "failed": 0,
}
STANDING: dict[str, Any] = {
    "service": "sla",
    "version": "1",
    "at": "2026-03-02T09:00:00Z",
    "ready": True,
    "reason": "",
    "follows": True,
    "lag": 17,
    "brake": "",
    "letters": 2,
    "kinds": [KIND],
    "numbers": {},
    "lately": [ACT],
}
QUIET = {**STANDING, "letters": 0, "kinds": [], "lately": [], "lag": 0}
LETTER = {
    "place": "dossiers.v1/0/8",
    "topic": "dossiers.v1",
    "key": "H37.12-260319-0001",
    "reason": "not a valid event: data.at: Field required",
    "first_at": "2026-03-02T09:00:00Z",
    "too_large": False,
}
UNKEYED = {**LETTER, "place": "dossiers.v1/0/9", "key": "", "too_large": True}
LIFTED = {"done": 2, "failed": [], "left": 0, "gone": 0, "stopped": ""}


def answering(front: Front, name: str, lifted: dict[str, Any] = LIFTED, **more: Any) -> Callable[[], Response]:
    """A service that stands so, has two letters, and answers an act with `lifted`."""

    def answer() -> Response:
        asked = front.behind.asked[-1]
        if asked.method == "POST":
            return JSONResponse({"reason": "9 of 10"} if "brake" in asked.path else lifted)
        listed = {"total": 2, "letters": [LETTER, UNKEYED]}
        return JSONResponse(listed if asked.path.endswith("/letters") else {**QUIET, "service": name, **more})

    return answer


@pytest.fixture
async def operator(front: Front) -> httpx.AsyncClient:
    """An operator of the province, and services without a sorrow but sla."""
    for name in front.behind.clients():
        front.behind.answers[name] = answering(front, name)
    front.behind.answers["sla"] = answering(front, "sla", **STANDING)
    return await front.log_in("hanh", name="Tô Văn Hành (thử)", roles=["operator"], units=["*"])


async def act(operator: httpx.AsyncClient, path: str, **form: str | list[str]) -> httpx.Response:
    """Send a form of this session."""
    return await operator.post(path, data={"form_token": await form_token(operator), **form}, headers=FORM)


def told(front: Front) -> list[tuple[str, str, dict[str, Any]]]:
    """What services were asked to do."""
    return [(asked.service, asked.path, json.loads(asked.body)) for asked in front.behind.asked if asked.method == "POST"]


async def test_all_services_are_on_one_page_with_their_letters_by_kind_and_who_did_what(
    front: Front, operator: httpx.AsyncClient
) -> None:
    front.behind.answers["intake"] = answering(front, "intake", follows=False, numbers={"held": 4})
    front.behind.answers["notifier"] = answering(front, "notifier", numbers={"uncertain": 2})
    front.behind.answers["reporting"] = answering(front, "reporting", numbers={"figures_seconds": 7300})
    page = await operator.get("/ops")

    assert page.status_code == 200
    for words in ("Tiếp nhận", "Hạn giải quyết", "Thư và tin nhắn", "Lấy ý kiến", "Số liệu", ">17</td>"):
        assert words in page.text
    assert "không phải sự kiện hợp lệ" in page.text
    assert 'href="/ops/sla/letters?topic=dossiers.v1&amp;kind=not%20a%20valid%20event"' in page.text
    assert '<a href="/quarantine">mục chờ kiểm tra</a>: <span class="late">4</span>' in page.text
    assert 'chưa rõ đã gửi hay chưa</a>: <span class="late">2</span>' in page.text
    assert '<span class="late">2 giờ</span>' in page.text
    assert ("bản ghi thử" in page.text, "Tô Văn Hành (thử)" in page.text) == (True, True)
    assert 'href="/ops"' in (await operator.get("/")).text


async def test_large_numbers_are_written_in_groups_and_reasons_in_vietnamese(front: Front, operator: httpx.AsyncClient) -> None:
    kind = {**KIND, "kind": "handler failed", "count": 12_345}
    released = {**ACT, "what": "released", "about": "3 of 10 records failed: could not be saved: KeyError", "done": 1234}
    replayed = {**ACT, "what": "replayed", "about": "dossiers.v1: not a valid event"}
    more: dict[str, Any] = {
        "lag": 1_234_567,
        "letters": 12_345,
        "kinds": [kind],
        "lately": [released, replayed],
        "numbers": {"held": 4321},
    }
    more |= {"ready": False, "reason": "has not joined its consumer group"}
    front.behind.answers["sla"] = answering(front, "sla", **more)
    page = await operator.get("/ops")

    for words in (
        ">1.234.567</td>",
        ">12.345</a>",
        ">12.345</td>",
        ">4.321</span>",
        "xong 1.234",
        "chưa sẵn sàng: chưa vào nhóm đọc topic của mình",
        "3 trên 10 bản ghi hỏng: kho dữ liệu không nhận: KeyError",
        "dossiers.v1: không phải sự kiện hợp lệ",
    ):
        assert words in page.text, words


async def test_a_service_that_is_away_is_said_and_the_others_are_shown(front: Front, operator: httpx.AsyncClient) -> None:
    front.behind.away.add("notifier")
    title = "Hệ thống tạm thời không ghi được, xin gửi lại / unavailable"
    front.behind.answers["feedback"] = lambda: JSONResponse({"title": title, "detail": "mongodb: away"}, 503)
    front.behind.answers["reporting"] = lambda: Response("no json")
    front.behind.answers["intake"] = lambda: JSONResponse({"detail": ""}, 404)
    page = await operator.get("/ops")

    assert page.status_code == 200
    assert "Phần Thư và tin nhắn (notifier) chưa xem được: không trả lời" in page.text
    assert "Phần Lấy ý kiến (feedback) chưa xem được: kho dữ liệu không trả lời: mongodb, away" in page.text
    assert "Phần Số liệu (reporting) chưa xem được: trả lời không đúng dạng" in page.text
    assert "Phần Tiếp nhận (intake) chưa xem được: trả lời 404" in page.text
    assert "không phải sự kiện hợp lệ" in page.text


async def test_operations_are_for_operators_and_administrators_of_the_whole_province(front: Front) -> None:
    somewhere = await front.log_in("a", roles=["operator"], units=["H56.1"])
    officer = await front.log_in("b", roles=["officer", "unit-head", "inspector"], units=["*"])
    administrator = await front.log_in("c", roles=["administrator"], units=["*"])
    form = {"place": "x/0/1", "what": "replayed", "why": "thử"}

    for stranger in (somewhere, officer):
        assert (await stranger.get("/ops")).status_code == 403
        assert (await stranger.get("/ops/sla/letters")).status_code == 403
        assert (await act(stranger, "/ops/sla/letters", **form)).status_code == 403
        assert (await act(stranger, "/ops/sla/brake", why="thử")).status_code == 403
    assert (await administrator.get("/ops")).status_code == 200
    assert (await administrator.get("/ops/nobody/letters")).status_code == 404
    assert (await act(administrator, "/ops/nobody/letters", **form)).status_code == 404
    assert (await act(administrator, "/ops/sla/letters", **(form | {"what": "eaten"}))).status_code == 404
    assert told(front) == []


async def test_letters_of_a_kind_are_shown_without_their_records_and_replayed_in_the_operators_name(
    front: Front, operator: httpx.AsyncClient
) -> None:
    page = await operator.get("/ops/sla/letters", params={"topic": "dossiers.v1", "kind": "not a valid event"})
    done = await act(
        operator, "/ops/sla/letters", topic="dossiers.v1", kind="not a valid event", all="1", what="replayed", why="  đã  sửa "
    )
    some = await act(operator, "/ops/sla/letters", place=["dossiers.v1/0/8", "dossiers.v1/0/9"], what="replayed", why="đã sửa")

    assert "không phải sự kiện hợp lệ: data.at: thiếu" in page.text
    assert ("H37.12-260319-0001" in page.text, "khóa không phải mã hồ sơ" in page.text) == (True, True)
    assert "Tất cả 2 bản ghi loại này" in page.text
    assert [answer.headers["location"] for answer in (done, some)] == ["/ops", "/ops"]
    wanted = {"what": "replayed", "why": "đã sửa"}
    assert told(front) == [
        ("sla", "/v1/operations/letters", {"kind": "not a valid event", "topic": "dossiers.v1", **wanted}),
        ("sla", "/v1/operations/letters", {"places": ["dossiers.v1/0/8", "dossiers.v1/0/9"], **wanted}),
    ]
    lines = [line for line in await front.store.find(JOURNAL, {}) if line["what"] == "change"]
    assert [(line["name"], line["path"], line["status"]) for line in lines] == [
        ("Tô Văn Hành (thử)", "/ops/sla/letters", 200)
    ] * 2


async def test_what_is_discarded_is_asked_about_first(front: Front, operator: httpx.AsyncClient) -> None:
    form = {"place": "dossiers.v1/0/8", "what": "discarded", "why": "bản ghi thử"}
    asked = await act(operator, "/ops/sla/letters", **form)
    nothing_yet = told(front)
    done = await act(operator, "/ops/sla/letters", **(form | {"sure": "1"}))

    assert (asked.status_code, "không lấy lại được" in asked.text, nothing_yet) == (200, True, [])
    assert 'name="place" value="dossiers.v1/0/8"' in asked.text
    assert done.status_code == 303
    assert told(front)[0][2] == {"places": ["dossiers.v1/0/8"], "what": "discarded", "why": "bản ghi thử"}


async def test_without_a_choice_or_a_reason_nothing_is_done_and_what_was_chosen_is_kept(
    front: Front, operator: httpx.AsyncClient
) -> None:
    nothing = await act(operator, "/ops/sla/letters", what="replayed", why="đã sửa")
    no_reason = await act(operator, "/ops/sla/letters", what="replayed", place="dossiers.v1/0/9", why=" ")

    assert (nothing.status_code, no_reason.status_code) == (422, 422)
    assert ('href="#f-place"' in nothing.text, 'value="đã sửa"' in nothing.text) == (True, True)
    assert 'aria-invalid="true" aria-describedby="why-fault"' in no_reason.text
    assert 'value="dossiers.v1/0/9" checked' in no_reason.text
    assert told(front) == []


async def test_what_still_cannot_be_handled_and_what_others_did_is_said_beside_the_rest(
    front: Front, operator: httpx.AsyncClient
) -> None:
    failed = [{"place": "dossiers.v1/0/8", "why": "not a valid event: data.at: Field required"}]
    lifted = {"done": 1, "failed": failed, "left": 3, "gone": 1, "stopped": "kafka: away"}
    front.behind.answers["sla"] = answering(front, "sla", lifted, **STANDING)
    page = await act(operator, "/ops/sla/letters", place="dossiers.v1/0/8", what="replayed", why="đã sửa")

    assert page.status_code == 200
    for words in (
        "Đã xong 1 bản ghi",
        "1 bản ghi vẫn chưa xử lý được",
        "Vẫn chưa được: không phải sự kiện hợp lệ: data.at: thiếu",
        "1 bản ghi đã được người khác xử lý trước",
        "Dừng giữa chừng: Kafka không trả lời: away",
        "Còn 3 bản ghi đang chờ",
    ):
        assert words in page.text


async def test_a_service_that_does_not_answer_leaves_it_open_whether_it_was_done_and_one_that_refuses_does_not(
    front: Front, operator: httpx.AsyncClient
) -> None:
    form = {"place": "dossiers.v1/0/8", "what": "replayed", "why": "đã sửa"}
    token = await form_token(operator)
    front.behind.away.add("sla")
    away = await operator.post("/ops/sla/letters", data={"form_token": token, **form}, headers=FORM)
    listed = await operator.get("/ops/sla/letters")
    front.behind.away.clear()
    front.behind.answers["sla"] = lambda: JSONResponse({"title": "Không nhận / no", "detail": ""}, 422)
    refused = await operator.post("/ops/sla/letters", data={"form_token": token, **form}, headers=FORM)

    assert (away.status_code, "Chưa rõ việc vừa gửi đã làm hay chưa" in away.text) == (503, True)
    assert (listed.status_code, "Chưa rõ việc" in listed.text) == (503, False)
    assert (refused.status_code, "Dịch vụ sla: Không nhận." in refused.text) == (422, True)
    lines = [line for line in await front.store.find(JOURNAL, {}) if line["what"] == "change"]
    assert sorted(line["status"] for line in lines) == [0, 422]


async def test_a_brake_is_shown_and_released_with_a_reason(front: Front, operator: httpx.AsyncClient) -> None:
    front.behind.answers["sla"] = answering(
        front, "sla", **{**STANDING, "brake": "9 of 10 records failed: handler failed: KeyError"}
    )
    page = await operator.get("/ops")
    without = await act(operator, "/ops/sla/brake", why="")
    released = await act(operator, "/ops/sla/brake", why="đã triển khai bản sửa")

    assert "Phần Hạn giải quyết đang phanh" in page.text
    assert "9 trên 10 bản ghi hỏng: dịch vụ gặp lỗi khi xử lý: KeyError" in page.text
    assert (without.status_code, "Hãy ghi lý do." in without.text) == (422, True)
    assert (released.status_code, released.headers["location"]) == (303, "/ops")
    assert told(front) == [("sla", "/v1/operations/brake/release", {"why": "đã triển khai bản sửa"})]


async def test_a_form_of_another_site_or_session_lifts_nothing(front: Front, operator: httpx.AsyncClient) -> None:
    form = {"place": "dossiers.v1/0/8", "what": "replayed", "why": "thử"}
    foreign = await operator.post(
        "/ops/sla/letters",
        data={"form_token": await form_token(operator), **form},
        headers={**FORM, "origin": "http://evil.test"},
    )
    old = await operator.post("/ops/sla/letters", data={"form_token": "x", **form}, headers=FORM)

    assert (foreign.status_code, old.status_code, told(front)) == (403, 403, [])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 giây"), (59, "59 giây"), (60, "1 phút"), (7300, "2 giờ"), (86_399, "23 giờ"), (200_000, "2 ngày")],
)
def test_a_time_is_said_in_one_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_kind_that_no_list_knows_is_shown_as_it_is() -> None:
    assert [kind_words(kind) for kind in ("handler failed", "lạ", "")] == ["dịch vụ gặp lỗi khi xử lý", "lạ", "không ghi lý do"]


def test_what_the_services_answer_is_what_the_front_reads() -> None:
    said: dict[str, type[BaseModel]] = {
        "Standing": operations.Standing,
        "Kind": operations.Kind,
        "Done": operations.Done,
        "Letter": operations.DeadLetter,
    }
    said |= {"Letters": operations.LettersAnswer, "Lifted": operations.LiftedAnswer, "Released": operations.Released}
    for model in (Standing, Kind, Done, Letter, Letters, Lifted, Released):
        assert model.model_fields.keys() <= said[model.__name__].model_fields.keys(), model.__name__
    assert {"kind", "topic", "places", "what", "why"} == operations.Lift.model_fields.keys()

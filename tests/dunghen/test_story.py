"""The story of a dossier: in the order in which things happened, in Vietnamese, with what waits for a person."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts import Event, EventData, encode
from contracts.deadlines import AcceptanceStated, DeadlineOverdue, DeadlineSet, DeadlineWarned
from dunghen import PROVINCE
from dunghen.answers import KeptItem
from dunghen.sentences import sentence_of
from dunghen.story import Line, story_of
from reference import ReferenceData, load_reference
from runtime.kafka_admin import LogRecord
from services.intake.domain import HELD
from tests.support.dossiers import DOSSIER, at, fact, received, submitted


@pytest.fixture(scope="module")
def reference() -> ReferenceData:
    """The demo's province."""
    return load_reference(PROVINCE)


def by_sla(data: EventData, recorded: datetime) -> Event:
    """An event of sla, whatever its id."""
    return Event(str(UUID(int=hash((type(data), recorded)) % 2**128)), "/sla", data.TYPE, DOSSIER, recorded, data)


def record(topic: str, event: Event) -> LogRecord:
    """An event in the log."""
    return LogRecord(topic, 0, 0, 0, event.subject.encode(), encode(event))


def letter(key: bytes, value: bytes, when: datetime, **headers: str) -> LogRecord:
    """A record of sla's dead letters about dossiers.v1/3/7."""
    place = {"source-topic": "dossiers.v1", "source-partition": "3", "source-offset": "7"}
    return LogRecord("sla.dlq", 0, 0, int(when.timestamp() * 1000), key, value, {**place, **headers})


def set_to(due: datetime, recorded: datetime) -> Event:
    """A promise."""
    stated = DeadlineSet(at=at(2), version=1, unit="H37.12", due_at=due, basis="computed", calendar_version="1")
    return by_sla(stated, recorded)


def texts(lines: list[Line]) -> list[str]:
    """The sentences alone."""
    return [line.text for line in lines]


@pytest.mark.parametrize(
    ("warned", "says"),
    [
        ({"rung": "24h"}, "Cảnh báo cán bộ: còn 24 giờ làm việc đến hạn 09:00 thứ Hai 09/03/2026."),
        ({"rung": "24h/2"}, "Cảnh báo cán bộ: còn 24 giờ làm việc đến hạn đã hẹn lại 09:00 thứ Hai 09/03/2026."),
        (
            {"rung": "step/3", "step": "Thẩm định", "department": "Văn phòng"},
            "Cảnh báo cán bộ: bước “Thẩm định” (Văn phòng) đã hết thời hạn riêng, hạn chung 09:00 thứ Hai 09/03/2026.",
        ),
    ],
)
def test_a_warning_is_said_without_its_code(warned: dict[str, Any], says: str, reference: ReferenceData) -> None:
    data = DeadlineWarned(at=at(4), unit="H37.12", due_at=at(9), **warned)

    assert sentence_of(data, data.TYPE, reference) == says


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"outcome": "waiting"}, "Chờ tiếp nhận: cần trả lời trước 09:30 thứ Ba 03/03/2026."),
        ({"outcome": "overdue"}, "Quá hạn tiếp nhận 09:30 thứ Ba 03/03/2026: chưa có trả lời."),
        (
            {"outcome": "on_time", "state": 5, "answered_at": at(2, "11:00")},
            "Hết chờ tiếp nhận (yêu cầu bổ sung giấy tờ), hạn 09:30 thứ Ba 03/03/2026: đúng hạn.",
        ),
        (
            {"outcome": "late", "state": 2, "answered_at": at(4)},
            "Hết chờ tiếp nhận (đã tiếp nhận), hạn 09:30 thứ Ba 03/03/2026: quá hạn.",
        ),
        ({"outcome": "void"}, "Thông tin mới đăng ký được rút lại: không còn chờ tiếp nhận."),
    ],
)
def test_the_time_to_accept_is_said_without_codes(stated: dict[str, Any], says: str, reference: ReferenceData) -> None:
    times: dict[str, Any] = {} if stated["outcome"] == "void" else {"since": at(2), "due_at": at(3, "09:30")}
    data = AcceptanceStated(at=at(2), version=1, unit="H37.12", **times, **stated)

    assert sentence_of(data, data.TYPE, reference) == says


def test_a_submission_names_who_has_to_accept_it(reference: ReferenceData) -> None:
    data = submitted().data

    assert (
        sentence_of(data, submitted().type, reference) == "Mới đăng ký: Đăng ký kết hôn, UBND xã Hoàng Vân xem xét tiếp nhận."
    )


def test_a_second_date_that_has_passed_is_called_one(reference: ReferenceData) -> None:
    data = DeadlineOverdue(at=at(9), unit="H37.12", due_at=at(9), tier=2)

    assert sentence_of(data, data.TYPE, reference) == "Quá hạn đã hẹn lại 09:00 thứ Hai 09/03/2026."


def test_what_was_reported_late_stands_where_it_happened_and_says_when_it_was_heard_of(reference: ReferenceData) -> None:
    completed = fact("completed", at(5, "10:00"))
    late = Event(completed.id, completed.source, completed.type, DOSSIER, at(6, "08:30"), completed.data)
    overdue = by_sla(DeadlineOverdue(at=at(5, "16:00"), unit="H37.12", due_at=at(5, "16:00")), at(5, "16:00"))
    log = [record("deadlines.v1", overdue), record("dossiers.v1", late), record("dossiers.v1", received())]

    lines = story_of(DOSSIER, log, reference)

    assert [line.at for line in lines] == [at(2), at(5, "10:00"), at(5, "16:00")]
    assert texts(lines)[1] == "Đã xử lý xong."
    assert lines[1].reasons == ("Hệ thống nhận được thông tin này lúc 08:30 thứ Sáu 06/03/2026.",)


def test_a_refused_dossier_is_said_to_have_no_date_any_more(reference: ReferenceData) -> None:
    log = [
        record("deadlines.v1", set_to(at(9), at(2))),
        record("dossiers.v1", received()),
        record("dossiers.v1", fact("refused", at(3))),
    ]

    lines = story_of(DOSSIER, log, reference)

    assert texts(lines)[-1] == "Không tiếp nhận hồ sơ."
    assert lines[-1].reasons == ("Hồ sơ không được tiếp nhận: ngày hẹn trả đã ghi không còn hiệu lực.",)
    assert story_of(DOSSIER, log[2:], reference)[0].reasons == ()  # nobody was promised anything


def test_dead_letters_of_a_dossier_are_told_with_what_became_of_them(reference: ReferenceData) -> None:
    value = encode(received())
    for key in (DOSSIER.encode(), b""):  # a record without a key names its dossier in its content
        log = [
            letter(key, value, at(3), reason="not a valid event: data.channel"),
            letter(key, b"", at(4), settled="discarded"),
        ]
        lines = story_of(DOSSIER, log, reference)

        assert texts(lines) == [
            "Một bản ghi không xử lý được, bị giữ lại ở dossiers.v1/3/7.",
            "Bản ghi bị giữ lại dossiers.v1/3/7 đã được bỏ.",
        ]
        assert lines[0].source == "sla"
        assert lines[0].reasons[0] == "Lý do kỹ thuật: not a valid event: data.channel"


def test_a_dead_letter_of_another_dossier_is_not_told(reference: ReferenceData) -> None:
    assert story_of(DOSSIER, [letter(b"H37.12-260302-0002", b"{", at(3), reason="x")], reference) == []


def test_what_intake_keeps_for_a_person_is_told_at_its_time(reference: ReferenceData) -> None:
    kept = KeptItem(
        id="0b3e", at=int(at(3).timestamp() * 1000), system="motcua", dossier=DOSSIER, reason="unknown-procedure",
        field="procedure", item={"procedure": "9.999999"},
    )  # fmt: skip
    other = kept.model_copy(update={"dossier": "H37.12-260302-0002"})

    (line,) = story_of(DOSSIER, [], reference, [kept, other])

    assert (line.at, line.source) == (at(3), "intake")
    assert line.text == ("Chưa nhận, được giữ lại chờ kiểm tra: mã thủ tục không có trong danh mục (procedure: 9.999999).")
    assert "0b3e" in line.reasons[0]


def test_an_event_of_a_newer_release_is_told_by_its_type(reference: ReferenceData) -> None:
    raw = encode(received()).replace(b"vn.dunghen.dossier.received.v1", b"vn.dunghen.dossier.praised.v1")

    (line,) = story_of(DOSSIER, [LogRecord("dossiers.v1", 0, 0, 0, DOSSIER.encode(), raw)], reference)

    assert line.text == "Sự kiện mà phiên bản này chưa biết: dossier.praised.v1."


def test_a_limit_of_half_a_day_is_said_as_people_say_it(reference: ReferenceData) -> None:
    raw = encode(received()).replace(b"received.v1", b"received.v2").replace(b'"value":5', b'"value":"0.5"')

    (line,) = story_of(DOSSIER, [LogRecord("dossiers.v1", 0, 0, 0, DOSSIER.encode(), raw)], reference)

    assert "thời hạn nửa ngày làm việc" in line.text


def test_every_reason_for_which_intake_keeps_an_item_has_words() -> None:
    sources = [path.read_text("utf-8") for path in (Path(__file__).parents[2] / "services/intake").rglob("*.py")]
    reasons = {reason for text in sources for reason in re.findall(r'Quarantined\("([a-z-]+)"', text)}

    assert reasons
    assert reasons <= HELD.keys()

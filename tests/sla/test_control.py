"""The control sheet (Mẫu 06): a dossier's way line by line, what kept its time, and nobody's name."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from pypdf import PdfReader

from contracts import Event
from services.control_sheet import render
from services.sla.control import Made, words_of
from services.sla.domain.control import ControlSheet, Hand, control_sheet
from services.sla.store import load
from tests.support.dossiers import DOSSIER, at, fact, received, submitted
from tests.support.sla import CONTEXT, REFERENCE, play


def ms(day: int, time: str = "09:00") -> int:
    """As documents keep a moment of March 2026."""
    return round(at(day, time).timestamp() * 1000)


def sheet_of(events: Sequence[Event]) -> ControlSheet | None:
    """The sheet after some events."""
    return control_sheet(load(play(events)[0]), CONTEXT.ground)


def step(number: int, day: int, **more: Any) -> Event:
    """A step of the handling."""
    return fact("progressed", at(day), occasion=str(number), step=f"Bước {number}", department=f"Phòng {number}", **more)


LIFE = [
    received(),
    step(1, 3, step_due_at=at(4)),
    step(2, 4, step_due_at=at(4, "16:00")),
    step(3, 5, step_due_at=at(9)),
    fact("completed", at(6)),
    fact("returned", at(9)),
]


def test_each_step_says_whether_it_kept_its_own_limit_and_the_end_whether_the_promise_was() -> None:
    sheet = sheet_of(LIFE)

    assert sheet is not None
    assert (sheet.code, sheet.unit, sheet.procedure) == (DOSSIER, "H37.12", "1.000894")
    assert (sheet.received_at, sheet.due) == (ms(2), ms(9))
    assert sheet.hands == (
        Hand(ms(2), "", "Tiếp nhận hồ sơ"),
        Hand(ms(3), "Phòng 1", "Bước 1", "on_time"),
        Hand(ms(4), "Phòng 2", "Bước 2", "late"),
        Hand(ms(5), "Phòng 3", "Bước 3", "early"),
        Hand(ms(6), "", "Giải quyết xong, chuyển kết quả", "early"),
        Hand(ms(9), "", "Trả kết quả"),
    )


def test_the_step_it_is_in_and_one_without_a_limit_have_no_result() -> None:
    sheet = sheet_of([received(), step(1, 3), step(2, 4, step_due_at=at(4, "10:00"))])

    assert sheet is not None
    assert [hand.result for hand in sheet.hands] == [None, None, None]


def test_waits_and_new_dates_are_lines_of_the_way() -> None:
    sheet = sheet_of(
        [
            received(),
            fact("supplement-requested", at(3)),
            fact("supplemented", at(3, "10:00")),
            fact("fee-requested", at(4)),
            fact("fee-paid", at(4, "10:00")),
            fact("suspended", at(5)),
            fact("resumed", at(5, "10:00")),
            fact("suspended", at(6), occasion="2", reason="force_majeure", decision="QĐ 1"),
            fact("reappointed", at(6, "10:00"), new_due_at=at(16).isoformat()),
            fact("stopped", at(9)),
            fact("withdrawn", at(10)),
        ]
    )

    assert sheet is not None
    assert [hand.what for hand in sheet.hands] == [
        "Tiếp nhận hồ sơ",
        "Yêu cầu bổ sung, hoàn thiện hồ sơ",
        "Hồ sơ đã được bổ sung",
        "Yêu cầu thực hiện nghĩa vụ tài chính",
        "Đã thực hiện nghĩa vụ tài chính",
        "Chuyển lấy ý kiến cơ quan khác",
        "Tiếp tục giải quyết",
        "Dừng vì bất khả kháng",
        "Hẹn lại ngày trả kết quả: 09:00 thứ Hai 16/03/2026",
        "Dừng giải quyết hồ sơ",
        "Công dân rút hồ sơ",
    ]
    assert [hand.result for hand in sheet.hands[-2:]] == ["early", None]  # the earlier of the two ended it


def test_what_was_taken_back_is_no_line_and_what_was_corrected_is_one() -> None:
    corrected = fact("completed", at(6, "10:00"), version=2)
    sheet = sheet_of([*LIFE, corrected, fact("retracted", at(3), version=2, fact="progressed")])

    assert sheet is not None
    assert [(hand.at, hand.what) for hand in sheet.hands] == [
        (ms(2), "Tiếp nhận hồ sơ"),
        (ms(4), "Bước 2"),
        (ms(5), "Bước 3"),
        (ms(6, "10:00"), "Giải quyết xong, chuyển kết quả"),
        (ms(9), "Trả kết quả"),
    ]


@pytest.mark.parametrize(
    "events", [[submitted()], [fact("completed", at(3))], [received(), fact("refused", at(3))]], ids=["1", "9", "3"]
)
def test_what_was_not_accepted_has_no_sheet(events: Sequence[Event]) -> None:
    assert sheet_of(events) is None


def text_of(pdf: bytes) -> str:
    """What a reader finds in it, blanks made one."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_printed_sheet_has_the_parts_of_the_form_and_room_for_names() -> None:
    sheet = sheet_of(LIFE)
    assert sheet is not None
    made = Made(at(10), REFERENCE)
    pdf = render(words_of(sheet, made))
    text = text_of(pdf)

    assert pdf == render(words_of(sheet, made))
    for words in (
        "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
        f"Mã hồ sơ: {DOSSIER}",
        "Kèm theo hồ sơ của: ....",
        "Số điện thoại: ....",
        "Đăng ký kết hôn (1.000894)",
        "09 giờ 00 phút, ngày 02/03/2026",
        "Thời gian hẹn trả kết quả: 09 giờ 00 phút, ngày 09/03/2026",
        "Phòng 2, UBND xã Hoàng Vân",
        "Quá hạn",
        "Người giao:",
        "Người nhận:",
        "Lập lúc 09:00 ngày 10/03/2026",
    ):
        assert words in text, words


def test_a_long_life_goes_on_with_its_heads_on_the_next_page_and_unknown_words_stay_words() -> None:
    odd: dict[str, Any] = {"procedure": "9.999999", "competent_unit": "H37.99"}
    steps = [
        fact("progressed", at(3, f"08:{n:02}"), occasion=str(n), step='#panic() $x$ "*', department=None) for n in range(40)
    ]
    sheet = sheet_of([received(**odd), *steps, fact("supplement-requested", at(4))])
    assert sheet is not None
    pdf = render(words_of(sheet, Made(at(10), REFERENCE)))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]

    assert sheet.due is None
    assert len(pages) > 3
    assert all("TÊN CƠ QUAN" in page for page in pages)
    assert all(words in text_of(pdf) for words in ("9.999999", "H37.99", '#panic() $x$ "*', "hẹn trả kết quả: ...."))

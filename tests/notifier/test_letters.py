"""The apology letter: drafted in time, signed once, numbered without holes, and what it says."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest

from contracts import Event
from contracts.deadlines import (
    DeadlineOverdue,
    DeadlineRefused,
)
from runtime.clock import epoch_ms
from runtime.outputs import Decision, Output
from runtime.store import Document, open_documents
from runtime.typeset import serif
from services.notifier import store
from services.notifier.domain import Person
from services.notifier.domain.letter_text import Decided, Subject, compose, long_date
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.signing import Approval
from services.notifier.pdf import render
from services.notifier.register import bind
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, approve, claimed, context, desk, handle, issue, reject, text_of, view
from tests.support.notifier_hears import DONE, DUE, NEAR, OVER, PROMISED, REFUSED, contact, promise, said, settled, sla

SIGNED = Approval("workload", "Hoàng Đức Giả Định", new_due_at=at(11))


def play(events: Sequence[Event], document: Document | None = None, now: datetime = at(5)) -> tuple[Document, list[Output]]:  # noqa: B008
    current: Document = document or {"_id": DOSSIER, "rev": 0}
    outputs: list[Output] = []
    for event in events:
        decision = handle(current, event, context(now))
        current = decision.document
        outputs += decision.outputs
    return current, outputs


def drafted(*more: Event) -> Document:
    return play([PROMISED, contact(), promise(1, DUE), NEAR, *more])[0]


def signed() -> Document:
    return approve(drafted(), SIGNED, context(at(6))).document


def test_a_dossier_about_to_be_late_gets_one_draft_however_often_it_is_said() -> None:
    document, outputs = play([PROMISED, promise(1, DUE), NEAR, NEAR, OVER, OVER])

    assert said(outputs) == ["drafted"]
    assert outputs[0].body["data"]["sign_by"] == at(6).isoformat()
    assert document["letter"]["s"] == "drafted"


def test_without_an_early_warning_the_passed_date_drafts_the_letter() -> None:
    assert said(play([PROMISED, promise(1, DUE), OVER])[1]) == ["drafted"]
    assert said(play([PROMISED, promise(1, DUE), settled(1, "late", at(10))])[1]) == ["drafted"]


def test_a_dossier_that_settles_in_time_takes_its_draft_back() -> None:
    document, outputs = play([settled(1, "on_time", at(6))], drafted())

    assert said(outputs) == ["withdrawn"]
    with pytest.raises(NotAllowedError, match="state"):
        approve(document, SIGNED, context(at(6)))
    assert said(play([OVER], document)[1]) == []  # it has ended: nothing is late any more


def test_an_end_that_was_taken_back_puts_the_draft_back_on_the_desk() -> None:
    document, outputs = play([settled(1, "on_time", at(6)), settled(2, "open", at(6))], drafted())

    assert said(outputs) == ["withdrawn", "drafted"]
    assert document["letter"]["n"] == 2


def test_history_is_silent_for_letters_too() -> None:
    unit = REFERENCE.units["H37.12"].model_copy(update={"go_live": at(20)})
    before = replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit})
    early = handle({"_id": DOSSIER, "rev": 0}, OVER, context(at(25), before))
    stale = sla(DeadlineOverdue, DUE, recorded=DUE + timedelta(hours=49), due_at=DUE)
    old, outputs = play([stale, stale, OVER])

    assert said(list(early.outputs)) == ["skipped before-go-live"]
    assert said(outputs) == ["skipped too-old"]
    assert "letter" not in old


def test_a_signature_asks_sla_for_the_new_date_and_the_answer_lets_the_letter_go() -> None:
    asked = approve(drafted(), SIGNED, context(at(6)))
    waiting, _ = play([promise(2, at(10))], asked.document)  # another date than the one asked for is no answer
    answered, outputs = play([promise(3, at(11), "reappointed")], waiting)

    assert said(list(asked.outputs)) == ["approved workload"]
    assert asked.outputs[0].body["data"]["new_due_at"] == at(11).isoformat()
    assert waiting["letter"]["s"] == "approved"
    assert (answered["letter"]["s"], outputs) == ("issuing", [])


def sent(number: int = 5) -> Decision:
    return issue(play([promise(2, at(11), "reappointed")], signed())[0], number, 2026, context(at(6, "10:00")))


def test_an_issued_letter_is_numbered_once_and_the_citizen_is_told_by_sms() -> None:
    decision = sent()
    _, sms = claimed(decision.document, desk(at(6, "10:00")), "apology")

    assert said(list(decision.outputs)) == ["sent", "queued"]
    assert decision.outputs[0].body["data"]["number"] == 5
    assert issue(decision.document, 6, 2026, context(at(7))).document is decision.document
    assert sms.text == (
        "UBND xa Hoang Van xin loi vi tra ket qua ho so H37.12-260302-0001 tre hen. "
        "Hen lai: 09:00 ngay 11/03/2026. Van ban so 05/PXL."
    )


def test_a_refused_date_brings_the_letter_back_and_it_can_go_without_a_date() -> None:
    waiting = signed()
    foreign, nothing = play([sla(DeadlineRefused, at(6), correlation="another", **REFUSED)], waiting)
    back, outputs = play([sla(DeadlineRefused, at(6), correlation=waiting["letter"]["ask"], **REFUSED)], waiting)
    again = approve(back, Approval("workload", "x"), context(at(6)))

    assert (foreign, nothing) == (waiting, [])
    assert said(outputs) == ["drafted"]
    assert "R16" in view(back, context(at(6))).refusal
    assert "new_due_at" not in again.outputs[0].body["data"]
    assert again.document["letter"]["s"] == "issuing"


def test_neither_letter_nor_message_says_the_date_that_was_refused() -> None:
    """R16."""
    waiting = signed()
    back, _ = play([sla(DeadlineRefused, at(6), correlation=waiting["letter"]["ask"], **REFUSED)], waiting)
    left_over = {**back, "letter": {**back["letter"], "new_due": epoch_ms(at(11)), "reason": "workload", "by": "x"}}

    for document in (back, left_over):
        again = approve(document, Approval("workload", "x"), context(at(7)))
        decision = issue(again.document, 5, 2026, context(at(7)))
        _, sms = claimed(decision.document, desk(at(7)), "apology")
        text = text_of(decision.document, desk(at(7)))
        assert text is not None

        assert "new_due" not in decision.document["letter"]
        assert "new_due_at" not in decision.outputs[0].body["data"]
        assert "Hen lai" not in sms.text
        assert "hẹn lại" not in "".join(text.paragraphs)


def test_a_refusal_is_read_by_its_code_and_only_without_one_by_the_head_of_its_words() -> None:
    ask = signed()["letter"]["ask"]
    of_an_earlier_release = {"rule": REFUSED["rule"], "text": REFUSED["text"]}
    other = {**REFUSED, "code": "R15"}
    old, new = (
        play([sla(DeadlineRefused, at(6), correlation=ask, **said_)], signed())[0] for said_ in (of_an_earlier_release, other)
    )
    stored = {**old, "letter": {**old["letter"], "refusal": old["letter"]["refusal"][:2]}}  # as that release kept it

    assert [view(document, context(at(6))).needs_date for document in (old, stored, new)] == [False, False, True]


def test_a_letter_of_a_dossier_that_ended_late_promises_nothing() -> None:
    document = drafted(settled(1, "late", at(10)))
    decision = approve(document, Approval("own-error", "x"), context(at(10)))

    assert decision.document["letter"]["s"] == "issuing"
    assert not view(document, context(at(10))).needs_date


@pytest.mark.parametrize(
    ("new_due", "rule"),
    [
        (None, "Thiếu thời gian"),
        (at(5), "sau lúc ký"),
        (DUE, "sau ngày hẹn đang có hiệu lực"),
        (at(14), "ngày làm việc"),  # a Saturday
        (at(11, "23:30"), "trong giờ làm việc. Gần nhất có thể hẹn: 17:00 thứ Tư 11/03/2026."),
        (at(9, month=4), "quá xa"),
        (datetime(2036, 3, 4, 9, tzinfo=UTC), "quá xa"),
        (datetime.max.replace(tzinfo=UTC), "quá xa"),
        (datetime.min.replace(tzinfo=UTC), "sau lúc ký"),
    ],
)
def test_a_new_date_has_to_be_a_later_working_day(new_due: datetime | None, rule: str) -> None:
    """R15."""
    with pytest.raises(NotAllowedError) as error:
        approve(drafted(), Approval("workload", "x", new_due_at=new_due), context(at(6)))

    assert rule in error.value.text


def test_a_paused_an_incomplete_and_an_unsigned_body_keep_the_letter_on_the_desk() -> None:
    bare = REFERENCE.units["H37.12"].model_copy(update={"letterhead": None})
    reference = replace(REFERENCE, units={**REFERENCE.units, "H37.12": bare})
    cases = (
        (drafted(promise(2, None)), context(at(6)), "paused"),
        ({**drafted(), "incomplete": ["dossiers.v1/0/1"]}, context(at(6)), "incomplete"),
        (drafted(), context(at(6), reference), "letterhead"),
        ({"_id": DOSSIER, "rev": 0}, context(at(6)), "state"),
    )
    for document, circumstances, rule in cases:
        with pytest.raises(NotAllowedError, match=rule):
            approve(document, SIGNED, circumstances)


def test_a_rejected_draft_stays_rejected_unless_the_dossier_is_late_after_all() -> None:
    """R19."""
    in_time = reject(drafted(), "in-time", "x", context(at(6)))
    exempt = reject(drafted(), "force-majeure", "x", context(at(6)))

    assert said(list(in_time.outputs)) == ["rejected in-time"]
    assert said(play([OVER], in_time.document)[1]) == ["drafted"]
    assert said(play([OVER], exempt.document)[1]) == []


async def test_numbers_run_from_one_per_body_and_year_without_hole_and_a_letter_keeps_its_own(tmp_path: Path) -> None:
    """R22."""
    documents = open_documents(f"sqlite:///{tmp_path}/notifier.db")
    await store.declare(documents)
    given = [await bind(documents, "H37.12", 2026, f"H37.12-260302-{n:04}") for n in (1, 2, 1, 3)]
    other = [
        await bind(documents, "H37.13", 2026, "H37.13-260302-0001"),
        await bind(documents, "H37.12", 2027, "H37.12-270302-0001"),
    ]
    late = await bind(documents, "H37.12", 2027, "H37.12-260302-0002")  # bound in 2026: it stays what it was
    await documents.close()

    assert given == [(1, 2026), (2, 2026), (1, 2026), (3, 2026)]
    assert other == [(1, 2026), (1, 2027)]
    assert late == (2, 2026)


def test_dates_are_written_as_the_decree_says() -> None:
    assert long_date(at(5, month=2)).replace("\u00a0", " ") == "ngày 05 tháng 02 năm 2026"
    assert long_date(at(15, month=3)).replace("\u00a0", " ") == "ngày 15 tháng 3 năm 2026"


def pages(pdf: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)  # A4 in points
    return [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]


def test_the_letter_says_what_the_form_asks_on_one_page() -> None:
    document = {**sent().document}
    text = text_of(document, desk(at(6)))
    assert text is not None
    (page,) = pages(render(text))

    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "UBND TỈNH LAM GIANG",
        "Số: 05/PXL",
        "Hoàng Vân, ngày 06 tháng 3 năm 2026",
        "VĂN BẢN XIN LỖI",
        "Kính gửi: Ông/Bà Nông Thị Mẫu",
        DOSSIER,
        "Đăng ký kết hôn",
        "09 giờ 00 phút, ngày 09 tháng 3 năm 2026",  # the old date
        "09 giờ 00 phút, ngày 11 tháng 3 năm 2026",  # the new one
        "Lý do: số lượng hồ sơ tăng cao trong cùng thời gian",
        "thành thật xin lỗi",
        "CHỦ TỊCH",
        "Hoàng Đức Giả Định",
    ):
        assert part in page
    assert "DỰ THẢO" not in page
    assert render(text) == render(text)


def test_a_letter_is_set_in_one_font_with_every_glyph_embedded() -> None:
    text = text_of(sent().document, desk(at(6)))
    assert text is not None
    reader = pypdf.PdfReader(io.BytesIO(render(text)))
    resources: Any = reader.pages[0]["/Resources"]
    fonts = resources["/Font"].values()
    names = {str(font_.get_object()["/BaseFont"]).partition("+")[2] for font_ in fonts}

    assert names
    assert all(name.startswith(serif().replace(" ", "")) for name in names)


def test_a_long_name_reason_and_unit_still_fit_the_page() -> None:
    unit = REFERENCE.units["H37.07"]
    assert unit.letterhead is not None
    subject = Subject(DOSSIER, "Cấp đổi Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất", at(2), DUE)
    address = "thôn Tưởng Tượng, xã Hoàng Vân, tỉnh Lam Giang " * 3
    person = Person("Nguyễn Hoàng Trần Lê Phương Quỳnh Như " * 2, address=address)
    decided = Decided("other", "hồ sơ phải xác minh thực địa nhiều lần do mưa lũ kéo dài " * 8, at(20), 123, at(9))

    assert len(pages(render(compose(unit.letterhead, REFERENCE.province, subject, person, decided)))) == 1


def test_a_draft_says_that_it_is_one_and_has_no_number() -> None:
    text = text_of(drafted(), desk(at(6)))
    assert text is not None

    assert "DỰ THẢO" in pages(render(text))[0]
    assert "Số: ...../PXL" in pages(render(text))[0]


def test_neither_event_nor_list_holds_the_person_the_note_or_the_signer() -> None:
    approval = Approval("other", "Người Ký Thử", "chờ ông Lò Văn Thử", at(11))
    decision = approve(drafted(), approval, context(at(6)))
    shown = str(view(decision.document, context(at(6)))) + str([output.body for output in decision.outputs])

    assert not [secret for secret in ("Nông", "0912", "Lò Văn Thử", "Người Ký Thử") if secret in shown]


def test_a_result_message_after_the_letter_is_still_sent_once() -> None:
    document, outputs = play([DONE], sent().document, now=at(6, "11:00"))

    assert said(outputs) == ["queued"]
    assert document["next_send_at"] == epoch_ms(at(6, "10:00"))  # the apology is still first

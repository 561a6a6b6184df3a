"""What a citizen reads, word for word: each kind of letter and each kind of SMS."""

from dataclasses import replace
from datetime import datetime

import pytest

from contracts.notices import LateReason
from reference import Letterhead
from services.notifier.domain import Person
from services.notifier.domain.letter_text import REJECTIONS, Decided, LetterText, Subject, compose, long_date, symbol
from tests.support.dossiers import DOSSIER, at

HEAD = Letterhead(
    name="Ủy ban nhân dân phường Kỳ Lâm",
    place="Kỳ Lâm",
    on_behalf="TM. Ủy ban nhân dân",
    title="Chủ tịch",
    signer="Hoàng Đức Giả Định",
    phone="0205 000 0113",
)
SUBJECT = Subject(DOSSIER, "Đăng ký kết hôn", at(2), at(9, "16:30"))
PERSON = Person(" Nông Thị Mẫu ", address=" Tổ 3, phường Kỳ Lâm ")
ISSUED = Decided("workload", "", at(11), 5, at(6, "10:05"))


def plain(text: LetterText) -> LetterText:
    """With ordinary spaces, so that a table shows what is read."""

    def spaced(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(line.replace("\u00a0", " ") for line in lines)

    date, (body, superior, paragraphs) = spaced((text.date,))[0], map(spaced, (text.body, text.superior, text.paragraphs))
    return replace(text, date=date, body=body, superior=superior, paragraphs=paragraphs)


def letter(
    decided: Decided = ISSUED, subject: Subject = SUBJECT, head: Letterhead = HEAD, person: Person = PERSON
) -> LetterText:
    return plain(compose(head, "UBND tỉnh Lam Giang", subject, person, decided))


def test_an_issued_letter_with_a_new_date_reads_word_for_word() -> None:
    assert letter() == LetterText(
        dossier=DOSSIER,
        title="Văn bản xin lỗi",
        superior=("UBND tỉnh Lam Giang",),
        body=("Ủy ban nhân dân", "phường Kỳ Lâm"),
        place="Kỳ Lâm",
        symbol="05/PXL",
        date="ngày 06 tháng 3 năm 2026",
        dated=(2026, 3, 6),
        subject="và đề nghị gia hạn thời gian giải quyết",
        addressee="Ông/Bà Nông Thị Mẫu",
        address="Tổ 3, phường Kỳ Lâm",
        paragraphs=(
            "Ủy ban nhân dân phường Kỳ Lâm đã tiếp nhận hồ sơ của Ông/Bà lúc 09 giờ 00 phút, ngày 02 tháng 3 năm 2026; "
            "mã hồ sơ: H37.12-260302-0001; thủ tục: Đăng ký kết hôn.",
            "Thời gian hẹn trả kết quả ghi trên Giấy tiếp nhận hồ sơ và hẹn trả kết quả: "
            "16 giờ 30 phút, ngày 09 tháng 3 năm 2026.",
            "Đến nay hồ sơ của Ông/Bà chưa có kết quả và không thể trả đúng thời gian đã hẹn.",
            "Lý do: số lượng hồ sơ tăng cao trong cùng thời gian.",
            "Sự chậm trễ này gây phiền hà, tốn kém chi phí và công sức của Ông/Bà. Ủy ban nhân dân phường Kỳ Lâm thành thật "
            "xin lỗi Ông/Bà và xin hẹn lại thời gian trả kết quả: 09 giờ 00 phút, ngày 11 tháng 3 năm 2026.",
            "Rất mong nhận được sự thông cảm của Ông/Bà. Điện thoại liên hệ: 0205 000 0113.",
        ),
        copies=("Như trên;", "Bộ phận Tiếp nhận và Trả kết quả;", "Lưu: VT, hồ sơ."),
        on_behalf="TM. Ủy ban nhân dân",
        signer_title="Chủ tịch",
        signer="Hoàng Đức Giả Định",
        mark="",
    )


def test_a_draft_leaves_room_for_what_is_not_decided() -> None:
    draft = letter(Decided())

    assert (draft.mark, draft.symbol, draft.date) == ("DỰ THẢO - CHƯA KÝ", "...../PXL", "ngày ..... tháng ..... năm .....")
    assert draft.dated == (2026, 3, 9)  # until it is signed, that of the date that passes
    assert draft.subject == "và đề nghị gia hạn thời gian giải quyết"
    assert draft.paragraphs[3] == "Lý do: ......"
    assert draft.paragraphs[4].endswith(" xin lỗi Ông/Bà và xin hẹn lại thời gian trả kết quả: ......")


def test_a_letter_without_a_new_date_promises_none() -> None:
    for found in (letter(replace(ISSUED, new_due_at=None)), letter(Decided(), replace(SUBJECT, ended_at=at(10)))):
        assert found.subject == "về việc trả kết quả trễ hẹn"
        assert found.paragraphs[4].endswith(" Ủy ban nhân dân phường Kỳ Lâm thành thật xin lỗi Ông/Bà.")


@pytest.mark.parametrize(
    ("signed", "ended", "sentence"),
    [
        (None, None, "Đến nay hồ sơ của Ông/Bà chưa có kết quả và không thể trả đúng thời gian đã hẹn."),
        (SUBJECT.due_at, None, "Đến nay hồ sơ của Ông/Bà chưa có kết quả và không thể trả đúng thời gian đã hẹn."),
        (at(9, "16:31"), None, "Đến nay, đã quá thời gian hẹn, hồ sơ của Ông/Bà vẫn chưa có kết quả."),
        (at(12), at(11, "14:05"), "Kết quả chỉ có lúc 14 giờ 05 phút, ngày 11 tháng 3 năm 2026, sau thời gian đã hẹn."),
    ],
)
def test_a_letter_says_how_the_dossier_stands_when_it_is_signed(
    signed: datetime | None, ended: datetime | None, sentence: str
) -> None:
    assert letter(replace(ISSUED, at=signed), replace(SUBJECT, ended_at=ended)).paragraphs[2] == sentence


@pytest.mark.parametrize(
    ("reason", "note", "sentence"),
    [
        ("workload", "", "số lượng hồ sơ tăng cao trong cùng thời gian"),
        ("other-body", "", "cơ quan phối hợp chưa có ý kiến trả lời"),
        ("complex", "", "hồ sơ có nội dung phức tạp, cần xác minh thêm"),
        ("system", "", "hệ thống thông tin gặp sự cố"),
        ("own-error", "", "sai sót của cán bộ trong quá trình xử lý"),
        ("other", "", "(nội dung lý do không còn lưu)"),
        ("complex", " phải đo lại thửa đất. ", "hồ sơ có nội dung phức tạp, cần xác minh thêm; phải đo lại thửa đất"),
        ("other", "mưa lũ kéo dài.", "mưa lũ kéo dài"),
    ],
)
def test_a_letter_says_its_reason_with_the_signers_note(reason: LateReason, note: str, sentence: str) -> None:
    assert letter(replace(ISSUED, reason=reason, note=note)).paragraphs[3] == f"Lý do: {sentence}."


def test_why_no_letter_is_sent_is_chosen_in_these_words() -> None:
    """R19."""
    assert list(REJECTIONS.values()) == [
        "Hồ sơ sẽ trả đúng hẹn",
        "Bất khả kháng",
        "Liên quan quốc phòng, an ninh, bí mật",
        "Người nộp không cung cấp thông tin pháp luật cho phép yêu cầu",
    ]


def test_a_person_without_a_name_is_addressed_all_the_same() -> None:
    found = letter(person=Person())

    assert (found.addressee, found.address) == ("Ông/Bà nộp hồ sơ", "")


def test_a_body_without_a_phone_names_none() -> None:
    assert letter(head=HEAD.model_copy(update={"phone": ""})).paragraphs[5] == "Rất mong nhận được sự thông cảm của Ông/Bà."


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Sở Tư pháp", ("Sở Tư pháp",)),
        ("Ủy ban nhân dân xã Kỳ Lâm", ("Ủy ban nhân dân", "xã Kỳ Lâm")),
        ("Uỷ ban nhân dân đặc khu Kỳ Lâm", ("Uỷ ban nhân dân", "đặc khu Kỳ Lâm")),
        ("ỦY BAN NHÂN DÂN PHƯỜNG KỲ LÂM", ("ỦY BAN NHÂN DÂN", "PHƯỜNG KỲ LÂM")),
        ("Trungtâmhànhchínhcôngcủatỉnh", ("Trungtâmhànhchínhcôngcủatỉnh",)),
        ("Sở Nông nghiệp và Môi trường", ("Sở Nông nghiệp", "và Môi trường")),
        ("Văn phòng Đăng ký đất đai tỉnh Lam Giang", ("Văn phòng", "Đăng ký đất đai", "tỉnh Lam Giang")),
        ("Trung tâm Phục vụ hành chính công xã Kỳ Lâm", ("Trung tâm", "Phục vụ hành chính công", "xã Kỳ Lâm")),
        ("Sở Văn hóa, Thể thao và Du lịch", ("Sở Văn hóa,", "Thể thao và Du lịch")),
        ("Sở Lao động - Thương binh và Xã hội", ("Sở Lao động -", "Thương binh và Xã hội")),
        ("Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng", ("Ban Quản lý", "Khu kinh tế cửa khẩu", "Đồng Đăng")),
    ],
)
def test_a_long_name_breaks_between_phrases_alone(name: str, lines: tuple[str, ...]) -> None:
    assert letter(head=HEAD.model_copy(update={"name": name})).body == lines


def test_a_unit_may_say_where_its_name_breaks() -> None:
    lines = ("Ủy ban", "nhân dân phường Kỳ Lâm")

    assert letter(head=Letterhead.model_validate({**HEAD.model_dump(), "lines": lines})).body == lines
    with pytest.raises(ValueError, match="lines must be the name"):
        Letterhead.model_validate({**HEAD.model_dump(), "lines": ("Ủy ban nhân dân", "phường khác")})


def test_names_addresses_and_notes_come_without_what_does_not_print() -> None:
    person = Person("\u202eNông\u200b Thị\nMẫu\x07", address="\ufeffTổ 3,\t phường Kỳ Lâm\u2066")
    found = letter(replace(ISSUED, reason="other", note="mưa \u202elũ"), person=person)

    assert (found.addressee, found.address) == ("Ông/Bà Nông Thị Mẫu", "Tổ 3, phường Kỳ Lâm")
    assert found.paragraphs[3] == "Lý do: mưa lũ."


def test_a_word_longer_than_any_real_one_may_break() -> None:
    found = letter(person=Person("Q" * 200)).addressee

    assert max(len(word) for word in found.replace("\u200b", " ").split()) == 30


def test_a_letter_that_was_signed_and_has_no_number_says_so() -> None:
    assert letter(Decided("workload", "", at(11), seen_at=at(6))).mark == "CHƯA CẤP SỐ"


def test_a_letter_speaks_of_the_moment_at_which_its_signer_saw_it() -> None:
    after_due = replace(ISSUED, at=at(10))

    assert "vẫn chưa có kết quả" in letter(after_due).paragraphs[2]
    assert "không thể trả đúng" in letter(replace(after_due, seen_at=at(6))).paragraphs[2]


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (at(9, month=1), "ngày 09 tháng 01 năm 2026"),
        (at(10, month=2), "ngày 10 tháng 02 năm 2026"),
        (at(1, month=3), "ngày 01 tháng 3 năm 2026"),
        (at(31, month=12), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_below_ten_and_the_first_two_months_have_a_zero(day: datetime, text: str) -> None:
    assert long_date(day) == text.replace(" ", "\u00a0")


# --- SMS --------------------------------------------------------------------------


def test_numbers_of_letters_below_ten_have_a_zero() -> None:
    assert [symbol(number) for number in (1, 9, 10, 123)] == ["01/PXL", "09/PXL", "10/PXL", "123/PXL"]

"""Texts of messages in a unit's own words: what is refused, what would be sent, and which words a message keeps."""

from dataclasses import replace

import pytest

from dunghen.messages import rows
from services.changes import By
from services.notifier.domain import RESULT, Dossier
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.forms import FORMS, VARIABLES, filled, variables
from services.notifier.domain.notice import Accepted, Uncertain, Way
from services.notifier.domain.outcome import Answer
from services.notifier.domain.unit_texts import Place, Texts, UnitText, as_kept, problems, samples, words_of
from services.notifier.domain.wording import Speaker
from services.notifier.domain.worklist import send_again
from services.notifier.jobs import Desk
from services.notifier.store import CODEC, load
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import claimed, desk, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play

LONG_NAME = "Đăng ký biến động quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất do thay đổi thông tin"
PLACE = Place(Speaker("UBND xã Hoàng Vân"), LONG_NAME, "https://example.org/y-kien", "https://example.org/ho-so")
COUNTER, POST = "result-ready.counter", "result-ready.post"
OWN = "Hồ sơ {ma} {thu_tuc} xong rồi. Mời Ông/Bà đến nhận ở cửa số 2, {don_vi}."
NOW = at(9, "10:00")
BY = By("Nông Văn Thử", "u-1")


# --- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_every_standard_text_could_be_kept_as_a_units_own(name: str) -> None:
    """R25, R28."""
    assert problems(name, FORMS[name].text, PLACE) == []
    assert variables(FORMS[name].text) <= VARIABLES.keys()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (COUNTER, "", "còn trống"),
        (COUNTER, "x" * 401, "dài 401 ký tự"),
        (COUNTER, OWN + " {ten}", "{ten}: mẫu này không có phần thay thế đó"),
        (COUNTER, OWN + " {lien_ket}", "{lien_ket}: mẫu này không có phần thay thế đó"),
        (COUNTER, OWN.replace("{ma}", "{ma.__class__}"), "{ma.__class__}: mẫu này không có"),
        (COUNTER, OWN.replace("{ma}", "{ ma }"), "{ ma }: mẫu này không có"),
        (COUNTER, OWN.replace("{ma}", "ma}"), "đứng lẻ"),
        (COUNTER, OWN.replace("{ma}", ""), "Thiếu {ma} (mã hồ sơ)"),
        (COUNTER, OWN.replace("{don_vi}", ""), "Thiếu {don_vi}"),
        ("received", "Hồ sơ {ma} đã đến {don_vi}.", "Thiếu {ngay_hen}"),
        ("survey", "Mời đánh giá hồ sơ {ma}.", "Thiếu {lien_ket}"),
        ("survey", "Đánh giá {ma}: {lien_ket} {lien_ket}", "{lien_ket} có nhiều lần"),
        (COUNTER, OWN + " 😀", "không gửi được bằng tin nhắn: 😀"),
        (COUNTER, OWN + "\u200b", "không gửi được bằng tin nhắn: U+200B"),
        (COUNTER, OWN + " A & B", "“và”"),
        (COUNTER, OWN + " https://evil.test/x", "địa chỉ công khai của tỉnh"),
        (COUNTER, OWN + " Xem www.evil", "địa chỉ công khai của tỉnh"),
        (COUNTER, OWN + " Xem evil-bank.com", "“evil-bank.com”"),
        (COUNTER, OWN + " Nộp 50.000 đồng.", "số tiền"),
        (COUNTER, OWN + " Nộp 50.000đ.", "số tiền"),
        (COUNTER, OWN + " CCCD 001 085 012 345", "số giấy tờ"),
        (POST, "Hồ sơ {ma} xong. Mời Ông/Bà đến nhận tại {don_vi}.", "Chỉ mời người chọn nhận trực tiếp"),
        (POST, "Ho so {ma} xong. Moi Ong/Ba toi lay o {don_vi}.", "Chỉ mời người chọn nhận trực tiếp"),
        (COUNTER, OWN + " Xin mang theo giấy tờ tùy thân." * 3, "đơn vị chọn tối đa 1 phần"),
    ],
)
def test_a_text_that_would_mislead_or_cost_more_is_refused_in_a_sentence(name: str, text: str, problem: str) -> None:
    """R25, R28."""
    found = problems(name, as_kept(text), PLACE)

    assert any(problem in sentence for sentence in found), found


@pytest.mark.parametrize(
    "more",
    [" Hỏi 1900 1234.", " Hỏi 0204.3850.001.", " Trước 17:00.", " Thứ 7 nghỉ.", " Giấy tờ: bản gốc."],
)
def test_what_an_office_may_well_say_is_kept(more: str) -> None:
    assert problems(COUNTER, as_kept(OWN + more), PLACE) == []


def test_a_unit_that_pays_for_more_parts_may_say_more() -> None:
    """R25: the message names what the unit chose."""
    long = OWN + " Xin mang theo giấy tờ tùy thân." * 3

    assert problems(COUNTER, long, replace(PLACE, speaker=replace(PLACE.speaker, parts=2))) == []
    accented = replace(PLACE.speaker, accents=True, parts=3)
    assert problems(COUNTER, OWN, replace(PLACE, speaker=accented)) == []


# --- how it would be sent ---------------------------------------------------------------


def test_a_text_is_shown_with_invented_dossiers_in_the_units_names_and_letters() -> None:
    usual, longest = samples(OWN, PLACE)

    assert usual.text == (
        "Ho so H37.12-261105-0042 (Dang ky ket hon) xong roi. Moi Ong/Ba den nhan o cua so 2, UBND xa Hoang Van."
    )
    assert longest.text.startswith("Ho so 000.00.14.H37-261105-0042 (Dang ky bien dong")
    assert (usual.size.parts, longest.size.parts) == (1, 1)


def test_a_value_that_is_not_there_takes_the_blank_before_it_along_and_is_filled_in_once() -> None:
    assert filled("{ma} {thu_tuc}, {don_vi}.", {"ma": "A", "thu_tuc": "", "don_vi": "{ma}"}) == "A, {ma}."


def test_the_table_of_messages_is_of_the_forms() -> None:
    facts = {(form.kind, form.facts) for form in FORMS.values()}

    assert {row.kind for row in rows()} == {kind for kind, _ in facts}
    assert len(facts) == len(FORMS)


# --- which words a message has ----------------------------------------------------------


def own(version: int, text: str, form: str = "result-ready.unknown") -> Texts:
    return {("H37.12", form): UnitText("H37.12", form, version, text, 1, "Lò Thị Thử", "u-9")}


def test_the_newest_words_hold_and_a_version_without_words_is_the_standard_again() -> None:
    form = "result-ready.unknown"

    assert words_of(form, "H37.12", own(3, OWN)) == (OWN, 3)
    assert words_of(form, "H37.12", own(4, "")) == (FORMS[form].text, 0)
    assert words_of(form, "H37.13", own(3, OWN)) == (FORMS[form].text, 0)
    assert words_of(form, "H37.12", own(5, "Hồ sơ {ma} {moi}")) == (FORMS[form].text, 0)  # of a newer release


def with_texts(texts: Texts, when: str = "10:00") -> Desk:
    by = desk(at(9, when))
    by.shelf.texts = texts
    return by


def test_a_message_keeps_the_words_it_was_handed_over_in_and_their_version() -> None:
    """A retry says the same, though the unit has other words by then; what a person sends again has those."""
    first, later = with_texts(own(1, OWN)), with_texts(own(2, "Hồ sơ {ma}: có rồi, {don_vi}."), "11:00")
    document, sms = claimed(play([PROMISED, contact(), DONE])[0], first)
    document = settle_answer(document, RESULT, Answer("busy"), sms, first).document
    document, again = claimed(document, later)
    taken = settle_answer(document, RESULT, Answer("taken"), again, later).document

    assert sms.text == f"Ho so {DOSSIER} (Dang ky ket hon) xong roi. Moi Ong/Ba den nhan o cua so 2, UBND xa Hoang Van."
    assert (again.text, again.client_id) == (sms.text, sms.client_id)
    kept = load(taken)
    assert isinstance(kept.messages[RESULT], Accepted)
    assert kept.messages[RESULT].way == Way(text_version=1)
    unsure: Dossier = kept.with_message(RESULT, Uncertain(1, Way(text_version=1)))
    sent = CODEC.decide(taken, lambda _: send_again(unsure, RESULT, BY, later.ground()), NOW).document
    document, anew = claimed(sent, later)
    assert anew.text == f"Ho so {DOSSIER}: co roi, UBND xa Hoang Van."
    assert load(document).messages[RESULT].way.text_version == 2


def test_a_unit_that_set_nothing_has_the_standard_words() -> None:
    _, sms = claimed(play([PROMISED, contact(), DONE])[0], with_texts(own(1, OWN, "survey")))

    assert "Moi Ong/Ba nhan theo hinh thuc da dang ky" in sms.text
    assert size_of(sms.text).parts == 1

"""What a citizen reads in an SMS, word for word: each kind, and the facts that decide its words."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.notices import NoticeKind
from dunghen.messages import rows
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.wording import Speaker, Told, short_name, text_of
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE

UNIT = Speaker("UBND xã Hoàng Vân")
CASE = Told(DOSSIER, "Đăng ký kết hôn", UNIT)
HEAD = "Ho so H37.12-260302-0001 (Dang ky ket hon)"
LONG_NAME = "Cấp đổi Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất"


def told(**facts: Any) -> Told:
    return replace(CASE, **facts)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"return_method": "counter"}, f"{HEAD} da co ket qua. Moi Ong/Ba den nhan tai UBND xa Hoang Van."),
        (
            {"return_method": "post"},
            f"{HEAD} da co ket qua. Ket qua duoc gui den Ong/Ba qua buu chinh cong ich. UBND xa Hoang Van.",
        ),
        (
            {"return_method": "online"},
            f"{HEAD} da co ket qua. Moi Ong/Ba nhan ban dien tu tren Cong Dich vu cong quoc gia. UBND xa Hoang Van.",
        ),
        ({"return_method": "home"}, f"{HEAD} da co ket qua. Ket qua duoc tra tai nha Ong/Ba. UBND xa Hoang Van."),
        (
            {"return_method": "ceremony"},
            f"{HEAD} da co ket qua. Ket qua duoc trao tai buoi le do UBND xa Hoang Van to chuc.",
        ),
        ({}, f"{HEAD} da co ket qua. Moi Ong/Ba nhan theo hinh thuc da dang ky. UBND xa Hoang Van."),
        (
            {"return_method": "counter", "fee_open": True},
            f"{HEAD} da co ket qua. Moi Ong/Ba den hoan thanh nghia vu tai chinh va nhan tai UBND xa Hoang Van.",
        ),
        (
            {"return_method": "post", "fee_open": True},
            f"{HEAD} da co ket qua, duoc tra sau khi Ong/Ba hoan thanh nghia vu tai chinh. UBND xa Hoang Van.",
        ),
        (
            {"fee_open": True},
            f"{HEAD} da co ket qua, duoc tra sau khi Ong/Ba hoan thanh nghia vu tai chinh. UBND xa Hoang Van.",
        ),
        (
            {"return_method": "counter", "fee_open": True, "returned": True},
            f"{HEAD} da duoc tra ket qua. UBND xa Hoang Van.",
        ),
    ],
)
def test_who_gets_the_result_how_decides_the_words(facts: dict[str, Any], text: str) -> None:
    """R24, R28."""
    assert text_of("result-ready", told(**facts)) == text


@pytest.mark.parametrize("way", ["post", "online", "home", "ceremony", None])
@pytest.mark.parametrize("fee_open", [False, True])
def test_only_who_chose_the_counter_is_asked_to_come_there(way: Any, fee_open: bool) -> None:
    """R28: whoever waits for the post and is asked to come walks for nothing."""
    for accents in (False, True):
        text = text_of("result-ready", told(return_method=way, fee_open=fee_open, speaker=replace(UNIT, accents=accents)))
        assert "đến nhận" not in text
        assert "den nhan" not in text


@pytest.mark.parametrize(
    ("kind", "facts", "text"),
    [
        ("received", {}, f"{HEAD} da duoc UBND xa Hoang Van tiep nhan."),
        (
            "received",
            {"promised": at(9, "16:30")},
            f"{HEAD} da duoc UBND xa Hoang Van tiep nhan. Hen tra ket qua: 16:30 ngay 09/03/2026.",
        ),
        (
            "supplement-wanted",
            {"asked": at(4)},
            f"{HEAD} duoc yeu cau bo sung giay to. Moi Ong/Ba xem phieu yeu cau ngay 04/03/2026 cua UBND xa Hoang Van.",
        ),
        (
            "supplement-wanted",
            {},
            f"{HEAD} duoc yeu cau bo sung giay to. Moi Ong/Ba xem phieu yeu cau cua UBND xa Hoang Van.",
        ),
        (
            "fee-due",
            {"asked": at(4)},
            f"{HEAD} can Ong/Ba thuc hien nghia vu tai chinh theo thong bao ngay 04/03/2026 cua UBND xa Hoang Van.",
        ),
        ("refused", {}, f"{HEAD} khong duoc tiep nhan. Moi Ong/Ba xem phieu tu choi cua UBND xa Hoang Van."),
        (
            "stopped",
            {},
            f"{HEAD} khong duoc giai quyet tiep (dung xu ly). Moi Ong/Ba xem thong bao cua UBND xa Hoang Van.",
        ),
        (
            "apology",
            {"number": 5, "new_due": at(11, "14:05")},
            "UBND xa Hoang Van xin loi vi tra ket qua ho so H37.12-260302-0001 tre hen. "
            "Hen lai: 14:05 ngay 11/03/2026. Van ban so 05/PXL.",
        ),
        (
            "apology",
            {"number": 12},
            "UBND xa Hoang Van xin loi vi tra ket qua ho so H37.12-260302-0001 tre hen. Van ban so 12/PXL.",
        ),
        (
            "survey",
            {"link": "https://example.org/y-kien/x"},
            "Moi Ong/Ba danh gia viec giai quyet ho so H37.12-260302-0001 (1 phut): https://example.org/y-kien/x",
        ),
    ],
)
def test_each_other_kind_reads_word_for_word(kind: NoticeKind, facts: dict[str, Any], text: str) -> None:
    """R28."""
    assert text_of(kind, told(**facts)) == text


def test_a_unit_that_wants_accents_has_them_in_words_and_names() -> None:
    assert text_of("result-ready", told(return_method="counter", speaker=replace(UNIT, accents=True, parts=3))) == (
        "Hồ sơ H37.12-260302-0001 (Đăng ký kết hôn) đã có kết quả. Mời Ông/Bà đến nhận tại UBND xã Hoàng Vân."
    )


@pytest.mark.parametrize(
    ("procedure", "unit", "middle"),
    [
        ("Đăng ký kết hôn", "UBND xã Hoàng Vân", "(Dang ky ket hon) {} UBND xa Hoang Van."),
        # 1. the procedure is cut at a word
        (
            LONG_NAME,
            "UBND xã Hoàng Vân",
            "(Cap doi Giay chung nhan quyen su dung dat, quyen so huu tai san gan lien...) {} UBND xa Hoang Van.",
        ),
        (
            LONG_NAME,
            "Ủy ban nhân dân phường Hoàng Vân Thượng",
            "(Cap doi Giay chung nhan quyen su dung dat, quyen...) {} Uy ban nhan dan phuong Hoang Van Thuong.",
        ),
        # 2. the unit takes its short name, which keeps the place
        (
            LONG_NAME,
            "Ủy ban nhân dân " + "phường Kỳ Lâm Thượng " * 3,
            "(Cap doi Giay chung...) {} UBND phuong Ky Lam Thuong phuong Ky Lam Thuong phuong Ky Lam Thuong.",
        ),
        # 3. the procedure goes; code and place stay
        (LONG_NAME, "Trung tâm " + "Kỳ Lâm Thượng " * 6, "{} TT " + "Ky Lam Thuong " * 5 + "Ky Lam Thuong."),
        ("x" * 200, "UBND xã Hoàng Vân", "{} UBND xa Hoang Van."),
        ("", "UBND xã Hoàng Vân", "{} UBND xa Hoang Van."),
    ],
)
def test_a_text_is_kept_to_one_part_in_a_stated_order(procedure: str, unit: str, middle: str) -> None:
    """R25, R28."""
    text = text_of("result-ready", told(procedure=procedure, speaker=Speaker(unit), return_method="counter"))

    assert text == f"Ho so {DOSSIER} {middle.format('da co ket qua. Moi Ong/Ba den nhan tai')}"
    assert size_of(text).parts == 1


def test_a_place_that_fits_no_part_is_named_whole_all_the_same() -> None:
    """R25: rather two parts than a place that nobody finds."""
    text = text_of("result-ready", told(speaker=Speaker("Kỳ Lâm " * 25), return_method="counter"))

    assert text.endswith("Moi Ong/Ba den nhan tai " + "Ky Lam " * 24 + "Ky Lam.")
    assert size_of(text).parts == 2


def test_signs_that_count_two_leave_less_room() -> None:
    """R25."""
    text = text_of("result-ready", told(procedure="[[[[[[ [[[[[[ " + "{{{{{{ " * 8, return_method="counter"))

    assert size_of(text).parts == 1
    assert text.count("{") == 18


@pytest.mark.parametrize(
    ("name", "short", "found"),
    [
        ("Ủy ban nhân dân xã Hoàng Vân", "", "UBND xã Hoàng Vân"),
        ("Uỷ ban nhân dân phường Kỳ Lâm", "", "UBND phường Kỳ Lâm"),  # the other way to put the mark
        ("ỦY BAN NHÂN DÂN TỈNH LAM GIANG", "", "UBND TỈNH LAM GIANG"),
        ("Trung tâm Phục vụ hành chính công tỉnh Lam Giang", "", "TT PVHCC tỉnh Lam Giang"),
        ("Chi nhánh Văn phòng đăng ký đất đai khu vực 3", "", "CN VPĐKĐĐ khu vực 3"),
        ("Văn phòng đăng ký đất đai tỉnh", "", "VPĐKĐĐ tỉnh"),
        ("Sở Nông nghiệp và Môi trường", "", "Sở Nông nghiệp và Môi trường"),
        ("Sở Nông nghiệp và Môi trường", "Sở NN&MT", "Sở NN và MT"),  # some operators take no &
        ("UBND xã Hoàng Vân", "", "UBND xã Hoàng Vân"),
    ],
)
def test_a_units_short_name_is_its_own_or_has_the_usual_letters(name: str, short: str, found: str) -> None:
    assert short_name(Speaker(name, short)) == found


@pytest.mark.parametrize(
    ("procedure", "plain"),
    [
        ("Cấp Ƀản sao 😀 trích lục", "Cap Ban sao trich luc"),
        ("Đăng\u200b ký\u202e khai\u00a0sinh", "Dang ky khai sinh"),
        ("Đa\u0306ng ky\u0301", "Dang ky"),
        ("Thủ tục #1 & #2", "Thu tuc 1 va 2"),
        ("Khai sinh\r\ncó yếu tố\nnước ngoài", "Khai sinh co yeu to nuoc ngoai"),
        ("“Một cửa” – liên thông…", '"Mot cua" - lien thong...'),
        ("{code} {link}", "{code} {link}"),
        ("ĐĂNG KÝ", "DANG KY"),
        ("Đăng ký.", "Dang ky"),
    ],
)
def test_whatever_stands_in_a_name_an_unaccented_text_stays_one(procedure: str, plain: str) -> None:
    """R25, R28."""
    text = text_of("stopped", told(procedure=procedure))

    assert text.startswith(f"Ho so {DOSSIER} ({plain}) khong duoc")
    assert size_of(text).encoding == "gsm7"


@pytest.mark.parametrize("code", [DOSSIER, "G09.20-20260609-0092637", "000.00.14.H56-200203-0118"])
def test_every_kind_is_one_part_for_every_unit_and_procedure_of_the_province(code: str) -> None:
    """R25."""
    ways: tuple[Any, ...] = ("counter", "post", "online", "home", "ceremony", None)
    cases: list[tuple[NoticeKind, dict[str, Any]]] = [
        *(("result-ready", {"return_method": way, "fee_open": fee}) for way in ways for fee in (False, True)),
        *(("result-ready", {"returned": True}), ("received", {"promised": at(9)}), ("supplement-wanted", {"asked": at(4)})),
        *(("fee-due", {"asked": at(4)}), ("refused", {}), ("stopped", {}), ("apology", {"number": 9999, "new_due": at(9)})),
    ]
    for unit in REFERENCE.units.values():
        for procedure in REFERENCE.procedures.values():
            for kind, facts in cases:
                case = Told(code, procedure.name, Speaker(unit.name, unit.short_name), **facts)
                assert size_of(text_of(kind, case)).parts == 1, (kind, facts, unit.code, procedure.code)


def test_every_row_of_the_table_says_no_person_no_sum_and_no_link_that_it_is_not_for() -> None:
    """R28."""
    listed = list(rows())

    assert {row.kind for row in listed} == {
        *("received", "supplement-wanted", "fee-due", "result-ready", "refused", "stopped", "apology", "survey")
    }
    assert {row.parts for row in listed if "hai phần" not in row.facts} == {1}
    for row in listed:
        assert ("://" in row.text) is (row.kind == "survey" or "trang tra cứu" in row.facts or "liên kết mở thư" in row.facts)
        assert "H37" in row.text


PAGE = "https://example.org/ho-so"


@pytest.mark.parametrize(
    ("procedure", "page", "parts", "text"),
    [
        (
            "Đăng ký kết hôn",
            PAGE,
            2,
            f"{HEAD} da duoc UBND xa Hoang Van tiep nhan. Hen tra ket qua: 16:30 ngay 09/03/2026."
            f" Tra cuu: {PAGE}/{DOSSIER}/AB2CD3EF4G",
        ),
        (
            "Đăng ký kết hôn",
            PAGE + "-cua-tinh",
            1,
            f"Ho so {DOSSIER} da duoc UBND xa Hoang Van tiep nhan. Hen tra ket qua: 16:30 ngay 09/03/2026."
            f" Tra cuu: {PAGE}-cua-tinh ma AB2CD3EF4G",
        ),
        (
            LONG_NAME,
            PAGE + "/x" * 20,
            1,
            f"Ho so {DOSSIER} (Cap doi Giay chung nhan quyen su dung dat, quyen so...) da duoc UBND xa Hoang Van tiep nhan."
            " Hen tra ket qua: 16:30 ngay 09/03/2026.",
        ),
    ],
    ids=["the link fits", "the page and the code fit", "neither fits"],
)
def test_how_a_dossier_is_looked_up_is_said_in_as_many_letters_as_fit(procedure: str, page: str, parts: int, text: str) -> None:
    """R25, R28."""
    speaker = replace(UNIT, parts=parts)
    case = told(procedure=procedure, speaker=speaker, promised=at(9, "16:30"), lookup=(page, "AB2CD3EF4G"))

    assert text_of("received", case) == text
    assert size_of(text).parts == parts


LETTER = "https://example.org/thu/ab2cd3ef4gh5jk6m"
LONG = "Ủy ban nhân dân phường Hoàng Vân Thượng Lĩnh"


@pytest.mark.parametrize(
    ("speaker", "new_due", "link", "begins", "parts"),
    [
        (UNIT, None, LETTER, "UBND xa Hoang Van", 1),
        (Speaker(LONG), None, LETTER, "UBND phuong Hoang Van", 1),
        (Speaker(LONG), at(9), LETTER, "Uy ban nhan dan phuong Hoang Van Thuong Linh", 2),
        (replace(UNIT, accents=True, parts=3), at(9), LETTER, "UBND xã Hoàng Vân", 3),
        (UNIT, at(9), LETTER + "x" * 200, "UBND xa Hoang Van", 1),
    ],
    ids=["fits", "fits with the short name", "is worth a part, with the full name", "with accents", "fits in no two parts"],
)
def test_the_link_to_a_letter_is_worth_one_part_more_and_nothing_that_has_to_be_said(
    speaker: Speaker, new_due: Any, link: str, begins: str, parts: int
) -> None:
    """R25: in the stated order."""
    text = text_of("apology", told(speaker=speaker, number=5, new_due=new_due, letter=link))

    assert text.startswith(begins)
    assert size_of(text).parts == parts
    assert text.endswith(f": {link}") is (link == LETTER)
    assert DOSSIER in text
    assert "05/PXL" in text


@pytest.mark.parametrize("code", [DOSSIER, "000.00.14.H56-200203-0118"])
def test_an_apology_with_the_link_to_its_letter_is_two_parts_for_every_unit_of_the_province(code: str) -> None:
    """R25: with the longest address that a link may have."""
    page = "https://" + "x" * 48 + "/thu"
    for unit in REFERENCE.units.values():
        for due in (None, at(9)):
            case = Told(code, "", Speaker(unit.name, unit.short_name), number=9999, new_due=due, letter=f"{page}/{'x' * 16}")
            text = text_of("apology", case)
            assert "/thu/" in text
            assert size_of(text).parts <= 2, (unit.code, text)

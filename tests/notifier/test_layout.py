"""The letter on paper: ten awkward names, lines that break where they may, and a text layer that reads as the eye does."""

import io
import re
from typing import Any, NamedTuple

import pypdf
import pytest

from services.notifier.domain import Person
from services.notifier.domain.letter_text import Decided, LetterText, Subject, compose
from services.notifier.pdf import render
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE

NAMES = {
    "Ủy ban nhân dân xã Tân Sơn": ("ỦY BAN NHÂN DÂN", "XÃ TÂN SƠN"),
    "Uỷ ban nhân dân phường Nguyễn Thượng Hưởng": ("UỶ BAN NHÂN DÂN", "PHƯỜNG NGUYỄN THƯỢNG HƯỞNG"),
    "ỦY BAN NHÂN DÂN ĐẶC KHU LÝ SƠN": ("ỦY BAN NHÂN DÂN", "ĐẶC KHU LÝ SƠN"),
    "Sở Nông nghiệp và Môi trường": ("SỞ NÔNG NGHIỆP", "VÀ MÔI TRƯỜNG"),
    "Sở Văn hóa, Thể thao và Du lịch": ("SỞ VĂN HÓA,", "THỂ THAO VÀ DU LỊCH"),
    "Sở Lao động - Thương binh và Xã hội Trà Vinh": ("SỞ LAO ĐỘNG -", "THƯƠNG BINH", "VÀ XÃ HỘI TRÀ VINH"),
    "Trung tâm Phục vụ hành chính công xã Hoàng Vân": ("TRUNG TÂM", "PHỤC VỤ HÀNH CHÍNH CÔNG", "XÃ HOÀNG VÂN"),
    "Văn phòng Đăng ký đất đai tỉnh Lam Giang": ("VĂN PHÒNG", "ĐĂNG KÝ ĐẤT ĐAI", "TỈNH LAM GIANG"),
    "Chi nhánh Văn phòng đăng ký đất đai khu vực Bắc Sơn": ("CHI NHÁNH", "VĂN PHÒNG ĐĂNG KÝ ĐẤT ĐAI", "KHU VỰC BẮC SƠN"),
    "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng - Lạng Sơn": ("BAN QUẢN LÝ", "KHU KINH TẾ CỬA KHẨU", "ĐỒNG ĐĂNG - LẠNG SƠN"),
}
NOTE = "thực địa từ 15/02/2026 đến 17/02/2026, công văn 101/2024/CV-UBND, hỏi số 0912 000 007 hoặc (0205) 3.812.345"


def lines_of(name: str, note: str = "", person: Person | None = None) -> list[str]:
    """The lines of a letter's one page, as a reader of its text layer finds them."""
    head = REFERENCE.units["H37.14"].letterhead
    assert head is not None
    head = head.model_copy(update={"name": name, "phone": "0205 3 812 345"})
    subject = Subject(DOSSIER, "Cấp đổi Giấy chứng nhận quyền sử dụng đất", at(2), at(9))
    given = person or Person("Nông Thị Mẫu", address="thôn Tưởng Tượng")
    text = compose(head, REFERENCE.province, subject, given, Decided("other", note or "mưa lũ", at(11), 5, at(6)))
    (page,) = pypdf.PdfReader(io.BytesIO(render(text))).pages
    return [re.sub(r"[\s\u200b]+", " ", line).strip() for line in page.extract_text().split("\n")]


@pytest.mark.parametrize("name", NAMES)
def test_a_letterhead_breaks_between_phrases_and_its_text_reads_as_it_looks(name: str) -> None:
    lines = lines_of(name)

    assert tuple(lines[1 : 1 + len(NAMES[name])]) == NAMES[name]
    assert "Nơi nhận:" in lines
    for part in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Địa chỉ: thôn Tưởng Tượng", "TM. ỦY BAN NHÂN DÂN", "Lương Văn Thử"):
        assert part in lines


@pytest.mark.parametrize("name", NAMES)
def test_no_number_date_or_code_is_broken_over_lines(name: str) -> None:
    lines = lines_of(name, NOTE)

    for whole in (
        *("0205 3 812 345", "0912 000 007", "15/02/2026", "17/02/2026", "101/2024/CV-UBND", DOSSIER),
        *("ngày 02 tháng 3 năm 2026", "ngày 09 tháng 3 năm 2026", "ngày 11 tháng 3 năm 2026", "09 giờ 00 phút"),
    ):
        assert any(whole in line for line in lines), whole
    assert not any(line.endswith("Ông/") for line in lines)


def test_code_and_markup_of_others_are_text() -> None:
    wild = '#sys.inputs.letter $x^2$ *đậm* _ng_ {{ ten }} {0} <b>a</b> \\n #read("/etc/hostname")'
    lines = lines_of("Sở Tư pháp", wild, Person("Nông #panic() Thị *Mẫu*", address="$thôn$ [1] @a"))

    page = " ".join(lines)
    assert wild in page
    assert "Kính gửi: Ông/Bà Nông #panic() Thị *Mẫu*" in page
    assert "Địa chỉ: $thôn$ [1] @a" in page


@pytest.mark.parametrize("name", ["Nguyễn Hoàng " * 15, "Q" * 200])
def test_a_name_of_two_hundred_letters_stays_on_the_page(name: str) -> None:
    page = " ".join(lines_of("Sở Tư pháp", person=Person(name)))

    assert re.sub(r"\s", "", name) in re.sub(r"\s", "", page)
    assert "Địa chỉ" not in page  # there is none


class Piece(NamedTuple):
    """Some text of a page: from the left and from the top (mm), its size (pt) and its font."""

    page: int
    text: str
    left: float
    top: float
    size: float
    font: str


MM = 25.4 / 72
HEAD = REFERENCE.units["H37.14"].letterhead
FORMS = {  # what each form is decided by, and when the dossier ended
    "draft": (Decided(), None),
    "new date": (Decided("workload", "", at(11), 5, at(6)), None),
    "completed late": (Decided("own-error", "", None, 12, at(16)), at(12)),
    "two pages": (Decided("other", "mưa lũ kéo dài " * 120, at(11), 105, at(6)), None),
}


def form(name: str) -> LetterText:
    assert HEAD is not None
    decided, ended = FORMS[name]
    subject = Subject(DOSSIER, "Cấp đổi Giấy chứng nhận quyền sử dụng đất", at(2), at(9), ended)
    return compose(HEAD, REFERENCE.province, subject, Person("Nông Thị Mẫu", address="thôn Tưởng Tượng"), decided)


def measured(letter: LetterText) -> list[Piece]:
    pieces: list[Piece] = []
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(render(letter))).pages, start=1):

        def note(text: str, cm: list[float], _tm: list[float], font: Any, size: float, number: int = number) -> None:
            if text.strip():
                name = str(font["/BaseFont"]).partition("+")[2].removesuffix("-Identity-H")
                words = re.sub(r"[\s\u200b]+", " ", text).strip()
                pieces.append(Piece(number, words, cm[4] * MM, 297 - cm[5] * MM, size, name))

        page.extract_text(visitor_text=note)
    return pieces


@pytest.mark.parametrize("name", FORMS)
def test_margins_and_sizes_are_those_of_the_decree(name: str) -> None:
    pieces = measured(form(name))
    text = [piece for piece in pieces if not (piece.page > 1 and piece.top < 20)]  # but for the page's number
    body = [piece for piece in text if piece.size == 13.5 and 90 < piece.top < 200]

    assert 30 <= min(piece.left for piece in text) <= 35
    assert max(piece.left for piece in text) <= 210 - 15
    assert min(piece.top for piece in text) >= 20
    assert max(piece.top for piece in text) <= 297 - 20
    assert {piece.size for piece in text} <= {11, 12, 12.5, 13, 13.5, 14}
    assert min(piece.left for piece in body) == pytest.approx(32, abs=0.1)
    assert [round(piece.left, 1) for piece in text if piece.text.startswith("Thời gian hẹn trả")] == [32 + 12.7]  # indented


@pytest.mark.parametrize("name", FORMS)
def test_each_block_is_set_in_the_style_of_the_decree(name: str) -> None:
    pieces = measured(form(name))

    def style(words: str) -> tuple[str, float]:
        (piece,) = [piece for piece in pieces if piece.text.startswith(words)]
        return piece.font.rpartition("-")[2], piece.size

    assert style("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") == ("Bold", 12.5)
    assert style("Độc lập - Tự do - Hạnh phúc") == ("Bold", 13.5)
    assert style("UBND TỈNH LAM GIANG") == ("Regular", 12.5)
    assert style("ỦY BAN NHÂN DÂN") == ("Bold", 12.5)
    assert style("Số:") == ("Regular", 13)
    assert style("Tân Sơn, ngày") == ("Italic", 13)
    assert style("VĂN BẢN XIN LỖI") == ("Bold", 14)
    assert style("Nơi nhận") == ("Bold", 12)  # slanted by the page: the bundled font has no bold italic with ơ
    assert style("- Như trên;") == ("Regular", 11)


def test_pages_are_numbered_from_the_second_in_the_middle_of_the_top_margin() -> None:
    pieces = measured(form("two pages"))
    above = [piece for piece in pieces if piece.top < 20]

    assert [(piece.page, piece.text, piece.size) for piece in above] == [(2, "2", 13.5)]
    assert above[0].left == pytest.approx(32 + (210 - 32 - 17) / 2, abs=2)
    assert not [piece for piece in measured(form("new date")) if piece.top < 20]


def test_a_letter_after_the_result_promises_no_date_and_says_when_the_result_came() -> None:
    page = " ".join(piece.text for piece in measured(form("completed late")))

    assert "về việc trả kết quả trễ hẹn" in page
    assert "Kết quả chỉ có lúc 09 giờ 00 phút , ngày 12 tháng 3 năm 2026" in page.replace("phút,", "phút ,")
    assert "Số: 12/PXL" in page
    assert "hẹn lại" not in page

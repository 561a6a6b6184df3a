"""The letter on paper: ten awkward names, lines that break where they may, and a text layer that reads as the eye does."""

import io
import re

import pypdf
import pytest

from services.notifier.domain import Person
from services.notifier.domain.letter_text import Decided, Subject, compose
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

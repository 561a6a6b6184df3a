"""The letters of an SMS: what is charged, and what becomes of letters that no phone needs."""

import sys

import pytest

from services.notifier.domain.alphabet import SmsSize, accented, size_of, unaccented


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", "gsm7", 1),
        ("a" * 160, "gsm7", 1),
        ("a" * 161, "gsm7", 2),
        ("a" * 306, "gsm7", 2),
        ("a" * 307, "gsm7", 3),
        ("a" * 459, "gsm7", 3),
        ("a" * 460, "gsm7", 4),
        ("a" * 158 + "€", "gsm7", 1),  # the euro sign counts two
        ("a" * 159 + "€", "gsm7", 2),
        ("a" * 152 + "[" + "b" * 153, "gsm7", 3),  # an escape is never cut: the first part is one short
        ("{" * 80, "gsm7", 1),
        ("{" * 81, "gsm7", 2),
        ("{" * 153, "gsm7", 3),  # 76 in a part: half a letter is nothing
        ("à è é ì ò ù É", "gsm7", 1),  # D18: these GSM-7 has
        ("à" * 160, "gsm7", 1),
        ("á", "ucs2", 1),
        ("đ" * 70, "ucs2", 1),
        ("đ" * 71, "ucs2", 2),
        ("đ" * 134, "ucs2", 2),
        ("đ" * 135, "ucs2", 3),
        ("đ" * 201, "ucs2", 3),
        ("đ" * 202, "ucs2", 4),
        ("a" * 69 + "đ", "ucs2", 1),  # one letter makes all of it two bytes each
        ("a" * 70 + "đ", "ucs2", 2),
        ("😀" * 35, "ucs2", 1),
        ("😀" * 36, "ucs2", 2),
        ("đ" * 66 + "😀" + "đ" * 66, "ucs2", 3),  # a surrogate pair is never cut
        ("Ế", "ucs2", 1),
        ("e\u0301" * 160, "gsm7", 1),  # a letter in pieces is one letter
        ("o\u031b\u0300" * 70, "ucs2", 1),
        ("\u00a0", "ucs2", 1),
        ("“", "ucs2", 1),
        ("`", "ucs2", 1),
        ("ç", "ucs2", 1),
        ("Ç", "gsm7", 1),
        ("Ƀ", "ucs2", 1),
        ("\u200b", "ucs2", 1),
        ("a\nb\rc\f", "gsm7", 1),
        ("\t", "ucs2", 1),
    ],
)
def test_encoding_and_parts_are_those_that_operators_charge(text: str, encoding: str, parts: int) -> None:
    """R25, D18."""
    assert (size_of(text).encoding, size_of(text).parts) == (encoding, parts)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Đăng ký kết hôn", "Dang ky ket hon"),
        ("Ủy ban nhân dân phường Kỳ Lâm", "Uy ban nhan dan phuong Ky Lam"),
        ("đ Đ", "d D"),
        ("ð Ð ɖ Ɖ", "d D d D"),  # typed for đ
        ("ắằẳẵặ ấầẩẫậ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ỳýỷỹỵ", "aaaaa aaaaa eeeee ooooo ooooo uuuuu yyyyy"),
        ("ẮẰẲẴẶ ẤẦẨẪẬ ẾỀỂỄỆ ỐỒỔỖỘ ỚỜỞỠỢ ỨỪỬỮỰ ỲÝỶỸỴ", "AAAAA AAAAA EEEEE OOOOO OOOOO UUUUU YYYYY"),
        ("e\u0301", "e"),
        ("o\u031b\u0323", "o"),  # in pieces, as some keyboards write
        ("à è é ì ò ù É", "a e e i o u E"),  # though GSM-7 has them
        ("“Giấy chứng nhận” – quyền sử dụng đất…", '"Giay chung nhan" - quyen su dung dat...'),
        ("‘ơ ư’ — ″ ` ´", "'o u' - \" ' '"),
        ("a\u00a0b\u2003c\u3000d", "a b c d"),
        ("a\tb", "a b"),
        ("a\u2028b", "a\nb"),
        ("a\u200bb\u200db\ufeffc", "abbc"),
        ("\u200fa\u202eb\u202c", "ab"),
        ("a\u00adb", "ab"),
        ("a\ufe0fb\u20e3", "ab"),
        ("z\u0336a\u0489", "za"),
        ("\x00a\x07b\x1bc", "abc"),
        ("Ƀ ɓ ł Ł ø Ø", "B b l L o O"),
        ("½ № ² ™ ﬁ", "1/2 No 2 TM fi"),
        ("ＡＢＣ９", "ABC9"),
        ("5.000₫", "5.000d"),
        ("10 €", "10 €"),
        ("xong 😀 rồi", "xong roi"),
        ("😀 xong 😀😀", "xong"),
        ("xong😀rồi", "xongroi"),
        ("👩‍👩‍👧", ""),
        ("漢 字", ""),
        ("a  b", "a  b"),
        ("^{}[]~|\\", "^{}[]~|\\"),
        ("a\nb", "a\nb"),
        ("•việc", "-viec"),
        ("Δ", "Δ"),
    ],
)
def test_accents_go_and_what_the_alphabet_does_not_have(text: str, plain: str) -> None:
    """R25."""
    assert unaccented(text) == plain


def test_no_letter_at_all_makes_an_unaccented_text_two_bytes_each() -> None:
    """R25: every letter that there is."""
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]

    assert {size_of(unaccented(letter)).encoding for letter in letters} == {"gsm7"}
    assert size_of(unaccented("".join(letters))).encoding == "gsm7"


def test_160_characters_are_one_part_unaccented_and_three_accented() -> None:
    """R25."""
    text = ("Hồ sơ của Ông/Bà đã có kết quả. " * 6)[:160]

    assert size_of(text) == SmsSize("ucs2", 3)
    assert size_of(unaccented(text)) == SmsSize("gsm7", 1)


@pytest.mark.parametrize(
    "text",
    [
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?",
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
        "^{}\\[~]|€\f",
    ],
)
def test_the_alphabet_of_the_operators_is_taken_whole_and_nothing_else(text: str) -> None:
    """R25: GSM 03.38, with its extension table."""
    assert size_of(text).encoding == "gsm7"
    assert {size_of(letter).encoding for letter in "`ạăêôơưđçÁ\t\u00a0“…"} == {"ucs2"}


def test_a_letter_counts_one_and_one_of_the_extension_table_two() -> None:
    """R25."""
    for letter in "XaÉ@ ":
        assert (size_of(letter * 160).parts, size_of(letter * 161).parts) == (1, 2)
    for letter in "^{}\\[~]|€\f":
        assert (size_of(letter * 80).parts, size_of(letter * 80 + "a").parts) == (1, 2)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Đa\u0306ng ky\u0301", "Đăng ký"),
        ("a\u200bb\u202e", "ab"),
        ("a\u00a0b", "a b"),
        ("a\x07b\nc", "ab\nc"),
    ],
)
def test_with_accents_a_text_is_in_one_piece_each_and_has_nothing_that_is_not_seen(text: str, written: str) -> None:
    assert accented(text) == written

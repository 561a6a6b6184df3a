"""Which encoding a text file has: Unicode and Windows-1258 are read, the fonts of before Unicode are refused with advice."""

import re
import unicodedata

from services.intake.files.rows import FileRefusedError

SAMPLE_BYTES = 256 * 1024
ADVICE = (
    "hãy chuyển sang Unicode (Unikey: Ctrl+Shift+F6, nguồn {font}, đích Unicode) rồi lưu lại, "
    "trong Excel: Lưu thành > CSV UTF-8 hoặc .xlsx"
)
# Vowel groups of Vietnamese syllables, tones taken off. What a wrong decoding makes is not among them.
_NUCLEI = """a ă â e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iê iêu iu oa oai oao oay oă oe oeo oi ôi ơi oo ua uâ uây uê ui
uô uôi uơ uy uya uyê uyu ưa ưi ươ ươi ươu ưu yê yêu"""
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|th|tr|qu|[bcdđghklmnpqrstvx])?(?:"
    + "|".join(sorted(_NUCLEI.split(), key=len, reverse=True))
    + r")(?:ch|ng|nh|[cmnpt])?"
)
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f][^\W\d_]*)*")
# TCVN3 puts letters where Latin-1 has signs; VNI writes a second letter for the mark.
_TCVN3 = re.compile(r"[A-Za-zÀ-ÿ][µ¸¶·¹¨©®«¬»¼½¾¡¢§£¤¥¦]|[µ¸¶·¹¨©®«¬»¼½¾¡¢§£¤¥¦][A-Za-zÀ-ÿ]|[a-z][À-Þ][a-z]?")
# UTF-8 of `ế`, `ồ`, `đ`, `ư`, `ă`, `ã` read as Windows-1252.
_MISREAD = re.compile(
    r"á[»º][\u0080-\u00bf\u0152-\u0178\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]|Ä[\u0090\u0091\u2018\u0192]|Æ[°¡]|Ã[\u00a1-\u00bf]"
)
_VNI = re.compile(r"[aeiouyAEIOUYöôÖÔ][ùøûõïâêéèúüàáåäëãñÙØÛÕÏÂÊÉÈÚÜÀÁÅÄËÃÑ]")


def recognise(sample: bytes) -> str:
    """The codec for a text file, from its beginning. Raises FileRefusedError for TCVN3, VNI and what nobody knows."""
    if sample.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise FileRefusedError("tệp dùng bảng mã UTF-32; hãy lưu lại dưới dạng CSV UTF-8 hoặc .xlsx")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = sample[0:2000:2], sample[1:2000:2]
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros and zeros.count(0) > len(zeros) * 0.4 and others.count(0) < len(others) * 0.1:
            return codec
    lines = [line for line in sample.splitlines() if not line.isascii()]
    if sum(1 for line in lines if not _is_utf8(line)) <= len(lines) / 2:
        return "utf-8-sig"
    text = unicodedata.normalize("NFC", b"\n".join(lines).decode("cp1258", "replace"))
    if vietnamese_share(text) >= 0.8:
        return "cp1258"
    font = old_font(b"\n".join(lines).decode("latin-1"))
    if font is None:
        raise FileRefusedError("không nhận ra bảng mã của tệp; hãy lưu lại dưới dạng CSV UTF-8 hoặc .xlsx")
    raise FileRefusedError(f"tệp dùng bảng mã {font}; {ADVICE.format(font=font)}")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def vietnamese_share(text: str) -> float:
    """Which share of the words with marks are possible Vietnamese syllables; 1 if there is none."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return sum(_is_syllable(word) for word in words) / len(words) if words else 1.0


def _is_syllable(word: str) -> bool:
    if word[1:] != word[1:].lower() and word != word.upper():
        return False  # a capital inside a word
    letters = unicodedata.normalize("NFD", word.lower())
    tones = [letter for letter in letters if letter in _TONES]
    bare = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES))
    return len(tones) <= 1 and _SYLLABLE.fullmatch(bare) is not None


def old_font(text: str) -> str | None:
    """`TCVN3 (ABC)` or `VNI` if a text was written for such a font, or None. Works on text that is Unicode only in name."""
    if text.isascii() or vietnamese_share(text) >= 0.5:
        return None
    counts = {"TCVN3 (ABC)": len(_TCVN3.findall(text)), "VNI": len(_VNI.findall(text))}
    font = max(counts, key=lambda name: counts[name])
    return font if counts[font] > 1 else None  # Noël alone is a name


def spoilt(text: str) -> str:
    """What to say of a text that nobody can read: a font of before Unicode, or UTF-8 that was taken for Latin; or nothing."""
    font = old_font(text)
    if font is not None:
        return f"chữ viết bằng phông {font}; {ADVICE.format(font=font)}"
    if _MISREAD.search(text):
        return "chữ đã hỏng vì mở sai bảng mã (UTF-8 đọc thành Latin); hãy xuất lại tệp, lưu thành CSV UTF-8 hoặc .xlsx"
    return ""

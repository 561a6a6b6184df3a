"""The letters of an SMS: Vietnamese without accents, and what a text is charged as (R25)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["gsm7", "ucs2"]

# GSM 03.38: letters that count one unit, and those of the extension table, which count two. Of accented Vietnamese letters it
# has à è é ì ò ù and É, which therefore force no UCS-2 (D18).
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67

_PLAIN = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "₫": "d",
        "ı": "i",
        "ð": "d",
        "Ð": "D",
        "ɖ": "d",
        "Ɖ": "D",  # what is typed for đ where a keyboard or a code page has none
        "œ": "oe",
        "Œ": "OE",
        "þ": "th",
        "Þ": "TH",
        "ŋ": "ng",
        "Ŋ": "NG",  # letters that Unicode takes apart nowhere: without these they would be left out of a name
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−•·", "-"),
        "…": "...",
        "⁄": "/",
        "×": "x",
        "\t": " ",
        "\v": " ",
        "\u2028": "\n",
        "\u2029": "\n",
        "\x85": "\n",
    }
)
_LATIN = re.compile(r"LATIN (CAPITAL|SMALL) LETTER ([A-Z]) WITH .*")


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How a text travels: its encoding and how many parts it is charged as."""

    encoding: Encoding
    parts: int


@lru_cache(maxsize=2048)  # names and sentences of messages come again and again, and this is most of what making one costs
def unaccented(text: str) -> str:
    """Vietnamese as every phone reads it: no accents, đ as d, typographic signs made plain.

    Whatever comes in, what goes out is in the alphabet of GSM 03.38: a letter of another Latin alphabet loses its marks (`Ƀ` is
    B); signs that nobody can write with it (emoji) and those that nobody sees (zero width, direction of writing) go.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).translate(_PLAIN))
    plain = "".join(map(_plain, decomposed.translate(_PLAIN)))
    return re.sub(" *\0+ *", _gap, plain) if "\0" in plain else plain


def accented(text: str) -> str:
    """Vietnamese as it is written, each letter in one piece (NFC), without what nobody sees."""
    letters = ((letter, unicodedata.category(letter)) for letter in unicodedata.normalize("NFC", text))
    return "".join(
        " " if kind == "Zs" else letter for letter, kind in letters if kind != "Cf" and (kind != "Cc" or letter == "\n")
    )


def _plain(letter: str) -> str:
    """What is written for one letter; NUL where something that could be seen is left out."""
    if letter.isascii() and letter.isprintable() and letter != "`":
        return letter
    kind = unicodedata.category(letter)
    if letter in "\n\r":
        return letter
    if kind in ("Mn", "Mc", "Me", "Cf"):
        return ""
    if kind == "Zs":
        return " "
    latin = _LATIN.fullmatch(unicodedata.name(letter, ""))
    if latin is not None:
        return latin.group(2) if latin.group(1) == "CAPITAL" else latin.group(2).lower()
    return letter if letter in _GSM or letter in _GSM_DOUBLE else "\0"


def _gap(left_out: re.Match[str]) -> str:
    """Where something was left out, one blank stays of those around it."""
    return " " if " " in left_out.group() and left_out.start() > 0 and left_out.end() < len(left_out.string) else ""


def size_of(text: str) -> SmsSize:
    """Encoding and parts. No escape and no surrogate pair is cut, so a part may be a unit short."""
    text = unicodedata.normalize("NFC", text)
    if all(c in _GSM or c in _GSM_DOUBLE for c in text):
        return SmsSize("gsm7", _parts([2 if c in _GSM_DOUBLE else 1 for c in text], GSM_SINGLE, GSM_PART))
    return SmsSize("ucs2", _parts([2 if ord(c) > 0xFFFF else 1 for c in text], UCS_SINGLE, UCS_PART))


def _parts(units: list[int], single: int, part: int) -> int:
    if sum(units) <= single:
        return 1
    parts, used = 1, 0
    for unit in units:
        if used + unit > part:
            parts, used = parts + 1, 0
        used += unit
    return parts

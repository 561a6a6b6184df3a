"""The SMS for citizens.

They are unaccented, because one accented letter turns one part into three (R25).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# GSM 03.38: letters that count one unit, and those of the extension table, which count two.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " "}
)
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How a text travels: its encoding and how many parts it is charged as."""

    encoding: Literal["gsm7", "ucs2"]
    parts: int


def unaccented(text: str) -> str:
    """Vietnamese without accents, typographic quotes and dashes made plain; readable by every phone."""
    decomposed = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


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


def result_ready(dossier: str, procedure: str, unit: str) -> str:
    """The "result ready" message (R24, R28): code, procedure, where; no name, no link. At most one part: the procedure's
    name is cut if it must be."""
    head, tail = f"Ho so {dossier} (", f") da co ket qua. Moi Ong/Ba den nhan tai {unaccented(unit)}."
    room = GSM_SINGLE - len(head) - len(tail)
    name = unaccented(procedure)
    short = name if len(name) <= room else name[: max(0, room - 3)].rstrip() + "..."
    return head + short + tail


def apology(dossier: str, unit: str, number: int, new_due: datetime | None) -> str:
    """The apology letter is issued: who apologises, for which dossier, and the new date if one is promised. One part."""
    again = f" Hen lai: {new_due:%H:%M ngay %d/%m/%Y}." if new_due is not None else ""
    return f"{unaccented(unit)} xin loi vi tra ket qua ho so {dossier} tre hen.{again} Van ban so {symbol(number)}."


def symbol(number: int) -> str:
    """Số, ký hiệu of an apology letter: numbers below 10 get a leading zero (NĐ 30/2020)."""
    return f"{number:02d}/PXL"


def survey(dossier: str, link: str) -> str:
    """The invitation to rate; the link leads to the province's own address and nowhere else."""
    return f"Moi Ong/Ba danh gia viec giai quyet ho so {dossier} (1 phut): {link}"

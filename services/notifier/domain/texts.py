"""Every text for a citizen: the apology letter (Mẫu 04), sentence by sentence, and the SMS.

SMS are unaccented, because one accented letter turns one part into three (R25).
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.notices import LateReason, RejectReason
from reference import Letterhead
from services.notifier.domain.contact import Person

# --- letters ----------------------------------------------------------------------

TITLE = "Văn bản xin lỗi"
REASONS: dict[LateReason, str] = {
    "workload": "số lượng hồ sơ tăng cao trong cùng thời gian",
    "other-body": "cơ quan phối hợp chưa có ý kiến trả lời",
    "complex": "hồ sơ có nội dung phức tạp, cần xác minh thêm",
    "system": "hệ thống thông tin gặp sự cố",
    "own-error": "sai sót của cán bộ trong quá trình xử lý",
    "other": "lý do khác nêu dưới đây",
}
REJECTIONS: dict[RejectReason, str] = {
    "in-time": "Hồ sơ sẽ trả đúng hẹn",
    "force-majeure": "Bất khả kháng",
    "secrecy": "Liên quan quốc phòng, an ninh, bí mật",
    "applicant": "Người nộp không cung cấp thông tin pháp luật cho phép yêu cầu",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Which dossier a letter is about, in words."""

    dossier: str
    procedure: str
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the signer decided; empty in a draft. `number` is None until the letter is issued."""

    reason: LateReason | None = None
    note: str = ""
    new_due_at: datetime | None = None
    number: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterText:
    """Everything the page layout needs, in Vietnamese."""

    dossier: str
    title: str
    superior: str
    body: tuple[str, ...]
    place: str
    symbol: str
    date: str
    dated: tuple[int, int, int]  # of the file itself, so that equal letters are equal bytes
    subject: str
    addressee: str
    address: str
    paragraphs: tuple[str, ...]
    copies: tuple[str, ...]
    on_behalf: str
    signer_title: str
    signer: str
    draft: bool


def long_date(day: datetime) -> str:
    """`ngày 05 tháng 02 năm 2026`: days below 10 and months 1 and 2 get a leading zero (NĐ 30/2020)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày\u00a0{day.day:02d} tháng\u00a0{month} năm\u00a0{day.year}"


def instant(moment: datetime) -> str:
    """`15 giờ 40 phút, ngày 26 tháng 02 năm 2026`, as the receipt says it (Mẫu 01)."""
    return f"{moment:%H}\u00a0giờ {moment:%M}\u00a0phút, {long_date(moment)}"


def compose(head: Letterhead, superior: str, subject: Subject, person: Person, decided: Decided) -> LetterText:
    """The letter, as draft or as issued."""
    name = person.name.strip()
    blank = "....." if decided.at is None and subject.ended_at is None else ""  # a draft of an open dossier
    again = instant(decided.new_due_at) if decided.new_due_at is not None else blank
    day = decided.at or subject.due_at
    paragraphs = [
        f"{head.name} đã tiếp nhận hồ sơ của Ông/Bà lúc {instant(subject.received_at)}; mã hồ sơ: {subject.dossier}; "
        f"thủ tục: {subject.procedure}.",
        f"Thời gian hẹn trả kết quả ghi trên Giấy tiếp nhận hồ sơ và hẹn trả kết quả: {instant(subject.due_at)}.",
        _state(subject, decided),
        f"Lý do: {_reason(decided)}.",
        f"Sự chậm trễ này gây phiền hà, tốn kém chi phí và công sức của Ông/Bà. {head.name} thành thật xin lỗi Ông/Bà"
        + (f" và xin hẹn lại thời gian trả kết quả: {again}." if again else "."),
        "Rất mong nhận được sự thông cảm của Ông/Bà." + (f" Điện thoại liên hệ: {head.phone}." if head.phone else ""),
    ]
    return LetterText(
        dossier=subject.dossier,
        title=TITLE,
        superior=superior,
        body=_two_lines(head.name),
        place=head.place,
        symbol=symbol(decided.number) if decided.number is not None else "...../PXL",
        date=long_date(decided.at) if decided.at is not None else "ngày ..... tháng ..... năm .....",
        dated=(day.year, day.month, day.day),
        subject="và đề nghị gia hạn thời gian giải quyết" if again else "về việc trả kết quả trễ hẹn",
        addressee=f"Ông/Bà {name}" if name else "Ông/Bà nộp hồ sơ",
        address=person.address.strip(),
        paragraphs=tuple(paragraphs),
        copies=("Như trên;", "Bộ phận Tiếp nhận và Trả kết quả;", "Lưu: VT, hồ sơ."),
        on_behalf=head.on_behalf,
        signer_title=head.title,
        signer=head.signer,
        draft=decided.number is None,
    )


def _two_lines(name: str) -> tuple[str, ...]:
    """A long name in two lines of about equal length."""
    spaces = [place for place, letter in enumerate(name) if letter == " "]
    if len(name) <= 24 or not spaces:
        return (name,)
    cut = min(spaces, key=lambda place: abs(2 * place - len(name)))
    return name[:cut], name[cut + 1 :]


def _state(subject: Subject, decided: Decided) -> str:
    if subject.ended_at is not None:
        return f"Kết quả chỉ có lúc {instant(subject.ended_at)}, sau thời gian đã hẹn."
    if decided.at is not None and decided.at > subject.due_at:
        return "Đến nay, đã quá thời gian hẹn, hồ sơ của Ông/Bà vẫn chưa có kết quả."
    return "Đến nay hồ sơ của Ông/Bà chưa có kết quả và không thể trả đúng thời gian đã hẹn."


def _reason(decided: Decided) -> str:
    if decided.reason is None:
        return "....."
    words = REASONS[decided.reason]
    note = decided.note.strip().rstrip(".")
    if not note:
        return words
    return note if decided.reason == "other" else f"{words}; {note}"


# --- SMS --------------------------------------------------------------------------

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

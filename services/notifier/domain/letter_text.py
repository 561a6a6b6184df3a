"""The apology letter (Mẫu 04), sentence by sentence."""

from dataclasses import dataclass
from datetime import datetime

from contracts.notices import LateReason, RejectReason
from reference import Letterhead
from services.notifier.domain.contact import Person
from services.notifier.domain.lines import breakable, cleaned, lines_of

TITLE = "Văn bản xin lỗi"
REASONS: dict[LateReason, str] = {
    "workload": "số lượng hồ sơ tăng cao trong cùng thời gian",
    "other-body": "cơ quan phối hợp chưa có ý kiến trả lời",
    "complex": "hồ sơ có nội dung phức tạp, cần xác minh thêm",
    "system": "hệ thống thông tin gặp sự cố",
    "own-error": "sai sót của cán bộ trong quá trình xử lý",
    "other": "lý do khác (ghi rõ)",
}
NOT_KEPT = "(nội dung lý do không còn lưu)"
REJECTIONS: dict[RejectReason, str] = {
    "in-time": "Hồ sơ sẽ trả đúng hẹn",
    "force-majeure": "Bất khả kháng",
    "secrecy": "Liên quan quốc phòng, an ninh, bí mật",
    "applicant": "Người nộp không cung cấp thông tin pháp luật cho phép yêu cầu",
}
BLANK = "....."
NO_DAY = f"ngày {BLANK} tháng {BLANK} năm {BLANK}"


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
    """What the signer decided; empty in a draft. `number`, `at`: None until the letter is issued. `seen_at`: when the signer
    saw what the letter says; None for letters from before they were shown, which speak of the day of issue."""

    reason: LateReason | None = None
    note: str = ""
    new_due_at: datetime | None = None
    number: int | None = None
    at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def says_of(self) -> datetime | None:
        """The moment that the letter's words are about."""
        return self.seen_at or self.at


@dataclass(frozen=True, slots=True)
class LetterText:
    """Everything the page layout needs, in Vietnamese. `dossier`: or the petition that it answers; `symbol`, `subject`,
    `copies`: empty of thanks, which may go without; `mark`: what is no issued letter says so."""

    dossier: str
    title: str
    superior: tuple[str, ...]
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
    mark: str


def long_date(day: datetime) -> str:
    """`ngày 05 tháng 02 năm 2026`: days below 10 and months 1 and 2 get a leading zero (NĐ 30/2020). It does not break."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}".replace(" ", "\u00a0")


def instant(moment: datetime) -> str:
    """`15 giờ 40 phút, ngày 26 tháng 02 năm 2026`, as the receipt says it (Mẫu 01)."""
    return f"{moment:%H}\u00a0giờ\u00a0{moment:%M}\u00a0phút, {long_date(moment)}"


def compose(head: Letterhead, superior: str, subject: Subject, person: Person, decided: Decided) -> LetterText:
    """The letter, as draft or as issued."""
    name, undecided = cleaned(person.name), decided.reason is None and decided.at is None
    blank = BLANK if undecided and subject.ended_at is None else ""
    again = instant(decided.new_due_at) if decided.new_due_at is not None else blank
    day = decided.at or subject.due_at
    return LetterText(
        dossier=subject.dossier,
        title=TITLE,
        superior=lines_of(superior),
        body=lines_of(head.name, head.lines),
        place=head.place,
        symbol=symbol(decided.number) if decided.number is not None else f"{BLANK}/PXL",
        date=long_date(decided.at) if decided.at is not None else NO_DAY,
        dated=(day.year, day.month, day.day),
        subject="và đề nghị gia hạn thời gian giải quyết" if again else "về việc trả kết quả trễ hẹn",
        addressee=breakable(f"Ông/Bà {name}") if name else "Ông/Bà nộp hồ sơ",
        address=breakable(cleaned(person.address)),
        paragraphs=tuple(breakable(paragraph) for paragraph in _paragraphs(head, subject, decided, again)),
        copies=("Như trên;", "Bộ phận Tiếp nhận và Trả kết quả;", "Lưu: VT, hồ sơ."),
        on_behalf=head.on_behalf,
        signer_title=head.title,
        signer=head.signer,
        mark="" if decided.number is not None else "DỰ THẢO - CHƯA KÝ" if undecided else "CHƯA CẤP SỐ",
    )


def _paragraphs(head: Letterhead, subject: Subject, decided: Decided, again: str) -> tuple[str, ...]:
    phone = head.phone.replace(" ", "\u00a0")
    return (
        f"{head.name} đã tiếp nhận hồ sơ của Ông/Bà lúc {instant(subject.received_at)}; mã hồ sơ: {subject.dossier}; "
        f"thủ tục: {subject.procedure}.",
        f"Thời gian hẹn trả kết quả ghi trên Giấy tiếp nhận hồ sơ và hẹn trả kết quả: {instant(subject.due_at)}.",
        _state(subject, decided),
        f"Lý do: {_reason(decided)}.",
        f"Sự chậm trễ này gây phiền hà, tốn kém chi phí và công sức của Ông/Bà. {head.name} thành thật xin lỗi Ông/Bà"
        + (f" và xin hẹn lại thời gian trả kết quả: {again}." if again else "."),
        "Rất mong nhận được sự thông cảm của Ông/Bà." + (f" Điện thoại liên hệ: {phone}." if phone else ""),
    )


def _state(subject: Subject, decided: Decided) -> str:
    if subject.ended_at is not None:
        return f"Kết quả chỉ có lúc {instant(subject.ended_at)}, sau thời gian đã hẹn."
    if decided.says_of is not None and decided.says_of > subject.due_at:
        return "Đến nay, đã quá thời gian hẹn, hồ sơ của Ông/Bà vẫn chưa có kết quả."
    return "Đến nay hồ sơ của Ông/Bà chưa có kết quả và không thể trả đúng thời gian đã hẹn."


def _reason(decided: Decided) -> str:
    if decided.reason is None:
        return BLANK
    words = REASONS[decided.reason]
    note = cleaned(decided.note).rstrip(".")
    if decided.reason == "other":
        return note or NOT_KEPT
    return f"{words}; {note}" if note else words


def symbol(number: int) -> str:
    """Số, ký hiệu of an apology letter: numbers below 10 get a leading zero (NĐ 30/2020)."""
    return f"{number:02d}/PXL"

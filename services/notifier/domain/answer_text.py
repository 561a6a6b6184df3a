"""Letters that answer petitions, sentence by sentence: the apology for an error, laid out as Mẫu 04, and the letter of thanks,
a thư công of NĐ 30/2020, which has neither an abbreviation in its number nor a list of who gets it."""

from dataclasses import dataclass
from datetime import datetime

from contracts.letters import AnswerLetter, UnsentReason
from contracts.petitions import GivenKind, Giver
from reference import Letterhead
from services.notifier.domain.contact import Person
from services.notifier.domain.letter_text import BLANK, NO_DAY, LetterText, long_date, symbol
from services.notifier.domain.lines import breakable, cleaned, lines_of

TITLES: dict[AnswerLetter, str] = {"apology-error": "Văn bản xin lỗi", "thanks": "Thư cảm ơn"}
ABOUT_ERROR = "về sai sót trong quá trình giải quyết"
GIVEN: dict[GivenKind, str] = {"work": "công sức", "ideas": "trí tuệ, ý kiến", "goods": "hiện vật"}
UNSENT: dict[UnsentReason, str] = {
    "in-person": "Đã nói trực tiếp với người gửi",
    "declined": "Người gửi không muốn nhận thư",
    "nobody-named": "Không biết gửi cho ai",
    "covered": "Thư xin lỗi của hồ sơ đã nói cả sai sót",
    "secrecy": "Cần giữ bí mật người gửi",
}
NOT_KEPT = "(nội dung không còn lưu)"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter answers: the petition, the dossier that an error was made in, what was given and by whom; `at`: when it was
    found to be so, or was given."""

    petition: str
    kind: AnswerLetter
    at: datetime
    dossier: str | None = None
    given: GivenKind | None = None
    giver: Giver = "person"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the signer decided; nothing in a draft. `note`, `done`: as of an `AnswerApproval`, None where they are not kept;
    `number`: None of thanks without one; `at`: None until it is issued."""

    signed: bool = False
    note: str | None = None
    done: str | None = None
    numbered: bool = True
    number: int | None = None
    at: datetime | None = None


def compose_answer(head: Letterhead, superior: str, matter: Matter, person: Person, answered: Answered) -> LetterText:
    """The letter, as draft or as issued."""
    day, apology = answered.at or matter.at, matter.kind == "apology-error"
    paragraphs = _of_error(head, matter, answered) if apology else _of_thanks(head, matter, answered)
    return LetterText(
        dossier=matter.petition,
        title=TITLES[matter.kind],
        superior=lines_of(superior),
        body=lines_of(head.name, head.lines),
        place=head.place,
        symbol=_symbol(matter.kind, answered),
        date=long_date(answered.at) if answered.at is not None else NO_DAY,
        dated=(day.year, day.month, day.day),
        subject=ABOUT_ERROR if apology else "",
        addressee=breakable(_addressee(matter, cleaned(person.name))),
        address=breakable(cleaned(person.address)),
        paragraphs=tuple(breakable(paragraph) for paragraph in paragraphs),
        copies=("Như trên;", "Lưu: VT, hồ sơ ý kiến.") if apology else (),
        on_behalf=head.on_behalf,
        signer_title=head.title,
        signer=head.signer,
        mark=_mark(answered),
    )


def answer_symbol(kind: AnswerLetter, number: int) -> str:
    """Số, ký hiệu: that of every apology; of thanks the number alone, as Phụ lục III of NĐ 30/2020 has no abbreviation of a thư
    công."""
    return symbol(number) if kind == "apology-error" else f"{number:02d}"


def _symbol(kind: AnswerLetter, answered: Answered) -> str:
    """As it is printed; "" of thanks without a number."""
    if answered.number is not None:
        return answer_symbol(kind, answered.number)
    if answered.at is not None or not answered.numbered:
        return ""
    return f"{BLANK}/PXL" if kind == "apology-error" else BLANK


def _mark(answered: Answered) -> str:
    if answered.at is not None:
        return ""
    return "CHƯA BAN HÀNH" if answered.signed else "DỰ THẢO - CHƯA KÝ"


def _addressee(matter: Matter, name: str) -> str:
    if matter.giver == "group":
        return name or "Tập thể đã đóng góp"
    return f"Ông/Bà {name}" if name else f"Người gửi ý kiến mã số {matter.petition}"


def _of_error(head: Letterhead, matter: Matter, answered: Answered) -> tuple[str, ...]:
    about = f"; mã hồ sơ: {matter.dossier}" if matter.dossier else ""
    phone = head.phone.replace(" ", "\u00a0")
    return (
        f"{head.name} đã xem xét phản ánh, kiến nghị của Ông/Bà (mã ý kiến: {matter.petition}{about}) và xác định phản ánh của "
        "Ông/Bà là đúng.",
        f"Sai sót: {_said(answered, answered.note)}.",
        f"Việc đã làm để khắc phục: {_said(answered, answered.done)}.",
        f"Sai sót này gây phiền hà, tốn kém chi phí và công sức của Ông/Bà. {head.name} thành thật xin lỗi Ông/Bà và xin rút "
        "kinh nghiệm để không lặp lại.",
        "Rất mong nhận được sự thông cảm của Ông/Bà." + (f" Điện thoại liên hệ: {phone}." if phone else ""),
    )


def _of_thanks(head: Letterhead, matter: Matter, answered: Answered) -> tuple[str, ...]:
    you = "Quý vị" if matter.giver == "group" else "Ông/Bà"
    if matter.given is None:
        first = f"{head.name} đã tiếp thu góp ý của {you} (mã ý kiến: {matter.petition})."
    else:
        first = f"{long_date(matter.at).capitalize()}, {head.name} đã ghi nhận đóng góp {GIVEN[matter.given]} của {you}."
    family = "Quý vị" if matter.giver == "group" else "Ông/Bà và gia đình"
    return (
        first,
        f"{_capital(_said(answered, answered.note))}.",
        f"{head.name} trân trọng cảm ơn {you} và mong tiếp tục nhận được sự quan tâm, đóng góp của {you}.",
        f"Kính chúc {family} mạnh khỏe, hạnh phúc và thành công.",
    )


def _said(answered: Answered, words: str | None) -> str:
    if not answered.signed and answered.at is None:
        return BLANK
    return cleaned(words or "").rstrip(".") or NOT_KEPT


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
